"""What a customer is told of one item that is not in the basket: what it costs, or what it weighs on the scale."""

from __future__ import annotations

from dataclasses import dataclass

from edge.screen import TillView
from edge.weights import LiveWeight, WeightState, worth
from rules.basket import Names
from rules.money import Minor

UNREAD = (WeightState.GONE, WeightState.SILENT, WeightState.ERROR)
"""States in which the scale gives no figure that anybody may read."""
AT_REST = (WeightState.READY, WeightState.SOLD)


@dataclass(frozen=True, slots=True)
class DisplayAsked:
    """An item of a price check, or one that lies on the scale."""

    names: Names
    price: Minor
    """A piece, or a kilogram where weighed."""
    is_weighed: bool
    member_price: Minor | None = None
    is_on_scale: bool = False
    net_g: int | None = None
    """What the scale shows, the tare taken off; None where it gives no weight."""
    tare_g: int = 0
    amount: Minor | None = None
    """What so much of it costs; None until the scale is at rest."""


def asked_of(view: TillView, live: LiveWeight | None) -> DisplayAsked | None:
    """Return what is told beside the basket; None for nothing.

    What is not for sale, or has no price of its own, is between the cashier and the customer.

    Args:
        live: what the lane's scale says; None where it has none.
    """
    item, seen = view.weighing, view.checked
    if item is not None:
        net_g = None if live is None or live.state in UNREAD else live.net_g
        is_known = live is not None and live.state in AT_REST and net_g is not None and net_g > 0
        return DisplayAsked(
            item.names, item.price, is_weighed=True, is_on_scale=True,
            net_g=None if net_g is None else max(net_g, 0), tare_g=live.tare_g if live else 0,
            amount=worth(item.price, net_g or 0) if is_known else None,
        )  # fmt: skip
    if seen is None or not view.is_checking or not seen.is_sold or seen.expired or seen.is_open_price or seen.price < 0:
        return None
    return DisplayAsked(seen.names, seen.price, seen.is_weighed, seen.member_price)
