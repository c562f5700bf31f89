"""Tables from outside: Excel workbooks and CSV files, row by row, with nothing in them obeyed.

No formula is evaluated and no macro, link or picture is opened; what a file may cost is bounded before it is read.
"""

from __future__ import annotations

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError

FILE_MAX_BYTES = 32 * 1024 * 1024
"""Largest file; 50,000 members with every column take about 6 MiB as CSV and 4 MiB as Excel."""
UNPACKED_MAX_BYTES = 400 * 1024 * 1024
"""Largest that the parts of a workbook may become when they are unpacked."""
ROWS_MAX = 100_000
COLUMNS_MAX = 60
TEXT_MAX = 20_000
"""Characters of the longest cell that is looked at; what is longer is cut, and refused by whatever reads it."""

BROKEN = (
    zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, ParseError, zlib.error, struct.error, TypeError,
    AttributeError, IndexError, RuntimeError, OverflowError,
)  # fmt: skip
"""What a damaged or malicious workbook makes its reader raise."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that works something out; what it would say depends on who opens it."""

    text: str


Value = str | int | float | bool | datetime | date | Formula | None
"""What a cell holds. A CSV file has texts alone."""


class SheetError(Exception):
    """A file cannot be read as a table. The code says why; a text for it stands with the import's words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its first row as its header."""

    path: Path
    is_workbook: bool
    encoding: str = ""

    def rows(self) -> Iterator[tuple[int, list[Value]]]:
        """Yield (number as the reader of the file counts it, cells) of every row that is not empty, the header first.

        Raises SheetError.
        """
        source = self._workbook() if self.is_workbook else self._text()
        count = 0
        for number, cells in source:
            while cells and (cells[-1] is None or cells[-1] == ""):
                cells.pop()
            if not cells:
                continue
            if len(cells) > COLUMNS_MAX:
                raise SheetError("too_many_columns")
            count += 1
            if count > ROWS_MAX + 1:
                raise SheetError("too_many_rows")
            yield number, cells

    def _text(self) -> Iterator[tuple[int, list[Value]]]:
        text = self.path.read_bytes().decode(self.encoding)
        first = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=first.count)
        csv.field_size_limit(FILE_MAX_BYTES)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            for cells in reader:
                yield reader.line_num, [_text_value(cell[:TEXT_MAX].strip()) for cell in cells]
        except csv.Error:
            raise SheetError("not_a_table") from None

    def _workbook(self) -> Iterator[tuple[int, list[Value]]]:
        from openpyxl import load_workbook

        try:
            # An open file, since the name of one tells nothing.
            with (
                self.path.open("rb") as file,
                closing(load_workbook(file, read_only=True, data_only=False, keep_links=False)) as book,
            ):
                sheet = book.worksheets[0]
                for number, row in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX + 1), 1):
                    yield number, [_value(cell) for cell in row]
        except SheetError:
            raise
        except BROKEN:
            raise SheetError("not_a_table") from None


def _text_value(text: str) -> Value:
    # What a spreadsheet would work out is no value in a CSV file either.
    return Formula(text) if text.startswith("=") else text


def _value(cell: object) -> Value:
    value = getattr(cell, "value", None)
    if getattr(cell, "data_type", "") == "f":
        return Formula(str(value)[:TEXT_MAX])
    if getattr(cell, "data_type", "") == "e":
        return Formula(str(value)[:TEXT_MAX])
    if isinstance(value, str):
        return value[:TEXT_MAX].strip()
    if value is None or isinstance(value, bool | int | float | datetime | date):
        return value
    return str(value)[:TEXT_MAX]


def open_sheet(path: Path) -> Sheet:
    """Return the table of a file, told by what is in it and not by its name. Raises SheetError."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8)
    except OSError:
        raise SheetError("not_readable") from None
    if size > FILE_MAX_BYTES:
        raise SheetError("too_large")
    if size == 0:
        raise SheetError("empty")
    if head.startswith(b"PK"):
        return _workbook(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError("old_excel")
    return Sheet(path, is_workbook=False, encoding=_encoding(path.read_bytes()))


def _workbook(path: Path) -> Sheet:
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise SheetError("not_a_table") from None
    if sum(part.file_size for part in parts) > UNPACKED_MAX_BYTES:
        raise SheetError("too_large")
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise SheetError("not_a_table")
    return Sheet(path, is_workbook=True)


def _encoding(data: bytes) -> str:
    """Return the encoding of a text file: that of its mark, else UTF-8 where all of it is, else GB18030."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _tried(data, "utf-16")
    try:
        return _tried(data, "utf-8-sig")
    except SheetError:
        return _tried(data, "gb18030")


def _tried(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise SheetError("not_a_table") from None
    if "\x00" in text:
        raise SheetError("not_a_table")
    return encoding
