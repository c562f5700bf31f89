"""What was done before, as lists show it: baskets on hold, slips, sales by what was in them or whose they were."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from peewee import SqliteDatabase

from edge.store import catalog, held, members, staff
from edge.store.database import rows
from edge.store.rows import HeldRow, SlipRow
from edge.text_marks import N_

ITEMS_MAX = 12
"""Most items that a search for sales takes a text for."""
MEMBERS_MAX = 6
WORDS = {
    "return": N_("Return"),
    "return_loose": N_("Return without a receipt"),
    "top_up": N_("Top-up"),
    "top_up_refund": N_("Stored value refunded"),
    "gift": N_("Gift for points"),
    "settled": N_("On account, settled"),
}
"""Entries that have a slip, by kind."""


def held_rows(db: SqliteDatabase, *, now_ms: int) -> Sequence[HeldRow]:
    """Return every basket on hold, the newest first."""
    names = {person.staff_id: person.name for person in staff.all_staff(db)}
    return [
        HeldRow(
            sale_id=each.sale_id, note=each.note, lane=each.lane, staff_name=names.get(each.staff_id, each.staff_id),
            held_ms=each.held_ms, minutes=max(now_ms - each.held_ms, 0) // 60_000, total=each.total,
            item_count=each.item_count, member=members.name_of(db, each.member_id) if each.member_id else "",
        )
        for each in held.all_held(db)
    ]  # fmt: skip


def slip_rows(db: SqliteDatabase, *, limit: int) -> Sequence[SlipRow]:
    """Return what has a slip and is no sale, the newest first."""
    found = rows(
        db,
        "SELECT e.entry_id, e.number, e.kind, e.at_ms, coalesce(f.name, e.staff_id), coalesce(e.member_id, ''),"
        " coalesce(r.amount, e.detail ->> 'amount', e.detail ->> 'paid', e.detail ->> 'paid_back',"
        " e.detail ->> 'money', 0) FROM entry e LEFT JOIN staff f ON f.staff_id = e.staff_id"
        " LEFT JOIN sale_return r ON r.return_id = e.entry_id"
        " WHERE e.number <> '' AND e.kind IN (SELECT value FROM json_each(?)) ORDER BY e.entry_no DESC LIMIT ?",
        msgspec.json.encode(list(WORDS)).decode(),
        limit,
    )
    return [
        SlipRow(
            entry_id, number, WORDS[kind], at_ms, staff_name, members.name_of(db, member_id) if member_id else "",
            int(amount),
        )
        for entry_id, number, kind, at_ms, staff_name, member_id, amount in found
    ]  # fmt: skip


def skus_of(db: SqliteDatabase, text: str, *, now_ms: int) -> str:
    """Return the items that a text may mean, as JSON: for whoever looks for what they were sold in."""
    if len(text) < 2 or (not any(each.isalpha() for each in text) and len(text) < 6):
        return "[]"
    known = catalog.find_code(db, (text, text.zfill(14)))
    found = (
        [known[0]] if known else [item.sku for item in catalog.search_items(db, text, now_ms=now_ms, limit=ITEMS_MAX)]
    )
    return msgspec.json.encode(found).decode()


def members_of(db: SqliteDatabase, text: str, *, now_ms: int) -> str:
    """Return the members that a text may mean, as JSON."""
    if len(text) < 2:
        return "[]"
    found = members.find_members(db, text, now_ms=now_ms, limit=MEMBERS_MAX)
    return msgspec.json.encode([each.member_id for each in found]).decode()
