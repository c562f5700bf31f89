"""Price check: what is scanned is told, and not sold, until the cashier ends it."""

from __future__ import annotations

from edge import finding, till_asks, till_lines
from edge.check_view import CheckView
from edge.desk import Desk, HasDesk
from edge.screen import Refusal, Sound, Stage, named
from edge.store import catalog, item_search, item_terms
from edge.till_items import life_of
from rules.codes import Code
from rules.shelf_life import GOOD, Freshness, ShelfLife


def begin_check(till: HasDesk) -> Refusal | None:
    """Tell the price of whatever is scanned from here on; the basket stays as it is."""
    desk = till.desk
    if desk.memory.stage is Stage.PAYING:
        return desk.refuse(Refusal("tenders_first"))
    if desk.memory.blocked is not None:
        return desk.refuse(Refusal("blocked_banner"))
    stage = Stage.SELLING if desk.memory.stage is Stage.DONE else desk.memory.stage
    desk.set(is_checking=True, checked=None, stage=stage, done_sale_id="", seen_ms=desk.now_ms())
    desk.show(sound=Sound.TAP)
    return None


def end_check(till: HasDesk) -> Refusal | None:
    """Sell again."""
    till.desk.set(is_checking=False, checked=None)
    till.desk.show()
    return None


def check_item(till: HasDesk, sku: str) -> Refusal | None:
    """Tell the price of an item that was picked on the screen."""
    return _tell(till.desk, sku)


def sell_checked(till: HasDesk) -> Refusal | None:
    """Put what was looked at into the basket after all, and sell again."""
    desk = till.desk
    checked = desk.memory.checked
    if checked is None:
        return desk.refuse(Refusal("nothing_asked"))
    if checked.expired is not None:
        # Its code says more than its name, and only what is scanned is asked for its day.
        item = {**named(checked.names), "day": checked.expired.isoformat()}
        return desk.refuse(Refusal("expired_checked", item))
    found = finding.find_sku(desk.shop.store.db, checked.sku, now_ms=desk.now_ms())
    desk.set(is_checking=False, checked=None)
    refusal = found if isinstance(found, Refusal) else till_lines.add(desk, found)
    if refusal is None:
        return None
    return till_asks.block_or_refuse(desk, refusal)


def look(desk: Desk, code: Code) -> Refusal | None:
    """Tell the price of what was scanned."""
    known = catalog.find_code(desk.shop.store.db, code.lookup)
    if known is None:
        found = finding.find_item(desk.shop.store.db, code, now_ms=desk.now_ms())
        assert isinstance(found, Refusal), "no item has this code"
        desk.set(checked=None)
        return desk.refuse(found)
    return _tell(desk, known[0], life_of(desk, code))


def _tell(desk: Desk, sku: str, life: ShelfLife = GOOD) -> Refusal | None:
    db, now_ms = desk.shop.store.db, desk.now_ms()
    known = catalog.item(db, sku, now_ms=now_ms)
    if known is None:
        return desk.refuse(Refusal("item_unknown", {"sku": sku}))
    item, is_active = known
    held = item_search.stock(db, [sku])
    desk.set(
        is_checking=True,
        checked=CheckView(
            sku=sku, names=item.names, unit=item.unit, price=item.price, member_price=item.tier_prices.get(""),
            is_weighed=item.is_weighed, is_open_price=item.is_open_price, is_sold=is_active, stock=held.get(sku),
            age=item_terms.terms(db, sku).age or 0,
            expired=life.day if life.freshness is Freshness.EXPIRED else None,
            last_day=life.day if life.freshness is Freshness.LAST_DAY else None,
            best_until=life.day if life.freshness is Freshness.PAST_BEST else None,
        ),
        seen_ms=now_ms,
    )  # fmt: skip
    desk.show(sound=Sound.SCAN)
    return None
