"""Closed sales. `record_sale` writes all that a sale is in one transaction; from its commit the sale is a fact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from msgspec import UNSET
from peewee import SqliteDatabase

from edge.messages import SALE_LINES_MAX_BYTES, SaleBody, SaleLineBody, TenderBody, body_hash, encode_body
from edge.store import audit, ledger, outbox, printjobs, uses
from edge.store.coupons import NewCoupons, issue_with_sale
from edge.store.database import Row, Store, execute, execute_many, row, rows, scalar
from rules.basket import Names
from rules.ledger import (
    POINTS,
    STORED_VALUE,
    STORED_VALUE_GIFT,
    Transfer,
    balances,
    member_account,
)
from rules.sale import Sale, SaleLine, SalePromotion, SaleTender, receipt_number, runs, sale_transfers, unruns

# In these columns, and in this order, the chain holds the hash of a sale's rows. A migration that adds a column leaves
# them as they are, or every older sale would seem changed.
SALE_COLUMNS: Final = (
    "sale_id, receipt_number, lane, staff_id, member_id, business_date, sold_at_ms, is_clock_unsure, gross, discount,"
    " total, tax, change_due, points, points_after, next_tier, next_tier_short, item_count, rules_version, promotions,"
    " points_paid, principal_paid, gift_paid, change_kept, balances_after, shift_id, next_tier_by"
)
LINE_COLUMNS: Final = (
    "sale_no, line_no, sku, name_zh_hans, name_zh_hant, name_en, unit, quantity, weight_g, unit_price, gross, net,"
    " unit_nets, discounts, tax_bp, tax, code, gift_of, times_of, times_from, list_price"
)
TENDER_COLUMNS: Final = "sale_no, tender_no, kind, amount, given, ref"

Runs = tuple[tuple[int, int], ...]
"""What the units of a line cost, as `rules.sale.runs` gives it."""


@dataclass(frozen=True, slots=True)
class SaleContext:
    """What a sale needs beside itself when it is recorded."""

    store_id: str
    currency: str
    points_expire_ms: int | None = None
    printers: tuple[str, ...] = ()
    """Printers that put its receipt on paper."""
    kitchen_printers: tuple[str, ...] = ()
    """Printers that put a slip on paper for who makes what was sold."""
    drawer_printer: str = ""
    """The printer whose drawer opens when there is cash among the tenders; empty where none does."""
    new_tier_id: str | None = None
    """The tier that the member reaches with this sale."""
    coupons: tuple[NewCoupons, ...] = ()
    """Coupons that the sale brings."""
    clears_lane: bool = True
    """False for sales that are brought in, not made at a lane."""
    more: tuple[Transfer, ...] = ()
    """What moves with it beyond what follows from the sale itself, such as the times of a package that was bought."""
    beside: Callable[[SqliteDatabase], None] | None = None
    """Writes what else becomes true with it, such as the member's tier, within its transaction."""


class SaleLink(msgspec.Struct, frozen=True, kw_only=True, rename={"currency": "in"}, omit_defaults=True):
    """What the audit chain holds of a sale."""

    number: str
    total: int
    sha256: str
    """Of the body that head office is told."""
    currency: str
    rows: str = ""
    """`audit.rows_hash` of the sale, its lines, its tenders and the codes that it spent; empty in older links."""


def record_sale(store: Store, sale: Sale, context: SaleContext) -> Sale:
    """Write a sale, once, and return it with its receipt number and the member's points after it.

    One transaction holds the sale, its lines and tenders, the transfers and balances, the receipt number, the
    summaries, the uses of promotions and the codes that were spent, the print jobs, the message to head office, the
    link in the chain, and the end of the open basket. A sale id that is recorded already changes nothing and gives back
    what was recorded then.

    Raises `ledger.InsufficientError` when an account holds too little: nothing is written.
    """
    with store.transaction():
        return write_sale(store.db, sale, context)


