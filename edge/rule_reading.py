"""What a form of the rules holds while it is read: its values, what cannot be read, and lists of every kind."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.rule_fields import Field

ROWS_MAX = 500
"""Most rows of one key that a form is read for."""
VALUES_MAX = 500
"""Most values of one list."""
TEXT_MAX = 200
LINES_MAX = 10_000
"""Characters of the longest list that is written line by line."""
Values = Mapping[str, Sequence[str]]
"""What a form holds: a name and its values."""
_ROW = re.compile(r"\[([0-9]{1,3})\]")
_BETWEEN = re.compile(r"[\s,，、;；]+")


@dataclass(frozen=True, slots=True)
class Slip:
    """Why a key cannot be read; the text of the code is in edge/rule_words.py."""

    code: str
    value: str = ""


@dataclass(slots=True)
class Reading:
    """What a form holds while it is read, and what cannot be."""

    values: Values
    decimals: int
    slips: dict[str, Slip] = dataclasses.field(default_factory=dict)
    kept: dict[str, list[int]] = dataclasses.field(default_factory=dict)
    """By the name of a list in the form, which of its rows said something: the rows of the table that was read."""

    _under: dict[str, list[str]] = dataclasses.field(init=False)
    _numbers: Mapping[str, frozenset[int]] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self._under = {}
        for key in self.values:
            for found in _ROW.finditer(key):
                self._under.setdefault(key[: found.end()], []).append(key)
        self._numbers = row_numbers(self.values)

    def rows(self, name: str) -> range:
        """Return the numbers of the rows of a list, as far as the form holds them."""
        return range(min(max(self._numbers.get(name, ()), default=-1) + 1, ROWS_MAX))

    def under(self, row: str) -> Sequence[str]:
        """Return the names in the form that stand in a row: `steps[0]`."""
        return self._under.get(row, ())

    def one(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "").strip()[:TEXT_MAX]

    def slip(self, path: str, code: str, value: str = "") -> None:
        self.slips.setdefault(path, Slip(code, value))


def row_numbers(values: Values) -> Mapping[str, frozenset[int]]:
    """Return which rows of each list a form holds something of, by the list's name."""
    numbers: dict[str, set[int]] = {}
    for key in values:
        for found in _ROW.finditer(key):
            numbers.setdefault(key[: found.start()], set()).add(int(found[1]))
    return {name: frozenset(rows) for name, rows in numbers.items()}


def words_of(text: str) -> list[str]:
    return [word for word in _BETWEEN.split(text) if word]


def numbers_in(name: str, text: str, reading: Reading) -> list[int] | None:
    words = words_of(text)
    if not all(re.fullmatch("[0-9]{1,4}", word) for word in words):
        reading.slip(name, "not_count", text)
        return None
    return sorted({int(word) for word in words}) or None


def chosen_in(field: Field, name: str, reading: Reading) -> list[str] | None:
    """Return what was ticked or picked. Where the order counts it stays, and what is new comes last."""
    given = [each.strip()[:TEXT_MAX] for each in reading.values.get(name, ())[:VALUES_MAX]]
    before = list(reading.values.get(f"{name}@order", ()))[:VALUES_MAX]
    if field.is_ordered and before:
        given.sort(key=lambda each: before.index(each) if each in before else len(before))
    return list(dict.fromkeys(filter(None, given))) or None


def order_in(name: str, reading: Reading) -> list[str] | None:
    """Return the words of a row of choices, in that order; each may stand there once."""
    given = [reading.one(f"{name}[{place}]") for place in reading.rows(name)]
    return _once(name, [each for each in given if each], reading)


def lines_in(name: str, reading: Reading) -> list[str] | None:
    """Return texts that were written one in each line."""
    text = next(iter(reading.values.get(name, ())), "")[:LINES_MAX]
    lines = [" ".join(line.split()) for line in re.split(r"\r\n|\r|\n", text)]
    return _once(name, [line for line in lines if line], reading)


def _once(name: str, given: list[str], reading: Reading) -> list[str] | None:
    twice = next((each for place, each in enumerate(given) if each in given[:place]), None)
    if twice is not None:
        reading.slip(name, "twice", twice)
    return given or None
