"""Reading tables into the structs of edge/config.py, with every problem found, not only the first."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

import msgspec
from msgspec import inspect

FOUND_MAX = 60
"""Longest piece, in characters, of a value that a problem repeats."""
SECRET_WORDS = ("password", "passwd", "secret", "token", "passphrase", "private_key", "api_key", "pin")
"""A key that is, or ends in, one of these would hold a secret; its value is never repeated."""
PATTERNS = {
    r"^\d{2,3}x\d{2,3}$": "two lengths in mm such as 40x30",
    r"^(https://[^/\s?#]+)?$": "an address that begins with https:// and has no path",
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$": "a name of 1 to 32 letters, digits, - and _, such as lane-1",
    r"^[A-Z]{3}$": "three capital letters, such as CNY",
    r"^2\d{0,2}$": "a 2, alone or with one or two digits behind it, such as 21",
}
"""The patterns of edge/config.py in words; each has one, which a test checks."""
FREE_TEXT = frozenset({"device[].prefix", "device[].suffix"})
"""Keys whose texts may hold control characters: a reader may well put STX before a code."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file, or that needs attention there."""

    file: str
    key: str
    """Dotted, tables of a list counted from 1: `device[2].baud`. Empty for the file as a whole."""
    found: str
    expected: str
    hint: str = ""
    """What was probably meant, or what to do; may be empty."""
    line: int | None = None
    """Line of the file, from 1, where it is known."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        what = f"{self.key}: " if self.key else ""
        text = f"{place}: {what}found {self.found}, expected {self.expected}"
        return f"{text}; {self.hint}" if self.hint else text


class Walk:
    """Reads the tables of one file and gathers its problems."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._lines = text.splitlines()

    def add(self, key: str, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(self.problem(key, found, expected, hint))

    def problem(self, key: str, found: str, expected: str, hint: str = "") -> Problem:
        return Problem(self.file, key, found, expected, hint, line_of(key, self._lines))

    def struct(self, table: object, cls: type[msgspec.Struct], key: str = "") -> Any:
        """Return the struct with what could be read; None stands for what could not, and a problem says so."""
        if not isinstance(table, Mapping):
            self.add(key, shown(table), f"a table [{plain(key)}]")
            return None
        described = inspect.type_info(cls)
        assert isinstance(described, inspect.StructType)
        hints = get_type_hints(cls, include_extras=True)
        fields = {field.encode_name: field for field in described.fields}
        for name in table:
            if name not in fields:
                self._unknown(join(key, name), name, table[name], fields)
        values = {}
        for name, field in fields.items():
            if name in table:
                values[field.name] = self._value(table[name], field.type, hints[field.name], join(key, name))
            elif field.required:
                where = f" in [{plain(key)}]" if key else ""
                self.add(join(key, name), "nothing", f"{expectation(field.type)}: it must be given{where}")
                values[field.name] = None
        return cls(**values)

    def _value(self, value: object, described: inspect.Type, hint: Any, key: str) -> Any:
        bare = inner(described)
        if isinstance(bare, inspect.StructType):
            return self.struct(value, bare.cls, key)
        if isinstance(bare, inspect.VarTupleType) and isinstance(inner(bare.item_type), inspect.StructType):
            return self._structs(value, inner(bare.item_type).cls, bare, key)  # type: ignore[attr-defined]
        try:
            read = msgspec.convert(value, hint)
        except msgspec.ValidationError:
            self.add(key, shown(value), expectation(described), _meant(value, bare))
            return None
        if _has_control(read) and re.sub(r"\[\d+\]", "[]", key) not in FREE_TEXT:
            self.add(key, shown(value), "a text without control characters")
            return None
        return read

    def _structs(self, value: object, cls: type[msgspec.Struct], described: inspect.VarTupleType, key: str) -> Any:
        if not isinstance(value, Sequence) or isinstance(value, str):
            hint = f"write [[{key}]] with two brackets" if isinstance(value, Mapping) else ""
            self.add(key, shown(value), f"tables [[{key}]]", hint)
            return None
        if described.max_length is not None and len(value) > described.max_length:
            self.add(key, f"{len(value)} tables", f"at most {described.max_length}")
            return None
        return tuple(self.struct(table, cls, f"{key}[{number}]") for number, table in enumerate(value, 1))

    def _unknown(self, key: str, name: str, value: object, fields: Mapping[str, inspect.Field]) -> None:
        if f"{name}_file" in fields:
            self.add(key, "a secret", "no such key", f"secrets come only from files: use {name}_file")
        elif name.lower() in SECRET_WORDS or name.lower().endswith(tuple(f"_{word}" for word in SECRET_WORDS)):
            self.add(key, "a secret", "no such key", "secrets come only from files, never from this one")
        else:
            near = difflib.get_close_matches(name, list(fields), n=1)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(fields)}"
            self.add(key, f"an unknown key with {shown(value)}", "a known key", hint)


