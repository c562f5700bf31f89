"""Reading one table of a rules file into its struct, with every wrong key named at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from rules.basket import Names

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a file is refused."""

    where: str
    """`promotion[3] id=night-rice`, `tier[0] id=gold`, `line[2]` or `file`; rows are counted from 0."""
    key: str
    """The key, with dots into its tables; empty where it is the whole."""
    what: str
    nearest: str = ""
    """The known name that looks most like an unknown one."""

    def __str__(self) -> str:
        hint = f" (did you mean {self.nearest}?)" if self.nearest else ""
        return ": ".join(part for part in (self.where, self.key, self.what) if part) + hint


def nearest(name: object, known: Iterable[str]) -> str:
    """Return the known name that looks most like this one, or ''.

    >>> nearest("catagories", ["categories", "brands"])
    'categories'
    """
    import difflib  # only for a slip: whoever makes none does not carry it

    return next(iter(difflib.get_close_matches(str(name), sorted(known), n=1)), "")


def unknown_keys(raw: Mapping[str, Any], known: Iterable[str], *, where: str, prefix: str = "") -> list[Problem]:
    """Return a problem for every key that is not known."""
    names = tuple(known)
    return [Problem(where, f"{prefix}{key}", "unknown key", nearest(key, names)) for key in raw if key not in names]


def read_table(shape: type[T], raw: object, problems: list[Problem], *, where: str, prefix: str = "") -> T | None:
    """Return the table as a struct of this shape, or None after adding what is wrong with it to the problems."""
    if not isinstance(raw, Mapping):
        problems.append(Problem(where, prefix.rstrip("."), f"expected a table, found {type(raw).__name__}"))
        return None
    found = _names_problems(raw, where, prefix)
    try:
        value = msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        found = _key_by_key(shape, raw, where, prefix) or [Problem(where, prefix.rstrip("."), str(error))]
        value = None
    problems += found
    return None if found else value


def _names_problems(raw: Mapping[str, Any], where: str, prefix: str) -> list[Problem]:
    # Names is a plain dataclass, whose unknown keys the decoder would pass over.
    names = raw.get("names")
    if not isinstance(names, Mapping):
        return []
    found = unknown_keys(names, [field.name for field in fields(Names)], where=where, prefix=f"{prefix}names.")
    if not found and not any(isinstance(text, str) and text.strip() for text in names.values()):
        found.append(Problem(where, f"{prefix}names", "give the name in one language at least"))
    return found


def _key_by_key(shape: type[Any], raw: Mapping[str, Any], where: str, prefix: str) -> list[Problem]:
    known = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    problems = unknown_keys(raw, known, where=where, prefix=prefix)
    types = get_type_hints(shape, include_extras=True)
    for key, field in known.items():
        if key not in raw:
            if field.required:
                problems.append(Problem(where, f"{prefix}{key}", "missing"))
            continue
        table = _table_of(types[field.name])
        if table is not None and isinstance(raw[key], Mapping):
            problems += _key_by_key(table, raw[key], where, f"{prefix}{key}.")
            continue
        try:
            msgspec.convert(raw[key], types[field.name])
        except msgspec.ValidationError as error:
            problems.append(Problem(where, f"{prefix}{key}", str(error).replace(" - at `$`", "")))
    return problems + _names_problems(raw, where, prefix)


def _table_of(shape: Any) -> type[Any] | None:
    """Return the struct in a field's type: itself, or the one beside None."""
    for candidate in (shape, *get_args(shape)):
        if isinstance(candidate, type) and issubclass(candidate, msgspec.Struct):
            return candidate
    return None
