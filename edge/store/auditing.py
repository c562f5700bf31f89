"""The check of the whole store: all that can be recomputed is, and the first wrong row of each kind is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from peewee import DatabaseError, SqliteDatabase

from edge.store.audit import chain_hash
from edge.store.coupon_reports import wrong_coupon
from edge.store.database import execute, rows, scalar
from edge.store.entries import changed_entry
from edge.store.exchanges import wrong_exchange
from edge.store.loose_returns import changed_loose, wrong_loose
from edge.store.returns import changed_return, wrong_return
from edge.store.sales_check import changed_sale
from edge.store.shifts import changed_shift
from edge.store.stored_value import wrong_top_up
from edge.store.uses import wrong_count


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a check found; `problems` is empty when everything agrees."""

    audit_rows: int
    transfers: int
    sales: int
    problems: tuple[str, ...]


def check(db: SqliteDatabase, *, progress: Callable[[str], None] = lambda _: None) -> AuditReport:
    """Recompute chain, balances, lots, sales and counts of uses, and name the first row of each that disagrees.

    What SQLite sums up by itself goes on beside what is hashed row by row, on threads and connections of their own: a
    till has more than one core, and the check is to be over before anybody thinks of stopping it.
    """
    problems = []
    with ThreadPoolExecutor(1) as hashing, ThreadPoolExecutor(1) as summing:
        asked = [
            (what, (hashing if first_wrong in HASHED else summing).submit(_problem, db, what, first_wrong))
            for what, first_wrong in CHECKS
        ]
        closed = [each.submit(db.close) for each in (hashing, summing)]
        for what, answer in asked:
            progress(what)
            found = answer.result()
            if found:
                problems.append(found)
        for each in closed:
            each.result()
    return AuditReport(
        audit_rows=int(scalar(db, "SELECT count(*) FROM audit")),
        transfers=int(scalar(db, "SELECT count(*) FROM transfer")),
        sales=int(scalar(db, "SELECT count(*) FROM sale")),
        problems=tuple(problems),
    )


def _problem(db: SqliteDatabase, what: str, first_wrong: Callable[[SqliteDatabase], str]) -> str:
    try:
        return first_wrong(db)
    except (sqlite3.DatabaseError, DatabaseError) as error:
        return f"{what} cannot be read: {error}"


def _wrong_link(db: SqliteDatabase) -> str:
    prev_hash, expected_no = "", 1
    links = execute(
        db, "SELECT audit_no, at_ms, staff_id, lane, action, subject, detail, hash FROM audit ORDER BY audit_no"
    )
    try:
        for number, at_ms, staff_id, lane, action, subject, detail, digest in links:
            if number != expected_no:
                return f"audit row {expected_no} is missing"
            if digest != chain_hash(prev_hash, at_ms, staff_id, lane, action, subject, detail):
                return f"audit row {number} ({action} {subject}) does not match its hash"
            prev_hash, expected_no = digest, expected_no + 1
    except sqlite3.DatabaseError as error:
        return f"audit row {expected_no} cannot be read: {error}"
    return ""


def _wrong_balance(db: SqliteDatabase) -> str:
    found = rows(
        db,
        """
        WITH moved AS (
            SELECT to_account AS account, unit, amount FROM transfer
            UNION ALL SELECT from_account, unit, -amount FROM transfer
        ), truth AS (SELECT account, unit, sum(amount) AS amount FROM moved GROUP BY account, unit)
        SELECT coalesce(b.account, t.account), coalesce(b.unit, t.unit), b.amount, t.amount
        FROM truth t FULL JOIN balance b ON b.account = t.account AND b.unit = t.unit
        WHERE coalesce(b.amount, 0) <> coalesce(t.amount, 0) ORDER BY 1, 2 LIMIT 1
        """,
    )
    return "".join(f"balance of {a} in {u}: kept {kept}, transfers give {truth}" for a, u, kept, truth in found)


def _wrong_lot(db: SqliteDatabase) -> str:
    found = rows(
        db,
        """
        WITH moved AS (
            SELECT lot_id, -amount AS amount FROM lot_use UNION ALL SELECT lot_id, amount FROM lot_return
        ), sums AS (SELECT lot_id, sum(amount) AS amount FROM moved GROUP BY lot_id)
        SELECT l.lot_id, l.remaining, l.granted + coalesce(m.amount, 0) AS truth
        FROM lot l LEFT JOIN sums m ON m.lot_id = l.lot_id WHERE truth <> l.remaining LIMIT 1
        """,
    )
    if found:
        return "".join(f"lot {lot}: kept {kept}, its uses leave {truth}" for lot, kept, truth in found)
    found = rows(
        db,
        """
        SELECT b.account, b.unit, b.amount, l.remaining FROM balance b
        JOIN (SELECT account, unit, sum(remaining) AS remaining FROM lot GROUP BY account, unit) l
        ON l.account = b.account AND l.unit = b.unit WHERE b.amount <> l.remaining LIMIT 1
        """,
    )
    return "".join(f"balance of {a} in {u}: kept {kept}, its lots hold {held}" for a, u, kept, held in found)


def _wrong_sale(db: SqliteDatabase) -> str:
    found = rows(
        db,
        """
        SELECT s.receipt_number, s.total,
            (SELECT sum(net) FROM sale_line l WHERE l.sale_no = s.sale_no) AS lines,
            (SELECT sum(amount) FROM sale_tender t WHERE t.sale_no = s.sale_no) AS tenders,
            coalesce(a.notes, 0) AS notes
        FROM sale s
        LEFT JOIN (SELECT subject, count(*) AS notes FROM audit WHERE action = 'sale' GROUP BY subject) a
        ON a.subject = s.sale_id
        WHERE lines <> s.total OR coalesce(tenders, 0) <> s.total OR coalesce(a.notes, 0) <> 1 LIMIT 1
        """,
    )
    return "".join(
        f"sale {number}: total {total}, lines {lines}, tenders {tenders}, links in the chain {notes}"
        for number, total, lines, tenders, notes in found
    )


def _wrong_counter(db: SqliteDatabase) -> str:
    found = rows(
        db,
        """
        SELECT c.lane, c.business_date, c.last, count(s.sale_no) FROM receipt_counter c
        LEFT JOIN sale s ON s.lane = c.lane AND s.business_date = c.business_date
        GROUP BY c.lane, c.business_date HAVING count(s.sale_no) <> c.last LIMIT 1
        """,
    )
    return "".join(f"lane {lane} on {day}: {last} receipts numbered, {kept} kept" for lane, day, last, kept in found)


CHECKS: Final = (
    ("chain", _wrong_link),
    ("balances", _wrong_balance),
    ("lots", _wrong_lot),
    ("sales", _wrong_sale),
    ("receipt numbers", _wrong_counter),
    ("uses of promotions", wrong_count),
    ("coupons", wrong_coupon),
    ("returns", wrong_return),
    ("exchanges", wrong_exchange),
    ("returns without a receipt", wrong_loose),
    ("top-ups", wrong_top_up),
    ("sales against the chain", changed_sale),
    ("entries against the chain", changed_entry),
    ("returns against the chain", changed_return),
    ("returns without a receipt against the chain", changed_loose),
    ("shifts against the chain", changed_shift),
)
HASHED: Final = (_wrong_link, changed_sale, changed_entry, changed_return, changed_loose, changed_shift)
"""Those that hash row by row; SQLite does the others by itself."""
