"""Money of a return that goes back to the payment codes that it came from, and what a person does where it does not."""

from __future__ import annotations

from edge.desk import Desk, HasDesk
from edge.ids import new_id
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound
from edge.store import charges, entries
from edge.store.charges import Refund
from edge.store.entries import Entry
from edge.store.ledger import InsufficientError
from edge.store.returns import Return
from edge.till_drawer import kick
from rules.charge_refunds import RefundState, shared
from rules.charges import CHANNELS, Reason
from rules.ledger import CASH, TENDERS, Transfer, drawer_account


def begin_refunds(desk: Desk, back: Return) -> None:
    """Write what goes back to which charge, within the transaction of the return: from its commit on it is owed."""
    db = desk.shop.store.db
    # Paid back in cash, nothing of it goes by a code.
    if not any(kind in CHANNELS for kind, _ in back.tenders):
        return
    by_code = [leg for leg in back.legs if leg.kind in CHANNELS]
    for root in dict.fromkeys(leg.root for leg in by_code):
        amounts = [(leg.kind, leg.amount) for leg in by_code if leg.root == root]
        for charge_id, amount in shared(amounts, charges.charged_of_sale(db, root)):
            refund = Refund(
                refund_id=new_id(desk.shop.clock), charge_id=charge_id, return_id=back.entry.entry_id, lane=desk.lane,
                staff_id=back.entry.staff_id, amount=amount, state=RefundState.CREATED, reason=Reason.NONE,
                transaction_id="", created_ms=back.entry.at_ms,
            )  # fmt: skip
            charges.add_refund(db, refund)


def retry_refund(till: HasDesk, refund_id: str) -> Refusal | None:
    """Send a refund that was refused once more, under its own number."""
    desk = till.desk
    refund = charges.refund_of(desk.shop.store.db, refund_id)
    if refund is None or refund.state is not RefundState.REFUSED:
        return desk.refuse(Refusal("refund_gone"))
    with desk.shop.store.transaction():
        charges.move_refund(desk.shop.store.db, refund, RefundState.CREATED, at_ms=desk.now_ms(), reason=Reason.NONE)
        desk.note("refund_retried", refund_id)
    desk.shop.committed()
    desk.show(sound=Sound.TAP)
    return None


def refund_in_cash(till: HasDesk, refund_id: str) -> Refusal | None:
    """Pay a refund out of the drawer that its gateway refused; a second press changes nothing."""
    desk = till.desk
    db = desk.shop.store.db
    refund = charges.refund_of(db, refund_id)
    if refund is None or refund.state is not RefundState.REFUSED:
        return desk.refuse(Refusal("refund_gone"))
    refusal = refuses(desk, Permission.CASH_OUT, amount=refund.amount)
    if refusal:
        return desk.refuse(refusal)
    assert desk.memory.staff is not None, "a lane without staff is locked"
    now_ms = desk.now_ms()
    # The return took it off what the terminals hold; it stays there, and the drawer pays.
    move = Transfer(CASH, drawer_account(desk.lane), TENDERS, refund.amount, "return")
    entry = Entry(
        f"{refund_id}-cash", "refund_cash", now_ms, desk.shop.clock.business_date(now_ms).isoformat(), (move,),
        lane=desk.lane, staff_id=desk.memory.staff.staff_id, approver_id=desk.approver_id, of_id=refund.return_id,
    )  # fmt: skip
    try:
        with desk.shop.store.transaction():
            entries.record(db, entry)
            charges.move_refund(db, refund, RefundState.IN_CASH, at_ms=now_ms, reason=refund.reason)
            desk.note("refund_in_cash", refund_id, {"amount": refund.amount})
            kick(desk)
    except InsufficientError as error:
        return desk.refuse(Refusal("balance_short", {"unit": error.insufficient.unit}))
    desk.shop.committed()
    desk.show(sound=Sound.TAP)
    return None
