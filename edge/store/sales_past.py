"""The closed sales of a business date, with what it takes to price them once more."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from peewee import SqliteDatabase

from edge.store.database import rows, scalar
from rules.basket import Names
from rules.money import Minor

SALES_MAX = 2_000
"""Most sales of a date that are looked at."""


@dataclass(frozen=True, slots=True)
class PastLine:
    sku: str
    names: Names
    unit: str
    quantity: int
    weight_g: int | None
    unit_price: Minor
    gross: Minor
    tax_bp: int


@dataclass(frozen=True, slots=True)
class PastSale:
    sale_no: int
    sale_id: str
    receipt_number: str
    lane: int
    member_id: str | None
    sold_at_ms: int
    total: Minor
    """What was charged."""
    promotions: tuple[tuple[str, Names, Minor], ...]
    lines: tuple[PastLine, ...]
    """What was bought; gifts are left out, because the rules give them afresh."""


def count_of_day(db: SqliteDatabase, business_date: str) -> int:
    return int(scalar(db, "SELECT count(*) FROM sale WHERE business_date = ?", business_date))


def sales_of_day(db: SqliteDatabase, business_date: str, *, limit: int = SALES_MAX) -> list[PastSale]:
    """Return the sales of a date in their order, at most so many."""
    most = min(limit, SALES_MAX)
    lines: dict[int, list[PastLine]] = {}
    for sale_no, sku, hans, hant, english, *figures in rows(
        db,
        "SELECT l.sale_no, l.sku, l.name_zh_hans, l.name_zh_hant, l.name_en, l.unit, l.quantity, l.weight_g,"
        " l.unit_price, l.gross, l.tax_bp FROM sale_line l WHERE l.sale_no IN (SELECT sale_no FROM sale"
        " WHERE business_date = ? ORDER BY sale_no LIMIT ?) AND l.gift_of = '' ORDER BY l.sale_no, l.line_no",
        business_date,
        most,
    ):
        lines.setdefault(sale_no, []).append(PastLine(sku, Names(hans, hant, english), *figures))
    return [
        PastSale(
            sale_no, sale_id, number, lane, member_id, sold_at_ms, total,
            tuple((each[0], Names(*each[1:4]), each[4]) for each in msgspec.json.decode(promotions)),
            tuple(lines.get(sale_no, ())),
        )
        for sale_no, sale_id, number, lane, member_id, sold_at_ms, total, promotions in rows(
            db,
            "SELECT sale_no, sale_id, receipt_number, lane, member_id, sold_at_ms, total, promotions FROM sale"
            " WHERE business_date = ? ORDER BY sale_no LIMIT ?",
            business_date,
            most,
        )
    ]  # fmt: skip


def visits_before(db: SqliteDatabase, member_id: str, sale_no: int) -> int:
    """Return how many sales a member had before this one."""
    return int(scalar(db, "SELECT count(*) FROM sale WHERE member_id = ? AND sale_no < ?", member_id, sale_no))
