"""Member tiers, points and groups: what stands in the rules beside promotions, as a form, as words, and in a draft."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import msgspec

from edge.rule_drafts import DraftRules, Table
from edge.rule_fields import Field, Section, Widget, fields_in
from edge.rule_forms import Reading, Slip, Values, fill_fields, plain, read_fields, read_rows
from edge.rule_sentences import Glossary, scope_words, shelf_money
from edge.texts import Texts
from rules.basket import Names
from rules.conditions import Scope
from rules.loyalty import Tier
from rules.money import BASIS_POINTS
from rules.promotions import PROMOTIONS_MAX, TIERS_MAX, PointsRule
from rules.table_reader import Problem

KEYS = ("tiers", "points", "exclusive_groups")
"""What of the rules file the form holds."""
TIERS = Field(
    "tiers", Widget.ROWS, Section.GIVES, most=TIERS_MAX,
    columns=tuple(sorted(fields_in(Tier), key=lambda each: each.widget is Widget.COLOUR)),
)  # fmt: skip
POINTS = fields_in(PointsRule)
GROUP_MOST = Field("most", Widget.COUNT, Section.GIVES, least=1, most=PROMOTIONS_MAX)
COLOURS = ("#4a7fb5", "#8d99a6", "#b8860b", "#6f5bb8", "#b3261e", "#1f7a4d", "#8a5a2b", "#333f48")
"""Colours of a tier's badge that can be chosen at a tap."""
ID_LENGTH_MAX = 40


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
    return {
        "tiers": tiers,
        "points": read_fields(POINTS, "points.", reading),
        "exclusive_groups": groups,
    }, reading.slips


def _free_id(tier: Table, others: Sequence[Table]) -> str:
    taken = {str(each.get("id", "")) for each in others}
    wish = re.sub(r"[^a-z0-9]+", "-", str((tier.get("names") or {}).get("en", "")).lower()).strip("-") or "tier"
    wish = wish[: ID_LENGTH_MAX - 4]
    names = (wish, *(f"{wish}-{number}" for number in range(2, TIERS_MAX * 2 + 2)))
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
    return problem.key if problem.key.startswith("points.") else ""


# ------------------------------------------------------------------------------------------- in words


def said_of(key: str, draft: DraftRules, texts: Texts, glossary: Glossary) -> str:
    """Return what a draft says of tiers, points or groups, in a sentence."""
    between = "; " if texts.language == "en" else "；"
    if key == "tiers":
        rows = [_tier_said(tier, texts) for tier in draft.rest.get("tiers") or ()]
        return between.join(rows) or texts.t("no tiers")
    if key == "points":
        return _points_said(draft.rest.get("points") or {}, texts, glossary)
    most = draft.rest.get("exclusive_groups") or {}
    said = [texts.t("{group}: {count} at most", group=name, count=count) for name, count in sorted(most.items())]
    return between.join(said) or texts.t("one of each group")


def _tier_said(tier: Mapping[str, Any], texts: Texts) -> str:
    names = tier.get("names") or {}
    name = Names(*(str(names.get(key, "")) for key in ("zh_hans", "zh_hant", "en"))).of(texts.language)
    return texts.t(
        "{name} from {amount}, points for each {yuan}: {points}",
        name=name or tier.get("id", ""), amount=shelf_money(tier.get("spend_from", 0), texts),
        points=_times(tier.get("points_per_yuan_bp", BASIS_POINTS)), yuan=shelf_money(100, texts),
    )  # fmt: skip


def _points_said(points: Mapping[str, Any], texts: Texts, glossary: Glossary) -> str:
    said = [
        texts.t(
            "without a tier, points for each {yuan}: {points}",
            points=_times(points.get("per_yuan_bp", BASIS_POINTS)), yuan=shelf_money(100, texts),
        )
    ]  # fmt: skip
    scope = points.get("scope") or {}
    words = scope_words(msgspec.convert(scope, Scope), texts, glossary)
    if scope and words:
        said.append(texts.t("on: {items}", items=words))
    cash = points.get("cash")
    if cash:
        said.append(
            texts.t("{points} points pay {amount}", points=cash["step"], amount=shelf_money(cash["worth"], texts))
        )
        if cash.get("most_bp", BASIS_POINTS) < BASIS_POINTS:
            said.append(texts.t("up to {share} percent of a sale", share=plain(Decimal(cash["most_bp"]) / 100)))
    else:
        said.append(texts.t("points do not pay"))
    return ", ".join(said) if texts.language == "en" else "，".join(said)


def _times(rate_bp: int) -> str:
    return plain(Decimal(rate_bp) / BASIS_POINTS)


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
        empty = {"points_per_yuan_bp": BASIS_POINTS, "colour": "", "price_tier": ""}
        value = [empty | each | {"names": {k: v for k, v in (each.get("names") or {}).items() if v}} for each in value]
    else:
        value = {name: most for name, most in value.items() if most > 1}
    return json.dumps(_sorted(value), sort_keys=True)


def _sorted(value: Any) -> Any:
    # Lists of items stand in any order; that of tiers is part of the file, and changes nothing else.
    if isinstance(value, Mapping):
        return {key: _sorted(each) for key, each in value.items()}
    return sorted(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else value
