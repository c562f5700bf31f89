"""Times cards in the store's file: what members hold, what a sale granted, families that share."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store.database import execute, rows, scalar
from edge.store.known import ALWAYS_MS, known
from rules.ledger import Lot, member_account
from rules.times import FREE, GIVEN, PAID, GrantedLot

FAMILY_MAX = 20
"""Most members that share one member's packages."""


@dataclass(frozen=True, slots=True)
class HeldTimes:
    """What a member holds of one part of a package."""

    unit: str
    left: int
    """Times that have not expired."""
    granted: int
    """Of the lots that hold them."""
    first_expiry_ms: int | None
    """When the first of them expire; None never."""


def held(db: SqliteDatabase, member_id: str, *, now_ms: int) -> list[HeldTimes]:
    """Return the times that a member can use, those that expire first in front."""
    found = rows(
        db,
        "SELECT unit, sum(remaining), sum(granted), min(expires_ms) FROM lot"
        " WHERE account = ? AND unit >= 'times:' AND unit < 'times;' AND remaining > 0"
        " AND (expires_ms IS NULL OR expires_ms > ?) GROUP BY unit"
        " ORDER BY min(coalesce(expires_ms, 9223372036854775807)), unit",
        member_account(member_id),
        now_ms,
    )
    return [HeldTimes(*each) for each in found]


def used_on(db: SqliteDatabase, member_id: str, unit: str, business_date: str) -> int:
    """Return how many times of a unit a member used on a business date, less what came back."""
    key = ("used on", member_id, unit, business_date)
    return known(db, (), key, 0, lambda: (_read_used_on(db, member_id, unit, business_date), ALWAYS_MS))


def _read_used_on(db: SqliteDatabase, member_id: str, unit: str, business_date: str) -> int:
    account = member_account(member_id)
    return int(
        scalar(
            db,
            # The conditions of the partial indexes stand here again: else every transfer of the store is read.
            "SELECT coalesce((SELECT sum(amount) FROM transfer WHERE from_account = ?1"
            " AND from_account >= 'member/' AND from_account < 'member0'"
            " AND unit = ?2 AND business_date = ?3 AND reason = 'redemption'), 0)"
            " - coalesce((SELECT sum(amount) FROM transfer WHERE to_account = ?1"
            " AND to_account >= 'member/' AND to_account < 'member0'"
            " AND unit = ?2 AND business_date = ?3 AND reason = 'return'), 0)",
            account,
            unit,
            business_date,
        )
    )


def given_free(db: SqliteDatabase, member_id: str, unit: str, *, since: str) -> int:
    """Return how many times of a unit a member was given for their tier on a business date or after it."""
    return int(
        scalar(
            db,
            "SELECT coalesce(sum(l.granted), 0) FROM lot l JOIN transfer t ON t.transfer_id = l.lot_id"
            " WHERE l.account = ? AND l.unit = ? AND t.reason = ? AND t.business_date >= ?",
            member_account(member_id),
            unit,
            FREE,
            since,
        )
    )


def granted_by_sale(db: SqliteDatabase, sale_id: str, member_id: str, unit: str) -> list[GrantedLot]:
    """Return the lots of a unit that a sale granted a member, as they are now."""
    found = rows(
        db,
        "SELECT l.lot_id, l.remaining, l.expires_ms, l.granted, t.reason FROM transfer t"
        " JOIN lot l ON l.lot_id = t.transfer_id WHERE t.sale_id = ? AND t.to_account = ? AND t.unit = ?"
        " AND t.reason IN (?, ?) ORDER BY l.lot_id",
        sale_id,
        member_account(member_id),
        unit,
        PAID,
        GIVEN,
    )
    return [
        GrantedLot(unit, Lot(lot_id, remaining, expires_ms), granted, reason == GIVEN)
        for lot_id, remaining, expires_ms, granted, reason in found
    ]


def head_of(db: SqliteDatabase, member_id: str) -> str | None:
    """Return the member whose shared packages a member may use."""
    found = scalar(db, "SELECT head_id FROM family WHERE member_id = ?", member_id)
    return None if found is None else str(found)


def family_of(db: SqliteDatabase, head_id: str) -> list[str]:
    """Return the members who may use a member's shared packages."""
    return [member_id for (member_id,) in rows(db, "SELECT member_id FROM family WHERE head_id = ?", head_id)]


def join(db: SqliteDatabase, member_id: str, head_id: str, *, at_ms: int) -> None:
    """Let a member use another one's shared packages."""
    execute(db, "INSERT OR REPLACE INTO family VALUES (?, ?, ?)", member_id, head_id, at_ms)


def leave(db: SqliteDatabase, member_id: str) -> None:
    """End what `join` began."""
    execute(db, "DELETE FROM family WHERE member_id = ?", member_id)
