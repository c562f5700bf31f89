"""On account (赊账): what a member may owe, paying a sale with it, and settling what is owed."""

from __future__ import annotations

from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound
from edge.store import credit, entries, members
from edge.store.entries import Entry
from edge.stored_value import queue_papers, settled
from edge.stored_value_grants import money_account
from edge.till import Till
from rules.ledger import CASH, CUSTOMERS, ON_ACCOUNT, RECEIVABLES, Transfer, owed_account
from rules.money import AMOUNT_MAX, Minor

SETTLED = "settled"
"""Kind of the entry that settles what is owed, and reason of its transfers."""
ID_MAX = 64
REASON_MAX = 120


def set_credit_limit(till: Till, *, member_id: str, limit: Minor, reason: str) -> Refusal | None:
    """Let a member owe so much; 0 sells nothing more to them on account. What they owe already stays."""
    desk = till.desk
    db = desk.shop.store.db
    member_id = members.surviving(db, member_id)
    refusal = refuses(desk, Permission.SET_CREDIT, amount=limit)
    file = members.member(db, member_id)
    if refusal is None and (file is None or file.status != "active"):
        refusal = Refusal("member_unknown")
    if refusal is None and not 0 <= limit <= AMOUNT_MAX:
        refusal = Refusal("amount_range")
    if refusal is None and not reason.strip():
        refusal = Refusal("reason_missing")
    if refusal:
        return desk.refuse(refusal)
    assert desk.memory.staff is not None, "a lane without staff is locked"
    before = credit.credit_of(db, member_id)
    with desk.shop.store.transaction():
        credit.put_limit(db, member_id, limit, staff_id=desk.memory.staff.staff_id, at_ms=desk.now_ms())
        detail = {"limit": limit, "before": before.limit, "reason": reason.strip()[:REASON_MAX]}
        desk.note("set_credit_limit", member_id, detail)
    desk.show(sound=Sound.TAP)
    return None


def settle_account(
    till: Till, *, entry_id: str, member_id: str, amount: Minor, kind: str, given: Minor | None = None
) -> Refusal | None:
    """Take money for what a member owes, all or some of it; a second press with the same id changes nothing.

    Args:
        entry_id: made by the screen that asks.
        kind: cash, card or scan.
        given: what was handed over in cash; exactly the amount where it is left out.
    """
    desk, shop = till.desk, till.desk.shop
    db = shop.store.db
    if entries.stored(db, entry_id) is not None:
        return None
    member_id = members.surviving(db, member_id)
    found = credit.credit_of(db, member_id)
    refusal = shop.refuses_sales(desk.lane) or (Refusal("locked") if desk.memory.staff is None else None)
    if refusal is None and not 0 < amount <= found.owed:
        refusal = Refusal("account_owes", {"owed_minor": max(found.owed, 0)})
    answer = refusal or settled(amount, kind, given)
    if isinstance(answer, Refusal) or not 1 <= len(entry_id) <= ID_MAX:
        return desk.refuse(answer if isinstance(answer, Refusal) else Refusal("amount_range"))
    assert desk.memory.staff is not None, "a lane without staff is locked"
    now_ms, tender = desk.now_ms(), answer.tenders[0]
    today = shop.clock.business_date(now_ms).isoformat()
    with shop.store.transaction():
        number = entries.next_number(db, store_id=shop.config.store.id, lane=desk.lane, business_date=today, letter="A")
        entry = Entry(
            entry_id, SETTLED, now_ms, today,
            (
                Transfer(CASH, CUSTOMERS, money_account(desk.lane, tender.kind), amount, SETTLED),
                Transfer(ON_ACCOUNT, RECEIVABLES, owed_account(member_id), amount, SETTLED),
            ),
            member_id=member_id, lane=desk.lane, staff_id=desk.memory.staff.staff_id, number=number,
            detail={"tender": tender.kind, "paid": amount, "given": tender.given, "change": answer.change,
                    "owed_after": found.owed - amount},
        )  # fmt: skip
        entries.record(db, entry)
        queue_papers(desk, entry_id, is_cash=kind == CASH)
    shop.committed()
    notice = Refusal("account_settled", {"amount_minor": amount, "change_minor": answer.change, "number": number})
    desk.show(sound=Sound.PAID, notice=notice)
    return None
