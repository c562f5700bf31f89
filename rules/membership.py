"""What the shop decided about its members' files: fields of its own, purposes of consent, how long things are kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec

from rules.basket import Names
from rules.table_reader import Problem

FIELDS_MAX, CHOICES_MAX, PURPOSES_MAX = 20, 30, 10
VALUE_MAX = 200
"""Characters of what a field of the shop's own holds."""
Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class CustomField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A field of the shop's own in every member's file."""

    id: Key
    names: Names
    kind: Literal["text", "number", "date", "choice"] = "text"
    choices: Annotated[tuple[str, ...], msgspec.Meta(max_length=CHOICES_MAX)] = ()
    """What can be chosen; for a choice only."""


class Purpose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that a member's data is used for, if the member agrees to it."""

    id: Key
    names: Names
    """What the member is asked, such as: messages about offers."""


class Membership(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How members' files are kept."""

    fields: Annotated[tuple[CustomField, ...], msgspec.Meta(max_length=FIELDS_MAX)] = ()
    purposes: Annotated[tuple[Purpose, ...], msgspec.Meta(max_length=PURPOSES_MAX)] = (
        Purpose(id="messages", names=Names("接收优惠信息", "接收優惠訊息", "Messages about offers")),
        Purpose(id="analysis", names=Names("分析消费习惯", "分析消費習慣", "Analysis of what was bought")),
    )
    forget_after_months: Annotated[int, msgspec.Meta(ge=0, le=240)] = 0
    """Months without a visit after which a member without balances is forgotten; 0: never."""
    drop_notes_after_months: Annotated[int, msgspec.Meta(ge=0, le=240)] = 0
    """Months after which a note in a file is dropped; 0: never."""


def membership_problems(membership: Membership) -> list[Problem]:
    """Return what the struct cannot say of itself."""
    problems: list[Problem] = []
    problems += _named("fields", [(each.id, each.names) for each in membership.fields])
    problems += _named("purposes", [(each.id, each.names) for each in membership.purposes])
    for place, field in enumerate(membership.fields):
        where = f"membership.fields[{place}].choices"
        if field.kind == "choice" and not field.choices:
            problems.append(Problem("file", where, "empty, expected what can be chosen"))
        if field.kind != "choice" and field.choices:
            problems.append(Problem("file", where, f"found some, expected none for a {field.kind}"))
        if any(not 0 < len(choice.strip()) <= VALUE_MAX for choice in field.choices):
            problems.append(Problem("file", where, f"expected texts of 1 to {VALUE_MAX} characters"))
    return problems


def _named(kind: str, named: Sequence[tuple[str, Names]]) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for place, (key, names) in enumerate(named):
        where = f"membership.{kind}[{place}]"
        if key in seen:
            problems.append(Problem("file", f"{where}.id", f"{key!r} is there already, expected one of its own"))
        seen.add(key)
        if not (names.zh_hans or names.zh_hant or names.en):
            problems.append(Problem("file", f"{where}.names", "empty, expected a name"))
    return problems


def field_value(field: CustomField, text: str) -> str | None:
    """Return what a field of the shop's own may hold, in its normal form, or None for what does not fit.

    >>> field_value(CustomField(id="height", names=Names("身高"), kind="number"), " 172 ")
    '172'
    >>> field_value(CustomField(id="since", names=Names("日"), kind="date"), "2026-02-30") is None
    True
    """
    plain = " ".join(text.split())
    if not plain:
        return ""
    if len(plain) > VALUE_MAX or not plain.isprintable():
        return None
    if field.kind == "number":
        return plain if re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", plain, re.ASCII) else None
    if field.kind == "date":
        try:
            return date.fromisoformat(plain).isoformat()
        except ValueError:
            return None
    if field.kind == "choice":
        return plain if plain in field.choices else None
    return plain
