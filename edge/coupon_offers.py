"""A member's coupons beside the open basket: what each would give now, or why it gives nothing, the best one first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from edge.screen import OfferView
from edge.shop import Shop
from edge.store.coupons import Coupon
from rules.basket import Basket
from rules.eligibility import situation_of, why_not
from rules.loyalty import Member
from rules.promotion_kinds import Promotion
from rules.quote import MissedPromotion, MissReason, Quote
from rules.usage import IssuedCoupon, Usage

OFFERS_MAX = 8
"""Promotions whose coupons are tried on the basket at each view; each costs a pricing."""


@dataclass(frozen=True, slots=True)
class _Around:
    """What every trial is made with."""

    shop: Shop
    member: Member | None
    usage: Usage
    now_ms: int


def offers(
    shop: Shop, basket: Basket, quote: Quote, held: Sequence[Coupon], *, member: Member | None, usage: Usage
) -> tuple[OfferView, ...]:
    """Return the member's open coupons, one for each promotion: best first, then those that give nothing yet.

    Args:
        member: the basket's, and `usage` its uses, as the quote was made with them.
    """
    by_promotion: dict[str, list[Coupon]] = {}
    # Of one promotion, those that hold already come before those that will.
    for coupon in sorted(held, key=lambda each: each.valid_from_ms > shop.clock.now_ms()):
        by_promotion.setdefault(coupon.promotion_id, []).append(coupon)
    if not by_promotion:
        return ()
    around = _Around(shop, member, usage, shop.clock.now_ms())
    found = []
    for promotion_id, coupons in list(by_promotion.items())[:OFFERS_MAX]:
        promotion = shop.rules.promotion(promotion_id)
        if promotion is None or not promotion.issued:
            first = coupons[0]
            ended = MissedPromotion(promotion_id, first.names, MissReason.ENDED)
            found.append(
                OfferView(first.code, promotion_id, first.names, first.valid_until_ms, count=len(coupons), missed=ended)
            )
        else:
            found.append(_tried(around, basket, quote, promotion, coupons))
    best = max((each for each in found if each.helps and not each.is_given), key=lambda e: e.saves, default=None)
    marked = [replace(each, is_best=True) if each is best else each for each in found]
    return tuple(sorted(marked, key=lambda each: (not each.is_given, not each.helps, -each.saves, each.until_ms)))


def _tried(around: _Around, basket: Basket, quote: Quote, promotion: Promotion, coupons: Sequence[Coupon]) -> OfferView:
    first, count, given = coupons[0], len(coupons), None
    if basket.codes:
        given = next((each for each in coupons if each.code in basket.codes), None)
    if given is not None:
        return OfferView(
            given.code, promotion.id, promotion.names, first.valid_until_ms, count,
            is_given=True,
            saves=next((each.amount for each in quote.applied if each.promotion_id == promotion.id), 0),
            helps=_gives(quote, promotion.id),
            missed=_missed(quote, promotion.id),
        )  # fmt: skip
    if not basket.lines:
        return OfferView(first.code, promotion.id, promotion.names, first.valid_until_ms, count)
    shop, member = around.shop, around.member
    reason = first.reason(basket.member_id, around.now_ms, is_clock_set=shop.clock.is_sane())
    issued = {**around.usage.issued, first.code: IssuedCoupon(promotion.id, first.valid_until_ms, reason)}
    grown, usage = replace(basket, codes=(*basket.codes, first.code)), replace(around.usage, issued=issued)
    now_local = shop.clock.local(around.now_ms)
    # What cannot hold whatever is bought needs no search.
    why = why_not(promotion, situation_of(grown, shop.rules, member, now_local, usage))
    if why is not None:
        return OfferView(
            first.code, promotion.id, promotion.names, first.valid_until_ms, count,
            missed=MissedPromotion(promotion.id, promotion.names, why),
        )  # fmt: skip
    tried = shop.quotes.price(grown, shop.rules, member, now_local, usage)
    return OfferView(
        first.code, promotion.id, promotion.names, first.valid_until_ms, count,
        saves=max(0, quote.total - tried.total),
        helps=_gives(tried, promotion.id),
        missed=_missed(tried, promotion.id),
    )  # fmt: skip


def _missed(quote: Quote, promotion_id: str) -> MissedPromotion | None:
    return next((each for each in quote.missed if each.promotion_id == promotion_id), None)


def _gives(quote: Quote, promotion_id: str) -> bool:
    return (
        any(each.promotion_id == promotion_id for each in quote.applied)
        or any(each.promotion_id == promotion_id for each in quote.gifts)
        or promotion_id in quote.points_by
    )
