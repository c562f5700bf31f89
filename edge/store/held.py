"""Baskets on hold: of the whole store, each taken by one lane, kept over a power cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from peewee import SqliteDatabase

from edge.store.baskets import StoredBasket
from edge.store.database import execute, row, rows
from edge.store.known import aside
from rules.money import Minor


@dataclass(frozen=True, slots=True)
class Held:
    """A basket on hold, as the list shows it."""

    hold_no: int
    sale_id: str
    lane: int
    staff_id: str
    held_ms: int
    note: str
    """As it was typed: it may describe a person, and goes with the row."""
    total: Minor
    """What it came to when it was held; it is priced afresh when it is taken."""
    item_count: int
    member_id: str | None


@dataclass(frozen=True, slots=True)
class HeldSum:
    """How many are on hold, and since when."""

    count: int
    total: Minor
    first_ms: int
    """When the oldest was held; 0 without any."""


_COLUMNS = "hold_no, sale_id, lane, staff_id, held_ms, note, total, item_count, member_id"


def put(
    db: SqliteDatabase,
    basket: StoredBasket,
    *,
    lane: int,
    staff_id: str,
    at_ms: int,
    note: str,
    total: Minor,
    pieces: int,
) -> None:
    """Put a basket on hold within the caller's transaction."""
    with aside(db):
        execute(
            db,
            "INSERT INTO held_basket (sale_id, lane, staff_id, held_ms, note, total, item_count, member_id, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            basket.sale_id, lane, staff_id, at_ms, note, total, pieces, basket.member_id, msgspec.json.encode(basket),
        )  # fmt: skip


def take(db: SqliteDatabase, sale_id: str) -> tuple[Held, StoredBasket] | None:
    """Take a basket from hold within the caller's transaction; None where it is not there any more."""
    with aside(db):
        found = row(db, f"DELETE FROM held_basket WHERE sale_id = ? RETURNING {_COLUMNS}, body", sale_id)  # noqa: S608
    return (Held(*found[:-1]), msgspec.json.decode(found[-1], type=StoredBasket)) if found else None


def look(db: SqliteDatabase, sale_id: str) -> StoredBasket | None:
    """Return a basket on hold as it is; None where it is not there."""
    found = row(db, "SELECT body FROM held_basket WHERE sale_id = ?", sale_id)
    return msgspec.json.decode(found[0], type=StoredBasket) if found else None


def newest(db: SqliteDatabase) -> str:
    """Return the sale id of the basket that was held last; empty without any."""
    found = row(db, "SELECT sale_id FROM held_basket ORDER BY hold_no DESC LIMIT 1")
    return str(found[0]) if found else ""


def all_held(db: SqliteDatabase) -> Sequence[Held]:
    """Return every basket on hold, the newest first."""
    return [Held(*each) for each in rows(db, f"SELECT {_COLUMNS} FROM held_basket ORDER BY hold_no DESC")]  # noqa: S608


def sum_of(db: SqliteDatabase) -> HeldSum:
    """Return how many baskets are on hold."""
    found = row(db, "SELECT count(*), coalesce(sum(total), 0), coalesce(min(held_ms), 0) FROM held_basket")
    assert found is not None
    return HeldSum(*found)
