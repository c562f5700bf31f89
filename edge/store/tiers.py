"""Tiers in the store's file: what members hold, what they did in a span of days, and how their tiers changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec
from peewee import SqliteDatabase

from edge.store import members
from edge.store.database import execute, execute_many, row, rows
from edge.store.known import ALWAYS_MS, known
from rules.ledger import member_account, owed_account
from rules.tiers import Figures, FiguresOf, Hold, Source

HISTORY_MAX = 100
REVIEW_BATCH = 200
"""Members that one transaction of the nightly review looks at."""


@dataclass(frozen=True, slots=True)
class TierChange:
    """A member's tier became another."""

    member_id: str
    from_tier: str
    to_tier: str
    """Empty: none."""
    why: str
    """`reached`, `bought`, `given`, `returned`, `review`."""
    at_ms: int
    business_date: str
    sale_id: str = ""
    staff_id: str = ""
    reason: str = ""


def figures(db: SqliteDatabase, member_id: str, start: date, end: date) -> Figures:
    """Return what a member did from a day on and before another, less what came back of those sales."""
    return known(
        db, (), ("figures", member_id, start, end), 0, lambda: (_read_figures(db, member_id, start, end), ALWAYS_MS)
    )


def _read_figures(db: SqliteDatabase, member_id: str, start: date, end: date) -> Figures:
    ids = members.ids_of(db, member_id)
    listed, first, end_text = msgspec.json.encode(list(ids)).decode(), start.isoformat(), end.isoformat()
    spend = row(
        db,
        "SELECT coalesce(sum(total - back), 0), coalesce(sum(back = 0 OR back < total), 0) FROM ("
        " SELECT s.total, coalesce((SELECT sum(r.amount + r.withheld) FROM sale_return r WHERE r.sale_no = s.sale_no),"
        " 0) AS back FROM json_each(?) m JOIN sale s ON s.member_id = m.value"
        " WHERE s.business_date >= ? AND s.business_date < ?)",
        listed, first, end_text,
    )  # fmt: skip
    # Each half repeats the condition of a partial index: without it every transfer of the store would be read.
    points = row(
        db,
        "SELECT coalesce(sum(amount), 0) - coalesce((SELECT sum(r.points_taken) FROM json_each(?) m"
        " JOIN sale s ON s.member_id = m.value JOIN sale_return r ON r.sale_no = s.sale_no"
        " WHERE s.business_date >= ? AND s.business_date < ?), 0) FROM ("
        " SELECT t.amount FROM json_each(?) a CROSS JOIN transfer t WHERE t.to_account = a.value"
        " AND t.to_account >= 'member/' AND t.to_account < 'member0'"
        " AND t.unit = 'points' AND t.reason = 'accrual' AND t.business_date >= ? AND t.business_date < ?"
        " UNION ALL SELECT t.amount FROM json_each(?) a CROSS JOIN transfer t WHERE t.to_account = a.value"
        " AND t.to_account >= 'owed/' AND t.to_account < 'owed0'"
        " AND t.unit = 'points' AND t.reason = 'accrual' AND t.business_date >= ? AND t.business_date < ?)",
        listed, first, end_text, _listed(map(member_account, ids)), first, end_text,
        _listed(map(owed_account, ids)), first, end_text,
    )  # fmt: skip
    assert spend is not None and points is not None
    return Figures(int(spend[0]), int(spend[1]), max(int(points[0]), 0))


def _listed(accounts: Iterable[str]) -> str:
    return msgspec.json.encode(list(accounts)).decode()


def figures_of(db: SqliteDatabase, member_id: str) -> FiguresOf:
    """Return what gives the figures of a member."""
    return lambda start, end: figures(db, member_id, start, end)


def holds(db: SqliteDatabase, member_id: str) -> tuple[Hold, ...]:
    """Return the tiers that a member holds, in the order in which they came."""
    found = rows(
        db,
        "SELECT tier_id, source, since_date, until_date, counted_from, counted_to, sale_id, bought_on, months"
        " FROM tier_hold WHERE member_id = ? ORDER BY hold_no",
        member_id,
    )
    return tuple(
        Hold(
            tier_id, Source(source), date.fromisoformat(since), _day(until),
            (date.fromisoformat(start), date.fromisoformat(end)) if start else None, sale_id, _day(bought_on), months,
        )
        for tier_id, source, since, until, start, end, sale_id, bought_on, months in found
    )  # fmt: skip


