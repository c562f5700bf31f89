"""A pen for tests: it draws every character that is no control as a pattern of its number, the same on every machine."""

from __future__ import annotations

import unicodedata

from drivers.glyphs import Encoding, cells
from drivers.pen import DOTS_PER_COLUMN, LINE_DOTS


class PatternPen:
    """Draws a character's number in its cell; a `drivers.pen.Pen` as far as a renderer sees."""

    problem = ""

    def __init__(self, lacking: str = "🍎🍜") -> None:
        self._lacking = lacking

    def opened(self) -> PatternPen:
        return self

    def has(self, character: str) -> bool:
        return unicodedata.category(character)[0] not in "CZM" and character not in self._lacking

    def columns(self, character: str) -> int:
        return 2 if unicodedata.east_asian_width(character) in "WFA" else 1

    def line(self, text: str, encoding: Encoding, *, double: bool = False, bold: bool = False) -> tuple[bytes, int]:
        scale = 2 if double else 1
        row = "".join(
            f"{ord(each) if each != ' ' else 0:024b}"[-12:].ljust(cells(each, encoding, self) * DOTS_PER_COLUMN, "0")
            for each in text
        )
        row = "".join(bit * scale for bit in row) or "0" * DOTS_PER_COLUMN
        row = row.ljust(-(-len(row) // 8) * 8, "0")
        across = len(row) // 8
        line = int(row, 2).to_bytes(across)
        blank = bytes(across)
        rows = [line if bold or each % 2 else blank for each in range(LINE_DOTS * scale)]
        return b"".join(rows), across
