"""What an invoice is made of: who it is made out to, and the sales and returns of some days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store.database import execute, row, rows


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who an invoice is made out to."""

    title: str
    tax_number: str = ""


def put_buyer(db: SqliteDatabase, sale_id: str, buyer: Buyer | None, *, staff_id: str, at_ms: int) -> None:
    """Write down the buyer of a sale in the place of the one before, within the caller's transaction; None: nobody."""
    execute(db, "DELETE FROM invoice_buyer WHERE sale_id = ?", sale_id)
    if buyer is not None:
        execute(
            db, "INSERT INTO invoice_buyer (sale_id, title, tax_number, staff_id, at_ms) VALUES (?, ?, ?, ?, ?)",
            sale_id, buyer.title, buyer.tax_number, staff_id, at_ms,
        )  # fmt: skip


def buyer_of(db: SqliteDatabase, sale_id: str) -> Buyer | None:
    found = row(db, "SELECT title, tax_number FROM invoice_buyer WHERE sale_id = ?", sale_id)
    return Buyer(*found) if found else None


def sales_between(db: SqliteDatabase, first: str, last: str, *, only_asked: bool, limit: int) -> Sequence[str]:
    """Return the sales of some business dates, both of them included, the oldest first.

    Args:
        only_asked: those alone whose buyer was written down.
    """
    return [
        str(each[0])
        for each in rows(
            db,
            "SELECT sale_id FROM sale WHERE business_date BETWEEN ? AND ? AND (? = 0 OR EXISTS"
            " (SELECT 1 FROM invoice_buyer b WHERE b.sale_id = sale.sale_id)) ORDER BY sale_no LIMIT ?",
            first, last, int(only_asked), limit,
        )
    ]  # fmt: skip


def returns_between(db: SqliteDatabase, first: str, last: str, *, only_asked: bool, limit: int) -> Sequence[str]:
    """Return the returns of some business dates, as `sales_between` does."""
    return [
        str(each[0])
        for each in rows(
            db,
            "SELECT r.return_id FROM sale_return r JOIN entry e ON e.entry_id = r.return_id"
            " JOIN sale s ON s.sale_no = r.sale_no WHERE e.business_date BETWEEN ? AND ? AND (? = 0 OR EXISTS"
            " (SELECT 1 FROM invoice_buyer b WHERE b.sale_id = s.sale_id)) ORDER BY r.return_no LIMIT ?",
            first, last, int(only_asked), limit,
        )
    ]  # fmt: skip


def loose_between(db: SqliteDatabase, first: str, last: str, *, limit: int) -> Sequence[str]:
    """Return the returns without a receipt of some business dates; nobody's title was written down for one."""
    return [
        str(each[0])
        for each in rows(
            db,
            "SELECT r.return_id FROM loose_return r JOIN entry e ON e.entry_id = r.return_id"
            " WHERE e.business_date BETWEEN ? AND ? ORDER BY r.return_no LIMIT ?",
            first, last, limit,
        )
    ]  # fmt: skip
