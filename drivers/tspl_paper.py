"""Read TSPL bytes as a label printer would and tell what would be on the labels.

It shares no code with the renderer, so that a test which compares the two says something. Each label is one picture of
dots between two cuts, with its bar codes as lines of their own below it.
"""

from __future__ import annotations

import re

from drivers.escpos_paper import Kind, Paper, PaperLine

DATA_MAX = 8_000_000
COPIES_SHOWN_MAX = 20
DOTS_MAX = 2_400
_SIZE = re.compile(rb"SIZE (\d+) mm,(\d+) mm\r\n")
_BITMAP = re.compile(rb"BITMAP (\d+),(\d+),(\d+),(\d+),0,")
_BARCODE = re.compile(rb'BARCODE (\d+),(\d+),"(\w+)",(\d+),1,0,(\d+),(\d+),"([^"\r\n]*)"\r\n')
_TEXT = re.compile(rb'TEXT (\d+),(\d+),"([\w.]+)",0,(\d),(\d),"([^"\r\n]*)"\r\n')
_PRINT = re.compile(rb"PRINT (\d+),1\r\n")
_QUIET = re.compile(rb"(?:GAP \d+ mm,\d+ mm|DIRECTION [01]|CODEPAGE \w+|CLS)\r\n")


def decode_labels(data: bytes, *, dots_per_mm: int = 8, encoding: str = "gb18030") -> Paper:
    """Return the labels of a job; `unknown` names what is no command we know, or prints beyond the label's edge."""
    data = data[:DATA_MAX]
    at, across, down = 0, 0, 0
    canvas = bytearray()
    marks: list[PaperLine] = []
    lines: list[PaperLine] = []
    unknown: list[str] = []
    while at < len(data):
        if found := _SIZE.match(data, at):
            across, down = (min(int(each) * dots_per_mm, DOTS_MAX) for each in found.groups())
        elif found := _BITMAP.match(data, at):
            x, y, wide, high = map(int, found.groups())
            end = found.end() + wide * high
            if x + wide * 8 > across + 7 or y + high > down:
                unknown.append(f"beyond the edge: {found[0].decode()}")
            else:
                _draw(canvas, across, (x, y, wide), data[found.end() : end])
            at = end + 2
            continue
        elif found := _BARCODE.match(data, at):
            if int(found[1]) >= across or int(found[2]) + int(found[4]) > down:
                unknown.append(f"beyond the edge: {found[0].decode()}")
            marks.append(PaperLine(Kind.BARCODE, found[7].decode("ascii", "replace"), "center"))
        elif found := _TEXT.match(data, at):
            marks.append(PaperLine(Kind.TEXT, found[6].decode("gbk" if encoding == "gb18030" else encoding, "replace")))
        elif found := _PRINT.match(data, at):
            rows = bytes(canvas)
            dots = PaperLine(Kind.IMAGE, width=(across + 7) // 8 * 8, height=down, raster=rows)
            one = [*([dots] if any(rows) else []), *marks, PaperLine(Kind.CUT)]
            lines += one * min(int(found[1]), COPIES_SHOWN_MAX)
        elif found := _QUIET.match(data, at):
            if found[0].startswith(b"CLS"):
                canvas, marks = bytearray((across + 7) // 8 * down), []
        else:
            unknown.append(data[at : at + 16].hex())
            break
        at = found.end()
    return Paper(tuple(lines), (), tuple(unknown), max(across // 12, 1))


def _draw(canvas: bytearray, across: int, place: tuple[int, int, int], dots: bytes) -> None:
    """Put a picture, black as 0, on a label; its left edge lies on a whole byte or is moved to the one before."""
    x, y, wide = place
    row = (across + 7) // 8
    for index, byte in enumerate(dots):
        at = (y + index // wide) * row + x // 8 + index % wide
        if at < len(canvas):
            canvas[at] |= byte ^ 0xFF
