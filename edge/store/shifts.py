"""Shifts: opened at a lane, read at any time, closed once with a numbered report that is never changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
from peewee import SqliteDatabase

from edge.messages import ShiftBody, body_hash, encode_body
from edge.store import audit, ledger, outbox, printjobs
from edge.store.database import execute, row, rows, scalar
from rules.ledger import CASH, drawer_account
from rules.money import Minor
from rules.shift import BesideSum, DrawerSum, ShiftReport, TenderSum, z_number

EVENTS = (
    "void_line",
    "void_basket",
    "line_discount",
    "basket_discount",
    "price_change",
    "no_sale",
    "undo_tender",
    "hold",
    "approved",
)
"""What of the chain a report counts."""


@dataclass(frozen=True, slots=True)
class OpenShift:
    shift_no: int
    shift_id: str
    lane: int
    business_date: str
    opened_by: str
    opened_ms: int
    float_amount: Minor
    transfer_from: int
    entry_from: int
    audit_from: int


class ShiftLink(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit chain holds of a Z report."""

    number: str
    sha256: str
    """Of the report as it is kept and told."""


def open_shift(db: SqliteDatabase, lane: int) -> OpenShift | None:
    """Return the shift that is open at a lane."""
    found = row(
        db,
        "SELECT shift_no, shift_id, lane, business_date, opened_by, opened_ms, float_amount, transfer_from, entry_from,"
        " audit_from FROM shift WHERE lane = ? AND closed_ms IS NULL",
        lane,
    )
    return OpenShift(*found) if found else None


def begin(
    db: SqliteDatabase, *, shift_id: str, lane: int, business_date: str, staff_id: str, at_ms: int, float_amount: Minor
) -> None:
    """Open a shift within the caller's transaction, before the transfers of its float."""
    execute(
        db,
        "INSERT INTO shift (shift_id, lane, business_date, opened_by, opened_ms, float_amount, transfer_from,"
        " entry_from, audit_from) VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(transfer_id), 0) FROM transfer),"
        " (SELECT coalesce(max(entry_no), 0) FROM entry), (SELECT coalesce(max(audit_no), 0) FROM audit))",
        shift_id, lane, business_date, staff_id, at_ms, float_amount,
    )  # fmt: skip


def report(db: SqliteDatabase, shift: OpenShift, *, at_ms: int) -> ShiftReport:
    """Return what an open shift did so far."""
    sums = row(
        db,
        "SELECT count(*), coalesce(sum(gross), 0), coalesce(sum(discount), 0), coalesce(sum(total), 0),"
        " coalesce(sum(tax), 0) FROM sale WHERE shift_id = ?",
        shift.shift_id,
    )
    returns = row(
        db,
        "SELECT count(*), coalesce(sum(r.amount), 0) FROM"
        " (SELECT return_id, amount FROM sale_return UNION ALL SELECT return_id, amount FROM loose_return) r"
        " JOIN entry e ON e.entry_id = r.return_id WHERE e.lane = ? AND e.entry_no > ?",
        shift.lane,
        shift.entry_from,
    )
    assert sums is not None and returns is not None
    return ShiftReport(
        shift_id=shift.shift_id, lane=shift.lane, business_date=shift.business_date, opened_by=shift.opened_by,
        opened_ms=shift.opened_ms, at_ms=max(at_ms, shift.opened_ms), sales=sums[0], gross=sums[1], discount=sums[2],
        total=sums[3], tax=sums[4], returns=returns[0], refunded=returns[1], tenders=_tenders(db, shift),
        drawer=_drawer(db, shift), beside=_beside(db, shift), events=_events(db, shift),
        expected=ledger.balance(db, drawer_account(shift.lane), CASH),
    )  # fmt: skip


