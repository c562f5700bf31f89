"""Read ESC/POS bytes as a printer would and tell what would be on the paper.

It shares no code with the renderer, so that a test which compares the two says something. The virtual printer shows
its result as paper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum

ESC, FS, GS, DLE = 0x1B, 0x1C, 0x1D, 0x10
DATA_MAX = 4_000_000
"""Longest job that is read, in bytes; the rest is named in `Paper.unknown` and not read."""
UNKNOWN_MAX = 50

_TWO_BYTE = ("gb18030", "gbk", "gb2312", "big5")

# Bytes after the two-byte command name, for commands that put nothing on paper and need no reading here.
_PARAMETERS = {
    (ESC, ord("2")): 0,
    (ESC, ord("3")): 1,
    (ESC, ord("t")): 1,
    (ESC, ord("R")): 1,
    (ESC, ord("M")): 1,
    (ESC, ord("-")): 1,
    (ESC, ord("B")): 2,
    (GS, ord("h")): 1,
    (GS, ord("w")): 1,
    (GS, ord("H")): 1,
    (GS, ord("f")): 1,
    (GS, ord("L")): 2,
    (GS, ord("W")): 2,
    (GS, ord("r")): 1,
    (GS, ord("I")): 1,
    (GS, ord("a")): 1,
    (DLE, 0x04): 1,
}


class Kind(StrEnum):
    """What one line of paper is."""

    TEXT = "text"
    QR = "qr"
    BARCODE = "barcode"
    IMAGE = "image"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line on the paper, or one symbol, picture or cut."""

    kind: Kind
    text: str = ""
    """The line's characters, the QR code's content or the barcode's content."""
    align: str = "left"
    """left, center or right."""
    double: bool = False
    """Some character of the line has double width or height."""
    bold: bool = False
    wrapped: bool = False
    """The line was full and the printer broke it by itself: the sender counted wrongly."""
    cells: int = 0
    """Width of the text in characters of normal size."""
    width: int = 0
    """Dots, of an image only."""
    height: int = 0
    raster: bytes = b""
    """One bit a dot, 1 is black, rows padded to whole bytes; of an image only."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a job leaves behind: paper, and pulses to the drawer."""

    lines: tuple[PaperLine, ...]
    kicks: tuple[int, ...]
    """The connector pin, 2 or 5, of each pulse that opens a drawer, in order."""
    unknown: tuple[str, ...]
    """Hex of each byte sequence that is no command we know; a job of ours has none."""
    columns: int

    def text(self) -> str:
        """Return the paper as plain lines, aligned to the paper's width, for people and for golden files."""
        return "\n".join(_plain(line, self.columns) for line in self.lines)

    def of(self, kind: Kind) -> tuple[PaperLine, ...]:
        """Return the lines of one kind."""
        return tuple(line for line in self.lines if line.kind is kind)


def decode(data: bytes, *, encoding: str = "gb18030", columns: int = 48) -> Paper:
    """Return what the bytes put on paper.

    Args:
        data: a whole job; a printer starts it in its power-on state.
        encoding: of the printer's two-byte font (gb18030, gbk, gb2312 or big5), or cp437 or none for a printer without.
        columns: characters of normal size in a line, 32 (58 mm) or 48 (80 mm).
    """
    machine = _Machine(data[:DATA_MAX], encoding, columns)
    machine.run()
    if len(data) > DATA_MAX:
        machine.note_unknown(f"{len(data) - DATA_MAX} bytes beyond the longest job")
    return Paper(tuple(machine.lines), tuple(machine.kicks), tuple(machine.unknown), columns)


