"""Closed sales against the audit chain: each is what it was when it was closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import msgspec
from peewee import SqliteDatabase

from edge.messages import body_hash, encode_body
from edge.store import audit
from edge.store.database import rows, scalar
from edge.store.sales import LINE_COLUMNS, SALE_COLUMNS, TENDER_COLUMNS, SaleLink, sale_body, stored_sale

STEP: Final = 500
"""Sales that are read at once: a handful of statements, and little memory however long the shop has been open."""


# By a subselect each, so that an index finds the rows of both tables.
CODES: Final = (
    "(SELECT sale_no, code FROM spent_code WHERE sale_no IN wanted"
    " UNION ALL SELECT sale_no, code FROM coupon_use WHERE sale_no IN wanted)"
)


def changed_sale(db: SqliteDatabase) -> str:
    """Return what is wrong with the first sale that is no longer what the chain says of it, or an empty text.

    SQLite keeps no checksums of its pages, so a flipped bit in a row would otherwise go unseen.
    """
    link = msgspec.json.Decoder(SaleLink)
    last = 0
    for _ in range(int(scalar(db, "SELECT count(*) FROM audit WHERE action = 'sale'")) // STEP + 1):
        found = rows(
            db,
            "SELECT a.audit_no, a.subject, a.detail, s.sale_no FROM audit a LEFT JOIN sale s ON s.sale_id = a.subject"
            " WHERE a.action = 'sale' AND a.audit_no > ? ORDER BY a.audit_no LIMIT ?",
            last,
            STEP,
        )
        texts = _texts(db, [each[3] for each in found if each[3] is not None])
        for number, sale_id, detail, sale_no in found:
            try:
                told = link.decode(detail)
            except msgspec.DecodeError as error:
                return f"audit row {number} (sale {sale_id}) cannot be read: {error}"
            if sale_no is None:
                return f"sale {sale_id} is in the chain and nowhere else"
            if told.rows and told.rows == audit.texts_hash(*(table[sale_no] for table in texts)):
                continue
            wrong = _changed(db, sale_id, told)
            if wrong:
                return wrong
        if len(found) < STEP:
            break
        last = found[-1][0]
    return ""


def _texts(db: SqliteDatabase, numbers: Sequence[int]) -> list[defaultdict[int, list[str]]]:
    """Return the rows of some sales by number: of the sale, its lines, its tenders and its codes."""
    return [
        audit.row_texts(db, table, columns, key="sale_no", order=order, wanted=numbers)
        for table, columns, order in (
            ("sale", SALE_COLUMNS, "sale_no"),
            ("sale_line", LINE_COLUMNS, "sale_no, line_no"),
            ("sale_tender", TENDER_COLUMNS, "sale_no, tender_no"),
            (CODES, "code", "sale_no, code"),
        )
    ]


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
