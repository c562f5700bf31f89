"""Times cards in a sale: whether they may be used, the lines they pay for, and the times that packages grant."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from edge.screen import Refusal, named
from edge.shop import Shop
from edge.store import times
from edge.store.baskets import StoredBasket, StoredTimes
from edge.times_view import holders_for, in_basket
from rules.basket import QUANTITY_MAX, Basket, Names
from rules.ledger import Transfer
from rules.sale import Sale, SaleLine
from rules.times import Package, grants, packages_in
from rules.windows import months_after

USES_MAX = 50
"""Most different things that times cards pay for in one basket."""


def may_use(shop: Shop, basket: StoredBasket, use: StoredTimes) -> Refusal | None:
    """Say why times of a card cannot be added to a basket."""
    known = shop.rules.times.part_of(use.unit)
    if known is None or use.sku not in known[1].skus or not 1 <= use.quantity <= QUANTITY_MAX:
        return Refusal("times_not_for_this")
    package, _ = known
    holders = holders_for(shop, basket.member_id or "")
    if use.holder_id not in holders or (holders[use.holder_id] and not package.shared):
        return Refusal("times_not_theirs")
    here = in_basket(basket, use.unit, use.holder_id)
    wanted = here + use.quantity
    left = shop.spendable(use.holder_id, use.unit)
    if wanted > left:
        return Refusal("times_short", {**named(package.names), "left": left - here})
    today = shop.clock.business_date(shop.clock.now_ms()).isoformat()
    if package.per_day and times.used_on(shop.store.db, use.holder_id, use.unit, today) + wanted > package.per_day:
        return Refusal("times_per_day", {**named(package.names), "max": package.per_day})
    is_new = all((each.unit, each.sku) != (use.unit, use.sku) for each in basket.times)
    return Refusal("basket_full", {"max": USES_MAX}) if is_new and len(basket.times) >= USES_MAX else None


def room_for(shop: Shop, basket: StoredBasket, unit: str, holder_id: str) -> int:
    """Return how many more times of a card a basket may use: what is left of it, and of its day."""
    known = shop.rules.times.part_of(unit)
    if known is None:
        return 0
    here = in_basket(basket, unit, holder_id)
    room = shop.spendable(holder_id, unit) - here
    if known[0].per_day:
        today = shop.clock.business_date(shop.clock.now_ms()).isoformat()
        room = min(room, known[0].per_day - times.used_on(shop.store.db, holder_id, unit, today) - here)
    return max(0, room)


def still_usable(shop: Shop, basket: StoredBasket) -> Refusal | None:
    """Say why times that were put into a basket cannot be used any more: another lane used them, they expired."""
    if basket.times and basket.member_id is None:
        return Refusal("times_no_member")
    for use in basket.times:
        others = tuple(each for each in basket.times if each != use)
        refusal = may_use(shop, msgspec.structs.replace(basket, times=others), use)
        if refusal:
            return refusal
    return None


def times_lines(shop: Shop, basket: StoredBasket) -> tuple[SaleLine, ...]:
    """Return what times cards pay for as lines of the sale: at no price, told whose card paid."""
    lines = []
    for use in basket.times:
        item = shop.item_as_sold(use.sku)
        lines.append(
            SaleLine(
                sku=use.sku, names=item.names if item else Names(use.sku), unit=item.unit if item else "",
                quantity=use.quantity, weight_g=None, unit_price=0, gross=0, net=0, unit_nets=(0,) * use.quantity,
                discounts=(), tax_bp=item.tax_bp if item else 0, tax=0, code="", times_of=use.unit,
                times_from="" if use.holder_id == basket.member_id else use.holder_id,
            )
        )  # fmt: skip
    return tuple(lines)


def package_needs_member(shop: Shop, basket: Basket) -> Refusal | None:
    """Say that something in a basket is a package, whose times must be somebody's."""
    if basket.member_id is not None:
        return None
    found = next((p for line in basket.lines if (p := shop.rules.times.package_of(line.item.sku))), None)
    return Refusal("package_no_member", named(found.names)) if found else None


def granted_by(shop: Shop, sale: Sale) -> tuple[Transfer, ...]:
    """Return the times that a sale grants: packages among its lines."""
    if sale.member_id is None:
        return ()
    moves: list[Transfer] = []
    for at, package in packages_in(sale, shop.rules.times):
        expires_ms = package_expires_ms(shop, package, sale.sold_at_ms)
        moves += grants(package, sale.lines[at].quantity, sale.member_id, expires_ms=expires_ms)
    return tuple(moves)


def package_expires_ms(shop: Shop, package: Package, now_ms: int) -> int | None:
    """Return when the times of a package that is bought now expire: at the end of a local day; None never."""
    today = shop.clock.local(now_ms).date()
    last = package.until
    if package.months:
        last = months_after(today, package.months)
    if package.days:
        last = today + timedelta(days=package.days - 1)
    # Counted from a clock that was never set, they would be gone as soon as it is.
    if last is None or (package.until is None and not shop.clock.is_sane()):
        return None
    return day_end_ms(shop, last.isoformat())


def day_end_ms(shop: Shop, day: str) -> int:
    """Return the moment at which a local day, an ISO date, is over."""
    end = datetime.combine(datetime.fromisoformat(day).date(), time(), ZoneInfo(shop.config.store.timezone))
    return int((end + timedelta(days=1)).timestamp()) * 1_000
