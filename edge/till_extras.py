"""What a customer brings beside goods: coupon codes, points that pay, and the choice of a gift."""

from __future__ import annotations

import msgspec

from edge.cards import proof_refusal
from edge.coupon_codes import coupon_given
from edge.coupons import coupon_views, missed_refusal, promotions_of, useless
from edge.desk import Desk
from edge.finding import TEXT_SHOWN_MAX
from edge.screen import Refusal, Sound, Stage, named
from rules.card_policy import Spending
from rules.coupon_codes import looks_like_code
from rules.eligibility import situation_of
from rules.money import AMOUNT_MAX
from rules.promotion_kinds import GiftWith

CODES_MAX = 20
"""Coupon codes that a basket takes."""
POINTS_ALL = AMOUNT_MAX
"""Asks for as many points as the basket takes; a basket that grows then takes more of them."""


def knows(desk: Desk, text: str) -> bool:
    """Tell whether some promotion in force has the code, or it looks like that of an issued coupon."""
    desk.shop.rulebook.look()
    return looks_like_code(text) or bool(promotions_of(desk.shop.rules, text))


def take_code(desk: Desk, text: str) -> Refusal | None:
    """Add a coupon code to the basket. One that gives nothing yet stays, and the cashier is told what is missing."""
    refusal = desk.may_sell()
    if refusal:
        return desk.refuse(refusal)
    desk.shop.rulebook.look()
    basket = desk.open_basket()
    found = coupon_given(desk.shop, text, basket.member_id)
    if isinstance(found, Refusal):
        return desk.refuse(found)
    text, promotions = found
    if not promotions:
        return desk.refuse(Refusal("coupon_unknown", {"text": text[:TEXT_SHOWN_MAX]}))
    if text.casefold() in (code.casefold() for code in basket.codes):
        desk.show(sound=Sound.TAP)
        return None
    ids = {each.id for each in promotions if each.spends_codes}
    taken = desk.shop.issued(desk.shop.priced_basket(basket, lane=desk.lane)) if basket.codes else {}
    if any(ids & {each.id for each in promotions_of(desk.shop.rules, code, taken)} for code in basket.codes):
        return desk.refuse(Refusal("coupon_one_only", named(promotions[0].names)))
    if len(basket.codes) >= CODES_MAX:
        return desk.refuse(Refusal("coupons_full", {"max": CODES_MAX}))
    grown = msgspec.structs.replace(basket, codes=(*basket.codes, text))
    priced = desk.shop.priced_basket(grown, lane=desk.lane)
    alone = msgspec.structs.replace(priced, codes=(text,))
    situation = situation_of(
        alone, desk.shop.rules, desk.shop.member(basket.member_id), desk.shop.clock.now_local(), desk.shop.usage(alone)
    )
    never = useless(promotions, situation)
    if never is not None:
        return desk.refuse(missed_refusal(never))
    notice = None
    if priced.gross <= AMOUNT_MAX:
        missed = coupon_views(desk.shop.rules, alone, desk.shop.quote(priced), situation.usage.issued)[0].missed
        notice = missed_refusal(missed) if missed else None
    return desk.push(grown, sound=Sound.ERROR if notice else Sound.SCAN, notice=notice)


def remove_code(desk: Desk, code: str) -> Refusal | None:
    """Take a coupon code out of the basket."""
    refusal, basket = desk.may_sell(), desk.memory.basket
    if refusal or basket is None or code not in basket.codes:
        return desk.refuse(refusal or Refusal("line_gone"))
    kept = tuple(each for each in basket.codes if each != code)
    return desk.push(msgspec.structs.replace(basket, codes=kept))


def redeem_points(desk: Desk, points: int) -> Refusal | None:
    """Let the member pay with so many points, as far as they go; 0 takes none. It may be said while paying as well."""
    refusal, memory = desk.may_sell(), desk.memory
    basket = memory.basket
    if refusal or basket is None:
        return desk.refuse(refusal or Refusal("basket_empty"))
    if basket.member_id is None:
        return desk.refuse(Refusal("points_no_member"))
    cash = desk.shop.rules.points.cash
    if cash is None:
        return desk.refuse(Refusal("points_not_cash"))
    if points and points < cash.step:
        return desk.refuse(Refusal("points_step", {"points": cash.step}))
    changed = msgspec.structs.replace(basket, points=min(points, POINTS_ALL))
    if points:
        paid = desk.shop.quote(desk.shop.priced_basket(changed, lane=desk.lane)).points_paid
        if paid is None:
            return desk.refuse(Refusal("points_none"))
        refusal = proof_refusal(desk, basket.member_id, Spending.POINTS, paid.points)
        if refusal:
            return desk.refuse(refusal)
    stage = Stage.PAYING if memory.stage is Stage.PAYING else Stage.SELLING
    return desk.push(changed, sound=Sound.TAP, stage=stage)


def choose_gift(desk: Desk, promotion_id: str, sku: str) -> Refusal | None:
    """Hand over another one of a promotion's gifts."""
    refusal, basket = desk.may_sell(), desk.memory.basket
    if refusal or basket is None:
        return desk.refuse(refusal or Refusal("basket_empty"))
    promotion = next((each for each in desk.shop.rules.promotions if each.id == promotion_id), None)
    if not isinstance(promotion, GiftWith) or sku not in {gift.sku for gift in promotion.gifts}:
        return desk.refuse(Refusal("gift_gone"))
    others = tuple(each for each in basket.gift_choices if each[0] != promotion_id)
    changed = msgspec.structs.replace(basket, gift_choices=(*others, (promotion_id, sku)))
    return desk.push(changed, sound=Sound.TAP)