def write_sale(db: SqliteDatabase, sale: Sale, context: SaleContext) -> Sale:
    """Do the work of `record_sale` within the caller's transaction."""
    known = stored_sale(db, sale.sale_id)
    if known is not None:
        return known
    number = _next_number(db, sale.lane, sale.business_date)
    has = ledger.holdings(db, sale.member_id, now_ms=sale.sold_at_ms) if sale.member_id else None
    held, owed = (has.held, -has.owed.get(POINTS, 0)) if has else ({}, 0)
    moves = (*sale_transfers(sale, points_expire_ms=context.points_expire_ms, points_owed=owed), *context.more)
    sale = replace(
        sale,
        receipt_number=receipt_number(
            store=context.store_id, lane=sale.lane, business_date=sale.business_date, number=number
        ),
        points_after=None if sale.member_id is None else held.get(POINTS, 0) - owed - sale.points_paid + sale.points,
        balances_after=_balances_after(sale.member_id, held, moves),
    )
    sale_no, sha256_of_rows = _insert_sale(db, sale)
    uses.count(db, sale, sale_no)
    issue_with_sale(db, sale, sale_no, context.coupons)
    ledger.post(db, moves, sale_id=sale.sale_id, at_ms=sale.sold_at_ms, business_date=sale.business_date)
    _keep_summaries(db, sale, context)
    if context.beside is not None:
        context.beside(db)
    # Before the paper: the customer waits for the change, whatever the printer is out of.
    if context.drawer_printer and any(tender.kind == "cash" for tender in sale.tenders):
        printjobs.put(db, printer=context.drawer_printer, kind="drawer", sale_id=sale.sale_id, at_ms=sale.sold_at_ms)
    for kind, printers in (("receipt", context.printers), ("kitchen", context.kitchen_printers)):
        for printer in printers:
            printjobs.put(db, printer=printer, kind=kind, sale_id=sale.sale_id, at_ms=sale.sold_at_ms)
    body = encode_body(sale_body(sale, currency=context.currency))
    outbox.put(db, kind="sale", subject=sale.sale_id, body=body, at_ms=sale.sold_at_ms)
    audit.note(
        db,
        at_ms=sale.sold_at_ms,
        staff_id=sale.staff_id,
        lane=sale.lane,
        action="sale",
        subject=sale.sale_id,
        detail=SaleLink(
            number=sale.receipt_number,
            total=sale.total,
            sha256=body_hash(body),
            currency=context.currency,
            rows=sha256_of_rows,
        ),
    )
    if context.clears_lane:
        execute(db, "DELETE FROM basket_step WHERE lane = ?", sale.lane)
        execute(db, "UPDATE lane_state SET tenders = '[]', seen_ms = ? WHERE lane = ?", sale.sold_at_ms, sale.lane)
    assert sale_no > 0
    return sale


def _balances_after(member_id: str | None, held: Mapping[str, int], moves: Sequence[Transfer]) -> dict[str, int]:
    """Return what the member will have of the money and times that a sale moves, by unit.

    Args:
        held: what can be spent before it.
    """
    if member_id is None:
        return {}
    account = member_account(member_id)
    theirs = [move for move in moves if move.unit != POINTS and account in (move.from_account, move.to_account)]
    changes = {unit: amount for (holder, unit), amount in balances(theirs).items() if holder == account}
    if changes.keys() & {STORED_VALUE, STORED_VALUE_GIFT}:
        changes = {STORED_VALUE: 0, STORED_VALUE_GIFT: 0, **changes}
    return {unit: held.get(unit, 0) + amount for unit, amount in sorted(changes.items())}


def _next_number(db: SqliteDatabase, lane: int, business_date: str) -> int:
    return int(
        execute(
            db,
            "INSERT INTO receipt_counter VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
            lane,
            business_date,
        ).fetchone()[0]
    )


def _insert_sale(db: SqliteDatabase, sale: Sale) -> tuple[int, str]:
    """Write the sale's own rows; return its number and the hash of them."""
    promotions = [(p.promotion_id, p.names.zh_hans, p.names.zh_hant, p.names.en, p.amount) for p in sale.promotions]
    head: Row = (
        sale.sale_id, sale.receipt_number, sale.lane, sale.staff_id, sale.member_id, sale.business_date,
        sale.sold_at_ms, int(sale.is_clock_unsure), sale.gross, sale.discount, sale.total, sale.tax, sale.change,
        sale.points, sale.points_after, sale.next_tier, sale.next_tier_short, sale.item_count, sale.rules_version,
        msgspec.json.encode(promotions).decode(), sale.points_paid, sale.principal_paid, sale.gift_paid,
        sale.change_kept, msgspec.json.encode(sale.balances_after).decode(), sale.shift_id, sale.next_tier_by,
    )  # fmt: skip
    sale_no = execute(db, _insert("sale", SALE_COLUMNS), *head).lastrowid
    assert sale_no is not None
    lines = [_line_row(sale_no, number, line) for number, line in enumerate(sale.lines, start=1)]
    execute_many(db, _insert("sale_line", LINE_COLUMNS), lines)
    tenders = [
        (sale_no, number, tender.kind, tender.amount, tender.given, tender.ref)
        for number, tender in enumerate(sale.tenders, start=1)
    ]
    execute_many(db, _insert("sale_tender", TENDER_COLUMNS), tenders)
    codes = [(code,) for code in sorted(sale.spent_codes)]
    return int(sale_no), audit.rows_hash([head], lines, tenders, codes)


