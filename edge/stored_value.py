"""Paying money in and refunding it, at the till, without leaving the sale."""

from __future__ import annotations

from dataclasses import dataclass

from edge import stored_value_pay
from edge.desk import Desk
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound, Stage
from edge.shop import Shop
from edge.store import entries, ledger, members, printjobs, stored_value
from edge.store.entries import Entry
from edge.store.ledger import InsufficientError
from edge.store.stored_value import StoredTopUp
from edge.stored_value_grants import gift_of, give_due_to, money_account, record_top_up
from edge.till import Till
from rules.ledger import (
    CASH,
    CUSTOMERS,
    ISSUER,
    STORED_VALUE,
    STORED_VALUE_GIFT,
    LotUse,
    Transfer,
    member_account,
)
from rules.money import AMOUNT_MAX, Minor
from rules.stored_value import TopUpRefund, refund_top_up
from rules.tender import Offer, Overpaid, Settlement, settle

PAID_IN_BY = ("cash", "card", "scan")
"""How money is paid in. Stored value is not among them: it would breed."""
PAID_OUT_BY = ("cash", "card")
REFUND = "top_up_refund"
EVERYTHING = ""
"""In the place of a top-up: all that is left of them, and what no top-up brought."""
REASON_MAX = 120
ID_MAX = 40


# ------------------------------------------------------------------------------------------------------- paying in


def top_up(
    till: Till, *, entry_id: str, member_id: str, amount: Minor, kind: str, given: Minor | None = None
) -> Refusal | None:
    """Take money that a member pays in and give what the rules give for it; a second press changes nothing.

    Args:
        entry_id: made by the screen that asks.
        kind: one of PAID_IN_BY.
        given: what was handed over in cash; exactly the amount where it is left out.
    """
    desk, shop = till.desk, till.desk.shop
    if entries.stored(shop.store.db, entry_id) is not None:
        return None
    member_id = members.surviving(shop.store.db, member_id)
    answer = may_top_up(desk, member_id, amount) or settled(amount, kind, given)
    if isinstance(answer, Refusal) or not 1 <= len(entry_id) <= ID_MAX:
        return desk.refuse(answer if isinstance(answer, Refusal) else Refusal("amount_range"))
    assert desk.memory.staff is not None, "a lane without staff is locked"
    give_due_to(shop, member_id)
    with shop.store.transaction():
        record_top_up(
            shop, entry_id=entry_id, member_id=member_id, paid=answer, lane=desk.lane,
            staff_id=desk.memory.staff.staff_id, approver_id=desk.approver_id,
        )  # fmt: skip
        queue_papers(desk, entry_id, is_cash=kind == "cash")
    shop.committed()
    desk.show(
        sound=Sound.PAID,
        notice=Refusal("topped_up", {"amount_minor": amount, "change_minor": answer.change}),
    )
    return None


def may_top_up(desk: Desk, member_id: str, amount: Minor) -> Refusal | None:
    """Say why a member cannot pay an amount in now."""
    shop, rules = desk.shop, desk.shop.rules.stored_value
    file = members.member(shop.store.db, member_id)
    if desk.memory.stage is Stage.LOCKED:
        return Refusal("locked")
    if not rules.on:
        return Refusal("stored_value_off")
    if file is None:
        return Refusal(members.why_unknown(shop.store.db, member_id))
    if file.status != "active":
        return Refusal("member_blocked")
    least, most = max(rules.least_top_up, 1), rules.most_top_up or AMOUNT_MAX
    if not least <= amount <= most:
        return Refusal("top_up_range", {"least_minor": least, "most_minor": most})
    gift = gift_of(shop, member_id, amount)
    after = stored_value.money_of(shop.store.db, member_id, now_ms=desk.now_ms()).whole + amount
    after += gift.money if gift else 0
    if after > (rules.most_balance or AMOUNT_MAX):
        return Refusal("balance_full", {"most_minor": rules.most_balance or AMOUNT_MAX})
    return shop.refuses_sales()


