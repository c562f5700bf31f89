"""Charges of payment codes and their refunds: on the disk before any call, each step kept, none ever taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from peewee import SqliteDatabase

from edge.store.database import execute, row, rows
from rules.charge_refunds import Charged, RefundState
from rules.charges import CHANNELS, RUNNING, ChargeState, Reason
from rules.money import Minor

COLUMNS: Final = (
    "charge_id, order_no, sale_id, lane, staff_id, kind, amount, masked, state, reason, transaction_id, business_date,"
    " created_ms, sent_ms, done_ms"
)
REFUND_COLUMNS: Final = (
    "refund_id, charge_id, return_id, lane, staff_id, amount, state, reason, transaction_id, created_ms, done_ms"
)
OPEN_SQL: Final = "state IN ('created', 'paying', 'user_paying', 'unknown', 'reversing')"
REFUND_OPEN_SQL: Final = "state IN ('created', 'refunding')"
OPEN_MAX: Final = 500
"""Open charges that are looked at; more than any shop has."""
RECENT_MAX: Final = 30
KINDS_SQL: Final = ", ".join(f"'{kind}'" for kind in CHANNELS)


@dataclass(frozen=True, slots=True)
class Charge:
    """One attempt to take money from a payment code."""

    charge_id: str
    order_no: str
    """The number that the gateway knows it by."""
    sale_id: str
    """Of the basket that it pays for."""
    lane: int
    staff_id: str
    kind: str
    """The channel, and the kind of tender: wechat, alipay, unionpay."""
    amount: Minor
    masked: str
    """First six and last four digits of the code."""
    state: ChargeState
    reason: Reason
    transaction_id: str
    """The gateway's own number; empty before it is paid."""
    business_date: str
    created_ms: int
    sent_ms: int | None = None
    done_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Something of a charge that goes back."""

    refund_id: str
    charge_id: str
    return_id: str
    lane: int
    staff_id: str
    amount: Minor
    state: RefundState
    reason: Reason
    transaction_id: str
    created_ms: int
    done_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What made a charge what it is."""

    at_ms: int
    deed: str = ""
    told: str = ""
    staff_id: str = ""
    """A person who wanted it; empty where it was an answer."""


def _charge(found: Sequence[object]) -> Charge:
    return Charge(*found[:8], ChargeState(found[8]), Reason(found[9]), *found[10:])  # type: ignore[call-arg, arg-type]


def _refund(found: Sequence[object]) -> Refund:
    return Refund(*found[:6], RefundState(found[6]), Reason(found[7]), *found[8:])  # type: ignore[call-arg, arg-type]


def add(db: SqliteDatabase, charge: Charge) -> None:
    """Write a new charge within the caller's transaction."""
    execute(
        db,
        f"INSERT INTO charge ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        charge.charge_id, charge.order_no, charge.sale_id, charge.lane, charge.staff_id, charge.kind, charge.amount,
        charge.masked, charge.state.value, charge.reason.value, charge.transaction_id, charge.business_date,
        charge.created_ms, charge.sent_ms, charge.done_ms,
    )  # fmt: skip
    _keep_step(db, charge.charge_id, charge.state, charge.reason, Step(charge.created_ms, staff_id=charge.staff_id))


def move(
    db: SqliteDatabase, charge: Charge, state: ChargeState, step: Step, *, reason: Reason | None = None,
    transaction_id: str = "",
) -> None:  # fmt: skip
    """Bring a charge to a state within the caller's transaction, and keep why; one that stays the same is not written.

    Args:
        reason: None leaves what it was.
    """
    reason = charge.reason if reason is None else reason
    if (state, reason) == (charge.state, charge.reason):
        return
    is_sent = state is ChargeState.PAYING and charge.sent_ms is None
    is_over = state not in RUNNING and state is not ChargeState.REVERSING
    execute(
        db,
        "UPDATE charge SET state = ?, reason = ?, transaction_id = CASE WHEN ? = '' THEN transaction_id ELSE ? END,"
        " sent_ms = CASE WHEN ? THEN ? ELSE sent_ms END, done_ms = ? WHERE charge_id = ?",
        state.value, reason.value, transaction_id, transaction_id, int(is_sent), step.at_ms,
        step.at_ms if is_over else None, charge.charge_id,
    )  # fmt: skip
    _keep_step(db, charge.charge_id, state, reason, step)