def _tenders(db: SqliteDatabase, shift: OpenShift) -> tuple[TenderSum, ...]:
    found = rows(
        db,
        """
        SELECT kind, sum(taken), sum(returned) FROM (
            SELECT t.kind, t.amount AS taken, 0 AS returned FROM sale s JOIN sale_tender t ON t.sale_no = s.sale_no
            WHERE s.shift_id = ?
            UNION ALL SELECT t.kind, 0, t.amount FROM entry e JOIN sale_return r ON r.return_id = e.entry_id
            JOIN return_tender t ON t.return_no = r.return_no WHERE e.lane = ? AND e.entry_no > ?
            UNION ALL SELECT t.kind, 0, t.amount FROM entry e JOIN loose_return r ON r.return_id = e.entry_id
            JOIN loose_tender t ON t.return_no = r.return_no WHERE e.lane = ? AND e.entry_no > ?
        ) GROUP BY kind ORDER BY kind
        """,
        shift.shift_id,
        shift.lane,
        shift.entry_from,
        shift.lane,
        shift.entry_from,
    )
    return tuple(TenderSum(*each) for each in found)


def _beside(db: SqliteDatabase, shift: OpenShift) -> tuple[BesideSum, ...]:
    found = rows(
        db,
        """
        WITH mine AS (SELECT * FROM entry WHERE lane = ? AND entry_no > ?)
        SELECT reason, kind, sum(taken), sum(given) FROM (
            SELECT kind AS reason, detail ->> 'tender' AS kind, detail ->> 'paid' AS taken, 0 AS given FROM mine
            WHERE mine.kind IN ('top_up', 'settled')
            UNION ALL SELECT mine.kind, detail ->> 'tender', 0, detail ->> 'paid_back' FROM mine
            WHERE mine.kind = 'top_up_refund'
            UNION ALL SELECT mine.kind, detail ->> 'paid_by', detail ->> 'money', 0 FROM mine WHERE mine.kind = 'gift'
            UNION ALL SELECT v.kind, g.detail ->> 'paid_by', 0, g.detail ->> 'money' FROM mine v
            JOIN entry g ON g.entry_id = v.of_id WHERE v.kind = 'gift_void'
        ) GROUP BY reason, kind HAVING sum(taken) + sum(given) > 0 ORDER BY reason, kind
        """,
        shift.lane,
        shift.entry_from,
    )
    return tuple(BesideSum(*each) for each in found)


def _drawer(db: SqliteDatabase, shift: OpenShift) -> tuple[DrawerSum, ...]:
    drawer = drawer_account(shift.lane)
    found = rows(
        db,
        "SELECT reason, sum(CASE WHEN to_account = ? THEN amount ELSE 0 END),"
        " sum(CASE WHEN from_account = ? THEN amount ELSE 0 END) FROM transfer"
        " WHERE transfer_id > ? AND unit = ? AND (to_account = ? OR from_account = ?) GROUP BY reason ORDER BY reason",
        drawer, drawer, shift.transfer_from, CASH, drawer, drawer,
    )  # fmt: skip
    return tuple(DrawerSum(*each) for each in found)


def _events(db: SqliteDatabase, shift: OpenShift) -> tuple[tuple[str, int], ...]:
    found = rows(
        db, "SELECT action, count(*) FROM audit WHERE audit_no > ? AND lane = ? GROUP BY action",
        shift.audit_from, shift.lane,
    )  # fmt: skip
    counts: dict[str, int] = dict(found)
    return tuple((action, counts[action]) for action in EVENTS if action in counts)


def close(db: SqliteDatabase, shift: OpenShift, closed: ShiftReport, *, store_id: str, currency: str) -> ShiftReport:
    """Close a shift with the next number, in the chain and told to head office, within the caller's transaction."""
    number = int(scalar(db, "SELECT coalesce(max(z_number), 0) + 1 FROM shift"))
    closed = replace(closed, number=z_number(store=store_id, number=number))
    body = encode_body(shift_body(closed, currency=currency))
    execute(
        db, "UPDATE shift SET closed_ms = ?, z_number = ?, report = ? WHERE shift_no = ?",
        closed.at_ms, number, body, shift.shift_no,
    )  # fmt: skip
    outbox.put(db, kind="shift", subject=closed.shift_id, body=body, at_ms=closed.at_ms)
    audit.note(
        db, at_ms=closed.at_ms, staff_id=closed.closed_by, lane=closed.lane, action="shift_closed",
        subject=closed.shift_id, detail=ShiftLink(number=closed.number, sha256=body_hash(body)),
    )  # fmt: skip
    return closed


