"""Closed sales against the audit chain: each is what it was when it was closed."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import msgspec
from peewee import SqliteDatabase

from edge.messages import body_hash, encode_body
from edge.store import audit
from edge.store.database import Row, rows, scalar
from edge.store.sales import LINE_COLUMNS, SALE_COLUMNS, TENDER_COLUMNS, SaleLink, sale_body, stored_sale

STEP: Final = 500
"""Sales that are read at once: a handful of statements, and little memory however long the shop has been open."""


def changed_sale(db: SqliteDatabase) -> str:
    """Return what is wrong with the first sale that is no longer what the chain says of it, or an empty text.

    SQLite keeps no checksums of its pages, so a flipped bit in a row would otherwise go unseen.
    """
    columns = ", ".join(f"s.{column.strip()}" for column in SALE_COLUMNS.split(","))
    last = 0
    for _ in range(int(scalar(db, "SELECT count(*) FROM audit WHERE action = 'sale'")) // STEP + 1):
        found = rows(
            db,
            f"SELECT a.audit_no, a.subject, a.detail, s.sale_no, {columns} FROM audit a"
            " LEFT JOIN sale s ON s.sale_id = a.subject"
            " WHERE a.action = 'sale' AND a.audit_no > ? ORDER BY a.audit_no LIMIT ?",
            last,
            STEP,
        )
        numbers = msgspec.json.encode([each[3] for each in found if each[3] is not None]).decode()
        lines = _by_sale(db, f"SELECT {LINE_COLUMNS} FROM sale_line WHERE sale_no IN wanted ORDER BY 1, 2", numbers)
        tenders = _by_sale(db, f"SELECT {TENDER_COLUMNS} FROM sale_tender WHERE sale_no IN wanted ORDER BY 1, 2", numbers)
        codes = _by_sale(
            db,
            "SELECT sale_no, code FROM spent_code WHERE sale_no IN wanted"
            " UNION ALL SELECT sale_no, code FROM coupon_use WHERE sale_no IN wanted ORDER BY 1, 2",
            numbers,
        )
        for number, sale_id, detail, sale_no, *head in found:
            try:
                told = msgspec.json.decode(detail, type=SaleLink)
            except msgspec.DecodeError as error:
                return f"audit row {number} (sale {sale_id}) cannot be read: {error}"
            if sale_no is None:
                return f"sale {sale_id} is in the chain and nowhere else"
            spent = [each[1:] for each in codes[sale_no]]
            if told.rows and told.rows == audit.rows_hash([tuple(head)], lines[sale_no], tenders[sale_no], spent):
                continue
            wrong = _changed(db, sale_id, told)
            if wrong:
                return wrong
        if len(found) < STEP:
            break
        last = found[-1][0]
    return ""


def _by_sale(db: SqliteDatabase, sql: str, numbers: str) -> defaultdict[int, list[Row]]:
    by_sale: defaultdict[int, list[Row]] = defaultdict(list)
    for each in rows(db, f"WITH wanted AS MATERIALIZED (SELECT value FROM json_each(?)) {sql}", numbers):
        by_sale[each[0]].append(each)
    return by_sale


def _changed(db: SqliteDatabase, sale_id: str, told: SaleLink) -> str:
    """Read a sale back and compare it as head office was told of it: what links without a hash of the rows need."""
    try:
        sale = stored_sale(db, sale_id)
    except (msgspec.DecodeError, ValueError, TypeError) as error:
        return f"sale {sale_id} cannot be read: {error}"
    assert sale is not None, f"sale {sale_id} was there a moment ago"
    is_as_told = body_hash(encode_body(sale_body(sale, currency=told.currency))) == told.sha256
    # The rows hold more than head office is told, such as an item's other names.
    if told.rows or not is_as_told:
        return f"sale {sale.receipt_number} is not what it was when it was closed"
    return ""
