"""Returns in the store's file: what came back of each sale, once, with everything that moves because of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from peewee import IntegrityError, SqliteDatabase

from edge.messages import ReturnBody, ReturnLineBody, TenderBody, body_hash, encode_body
from edge.store import audit, entries, exchanges, members, outbox
from edge.store.database import execute, execute_many, row, rows, scalar
from edge.store.entries import Entry
from edge.store.sales import stored_sale
from rules.exchange import Leg
from rules.ledger import LotUse
from rules.returns import RefundLine, ReturnedLine
from rules.reversal import LotBack
from rules.sale import Sale
from rules.tender import ROUNDING


class ReturnedTwiceError(Exception):
    """Raised inside the writer's transaction: another lane took a unit back meanwhile."""


@dataclass(frozen=True, slots=True)
class Return:
    """Some of a sale that came back. Its `entry` holds who, when, why and what moved."""

    entry: Entry
    sale: Sale
    lines: tuple[RefundLine, ...]
    restocked: tuple[bool, ...]
    """By line: back onto the shelf."""
    tenders: tuple[tuple[str, int], ...]
    """Kind and amount of what was paid back; the kinds `gift` and `principal` are stored value."""
    points_taken: int = 0
    points_given: int = 0
    points_excused: int = 0
    """Points of the sale that had expired: nothing is left of them to take back."""
    withheld: int = 0
    legs: tuple[Leg, ...] = ()
    """To which tenders of which sales it was paid back; empty where its own sale's say it all."""
    carried: tuple[Leg, ...] = ()
    """In an exchange: what of those legs paid for the other sale instead."""
    paid_for: str = ""
    """The sale that it was exchanged for; empty without one."""

    @property
    def amount(self) -> int:
        """What was paid back: in an exchange what it paid for among it, and what cash was rounded by."""
        return sum(amount for _, amount in self.tenders)

    @property
    def handed_back(self) -> int:
        """What the customer gets."""
        return sum(amount for kind, amount in self.tenders if kind != ROUNDING)

    @property
    def clawed_back(self) -> int:
        return sum(line.clawed_back for line in self.lines)


@dataclass(frozen=True, slots=True)
class ReturnLink:
    """What the audit chain holds of a return."""

    number: str
    amount: int
    sha256: str
    currency: str


@dataclass(frozen=True, slots=True)
class BackSoFar:
    """What came back of a sale in earlier returns."""

    lines: tuple[ReturnedLine, ...] = ()
    legs: tuple[Leg, ...] = ()
    """What of the sale's legs was paid back or carried over."""
    clawed_back: int = 0
    points_given: int = 0
    points_taken: int = 0
    points_excused: int = 0
    withheld: int = 0

    @property
    def paid(self) -> int:
        return sum(leg.amount for leg in self.legs)


def sale_no(db: SqliteDatabase, sale_id: str) -> int | None:
    found = scalar(db, "SELECT sale_no FROM sale WHERE sale_id = ?", sale_id)
    return None if found is None else int(found)


def so_far(db: SqliteDatabase, sale_id: str) -> BackSoFar:
    """Return what came back of a sale up to now."""
    number = sale_no(db, sale_id)
    units: dict[int, list[int]] = {}
    for line, unit in rows(
        db, "SELECT line_no, unit FROM returned_unit WHERE sale_no = ? ORDER BY line_no, unit", number
    ):
        units.setdefault(line, []).append(unit)
    sums = row(
        db,
        "SELECT coalesce(sum(clawed_back), 0), coalesce(sum(points_given), 0), coalesce(sum(points_taken), 0),"
        " coalesce(sum(points_excused), 0), coalesce(sum(withheld), 0) FROM sale_return WHERE sale_no = ?",
        number,
    )
    assert sums is not None
    return BackSoFar(
        tuple(ReturnedLine(line, tuple(each)) for line, each in units.items()), exchanges.gone_of(db, sale_id), *sums
    )