def settled(amount: Minor, kind: str, given: Minor | None) -> Settlement | Refusal:
    """Return how one tender pays an amount, or why it does not.

    Args:
        kind: one of PAID_IN_BY.
        given: what was handed over; None is exactly the amount.
    """
    offered = amount if given is None else given
    if kind not in PAID_IN_BY or not 0 < offered <= AMOUNT_MAX:
        return Refusal("amount_range")
    answer = settle(amount, [Offer(kind, offered)])
    if isinstance(answer, Settlement):
        return answer
    if isinstance(answer, Overpaid):
        return Refusal("tender_over", {"due_minor": amount})
    return Refusal("tender_short", {"due_minor": amount, "given_minor": offered})


def queue_papers(desk: Desk, entry_id: str, *, is_cash: bool) -> None:
    """Queue the slip of an entry, and open the drawer for cash, within the caller's transaction."""
    db, printer = desk.shop.store.db, desk.printer
    if not printer:
        return
    if is_cash and desk.shop.has_drawer(printer):
        printjobs.put(db, printer=printer, kind="drawer", at_ms=desk.now_ms())
    printjobs.put(db, printer=printer, kind="slip", sale_id=entry_id, at_ms=desk.now_ms())


# ------------------------------------------------------------------------------------------------------- refunding


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """What a refund takes of each top-up, and of what no top-up brought."""

    parts: tuple[tuple[StoredTopUp, TopUpRefund], ...]
    loose: tuple[LotUse, ...]

    @property
    def principal(self) -> Minor:
        return sum(part.principal_taken for _, part in self.parts) + sum(use.amount for use in self.loose)

    @property
    def kept(self) -> Minor:
        """What is kept back for gift money that was spent."""
        return sum(part.kept for _, part in self.parts)

    @property
    def gift_void(self) -> Minor:
        return sum(part.gift_void for _, part in self.parts)

    @property
    def to_come_cut(self) -> Minor:
        return sum(part.to_come_cut for _, part in self.parts)

    @property
    def amount(self) -> Minor:
        """What is paid back."""
        return self.principal - self.kept

    def moves(self, account: str, money_from: str) -> tuple[Transfer, ...]:
        """Return the transfers of the refund from a member's account."""
        principal = (*self.loose, *(use for _, part in self.parts for use in part.principal))
        void = [(STORED_VALUE_GIFT, use) for _, part in self.parts for use in part.gift]
        void += [(unit, use) for _, part in self.parts for unit, uses in part.others for use in uses]
        found = [Transfer(STORED_VALUE, account, ISSUER, self.principal, "refund", from_lots=principal)]
        for unit in dict.fromkeys(unit for unit, _ in void):
            uses = tuple(use for each, use in void if each == unit)
            found.append(Transfer(unit, account, ISSUER, sum(use.amount for use in uses), "gift_void", from_lots=uses))
        if self.amount:
            found.append(Transfer(CASH, money_from, CUSTOMERS, self.amount, "refund"))
        return tuple(found)


def plan_refund(shop: Shop, member_id: str, top_up_id: str, amount: Minor = 0) -> RefundPlan | Refusal:
    """Return what a refund would move now, or why it cannot be made; nothing is changed.

    Args:
        top_up_id: EVERYTHING, or the top-up that is refunded.
        amount: what of its principal; 0 all that is left. All is refunded of EVERYTHING.
    """
    db, rules = shop.store.db, shop.rules.stored_value
    found = stored_value.top_ups_of(db, member_id)
    loose: tuple[LotUse, ...] = ()
    if top_up_id == EVERYTHING:
        if amount:
            return Refusal("amount_range")
        loose = stored_value.loose_principal(db, member_id, found)
    else:
        found = [each for each in found if each.top_up_id == top_up_id]
    if not found and not loose:
        return Refusal("nothing_to_refund")
    if found and not 0 <= amount <= found[0].state.left:
        return Refusal("refund_range", {"most_minor": found[0].state.left})
    parts = tuple(
        (
            each,
            refund_top_up(each.state, amount or each.state.left, void=rules.void, deduct_spent=rules.deduct_spent),
        )
        for each in found
    )
    return RefundPlan(parts, loose)