def put_holds(db: SqliteDatabase, member_id: str, held: Sequence[Hold]) -> None:
    """Make these the tiers that a member holds, within the caller's transaction."""
    if tuple(held) == holds(db, member_id):
        return
    execute(db, "DELETE FROM tier_hold WHERE member_id = ?", member_id)
    execute_many(
        db,
        "INSERT INTO tier_hold (member_id, tier_id, source, since_date, until_date, counted_from, counted_to, sale_id,"
        " bought_on, months) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                member_id, hold.tier_id, hold.source.value, hold.since.isoformat(), _iso(hold.until),
                _iso(hold.counted[0]) if hold.counted else None, _iso(hold.counted[1]) if hold.counted else None,
                hold.sale_id, _iso(hold.bought_on), hold.months,
            )
            for hold in held
        ],
    )  # fmt: skip


def put_change(db: SqliteDatabase, change: TierChange) -> None:
    """Make the tier that of the member's file and add it to the history, within the caller's transaction."""
    execute(db, "UPDATE member SET tier_id = ? WHERE member_id = ?", change.to_tier, change.member_id)
    execute(
        db,
        "INSERT INTO tier_change (member_id, from_tier, to_tier, why, at_ms, business_date, sale_id, staff_id, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        change.member_id, change.from_tier, change.to_tier, change.why, change.at_ms, change.business_date,
        change.sale_id, change.staff_id, change.reason,
    )  # fmt: skip


def changes(db: SqliteDatabase, member_id: str, *, limit: int = HISTORY_MAX) -> list[TierChange]:
    """Return how a member's tier changed, newest first."""
    found = rows(
        db,
        "SELECT member_id, from_tier, to_tier, why, at_ms, business_date, sale_id, staff_id, reason FROM tier_change"
        " WHERE member_id = ? ORDER BY change_no DESC LIMIT ?",
        member_id,
        limit,
    )
    return [TierChange(*each) for each in found]


def to_review(
    db: SqliteDatabase, *, ended_by: date, adopted: Sequence[str], after: str, limit: int = REVIEW_BATCH
) -> list[str]:
    """Return members, by id, of whom some term has ended, or whose tier came from elsewhere and has no term yet.

    Args:
        ended_by: terms that ended on this day or before it.
        adopted: tiers that are to have a term; empty where none is.
        after: the last id of the batch before.
    """
    found = rows(
        db,
        "SELECT member_id FROM (SELECT member_id FROM tier_hold WHERE until_date <= ? AND member_id > ?"
        " UNION SELECT member_id FROM member m WHERE member_id > ? AND status <> 'erased'"
        " AND tier_id IN (SELECT value FROM json_each(?))"
        " AND NOT EXISTS (SELECT 1 FROM tier_hold h WHERE h.member_id = m.member_id))"
        " ORDER BY member_id LIMIT ?",
        ended_by.isoformat(), after, after, msgspec.json.encode(list(adopted)).decode(), limit,
    )  # fmt: skip
    return [each[0] for each in found]


def merge(db: SqliteDatabase, keep: str, gone: str) -> None:
    """Bring the tiers, their history and the gifts of a merged file to the one that stays."""
    for table in ("tier_hold", "tier_change", "gift_taken"):
        execute(db, f"UPDATE {table} SET member_id = ? WHERE member_id = ?", keep, gone)  # noqa: S608 our own names
    execute(
        db,
        "INSERT OR IGNORE INTO benefit_use SELECT ?, kind, key, sale_id, points, at_ms FROM benefit_use"
        " WHERE member_id = ?",
        keep,
        gone,
    )
    execute(db, "DELETE FROM benefit_use WHERE member_id = ?", gone)


def pieces_kept(db: SqliteDatabase, sale_id: str, skus: Sequence[str]) -> dict[str, int]:
    """Return how many pieces of some items a sale's customer kept."""
    found = rows(
        db,
        "SELECT l.sku, sum(l.quantity - (SELECT count(*) FROM returned_unit u"
        " WHERE u.sale_no = l.sale_no AND u.line_no = l.line_no - ?))"
        " FROM sale s JOIN sale_line l ON l.sale_no = s.sale_no WHERE s.sale_id = ?"
        " AND l.sku IN (SELECT value FROM json_each(?))"
        " AND l.gift_of = '' GROUP BY l.sku",
        LINE_OFFSET, sale_id, msgspec.json.encode(list(skus)).decode(),
    )  # fmt: skip
    return {sku: int(kept) for sku, kept in found}


LINE_OFFSET = 1
"""Lines of a sale are numbered from 1 in their table and from 0 in those of returns."""


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
