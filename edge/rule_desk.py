"""What a manager does with the rules, asked of the till of their lane so that it happens on the writer thread.

Each changes the store in one transaction, and answers None when it did what was asked, or why not.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.desk import Desk
from edge.rule_drafts import DraftRules, check_draft, draft_text, parse_draft
from edge.rulebook import publish, read_text
from edge.screen import Refusal, Stage
from edge.store import rulebook as versions
from edge.store.database import Database
from edge.store.list_prices import priced_items
from edge.store.rulebook import EntryText
from edge.till import Till
from rules.promotions import RuleSet

MANAGERS = frozenset({"manager", "owner"})
"""Roles that may change the rules."""


def newest_draft(db: Database) -> tuple[DraftRules, int, int | None]:
    """Return the draft, its revision and what it is based on; without one, the version in force and revision 0."""
    draft = versions.draft(db)
    if draft is not None:
        return parse_draft(EntryText(draft.body, draft.shelved)), draft.revision, draft.based_on
    number = versions.newest_number(db)
    text = versions.text(db, number)
    return parse_draft(text) if text else DraftRules((), (), {}), 0, number or None


def change_draft(till: Till, *, change: Callable[[DraftRules], DraftRules | None]) -> Refusal | None:
    """Change the draft; the first change begins one.

    Args:
        change: gives the changed draft, or None where the promotion it is about is gone.
    """
    desk = till.desk
    refusal = _may(desk)
    if refusal:
        return refusal
    db = desk.shop.store.db
    with desk.shop.store.transaction():
        before, revision, based_on = newest_draft(db)
        after = change(before)
        if after is None:
            return Refusal("promotion_gone")
        versions.put_draft(
            db, draft_text(after), based_on=based_on, revision=revision + 1, at_ms=desk.now_ms(), staff_id=_who(desk)
        )
    return stay(till)


def discard_draft(till: Till) -> Refusal | None:
    """Throw the draft away."""
    desk = till.desk
    refusal = _may(desk)
    if refusal:
        return refusal
    with desk.shop.store.transaction():
        versions.drop_draft(desk.shop.store.db)
        desk.note("rules_draft_discarded")
    return stay(till)


def publish_draft(till: Till, *, revision: int, note: str, over: int) -> Refusal | None:
    """Put the draft in force: from the next pricing of every lane on.

    Args:
        revision: of the draft that the manager looked at; another one is refused.
        note: why; stands in the history.
        over: the version in force that the manager saw; another one is refused.
    """
    desk = till.desk
    db = desk.shop.store.db
    refusal = _may(desk) or _unchanged(db, over)
    if refusal:
        return refusal
    draft, found, _ = newest_draft(db)
    if not found:
        return Refusal("rules_no_draft")
    if found != revision:
        return Refusal("rules_draft_changed")
    items = priced_items(db, now_ms=desk.now_ms())
    rules = check_draft(draft, known_skus=versions.known_skus(db) or None, known_items=items)
    if not isinstance(rules, RuleSet):
        return Refusal("rules_problems", {"count": len(rules)})
    with desk.shop.store.transaction():
        publish(
            db, rules, source="editor", at_ms=desk.now_ms(), shelved=draft_text(draft).shelved,
            staff_id=_who(desk), lane=desk.lane, note=note,
        )  # fmt: skip
        versions.drop_draft(db)
    return _published(till)


def roll_back(till: Till, *, number: int, note: str, over: int) -> Refusal | None:
    """Put the text of an earlier version in force again, as a new version; a draft stays as it is."""
    desk = till.desk
    db = desk.shop.store.db
    refusal = _may(desk) or _unchanged(db, over)
    if refusal:
        return refusal
    text = versions.text(db, number)
    if text is None or number == versions.newest_number(db):
        return Refusal("rules_version_unknown", {"number": number})
    # Prices are not asked again: what was in force may come back although an item is cheaper by now.
    rules = read_text(text.body, known_skus=versions.known_skus(db) or None)
    if not isinstance(rules, RuleSet):
        return Refusal("rules_problems", {"count": len(rules)})
    with desk.shop.store.transaction():
        publish(
            db, rules, source="rollback", at_ms=desk.now_ms(), shelved=text.shelved, staff_id=_who(desk),
            lane=desk.lane, note=note, based_on=number,
        )  # fmt: skip
    return _published(till)


def stay(till: Till) -> None:
    """Count work on the rules as work at the lane, so that it is not locked in the middle of a form."""
    till.desk.set(seen_ms=till.desk.now_ms())


def _published(till: Till) -> None:
    till.desk.shop.committed()
    stay(till)
    till.desk.follow_rules()


def _may(desk: Desk) -> Refusal | None:
    if desk.memory.stage is Stage.LOCKED or desk.memory.staff is None:
        return Refusal("locked")
    return None if desk.memory.staff.role in MANAGERS else Refusal("not_allowed")


def _who(desk: Desk) -> str:
    assert desk.memory.staff is not None
    return desk.memory.staff.staff_id


def _unchanged(db: Database, over: int) -> Refusal | None:
    newest = versions.newest_number(db)
    return None if newest == over else Refusal("rules_changed", {"number": newest})
