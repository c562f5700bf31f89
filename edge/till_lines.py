"""An item that was found becomes a line of the open basket."""

from __future__ import annotations

import msgspec

from edge.desk import Desk, same_line, with_line
from edge.finding import Found
from edge.screen import Refusal, Sound
from edge.store.baskets import StoredLine
from edge.tier_exclusive import refuses_item
from rules.basket import LINES_MAX, QUANTITY_MAX
from rules.money import AMOUNT_MAX, Minor

OPEN_PRICE_MAX: Minor = AMOUNT_MAX // QUANTITY_MAX
"""Dearest price a piece that a person may type."""


def add(desk: Desk, found: Found, *, note: str = "", detail: object = None) -> Refusal | None:
    """Add to the basket and show it, or return why not, showing nothing.

    Args:
        note: goes into the journal with its detail; empty for nothing.
    """
    refusal = desk.may_sell()
    if refusal:
        return refusal
    basket = desk.open_basket()
    kept = refuses_item(desk.shop, found.item, basket.member_id)
    if kept:
        return kept
    pieces = found.quantity * desk.memory.quantity_next
    is_portion = found.weight_g is not None or found.label_amount is not None
    if is_portion and desk.memory.quantity_next > 1:
        return Refusal("quantity_of_weighed")
    same = None if is_portion or found.open_price is not None else same_line(basket, found.item.sku)
    if pieces + (same.quantity if same else 0) > QUANTITY_MAX:
        return Refusal("quantity_range", {"max": QUANTITY_MAX})
    if same is None and len(basket.lines) >= LINES_MAX:
        return Refusal("basket_full", {"max": LINES_MAX})
    desk.set(quantity_next=1)
    if same is not None:
        changed = msgspec.structs.replace(same, quantity=same.quantity + pieces)
        return desk.push(with_line(basket, changed), sound=Sound.SCAN)
    line = StoredLine(
        line_id=str(basket.next_line), sku=found.item.sku, quantity=1 if is_portion else pieces,
        weight_g=found.weight_g, label_amount=found.label_amount, open_price=found.open_price, code=found.code,
    )  # fmt: skip
    grown = msgspec.structs.replace(basket, next_line=basket.next_line + 1)
    return desk.push(with_line(grown, line), sound=Sound.SCAN, note=note, detail=detail)
