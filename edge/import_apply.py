"""Writing what an import planned: all of it in one transaction, or nothing.

The index that people are found by is ten times as long as all the rest, so it is written before, in slices between
which the tills go on, under numbers that nobody has yet; what finds nobody is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from edge.ids import new_id
from edge.import_items import ItemWork
from edge.import_members import MemberWork
from edge.import_plans import Plan
from edge.messages import AuditBody, encode_body
from edge.shop import Shop
from edge.store import audit, catalog, entries, item_terms, members, outbox, people
from edge.store.database import StoreError, execute_many, scalar
from edge.store.entries import Entry
from edge.store.people import PhoneTakenError
from rules.basket import Names
from rules.ledger import Transfer

WORDS_SLICE = 40_000
"""Words of the index that are written in one go: some tens of milliseconds."""
TRANSFERS_MAX = 400
"""Transfers of one entry; its message stays well below the largest one."""
Write = Callable[[Callable[[], Any]], Any]


@dataclass(frozen=True, slots=True)
class Stale:
    """Something came in between that the plan did not know; nothing was written."""

    what: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who brings it in."""

    staff_id: str = ""
    lane: int = 0


def apply(
    shop: Shop,
    plan: Plan,
    author: Author,
    *,
    write: Write,
    progress: Callable[[int, int], None],
    breathe: Callable[[], None] = lambda: None,
) -> Stale | None:
    """Write a plan without bad rows.

    Args:
        write: runs a change in one transaction; on the till's thread where there is one.
        progress: called with how much of how much is done.
        breathe: called now and then within the one large change, so that nobody takes the till for stuck.
    """
    assert plan.is_good
    if isinstance(plan.work, ItemWork):
        write(lambda: _apply_items(shop, plan, author))
        progress(1, 1)
        return None
    work: MemberWork = plan.work
    first, words = _stage(shop, work, write, progress)
    progress(words, words + 1)
    try:
        write(lambda: _apply_members(shop, plan, author, first, breathe))
    except (PhoneTakenError, StoreError) as error:
        _unstage(shop, work, first, write)
        if isinstance(error, StoreError) and "UNIQUE" not in str(error):
            raise
        return Stale("phone" if isinstance(error, PhoneTakenError) else "member")
    progress(words + 1, words + 1)
    return None


def _sliced(work: MemberWork, first: int) -> Iterator[list[tuple[int, int]]]:
    words = sorted((token, first + place) for place, (_, tokens) in enumerate(work.people) for token in tokens)
    for start in range(0, len(words), WORDS_SLICE):
        yield words[start : start + WORDS_SLICE]


def _stage(shop: Shop, work: MemberWork, write: Write, progress: Callable[[int, int], None]) -> tuple[int, int]:
    """Write the index of people who are to come; return their first number and how many words it is."""
    db = shop.store.db
    first = int(write(lambda: people.reserve(db, len(work.people))))
    total = sum(len(tokens) for _, tokens in work.people)
    done = 0
    for words in _sliced(work, first):
        write(partial(execute_many, db, "INSERT OR IGNORE INTO person_word VALUES (?, ?)", words))
        done += len(words)
        progress(done, total + 1)
    return first, total


def _unstage(shop: Shop, work: MemberWork, first: int, write: Write) -> None:
    db = shop.store.db
    for words in _sliced(work, first):
        write(partial(execute_many, db, "DELETE FROM person_word WHERE token = ? AND person_no = ?", words))


def _apply_members(shop: Shop, plan: Plan, author: Author, first: int, breathe: Callable[[], None]) -> None:
    work: MemberWork = plan.work
    db, now_ms = shop.store.db, shop.clock.now_ms()
    execute_many(
        db, "INSERT INTO member (member_id, code, tier_id, joined_ms, tags) VALUES (?, ?, ?, ?, ?)", work.members
    )
    people.put_many(db, [values for values, _ in work.people], first=first)
    breathe()
    for person, tier_id, tags in work.changed:
        people.put_person(db, person)
        if tier_id is not None:
            members.set_tier(db, person.member_id, tier_id)
        if tags is not None:
            members.set_tags(db, person.member_id, tags)
    execute_many(
        db, "INSERT INTO card (uid, member_id, status, since_ms, bound_ms) VALUES (?, ?, 'active', ?, ?)",
        [(uid, member_id, now_ms, now_ms) for uid, member_id in work.cards],
    )  # fmt: skip
    for start in range(0, len(work.transfers), TRANSFERS_MAX):
        breathe()
        _open(shop, work.transfers[start : start + TRANSFERS_MAX], author)
    _note(shop, plan, author)


def _open(shop: Shop, transfers: Sequence[Transfer], author: Author) -> None:
    """Write opening balances as an entry of the ledger."""
    now_ms = shop.clock.now_ms()
    entry = Entry(
        entry_id=new_id(shop.clock), kind="opening", at_ms=now_ms,
        business_date=shop.clock.business_date(now_ms).isoformat(), transfers=tuple(transfers), lane=author.lane,
        staff_id=author.staff_id,
    )  # fmt: skip
    entries.record(shop.store.db, entry)


def _apply_items(shop: Shop, plan: Plan, author: Author) -> None:
    work: ItemWork = plan.work
    db, now_ms = shop.store.db, shop.clock.now_ms()
    for item, initials, search in work.items:
        if item.category and scalar(db, "SELECT 1 FROM category WHERE category_id = ?", item.category) is None:
            catalog.put_category(db, item.category, Names(item.category))
        catalog.put_item(db, item, initials=initials, search=search)
    for sku, given in work.terms:
        item_terms.put_terms(db, sku, given)
    for code, sku in work.codes:
        catalog.put_code(db, code, sku)
    for sku, amount, tier_id in work.prices:
        catalog.put_price(db, sku, amount, effective_from_ms=now_ms, tier_id=tier_id)
    _note(shop, plan, author)


def _note(shop: Shop, plan: Plan, author: Author) -> None:
    db, now_ms = shop.store.db, shop.clock.now_ms()
    detail: dict[str, str | int] = {"kind": plan.kind, "new": plan.new, "changed": plan.changed, "same": plan.same}
    audit.note(
        db, at_ms=now_ms, staff_id=author.staff_id, lane=author.lane, action="imported", subject=plan.kind,
        detail=detail,
    )  # fmt: skip
    body = AuditBody(
        action="imported", at_ms=now_ms, staff_id=author.staff_id, lane=author.lane, subject=plan.kind, detail=detail
    )
    outbox.put(db, kind="audit", subject=f"import/{plan.kind}", body=encode_body(body), at_ms=now_ms)
