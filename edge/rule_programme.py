"""Member tiers, points and groups: what stands in the rules beside promotions, as a form, as words, and in a draft."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from edge.rule_drafts import DraftRules, Table
from edge.rule_fields import Field, Section, Widget, fields_in
from edge.rule_forms import fill_fields, read_fields, read_rows
from edge.rule_member_words import points_said, table_said, tier_said
from edge.rule_reading import Reading, Slip, Values
from edge.rule_sentences import Glossary
from edge.rule_tables import free_word, from_none
from edge.texts import Texts
from rules.accrual import AccrualRules
from rules.basket import Names
from rules.gift_catalogue import GIFTS_MAX, GiftCatalogue
from rules.loyalty import Tier
from rules.money import BASIS_POINTS
from rules.promotions import PROMOTIONS_MAX, TIERS_MAX, PointsRule
from rules.table_reader import Problem
from rules.tiers import TierRules

SHAPES: Mapping[str, type[msgspec.Struct]] = {"tier_rules": TierRules, "accrual": AccrualRules, "gifts": GiftCatalogue}
"""Tables of the form beside tiers, points and groups, by their key."""
KEYS = ("tiers", "points", "exclusive_groups", *SHAPES)
"""What of the rules file the form holds."""


TIERS = Field(
    "tiers", Widget.ROWS, Section.GIVES, most=TIERS_MAX,
    columns=tuple(sorted(from_none(fields_in(Tier)), key=lambda each: each.widget is Widget.COLOUR)),
)  # fmt: skip
TABLES: Mapping[str, tuple[Field, ...]] = {key: from_none(fields_in(shape)) for key, shape in SHAPES.items()}
POINTS = fields_in(PointsRule)
GROUP_MOST = Field("most", Widget.COUNT, Section.GIVES, least=1, most=PROMOTIONS_MAX)
COLOURS = ("#4a7fb5", "#8d99a6", "#b8860b", "#6f5bb8", "#b3261e", "#1f7a4d", "#8a5a2b", "#333f48")
"""Colours of a tier's badge that can be chosen at a tap."""


@dataclass(frozen=True, slots=True)
class Group:
    """Promotions that keep each other out."""

    name: str
    promotions: tuple[Names, ...]


def groups_of(draft: DraftRules) -> tuple[Group, ...]:
    """Return the exclusive groups that promotions in the draft stand in, by name."""
    found: dict[str, list[Names]] = {}
    for each in draft.promotions:
        if each.get("exclusive_group"):
            names = each.get("names") or {}
            said = Names(*(str(names.get(key, "")) for key in ("zh_hans", "zh_hant", "en")))
            found.setdefault(str(each["exclusive_group"]), []).append(said)
    return tuple(Group(name, tuple(promotions)) for name, promotions in sorted(found.items()))


# ------------------------------------------------------------------------------------------- the form


def fill_programme(draft: DraftRules, *, decimals: int = 2) -> dict[str, list[str]]:
    """Return the values of the form that shows what a draft says."""
    values: dict[str, list[str]] = {}
    points = {"per_yuan_bp": BASIS_POINTS, "scope": {"all": True}} | (draft.rest.get("points") or {})
    for row, tier in enumerate(draft.rest.get("tiers") or ()):
        whole = {"points_per_yuan_bp": BASIS_POINTS} | tier
        fill_fields(TIERS.columns, whole, f"tiers[{row}].", values, decimals=decimals, zhe=False)
    fill_fields(POINTS, points, "points.", values, decimals=decimals, zhe=False)
    for key, fields in TABLES.items():
        fill_fields(fields, draft.rest.get(key) or {}, f"{key}.", values, decimals=decimals, zhe=False)
    most = draft.rest.get("exclusive_groups") or {}
    for row, group in enumerate(groups_of(draft)):
        values |= {f"groups[{row}].name": [group.name], f"groups[{row}].most": [str(most.get(group.name, 1))]}
    return values


