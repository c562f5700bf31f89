"""The TSPL bytes of labels: one name, one price, one bar code, drawn where they fit.

Texts go out as dots wherever a font is at hand, so that every label printer shows the same; without one they are sent
to the printer's own font. Nothing of a text is ever a command. Source: TSC, TSPL/TSPL2 programming language.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.document import LABELS_MAX, Document, Label
from drivers.glyphs import TWO_BYTE, Encoding, encode, legible, printable
from drivers.pen import BASELINE, EM, LINE_DOTS, LatePen, Pen

MARGIN_MM = 2
NAME_LINES_MAX = 2
BARS_MODULE_MAX = 4
BARS_MODULES = {"ean13": 95, "ean8": 67}
QUIET_MODULES = 10
"""Blank modules on either side of a bar code."""
INK_BELOW = LINE_DOTS - BASELINE
_FONTS = {"big5": "TST24.BF2"}
_FONT = "TSS24.BF2"


@dataclass(frozen=True, slots=True)
class LabelPaper:
    """The labels in a printer."""

    across_mm: int
    down_mm: int
    gap_mm: int = 2
    dots_per_mm: int = 8

    @property
    def across(self) -> int:
        return self.across_mm * self.dots_per_mm

    @property
    def down(self) -> int:
        return self.down_mm * self.dots_per_mm


def render_labels(
    document: Document, paper: LabelPaper, *, encoding: Encoding = "gb18030", pen: Pen | LatePen | None = None
) -> bytes:
    """Return the labels of a document as TSPL, with the printer's setting before them. Other blocks have no place."""
    held = pen.opened() if isinstance(pen, LatePen) else pen
    out = bytearray(
        f"SIZE {paper.across_mm} mm,{paper.down_mm} mm\r\nGAP {paper.gap_mm} mm,0 mm\r\n".encode()
        + b"DIRECTION 1\r\nCODEPAGE 437\r\n"
    )
    for block in document.lines:
        if isinstance(block, Label):
            out += b"CLS\r\n" + _Sheet(paper, encoding, held).label(block)
            out += f"PRINT {min(max(block.count, 1), LABELS_MAX)},1\r\n".encode()
    return bytes(out)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One label to be filled from the top; all figures are dots."""

    paper: LabelPaper
    encoding: Encoding
    pen: Pen | None

    @property
    def room(self) -> int:
        return self.paper.across - 2 * MARGIN_MM * self.paper.dots_per_mm

    def label(self, label: Label) -> bytes:
        margin = MARGIN_MM * self.paper.dots_per_mm
        y, out = margin // 2, b""
        small = 3 * self.paper.dots_per_mm
        bars = self._bars(label)
        foot = self.paper.down - margin // 2 - (self._bars_height() if bars else 0)
        price = label.price + (f"/{label.unit}" if label.price and label.unit else "")
        lines = 1 + bool(price) * 2 + bool(label.note)
        for text in self._broken(label.name, small, NAME_LINES_MAX if (foot - y) // (small * 5 // 4) > lines else 1):
            out += self._text(text, y, small)
            y += small * 5 // 4
        if price:
            size = max(min(2 * small, (foot - y - (small if label.note else 0)) * 4 // 5), small)
            while size > small and self._width(price, size) > self.room:
                size -= 4
            out += self._text(price, y, size)
            y += size * 5 // 4
        if label.note and y + small <= foot:
            out += self._text(self._broken(label.note, small * 3 // 4, 1)[0], y, small * 3 // 4)
        return out + (self._placed_bars(label, foot) if bars else b"")

    def _broken(self, text: str, size: int, most: int) -> list[str]:
        """Return a text in at most so many lines; what does not fit is cut and shown to be."""
        rest = legible(text, self.encoding, self.pen) if self.pen else printable(text, self.encoding)
        lines: list[str] = []
        while rest and len(lines) < most:
            end = len(rest)
            while end > 1 and self._width(rest[:end], size) > self.room:
                end -= 1
            lines.append(rest[:end])
            rest = rest[end:].lstrip()
        if rest:
            lines[-1] = lines[-1][:-2] + ".."
        return lines or [""]

    def _width(self, text: str, size: int) -> int:
        if self.pen is not None:
            return self.pen.block(text, size)[1] * 8
        return len(encode(printable(text, self.encoding), self.encoding)) * 12 * self._scale(size)

    def _scale(self, size: int) -> int:
        return max(size // EM, 1)

    def _text(self, text: str, y: int, size: int) -> bytes:
        x = MARGIN_MM * self.paper.dots_per_mm
        if not text:
            return b""
        if self.pen is not None:
            shown = "".join(each if self.pen.has(each) or each == " " else "?" for each in text)
            raster, across, down = self.pen.block(shown, size)
            # TSPL counts black as 0.
            white = bytes(byte ^ 0xFF for byte in raster)
            return f"BITMAP {x},{y},{across},{down},0,".encode() + white + b"\r\n"
        shown = printable(text, self.encoding).replace("\\", "/").replace('"', "'")
        scale = self._scale(size)
        font = _FONTS.get(self.encoding, _FONT) if self.encoding in TWO_BYTE else "3"
        return f'TEXT {x},{y},"{font}",0,{scale},{scale},"'.encode() + encode(shown, self.encoding) + b'"\r\n'

    def _bars_height(self) -> int:
        # With the digits below.
        return self.paper.down * 3 // 10 + 3 * self.paper.dots_per_mm

    def _module(self, label: Label) -> int:
        modules = BARS_MODULES.get(label.kind, 11 * len(label.code) + 35) + 2 * QUIET_MODULES
        return min(self.paper.across // modules, BARS_MODULE_MAX)

    def _bars(self, label: Label) -> bool:
        """Tell whether the label has a bar code that fits it."""
        code, digits = label.code, {"ean13": 13, "ean8": 8}.get(label.kind, 0)
        if not code or not all(" " < each <= "~" and each not in '"\\' for each in code):
            return False
        if digits and (len(code) != digits or not code.isdigit()):
            return False
        return self._module(label) >= 1

    def _placed_bars(self, label: Label, y: int) -> bytes:
        kind = {"ean13": "EAN13", "ean8": "EAN8"}.get(label.kind, "128")
        module, height = self._module(label), self.paper.down * 3 // 10
        modules = BARS_MODULES.get(label.kind, 11 * len(label.code) + 35)
        x = max((self.paper.across - modules * module) // 2, 0)
        return f'BARCODE {x},{y},"{kind}",{height},1,0,{module},{module},"{label.code}"\r\n'.encode()
