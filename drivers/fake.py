"""Devices made of nothing, chosen in the configuration like real ones; each fails when told to.

A fault is written ``"N:what"``: the Nth text or job (counted from 1) meets it instead of going through, and the device
stays that way until it is mended.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.base import TEXT_MAX, DeviceMissing, Outcome, PrinterState
from drivers.escpos_paper import Paper, decode

WAITING_MAX = 256
"""Texts typed at a fake reader and not read yet; more are dropped and counted."""
JOBS_KEPT = 50
READER_FAULTS = ("unplug",)
PRINTER_FAULTS = ("unplug", "paper_out", "cover_open", "silent")


def parse_faults(faults: Sequence[str], allowed: Sequence[str]) -> dict[int, str]:
    """Return the fault of each count. Raises ValueError which says what was found and expected."""
    found: dict[int, str] = {}
    for fault in faults:
        count, _, what = fault.partition(":")
        if not count.isascii() or not count.isdigit() or int(count) < 1 or what not in allowed:
            raise ValueError(f"fault {fault!r}: expected N:what with N from 1 and what one of {', '.join(allowed)}")
        found[int(count)] = what
    return found


class HandReader(ABC):
    """A simulated reader as a hand uses it; also a `drivers.base.LineReader`."""

    name: str
    dropped: int
    one_time_faults: tuple[str, ...] = ()
    """What `fail_next` takes."""

    @abstractmethod
    def type(self, text: str) -> None:
        """Hand the reader a code or a card; lost when it is not plugged in."""

    @abstractmethod
    def unplug(self) -> None: ...

    @abstractmethod
    def plug(self) -> None: ...

    @property
    @abstractmethod
    def plugged(self) -> bool: ...

    def fail_next(self, fault: str) -> None:
        """Let the next code or card meet a fault of `one_time_faults`."""
        raise ValueError(f"{self.name}: fault {fault!r}: expected none")

    @abstractmethod
    def open(self) -> None: ...

    @abstractmethod
    def read(self, timeout_s: float) -> Sequence[str]: ...

    @abstractmethod
    def close(self) -> None: ...


class FakeReader(HandReader):
    """A reader that reads what is typed at it: a scanner, or a card reader that types UIDs."""

    def __init__(self, name: str, *, faults: Sequence[str] = ()) -> None:
        self.name = name
        self.dropped = 0
        self._faults = parse_faults(faults, READER_FAULTS)
        self._typed = 0
        self._waiting: deque[str] = deque()
        self._plugged = True
        self._open = False
        self._changed = threading.Condition()

    def type(self, text: str) -> None:
        with self._changed:
            self._typed += 1
            if self._faults.get(self._typed) == "unplug":
                self._plugged = False
                self._waiting.clear()
            if not self._plugged or not text or len(text) > TEXT_MAX or len(self._waiting) >= WAITING_MAX:
                self.dropped += 1
            else:
                self._waiting.append(text)
            self._changed.notify_all()

    def unplug(self) -> None:
        with self._changed:
            self._plugged = False
            self._waiting.clear()
            self._changed.notify_all()

    def plug(self) -> None:
        with self._changed:
            self._plugged = True

    @property
    def plugged(self) -> bool:
        return self._plugged

    def open(self) -> None:
        if not self._plugged:
            raise DeviceMissing(f"{self.name}: unplugged")
        self._open = True

    def read(self, timeout_s: float) -> Sequence[str]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._plugged or not self._open, timeout_s)
            if not self._plugged:
                self._open = False
                raise DeviceMissing(f"{self.name}: unplugged")
            texts = tuple(self._waiting)
            self._waiting.clear()
            return texts

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class FakeJob:
    """A job that reached the paper."""

    number: int
    """From 1, without gaps, since the printer was made."""
    data: bytes


class FakePrinter:
    """A printer that keeps its last jobs to be looked at."""

    def __init__(self, name: str, columns: int = 48, encoding: str = "gb18030", *, faults: Sequence[str] = ()) -> None:
        self.name = name
        self.columns = columns
        self.encoding = encoding
        self.last_error = ""
        self.kicks = 0
        """Pulses sent to the drawer since the start."""
        self.printed = 0
        """Jobs that reached the paper since the start; the last `JOBS_KEPT` of them are kept."""
        self._asked = 0
        self._faults = parse_faults(faults, PRINTER_FAULTS)
        self._jobs: deque[FakeJob] = deque(maxlen=JOBS_KEPT)
        self._trouble = ""
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

    def repair(self) -> None:
        self._trouble = ""

    def state(self) -> PrinterState:
        return {
            "": PrinterState.READY,
            "unplug": PrinterState.OFFLINE,
            "paper_out": PrinterState.PAPER_OUT,
            "cover_open": PrinterState.COVER_OPEN,
            "silent": PrinterState.UNKNOWN,
        }[self._trouble]

    def print(self, data: bytes) -> Outcome:
        with self._lock:
            self._asked += 1
            self._trouble = self._faults.get(self._asked, self._trouble)
            if self._trouble not in ("", "silent"):
                return Outcome.REFUSED
            self.printed += 1
            self._jobs.append(FakeJob(self.printed, data))
            self.kicks += len(decode(data, encoding=self.encoding, columns=self.columns).kicks)
            return Outcome.DOUBTFUL if self._trouble else Outcome.PRINTED

    def open_drawer(self, pin: int) -> Outcome:
        assert pin in (2, 5)
        with self._lock:
            if self._trouble == "unplug":
                return Outcome.REFUSED
            self.kicks += 1
            return Outcome.PRINTED

    def jobs(self) -> tuple[FakeJob, ...]:
        """Return the kept jobs, oldest first."""
        with self._lock:
            return tuple(self._jobs)

    def paper(self, job: FakeJob) -> Paper:
        return decode(job.data, encoding=self.encoding, columns=self.columns)

    def close(self) -> None:
        """Nothing is held."""


_QUESTION = re.compile(rb"\x10\x04([\x01-\x04])|\x1dr([\x01\x02])")

# What a printer answers to DLE EOT 1 to 4. GS r waits in the buffer while it is offline, so that has no answer then.
_ANSWERS = {
    "": b"\x12\x12\x12\x12",
    "paper_low": b"\x12\x12\x12\x1e",
    "paper_out": b"\x1a\x32\x12\x7e",
    "cover_open": b"\x1a\x16\x12\x12",
    "error": b"\x1a\x52\x1a\x12",
}
_ONLINE = ("", "paper_low")


class FakePrinterServer:
    """A network printer on a real TCP socket of this machine, one client at a time like the real ones."""

    def __init__(self) -> None:
        self.trouble = ""
        """Empty, paper_low, paper_out, cover_open, error, silent (never answers) or no_gs_r (answers DLE EOT only)."""
        self.drop_after: int | None = None
        """Reset the connection after so many bytes of it."""
        self.paper_out_after: int | None = None
        """Run out of paper after so many bytes of a connection."""
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
                client.settimeout(5)
                self._talk(client, received)
            self.connections.append(bytes(received))
            if job := _QUESTION.sub(b"", received):
                self.jobs.append(bytes(job))

    def _talk(self, client: socket.socket, received: bytearray) -> None:
        answered = 0
        while chunk := client.recv(4096):
            received += chunk
            if self.drop_after is not None and len(received) >= self.drop_after:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if self.paper_out_after is not None and len(received) >= self.paper_out_after:
                self.trouble = "paper_out"
            for question in _QUESTION.finditer(received, answered):
                answered = question.end()
                client.sendall(self._answer(question))

    def _answer(self, question: re.Match[bytes]) -> bytes:
        if self.trouble == "silent":
            return b""
        realtime, buffered = question.groups()
        if realtime:
            return _ANSWERS.get(self.trouble, _ANSWERS[""])[realtime[0] - 1 : realtime[0]]
        if self.trouble not in _ONLINE:
            return b""
        return b"\x03" if buffered == b"\x01" and self.trouble == "paper_low" else b"\x00"