def read_programme(values: Values, draft: DraftRules, *, decimals: int = 2) -> tuple[Table, dict[str, Slip]]:
    """Return the tables as they stand in a rules file, and what cannot be read by the name in the form."""
    reading = Reading(values, decimals)
    tiers: list[Table] = []
    for tier in read_rows(TIERS, TIERS.path, reading) or ():
        tiers.append(tier | {"id": tier.get("id") or _free_id(tier, (*tiers, *(draft.rest.get("tiers") or ())))})
    groups: dict[str, int] = {}
    for row, group in enumerate(groups_of(draft)):
        if reading.one(f"groups[{row}].name") == group.name:
            most = read_fields((GROUP_MOST,), f"groups[{row}].", reading).get("most", 1)
            groups |= {group.name: most} if most > 1 else {}
    tables = {key: read_fields(fields, f"{key}.", reading) for key, fields in TABLES.items()}
    before = (draft.rest.get("gifts") or {}).get("offers") or ()
    offers: list[Table] = []
    for offer in tables["gifts"].get("offers", ()):
        offers.append(offer | {"id": offer.get("id") or _free_id(offer, (*offers, *before), word="gift")})
    if offers:
        tables["gifts"]["offers"] = offers
    return {
        "tiers": tiers,
        "points": read_fields(POINTS, "points.", reading),
        "exclusive_groups": groups,
        **tables,
    }, reading.slips


def _free_id(tier: Table, others: Sequence[Table], *, word: str = "tier") -> str:
    taken = {str(each.get("id", "")) for each in others}
    wish = free_word(tier, word, "-")
    names = (wish, *(f"{wish}-{number}" for number in range(2, GIFTS_MAX * 2 + 2)))
    return next(each for each in names if each not in taken)


def put_programme(draft: DraftRules, tables: Table) -> DraftRules:
    """Return the draft with these tiers, points and groups."""
    return replace(draft, rest={**draft.rest, **tables})


def is_of_programme(problem: Problem) -> bool:
    """Tell whether a problem is mended in the form of tiers and points."""
    return problem.where.startswith("tier[") or (problem.where == "file" and problem.key.startswith(KEYS))


def place_of(problem: Problem) -> str:
    """Return the name in the form beside which a problem is shown; empty for its top."""
    row = re.match(r"tier\[(\d+)\]", problem.where)
    if row:
        return f"tiers[{row[1]}].{problem.key}"
    return problem.key if problem.key.startswith(("points.", *(f"{key}." for key in SHAPES))) else ""


# ------------------------------------------------------------------------------------------- in words


def said_of(key: str, draft: DraftRules, texts: Texts, glossary: Glossary) -> str:
    """Return what a draft says of tiers, points or groups, in a sentence."""
    between = "; " if texts.language == "en" else "；"
    if key == "tiers":
        rows = [tier_said(tier, texts) for tier in draft.rest.get("tiers") or ()]
        return between.join(rows) or texts.t("no tiers")
    if key == "points":
        return points_said(draft.rest.get("points") or {}, texts, glossary)
    if key in SHAPES:
        return table_said(key, draft.rest.get(key) or {}, texts, glossary)
    most = draft.rest.get("exclusive_groups") or {}
    said = [texts.t("{group}: {count} at most", group=name, count=count) for name, count in sorted(most.items())]
    return between.join(said) or texts.t("one of each group")


def changed_keys(before: DraftRules, after: DraftRules) -> tuple[str, ...]:
    """Return what of tiers, points and groups is another."""
    return tuple(key for key in KEYS if _canonical(before, key) != _canonical(after, key))


def _canonical(draft: DraftRules, key: str) -> str:
    value = draft.rest.get(key) or {}
    if key == "points":
        cash = value.get("cash")
        value = {"per_yuan_bp": BASIS_POINTS, "scope": {"all": True}} | value
        value |= {"cash": {"most_bp": BASIS_POINTS} | cash if cash else None}
    elif key == "tiers":
        value = [_whole(Tier, each) for each in value]
    elif key in SHAPES:
        value = _whole(SHAPES[key], value)
    else:
        value = {name: most for name, most in value.items() if most > 1}
    return json.dumps(_sorted(value), sort_keys=True)


def _whole(shape: type[msgspec.Struct], table: Any) -> Any:
    """Return a table with what it leaves out; as it is where it is wrong for a while."""
    try:
        return msgspec.to_builtins(msgspec.convert(table, shape, strict=False), str_keys=True)
    except msgspec.ValidationError:
        return table


def _sorted(value: Any) -> Any:
    # Lists of items stand in any order; that of tiers is part of the file, and changes nothing else.
    if isinstance(value, Mapping):
        return {key: _sorted(each) for key, each in value.items()}
    return sorted(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else value