def _insert(table: str, columns: str) -> str:
    places = ", ".join("?" * len(columns.split(",")))
    return f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608


def _line_row(sale_no: int, number: int, line: SaleLine) -> Row:
    return (
        sale_no, number, line.sku, line.names.zh_hans, line.names.zh_hant, line.names.en, line.unit,
        line.quantity, line.weight_g, line.unit_price, line.gross, line.net,
        msgspec.json.encode(runs(line.unit_nets)).decode(), msgspec.json.encode(line.discounts).decode(),
        line.tax_bp, line.tax, line.code, line.gift_of, line.times_of,
        line.times_from, line.list_price,
    )  # fmt: skip


def _keep_summaries(db: SqliteDatabase, sale: Sale, context: SaleContext) -> None:
    execute(
        db,
        "INSERT INTO day_stat (business_date, lane, sales, takings, discount, member_sales)"
        " VALUES (?, ?, 1, ?, ?, ?) ON CONFLICT DO UPDATE SET sales = sales + 1,"
        " takings = takings + excluded.takings, discount = discount + excluded.discount,"
        " member_sales = member_sales + excluded.member_sales",
        sale.business_date, sale.lane, sale.total, sale.discount, int(sale.member_id is not None),
    )  # fmt: skip
    if sale.member_id is None:
        return
    execute(
        db,
        "INSERT INTO member_stat (member_id, visits, spend, first_date, last_date) VALUES (?, 1, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET visits = visits + 1,"
        " spend = spend + excluded.spend, before_last_date = last_date, last_date = excluded.last_date",
        sale.member_id, sale.total, sale.business_date, sale.business_date,
    )  # fmt: skip
    execute_many(
        db,
        "INSERT INTO member_sku VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1",
        [(sale.member_id, sku) for sku in {line.sku for line in sale.lines if not line.gift_of}],
    )
    if context.new_tier_id is not None:
        execute(db, "UPDATE member SET tier_id = ? WHERE member_id = ?", context.new_tier_id, sale.member_id)


def sale_body(sale: Sale, *, currency: str) -> SaleBody:
    """Return what head office is told of a sale: no personal data."""
    return SaleBody(
        sale_id=sale.sale_id,
        receipt_number=sale.receipt_number,
        lane=sale.lane,
        staff_id=sale.staff_id,
        member_id=sale.member_id,
        business_date=sale.business_date,
        sold_at_ms=sale.sold_at_ms,
        clock_unsure=sale.is_clock_unsure,
        currency=currency,
        gross=sale.gross,
        discount=sale.discount,
        total=sale.total,
        tax=sale.tax,
        rules_version=sale.rules_version,
        points=sale.points,
        change=sale.change,
        lines=tuple(_line_body(line) for line in sale.lines),
        tenders=tuple(TenderBody(kind=t.kind, amount=t.amount, given=t.given) for t in sale.tenders),
        points_paid=sale.points_paid or UNSET,
        spent_codes=sale.spent_codes or UNSET,
        principal_paid=sale.principal_paid or UNSET,
        gift_paid=sale.gift_paid or UNSET,
        change_kept=sale.change_kept or UNSET,
        balances_after=dict(sale.balances_after) or UNSET,
        shift_id=sale.shift_id or UNSET,
    )


