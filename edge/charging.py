"""Payment codes at a lane: what a person does with them. The answers of the gateways come in `edge.charging_replies`.

The till never waits for the network: a charge is written here, handed to the threads that call, and shown as it goes.
"""

from __future__ import annotations

from edge.desk import Desk, HasDesk
from edge.ids import new_id
from edge.paying import TOLD_ANEW, payable, rest_of, undo_all
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound, Stage
from edge.store import charges
from edge.store.charges import Charge, Step
from rules.charges import CHANNELS, ChargeState, Reason, cancelled
from rules.codes import Code
from rules.money import AMOUNT_MAX, Minor

REASON_MAX = 120


def take_code(desk: Desk, code: Code) -> Refusal | None:
    """Charge a payment code that was scanned: what is due, or the part that was named before."""
    shop, memory = desk.shop, desk.memory
    door = shop.charges
    if memory.basket is None or memory.stage is not Stage.PAYING:
        return desk.refuse(Refusal("stale_sale"))
    if memory.charge is not None:
        return desk.refuse(Refusal("charge_running"))
    if door is None or not door.takes(code.channel):
        # Where others are charged, the customer may show another one.
        is_any_taken = door is not None and any(door.takes(each) for each in CHANNELS)
        return desk.refuse(Refusal("charge_other_wallet" if is_any_taken else "payment_code_not_charged"))
    # What is due is asked first; the amount is looked at once more with it.
    quoted = payable(desk, code.channel, memory.charge_next or 1)
    if isinstance(quoted, Refusal):
        return desk.refuse(quoted, tells=quoted.code in TOLD_ANEW)
    rest = rest_of(desk, quoted[2])
    amount = memory.charge_next or rest
    if not 0 < amount <= rest:
        return desk.refuse(Refusal("tender_over", {"due_minor": rest}))
    assert memory.staff is not None, "a lane without staff is locked"
    now_ms, charge_id = desk.now_ms(), new_id(shop.clock)
    charge = Charge(
        charge_id=charge_id, order_no=charge_id, sale_id=memory.basket.sale_id, lane=desk.lane,
        staff_id=memory.staff.staff_id, kind=code.channel, amount=amount, masked=code.text,
        state=ChargeState.CREATED, reason=Reason.NONE, transaction_id="",
        business_date=shop.clock.business_date(now_ms).isoformat(), created_ms=now_ms,
    )  # fmt: skip
    with shop.store.transaction():
        charges.add(shop.store.db, charge)
        desk.note("charge", charge_id, {"kind": charge.kind, "amount": amount, "sale": charge.sale_id})
    desk.set(charge=charge, charge_next=0, seen_ms=now_ms)
    desk.show(sound=Sound.SCAN)
    door.hand_over(charge_id, code.secret)
    return None


def charge_next(till: HasDesk, amount: Minor) -> Refusal | None:
    """Let the next payment code be charged so much; 0: all that is due."""
    desk = till.desk
    if desk.memory.stage is not Stage.PAYING or desk.memory.charge is not None:
        return desk.refuse(Refusal("charge_running" if desk.memory.charge else "stale_sale"))
    if not 0 <= amount <= AMOUNT_MAX:
        return desk.refuse(Refusal("amount_range"))
    desk.set(charge_next=amount)
    desk.show(sound=Sound.TAP)
    return None


def cancel_charge(till: HasDesk, charge_id: str) -> Refusal | None:
    """Want the charge at the lane no longer: what was sent is undone, and pays for nothing whatever comes."""
    desk = till.desk
    charge = desk.memory.charge
    if charge is None or charge.charge_id != charge_id:
        return desk.refuse(Refusal("charge_gone"))
    state = cancelled(charge.state)
    with desk.shop.store.transaction():
        step = Step(desk.now_ms(), staff_id=_who(desk))
        charges.move(desk.shop.store.db, charge, state, step, reason=Reason.CANCELLED)
        desk.note("charge_cancelled", charge_id, {"was": charge.state.value})
    desk.set(charge=None)
    desk.shop.committed()
    desk.show(notice=Refusal("charge_cancelled" if state is ChargeState.FAILED else "charge_reversing"))
    return None


def ask_again(till: HasDesk, charge_id: str) -> Refusal | None:
    """Do at once what is due with a charge or a refund."""
    desk = till.desk
    if desk.shop.charges is None:
        return desk.refuse(Refusal("payment_code_not_charged"))
    desk.shop.charges.ask_now(charge_id)
    desk.show(sound=Sound.TAP)
    return None


def settle_by_hand(till: HasDesk, charge_id: str, reason: str) -> Refusal | None:
    """Close a charge that its gateway refuses to undo: somebody gave the money back in the merchant's account."""
    desk = till.desk
    charge = charges.charge_of(desk.shop.store.db, charge_id)
    if charge is None or charge.state is not ChargeState.STUCK:
        return desk.refuse(Refusal("charge_gone"))
    if not reason.strip():
        return desk.refuse(Refusal("reason_missing"))
    refusal = refuses(desk, Permission.ADJUST_BALANCE, amount=charge.amount)
    if refusal:
        return desk.refuse(refusal)
    with desk.shop.store.transaction():
        step = Step(desk.now_ms(), staff_id=_who(desk))
        charges.move(desk.shop.store.db, charge, ChargeState.REVERSED, step, reason=Reason.BY_HAND)
        desk.note("charge_by_hand", charge_id, {"amount": charge.amount, "reason": reason.strip()[:REASON_MAX]})
    desk.shop.committed()
    desk.show(sound=Sound.TAP)
    return None


def undo_tenders(till: HasDesk) -> Refusal | None:
    """Give every tender of the sale back, the last one first."""
    return undo_all(till.desk)


def _who(desk: Desk) -> str:
    return desk.memory.staff.staff_id if desk.memory.staff else ""