def _plain(line: PaperLine, columns: int) -> str:
    if line.kind is Kind.CUT:
        return "✂" + "-" * (columns - 2)
    text = line.text if line.kind is Kind.TEXT else f"[{line.kind} {line.text or f'{line.width}x{line.height}'}]"
    space = max(0, columns - (line.cells or len(text)))
    return (" " * {"left": 0, "center": space // 2, "right": space}[line.align] + text).rstrip()


def _code128(content: bytes) -> str:
    """Return the characters of GS k 73 data: {A {B {C choose a code set, {{ is a brace, {1 to {4 are functions."""
    text, code_set, at = [], "B", 0
    while at < len(content):
        if content[at] == ord("{"):
            choice = chr(content[at + 1]) if at + 1 < len(content) else ""
            code_set = choice if choice in "ABC" else code_set
            text.append({"{": "{", "1": "\x1d"}.get(choice, ""))
            at += 2
        else:
            text.append(f"{content[at]:02d}" if code_set == "C" else chr(content[at]))
            at += 1
    return "".join(text)


@dataclass(slots=True)
class _Machine:
    """The printer's state while it reads a job."""

    data: bytes
    encoding: str
    columns: int
    at: int = 0
    lines: list[PaperLine] = field(default_factory=list)
    kicks: list[int] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    row_width: int = 0
    row_double: bool = False
    row_bold: bool = False
    align: str = "left"
    bold: bool = False
    size: int = 0
    """GS ! byte: width - 1 in the high half, height - 1 in the low half."""
    kanji_double: bool = False
    kanji: bool = True
    qr: bytes = b""

    def run(self) -> None:
        while self.at < len(self.data):
            byte = self.data[self.at]
            if byte in (ESC, FS, GS, DLE):
                self.command(byte)
            elif byte == 0x0A:
                self.at += 1
                self.end_line()
            elif byte == 0x0D:
                self.at += 1
            elif byte < 0x20 or byte == 0x7F:
                self.reject(1)
            else:
                self.character(byte)
        if self.row:
            self.end_line()

    def note_unknown(self, what: str) -> None:
        if len(self.unknown) < UNKNOWN_MAX:
            self.unknown.append(what)

    def reject(self, length: int) -> None:
        self.note_unknown(self.data[self.at : self.at + length].hex())
        self.at += length

    def content(self, length: int) -> bytes:
        """Return a symbol's data; a real-time pulse in it opens the drawer, as on a real printer."""
        content = self.take(length)
        self.kicks += [2 if m[0] & 1 == 0 else 5 for m in re.findall(rb"\x10\x14\x01([\x00\x01])", content)]
        return content

    def take(self, length: int) -> bytes:
        """Return the next bytes; fewer when the job ends within a command, which is then noted."""
        taken = self.data[self.at : self.at + length]
        if len(taken) < length:
            self.note_unknown(f"cut short: {taken.hex()}")
        self.at += length
        return taken.ljust(length, b"\0")

    def reset(self) -> None:
        self.align, self.bold, self.size, self.kanji_double = "left", False, 0, False
        # Printers for the Chinese market start in two-byte mode; the renderer has to say what it wants after ESC @.
        self.kanji = True

    # Text

    def character(self, lead: int) -> None:
        if lead < 0x80 or not self.kanji or self.encoding not in _TWO_BYTE:
            self.at += 1
            self.put(bytes((lead,)).decode("cp437"), 1)
            return
        pair = self.data[self.at : self.at + 2]
        try:
            character = pair.decode("gbk" if self.encoding == "gb18030" else self.encoding)
        except UnicodeDecodeError:
            # Four-byte GB18030 and everything else that a two-byte font has no glyph for comes out as rubbish.
            self.reject(len(pair))
            return
        self.at += 2
        self.put(character, 2)

    def put(self, character: str, cells: int) -> None:
        wide = self.size >> 4 or (cells == 2 and self.kanji_double)
        cells *= 2 if wide else 1
        if self.row_width + cells > self.columns:
            self.end_line(wrapped=True)
        self.row.append(character)
        self.row_width += cells
        self.row_double = self.row_double or bool(self.size) or (cells > 2 and self.kanji_double)
        self.row_bold = self.row_bold or self.bold

    def end_line(self, *, wrapped: bool = False) -> None:
        text = "".join(self.row)
        line = PaperLine(Kind.TEXT, text, self.align, self.row_double, self.row_bold, wrapped, self.row_width)
        self.lines.append(line)
        self.row, self.row_width, self.row_double, self.row_bold = [], 0, False, False

    def symbol(self, line: PaperLine) -> None:
        if self.row:
            self.end_line()
        last = self.lines[-1] if self.lines else None
        joins = last is not None and last.kind is line.kind is Kind.IMAGE
        if joins and last is not None and (last.width, last.align) == (line.width, line.align):
            # Bands of one picture.
            self.lines[-1] = replace(last, height=last.height + line.height, raster=last.raster + line.raster)
        else:
            self.lines.append(line)

    # Commands

    def command(self, lead: int) -> None:
        name = self.data[self.at + 1 : self.at + 2]
        if not name:
            self.reject(1)
            return
        quiet = _PARAMETERS.get((lead, name[0]))
        if quiet is not None:
            self.at += 2
            self.take(quiet)
            return
        known = {ESC: self.escape, FS: self.fs, GS: self.gs, DLE: self.dle}[lead](chr(name[0]))
        if not known:
            self.reject(2)

    def escape(self, name: str) -> bool:
        if name not in "@aE!dJpm":
            return False
        self.at += 2
        if name == "@":
            # What stands in the line and was not printed yet goes as well.
            self.row = []
            self.reset()
            return True
        if name == "m":
            self.symbol(PaperLine(Kind.CUT))
            return True
        n = self.take(1)[0]
        if name == "a":
            self.align = {0: "left", 1: "center", 2: "right"}.get(n & 0x0F, self.align)
        elif name == "E":
            self.bold = bool(n & 1)
        elif name == "!":
            self.bold = bool(n & 0x08)
            self.size = (0x10 if n & 0x20 else 0) | (0x01 if n & 0x10 else 0)
        elif name == "d":
            for _ in range(n):
                self.end_line()
        elif name == "J" and self.row:
            self.end_line()
        elif name == "p":
            self.take(2)
            self.kick(n)
        return True

    def kick(self, m: int) -> None:
        self.kicks.append(2 if m & 1 == 0 else 5)

    def fs(self, name: str) -> bool:
        if name not in "&.!W":
            return False
        self.at += 2
        if name == "&":
            self.kanji = True
        elif name == ".":
            self.kanji = False
        else:
            n = self.take(1)[0]
            self.kanji_double = bool(n & 1) if name == "W" else bool(n & 0x0C)
        return True

    def gs(self, name: str) -> bool:
        readers = {"!": self.set_size, "V": self.cut, "k": self.barcode, "v": self.raster, "(": self.bracket}
        reader = readers.get(name)
        if reader is None:
            return False
        self.at += 2
        reader()
        return True

    def dle(self, name: str) -> bool:
        if name != "\x14":
            return False
        self.at += 2
        function, m, _ = self.take(3)
        # DLE DC4 1 m t is the drawer pulse that even a busy printer obeys.
        if function == 1:
            self.kick(m)
        return True

    def set_size(self) -> None:
        self.size = self.take(1)[0] & 0x77

    def cut(self) -> None:
        if self.take(1)[0] >= 0x41:
            self.take(1)
        self.symbol(PaperLine(Kind.CUT))

    def barcode(self) -> None:
        kind = self.take(1)[0]
        if kind >= 0x41:
            content = self.content(self.take(1)[0])
        else:
            end = self.data.find(b"\0", self.at)
            content = self.content((end if end >= 0 else len(self.data)) - self.at)
            self.at += 1
        text = _code128(content) if kind == 73 else content.decode("latin-1")
        self.symbol(PaperLine(Kind.BARCODE, text, self.align))

    def raster(self) -> None:
        _, _, width_low, width_high, height_low, height_high = self.take(6)
        across, down = width_low + 256 * width_high, height_low + 256 * height_high
        content = self.content(min(across * down, len(self.data)))
        self.symbol(PaperLine(Kind.IMAGE, "", self.align, width=across * 8, height=down, raster=content))

    def bracket(self) -> None:
        letter, low, high = self.take(3)
        content = self.content(low + 256 * high)
        if letter != ord("k") or content[:1] != b"1":
            return
        if content[1:3] == b"P0":
            self.qr = content[3:]
        elif content[1:3] == b"Q0":
            self.symbol(PaperLine(Kind.QR, self.qr.decode("utf-8", "replace"), self.align))
