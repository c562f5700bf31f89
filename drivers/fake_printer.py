"""Printers made of nothing: one that is handed jobs, for the bench, and one at a real socket."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from drivers.base import Outcome, PrinterState
from drivers.escpos_paper import Paper, decode
from drivers.fake import parse_faults
from drivers.glyphs import Encoding
from drivers.tspl_paper import decode_labels

JOBS_KEPT = 50
PRINTER_FAULTS = ("unplug", "paper_out", "cover_open", "silent", "offline", "slow", "drop", "lie")
"""The last two meet one job: the connection is lost in the middle of it, or it is called printed and is not."""
ONE_JOB = ("drop", "lie")
SLOW_S = 4.0
"""How long a slow printer takes for a job."""


@dataclass(frozen=True, slots=True)
class FakeJob:
    """A job that reached the paper."""

    number: int
    """From 1, without gaps, since the printer was made."""
    data: bytes


class FakePrinter:
    """A printer that keeps its last jobs to be looked at."""

    def __init__(
        self,
        name: str,
        columns: int = 48,
        encoding: str = "gb18030",
        *,
        faults: Sequence[str] = (),
        speaks: str = "escpos",
    ) -> None:
        """Take a printer.

        Args:
            encoding: of its font, which it says when it is asked.
            speaks: escpos or tspl.
        """
        self.name = name
        self.columns = columns
        self.font = encoding
        self.speaks = speaks
        self.last_error = ""
        self.kicks = 0
        """Pulses sent to the drawer since the start."""
        self.printed = 0
        """Jobs that reached the paper since the start; the last `JOBS_KEPT` of them are kept."""
        self._asked = 0
        self._faults = parse_faults(faults, PRINTER_FAULTS)
        self._jobs: deque[FakeJob] = deque(maxlen=JOBS_KEPT)
        self._trouble = ""
        self._next = ""
        self._lock = threading.Lock()

    def unplug(self) -> None:
        self._trouble = "unplug"

    def paper_out(self) -> None:
        self._trouble = "paper_out"

    def cover_open(self) -> None:
        self._trouble = "cover_open"

    def be_silent(self) -> None:
        """Print, but never say so."""
        self._trouble = "silent"

    @property
    def trouble(self) -> str:
        """What is wrong with it: one of `PRINTER_FAULTS`, or empty."""
        return self._trouble or self._next

    says_when_done = True
    one_time_faults = ("cover_open", "offline", "silent", "slow", "drop", "lie")
    """What `fail_next` takes; the first four last until it is repaired."""

    def fail_next(self, fault: str) -> None:
        """Let the next job, or all until it is repaired, meet a fault of `one_time_faults`."""
        if fault not in self.one_time_faults:
            raise ValueError(f"{self.name}: fault {fault!r}: expected one of {', '.join(self.one_time_faults)}")
        if fault in ONE_JOB:
            self._next = fault
        else:
            self._trouble = fault

    def repair(self) -> None:
        self._trouble = self._next = ""

    def encoding(self) -> Encoding | None:
        return None if self._trouble else cast(Encoding, self.font)

    def state(self) -> PrinterState:
        return {
            "": PrinterState.READY,
            "unplug": PrinterState.OFFLINE,
            "paper_out": PrinterState.PAPER_OUT,
            "cover_open": PrinterState.COVER_OPEN,
            "silent": PrinterState.UNKNOWN,
            "offline": PrinterState.OFFLINE,
            "slow": PrinterState.READY,
        }[self._trouble]

    def print(self, data: bytes) -> Outcome:
        with self._lock:
            self._asked += 1
            fault = self._faults.get(self._asked, "")
            if fault in ONE_JOB:
                self._next = fault
            elif fault:
                self._trouble = fault
            if self._trouble not in ("", "silent", "slow"):
                return Outcome.REFUSED
            fault, self._next = self._next, ""
            is_slow = self._trouble == "slow"
        if is_slow:
            time.sleep(SLOW_S)
        with self._lock:
            if fault == "lie":
                return Outcome.PRINTED
            self.printed += 1
            job = FakeJob(self.printed, data[: len(data) // 2] if fault == "drop" else data)
            self._jobs.append(job)
            self.kicks += len(self.paper(job).kicks)
            return Outcome.DOUBTFUL if fault == "drop" or self._trouble == "silent" else Outcome.PRINTED

    def open_drawer(self, pin: int) -> Outcome:
        assert pin in (2, 5)
        with self._lock:
            if self._trouble in ("unplug", "offline"):
                return Outcome.REFUSED
            self.kicks += 1
            return Outcome.PRINTED

    def jobs(self) -> tuple[FakeJob, ...]:
        """Return the kept jobs, oldest first."""
        with self._lock:
            return tuple(self._jobs)

    def paper(self, job: FakeJob) -> Paper:
        if self.speaks == "tspl":
            return decode_labels(job.data)
        return decode(job.data, encoding=self.font, columns=self.columns)

    def close(self) -> None:
        """Nothing is held."""


QUESTION = re.compile(rb"\x10\x04([\x01-\x04])|\x1dr([\x01\x02])|\x1dI([\x02\x45])|\x1da([\x00\x0e])")
"""What is answered, each at once."""

# What a printer answers to DLE EOT 1 to 4. GS r waits in the buffer while it is offline, so that has no answer then.
_ANSWERS = {
    "": b"\x12\x12\x12\x12",
    "paper_low": b"\x12\x12\x12\x1e",
    "paper_out": b"\x1a\x32\x12\x7e",
    "cover_open": b"\x1a\x16\x12\x12",
    "error": b"\x1a\x52\x1a\x12",
}
IDLE_MAX = 200
"""Twentieths of a second after which a connection that says nothing is dropped."""
_ONLINE = ("", "paper_low")
_AUTOMATIC = {
    "paper_low": b"\x10\x00\x03\x00",
    "paper_out": b"\x18\x00\x0f\x00",
    "cover_open": b"\x38\x00\x00\x00",
    "error": b"\x18\x20\x00\x00",
}


class AnsweringPrinter:
    """What a receipt printer answers, at whatever line it stands."""

    def __init__(self) -> None:
        self.trouble = ""
        """Empty, paper_low, paper_out, cover_open, error, silent (never answers), no_gs_r (answers DLE EOT
        only), no_asb (says nothing by itself) or dies (is silent from the next GS r on)."""
        self.tells = True
        """It knows GS a, and says by itself what changes."""
        self.font = b""
        """What it answers to GS I 69; empty: nothing."""
        self.type_id = 0x03
        """What it answers to GS I 2; bit 0: characters of two bytes."""

    @property
    def knows_asb(self) -> bool:
        return self.tells and self.trouble not in ("silent", "no_asb")

    def answer(self, question: re.Match[bytes]) -> bytes:
        if self.trouble == "silent":
            return b""
        realtime, buffered, identity, automatic = question.groups()
        if realtime:
            return _ANSWERS.get(self.trouble, _ANSWERS[""])[realtime[0] - 1 : realtime[0]]
        if automatic:
            return b"" if automatic == b"\x00" or not self.knows_asb else _AUTOMATIC.get(self.trouble, b"\x10\0\0\0")
        if self.trouble == "dies":
            self.trouble = "silent" if buffered else "dies"
            return b""
        if self.trouble not in _ONLINE and self.trouble != "no_asb":
            return b""
        if identity:
            return bytes((self.type_id,)) if identity == b"\x02" else self._font_answer()
        return b"\x03" if buffered == b"\x01" and self.trouble == "paper_low" else b"\x00"

    def _font_answer(self) -> bytes:
        return b"\x5f" + self.font + b"\x00" if self.font else b""


class FakePrinterServer(AnsweringPrinter):
    """A network printer on a real TCP socket of this machine, one client at a time like the real ones."""

    def __init__(self) -> None:
        super().__init__()
        self.drop_after: int | None = None
        """Reset the connection after so many bytes of it."""
        self.paper_out_after: int | None = None
        """Run out of paper after so many bytes of a connection."""
        self.paper_out_later_s = 0.0
        """So long after those bytes: they lay in its buffer."""
        self.noise = b""
        """Sent before each answer."""
        self.stray = b""
        """Sent once after the next GS r has come, as a bad line does."""
        self.split = False
        """Send answers byte by byte."""
        self.bytes_per_s = 0
        """How fast it takes bytes; 0: at once."""
        self.stalled = threading.Event()
        """Set: it takes no bytes while that lasts."""
        self.connections: deque[bytes] = deque(maxlen=JOBS_KEPT)
        """What each finished connection sent, questions included."""
        self.jobs: deque[bytes] = deque(maxlen=JOBS_KEPT)
        """What each finished connection sent to be printed; those that only asked are not among them."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, name="fake-printer", daemon=True)

    def serve(self) -> int:
        """Start answering and return the port."""
        self._thread.start()
        return int(self._socket.getsockname()[1])

    def stop(self) -> None:
        # Waking accept() by shutdown is what Linux offers; close() alone leaves it asleep.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            received = bytearray()
            with client, contextlib.suppress(OSError):
                self._talk(client, received)
            self.connections.append(bytes(received))
            if job := QUESTION.sub(b"", received):
                self.jobs.append(bytes(job))

    def _talk(self, client: socket.socket, received: bytearray) -> None:
        answered, is_telling, told, ends_s = 0, False, self.trouble, 0.0
        client.settimeout(0.05)
        idle = 0
        while idle < IDLE_MAX:
            if ends_s and time.monotonic() >= ends_s:
                self.trouble, ends_s = "paper_out", 0.0
            if is_telling and self.trouble not in (told, "silent"):
                told = self.trouble
                self._send(client, _AUTOMATIC.get(told, b"\x10\x00\x00\x00"))
            if self.stalled.is_set():
                time.sleep(0.02)
                continue
            try:
                chunk = client.recv(max(self.bytes_per_s // 20, 1) if self.bytes_per_s else 4096)
            except TimeoutError:
                idle += 1
                continue
            if not chunk:
                return
            idle = 0
            if self.bytes_per_s:
                time.sleep(len(chunk) / self.bytes_per_s)
            received += chunk
            if self.stray and b"\x1dr" in received:
                client.sendall(self.stray)
                self.stray = b""
            if self.drop_after is not None and len(received) >= self.drop_after:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if self.paper_out_after is not None and len(received) >= self.paper_out_after and not ends_s:
                ends_s = time.monotonic() + self.paper_out_later_s
                self.trouble = self.trouble if self.paper_out_later_s else "paper_out"
            for question in QUESTION.finditer(received, answered):
                answered = question.end()
                if question[4] is not None:
                    is_telling, told = question[4] != b"\x00" and self.knows_asb, self.trouble
                self._send(client, self.answer(question))

    def _send(self, client: socket.socket, answer: bytes) -> None:
        for part in [bytes((byte,)) for byte in self.noise + answer] if self.split else [self.noise + answer]:
            if answer:
                client.sendall(part)
                time.sleep(0.001 if self.split else 0)
