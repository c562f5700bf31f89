"""Refuses what is kept for some members: when it is added, and once more before it is paid."""

from __future__ import annotations

from edge.screen import Refusal, named
from edge.shop import Shop
from rules.basket import Basket, Item
from rules.exclusive import kept_from


def refuses_item(shop: Shop, item: Item, member_id: str | None) -> Refusal | None:
    """Say why an item may not be sold to a member, or to nobody in particular, now."""
    rows = shop.rules.tier_rules.exclusive
    if not rows:
        return None
    member = shop.member(member_id)
    kept = kept_from(rows, item, member, shop.clock.now_local(), shop.rules.calendar)
    if kept is None:
        return None
    code = "kept_for_tiers" if kept.tiers else "kept_for_members"
    return Refusal(code, named(kept.names))


def refuses_basket(shop: Shop, basket: Basket) -> Refusal | None:
    """Say why a basket may not be sold as it is: its member left it, or the hour has come."""
    refusals = (refuses_item(shop, line.item, basket.member_id) for line in basket.lines)
    return next((refusal for refusal in refusals if refusal), None)
