"""What a lane shows while it sells and when it is done: the quote, dressed for the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec

from edge.coupon_offers import offers
from edge.coupons import coupon_views
from edge.exchanging_done import done_with_back
from edge.exchanging_plan import back_views
from edge.screen import (
    AccountView,
    CouponView,
    DoneView,
    GiftView,
    LineDiscountView,
    LineView,
    MemberView,
    OfferView,
    PointsView,
    TenderView,
    TillView,
)
from edge.shop import Shop
from edge.store import item_search
from edge.store.baskets import StoredBasket, StoredTender
from edge.store.coupons import Coupon
from edge.store.database import Database
from edge.store.known import ALWAYS_MS, known
from edge.store.sales import stored_sale
from edge.stored_value_view import stored_value_view
from edge.times_view import times_cards, times_views
from rules.basket import Basket, Line, Names
from rules.extras import points_taken
from rules.loyalty import Member
from rules.money import AMOUNT_MAX, Minor
from rules.quote import MissedPromotion, MissReason, PricedLine, Quote
from rules.tender import ACCOUNT, CASH, cash_due, next_notes
from rules.usage import Usage

HINTS_MAX = 2
"""Promotions within reach that the screen tells of."""


def selling_view(
    view: TillView, shop: Shop, basket: Basket, tenders: Sequence[StoredTender], *, stored: StoredBasket
) -> TillView:
    """Return the view with the basket, priced now."""
    buyer, usage = shop.member(basket.member_id), shop.usage(basket)
    quote = shop.quote_for(basket, buyer, usage)
    coupons = shop.coupons_of(basket.member_id) if basket.member_id else ()
    goods = _goods(_Asked(shop, stored, basket, quote, coupons, buyer, usage))
    back, back_amount = back_views(shop, stored, lane=basket.lane)
    due = net_due(quote.total - back_amount, sum(tender.given for tender in tenders))
    member = shop.member_view(basket.member_id)
    in_cash = due if due < 0 else _cash_due(shop, quote.total - back_amount, tenders)
    return replace(
        view,
        sale_id=basket.sale_id,
        lines=goods.lines,
        back=back,
        back_amount=back_amount,
        item_count=basket.item_count + sum(use.quantity for use in stored.times),
        gross=quote.gross,
        discount=quote.discount,
        total=quote.total,
        applied=quote.applied,
        hints=goods.hints,
        coupons=goods.coupons,
        offers=goods.offers,
        gifts=goods.gifts,
        points=goods.points,
        times=times_views(shop, stored),
        times_cards=times_cards(shop, stored),
        quote=quote,
        member=member,
        tenders=tuple(TenderView(tender.kind, tender.given, tender.given) for tender in tenders),
        due=due,
        account=_account(member, tenders),
        cash_due=in_cash,
        stored_value=stored_value_view(shop, member, stored, tenders, due),
        next_notes=next_notes(in_cash, shop.config.store.denominations) if in_cash > 0 else (),
    )


class _Goods(msgspec.Struct, frozen=True):
    """What a view says of a basket and its price, whatever was tendered."""

    lines: tuple[LineView, ...]
    hints: tuple[MissedPromotion, ...]
    coupons: tuple[CouponView, ...]
    offers: tuple[OfferView, ...]
    gifts: tuple[GiftView, ...]
    points: PointsView | None


class _Asked(NamedTuple):
    """What that follows from, beside what stands in the store."""

    shop: Shop
    stored: StoredBasket
    basket: Basket
    quote: Quote
    coupons: Sequence[Coupon]
    member: Member | None
    usage: Usage


def _goods(asked: _Asked) -> _Goods:
    """Return what is shown of a basket; what was shown last where it still is that."""
    # The very same quote is one of the same rules and span of time, the very same member and uses are as they were, the
    # very same coupons are those of which none began or ended meanwhile; and in the same world there are the same items
    # and the same stock.
    return known(asked.shop.store.db, asked, ("goods", asked.basket.lane), 0, lambda: (_read_goods(asked), ALWAYS_MS))


def _read_goods(asked: _Asked) -> _Goods:
    shop, stored, basket, quote, coupons, member, usage = asked
    names = {each.promotion_id: each.names for each in quote.applied}
    short = shortages(shop.store.db, basket)
    return _Goods(
        lines=tuple(
            [
                _line_view(line, priced, names, is_newest=line.line_id == stored.newest_line, short=short)
                for line, priced in zip(basket.lines, quote.lines, strict=True)
            ]
        ),
        hints=_hints(quote),
        coupons=coupon_views(shop.rules, basket, quote, shop.issued(basket) if basket.codes else {}),
        offers=offers(shop, basket, quote, coupons, member=member, usage=usage),
        gifts=_gifts(shop, quote),
        points=_points(shop, basket, quote, member),
    )


def _account(member: MemberView | None, tenders: Sequence[StoredTender]) -> AccountView | None:
    if member is None or member.account is None:
        return None
    put = sum(tender.given for tender in tenders if tender.kind == ACCOUNT)
    return replace(member.account, left=max(member.account.left - put, 0))


def _cash_due(shop: Shop, total: Minor, tenders: Sequence[StoredTender]) -> Minor:
    """Return what is still to be paid where the rest is paid in cash."""
    cash = sum(tender.given for tender in tenders if tender.kind == CASH)
    others = sum(tender.given for tender in tenders) - cash
    return max(cash_due(total - others, shop.cash_rounding) - cash, 0)


def net_due(net: Minor, tendered: Minor) -> Minor:
    """Return what is still due; less than zero where what comes back is worth more than what is bought."""
    return net if net < 0 else max(net - tendered, 0)


def shortages(db: Database, basket: Basket) -> dict[str, int]:
    """Return what the books leave of each item that they have less of than is in the basket: it is sold all the same.

    Pieces or grams, below nothing; items that nobody counts are not among them.
    """
    taken: dict[str, int] = {}
    for line in basket.lines:
        taken[line.item.sku] = taken.get(line.item.sku, 0) + (line.quantity if line.weight_g is None else line.weight_g)
    held = {sku: item_search.stock_of(db, sku) for sku in taken}
    return {sku: left - taken[sku] for sku, left in held.items() if left is not None and left < taken[sku]}


def _line_view(
    line: Line, priced: PricedLine, names: dict[str, Names], *, is_newest: bool, short: dict[str, int]
) -> LineView:
    return LineView(
        line_id=line.line_id,
        sku=line.item.sku,
        names=line.item.names,
        unit=line.item.unit,
        quantity=line.quantity,
        weight_g=line.weight_g,
        unit_price=line.unit_price,
        gross=priced.gross,
        net=priced.net,
        discounts=tuple(
            LineDiscountView(each.promotion_id, names.get(each.promotion_id, Names(each.promotion_id)), each.amount)
            for each in priced.discounts
        ),
        is_newest=is_newest,
        is_open_price=line.open_price is not None and line.label_amount is None,
        list_price=line.list_price,
        is_by_hand=line.list_price is not None or line.off_bp > 0 or line.off_amount > 0,
        note=line.note,
        stock_after=short.get(line.item.sku),
    )


def _gifts(shop: Shop, quote: Quote) -> tuple[GiftView, ...]:
    items = shop.gift_items(quote)

    def name(sku: str) -> Names:
        return items[sku].names if sku in items else Names(sku)

    return tuple(
        GiftView(
            promotion_id=gift.promotion_id,
            promotion_names=gift.names,
            sku=gift.sku,
            names=name(gift.sku),
            unit=items[gift.sku].unit if gift.sku in items else "",
            quantity=gift.quantity,
            choices=tuple((sku, name(sku)) for sku in gift.choices),
        )
        for gift in quote.gifts
    )


def _points(shop: Shop, basket: Basket, quote: Quote, member: Member | None) -> PointsView | None:
    """Return how the member's points can pay for the basket; None where they cannot."""
    if basket.member_id is None or shop.rules.points.cash is None:
        return None
    paid = quote.points_paid
    whole = quote.total + (paid.amount if paid else 0)
    most = points_taken(AMOUNT_MAX, member, shop.rules.points, whole)
    if most is None:
        return None
    used = (paid.points, paid.amount) if paid else (0, 0)
    return PointsView(most.points, most.amount, *used, wanted=basket.points_to_redeem)


