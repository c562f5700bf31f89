"""Returns without a receipt: what came back, what was given for it, and who allowed it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from msgspec import UNSET
from peewee import SqliteDatabase

from edge.messages import ReturnBody, ReturnLineBody, TenderBody, body_hash, encode_body
from edge.store import entries, exchanges, outbox
from edge.store.database import execute, execute_many, row, rows, scalar
from edge.store.entries import Entry, EntryLink
from rules.basket import Names
from rules.money import Minor

KIND = "return_loose"
"""Of its entry."""


@dataclass(frozen=True, slots=True)
class LooseLine:
    """Something that came back without a receipt."""

    sku: str
    names: Names
    unit: str
    quantity: int
    weight_g: int | None
    unit_price: Minor
    """What was given for a piece or a kilogram."""
    net: Minor
    tax_bp: int
    tax: Minor
    is_restocked: bool


@dataclass(frozen=True, slots=True)
class LooseReturn:
    """A return without a receipt. Its `entry` holds who, when, why and what moved."""

    entry: Entry
    lines: tuple[LooseLine, ...]
    tenders: tuple[tuple[str, Minor], ...]
    """`cash`, `principal` for stored value, and `exchange` for what it paid for."""
    paid_for: str = ""
    is_credit: bool = False
    """It is given back as stored value, not in cash; of a stored one its entry says it."""

    @property
    def amount(self) -> Minor:
        return sum(line.net for line in self.lines)


def record(db: SqliteDatabase, back: LooseReturn, *, currency: str) -> bool:
    """Write it within the caller's transaction; False where one of its id was recorded before."""
    entry_no = entries.put(db, back.entry)
    if entry_no is None:
        return False
    return_no = execute(
        db, "INSERT INTO loose_return (return_id, amount) VALUES (?, ?)", back.entry.entry_id, back.amount
    ).lastrowid
    execute_many(
        db,
        "INSERT INTO loose_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (return_no, at, line.sku, line.names.zh_hans, line.names.zh_hant, line.names.en, line.unit, line.quantity,
             line.weight_g, line.unit_price, line.net, line.tax_bp, line.tax, int(line.is_restocked))
            for at, line in enumerate(back.lines)
        ],
    )  # fmt: skip
    execute_many(db, "INSERT INTO loose_tender VALUES (?, ?, ?)", [(return_no, *tender) for tender in back.tenders])
    entry = back.entry
    execute(
        db,
        "INSERT INTO day_stat (business_date, lane, sales, takings, discount, member_sales, returns, refunded)"
        " VALUES (?, ?, 0, 0, 0, 0, 1, ?)"
        " ON CONFLICT DO UPDATE SET returns = returns + 1, refunded = refunded + excluded.refunded",
        entry.business_date,
        entry.lane,
        back.amount,
    )
    body = encode_body(body_of(back, currency=currency))
    outbox.put(db, kind="refund", subject=entry.entry_id, body=body, at_ms=entry.at_ms)
    entries.chain(db, entry, body, entries.hash_of(db, entry_no))
    return True


def body_of(back: LooseReturn, *, currency: str) -> ReturnBody:
    """Return what head office is told of it: no personal data."""
    entry = back.entry
    return ReturnBody(
        return_id=entry.entry_id, receipt_number=entry.number, sale_id="", sale_number="", member_id=entry.member_id,
        lane=entry.lane, staff_id=entry.staff_id, approver_id=entry.approver_id, at_ms=entry.at_ms,
        business_date=entry.business_date, currency=currency, amount=back.amount,
        lines=tuple(
            ReturnLineBody(
                line=at, units=(), net=line.net, tax=line.tax, restocked=line.is_restocked,
                sku=line.sku, quantity=line.quantity, weight_g=UNSET if line.weight_g is None else line.weight_g,
            )
            for at, line in enumerate(back.lines)
        ),
        tenders=tuple(TenderBody(kind=kind, amount=amount, given=amount) for kind, amount in back.tenders),
        transfers=entries.transfer_bodies(entry.transfers),
        exchange_sale_id=back.paid_for or UNSET,
    )  # fmt: skip


