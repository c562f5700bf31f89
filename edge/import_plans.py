"""What an import would do: rows that are new, changed, the same or bad, and why, before anything is done."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from edge.import_sheets import Formula, Value
from edge.member_desk import read_birth
from rules.money import AMOUNT_MAX, parse_amount
from rules.phones import normal_phone

SHOWN_MAX = 40
"""Characters of a cell that are shown beside what is wrong with it."""
EXACT_MAX = 2**53
"""Largest whole number that a spreadsheet holds exactly."""
SAYS_YES = frozenset({"1", "yes", "y", "true", "是", "有", "√", "x"})
SAYS_NO = frozenset({"", "0", "no", "n", "false", "否", "无", "無"})


_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong with one cell."""

    column: str
    """As the file calls it; empty where it is the whole row."""
    code: str
    found: str = ""


@dataclass(slots=True)
class Plan:
    """What an import would do. Nothing was written yet."""

    kind: str
    total: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    header: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Columns that are left out, since nobody knows what they are."""
    bad: list[tuple[int, list[Value], list[Slip]]] = field(default_factory=list)
    """Number, cells and what is wrong of each bad row."""
    work: Any = None
    """What is to be written, made ready."""

    @property
    def is_good(self) -> bool:
        return not self.bad and self.total > 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column that an import knows."""

    key: str
    names: tuple[str, ...]
    """What files call it; compared without case and blanks."""


def find_columns(header: Sequence[Value], columns: Sequence[Column]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the place of each column that is known, by its key, and the names that are not."""
    known = {_folded(name): column.key for column in columns for name in (column.key, *column.names)}
    places: dict[str, int] = {}
    unknown = []
    for place, cell in enumerate(header):
        name = str(cell or "").strip()
        key = known.get(_folded(name))
        if key is None or key in places:
            unknown += [name[:SHOWN_MAX]] if name else []
        else:
            places[key] = place
    return places, tuple(unknown)


def _folded(name: str) -> str:
    return "".join(name.casefold().split()).rstrip("*")


class Row:
    """One row while it is read: takes values by column, and collects what is wrong."""

    def __init__(self, cells: Sequence[Value], places: Mapping[str, int], header: Sequence[str]) -> None:
        self._cells = cells
        self._places = places
        self._header = header
        self.slips: list[Slip] = []

    def has(self, key: str) -> bool:
        return key in self._places and self.raw(key) not in (None, "")

    def raw(self, key: str) -> Value:
        place = self._places.get(key)
        return self._cells[place] if place is not None and place < len(self._cells) else None

    def wrong(self, key: str, code: str) -> None:
        place = self._places.get(key)
        column = self._header[place] if place is not None and place < len(self._header) else ""
        self.slips.append(Slip(column, code, shown(self.raw(key))))

    def take(self, key: str, read: Callable[[Value], Any], code: str, default: Any) -> Any:
        """Return what a cell means, or the default where it is empty or wrong."""
        value = self.raw(key)
        if value is None or value == "":
            return default
        if isinstance(value, Formula):
            self.wrong(key, "formula")
            return default
        found = read(value)
        if found is None:
            self.wrong(key, code)
            return default
        return found

    def text(self, key: str, most: int, *, default: str = "") -> str:
        return str(self.take(key, lambda value: as_text(value, most), "text_wrong", default))

    def amount(self, key: str) -> int:
        return int(self.take(key, as_minor, "amount_wrong", 0))

    def count(self, key: str) -> int:
        return int(self.take(key, as_count, "count_wrong", 0))


def shown(value: Value) -> str:
    """Return a cell in one short line."""
    text = value.text if isinstance(value, Formula) else "" if value is None else str(value)
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[: SHOWN_MAX * 4]).split())
    return plain if len(plain) <= SHOWN_MAX else plain[: SHOWN_MAX - 1] + "…"


def as_text(value: Value, most: int) -> str | None:
    """Return a text of at most so many characters; a whole number is its digits, since Excel makes numbers of codes."""
    if isinstance(value, bool | datetime | date | Formula) or value is None:
        return None
    if isinstance(value, float):
        if not value.is_integer() or abs(value) > EXACT_MAX:
            return None
        value = int(value)
    plain = " ".join(str(value).split())
    return plain if len(plain) <= most and plain.isprintable() else None


def as_phone(value: Value) -> str | None:
    text = as_text(value, 40)
    return normal_phone(text) if text else None


def as_minor(value: Value) -> int | None:
    """Return an amount of money in minor units; `12.50`, `¥1,200` and numbers with at most two places."""
    if isinstance(value, bool | datetime | date | Formula) or value is None:
        return None
    text = repr(value) if isinstance(value, float) else str(value)
    plain = text.replace("¥", "").replace("￥", "").strip()
    # A comma parts thousands only where exactly three digits follow it; elsewhere it is a decimal mark.
    amount = parse_amount(plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else plain)
    return amount if amount is not None and 0 <= amount <= AMOUNT_MAX else None


def as_count(value: Value) -> int | None:
    """Return a whole number of points or pieces."""
    text = as_text(value, 12)
    plain = text.replace(",", "") if text else ""
    return int(plain) if plain.isascii() and plain.isdecimal() else None


def as_flag(value: Value) -> bool | None:
    if isinstance(value, bool):
        return value
    text = as_text(value, 10)
    folded = text.casefold() if text is not None else "?"
    return True if folded in SAYS_YES else False if folded in SAYS_NO else None


def as_birth(value: Value, *, is_lunar: bool) -> tuple[int | None, int, int] | None:
    """Return (year or None, month, day) of a birthday: 1990-08-15, 1990/8/15, 1990年8月15日, 08-15, a date."""
    if isinstance(value, datetime | date):
        return value.year, value.month, value.day
    text = as_text(value, 30)
    return read_birth(text.split(" ")[0], is_lunar=is_lunar) or None if text else None


def as_day(value: Value) -> date | None:
    """Return a day with its year."""
    found = as_birth(value, is_lunar=False)
    return date(found[0], found[1], found[2]) if found and found[0] else None


def write_bad_rows(plan: Plan, path: Path, say: Callable[[Slip], str], *, reason: str) -> None:
    """Write the bad rows as CSV, with what is wrong beside each: to be mended there and brought in again.

    A cell that a spreadsheet would take for a formula is written as a text.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*plan.header, reason])
        for _, cells, slips in plan.bad:
            padded = [*cells, *[None] * (len(plan.header) - len(cells))]
            said = "; ".join(f"{slip.column}: {say(slip)}" if slip.column else say(slip) for slip in slips)
            writer.writerow([*(safe_cell(_plain(cell)) for cell in padded), safe_cell(said)])


def _plain(value: Value) -> str:
    if isinstance(value, Formula):
        return value.text
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet obeys. Source: OWASP, CSV injection."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.lstrip("+-").replace(".", "", 1).isdecimal()
