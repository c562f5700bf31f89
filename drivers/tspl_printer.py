"""Label printers that speak TSPL: how they are, and what became of labels.

Source: TSC, TSPL/TSPL2 programming language, ESC ! ?: one byte back, at once, whatever else is going on.
"""

from __future__ import annotations

import time

from drivers.base import DriverError, Outcome, PrinterError, PrinterState
from drivers.escpos_printer import CHUNK, STALE_READS_MAX, STALL_S, TROUBLE, Timing
from drivers.escpos_transport import Transport, transport_for
from drivers.glyphs import Encoding

ASK = b"\x1b!?"
READY, HEAD_OPEN, JAM, NO_PAPER, NO_RIBBON, PAUSED, PRINTING, OTHER = 0x00, 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x80
NO_STATUS = 0x40
"""No status has this bit."""
QUIET_S = 0.02
"""An answer is one byte; what comes within so long of it makes both of them noise."""
QUESTIONS_MAX = 8
"""Questions for one status: two in a row that agree, after stray bytes, late answers and a change."""
LABELS_S = 120.0
"""Longest that a batch of labels may take after its last byte."""


def state_of_status(status: int) -> PrinterState:
    """Return what the answer to ESC ! ? says."""
    if status & HEAD_OPEN:
        return PrinterState.COVER_OPEN
    if status & NO_PAPER:
        return PrinterState.PAPER_OUT
    return PrinterState.OFFLINE if status & (JAM | NO_RIBBON | PAUSED | OTHER) else PrinterState.READY


def told(answer: bytes) -> int | None:
    """Return the status that was answered; None for what is no answer.

    >>> told(b"\x20"), told(b""), told(b"\x00\x04"), told(b"A")
    (32, None, None, None)
    """
    return answer[0] if len(answer) == 1 and not answer[0] & NO_STATUS else None


class TsplPrinter:
    """A printer at an address of `transport_for`, opened for one job at a time.

    A job is PRINTED when the printer says that it is ready again, SENT at one that never answers, DOUBTFUL when it
    stops in the middle or the connection breaks.
    """

    def __init__(self, name: str, url: str, *, timing: Timing | None = None) -> None:
        """Take the printer at the address; ValueError when that is wrong."""
        self.name = name
        self.last_error = ""
        self.transport: Transport = transport_for(url)
        """The way to it; another one may stand in its place that keeps what passes, or plays it again."""
        self._timing = timing or Timing(finish_s=LABELS_S, poll_s=0.5)
        self._answered = False

    @property
    def says_when_done(self) -> bool:
        return True

    @property
    def has_answered(self) -> bool:
        """Whether it ever answered: it is a label printer that speaks TSPL."""
        return self._answered

    def encoding(self) -> Encoding | None:
        return None

    def state(self) -> PrinterState:
        self.last_error = ""
        try:
            self.transport.open()
            return self._state()
        except DriverError as error:
            self.last_error = str(error)
            return PrinterState.OFFLINE
        finally:
            self.transport.close()

    def print(self, data: bytes) -> Outcome:
        self.last_error = ""
        outcome = Outcome.REFUSED
        try:
            self.transport.open()
            if self._state() not in TROUBLE:
                outcome = Outcome.DOUBTFUL
                self._send(data)
                outcome = self._finish()
        except DriverError as error:
            self.last_error = str(error)
        finally:
            self.transport.close()
        return outcome

    def open_drawer(self, pin: int) -> Outcome:
        self.last_error = f"no drawer hangs on a label printer (pin {pin})"
        return Outcome.REFUSED

    def close(self) -> None:
        self.transport.close()

    def _state(self) -> PrinterState:
        status = self._status()
        if status is not None:
            self._answered = True
            return state_of_status(status)
        if self._answered:
            self.last_error = "no answer to a status request"
            return PrinterState.OFFLINE
        return PrinterState.UNKNOWN

    def _status(self) -> int | None:
        """Return what it says twice in a row: ready is 00, and so is the NUL of a bad line."""
        before: int | None = None
        for _ in range(QUESTIONS_MAX if self.transport.can_answer else 0):
            answer = self._ask()
            status = told(answer)
            if not answer or (status is not None and status == before):
                return status
            before = status
        return None

    def _ask(self) -> bytes:
        for _ in range(STALE_READS_MAX):
            if not self.transport.read(0):
                break
        self._send(ASK)
        deadline, answer = time.monotonic() + self._timing.status_s, b""
        # usblp gives nothing, at once, until the printer has answered.
        while not answer and (left := deadline - time.monotonic()) > 0:
            answer = self.transport.read(left)
        return answer + self.transport.read(QUIET_S) if answer else b""

    def _send(self, data: bytes) -> None:
        rest, given_up_s = data, time.monotonic() + self._timing.write_s
        while rest:
            taken = self.transport.write_some(rest[:CHUNK], STALL_S)
            if taken:
                rest, given_up_s = rest[taken:], time.monotonic() + self._timing.write_s
            elif time.monotonic() >= given_up_s:
                raise PrinterError(f"sending: {len(rest)} bytes not taken within {self._timing.write_s:g} s")

    def _finish(self) -> Outcome:
        if not self._answered:
            return Outcome.SENT
        deadline = time.monotonic() + self._timing.finish_s
        while time.monotonic() < deadline:
            status = self._status()
            if status is not None and state_of_status(status) in TROUBLE:
                self.last_error = f"it stopped within the job: {state_of_status(status).value.replace('_', ' ')}"
                return Outcome.DOUBTFUL
            if status == READY:
                return Outcome.PRINTED
            time.sleep(self._timing.poll_s)
        return Outcome.DOUBTFUL
