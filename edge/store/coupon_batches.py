"""Batches of issued coupons: what they are for, how long they hold, and who may use them."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store.database import Row, execute, row, scalar
from rules.basket import Names

NAME_MAX = 60
"""Characters of a batch's name."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Coupons that were issued together, or by the same rule."""

    batch_id: int
    names: Names
    promotion_id: str
    rule_id: str
    is_bearer: bool
    is_revived: bool
    most: int
    """How many there may be; 0 is without a limit."""
    valid_from_ms: int | None
    valid_until_ms: int | None
    """Of all of them; None where each holds from its own issue."""
    valid_days: int
    """Days that each holds from its own issue; 0 where the batch says from when to when, or without an end."""
    is_void: bool
    created_ms: int
    staff_id: str


def put_batch(db: SqliteDatabase, batch: Batch, *, lane: int = 0) -> Batch:
    """Make a batch and return it with its number. A rule has one, until that is voided; it is given back as it is."""
    if batch.rule_id:
        known = row(
            db,
            "SELECT * FROM coupon_batch WHERE rule_id = ? AND promotion_id = ? AND is_bearer = ?"
            " AND is_revived = ? AND is_void = 0",
            batch.rule_id, batch.promotion_id, int(batch.is_bearer), int(batch.is_revived),
        )  # fmt: skip
        if known is not None:
            return batch_of(known)
    number = execute(
        db,
        "INSERT INTO coupon_batch (name_zh_hans, name_zh_hant, name_en, promotion_id, rule_id, is_bearer, is_revived,"
        " most, valid_from_ms, valid_until_ms, valid_days, created_ms, staff_id, lane)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        batch.names.zh_hans, batch.names.zh_hant, batch.names.en, batch.promotion_id, batch.rule_id,
        int(batch.is_bearer), int(batch.is_revived), batch.most, batch.valid_from_ms, batch.valid_until_ms,
        batch.valid_days, batch.created_ms, batch.staff_id, lane,
    ).lastrowid  # fmt: skip
    found = find_batch(db, int(number or 0))
    assert found is not None
    return found


def find_batch(db: SqliteDatabase, batch_id: int) -> Batch | None:
    found = row(db, "SELECT * FROM coupon_batch WHERE batch_id = ?", batch_id)
    return batch_of(found) if found else None


def batch_of(found: Row) -> Batch:
    """Return the batch that a row of its table holds."""
    (number, hans, hant, english, promotion_id, rule_id, is_bearer, is_revived, most, since_ms, until_ms, days, is_void,
     created_ms, staff_id, _lane) = found  # fmt: skip
    return Batch(
        number, Names(hans, hant, english), promotion_id, rule_id, bool(is_bearer), bool(is_revived), most, since_ms,
        until_ms, days, bool(is_void), created_ms, staff_id,
    )  # fmt: skip


def issued_count(db: SqliteDatabase, batch_id: int) -> int:
    return int(scalar(db, "SELECT count(*) FROM coupon WHERE batch_id = ?", batch_id))
