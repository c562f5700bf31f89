"""What a printer answers: telling the kinds of answers apart, and what they mean.

Answers to several questions, automatic status messages and flow control may come mixed, so each byte is told by its
fixed bits. Source: Epson ESC/POS command reference, DLE EOT, GS r, GS a and GS I.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.base import PrinterState
from drivers.glyphs import Encoding

ASK_ONLINE, ASK_OFFLINE_CAUSE, ASK_ERROR, ASK_PAPER = (bytes((0x10, 0x04, n)) for n in (1, 2, 3, 4))
ASK_WHEN_DONE = b"\x1dr\x01" * 2
"""GS r 1: answered when everything before it has been processed. Its usual answer is 00, and so is the NUL of a bad
line: it is asked twice, and of two answers one is true."""

TELL_CHANGES, TELL_NOTHING = b"\x1da\x0e", b"\x1da\x00"
"""GS a: four bytes at once and at each change of online, error and paper; and no more of them."""
ASK_TYPE, ASK_FONT = b"\x1dI\x02" * 2, b"\x1dI\x45"
"""GS I: a byte whose bit 0 says that it has characters of two bytes, and the name of their font."""

KEPT_MAX = 64
"""Answers kept of each kind; more are old."""
TEXT_MAX = 80
"""Longest text in an answer; a longer one is none."""
STATUS_BYTES = 4
_FLOW = (0x11, 0x13)
_FONT_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (b"BIG5", "big5"), (b"GB18030", "gb18030"), (b"GBK", "gbk"), (b"GB2312", "gb2312"),
    (b"TAIWAN", "big5"), (b"CHINA", "gb18030"),
)  # fmt: skip
_OTHER_FONTS = (b"JAPAN", b"KANJI", b"KOREA", b"THAI")
_TEXT_HEAD = 0x5F
"""Begins a text that ends with NUL: the answer to GS I 65 and further."""


@dataclass(slots=True)
class Answers:
    """The answers of one connection, sorted by kind."""

    realtime: list[int] = field(default_factory=list)
    """Answers to DLE EOT, oldest first."""
    done: list[int] = field(default_factory=list)
    """Answers to GS r and to GS I with a byte, oldest first."""
    texts: list[bytes] = field(default_factory=list)
    """Answers with a text, oldest first, without their first byte."""
    awaits_text: bool = False
    """A text was asked for; before that nothing is taken for one."""
    automatic: PrinterState | None = None
    """What the newest automatic status said; None when none came."""
    _status: bytearray = field(default_factory=bytearray)
    _text: bytearray | None = None

    @property
    def done_twice(self) -> bool:
        """Whether a question that was put twice has been answered, whatever stray byte came as well."""
        return len(self.done) > 1

    @property
    def agreed(self) -> int | None:
        """What the two newest answers in a row say; None when they differ or there are not two."""
        return self.done[-1] if self.done_twice and self.done[-1] == self.done[-2] else None

    def feed(self, data: bytes) -> None:
        """Sort bytes that arrived, however they were split."""
        for byte in data:
            if self._text is not None:
                self._go_on(byte, self._text)
            elif is_realtime(byte):
                self.realtime.append(byte)
            elif byte & 0x93 == 0x10:
                # First byte of an automatic status; three more follow.
                self._status = bytearray((byte,))
            elif byte & 0x90 == 0x00 and self._status:
                self._status.append(byte)
                if len(self._status) == STATUS_BYTES:
                    self.automatic = state_of_automatic(bytes(self._status))
                    self._status = bytearray()
            elif byte & 0x90 == 0x00:
                self.done.append(byte)
            elif byte == _TEXT_HEAD and self.awaits_text:
                self._text = bytearray()
        del self.realtime[:-KEPT_MAX], self.done[:-KEPT_MAX], self.texts[:-KEPT_MAX]

    def _go_on(self, byte: int, text: bytearray) -> None:
        if 0x20 <= byte < 0x7F and len(text) < TEXT_MAX:
            text.append(byte)
        elif byte not in _FLOW:
            self._text = None
            if byte == 0x00 and text:
                self.texts.append(bytes(text))
            else:
                # It was no text: a stray byte stood before another answer.
                self.feed(bytes((byte,)))


def is_realtime(byte: int) -> bool:
    """Tell whether a byte has the fixed bits of an answer to DLE EOT."""
    return byte & 0x93 == 0x12


def state_of_automatic(status: bytes) -> PrinterState:
    """Return what the four bytes of an automatic status say."""
    first, errors, paper, _ = status
    if first & 0x20:
        return PrinterState.COVER_OPEN
    if paper & 0x0C:
        return PrinterState.PAPER_OUT
    if first & 0x08 or errors & 0x68:
        return PrinterState.OFFLINE
    return PrinterState.PAPER_LOW if paper & 0x03 else PrinterState.READY


def encoding_of(*, type_id: int | None, font: bytes | None) -> Encoding | None:
    """Return what the answers to GS I 2 and GS I 69 say of the font for two-byte characters; None: nothing clear.

    Source: two printers of one part number answered TAIWAN BIG-5 and CHINA GB18030.
    """
    name = (font or b"").upper().replace(b"-", b"").replace(b" ", b"")
    for mark, encoding in _FONT_MARKS:
        if mark in name:
            return encoding
    if name and any(mark in name for mark in _OTHER_FONTS):
        return "none"
    return "none" if type_id is not None and not type_id & 0x01 else None


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


def state_of_line(status: int | None) -> PrinterState:
    """Return what the printer port's status byte says; a good one is no promise, since many printers make it up.

    Source: Linux, drivers/usb/class/usblp.c: 0x20 no paper, 0x10 selected, 0x08 no error.
    """
    if status is None or status in (0x00, 0xFF):
        return PrinterState.UNKNOWN
    if status & 0x20:
        return PrinterState.PAPER_OUT
    return PrinterState.UNKNOWN if status & 0x08 else PrinterState.OFFLINE
