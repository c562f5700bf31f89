"""A card that belongs to nobody: what can be done with it is offered, and the sale goes on."""

from __future__ import annotations

from edge.desk import Desk
from edge.screen import Refusal


def offer_card(desk: Desk, uid: str) -> Refusal:
    """Offer what can be done with a card that belongs to nobody. The sale goes on whatever becomes of it."""
    desk.set(card_offered=uid)
    return desk.refuse(Refusal("card_unknown", {"uid": uid[-4:]}))
