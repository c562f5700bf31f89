"""Promotions as the list shows them: what they say, whether they are on, and what the draft changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from edge.rule_drafts import DraftRules, Table, id_of
from edge.rule_fields import kind_named
from edge.rule_problems import problem_text
from edge.rule_programme import changed_keys, is_of_programme, said_of
from edge.rule_room import DraftState, names_of
from edge.rule_sentences import Glossary, sentence
from edge.rule_table_list import TABLES, table_of
from edge.rule_tables import is_changed, names_in_draft, raw_table, said_in
from edge.rule_words import KINDS, PROGRAMME, STATES
from edge.texts import Texts
from rules.basket import Names
from rules.promotions import RuleSet, read_rules
from rules.table_reader import Problem


@dataclass(frozen=True, slots=True)
class PromotionRow:
    """One promotion of the list."""

    promotion_id: str
    kind: str
    names: Names
    said: str
    state: str
    """now, later, ended or off."""
    state_words: str
    change: str = ""
    """new, changed, gone, or empty where the draft leaves it alone."""
    change_words: str = ""
    leads_to: str = ""
    """Where it is changed, below the rules; empty for what is gone."""


def listed(state: DraftState, now_local: datetime, texts: Texts, glossary: Glossary) -> list[PromotionRow]:
    """Return every promotion of the draft, or of the version in force, and those that the draft deletes at the end."""
    before = _by_id(state.in_force.promotions) | _by_id(state.in_force.shelved)
    rows = []
    for table, is_off in [(each, False) for each in state.rules.promotions] + [
        (each, True) for each in state.rules.shelved
    ]:
        key = str(table.get("id", ""))
        change = ""
        if key not in before:
            change = "new"
        elif not _is_same(before[key], table) or state.in_force.is_off(key) != is_off:
            change = "changed"
        rows.append(_row(table, texts, glossary, "off" if is_off else _moment_state(table, now_local), change))
    kept = {row.promotion_id for row in rows}
    rows += [_row(table, texts, glossary, "off", "gone") for key, table in before.items() if key not in kept]
    return rows


def other_changes(state: DraftState, texts: Texts, glossary: Glossary) -> list[PromotionRow]:
    """Return what the draft changes beside promotions: tiers, points, groups and every other table."""
    said = [
        ("programme", key, PROGRAMME[key], said_of(key, state.rules, texts, glossary))
        for key in changed_keys(state.in_force, state.rules)
    ]
    said += [
        (key, key, table.title, said_in(table, raw_table(table, state.rules), state.rules, texts, glossary))
        for key, table in TABLES.items()
        if is_changed(table, state.in_force, state.rules)
    ]
    change = "changed"
    return [
        PromotionRow(
            promotion_id=key,
            kind="",
            names=Names(*(texts.t(title),) * 3),
            said=sentence_of_it,
            state="now",
            state_words="",
            change=change,
            change_words=texts.t(STATES[change]),
            leads_to=page,
        )
        for page, key, title, sentence_of_it in said
    ]


def home_of(problem: Problem, texts: Texts) -> tuple[str, str]:
    """Return where a problem is mended, below the rules, and what that is called; both empty where nobody knows."""
    table = table_of(problem)
    if table is not None:
        return table.key, texts.t(table.title)
    if is_of_programme(problem):
        return "programme", texts.t("Tiers and points")
    promotion_id = id_of(problem)
    return (f"edit?{urlencode({'id': promotion_id})}", promotion_id) if promotion_id else ("", "")


def names_known(drafts: Iterable[DraftRules], texts: Texts, glossary: Glossary) -> Callable[[str], str]:
    """Return what tells how tiers, packages, promotions of some drafts, and items, are called by their ids."""
    called = {key.partition(":")[2]: names for draft in drafts for key, names in names_in_draft(draft).items()}

    def named(key: str) -> str:
        names = called.get(key) or glossary.called("item", key)
        return (texts.name(names) if names else "") or key

    return named


def elsewhere(problems: Iterable[Problem], texts: Texts, named: Callable[[str], str] = str) -> list[str]:
    """Return what a change breaks on other pages, each with the name of that page before it."""
    said = [(home_of(each, texts)[1], problem_text(each, texts, named)) for each in problems]
    return [texts.t("{name}: {what}", name=named(home), what=what) if home else what for home, what in said]


def _is_same(one: Table, other: Table) -> bool:
    """Tell whether two tables say the same, in whatever order and with whatever left out."""
    if one == other:
        return True
    first, second = read_promotion(one), read_promotion(other)
    return first is not None and first == second


def changes(state: DraftState, texts: Texts, glossary: Glossary) -> list[tuple[str, PromotionRow]]:
    """Return what the draft changes: a word for it, and the promotion."""
    rows = listed(state, datetime.min, texts, glossary)
    said = []
    for row in rows:
        if not row.change:
            continue
        was_off, is_off = state.in_force.is_off(row.promotion_id), state.rules.is_off(row.promotion_id)
        words = row.change_words
        if row.change == "changed" and was_off != is_off:
            words = texts.t("switched off") if is_off else texts.t("switched on")
        said.append((words, row))
    return said + [(row.change_words, row) for row in other_changes(state, texts, glossary)]


def _row(table: Table, texts: Texts, glossary: Glossary, state: str, change: str) -> PromotionRow:
    kind = str(table.get("kind", ""))
    return PromotionRow(
        promotion_id=str(table.get("id", "")),
        kind=texts.t(KINDS[kind][0]) if kind in KINDS else kind,
        names=names_of(table),
        said=_said(table, texts, glossary),
        state=state,
        state_words=texts.t(STATES[state]),
        change=change,
        change_words=texts.t(STATES[change]) if change else "",
        leads_to="" if change == "gone" else f"edit?{urlencode({'id': str(table.get('id', ''))})}",
    )


def _said(table: Table, texts: Texts, glossary: Glossary) -> str:
    promotion = read_promotion(table)
    return "" if promotion is None else sentence(promotion, texts, glossary)


def read_promotion(table: Mapping[str, Any]) -> Any:
    """Return the promotion of a table, or None where it cannot be read."""
    kind = kind_named(str(table.get("kind", "")))
    if kind is None:
        return None
    try:
        return msgspec.convert({key: value for key, value in table.items() if key != "kind"}, kind)
    except msgspec.ValidationError:
        # A table may say a day without its midnight, as files do; the reader of files knows.
        found = read_rules({"promotions": [dict(table)]})
        return found.promotions[0] if isinstance(found, RuleSet) else None


def _moment_state(table: Table, now_local: datetime) -> str:
    when = table.get("when") or {}
    try:
        starts = datetime.fromisoformat(when["starts_local"]) if when.get("starts_local") else None
        ends = datetime.fromisoformat(when["ends_local"]) if when.get("ends_local") else None
    except (ValueError, TypeError):
        return "now"
    if ends is not None and now_local >= ends:
        return "ended"
    return "later" if starts is not None and now_local < starts else "now"


def _by_id(tables: tuple[Table, ...]) -> dict[str, Table]:
    return {str(each.get("id", "")): each for each in tables}
