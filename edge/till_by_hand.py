"""What a person decides about a price at the till, with a reason: discounts of a line or a basket, a changed price."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from edge.desk import Desk, HasDesk
from edge.finding import OPEN_PRICE_MAX
from edge.permissions import Permission, refuses
from edge.screen import Refusal
from edge.store.baskets import StoredBasket, StoredLine
from edge.text_marks import N_
from rules.by_hand import off_bp_of
from rules.money import BASIS_POINTS, Minor
from rules.promotion_kinds import HAND_BASKET_ID, HAND_LINE_ID, POINTS_ID
from rules.quote import Quote

REASONS: Mapping[str, str] = {
    "damaged": N_("Damaged or last piece"),
    "short_dated": N_("Short shelf life"),
    "price_match": N_("Price promised or on the shelf"),
    "regular": N_("Good customer"),
    "complaint": N_("To make up for something"),
    "other": N_("Another reason"),
}
"""Why a price is decided by hand; the code stands in the audit chain."""


def discount_line(till: HasDesk, line_id: str, reason: str, off_bp: int = 0, off_amount: Minor = 0) -> Refusal | None:
    """Take a part or an amount off a line, after all promotions; 0 of both takes the discount away again."""
    desk, line = till.desk, till.desk.line(line_id)
    if line is None:
        return desk.refuse(Refusal("line_gone"))
    if off_bp and off_amount:
        return desk.refuse(Refusal("discount_range"))
    if off_bp == 0 and off_amount == 0:
        return _put(desk, _changed(line, off_bp=0, off_amount=0), "line_discount_off", {"sku": line.sku})
    bare = desk.shop.quote(
        desk.shop.priced_basket(desk.with_line(_changed(line, off_bp=0, off_amount=0)), lane=desk.lane)
    )
    before = _left(bare, line_id, (HAND_BASKET_ID, POINTS_ID))
    if off_amount > before or off_bp > BASIS_POINTS:
        return desk.refuse(Refusal("discount_range"))
    parts = off_bp or off_bp_of(off_amount, before)
    refusal = _no_reason(reason) or refuses(desk, Permission.LINE_DISCOUNT, amount=parts)
    if refusal:
        return desk.refuse(refusal)
    detail = {"sku": line.sku, "of": before, "off_bp": off_bp, "off_amount": off_amount, "reason": reason}
    return _put(desk, _changed(line, off_bp=off_bp, off_amount=off_amount), "line_discount", detail)


def discount_basket(till: HasDesk, off_bp: int, reason: str) -> Refusal | None:
    """Take a part off the whole basket, after all promotions and discounts of lines; 0 takes it away again."""
    desk, basket = till.desk, till.desk.memory.basket
    refusal = desk.may_sell()
    if refusal or basket is None or not basket.lines:
        return desk.refuse(refusal or Refusal("basket_empty"))
    if off_bp == 0:
        return desk.push(msgspec.structs.replace(basket, off_bp=0, off_gross=0), note="basket_discount_off")
    if off_bp > BASIS_POINTS:
        return desk.refuse(Refusal("discount_range"))
    refusal = _no_reason(reason) or refuses(desk, Permission.BASKET_DISCOUNT, amount=off_bp)
    if refusal:
        return desk.refuse(refusal)
    quote = desk.shop.quote(desk.shop.priced_basket(basket, lane=desk.lane))
    changed = msgspec.structs.replace(basket, off_bp=off_bp, off_gross=quote.gross)
    detail = {"of": quote.total, "off_bp": off_bp, "reason": reason}
    return desk.push(changed, note="basket_discount", detail=detail)


def change_price(till: HasDesk, line_id: str, reason: str, amount: Minor | None = None) -> Refusal | None:
    """Sell a line at another price a piece or a kilogram, before all promotions; None goes back to the list price."""
    desk, line = till.desk, till.desk.line(line_id)
    if line is None:
        return desk.refuse(Refusal("line_gone"))
    if line.label_amount is not None or line.open_price is not None:
        return desk.refuse(Refusal("price_not_here"))
    if amount is None:
        return _put(desk, _changed(line, hand_price=None), "price_change_off", {"sku": line.sku})
    if not 0 <= amount <= OPEN_PRICE_MAX:
        return desk.refuse(Refusal("amount_range"))
    listed = desk.shop.priced_basket(desk.with_line(_changed(line, hand_price=None)), lane=desk.lane).line(line_id)
    assert listed is not None
    parts = off_bp_of(max(listed.unit_price - amount, 0), listed.unit_price)
    refusal = _no_reason(reason) or refuses(desk, Permission.PRICE_CHANGE, amount=parts)
    if refusal:
        return desk.refuse(refusal)
    detail = {"sku": line.sku, "from": listed.unit_price, "to": amount, "reason": reason}
    return _put(desk, _changed(line, hand_price=amount), "price_change", detail)


def discount_outgrown(desk: Desk, basket: StoredBasket, gross: Minor) -> Refusal | None:
    """Say that a basket holds more now than when its discount was allowed, unless the cashier may give it alone."""
    if basket.off_bp == 0 or gross <= basket.off_gross:
        return None
    return Refusal("discount_outgrown") if refuses(desk, Permission.BASKET_DISCOUNT, amount=basket.off_bp) else None


def _changed(line: StoredLine, **changes: int | None) -> StoredLine:
    return msgspec.structs.replace(line, **changes)


def _put(desk: Desk, line: StoredLine, note: str, detail: Mapping[str, object]) -> Refusal | None:
    return desk.push(desk.with_line(line), note=note, detail=detail)


def _left(quote: Quote, line_id: str, later: tuple[str, ...]) -> Minor:
    """Return what a line costs before what is taken off after its own discount."""
    line = quote.line(line_id)
    assert all(each.promotion_id != HAND_LINE_ID for each in line.discounts)
    return line.net + sum(each.amount for each in line.discounts if each.promotion_id in later)


def _no_reason(reason: str) -> Refusal | None:
    return None if reason in REASONS else Refusal("reason_missing")
