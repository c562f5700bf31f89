"""Benefits that are given once, gifts taken for points, and points that expire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store.database import execute, execute_many, row, rows
from rules.awards import DAY, ONCE, Award, used_name
from rules.gift_catalogue import GiftCounts
from rules.ledger import POINTS, SHELF, LotUse, member_account, stock_unit

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class ExpiringSoon:
    """Points that can be spent only for a while yet."""

    points: int
    first_ms: int
    """When the first of them expire."""


@dataclass(frozen=True, slots=True)
class TakenGift:
    """Gifts of one offer that were taken together."""

    entry_id: str
    gift_id: str
    member_id: str
    pieces: int
    business_date: str
    voided_by: str


def used(db: SqliteDatabase, member_id: str, *, business_date: str) -> frozenset[str]:
    """Return the benefits that a member was given, as `rules.awards` names them; of the days only today's."""
    found = rows(
        db,
        "SELECT kind, key FROM benefit_use WHERE member_id = ? AND (kind <> ? OR key = ?)",
        member_id,
        DAY,
        business_date,
    )
    return frozenset(used_name(kind, "today" if kind == DAY else key) for kind, key in found)


def keep_awards(
    db: SqliteDatabase, member_id: str, awards: Sequence[Award], *, sale_id: str, at_ms: int, business_date: str
) -> None:
    """Remember what was given once, within the sale's transaction. What was given before fails it."""
    execute_many(
        db,
        "INSERT INTO benefit_use VALUES (?, ?, ?, ?, ?, ?)",
        [
            (member_id, each.kind, business_date if each.kind == DAY else each.key, sale_id, each.points, at_ms)
            for each in awards
            if each.kind in ONCE
        ],
    )


def give_awards_back(db: SqliteDatabase, sale_id: str) -> None:
    """Let what a sale used be given again: all of it came back."""
    execute(db, "DELETE FROM benefit_use WHERE sale_id = ? AND sale_id <> ''", sale_id)


def is_all_back(db: SqliteDatabase, sale_id: str) -> bool:
    """Tell whether everything of a sale came back."""
    found = row(
        db,
        "SELECT sum(CASE WHEN l.weight_g IS NULL THEN l.quantity ELSE 1 END),"
        " (SELECT count(*) FROM returned_unit u WHERE u.sale_no = s.sale_no)"
        " FROM sale s JOIN sale_line l ON l.sale_no = s.sale_no WHERE s.sale_id = ? AND l.gift_of = ''",
        sale_id,
    )
    return found is not None and found[0] is not None and found[1] >= found[0]


def expiring_soon(db: SqliteDatabase, member_id: str, *, now_ms: int, days: int) -> ExpiringSoon | None:
    """Return the points of a member that expire within so many days from now; None where none do."""
    return expiring_and_next(db, member_id, now_ms=now_ms, days=days)[0]


def expiring_and_next(
    db: SqliteDatabase, member_id: str, *, now_ms: int, days: int
) -> tuple[ExpiringSoon | None, int | None]:
    """Return what `expiring_soon` returns, and when the first points expire that do so after those days."""
    found = row(
        db,
        "SELECT coalesce(sum(remaining), 0), min(expires_ms), (SELECT min(expires_ms) FROM lot"
        " WHERE account = ?1 AND unit = ?2 AND remaining > 0 AND expires_ms > ?4) FROM lot"
        " WHERE account = ?1 AND unit = ?2 AND remaining > 0 AND expires_ms > ?3 AND expires_ms <= ?4",
        member_account(member_id), POINTS, now_ms, now_ms + days * DAY_MS,
    )  # fmt: skip
    assert found is not None, "a sum is always one row"
    return ExpiringSoon(int(found[0]), int(found[1])) if found[0] else None, found[2]


@dataclass(frozen=True, slots=True)
class UsedLot:
    """What an entry took of one lot."""

    use: LotUse
    account: str
    expires_ms: int | None


def points_used_by(db: SqliteDatabase, entry_id: str) -> list[UsedLot]:
    """Return the lots that an entry took points from."""
    found = rows(
        db,
        "SELECT u.lot_id, u.amount, l.account, l.expires_ms FROM entry e JOIN transfer t ON t.entry_no = e.entry_no"
        " JOIN lot_use u ON u.transfer_id = t.transfer_id JOIN lot l ON l.lot_id = u.lot_id"
        " WHERE e.entry_id = ? AND t.unit = ? ORDER BY u.lot_id",
        entry_id,
        POINTS,
    )
    return [UsedLot(LotUse(lot_id, amount), account, expires_ms) for lot_id, amount, account, expires_ms in found]


def put_gift(db: SqliteDatabase, gift: TakenGift) -> None:
    execute(
        db, "INSERT INTO gift_taken VALUES (?, ?, ?, ?, ?, '')",
        gift.entry_id, gift.gift_id, gift.member_id, gift.pieces, gift.business_date,
    )  # fmt: skip


def void_gift(db: SqliteDatabase, entry_id: str, *, by: str) -> bool:
    """Mark gifts as brought back, and tell whether that is new."""
    changed = execute(db, "UPDATE gift_taken SET voided_by = ? WHERE entry_id = ? AND voided_by = ''", by, entry_id)
    return bool(changed.rowcount)


def gift_taken(db: SqliteDatabase, entry_id: str) -> TakenGift | None:
    found = row(
        db,
        "SELECT entry_id, gift_id, member_id, pieces, business_date, voided_by FROM gift_taken WHERE entry_id = ?",
        entry_id,
    )
    return TakenGift(*found) if found else None


def gifts_of_member(db: SqliteDatabase, member_id: str, *, limit: int) -> list[TakenGift]:
    """Return the gifts that a member took, newest first."""
    found = rows(
        db,
        "SELECT g.entry_id, g.gift_id, g.member_id, g.pieces, g.business_date, g.voided_by FROM gift_taken g"
        " JOIN entry e ON e.entry_id = g.entry_id WHERE g.member_id = ? ORDER BY e.entry_no DESC LIMIT ?",
        member_id,
        limit,
    )
    return [TakenGift(*each) for each in found]


def gift_counts(db: SqliteDatabase, gift_id: str, member_id: str, *, business_date: str) -> GiftCounts:
    """Return how many gifts of an offer were taken and not brought back."""
    mine = row(
        db,
        "SELECT coalesce(sum(pieces), 0), coalesce(sum(pieces * (business_date = ?)), 0) FROM gift_taken"
        " WHERE member_id = ? AND gift_id = ? AND voided_by = ''",
        business_date, member_id, gift_id,
    )  # fmt: skip
    all_today = row(
        db,
        "SELECT coalesce(sum(pieces), 0) FROM gift_taken"
        " WHERE gift_id = ? AND business_date = ? AND voided_by = ''",
        gift_id, business_date,
    )  # fmt: skip
    assert mine is not None and all_today is not None
    return GiftCounts(int(mine[0]), int(mine[1]), int(all_today[0]))


def counted_stock(db: SqliteDatabase, sku: str) -> int | None:
    """Return the pieces of an item on the shelf; None where nobody counts it: a count that is behind stops nothing."""
    held = row(db, "SELECT amount FROM balance WHERE account = ? AND unit = ?", SHELF, stock_unit(sku))
    return int(held[0]) if held and held[0] >= 0 else None
