"""An item that was found becomes a line of the open basket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from edge.desk import Desk, same_line, with_line
from edge.finding import AGE_ASKED, Found
from edge.screen import Refusal, Sound, named
from edge.store.baskets import StoredLine
from edge.tier_exclusive import refuses_item
from rules.basket import LINES_MAX, QUANTITY_MAX


def add(
    desk: Desk, found: Found, *, age: int = 0, note: str = "", detail: object = None, notice: Refusal | None = None
) -> Refusal | None:
    """Add to the basket and show it, or return why not, showing nothing.

    Args:
        age: the cashier has just confirmed that the buyer is so old.
        note: goes into the journal with its detail; empty for nothing.
        notice: something that the cashier should know of it, although it is sold.
    """
    refusal = desk.may_sell()
    if refusal:
        return refusal
    basket = desk.open_basket()
    kept = refuses_item(desk.shop, found.item, basket.member_id)
    if kept:
        return kept
    pieces = found.quantity * desk.memory.quantity_next
    if found.age > max(basket.age, age):
        return telling(_age_asked(found, pieces), notice)
    said: dict[str, Any] = {"note": note, "detail": detail, "notice": notice}
    if age:
        said |= {"note": "age_confirmed", "detail": {"sku": found.item.sku, "age": age}}
    basket = msgspec.structs.replace(basket, age=max(basket.age, age))
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
        return desk.push(with_line(basket, changed), sound=Sound.SCAN, **said)
    line = StoredLine(
        line_id=str(basket.next_line), sku=found.item.sku, quantity=1 if is_portion else pieces,
        weight_g=found.weight_g, label_amount=found.label_amount, open_price=found.open_price, code=found.code,
    )  # fmt: skip
    grown = msgspec.structs.replace(basket, next_line=basket.next_line + 1)
    return desk.push(with_line(grown, line), sound=Sound.SCAN, **said)


def telling(asked: Refusal, notice: Refusal | None) -> Refusal:
    """Return a question about an item that keeps what the cashier is to know of it, until it is answered."""
    if notice is None:
        return asked
    return Refusal(asked.code, {**asked.params, "tells": notice.code, "day": notice.params["day"]})


def told_after(params: Mapping[str, str | int]) -> Refusal | None:
    """Return what a question of `telling` kept; None where it kept nothing."""
    if "tells" not in params:
        return None
    code = str(params["tells"])
    return Refusal(code, {name: value for name, value in params.items() if name.partition(":")[0] in ("name", "day")})


def _age_asked(found: Found, pieces: int) -> Refusal:
    """Return the question whether the buyer is old enough, with all that it takes to add the item after it."""
    portion = {"weight_g": found.weight_g, "label_amount": found.label_amount, "open_price": found.open_price}
    known: dict[str, str | int] = {name: value for name, value in portion.items() if value is not None}
    item: dict[str, str | int] = {"sku": found.item.sku, "age": found.age, "quantity": pieces, "code": found.code}
    return Refusal(AGE_ASKED, {**named(found.item.names), **item, **known})
