"""What is taken out of an open basket, and up to what amount a cashier may do so alone."""

from __future__ import annotations

from collections.abc import Mapping

from edge.desk import Desk
from edge.permissions import Permission, refuses
from edge.screen import Refusal
from edge.store.baskets import StoredBasket
from edge.text_marks import N_
from rules.money import Minor

REASONS: Mapping[str, str] = {
    "customer_left": N_("The customer left"),
    "wrong_items": N_("Wrong items were scanned"),
    "no_money": N_("Not enough money"),
    "training": N_("Training or test"),
}
"""Why a basket is thrown away; the code stands in the audit chain."""
HELD_REASONS: Mapping[str, str] = {
    "nobody_came": N_("Nobody came back for it"),
    "bought_elsewhere": N_("It was rung up anew"),
    "wrong_items": N_("Wrong items were scanned"),
    "training": N_("Training or test"),
}
"""Why a basket on hold is."""
LINE_REASONS: Mapping[str, str] = {
    "not_wanted": N_("The customer does not want it"),
    "wrong_items": N_("Wrong items were scanned"),
    "no_money": N_("Not enough money"),
    "other": N_("Another reason"),
}
"""Why goods are taken out that somebody may not take out alone. Below that nobody is asked: it is part of selling."""


def listed(desk: Desk, basket: StoredBasket | None) -> Minor:
    """Return what the goods of a basket list for."""
    return desk.shop.priced_basket(basket, lane=desk.lane).gross if basket is not None else 0


def refuses_removal(desk: Desk, after: StoredBasket | None) -> Refusal | None:
    """Say why the goods by which a basket would shrink may not be taken out of it; None where they may.

    Args:
        after: what would be left of the lane's basket.
    """
    amount = listed(desk, desk.memory.basket) - listed(desk, after)
    return refuses(desk, Permission.VOID_LINE, amount=amount) if amount > 0 else None


def refuses_void(desk: Desk, basket: StoredBasket) -> Refusal | None:
    """Say why a basket may not be thrown away; None where it may."""
    return refuses(desk, Permission.VOID_BASKET, amount=listed(desk, basket))