def lots_used(db: SqliteDatabase, sale_id: str, unit: str, *, paid_by: str, account: str) -> tuple[LotBack, ...]:
    """Return what a sale used of the lots of a unit and has not got back, the last used first.

    Args:
        paid_by: the account that paid.
        account: the same member's account now; after a merge it is another one.
    """
    found = rows(
        db,
        """
        SELECT u.lot_id, sum(u.amount) AS used, max(u.transfer_id) AS newest, l.account = ?, l.expires_ms
        FROM transfer t JOIN lot_use u ON u.transfer_id = t.transfer_id JOIN lot l ON l.lot_id = u.lot_id
        WHERE t.sale_id = ? AND t.unit = ? AND t.from_account = ? AND t.reason = 'redemption'
        GROUP BY u.lot_id ORDER BY newest DESC, u.lot_id DESC
        """,
        account,
        sale_id,
        unit,
        paid_by,
    )
    given = int(
        scalar(
            db,
            "SELECT coalesce(sum(t.amount), 0) FROM entry e JOIN transfer t ON t.entry_no = e.entry_no"
            " WHERE e.of_id = ? AND e.kind = 'return' AND t.unit = ? AND t.reason = 'return'"
            " AND t.from_account = 'issuer' AND t.to_account IN (?, ?)",
            sale_id,
            unit,
            paid_by,
            account,
        )
    ) + exchanges.given_elsewhere(db, sale_id, unit)
    # Lots get back in this order, so what was given back before lies at its head.
    left = []
    for lot_id, used, _, is_own, expires_ms in found:
        gone = min(used, given)
        given -= gone
        if used > gone:
            left.append(LotBack(LotUse(lot_id, used - gone), bool(is_own), expires_ms))
    return tuple(left)


def record(db: SqliteDatabase, back: Return, *, currency: str) -> bool:
    """Write a return within the caller's transaction; False where one of its id was recorded before.

    Raises ReturnedTwiceError and `ledger.InsufficientError`: the caller's transaction is to be undone.
    """
    if entries.put(db, back.entry) is None:
        return False
    number = sale_no(db, back.sale.sale_id)
    assert number is not None
    return_no = execute(
        db,
        "INSERT INTO sale_return (return_id, sale_no, amount, clawed_back, points_taken, points_given, points_excused,"
        " withheld) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        back.entry.entry_id, number, back.amount, back.clawed_back, back.points_taken, back.points_given,
        back.points_excused, back.withheld,
    ).lastrowid  # fmt: skip
    assert return_no is not None
    execute_many(
        db,
        "INSERT INTO return_line VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                return_no, line.line, msgspec.json.encode(line.units).decode(), line.net, line.clawed_back, line.tax,
                int(up),
            )
            for line, up in zip(back.lines, back.restocked, strict=True)
        ],
    )  # fmt: skip
    try:
        for line in back.lines:
            for unit in line.units:
                execute(db, "INSERT INTO returned_unit VALUES (?, ?, ?, ?)", number, line.line, unit, return_no)
    except IntegrityError:
        raise ReturnedTwiceError(f"a unit of {back.sale.receipt_number} came back before") from None
    execute_many(
        db,
        "INSERT INTO return_tender VALUES (?, ?, ?, ?)",
        [(return_no, at, kind, amount) for at, (kind, amount) in enumerate(back.tenders, start=1)],
    )
    # The tenders alone tell it where the money went back as it was paid, at this sale; cash for a code does not.
    if back.carried or tuple((leg.root, leg.kind, leg.amount) for leg in back.legs) != tuple(
        (back.sale.sale_id, kind, amount) for kind, amount in back.tenders
    ):
        exchanges.put_legs(db, return_no, back.legs, back.carried)
    _keep_summaries(db, back)
    body = encode_body(return_body(back, currency=currency))
    outbox.put(db, kind="refund", subject=back.entry.entry_id, body=body, at_ms=back.entry.at_ms)
    entry = back.entry
    audit.note(
        db, at_ms=entry.at_ms, staff_id=entry.staff_id, lane=entry.lane, action="return", subject=entry.entry_id,
        detail=ReturnLink(entry.number, back.amount, body_hash(body), currency),
    )  # fmt: skip
    return True


def _keep_summaries(db: SqliteDatabase, back: Return) -> None:
    execute(
        db,
        "INSERT INTO day_stat (business_date, lane, sales, takings, discount, member_sales, returns, refunded)"
        " VALUES (?, ?, 0, 0, 0, 0, 1, ?)"
        " ON CONFLICT DO UPDATE SET returns = returns + 1, refunded = refunded + excluded.refunded",
        back.entry.business_date,
        back.entry.lane,
        back.amount,
    )
    if back.entry.member_id is not None:
        execute(
            db,
            "UPDATE member_stat SET refunded = refunded + ? WHERE member_id = ?",
            back.amount,
            members.surviving(db, back.entry.member_id),
        )