def join(key: str, name: str) -> str:
    """Return the dotted key of a name in a table."""
    name = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else shown(name)
    return f"{key}.{name}" if key else name


def plain(key: str) -> str:
    """Return a key without its counts: `device[2]` is written as `device` in the file."""
    return re.sub(r"\[\d+\]", "", key)


def inner(described: inspect.Type) -> inspect.Type:
    """Return a type without its description, and the one type of `X | None`."""
    if isinstance(described, inspect.Metadata):
        return inner(described.type)
    if isinstance(described, inspect.UnionType):
        return inner(next(kind for kind in described.types if not isinstance(kind, inspect.NoneType)))
    return described


def expectation(described: inspect.Type) -> str:
    """Return what a value of the type looks like, with its bounds, in words."""
    bare = inner(described)
    match bare:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            if bare.le is None:
                return "a whole number" if bare.ge is None else f"a whole number from {bare.ge}"
            return f"a whole number {bare.ge}..{bare.le}"
        case inspect.LiteralType():
            return "one of " + ", ".join(shown(value) for value in bare.values)
        case inspect.StrType():
            return _text_expectation(bare)
        case inspect.VarTupleType():
            most = "" if bare.max_length is None else f" of at most {bare.max_length}"
            return f"a list{most}, each {expectation(bare.item_type)}"
        case inspect.StructType():
            return "a table"
        case _:
            raise AssertionError(f"edge/config.py uses a type that is not described here: {bare}")


def _text_expectation(described: inspect.StrType) -> str:
    words = "a text"
    if described.min_length and described.max_length:
        words += f" of {described.min_length} to {described.max_length} characters"
    elif described.min_length:
        words = "a text that is not empty"
    elif described.max_length is not None:
        words += f" of at most {described.max_length} characters"
    return words if described.pattern is None else PATTERNS[described.pattern]


def shown(value: object) -> str:
    """Return a value of the file as one short line without control characters."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        text = "[" + ", ".join(shown(part) for part in value[:10]) + (", …]" if len(value) > 10 else "]")
    elif isinstance(value, str):
        text = json.dumps(value[: FOUND_MAX + 1], ensure_ascii=False)
        text = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
    else:
        text = str(value)
    return text if len(text) <= FOUND_MAX else text[:FOUND_MAX] + "…"


def _has_control(value: object) -> bool:
    if isinstance(value, tuple):
        return any(_has_control(part) for part in value)
    return isinstance(value, str) and any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in value)


def _meant(value: object, described: inspect.Type) -> str:
    """Return the hint for a value of the wrong kind or a slip in one of few words."""
    if isinstance(described, inspect.LiteralType) and isinstance(value, str):
        words = [word for word in described.values if isinstance(word, str)]
        near = difflib.get_close_matches(value, words, n=1)
        return f"did you mean {shown(near[0])}?" if near else ""
    if isinstance(described, inspect.IntType) and isinstance(value, str) and value.strip().isdecimal():
        return "write it without quotes"
    return ""


def line_of(key: str, lines: Sequence[str]) -> int | None:
    """Return the line, from 1, on which a dotted key stands, or else its table's header; None when it is not found.

    It knows `[table]`, `[[table]]` and `name = value`, each on a line of its own, as people write configuration.

    >>> line_of("device[2].baud", ["[[device]]", "baud = 1", "[[device]]", "baud = 2"])
    4
    """
    table, _, name = key.rpartition(".")
    counts: dict[str, int] = {}
    current, fallback = "", None
    for number, line in enumerate(lines, 1):
        header = _header(line)
        if header is not None:
            title, is_list = header
            counts[title] = counts.get(title, 0) + 1
            current = f"{title}[{counts[title]}]" if is_list else title
            if key in (current, title):
                return number
            if current == table:
                fallback = number
        elif current == table and re.match(rf"""\s*["']?{re.escape(name)}["']?\s*=""", line):
            return number
    return fallback


def _header(line: str) -> tuple[str, bool] | None:
    """Return the name in a table's header, and whether it begins one table of a list."""
    match = re.match(r"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(#.*)?$", line)
    return (match[2], match[1] == "[[") if match else None
