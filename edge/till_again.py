"""The last sale once more: its lines in the basket, for whoever orders the same again."""

from __future__ import annotations

import msgspec

from edge import finding
from edge.desk import HasDesk, same_line, with_line
from edge.screen import Refusal, Sound
from edge.store.baskets import StoredBasket, StoredLine
from edge.store.sales import last_sale, stored_sale
from edge.tier_exclusive import refuses_item
from rules.basket import LINES_MAX, QUANTITY_MAX
from rules.sale import SaleLine


def sell_again(till: HasDesk, sale_id: str = "") -> Refusal | None:
    """Put what a sale sold into the open basket, at the prices of now, as one step that can be undone.

    What has to be asked or weighed anew is left out, and the cashier is told how many lines that are.

    Args:
        sale_id: which sale; the lane's last one without it.
    """
    desk = till.desk
    refusal = desk.may_sell()
    if refusal:
        return desk.refuse(refusal)
    db = desk.shop.store.db
    sale = stored_sale(db, sale_id or last_sale(db, desk.lane)[0])
    if sale is None:
        return desk.refuse(Refusal("receipt_unknown"))
    basket = desk.open_basket()
    bought = [line for line in sale.lines if not line.gift_of and not line.times_of]
    left_out = 0
    for line in bought:
        grown = _with(till, basket, line)
        left_out += grown is None
        basket = grown or basket
    if left_out == len(bought):
        return desk.refuse(Refusal("again_nothing"))
    notice = Refusal("again_without", {"count": left_out}) if left_out else None
    done = desk.push(basket, sound=Sound.SCAN, notice=notice, note="sold_again", detail={"of": sale.sale_id})
    return done or notice


def _with(till: HasDesk, basket: StoredBasket, line: SaleLine) -> StoredBasket | None:
    """Return the basket with a line of before, or None where it has to be scanned, weighed or asked for anew."""
    desk = till.desk
    found = finding.find_sku(desk.shop.store.db, line.sku, now_ms=desk.now_ms(), quantity=line.quantity, code=line.code)
    if isinstance(found, Refusal) or line.weight_g is not None or found.age > basket.age:
        return None
    if refuses_item(desk.shop, found.item, basket.member_id):
        return None
    same = same_line(basket, line.sku)
    if line.quantity + (same.quantity if same else 0) > QUANTITY_MAX:
        return None
    if same is not None:
        return with_line(basket, msgspec.structs.replace(same, quantity=same.quantity + line.quantity))
    if len(basket.lines) >= LINES_MAX:
        return None
    new = StoredLine(line_id=str(basket.next_line), sku=line.sku, quantity=line.quantity, code=line.code)
    return with_line(msgspec.structs.replace(basket, next_line=basket.next_line + 1), new)
