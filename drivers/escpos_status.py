"""What a printer answers: telling the kinds of answers apart, and what they mean.

Answers to several questions, automatic status messages and flow control may come mixed, so each byte is told by its
fixed bits. Source: Epson ESC/POS command reference, DLE EOT, GS r and GS a.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.base import PrinterState

ASK_ONLINE, ASK_OFFLINE_CAUSE, ASK_ERROR, ASK_PAPER = (bytes((0x10, 0x04, n)) for n in (1, 2, 3, 4))
ASK_WHEN_DONE = b"\x1dr\x01"
"""GS r 1: answered when everything before it has been processed."""

KEPT_MAX = 64
"""Answers kept of each kind; more are old."""


@dataclass(slots=True)
class Answers:
    """The answers of one connection, sorted by kind."""

    realtime: list[int] = field(default_factory=list)
    """Answers to DLE EOT, oldest first."""
    done: list[int] = field(default_factory=list)
    """Answers to GS r, oldest first."""
    _automatic_left: int = 0

    def feed(self, data: bytes) -> None:
        """Sort bytes that arrived, however they were split."""
        for byte in data:
            if self._automatic_left:
                self._automatic_left -= 1
            elif byte & 0x93 == 0x12:
                self.realtime.append(byte)
            elif byte & 0x93 == 0x10:
                # First byte of an automatic status message; three more follow.
                self._automatic_left = 3
            elif byte & 0x90 == 0x00:
                self.done.append(byte)
        del self.realtime[:-KEPT_MAX], self.done[:-KEPT_MAX]


def state_of(*, online: int, cause: int | None, paper: int | None) -> PrinterState:
    """Return what the answers to DLE EOT 1, 2 and 4 say; None where no answer came.

    An open cover comes first, because the paper's sensor sees no paper under it.
    """
    if cause is not None and cause & 0x04:
        return PrinterState.COVER_OPEN
    if (cause is not None and cause & 0x20) or (paper is not None and paper & 0x60):
        return PrinterState.PAPER_OUT
    if online & 0x08 or (cause is not None and cause & 0x40):
        return PrinterState.OFFLINE
    if paper is not None and paper & 0x0C:
        return PrinterState.PAPER_LOW
    return PrinterState.READY


def state_when_done(answer: int) -> PrinterState:
    """Return what an answer to GS r 1 says of the paper."""
    if answer & 0x0C:
        return PrinterState.PAPER_OUT
    return PrinterState.PAPER_LOW if answer & 0x03 else PrinterState.READY
