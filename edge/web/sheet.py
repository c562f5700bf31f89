"""A printed job drawn as paper: one SVG, every character in the cell where the printer put it."""

from __future__ import annotations

from typing import Final

import segno
from markupsafe import Markup, escape

from drivers.escpos_paper import Kind, Paper, PaperLine
from edge.web.bars import bars_path, code128

CELL: Final = 12
"""Dots across a character of normal size; a Chinese one takes two cells."""
FONT: Final = 2 * CELL
LINE: Final = 30
"""Dots down a line of normal size."""
MARGIN: Final = 24
BARS_HEIGHT: Final = 72
BARS_MODULE: Final = 2
QR_MODULE: Final = 6
TOOTH: Final = 8
"""Height of the teeth that the cutter leaves."""
LINES_MAX: Final = 1_200
"""Most lines that are drawn; a receipt of 500 items has about 1 000."""


def sheet_svg(paper: Paper) -> Markup:
    """Return what the printer put on paper, as an SVG whose width is the paper's."""
    width = paper.columns * CELL
    parts: list[str] = []
    y = MARGIN
    for line in paper.lines[:LINES_MAX]:
        drawn, height = _draw(line, y, paper.columns)
        parts.append(drawn)
        y += height
    y += MARGIN
    full = width + 2 * MARGIN
    edge = "".join(f"l-{TOOTH} {TOOTH if place % 2 == 0 else -TOOTH}" for place in range(full // TOOTH))
    outline = f'<path class="sheet-paper" d="M0 0h{full}V{y}{edge}V0z"/>'
    head = f'<svg class="sheet" viewBox="0 0 {full} {y + TOOTH}" xmlns="http://www.w3.org/2000/svg">'
    return Markup(f"{head}{outline}<g>{''.join(parts)}</g></svg>")  # noqa: S704 - every text in it is escaped below


def bars_svg(widths: str, *, height: int = BARS_HEIGHT) -> Markup:
    """Return a bar code with its quiet zones."""
    path, across = bars_path(widths, module=BARS_MODULE, height=height)
    quiet = 10 * BARS_MODULE
    return Markup(  # noqa: S704 - made of figures alone
        f'<svg class="bars" viewBox="-{quiet} 0 {across + 2 * quiet} {height}" xmlns="http://www.w3.org/2000/svg">'
        f'<path d="{path}"/></svg>'
    )


def _draw(line: PaperLine, y: int, columns: int) -> tuple[str, int]:
    """Return the line's SVG and its height."""
    if line.kind is Kind.TEXT:
        return _text(line, y, columns)
    if line.kind is Kind.CUT:
        return "", 0
    if line.kind is Kind.IMAGE:
        drawn, _ = _placed(_raster_path(line), _left(line.align, line.width, columns), y, line.height)
        # Dots follow upon dots without a gap: lines that were drawn stand as close as printed ones.
        return drawn, line.height
    if line.kind is Kind.BARCODE:
        path, width = bars_path(code128(line.text), module=BARS_MODULE, height=BARS_HEIGHT)
        return _placed(path, _left(line.align, width, columns), y, BARS_HEIGHT)
    matrix = segno.make(line.text, error="m", micro=False).matrix if line.text else ()
    path = "".join(
        f"M{x * QR_MODULE} {row * QR_MODULE}h{QR_MODULE}v{QR_MODULE}h-{QR_MODULE}z"
        for row, modules in enumerate(matrix)
        for x, dark in enumerate(modules)
        if dark
    )
    size = len(matrix) * QR_MODULE
    return _placed(path, _left(line.align, size, columns), y, size)


def _left(align: str, width: int, columns: int) -> int:
    free = max(0, columns * CELL - width)
    return MARGIN + {"left": 0, "center": free // 2, "right": free}.get(align, 0)


def _placed(path: str, x: int, y: int, height: int) -> tuple[str, int]:
    return f'<path class="ink" transform="translate({x} {y})" d="{path}"/>', height + LINE // 2


def _text(line: PaperLine, y: int, columns: int) -> tuple[str, int]:
    height = LINE * 2 if line.double else LINE
    if not line.text.strip():
        return "", height
    cells = [1 if character < "\x80" else 2 for character in line.text]
    if line.cells not in (sum(cells), 2 * sum(cells)):
        # A printer without characters of two bytes.
        cells = [1] * len(cells)
    wide = 2 if line.cells >= 2 * sum(cells) else 1
    x, places = 0, []
    for each in cells:
        places.append(str(x))
        x += each * CELL
    left = _left(line.align, line.cells * CELL, columns)
    tall = 2 if line.double else 1
    base = y + height - LINE // 5 * tall
    weight = ' class="ink bold"' if line.bold else ' class="ink"'
    move = f"matrix({wide} 0 0 {tall} {left} {base})"
    # A font of two bytes has the yuan sign of Big5 as a glyph of two cells.
    shown = ("￥" if c == "¥" and cell == 2 else c for c, cell in zip(line.text, cells, strict=True))
    text = escape("".join(c if c.isprintable() else " " for c in shown))
    drawn = f'<text{weight} transform="{move}" x="{" ".join(places)}" font-size="{FONT}" xml:space="preserve">'
    return f"{drawn}{text}</text>", height


def _raster_path(line: PaperLine) -> str:
    """Return one rectangle for each run of black dots."""
    across = (line.width + 7) // 8
    parts = []
    for row in range(line.height):
        bits = "".join(f"{byte:08b}" for byte in line.raster[row * across : (row + 1) * across])
        x = bits.find("1")
        while x >= 0:
            end = bits.find("0", x)
            end = len(bits) if end < 0 else end
            parts.append(f"M{x} {row}h{end - x}v1h-{end - x}z")
            x = bits.find("1", end)
    return "".join(parts)
