"""Paying at one till: tenders that add up to what is due, and the one that closes the sale."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edge import times_grants
from edge.cards import proof_refusal
from edge.checkout import close_sale, sold_lines
from edge.credit_pay import may_pay as may_pay_on_account
from edge.desk import Desk, Told, told_by
from edge.exchanging_close import WorthChangedError, changed_worth, close_with_back, worth_of
from edge.exchanging_plan import return_id
from edge.holding import has_goods
from edge.messages import TENDERS_MAX
from edge.screen import Refusal, Sound, Stage, named
from edge.store import charges
from edge.store.baskets import StoredBasket, StoredTender
from edge.store.charges import Step
from edge.store.entries import stored as stored_entry
from edge.store.ledger import InsufficientError
from edge.store.returns import ReturnedTwiceError
from edge.store.sales import stored_sale
from edge.stored_value_pay import may_pay as may_pay_stored_value
from edge.tier_exclusive import refuses_basket
from edge.till_by_hand import discount_outgrown
from rules.basket import Basket
from rules.card_policy import Spending
from rules.charges import CHANNELS, Reason, cancelled
from rules.money import AMOUNT_MAX, Minor
from rules.quote import MissReason, Quote
from rules.tender import ACCOUNT, CASH, STORED_VALUE, Offer, Overpaid, Settlement, Short, cash_due, settle

GONE = frozenset({MissReason.USED_UP, MissReason.CODE_SPENT, MissReason.COUPON_EXPIRED, MissReason.COUPON_VOID})
"""Reasons why an offer that the customer was told of is gone: another lane, the office or the clock took it."""
TENDER_KINDS = ("cash", "card", "scan", "stored_value", "account")
"""Card and scan-to-pay are taken on a terminal of their own and recorded here."""
TOLD_ANEW = frozenset({"offer_gone", "points_changed", "price_changed", "gifts_changed", "return_changed"})
"""Refusals after which the customer is told the new price."""


def to_pay(desk: Desk) -> Refusal | None:
    """Go from the basket to the tenders."""
    memory = desk.memory
    if memory.stage is not Stage.SELLING or not has_goods(memory.basket) or memory.basket is None:
        return desk.refuse(Refusal("basket_empty"))
    refusal = Refusal("blocked_banner") if memory.blocked else desk.shop.refuses_sales(desk.lane)
    if refusal is None:
        quoted = _quoted(desk, memory.basket)
        refusal = quoted if isinstance(quoted, Refusal) else discount_outgrown(desk, memory.basket, quoted[0].gross)
    if refusal is None:
        worth = worth_of(desk, memory.basket, pays=False)
        refusal = worth if isinstance(worth, Refusal) else None
    if refusal:
        return desk.refuse(refusal)
    desk.set(stage=Stage.PAYING)
    desk.show(tells=True)
    return None


def back_to_sale(desk: Desk) -> Refusal | None:
    """Go back to the basket, as long as no tender was taken."""
    if desk.memory.stage is not Stage.PAYING:
        return None
    if desk.memory.charge or desk.memory.tenders:
        return desk.refuse(Refusal("charge_running" if desk.memory.charge else "tenders_first"))
    desk.set(stage=Stage.SELLING, charge_next=0)
    desk.show()
    return None


def pay(desk: Desk, sale_id: str, kind: str, given: Minor, *, printer: str) -> Refusal | None:
    """Take a tender; the one that settles the rest closes the sale.

    The sale id makes a second press harmless: a sale that is closed already is shown again, and nothing changes.
    """
    memory, shop = desk.memory, desk.shop
    if memory.basket is None or memory.basket.sale_id != sale_id:
        is_closed = stored_sale(shop.store.db, sale_id) or stored_entry(shop.store.db, return_id(sale_id, 1))
        return None if is_closed else desk.refuse(Refusal("stale_sale"))
    refusal = None if kind in TENDER_KINDS else Refusal("amount_range")
    quoted = refusal or payable(desk, kind, given)
    if isinstance(quoted, Refusal):
        return desk.refuse(quoted, tells=quoted.code in TOLD_ANEW)
    basket, quote, due = quoted
    tenders = (*memory.tenders, StoredTender(kind=kind, given=given))
    answer = _settled(desk, due, tenders)
    if isinstance(answer, Overpaid):
        return desk.refuse(Refusal("tender_over", {"due_minor": rest_of(desk, due)}))
    if isinstance(answer, Short):
        return _keep_tenders(desk, tenders)
    person = memory.staff
    assert person is not None, "a lane without staff is locked"
    try:
        closed = _record(desk, basket, quote, answer, staff_id=person.staff_id, printer=printer)
    except InsufficientError as error:
        return desk.refuse(Refusal("balance_short", {"unit": error.insufficient.unit}))
    except ReturnedTwiceError:
        return desk.refuse(Refusal("return_too_many"))
    except WorthChangedError:
        return desk.refuse(Refusal("return_apart"))
    _show_closed(desk, *closed)
    return None


def add_paid(
    desk: Desk, tender: StoredTender, *, along: Callable[[], None], staff_id: str, printer: str
) -> Refusal | None:
    """Add a tender whose money is here, with what is written along; it closes the sale where it settles the rest.

    One transaction holds all of it. A sale that cannot be closed now keeps the tender, and the lane says why.

    Args:
        staff_id: who took the tender, where nobody is signed in any more.
    """
    memory = desk.memory
    assert memory.basket is not None, "a charge belongs to a basket"
    tenders = (*memory.tenders, tender)
    quoted = payable(desk, tender.kind, 0) if memory.stage is Stage.PAYING else Refusal("locked")
    refusal = quoted if isinstance(quoted, Refusal) else None
    if not isinstance(quoted, Refusal):
        basket, quote, due = quoted
        answer = _settled(desk, due, tenders)
        if isinstance(answer, Settlement):
            who = memory.staff.staff_id if memory.staff else staff_id
            try:
                with desk.shop.store.transaction():
                    along()
                    closed = _record(desk, basket, quote, answer, staff_id=who, printer=printer)
            except InsufficientError as error:
                refusal = Refusal("balance_short", {"unit": error.insufficient.unit})
            except ReturnedTwiceError:
                refusal = Refusal("return_too_many")
            except WorthChangedError:
                refusal = Refusal("return_apart")
            else:
                _show_closed(desk, *closed)
                return None
        elif isinstance(answer, Overpaid):
            refusal = Refusal("tender_over", {"due_minor": 0})
    with desk.shop.store.transaction():
        along()
        desk.put_state(tenders=tenders)
    desk.set(tenders=tenders, charge=None)
    if memory.stage is Stage.LOCKED:
        refusal = None
    tells = refusal is not None and refusal.code in TOLD_ANEW
    desk.show(sound=Sound.ERROR if refusal else Sound.SCAN, notice=refusal, tells=tells)
    return refusal


def undo_tender(desk: Desk) -> Refusal | None:
    """Give the last tender back."""
    tenders = desk.memory.tenders
    refusal = Refusal("charge_running") if desk.memory.charge else None
    if refusal or not tenders or desk.memory.stage is not Stage.PAYING:
        return desk.refuse(refusal or Refusal("nothing_to_undo"))
    return _keep_tenders(desk, tenders[:-1], back=tenders[-1:])


def undo_all(desk: Desk) -> Refusal | None:
    """Give every tender back, the last one first, and go back to the basket."""
    tenders = desk.memory.tenders
    refusal = Refusal("charge_running") if desk.memory.charge else None
    if refusal or not tenders or desk.memory.stage is not Stage.PAYING:
        return desk.refuse(refusal or Refusal("nothing_to_undo"))
    _keep_tenders(desk, (), back=tenders[::-1])
    handed = {
        "cash_minor": _sum_of(tenders, ("cash",)),
        "card_minor": _sum_of(tenders, ("card", "scan")),
        "codes_minor": _sum_of(tenders, CHANNELS),
    }
    desk.set(stage=Stage.SELLING, charge_next=0)
    desk.show(sound=Sound.SCAN, notice=Refusal("undone_all", handed))
    return None


def _sum_of(tenders: Sequence[StoredTender], kinds: Sequence[str]) -> Minor:
    return sum(each.given for each in tenders if each.kind in kinds)


def payable(desk: Desk, kind: str, given: Minor) -> tuple[Basket, Quote, Minor] | Refusal:
    """Return the basket with its quote and what is due beyond what comes back, as the customer was told of them.

    It is a refusal where so much cannot be tendered now.

    Args:
        given: 0 asks about what was tendered before.
    """
    memory = desk.memory
    assert memory.basket is not None
    refusal = _may_pay(desk, kind, given, is_new=kind not in CHANNELS or given > 0)
    if refusal:
        return refusal
    quoted = _quoted(desk, memory.basket)
    if isinstance(quoted, Refusal):
        return quoted
    basket, quote = quoted
    refusal = may_pay_stored_value(desk, basket.member_id, given if kind == STORED_VALUE else 0)
    refusal = refusal or may_pay_on_account(desk, basket.member_id, given if kind == ACCOUNT else 0)
    worth = refusal or worth_of(desk, memory.basket, pays=True)
    if isinstance(worth, Refusal):
        return worth
    changed = _changed(memory.told, quote) or changed_worth(memory.told, worth)
    return changed or (basket, quote, max(quote.total - worth, 0))


def rest_of(desk: Desk, due: Minor) -> Minor:
    """Return what is still due."""
    return max(due - sum(each.given for each in desk.memory.tenders), 0)


def _settled(desk: Desk, due: Minor, tenders: tuple[StoredTender, ...]) -> Settlement | Short | Overpaid:
    return settle(due, [Offer(each.kind, each.given, each.ref) for each in tenders], desk.shop.cash_rounding)


def _quoted(desk: Desk, stored: StoredBasket) -> tuple[Basket, Quote] | Refusal:
    """Return a basket with its quote, or why it cannot be sold as one: before anybody pays for it."""
    shop = desk.shop
    basket = shop.priced_basket(stored, lane=desk.lane)
    if basket.gross > AMOUNT_MAX:
        return Refusal("amount_range")
    refusal = times_grants.package_needs_member(shop, basket) or times_grants.still_usable(shop, stored)
    refusal = refusal or refuses_basket(shop, basket)
    if refusal:
        return refusal
    quote = shop.quote(basket)
    # A basket that grew may take more points than were asked for, so it is asked here once more.
    if basket.member_id and quote.points_paid:
        refusal = proof_refusal(desk, basket.member_id, Spending.POINTS, quote.points_paid.points)
        if refusal:
            return refusal
    return (basket, quote) if sold_lines(shop, basket, quote, stored)[1] else Refusal("basket_too_long")


def _changed(told: Told, quote: Quote) -> Refusal | None:
    """Say what is not as the customer was told: another lane took the last use, points were spent, a price rose."""
    now = told_by(told.sale_id, quote)
    if (now.total, now.points, now.gifts) == (told.total, told.points, told.gifts):
        return None
    total: dict[str, str | int] = {"total_minor": quote.total}
    lost = {each.promotion_id: each for each in quote.missed if each.promotion_id in told.promotions}
    gone = next((each for each in lost.values() if each.reason in GONE), None)
    if gone is not None:
        return Refusal("offer_gone", {**named(gone.names), **total})
    if now.points != told.points:
        return Refusal("points_changed", {"points": now.points, **total})
    return Refusal("price_changed" if now.total != told.total else "gifts_changed", total)


def _may_pay(desk: Desk, kind: str, given: Minor, *, is_new: bool) -> Refusal | None:
    memory = desk.memory
    if memory.stage is not Stage.PAYING:
        return Refusal("locked" if memory.stage is Stage.LOCKED else "stale_sale")
    if memory.blocked is not None:
        return Refusal("blocked_banner")
    if not is_new:
        return desk.shop.refuses_sales()
    if memory.charge is not None:
        return Refusal("charge_running")
    rest = memory.told.due - sum(tender.given for tender in memory.tenders)
    # A rest that is less than the least coin is settled by an empty hand.
    is_rounded_away = kind == CASH and cash_due(rest, desk.shop.cash_rounding) <= 0
    if not 0 <= given <= AMOUNT_MAX or (given == 0 and rest > 0 and not is_rounded_away):
        return Refusal("amount_range")
    # One place is for what the rounding of cash takes off.
    if len(memory.tenders) >= TENDERS_MAX - 1:
        return Refusal("tenders_full", {"max": TENDERS_MAX - 1})
    return desk.shop.refuses_sales()


def _keep_tenders(desk: Desk, tenders: tuple[StoredTender, ...], *, back: tuple[StoredTender, ...] = ()) -> None:
    """Remember the part that was paid: it is on the disk before the screen says so.

    Args:
        back: tenders that are given back, in this order; money of a payment code goes back by itself.
    """
    assert desk.memory.staff is not None, "a lane without staff is locked"
    db, sale_id = desk.shop.store.db, desk.memory.basket.sale_id if desk.memory.basket else ""
    with desk.shop.store.transaction():
        desk.put_state(tenders=tenders)
        for each in back:
            desk.note("undo_tender", sale_id, {"kind": each.kind, "given": each.given})
            charge = charges.charge_of(db, each.ref) if each.kind in CHANNELS else None
            if charge is not None:
                step = Step(desk.now_ms(), staff_id=desk.memory.staff.staff_id)
                charges.move(db, charge, cancelled(charge.state), step, reason=Reason.UNDONE)
    desk.set(tenders=tenders)
    if back:
        desk.shop.committed()
    desk.show(sound=Sound.SCAN)


def _record(
    desk: Desk, basket: Basket, quote: Quote, settlement: Settlement, *, staff_id: str, printer: str
) -> tuple[str, str | None]:
    stored = desk.memory.basket
    assert stored is not None, "nothing is paid without a basket"
    lines, _ = sold_lines(desk.shop, basket, quote, stored)
    if stored.back:
        new_tier_id = close_with_back(desk, stored, basket, quote, settlement, lines=lines, printer=printer)
    else:
        _, new_tier_id = close_sale(
            desk.shop, basket, quote, settlement, lines=lines, staff_id=staff_id, printer=printer,
            keeps_change=stored.keeps_change,
        )  # fmt: skip
    return basket.sale_id, new_tier_id


def _show_closed(desk: Desk, sale_id: str, new_tier_id: str | None) -> None:
    desk.set(
        stage=Stage.DONE, basket=None, steps=0, tenders=(), quantity_next=1, charge=None, charge_next=0,
        done_sale_id=sale_id, new_tier_id=new_tier_id, seen_ms=desk.now_ms(),
    )  # fmt: skip
    desk.shop.committed()
    desk.show(sound=Sound.PAID)
