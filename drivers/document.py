"""What can be printed, and how it falls into lines.

A document says what is on the paper, not how wide the paper is or which bytes make it. `layout` breaks it into lines;
the printer prints these lines and the screen shows the same ones. Documents are stored as JSON inside print jobs, so a
block may gain fields with a default but never lose one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

import msgspec

from drivers.glyphs import Encoding, Pen, is_drawn, legible, width

COLUMNS_MIN, COLUMNS_MAX = 24, 64
"""Columns of the paper: 32 at 58 mm (some 30), 48 at 80 mm (42 in some printers' other mode)."""
LINES_MAX = 20_000
"""A document longer than this is a mistake of ours."""
LABELS_MAX = 200
"""Most stickers of one label in a document."""


class Align(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Size(StrEnum):
    NORMAL = "normal"
    DOUBLE = "double"
    """Twice as wide and twice as high."""


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A paragraph; a line break in it is kept, and a long line is broken between words."""

    text: str
    align: Align = Align.LEFT
    size: Size = Size.NORMAL
    bold: bool = False


class Columns(msgspec.Struct, frozen=True, tag="columns"):
    """A description at the left, and a value at the right end of the description's last line."""

    left: str
    right: str
    bold: bool = False
    size: Size = Size.NORMAL


class Row(msgspec.Struct, frozen=True, tag="row"):
    """A table's row: a name, then two or three short right-aligned values in columns that stand under each other.

    A name too long for its column takes lines of its own above the values.
    """

    cells: tuple[str, ...]
    """3 or 4 texts."""
    bold: bool = False


class Rule(msgspec.Struct, frozen=True, tag="rule"):
    """A line across the paper."""

    mark: str = "-"
    """One ASCII character."""


class Feed(msgspec.Struct, frozen=True, tag="feed"):
    """Empty lines."""

    lines: int = 1


class QrCode(msgspec.Struct, frozen=True, tag="qr"):
    text: str
    align: Align = Align.CENTER
    module: int = 6
    """Dots of one module's side, 1..16."""


class Barcode(msgspec.Struct, frozen=True, tag="barcode"):
    text: str
    """1..40 printable ASCII characters; of an EAN all its digits."""
    kind: Literal["code128", "ean13", "ean8"] = "code128"
    align: Align = Align.CENTER


class Logo(msgspec.Struct, frozen=True, tag="logo"):
    """The shop's picture of this name; nothing when the shop has none."""

    name: str = "receipt"
    align: Align = Align.CENTER


class Image(msgspec.Struct, frozen=True, tag="image"):
    png: bytes
    align: Align = Align.CENTER


class Cut(msgspec.Struct, frozen=True, tag="cut"):
    """Feed to the cutter and cut."""


class OpenDrawer(msgspec.Struct, frozen=True, tag="drawer"):
    pin: Literal[2, 5] = 2
    """The pin of the drawer's connector that gets the pulse."""


class Label(msgspec.Struct, frozen=True, tag="label"):
    """One sticker or shelf label, printed so many times; a receipt printer puts it between two cuts."""

    name: str
    price: str = ""
    """As it is said, with its currency; empty: a label without a price."""
    unit: str = ""
    note: str = ""
    """A small line, such as the SKU or a member price."""
    code: str = ""
    """What its bar code says; empty: none."""
    kind: Literal["code128", "ean13", "ean8"] = "code128"
    count: int = 1


Block = Text | Columns | Row | Rule | Feed | QrCode | Barcode | Logo | Image | Cut | OpenDrawer | Label
Symbol = QrCode | Barcode | Logo | Image | Cut | OpenDrawer
"""Blocks that are not text; a layout passes them on as they are."""


class Document(msgspec.Struct, frozen=True):
    """Everything of one print job, top to bottom."""

    lines: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of characters as it stands on the paper."""

    text: str
    """Printable in the layout's encoding, or drawn; never wider than the paper, at this size."""
    align: Align = Align.LEFT
    size: Size = Size.NORMAL
    bold: bool = False
    drawn: bool = False
    """It holds characters that the font lacks, so the line is a picture."""


def document_json(document: Document) -> bytes:
    """Return the document as JSON; pictures are Base64."""
    return msgspec.json.encode(document)


def document_from_json(data: bytes) -> Document:
    """Return the document of `document_json`. Raises msgspec.ValidationError or msgspec.DecodeError."""
    return msgspec.json.decode(data, type=Document)


def marked_copy(document: Document, mark: str) -> Document:
    """Return the document under a mark such as 副本 COPY, and without opening the drawer again."""
    kept = tuple(block for block in document.lines if not isinstance(block, OpenDrawer))
    return Document((Text(mark, Align.CENTER, Size.DOUBLE, bold=True), *kept))


def layout(
    document: Document, *, columns: int, encoding: Encoding = "gb18030", pen: Pen | None = None
) -> tuple[Line | Symbol, ...]:
    """Return the document as lines for a paper of so many columns.

    Args:
        columns: characters of normal size in a line, `COLUMNS_MIN`..`COLUMNS_MAX`.
        encoding: decides which characters exist and how wide they are.
        pen: draws lines with others; without one something stands for them.
    """
    assert COLUMNS_MIN <= columns <= COLUMNS_MAX, f"columns: found {columns}, expected {COLUMNS_MIN}..{COLUMNS_MAX}"
    paper = _Width(columns, encoding, pen)
    laid: list[Line | Symbol] = []
    for block in _unfolded(document.lines):
        if isinstance(block, Text):
            laid += _text(block, paper)
        elif isinstance(block, Columns):
            laid += _columns(block, paper)
        elif isinstance(block, Row):
            laid += _row(block, paper)
        elif isinstance(block, Rule):
            mark = block.mark[:1]
            laid.append(Line((mark if " " <= mark <= "~" else "-") * columns))
        elif isinstance(block, Feed):
            laid += [Line("")] * block.lines
        else:
            laid.append(block)
    assert len(laid) <= LINES_MAX, f"document of {len(laid)} lines, expected at most {LINES_MAX}"
    if pen is None:
        return tuple(laid)
    return tuple(
        replace(each, drawn=True) if isinstance(each, Line) and is_drawn(each.text, encoding) else each for each in laid
    )


def _unfolded(blocks: tuple[Block, ...]) -> Iterator[Text | Columns | Row | Rule | Feed | Symbol]:
    """Yield the blocks with each label as what a receipt printer makes of it."""
    for block in blocks:
        if not isinstance(block, Label):
            yield block
            continue
        for _ in range(min(max(block.count, 1), LABELS_MAX)):
            yield Text(block.name, Align.CENTER, bold=True)
            if block.price:
                yield Text(block.price + (f"/{block.unit}" if block.unit else ""), Align.CENTER, Size.DOUBLE, bold=True)
            if block.note:
                yield Text(block.note, Align.CENTER)
            if block.code:
                yield Barcode(block.code, block.kind)
            yield Cut()


@dataclass(frozen=True, slots=True)
class _Width:
    columns: int
    encoding: Encoding
    pen: Pen | None = None

    def at(self, size: Size) -> int:
        return self.columns // 2 if size is Size.DOUBLE else self.columns

    def of(self, text: str) -> int:
        return width(text, self.encoding, self.pen)

    def clean(self, text: str) -> str:
        return legible(text, self.encoding, self.pen)

    def ends(self, left: str, right: str, columns: int) -> str:
        """Return both texts at the two ends of one line."""
        return left + " " * (columns - self.of(left) - self.of(right)) + right

    def wrap(self, text: str, columns: int) -> list[str]:
        """Break a text between words, between characters of two columns, or else where the line is full."""
        lines: list[str] = []
        rest = text.rstrip(" ")
        # A character takes a column at least, so the rest of a long text needs no counting.
        while self.of(rest[: columns + 1]) > columns:
            cut = self._cut(rest, columns)
            lines.append(rest[:cut].rstrip(" "))
            rest = rest[cut:].lstrip(" ")
        return [*lines, rest]

    def _cut(self, text: str, columns: int) -> int:
        """Return how many characters go on the first line; at least one."""
        used, best = 0, 0
        for index, character in enumerate(text):
            own = self.of(character)
            if index and (own > 1 or character == " " or self.of(text[index - 1]) > 1 or text[index - 1] == " "):
                best = index
            used += own
            if used > columns:
                return best or max(index, 1)
        return len(text)


def _text(block: Text, paper: _Width) -> Iterator[Line]:
    for paragraph in block.text.replace("\r\n", "\n").split("\n"):
        for line in paper.wrap(paper.clean(paragraph), paper.at(block.size)):
            yield Line(line, block.align, block.size, block.bold)


def _columns(block: Columns, paper: _Width) -> Iterator[Line]:
    columns = paper.at(block.size)
    left, right = paper.clean(block.left), paper.clean(block.right)
    room = columns - paper.of(right) - 1
    # A value that leaves less than a third of the line to its description goes below it.
    if room * 3 < columns and paper.of(left) > room:
        texts = [*paper.wrap(left, columns), *(paper.ends("", part, columns) for part in paper.wrap(right, columns))]
    else:
        *above, last = paper.wrap(left, max(room, 0)) if left else [""]
        texts = [*above, *_last_line(last, right, paper, columns)]
    for text in texts:
        yield Line(text, Align.LEFT, block.size, block.bold)


def _last_line(left: str, right: str, paper: _Width, columns: int) -> list[str]:
    if paper.of(left) + paper.of(right) <= columns:
        return [paper.ends(left, right, columns)]
    return [*([left] if left else []), *(paper.ends("", part, columns) for part in paper.wrap(right, columns))]


def _row(block: Row, paper: _Width) -> Iterator[Line]:
    assert len(block.cells) in (3, 4), f"row of {len(block.cells)} cells, expected 3 or 4"
    name, *values = (paper.clean(cell) for cell in block.cells)
    broad = paper.columns >= 42
    shares = ((6, 10, 11) if broad else (5, 9, 9)) if len(values) == 3 else ((9, 12) if broad else (8, 11))
    # A value wider than its column keeps one blank before it and pushes the others to the left.
    tail = "".join(" " * max(share - paper.of(v), 1) + v for share, v in zip(shares, values, strict=True))
    if paper.of(tail) > paper.columns:
        texts = [*paper.wrap(name, paper.columns)]
        texts += [paper.ends("", part, paper.columns) for v in values for part in paper.wrap(v, paper.columns)]
    elif paper.of(name) + paper.of(tail) <= paper.columns:
        texts = [paper.ends(name, tail, paper.columns)]
    else:
        texts = [*paper.wrap(name, paper.columns), paper.ends("", tail, paper.columns)]
    for text in texts:
        yield Line(text, Align.LEFT, Size.NORMAL, block.bold)
