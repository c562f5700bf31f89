"""The next version of the rules while it is written: promotions put in, switched off, copied and taken out.

A draft is the rules file as plain tables, so that it may be wrong for a while, and is asked for
all its problems at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge.store.rulebook import EntryText
from rules.basket import Item
from rules.promotions import RuleSet, read_rules
from rules.table_reader import Problem

Table = dict[str, Any]
"""A promotion as it stands in a JSON file."""
PROMOTIONS_MAX = 2_000
LINKS = ("combines_with", "excludes")
"""Keys that name other promotions."""


@dataclass(frozen=True, slots=True)
class DraftRules:
    """The tables of a draft. Changes make a new one."""

    promotions: tuple[Table, ...]
    shelved: tuple[Table, ...]
    """Promotions that were switched off; they are kept and play no part."""
    rest: Table
    """Everything else of the file: tiers, points and so on."""

    def find(self, promotion_id: str) -> Table | None:
        return next((each for each in (*self.promotions, *self.shelved) if each.get("id") == promotion_id), None)

    def is_off(self, promotion_id: str) -> bool:
        return any(each.get("id") == promotion_id for each in self.shelved)


def parse_draft(text: EntryText) -> DraftRules:
    """Return the tables of a stored text. Its version's name is left behind: the content gives itself a new one."""
    data = json.loads(text.body)
    rest = {key: value for key, value in data.items() if key not in ("version", "promotions")}
    return DraftRules(tuple(data.get("promotions", ())), tuple(json.loads(text.shelved)), rest)


def draft_text(draft: DraftRules) -> EntryText:
    """Return the draft as it is stored."""
    return EntryText(_json({**draft.rest, "promotions": draft.promotions}), _json(draft.shelved))


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def check_draft(
    draft: DraftRules, *, known_skus: frozenset[str] | None, known_items: Sequence[Item] | None = None
) -> RuleSet | tuple[Problem, ...]:
    """Return the rules that the draft would put in force, or every problem in it; see `load_rules`."""
    data = {**draft.rest, "promotions": list(draft.promotions)}
    # A group whose last promotion was taken out or switched off is gone with it.
    used = {each.get("exclusive_group") for each in draft.promotions}
    groups = data.get("exclusive_groups")
    if isinstance(groups, dict):
        data["exclusive_groups"] = {name: most for name, most in groups.items() if name in used}
    return read_rules(data, known_skus=known_skus, known_items=known_items)


def problems_of(
    draft: DraftRules,
    promotion_id: str,
    *,
    known_skus: frozenset[str] | None,
    known_items: Sequence[Item] | None = None,
) -> tuple[Problem, ...]:
    """Return what is wrong with one promotion of the draft."""
    checked = check_draft(draft, known_skus=known_skus, known_items=known_items)
    if isinstance(checked, RuleSet):
        return ()
    return tuple(problem for problem in checked if id_of(problem) == promotion_id)


def id_of(problem: Problem) -> str:
    """Return the id of the promotion that a problem is of; empty for others."""
    found = re.match(r"promotion\[\d+\] id=(.*)$", problem.where)
    return found[1] if found else ""


# ------------------------------------------------------------------------------------------- changes


def put(draft: DraftRules, table: Table, *, instead_of: str = "") -> DraftRules | None:
    """Return the draft with a promotion in the place of an old one, or at the end; None where the old one is gone."""
    if instead_of and draft.find(instead_of) is None:
        return None
    if not instead_of:
        return replace(draft, promotions=(*draft.promotions, table)[:PROMOTIONS_MAX])
    change = _swap(instead_of, table)
    return replace(draft, promotions=change(draft.promotions), shelved=change(draft.shelved))


def _swap(promotion_id: str, table: Table) -> Callable[[Sequence[Table]], tuple[Table, ...]]:
    return lambda tables: tuple(table if each.get("id") == promotion_id else each for each in tables)


def take_out(draft: DraftRules, promotion_id: str) -> DraftRules | None:
    """Return the draft without a promotion, and without what others said of it."""
    if draft.find(promotion_id) is None:
        return None
    kept = _without(draft.promotions, promotion_id)
    return replace(
        draft,
        promotions=tuple(_unlinked(each, promotion_id) for each in kept),
        shelved=_without(draft.shelved, promotion_id),
    )


def switch_off(draft: DraftRules, promotion_id: str) -> DraftRules | None:
    """Return the draft with a promotion put aside. What others said of it goes with it, so that it comes back whole."""
    table = next((each for each in draft.promotions if each.get("id") == promotion_id), None)
    if table is None:
        return None
    aside = dict(table)
    others = _without(draft.promotions, promotion_id)
    for link in LINKS:
        naming = [each["id"] for each in others if promotion_id in each.get(link, ())]
        if naming or link in aside:
            aside[link] = sorted({*aside.get(link, ()), *naming})
    return replace(
        draft,
        promotions=tuple(_unlinked(each, promotion_id) for each in others),
        shelved=(*_without(draft.shelved, promotion_id), aside),
    )


def switch_on(draft: DraftRules, promotion_id: str) -> DraftRules | None:
    """Return the draft with a promotion that was put aside; it names only others that are still there."""
    table = next((each for each in draft.shelved if each.get("id") == promotion_id), None)
    if table is None or any(each.get("id") == promotion_id for each in draft.promotions):
        return None
    known = {each.get("id") for each in draft.promotions}
    back = dict(table)
    for link in LINKS:
        if link in back:
            back[link] = [other for other in back[link] if other in known]
            if not back[link]:
                del back[link]
    return replace(draft, promotions=(*draft.promotions, back), shelved=_without(draft.shelved, promotion_id))


def copy(draft: DraftRules, promotion_id: str) -> tuple[DraftRules, str] | None:
    """Return the draft with a copy of a promotion after it, and the copy's id."""
    table = draft.find(promotion_id)
    if table is None:
        return None
    new_id = free_id(draft, promotion_id)
    made = {**table, "id": new_id}
    return replace(draft, promotions=(*draft.promotions, made)), new_id


def free_id(draft: DraftRules, wish: str) -> str:
    """Return an id like the wish that no promotion has.

    >>> free_id(DraftRules(({"id": "tea"}, {"id": "tea-2"}), (), {}), "tea")
    'tea-3'
    """
    stem = re.sub(r"-\d+$", "", wish)[:50] or "offer"
    taken = {each.get("id") for each in (*draft.promotions, *draft.shelved)}
    if stem not in taken:
        return stem
    numbers = (f"{stem}-{number}" for number in range(2, 2 * PROMOTIONS_MAX))
    return next(each for each in numbers if each not in taken)


def _without(tables: Sequence[Table], promotion_id: str) -> tuple[Table, ...]:
    return tuple(each for each in tables if each.get("id") != promotion_id)


def _unlinked(table: Table, promotion_id: str) -> Table:
    if not any(promotion_id in table.get(link, ()) for link in LINKS):
        return table
    changed = dict(table)
    for link in LINKS:
        if promotion_id in changed.get(link, ()):
            changed[link] = [other for other in changed[link] if other != promotion_id]
            if not changed[link]:
                del changed[link]
    return changed