def stored(db: SqliteDatabase, return_id: str) -> LooseReturn | None:
    """Return a recorded one."""
    return_no = scalar(db, "SELECT return_no FROM loose_return WHERE return_id = ?", return_id)
    entry = entries.stored(db, return_id) if return_no is not None else None
    if entry is None:
        return None
    lines = rows(
        db,
        "SELECT sku, name_zh_hans, name_zh_hant, name_en, unit, quantity, weight_g, unit_price, net, tax_bp, tax,"
        " is_restocked FROM loose_line WHERE return_no = ? ORDER BY line_no",
        return_no,
    )
    tenders = rows(db, "SELECT kind, amount FROM loose_tender WHERE return_no = ? ORDER BY kind", return_no)
    return LooseReturn(
        entry=entry,
        lines=tuple(
            LooseLine(sku, Names(hans, hant, english), unit, quantity, weight_g, price, net, tax_bp, tax, bool(up))
            for sku, hans, hant, english, unit, quantity, weight_g, price, net, tax_bp, tax, up in lines
        ),
        tenders=tuple((kind, amount) for kind, amount in tenders),
        paid_for=exchanges.paid_for(db, return_id),
    )


def lowest_price(db: SqliteDatabase, sku: str, *, since_ms: int, now_ms: int) -> Minor | None:
    """Return the least that a piece or a kilogram of an item cost since a moment, whoever paid for it.

    Of its prices in force, members' among them, and of what it was really sold for; gifts do not count. None for an
    item without any price.
    """
    found = row(
        db,
        """
        SELECT min(amount) FROM (
            SELECT amount FROM price WHERE sku = ? AND effective_from_ms BETWEEN ? AND ?
            UNION ALL SELECT amount FROM (
                SELECT amount, max(effective_from_ms) FROM price WHERE sku = ? AND effective_from_ms <= ?
                GROUP BY tier_id)
            UNION ALL SELECT CASE WHEN l.weight_g IS NULL THEN l.net / l.quantity ELSE l.net * 1000 / l.weight_g END
            FROM sale_line l JOIN sale s ON s.sale_no = l.sale_no
            WHERE l.sku = ? AND l.gift_of = '' AND l.times_of = '' AND l.net > 0 AND s.sold_at_ms >= ?)
        """,
        sku, since_ms, now_ms, sku, since_ms, sku, since_ms,
    )  # fmt: skip
    return None if found is None or found[0] is None else int(found[0])


def wrong_loose(db: SqliteDatabase) -> str:
    """Return what is wrong with the first one that does not add up, or an empty text."""
    found = rows(
        db,
        """
        SELECT r.return_id, r.amount, (SELECT sum(net) FROM loose_line l WHERE l.return_no = r.return_no) AS lines,
            (SELECT coalesce(sum(amount), 0) FROM loose_tender t WHERE t.return_no = r.return_no) AS tenders
        FROM loose_return r WHERE lines <> r.amount OR tenders <> r.amount LIMIT 1
        """,
    )
    return "".join(
        f"return {return_id}: gave {amount}, lines {lines}, tenders {tenders}"
        for return_id, amount, lines, tenders in found
    )


def changed_loose(db: SqliteDatabase) -> str:
    """Return what is wrong with the first one that is no longer what the chain says of it, or an empty text."""
    links = rows(
        db,
        "SELECT subject, detail FROM audit WHERE action = ? ORDER BY audit_no",
        KIND,
    )
    for return_id, detail in links:
        back, told = stored(db, return_id), msgspec.json.decode(detail, type=EntryLink)
        if back is None:
            return f"return {return_id} is in the chain and nowhere else"
        currency = str(back.entry.detail.get("currency", ""))
        if body_hash(encode_body(body_of(back, currency=currency))) != told.sha256:
            return f"return {back.entry.number} is not what it was when it was made"
    return ""
