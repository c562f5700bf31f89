"""Taking back what was sold: planned from the sale as it was closed, carried out in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from edge.coupon_returns import return_coupons
from edge.desk import Desk, HasDesk
from edge.member_sweep import sweep_merged
from edge.permissions import Permission, refuses
from edge.points_grants import take_referral_back
from edge.returning_plan import WantedBack, planned, preview
from edge.screen import Refusal, Sound
from edge.shop import Shop
from edge.store import benefits, entries, members, printjobs, returns
from edge.store.entries import Entry
from edge.store.ledger import InsufficientError
from edge.store.returns import Return, ReturnedTwiceError
from edge.store.sales import sale_id_of, stored_sale
from edge.tier_standing import recompute_tier
from rules.return_rules import SpentPoints

REASON_MAX = 120
DAY_MS = 86_400_000


def give_back(
    till: HasDesk, *, return_id: str, sale_id: str, wanted: Sequence[WantedBack], reason: str
) -> Refusal | None:
    """Take some of a sale back and pay for it; a second press with the same id changes nothing.

    Args:
        return_id: made by the screen that asks.
    """
    desk, shop = till.desk, till.desk.shop
    db = shop.store.db
    if entries.stored(db, return_id) is not None:
        return None
    refusal = may_return(desk, sale_id, wanted, reason)
    if refusal:
        return desk.refuse(refusal)
    assert desk.memory.staff is not None, "a lane without staff is locked"
    sale = stored_sale(db, sale_id)
    assert sale is not None
    now_ms = desk.now_ms()
    day = shop.clock.business_date(now_ms).isoformat()
    try:
        with shop.store.transaction():
            number = entries.next_number(
                db, store_id=shop.config.store.id, lane=desk.lane, business_date=day, letter="R"
            )
            entry = Entry(
                return_id, "return", now_ms, day, (), member_id=sale.member_id, lane=desk.lane,
                staff_id=desk.memory.staff.staff_id,
                approver_id=desk.approver_id, reason=reason.strip()[:REASON_MAX], of_id=sale_id, number=number,
            )  # fmt: skip
            back = planned(shop, sale_id, wanted, entry)
            assert isinstance(back, Return), "what may be returned was asked before"
            carry_out(desk, back)
            _queue_papers(desk, desk.printer, back)
    except InsufficientError as error:
        return desk.refuse(Refusal("balance_short", {"unit": error.insufficient.unit}))
    except ReturnedTwiceError:
        return desk.refuse(Refusal("return_too_many"))
    shop.committed()
    desk.show(sound=Sound.PAID, notice=Refusal("returned", {"amount_minor": back.handed_back, "number": number}))
    return None


def show_receipt(desk: Desk, number: str) -> Refusal | None:
    """Show that the receipt that was scanned is known here: from there its goods can come back."""
    sale_id = sale_id_of(desk.shop.store.db, number)
    sale = stored_sale(desk.shop.store.db, sale_id) if sale_id else None
    if sale is None:
        return desk.refuse(Refusal("receipt_not_here", {"number": number}))
    said: dict[str, str | int] = {"number": sale.receipt_number, "amount_minor": sale.total, "sale_id": sale.sale_id}
    desk.show(sound=Sound.TAP, notice=Refusal("receipt_here", said))
    return None


def carry_out(desk: Desk, back: Return) -> None:
    """Write a return and what follows from it, within the caller's transaction.

    Raises ReturnedTwiceError and InsufficientError: the caller's transaction is to be undone.
    """
    shop, sale = desk.shop, back.sale
    returns.record(shop.store.db, back, currency=shop.config.store.currency)
    _look_again(shop, back)
    return_coupons(shop.store.db, sale, at_ms=back.entry.at_ms)
    sweep_merged(desk, sale.member_id, of_id=back.entry.entry_id)
    for root in {leg.root for leg in back.legs} - {sale.sale_id}:
        other = stored_sale(shop.store.db, root)
        assert other is not None, "a leg names a sale of this store"
        sweep_merged(desk, other.member_id, of_id=back.entry.entry_id)


def _look_again(shop: Shop, back: Return) -> None:
    """Bring the member's tier and what is given once to what they are without the returned goods."""
    db, member_id = shop.store.db, members.standing_id(shop.store.db, back.sale.member_id)
    if member_id is None:
        return
    if benefits.is_all_back(db, back.sale.sale_id):
        benefits.give_awards_back(db, back.sale.sale_id)
        take_referral_back(shop, back.sale.sale_id, back.entry)
    today = shop.clock.business_date(back.entry.at_ms)
    recompute_tier(db, shop.rules, member_id, today=today, at_ms=back.entry.at_ms, sale_id=back.sale.sale_id)


def may_return(desk: Desk, sale_id: str, wanted: Sequence[WantedBack], reason: str) -> Refusal | None:
    """Say why so much of a sale may not be taken back at this lane now; None where it may."""
    shop = desk.shop
    sale = stored_sale(shop.store.db, sale_id)
    if sale is None:
        return Refusal("receipt_unknown")
    if not reason.strip():
        return Refusal("reason_missing")
    plan = preview(shop, sale_id, wanted, lane=desk.lane)
    if isinstance(plan, Refusal):
        return plan
    refusal = refuses(desk, Permission.RETURN, amount=plan.amount)
    days = shop.rules.returns.days
    if refusal is None and days and desk.now_ms() - sale.sold_at_ms > days * DAY_MS:
        refusal = refuses(desk, Permission.RETURN_LATE, amount=plan.amount)
    is_spent = any(move.from_account.startswith("owed/") for move in plan.entry.transfers)
    if refusal is None and is_spent and shop.rules.returns.spent_points is SpentPoints.APPROVE:
        refusal = refuses(desk, Permission.ADJUST_BALANCE, amount=plan.points_taken)
    return refusal


def _queue_papers(desk: Desk, printer: str, back: Return) -> None:
    db, now_ms = desk.shop.store.db, back.entry.at_ms
    if not printer:
        return
    if any(kind == "cash" for kind, _ in back.tenders) and desk.shop.has_drawer(printer):
        printjobs.put(db, printer=printer, kind="drawer", at_ms=now_ms)
    printjobs.put(db, printer=printer, kind="return", sale_id=back.entry.entry_id, at_ms=now_ms)