def _keep_step(db: SqliteDatabase, charge_id: str, state: ChargeState, reason: Reason, step: Step) -> None:
    execute(
        db,
        "INSERT INTO charge_step (charge_id, at_ms, state, deed, told, reason, staff_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
        charge_id, step.at_ms, state.value, step.deed, step.told, reason.value, step.staff_id,
    )  # fmt: skip


def charge_of(db: SqliteDatabase, charge_id: str) -> Charge | None:
    found = row(db, f"SELECT {COLUMNS} FROM charge WHERE charge_id = ?", charge_id)  # noqa: S608
    return _charge(found) if found else None


def running(db: SqliteDatabase, lane: int) -> Charge | None:
    """Return the charge that a lane waits for; there is one at most."""
    found = row(
        db,
        f"SELECT {COLUMNS} FROM charge WHERE lane = ? AND {OPEN_SQL} AND state <> 'reversing'"  # noqa: S608
        " ORDER BY created_ms DESC LIMIT 1",
        lane,
    )
    return _charge(found) if found else None


def open_charges(db: SqliteDatabase) -> tuple[Charge, ...]:
    """Return every charge with which something is still to be done, those that a lane waits for first."""
    found = rows(
        db,
        f"SELECT {COLUMNS} FROM charge WHERE {OPEN_SQL}"  # noqa: S608
        " ORDER BY state = 'reversing', created_ms LIMIT ?",
        OPEN_MAX,
    )
    return tuple(map(_charge, found))


def open_refunds(db: SqliteDatabase) -> tuple[Refund, ...]:
    found = rows(
        db,
        f"SELECT {REFUND_COLUMNS} FROM charge_refund WHERE {REFUND_OPEN_SQL} ORDER BY created_ms LIMIT ?",  # noqa: S608
        OPEN_MAX,
    )
    return tuple(map(_refund, found))


def recent(db: SqliteDatabase, *, lane: int = 0) -> tuple[Charge, ...]:
    """Return the newest charges of a lane, or of all: those that nobody has an end for yet come first."""
    found = rows(
        db,
        f"SELECT {COLUMNS} FROM charge WHERE lane = ? OR ? = 0"  # noqa: S608
        f" ORDER BY {OPEN_SQL} OR state = 'stuck' DESC, created_ms DESC LIMIT ?",
        lane, lane, RECENT_MAX,
    )  # fmt: skip
    return tuple(map(_charge, found))


def recent_refunds(db: SqliteDatabase) -> tuple[Refund, ...]:
    found = rows(
        db,
        f"SELECT {REFUND_COLUMNS} FROM charge_refund"  # noqa: S608
        " ORDER BY state IN ('created', 'refunding', 'refused') DESC, created_ms DESC LIMIT ?",
        RECENT_MAX,
    )
    return tuple(map(_refund, found))


def still_open(db: SqliteDatabase) -> tuple[int, int]:
    """Return how many charges and refunds go back to customers, and how many do not go on without a person."""
    found = row(
        db,
        f"SELECT (SELECT count(*) FROM charge WHERE {OPEN_SQL} AND state = 'reversing')"  # noqa: S608
        f" + (SELECT count(*) FROM charge_refund WHERE {REFUND_OPEN_SQL}),"
        " (SELECT count(*) FROM charge WHERE state = 'stuck')"
        " + (SELECT count(*) FROM charge_refund WHERE state = 'refused')",
    )
    assert found is not None
    return int(found[0]), int(found[1])


def refund_of(db: SqliteDatabase, refund_id: str) -> Refund | None:
    found = row(db, f"SELECT {REFUND_COLUMNS} FROM charge_refund WHERE refund_id = ?", refund_id)  # noqa: S608
    return _refund(found) if found else None


def refunds_of_return(db: SqliteDatabase, return_id: str) -> tuple[Refund, ...]:
    found = rows(
        db,
        f"SELECT {REFUND_COLUMNS} FROM charge_refund WHERE return_id = ? ORDER BY refund_id",  # noqa: S608
        return_id,
    )
    return tuple(map(_refund, found))