def refund(
    till: Till, *, entry_id: str, member_id: str, top_up_id: str, kind: str, reason: str, amount: Minor = 0
) -> Refusal | None:
    """Pay a member's money back and void the gift as the rules say; a second press changes nothing.

    Args:
        entry_id: made by the screen that asks.
        top_up_id: see `plan_refund`, which the amount follows as well.
        kind: one of PAID_OUT_BY.
    """
    desk, shop = till.desk, till.desk.shop
    db = shop.store.db
    if entries.stored(db, entry_id) is not None:
        return None
    member_id = members.surviving(db, member_id)
    plan = plan_refund(shop, member_id, top_up_id, amount)
    if isinstance(plan, Refusal):
        return desk.refuse(plan)
    refusal = refuses(desk, Permission.REFUND_STORED_VALUE, amount=plan.amount)
    if refusal is None and (kind not in PAID_OUT_BY or not 1 <= len(entry_id) <= ID_MAX):
        refusal = Refusal("amount_range")
    if refusal is None and not reason.strip():
        refusal = Refusal("reason_missing")
    if refusal:
        return desk.refuse(refusal)
    try:
        with shop.store.transaction():
            number = _record_refund(desk, entry_id, member_id, plan, kind=kind, reason=reason, of_id=top_up_id)
    except InsufficientError as error:
        return desk.refuse(Refusal("balance_short", {"unit": error.insufficient.unit}))
    shop.committed()
    desk.show(sound=Sound.PAID, notice=Refusal("refunded", {"amount_minor": plan.amount, "number": number}))
    return None


def _record_refund(
    desk: Desk, entry_id: str, member_id: str, plan: RefundPlan, *, kind: str, reason: str, of_id: str
) -> str:
    shop, db, now_ms = desk.shop, desk.shop.store.db, desk.now_ms()
    assert desk.memory.staff is not None, "a lane without staff is locked"
    account, today = member_account(member_id), shop.clock.business_date(now_ms).isoformat()
    number = entries.next_number(db, store_id=shop.config.store.id, lane=desk.lane, business_date=today, letter="V")
    valid = {
        lot.lot_id: lot.remaining
        for lot in ledger.open_lots(db, account, STORED_VALUE_GIFT)
        if lot.expires_ms is None or lot.expires_ms > now_ms
    }
    gone = sum(use.amount for _, part in plan.parts for use in part.gift if use.lot_id in valid)
    detail: dict[str, str | int] = {
        "tender": kind, "principal": plan.principal, "kept": plan.kept, "gift_void": plan.gift_void,
        "to_come_cut": plan.to_come_cut, "paid_back": plan.amount,
        "principal_after": ledger.balance(db, account, STORED_VALUE) - plan.principal,
        "gift_after": sum(valid.values()) - gone,
    }  # fmt: skip
    entry = Entry(
        entry_id, REFUND, now_ms, today, plan.moves(account, money_account(desk.lane, kind)), member_id=member_id,
        lane=desk.lane, staff_id=desk.memory.staff.staff_id, approver_id=desk.approver_id,
        reason=reason.strip()[:REASON_MAX], of_id=of_id, number=number, detail=detail,
    )  # fmt: skip
    entries.record(db, entry)
    for each, part in plan.parts:
        stored_value.put_refund(db, refund_id=entry_id, top_up_id=each.top_up_id, refund=part)
        if shop.rules.stored_value.void == "all":
            stored_value.void_coupons(db, each.top_up_id)
    queue_papers(desk, entry_id, is_cash=kind == "cash" and plan.amount > 0)
    return number


def keep_change(till: Till, *, keeps: int) -> Refusal | None:
    """Say whether the change of this sale stays with the member as stored value: 1, or 0."""
    return stored_value_pay.keep_change(till.desk, keeps=bool(keeps))


def print_statement(till: Till, *, member_id: str) -> Refusal | None:
    """Print the moves of a member's money."""
    desk = till.desk
    if desk.memory.stage is Stage.LOCKED:
        return desk.refuse(Refusal("locked"))
    if not desk.printer:
        return desk.refuse(Refusal("no_printer"))
    if members.member(desk.shop.store.db, member_id) is None:
        return desk.refuse(Refusal("member_unknown"))
    with desk.shop.store.transaction():
        printjobs.put(
            desk.shop.store.db, printer=desk.printer, kind="statement", sale_id=member_id, at_ms=desk.now_ms()
        )
        desk.note("statement_printed", member_id)
    desk.shop.committed()
    desk.show(sound=Sound.TAP)
    return None
