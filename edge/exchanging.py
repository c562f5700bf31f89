"""Goods that come back in an open basket: they pay for what is taken along, and only the rest changes hands."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from edge.desk import Desk, HasDesk
from edge.exchanging_loose import LOOSE_ID, loose_refusal, planned_loose
from edge.exchanging_plan import wanted_of
from edge.permissions import Permission, refuses
from edge.returning import REASON_MAX, may_return
from edge.returning_plan import WantedBack
from edge.screen import Refusal, Sound
from edge.store import members
from edge.store.baskets import StoredBack, StoredBasket
from edge.store.entries import Entry
from edge.store.sales import stored_sale
from rules.basket import QUANTITY_MAX, WEIGHT_MAX_G
from rules.money import Minor

BACK_MAX = 100
"""Most lines that come back in one basket."""


def put_back(till: HasDesk, sale_id: str, wanted: Sequence[WantedBack], reason: str) -> Refusal | None:
    """Put lines of a receipt into the open basket as goods that come back, in the place of what it had of them.

    A basket that is nobody's becomes the member's whose receipt it is.
    """
    desk = till.desk
    db, now_ms = desk.shop.store.db, desk.now_ms()
    refusal = desk.may_sell() or may_return(desk, sale_id, wanted, reason)
    if refusal:
        return desk.refuse(refusal)
    basket, sale = desk.open_basket(), stored_sale(db, sale_id)
    assert sale is not None, "what may be returned was asked before"
    kept = tuple(each for each in basket.back if each.sale_id != sale_id)
    lines = [each for each in wanted if each.quantity]
    if len(kept) + len(lines) > BACK_MAX:
        return desk.refuse(Refusal("back_full", {"max": BACK_MAX}))
    new = tuple(
        StoredBack(
            line_id=f"r{basket.next_line + at}", sale_id=sale_id, line=each.line, sku=sale.lines[each.line].sku,
            quantity=each.quantity, weight_g=sale.lines[each.line].weight_g, is_restocked=each.is_restocked,
            reason=reason.strip()[:REASON_MAX], approved_by=desk.approver_id,
        )
        for at, each in enumerate(lines)
    )  # fmt: skip
    member_id = basket.member_id or members.standing_id(db, sale.member_id)
    changed = msgspec.structs.replace(
        basket, back=(*kept, *new), next_line=basket.next_line + len(new), member_id=member_id
    )
    detail = {"of": sale.receipt_number, "lines": len(new), "at_ms": now_ms}
    return desk.push(changed, sound=Sound.SCAN, note="return_in_basket", detail=detail)


def put_back_loose(
    till: HasDesk, *, sku: str, reason: str, quantity: int = 1, weight_g: int = 0, amount: Minor = 0, aside: int = 0
) -> Refusal | None:
    """Put something without a receipt into the open basket as goods that come back.

    Args:
        amount: what is given for a piece or a kilogram; 0 for the most that may be given.
        aside: 1 where it is not sold again.
    """
    desk = till.desk
    refusal = desk.may_sell() or (None if reason.strip() else Refusal("reason_missing"))
    basket = desk.open_basket()
    if refusal is None and len(basket.back) >= BACK_MAX:
        refusal = Refusal("back_full", {"max": BACK_MAX})
    if refusal is None and not (1 <= quantity <= QUANTITY_MAX and 0 <= weight_g <= WEIGHT_MAX_G):
        refusal = Refusal("quantity_range", {"max": QUANTITY_MAX})
    if refusal:
        return desk.refuse(refusal)
    price = loose_refusal(desk.shop, sku, amount=amount, weight_g=weight_g)
    if isinstance(price, Refusal):
        return desk.refuse(price)
    back = StoredBack(
        line_id=f"r{basket.next_line}", sku=sku, quantity=1 if weight_g else quantity, weight_g=weight_g or None,
        unit_price=price, is_restocked=not aside, reason=reason.strip()[:REASON_MAX], approved_by=desk.approver_id,
    )  # fmt: skip
    changed = msgspec.structs.replace(basket, back=(*basket.back, back), next_line=basket.next_line + 1)
    loose = [each for each in changed.back if not each.sale_id]
    worth = planned_loose(desk.shop, loose, basket.member_id, Entry(LOOSE_ID, "", 0, "", (), lane=desk.lane))
    refusal = refuses(desk, Permission.RETURN_LOOSE, amount=worth.amount)
    if refusal:
        return desk.refuse(refusal)
    return desk.push(changed, sound=Sound.SCAN, note="return_in_basket", detail={"sku": sku, "unit_price": price})


def drop_back(till: HasDesk, line_id: str) -> Refusal | None:
    """Take a line that comes back out of the basket again."""
    desk = till.desk
    basket, refusal = desk.memory.basket, desk.may_sell()
    kept = tuple(each for each in basket.back if each.line_id != line_id) if basket else ()
    if refusal is None and (basket is None or len(kept) == len(basket.back)):
        refusal = Refusal("line_gone")
    if refusal or basket is None:
        return desk.refuse(refusal or Refusal("line_gone"))
    return desk.push(msgspec.structs.replace(basket, back=kept))


def may_give_back(desk: Desk, basket: StoredBasket) -> Refusal | None:
    """Say why what comes back in a basket may not be given back by whoever is at the lane; None where they may.

    What a second person allowed when it was put into the basket is not asked again while it lies there.
    """
    for sale_id, some in wanted_of(basket).items():
        if not all(each.approved_by for each in some):
            wanted = [WantedBack(each.line, each.quantity, each.is_restocked) for each in some]
            refusal = may_return(desk, sale_id, wanted, some[0].reason)
            if refusal:
                return refusal
    loose = [each for each in basket.back if not each.sale_id and not each.approved_by]
    if not loose:
        return None
    worth = planned_loose(desk.shop, loose, basket.member_id, Entry(LOOSE_ID, "", 0, "", (), lane=desk.lane))
    return refuses(desk, Permission.RETURN_LOOSE, amount=worth.amount)
