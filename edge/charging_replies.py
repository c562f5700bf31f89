"""What the gateways told, taken in on the till's thread: every change of a charge after its first is made here."""

from __future__ import annotations

from drivers.pay_gateway import RefundReply, Reply
from edge.desk import Desk, HasDesk
from edge.paying import add_paid
from edge.screen import Refusal, Sound, Stage
from edge.store import charges
from edge.store.baskets import StoredTender
from edge.store.charges import Charge, Step
from edge.store.database import Database
from rules.charge_refunds import RefundDeed, RefundState, after_refund
from rules.charges import RUNNING, ChargeState, Deed, Reason, after, resumed


def begin_paying(till: HasDesk, charge_id: str) -> bool:
    """Write that a charge goes out, and tell whether it may: a person may have thought better of it."""
    desk = till.desk
    charge = charges.charge_of(desk.shop.store.db, charge_id)
    if charge is None or charge.state is not ChargeState.CREATED:
        return False
    with desk.shop.store.transaction():
        charges.move(desk.shop.store.db, charge, ChargeState.PAYING, Step(desk.now_ms(), deed=Deed.CHARGE.value))
    _follow(desk, charge_id)
    return True


def forget(till: HasDesk, charge_id: str) -> None:
    """Give up a charge whose code is gone: the till stopped before it was sent."""
    desk = till.desk
    charge = charges.charge_of(desk.shop.store.db, charge_id)
    if charge is None or resumed(charge.state) is charge.state:
        return
    _move(desk, charge, resumed(charge.state), Step(desk.now_ms()), Reason.RESTARTED)


def take_reply(till: HasDesk, charge_id: str, deed: Deed, reply: Reply, *, is_late: bool) -> ChargeState | None:
    """Take in what a gateway told, and return the state that follows; None for a charge that is not there.

    Money that came is a tender from this commit on, and where it settles the rest, the sale is a fact.
    """
    desk = till.desk
    charge = charges.charge_of(desk.shop.store.db, charge_id)
    if charge is None:
        return None
    state = after(charge.state, deed, reply.told, is_late=is_late)
    step = Step(desk.now_ms(), deed=deed.value, told=reply.told.value)
    if state is ChargeState.PAID and charge.state in RUNNING:
        if _is_awaited(desk, charge):
            _paid(desk, charge, reply, step)
            return state
        # Nobody waits for it at the lane any more: the customer gets it back.
        state, reply = ChargeState.REVERSING, Reply(reply.told, Reason.UNDONE, reply.transaction_id)
    reason = reply.reason
    if state is ChargeState.REVERSING:
        # Why it is undone matters longer than how the last call went.
        reason = charge.reason if charge.state is ChargeState.REVERSING else reason or Reason.TOO_LATE
    elif state is ChargeState.REVERSED:
        reason = charge.reason
    elif state is ChargeState.FAILED:
        reason = reason or Reason.CLOSED
    _move(desk, charge, state, step, reason)
    return state


def _is_awaited(desk: Desk, charge: Charge) -> bool:
    memory = desk.memory
    is_here = memory.charge is not None and memory.charge.charge_id == charge.charge_id
    return is_here and memory.basket is not None and memory.basket.sale_id == charge.sale_id


def _paid(desk: Desk, charge: Charge, reply: Reply, step: Step) -> None:
    tender = StoredTender(kind=charge.kind, given=charge.amount, ref=charge.charge_id)

    def along() -> None:
        charges.move(
            desk.shop.store.db, charge, ChargeState.PAID, step, reason=Reason.NONE, transaction_id=reply.transaction_id
        )
        desk.note("charge_paid", charge.charge_id, {"transaction": reply.transaction_id}, staff_id=charge.staff_id)

    add_paid(desk, tender, along=along, staff_id=charge.staff_id, printer=desk.printer)


def _move(desk: Desk, charge: Charge, state: ChargeState, step: Step, reason: Reason) -> None:
    """Write where a charge stands now, and show it where the lane waits for it."""
    is_new = state is not charge.state
    if is_new or reason is not charge.reason:
        with desk.shop.store.transaction():
            charges.move(desk.shop.store.db, charge, state, step, reason=reason)
            if is_new and state not in RUNNING:
                detail = {"reason": reason.value, "told": step.told}
                desk.note(f"charge_{state.value}", charge.charge_id, detail, staff_id=charge.staff_id)
        _follow(desk, charge.charge_id)


def _follow(desk: Desk, charge_id: str) -> None:
    """Show what became of the charge that the lane waits for."""
    before = desk.memory.charge
    if before is None or before.charge_id != charge_id:
        return
    charge = charges.charge_of(desk.shop.store.db, charge_id)
    assert charge is not None
    if charge.state in RUNNING:
        desk.set(charge=charge)
        desk.show()
        return
    desk.set(charge=None)
    code = f"charge_{charge.reason.value or 'closed'}" if charge.state is ChargeState.FAILED else "charge_reversing"
    if charge.state is ChargeState.REVERSING and charge.reason is Reason.TOO_LATE:
        code = "charge_too_late"
    elif charge.state is ChargeState.REVERSING and charge.reason in (Reason.WRONG_AMOUNT, Reason.NOT_BELIEVED):
        code = "charge_not_believed"
    desk.show(sound=Sound.ERROR, notice=Refusal(code))


def line_changed(till: HasDesk) -> None:
    """Show a lane that is paying which codes can be charged now."""
    desk = till.desk
    if desk.memory.stage is Stage.PAYING and desk.asked is None and desk.memory.charge is None:
        desk.show(notice=desk.shop.screens.newest(desk.lane).notice)


# ------------------------------------------------------------------- without a lane


def orphan(db: Database, charge_id: str, *, at_ms: int) -> None:
    """Let a charge of a lane that is no more be undone, within the caller's transaction."""
    charge = charges.charge_of(db, charge_id)
    if charge is not None and charge.state in RUNNING:
        state = ChargeState.FAILED if charge.state is ChargeState.CREATED else ChargeState.REVERSING
        charges.move(db, charge, state, Step(at_ms), reason=Reason.UNDONE)


def take_reply_of_nobody(db: Database, charge_id: str, deed: Deed, reply: Reply, *, at_ms: int) -> ChargeState | None:
    """Take in an answer about a charge of a lane that is no more, within the caller's transaction."""
    charge = charges.charge_of(db, charge_id)
    if charge is None or charge.state in RUNNING:
        return None
    state = after(charge.state, deed, reply.told, is_late=True)
    charges.move(db, charge, state, Step(at_ms, deed.value, reply.told.value))
    return state


def begin_refund(db: Database, refund_id: str, *, at_ms: int) -> bool:
    """Write that a refund goes out, within the caller's transaction, and tell whether it may."""
    refund = charges.refund_of(db, refund_id)
    if refund is None or refund.state is not RefundState.CREATED:
        return False
    charges.move_refund(db, refund, RefundState.REFUNDING, at_ms=at_ms, reason=refund.reason)
    return True


def take_refund_reply(
    db: Database, refund_id: str, deed: RefundDeed, reply: RefundReply, *, at_ms: int
) -> RefundState | None:
    """Take in what a gateway told of a refund, within the caller's transaction."""
    refund = charges.refund_of(db, refund_id)
    if refund is None:
        return None
    state = after_refund(refund.state, deed, reply.told)
    if (state, reply.reason) != (refund.state, refund.reason):
        charges.move_refund(db, refund, state, at_ms=at_ms, reason=reply.reason, transaction_id=reply.transaction_id)
    return state