def add_refund(db: SqliteDatabase, refund: Refund) -> None:
    """Write a new refund within the transaction of its return."""
    execute(
        db,
        f"INSERT INTO charge_refund ({REFUND_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        refund.refund_id, refund.charge_id, refund.return_id, refund.lane, refund.staff_id, refund.amount,
        refund.state.value, refund.reason.value, refund.transaction_id, refund.created_ms, refund.done_ms,
    )  # fmt: skip


def move_refund(
    db: SqliteDatabase, refund: Refund, state: RefundState, *, at_ms: int, reason: Reason, transaction_id: str = ""
) -> None:
    """Bring a refund to a state within the caller's transaction."""
    is_over = state in (RefundState.REFUNDED, RefundState.REFUSED, RefundState.IN_CASH)
    execute(
        db,
        "UPDATE charge_refund SET state = ?, reason = ?,"
        " transaction_id = CASE WHEN ? = '' THEN transaction_id ELSE ? END, done_ms = ? WHERE refund_id = ?",
        state.value, reason.value, transaction_id, transaction_id, at_ms if is_over else None, refund.refund_id,
    )  # fmt: skip


def charged_of_sale(db: SqliteDatabase, sale_id: str) -> tuple[Charged, ...]:
    """Return what a sale charged, with what of each went back or is on its way; in the order in which it was taken."""
    found = rows(
        db,
        "SELECT c.charge_id, c.kind, c.amount, coalesce((SELECT sum(r.amount) FROM charge_refund r"
        " WHERE r.charge_id = c.charge_id), 0) FROM sale s JOIN sale_tender t ON t.sale_no = s.sale_no"
        " JOIN charge c ON c.charge_id = t.ref WHERE s.sale_id = ? AND c.state = 'paid' ORDER BY t.tender_no",
        sale_id,
    )
    return tuple(Charged(*each) for each in found)


def wrong_charge(db: SqliteDatabase) -> str:
    """Return what is wrong with the first charge that is not where its money is, or an empty text.

    What is paid belongs to exactly one tender, of its own sale and for its own amount: a closed sale's, or one that a
    lane holds. What is not paid belongs to none.
    """
    found = rows(
        db,
        f"""
        WITH held AS (
            SELECT t.ref, t.kind, t.amount, s.sale_id FROM sale s JOIN sale_tender t ON t.sale_no = s.sale_no
            WHERE t.kind IN ({KINDS_SQL}) AND t.ref <> ''
            UNION ALL
            SELECT json_extract(e.value, '$.ref'), json_extract(e.value, '$.kind'), json_extract(e.value, '$.given'),
                c.sale_id FROM lane_state l JOIN json_each(l.tenders) e
                JOIN charge c ON c.charge_id = json_extract(e.value, '$.ref')
        ), counted AS (SELECT ref, count(*) AS tenders, min(kind) AS kind, sum(amount) AS amount,
            min(sale_id) AS sale_id FROM held GROUP BY ref)
        SELECT coalesce(c.charge_id, h.ref), c.state, coalesce(h.tenders, 0), c.amount, coalesce(h.amount, 0)
        FROM charge c FULL JOIN counted h ON h.ref = c.charge_id
        WHERE c.charge_id IS NULL OR (c.state = 'paid') <> (coalesce(h.tenders, 0) = 1)
            OR coalesce(h.tenders, 0) > 1 OR (c.state = 'paid'
            AND (h.amount <> c.amount OR h.kind <> c.kind OR h.sale_id <> c.sale_id))
        ORDER BY 1 LIMIT 1
        """,  # noqa: S608
    )
    if found:
        charge_id, state, tenders, amount, held = found[0]
        return f"charge {charge_id} of {amount} is {state or 'nowhere'}: tenders {tenders}, of {held}"
    found = rows(
        db,
        """
        SELECT c.charge_id, c.amount, sum(r.amount), c.state FROM charge_refund r
        JOIN charge c ON c.charge_id = r.charge_id GROUP BY c.charge_id
        HAVING sum(r.amount) > c.amount OR c.state <> 'paid' LIMIT 1
        """,
    )
    return "".join(f"charge {who} of {whole} is {state}: refunds of {back}" for who, whole, back, state in found)