def shift_body(closed: ShiftReport, *, currency: str) -> ShiftBody:
    """Return what head office is told of a closed shift, which is what the store keeps of it."""
    return ShiftBody(
        shift_id=closed.shift_id, number=closed.number, lane=closed.lane, business_date=closed.business_date,
        opened_by=closed.opened_by, opened_ms=closed.opened_ms, closed_by=closed.closed_by, closed_ms=closed.at_ms,
        currency=currency, sales=closed.sales, gross=closed.gross, discount=closed.discount, total=closed.total,
        tax=closed.tax, returns=closed.returns, refunded=closed.refunded,
        tenders=tuple((each.kind, each.taken, each.returned) for each in closed.tenders),
        drawer=tuple((each.reason, each.into, each.out) for each in closed.drawer), events=closed.events,
        expected=closed.expected, counted=closed.counted, difference=closed.difference, pieces=closed.pieces,
        left=closed.left,
        beside=tuple((each.reason, each.kind, each.into, each.out) for each in closed.beside) or msgspec.UNSET,
    )  # fmt: skip


def closed_report(db: SqliteDatabase, shift_id: str) -> ShiftReport | None:
    """Return the Z report of a shift as it was closed."""
    found = row(db, "SELECT report FROM shift WHERE shift_id = ? AND closed_ms IS NOT NULL", shift_id)
    if found is None:
        return None
    body = msgspec.json.decode(found[0], type=ShiftBody)
    return ShiftReport(
        shift_id=body.shift_id, lane=body.lane, business_date=body.business_date, opened_by=body.opened_by,
        opened_ms=body.opened_ms, at_ms=body.closed_ms, sales=body.sales, gross=body.gross, discount=body.discount,
        total=body.total, tax=body.tax, returns=body.returns, refunded=body.refunded,
        tenders=tuple(TenderSum(*each) for each in body.tenders),
        drawer=tuple(DrawerSum(*each) for each in body.drawer), events=body.events, expected=body.expected,
        number=body.number, closed_by=body.closed_by, counted=body.counted, pieces=body.pieces, left=body.left,
        beside=tuple(BesideSum(*each) for each in body.beside or ()),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClosedShift:
    """A Z report in the list of them."""

    shift_id: str
    number: str
    lane: int
    business_date: str
    closed_by: str
    closed_ms: int
    total: Minor
    refunded: Minor
    difference: Minor
    print_state: str
    """State of its newest paper, as of a receipt's."""


def closed_shifts(db: SqliteDatabase, *, limit: int) -> list[ClosedShift]:
    """Return the Z reports of the store, the newest first."""
    found = rows(db, "SELECT report FROM shift WHERE z_number IS NOT NULL ORDER BY z_number DESC LIMIT ?", limit)
    bodies = [msgspec.json.decode(each[0], type=ShiftBody) for each in found]
    return [
        ClosedShift(
            body.shift_id, body.number, body.lane, body.business_date, body.closed_by, body.closed_ms, body.total,
            body.refunded, body.difference, printjobs.state_of_sale(db, body.shift_id),
        )
        for body in bodies
    ]  # fmt: skip


def newest_closed(db: SqliteDatabase, lane: int) -> str:
    """Return the id of the shift that was closed last at a lane; empty before the first."""
    found = scalar(
        db, "SELECT shift_id FROM shift WHERE lane = ? AND z_number IS NOT NULL ORDER BY z_number DESC LIMIT 1", lane
    )
    return str(found or "")


def changed_shift(db: SqliteDatabase) -> str:
    """Return what is wrong with the first closed shift that is not what the chain says, or an empty text."""
    found = rows(
        db,
        "SELECT s.z_number, s.report, a.detail FROM shift s LEFT JOIN audit a ON a.subject = s.shift_id"
        " AND a.action = 'shift_closed' WHERE s.z_number IS NOT NULL ORDER BY s.z_number",
    )
    for expected, (number, body, detail) in enumerate(found, start=1):
        if number != expected:
            return f"Z report {expected} is missing"
        if detail is None or msgspec.json.decode(detail, type=ShiftLink).sha256 != body_hash(bytes(body)):
            return f"Z report {number} is not what it was when its shift was closed"
    return ""
