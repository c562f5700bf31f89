"""Paying at one till: tenders that add up to what is due, and the one that closes the sale."""

from __future__ import annotations

from edge import times_grants
from edge.cards import proof_refusal
from edge.checkout import close_sale
from edge.credit_pay import may_pay as may_pay_on_account
from edge.desk import Desk, Told, told_by
from edge.exchanging_close import WorthChangedError, changed_worth, close_with_back, worth_of
from edge.exchanging_plan import return_id
from edge.holding import has_goods
from edge.messages import TENDERS_MAX
from edge.screen import Refusal, Sound, Stage, named
from edge.store.baskets import StoredBasket, StoredTender
from edge.store.entries import stored as stored_entry
from edge.store.ledger import InsufficientError
from edge.store.returns import ReturnedTwiceError
from edge.store.sales import fits_message, stored_sale
from edge.stored_value_pay import may_pay as may_pay_stored_value
from edge.tier_exclusive import refuses_basket
from edge.till_by_hand import discount_outgrown
from rules.basket import Basket
from rules.card_policy import Spending
from rules.money import AMOUNT_MAX, Minor
from rules.quote import MissReason, Quote
from rules.sale import sale_lines
from rules.tender import ACCOUNT, CASH, STORED_VALUE, Offer, Overpaid, Settlement, Short, cash_due, settle

GONE = frozenset({MissReason.USED_UP, MissReason.CODE_SPENT, MissReason.COUPON_EXPIRED, MissReason.COUPON_VOID})
"""Reasons why an offer that the customer was told of is gone: another lane, the office or the clock took it."""
TENDER_KINDS = ("cash", "card", "scan", "stored_value", "account")
"""Card and scan-to-pay are taken on a terminal of their own and recorded here."""


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
    if desk.memory.tenders:
        return desk.refuse(Refusal("tenders_first"))
    desk.set(stage=Stage.SELLING)
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
    refusal = _may_pay(desk, kind, given)
    if refusal:
        return desk.refuse(refusal)
    quoted = _quoted(desk, memory.basket)
    if isinstance(quoted, Refusal):
        return desk.refuse(quoted)
    basket, quote = quoted
    refusal = may_pay_stored_value(desk, basket.member_id, given if kind == STORED_VALUE else 0)
    refusal = refusal or may_pay_on_account(desk, basket.member_id, given if kind == ACCOUNT else 0)
    if refusal:
        return desk.refuse(refusal)
    worth = worth_of(desk, memory.basket, pays=True)
    if isinstance(worth, Refusal):
        return desk.refuse(worth)
    changed = _changed(memory.told, quote) or changed_worth(memory.told, worth)
    if changed:
        return desk.refuse(changed, tells=True)
    tenders = (*memory.tenders, StoredTender(kind=kind, given=given))
    due = max(quote.total - worth, 0)
    answer = settle(due, [Offer(each.kind, each.given, each.ref) for each in tenders], shop.cash_rounding)
    if isinstance(answer, Overpaid):
        rest = max(due - sum(each.given for each in memory.tenders), 0)
        return desk.refuse(Refusal("tender_over", {"due_minor": rest}))
    if isinstance(answer, Short):
        return _keep_tenders(desk, tenders)
    try:
        _close(desk, basket, quote, answer, printer=printer)
    except InsufficientError as error:
        return desk.refuse(Refusal("balance_short", {"unit": error.insufficient.unit}))
    except ReturnedTwiceError:
        return desk.refuse(Refusal("return_too_many"))
    except WorthChangedError:
        return desk.refuse(Refusal("return_apart"))
    return None


def undo_tender(desk: Desk) -> Refusal | None:
    """Give the last tender back."""
    tenders = desk.memory.tenders
    if not tenders or desk.memory.stage is not Stage.PAYING:
        return desk.refuse(Refusal("nothing_to_undo"))
    detail = {"kind": tenders[-1].kind, "given": tenders[-1].given}
    return _keep_tenders(desk, tenders[:-1], note="undo_tender", detail=detail)


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
    lines = (*sale_lines(basket, quote, shop.gift_items(quote)), *times_grants.times_lines(shop, stored))
    return (basket, quote) if fits_message(lines) else Refusal("basket_too_long")


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


def _may_pay(desk: Desk, kind: str, given: Minor) -> Refusal | None:
    memory = desk.memory
    if memory.stage is not Stage.PAYING:
        return Refusal("locked" if memory.stage is Stage.LOCKED else "stale_sale")
    if memory.blocked is not None:
        return Refusal("blocked_banner")
    rest = memory.told.due - sum(tender.given for tender in memory.tenders)
    # A rest that is less than the least coin is settled by an empty hand.
    is_rounded_away = kind == CASH and cash_due(rest, desk.shop.cash_rounding) <= 0
    if kind not in TENDER_KINDS or not 0 <= given <= AMOUNT_MAX or (given == 0 and rest > 0 and not is_rounded_away):
        return Refusal("amount_range")
    # One place is for what the rounding of cash takes off.
    if len(memory.tenders) >= TENDERS_MAX - 1:
        return Refusal("tenders_full", {"max": TENDERS_MAX - 1})
    return desk.shop.refuses_sales()


def _keep_tenders(desk: Desk, tenders: tuple[StoredTender, ...], *, note: str = "", detail: object = None) -> None:
    """Remember the part that was paid: it is on the disk before the screen says so."""
    assert desk.memory.staff is not None, "a lane without staff is locked"
    with desk.shop.store.transaction():
        desk.put_state(tenders=tenders)
        if note:
            desk.note(note, desk.memory.basket.sale_id if desk.memory.basket else "", detail)
    desk.set(tenders=tenders)
    desk.show(sound=Sound.SCAN)


def _close(desk: Desk, basket: Basket, quote: Quote, settlement: Settlement, *, printer: str) -> None:
    person = desk.memory.staff
    assert person is not None, "a lane without staff is locked"
    stored = desk.memory.basket
    assert stored is not None, "nothing is paid without a basket"
    more_lines = times_grants.times_lines(desk.shop, stored)
    if stored.back:
        new_tier_id = close_with_back(desk, stored, basket, quote, settlement, printer=printer, more_lines=more_lines)
    else:
        _, new_tier_id = close_sale(
            desk.shop, basket, quote, settlement, staff_id=person.staff_id, printer=printer, more_lines=more_lines,
            keeps_change=stored.keeps_change,
        )  # fmt: skip
    desk.set(
        stage=Stage.DONE, basket=None, steps=0, tenders=(), quantity_next=1,
        done_sale_id=basket.sale_id, new_tier_id=new_tier_id, seen_ms=desk.now_ms(),
    )  # fmt: skip
    desk.shop.committed()
    desk.show(sound=Sound.PAID)
