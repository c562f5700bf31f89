"""All that a member has for the open basket, used with one press: times cards, coupons, then points."""

from __future__ import annotations

import msgspec

from edge.cards import proof_refusal
from edge.coupon_offers import offers
from edge.desk import Desk
from edge.screen import Refusal, Sound
from edge.store.baskets import StoredBasket, StoredTimes
from edge.till import Till
from edge.till_extras import CODES_MAX, POINTS_ALL
from edge.times import with_use
from edge.times_grants import USES_MAX, room_for
from edge.times_view import times_cards
from rules.card_policy import Spending

Step = tuple[StoredBasket, Refusal | None]
"""The basket with what could be used, and why something of it stays out."""


def use_all(till: Till) -> Refusal | None:
    """Let times cards pay for what they can, then use the coupons that save most, then as many points as go.

    It is one step, which one undo takes back. What needs a proof that was not given stays out: the rest is done, and
    the cashier is told.
    """
    desk = till.desk
    refusal, basket = desk.may_sell(), desk.memory.basket
    if refusal or basket is None or basket.member_id is None:
        return desk.refuse(refusal or Refusal("nothing_to_use"))
    desk.shop.rulebook.look()
    changed, told = basket, None
    for use in (_with_times, _with_coupons, _with_points):
        changed, why_not = use(desk, changed)
        told = told or why_not
    if changed is basket:
        return desk.refuse(told or Refusal("nothing_to_use"))
    return desk.push(changed, sound=Sound.ERROR if told else Sound.TAP, notice=told)


def _with_times(desk: Desk, basket: StoredBasket) -> Step:
    told = None
    for card in times_cards(desk.shop, basket):
        for sku, _ in card.choices if card.is_in_basket else ():
            pieces = sum(line.quantity for line in basket.lines if line.sku == sku and line.weight_g is None)
            quantity = min(pieces, room_for(desk.shop, basket, card.unit, card.holder_id))
            use = StoredTimes(unit=card.unit, sku=sku, quantity=quantity, holder_id=card.holder_id)
            if not quantity or len(basket.times) >= USES_MAX:
                continue
            here = sum(each.quantity for each in basket.times)
            unproved = proof_refusal(desk, basket.member_id or "", Spending.TIMES, here + quantity)
            if unproved is None:
                basket = with_use(basket, use)
            told = told or unproved
    return basket, told


def _with_coupons(desk: Desk, basket: StoredBasket) -> Step:
    shop = desk.shop
    held = shop.coupons_of(basket.member_id) if basket.member_id else ()
    if not held:
        return basket, None
    member = shop.member(basket.member_id)
    while len(basket.codes) < CODES_MAX:
        priced = shop.priced_basket(basket, lane=desk.lane)
        usage = shop.usage(priced)
        offered = offers(shop, priced, shop.quote_for(priced, member, usage), held, member=member, usage=usage)
        best = next((each for each in offered if each.is_best and each.saves), None)
        if best is None:
            break
        basket = msgspec.structs.replace(basket, codes=(*basket.codes, best.code))
        if all(each.is_given or each is best for each in offered):
            break
    return basket, None


def _with_points(desk: Desk, basket: StoredBasket) -> Step:
    if desk.shop.rules.points.cash is None or basket.points:
        return basket, None
    changed = msgspec.structs.replace(basket, points=POINTS_ALL)
    paid = desk.shop.quote(desk.shop.priced_basket(changed, lane=desk.lane)).points_paid
    if paid is None:
        return basket, None
    unproved = proof_refusal(desk, basket.member_id or "", Spending.POINTS, paid.points)
    return (basket, unproved) if unproved else (changed, None)