def stored(db: SqliteDatabase, return_id: str) -> Return | None:
    """Return a recorded return; its transfers without the lots that they named."""
    found = row(
        db,
        "SELECT r.return_no, s.sale_id, r.points_taken, r.points_given, r.points_excused, r.withheld"
        " FROM sale_return r"
        " JOIN sale s ON s.sale_no = r.sale_no WHERE r.return_id = ?",
        return_id,
    )
    if found is None:
        return None
    return_no, sale_id, points_taken, points_given, points_excused, withheld = found
    entry, sale = entries.stored(db, return_id), stored_sale(db, sale_id)
    assert entry is not None and sale is not None, f"return {return_id} lost its entry or its sale"
    lines = rows(
        db,
        "SELECT line_no, units, net, clawed_back, tax, is_restocked FROM return_line WHERE return_no = ?"
        " ORDER BY line_no",
        return_no,
    )
    tenders = rows(db, "SELECT kind, amount FROM return_tender WHERE return_no = ? ORDER BY tender_no", return_no)
    return Return(
        entry=entry,
        sale=sale,
        lines=tuple(
            RefundLine(line, msgspec.json.decode(units, type=tuple[int, ...]), net, clawed_back, tax)
            for line, units, net, clawed_back, tax, _ in lines
        ),
        restocked=tuple(bool(each[5]) for each in lines),
        tenders=tuple((kind, amount) for kind, amount in tenders),
        points_taken=points_taken,
        points_given=points_given,
        points_excused=points_excused,
        withheld=withheld,
        legs=exchanges.legs_of_return(db, return_no, is_carried=False),
        carried=exchanges.legs_of_return(db, return_no, is_carried=True),
        paid_for=exchanges.paid_for(db, return_id),
    )


def return_body(back: Return, *, currency: str) -> ReturnBody:
    """Return what head office is told of a return: no personal data."""
    entry = back.entry
    return ReturnBody(
        return_id=entry.entry_id, receipt_number=entry.number, sale_id=back.sale.sale_id,
        sale_number=back.sale.receipt_number, member_id=entry.member_id, lane=entry.lane, staff_id=entry.staff_id,
        approver_id=entry.approver_id, at_ms=entry.at_ms, business_date=entry.business_date, currency=currency,
        amount=back.amount, clawed_back=back.clawed_back, points_taken=back.points_taken,
        points_given=back.points_given, withheld=back.withheld,
        lines=tuple(
            ReturnLineBody(
                line=line.line, units=line.units, net=line.net, clawed_back=line.clawed_back, tax=line.tax, restocked=up
            )
            for line, up in zip(back.lines, back.restocked, strict=True)
        ),
        tenders=tuple(TenderBody(kind=kind, amount=amount, given=amount) for kind, amount in back.tenders),
        transfers=entries.transfer_bodies(entry.transfers),
        exchange_sale_id=back.paid_for or msgspec.UNSET,
    )  # fmt: skip


def wrong_return(db: SqliteDatabase) -> str:
    """Return what is wrong with the first return that does not add up, or an empty text."""
    found = rows(
        db,
        """
        SELECT r.return_id, r.amount,
            (SELECT sum(net - clawed_back) FROM return_line l WHERE l.return_no = r.return_no) - r.withheld AS lines,
            (SELECT coalesce(sum(amount), 0) FROM return_tender t WHERE t.return_no = r.return_no) AS tenders,
            (SELECT count(*) FROM returned_unit u WHERE u.return_no = r.return_no) AS units,
            (SELECT sum(json_array_length(units)) FROM return_line l WHERE l.return_no = r.return_no) AS told
        FROM sale_return r WHERE lines <> r.amount OR tenders <> r.amount OR units <> told LIMIT 1
        """,
    )
    return "".join(
        f"return {return_id}: paid back {amount}, lines {lines}, tenders {tenders}, units {units} of {told}"
        for return_id, amount, lines, tenders, units, told in found
    )


def changed_return(db: SqliteDatabase) -> str:
    """Return what is wrong with the first return that is no longer what the chain says of it, or an empty text."""
    links = rows(db, "SELECT subject, detail FROM audit WHERE action = 'return' ORDER BY audit_no")
    for return_id, detail in links:
        told = msgspec.json.decode(detail, type=ReturnLink)
        back = stored(db, return_id)
        if back is None:
            return f"return {return_id} is in the chain and nowhere else"
        if body_hash(encode_body(return_body(back, currency=told.currency))) != told.sha256:
            return f"return {back.entry.number} is not what it was when it was made"
    return ""


def returns_of(db: SqliteDatabase, sale_id: str) -> Sequence[tuple[str, str, int, int]]:
    """Return the returns of a sale, oldest first: id, receipt number, moment, what was paid back."""
    return rows(
        db,
        "SELECT e.entry_id, e.number, e.at_ms, r.amount FROM sale s JOIN sale_return r ON r.sale_no = s.sale_no"
        " JOIN entry e ON e.entry_id = r.return_id WHERE s.sale_id = ? ORDER BY r.return_no",
        sale_id,
    )