def _hints(quote: Quote) -> tuple[MissedPromotion, ...]:
    """Return the promotions that a little more would reach, nearest first."""
    near = [
        missed
        for missed in quote.missed
        if missed.reason in (MissReason.AMOUNT_SHORT, MissReason.QUANTITY_SHORT) and missed.short > 0
    ]
    near.sort(key=lambda missed: (missed.reason is MissReason.AMOUNT_SHORT, missed.short, missed.promotion_id))
    return tuple(near[:HINTS_MAX])


def done_view(view: TillView, shop: Shop, sale_id: str, new_tier_id: str | None) -> TillView:
    """Return the view of a sale that was just closed, read back from the store."""
    sale = stored_sale(shop.store.db, sale_id)
    back = done_with_back(shop.store.db, sale_id)
    if sale is None:
        assert back.amount or back.number, f"sale {sale_id} was closed and is not in the store"
        return replace(view, sale_id=sale_id, done=DoneView(sale_id, back.number, 0, 0, 0, None, (), back=back))
    tier = shop.rules.tier(new_tier_id) if new_tier_id else None
    return replace(
        view,
        sale_id=sale.sale_id,
        total=sale.total,
        gross=sale.gross,
        discount=sale.discount,
        item_count=sale.item_count,
        member=shop.member_view(sale.member_id),
        done=DoneView(
            sale_id=sale.sale_id,
            receipt_number=sale.receipt_number,
            total=sale.total,
            change=sale.change,
            change_kept=sale.change_kept,
            points=sale.points,
            points_after=sale.points_after,
            tenders=tuple(TenderView(tender.kind, tender.amount, tender.given) for tender in sale.tenders),
            new_tier_names=tier.names if tier else None,
            back=back,
        ),
    )