def _line_body(line: SaleLine) -> SaleLineBody:
    return SaleLineBody(
        sku=line.sku, name=line.names.zh_hans, quantity=line.quantity, weight_g=line.weight_g,
        unit_price=line.unit_price, gross=line.gross, net=line.net, unit_nets=runs(line.unit_nets),
        discounts=line.discounts, tax_bp=line.tax_bp, tax=line.tax, code=line.code,
        gift_of=line.gift_of or UNSET, times_of=line.times_of or UNSET, times_from=line.times_from or UNSET,
        list_price=UNSET if line.list_price is None else line.list_price,
    )  # fmt: skip


def fits_message(lines: Sequence[SaleLine]) -> bool:
    """Tell whether lines can be told to head office in one message: to be asked before anybody pays for them."""
    return sum(len(encode_body(_line_body(line))) + 1 for line in lines) <= SALE_LINES_MAX_BYTES


def stored_sale(db: SqliteDatabase, sale_id: str) -> Sale | None:
    """Return a recorded sale as it was closed."""
    found = row(
        db,
        "SELECT sale_no, sale_id, receipt_number, lane, staff_id, member_id, business_date, sold_at_ms,"
        " is_clock_unsure, gross, discount, total, tax, change_due, points, points_after, next_tier, next_tier_short,"
        " item_count, rules_version, promotions, points_paid, principal_paid, gift_paid, change_kept, balances_after,"
        " shift_id, next_tier_by FROM sale WHERE sale_id = ?",
        sale_id,
    )
    if found is None:
        return None
    return Sale(
        sale_id=found[1], receipt_number=found[2], lane=found[3], staff_id=found[4], member_id=found[5],
        business_date=found[6], sold_at_ms=found[7], is_clock_unsure=bool(found[8]), gross=found[9],
        discount=found[10], total=found[11], tax=found[12], change=found[13], points=found[14], points_after=found[15],
        next_tier=found[16], next_tier_short=found[17], item_count=found[18], rules_version=found[19],
        promotions=tuple(
            SalePromotion(promotion_id, Names(hans, hant, english), amount)
            for promotion_id, hans, hant, english, amount in msgspec.json.decode(found[20])
        ),
        lines=_stored_lines(db, found[0]),
        tenders=tuple(
            SaleTender(*each)
            for each in rows(
                db, "SELECT kind, amount, given, ref FROM sale_tender WHERE sale_no = ? ORDER BY tender_no", found[0]
            )
        ),
        points_paid=found[21], spent_codes=uses.codes_of_sale(db, found[0]), principal_paid=found[22],
        gift_paid=found[23], change_kept=found[24], balances_after=msgspec.json.decode(found[25], type=dict[str, int]),
        shift_id=found[26],
        next_tier_by=found[27],
    )  # fmt: skip


def _stored_lines(db: SqliteDatabase, sale_no: int) -> tuple[SaleLine, ...]:
    return tuple(
        SaleLine(
            sku, Names(hans, hant, english), unit, quantity, weight_g, unit_price, gross, net,
            unruns(msgspec.json.decode(unit_nets, type=Runs)), tuple((p, a) for p, a in msgspec.json.decode(discounts)),
            tax_bp, tax, code, gift_of, times_of, times_from, list_price,
        )
        for (sku, hans, hant, english, unit, quantity, weight_g, unit_price, gross, net, unit_nets, discounts,
             tax_bp, tax, code, gift_of, times_of, times_from, list_price) in rows(
            db,
            "SELECT sku, name_zh_hans, name_zh_hant, name_en, unit, quantity, weight_g, unit_price, gross, net,"
            " unit_nets, discounts, tax_bp, tax, code, gift_of, times_of, times_from, list_price FROM sale_line"
            " WHERE sale_no = ? ORDER BY line_no",
            sale_no,
        )
    )  # fmt: skip


def sale_id_of(db: SqliteDatabase, number: str) -> str | None:
    """Return the id of the sale with a receipt number."""
    found = scalar(db, "SELECT sale_id FROM sale WHERE receipt_number = ?", number)
    return str(found) if found is not None else None


def last_sale(db: SqliteDatabase, lane: int) -> tuple[str, int]:
    """Return the id and the moment of a lane's newest sale; an empty id and 0 before the first one."""
    found = row(db, "SELECT sale_id, sold_at_ms FROM sale WHERE lane = ? ORDER BY sale_no DESC LIMIT 1", lane)
    return (found[0], found[1]) if found else ("", 0)
