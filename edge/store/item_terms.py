"""On what terms an item is sold: what its price may be where it is asked for, and from what age on."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store.database import execute, row, rows
from rules.money import Minor

AGE_MAX = 99


@dataclass(frozen=True, slots=True)
class Terms:
    price_least: Minor | None = None
    """Least that may be asked for a piece of an open-price item; None: anything."""
    price_most: Minor | None = None
    age: int | None = None
    """Years that a buyer must have; None: anybody."""


ANY_TERMS = Terms()


def terms(db: SqliteDatabase, sku: str) -> Terms:
    found = row(db, "SELECT price_least, price_most, age FROM item_terms WHERE sku = ?", sku)
    return Terms(*found) if found else ANY_TERMS


def put_terms(db: SqliteDatabase, sku: str, given: Terms) -> None:
    """Put an item's terms in the place of those that it had."""
    if given == ANY_TERMS:
        execute(db, "DELETE FROM item_terms WHERE sku = ?", sku)
        return
    execute(
        db, "INSERT OR REPLACE INTO item_terms VALUES (?, ?, ?, ?)",
        sku, given.price_least, given.price_most, given.age,
    )  # fmt: skip


def put_line_notes(db: SqliteDatabase, sale_id: str, notes: tuple[str, ...]) -> None:
    """Keep what was noted of the lines of a sale, within the sale's transaction."""
    for line_no, note in enumerate(notes, start=1):
        if note:
            execute(db, "INSERT OR IGNORE INTO sale_note VALUES (?, ?, ?)", sale_id, line_no, note)


def line_notes(db: SqliteDatabase, sale_id: str) -> dict[int, str]:
    """Return the notes of a sale's lines by their number, counted from 1."""
    return dict(rows(db, "SELECT line_no, note FROM sale_note WHERE sale_id = ?", sale_id))
