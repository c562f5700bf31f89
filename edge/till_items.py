"""A code that was scanned becomes an item of the basket, or the reason why not: its expiry is looked at first.

What is past its day stands as a question before anything else is asked of it. Who may sell it all the same says so,
or a second person does; then the same code is taken once more, from its beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from edge import finding, returning, till_asks, till_extras, till_lines, weighing
from edge.desk import Desk, HasDesk
from edge.finding import EXPIRED_ASKED, Found
from edge.permissions import Permission, refuses
from edge.screen import Refusal, named
from edge.store import catalog
from edge.store.database import StoreError
from edge.weights import WEIGH
from rules.codes import Code, Kind, Step, classify
from rules.shelf_life import Freshness, ShelfLife, shelf_life

NEEDS_WEIGHT = {"shelf_last_day": "needs_weight_last_day", "shelf_past_best": "needs_weight_past_best"}
"""What is said of days where a weight is missing and nothing weighs: the item comes back by a press that knows none."""


def take(desk: Desk, text: str, code: Code, *, is_allowed: bool = False) -> Refusal | None:
    """Put what was scanned into the basket, or let a banner say why not.

    Args:
        text: what the scanner read; it is kept where a question stands over it.
        is_allowed: somebody has just said that it may be sold although its day is past.
    """
    found = finding.find_item(desk.shop.store.db, code, now_ms=desk.now_ms())
    life = life_of(desk, code)
    if life.freshness is Freshness.EXPIRED and not is_allowed and _is_sold(found):
        return till_asks.block(desk, _expired_asked(desk, text, code, life))
    if isinstance(found, Refusal):
        is_coupon = found.code in finding.NO_ITEM and till_extras.knows(desk, code.text)
        if is_coupon or code.kind is Kind.COUPON:
            return till_extras.take_code(desk, code.text)
        if code.kind is Kind.RECEIPT and found.code in finding.NO_ITEM:
            return returning.show_receipt(desk, code.text)
        asked = weighing.on_scale(desk, found)
        notice = _notice(asked.params, life)
        if notice is not None and asked.code == "needs_weight":
            asked = Refusal(NEEDS_WEIGHT[notice.code], {**asked.params, **notice.params})
        elif asked.code in {*finding.PRICE_ASKED, WEIGH}:
            asked = till_lines.telling(asked, notice)
        return till_asks.block(desk, asked)
    # What was scanned lies in the bag: the cashier must see that it is not in the basket.
    refusal = till_lines.add(desk, found, notice=_notice(named(found.item.names), life))
    return till_asks.block(desk, refusal) if refusal else None


def sell_expired(till: HasDesk) -> Refusal | None:
    """Sell what is past its day all the same, which takes a permission; the journal keeps who allowed it."""
    desk = till.desk
    asked = till_asks.standing(desk, frozenset({EXPIRED_ASKED}))
    if asked.code != EXPIRED_ASKED:
        return desk.refuse(asked)
    refusal = refuses(desk, Permission.SELL_EXPIRED)
    if refusal:
        return desk.refuse(refusal)
    text = str(asked.params["text"])
    sale_id = desk.memory.basket.sale_id if desk.memory.basket else ""
    with desk.shop.store.transaction():
        desk.note("expired_allowed", sale_id, {"sku": asked.params["sku"], "day": asked.params["day"]})
    # From here on it is answered: a restart while the scans behind it are worked off must not ask once more.
    desk.set(
        blocked=None, dismissed=Refusal("scans_waiting") if desk.memory.waiting else None,
        quantity_next=int(asked.params["quantity"]),
    )  # fmt: skip
    try:
        return take(desk, text, classify(text, step=Step.ITEM, settings=desk.shop.codes), is_allowed=True)
    except StoreError:
        desk.set(blocked=asked, dismissed=None, quantity_next=1)
        raise


def life_of(desk: Desk, code: Code) -> ShelfLife:
    """Return how what was scanned stands to the dates of its code now."""
    clock, now_ms = desk.shop.clock, desk.now_ms()
    return shelf_life(
        code.elements, business_date=clock.business_date(now_ms), now_local=clock.local(now_ms),
        best_is_last=desk.shop.config.store.best_is_last,
    )  # fmt: skip


def _is_sold(found: Found | Refusal) -> bool:
    """Tell whether it could be sold once all is known that is asked of it."""
    return isinstance(found, Found) or found.code in {*finding.PRICE_ASKED, "needs_weight"}


def _expired_asked(desk: Desk, text: str, code: Code, life: ShelfLife) -> Refusal:
    known = catalog.find_code(desk.shop.store.db, code.lookup)
    item = desk.shop.item_as_sold(known[0]) if known else None
    assert item is not None, "an item was found by this code"
    return Refusal(
        EXPIRED_ASKED,
        {
            **named(item.names), "sku": item.sku, "day": _iso(life.day), "quantity": desk.memory.quantity_next,
            # A lone surrogate cannot be written.
            "text": text.encode("utf-8", "replace").decode(),
        },
    )  # fmt: skip


def _notice(names: Mapping[str, str | int], life: ShelfLife) -> Refusal | None:
    """Return what the cashier is to know of an item that is sold although its days end."""
    params = {**names, "day": _iso(life.day)}
    if life.freshness is Freshness.LAST_DAY:
        return Refusal("shelf_last_day", params)
    return Refusal("shelf_past_best", params) if life.freshness is Freshness.PAST_BEST else None


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
