"""What the goods of a basket that come back would move if it was paid now; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from edge.exchanging_loose import planned_loose
from edge.returning_plan import WantedBack, planned
from edge.screen import Refusal
from edge.screen_back import BackLineView
from edge.shop import Shop
from edge.store.baskets import StoredBack, StoredBasket
from edge.store.entries import Entry
from edge.store.loose_returns import LooseReturn
from edge.store.returns import Return
from edge.store.sales import stored_sale
from rules.basket import Names
from rules.money import Minor


@dataclass(frozen=True, slots=True)
class Planned:
    """What the goods of a basket that come back would move if it was paid now."""

    parts: tuple[Return, ...] = ()
    """One for each receipt."""
    loose: LooseReturn | None = None

    @property
    def amounts(self) -> tuple[Minor, ...]:
        """What each return is worth, that without a receipt last."""
        return (*(part.amount for part in self.parts), *([self.loose.amount] if self.loose else []))

    @property
    def amount(self) -> Minor:
        return sum(self.amounts)


def return_id(sale_id: str, number: int) -> str:
    """Return the id of the nth return of a basket: made of its sale id, so that a second press finds it."""
    return f"{sale_id}-R{number}"


def wanted_of(basket: StoredBasket) -> dict[str, list[StoredBack]]:
    """Return what comes back by the sale that it is of, in the order in which they came."""
    found: dict[str, list[StoredBack]] = {}
    for each in basket.back:
        if each.sale_id:
            found.setdefault(each.sale_id, []).append(each)
    return found


def planned_back(
    shop: Shop,
    basket: StoredBasket,
    *,
    lane: int,
    entries: Sequence[Entry] = (),
    carry: Sequence[Minor] = (),
    paid_for: str = "",
) -> Planned | Refusal:
    """Return what the goods of a basket that come back are worth now, or why some of them cannot come back.

    Args:
        entries: of each return, with all but its transfers; without any it is a look at what would be.
        carry: how much of each pays for what is taken along.
        paid_for: the sale of that.
    """
    parts = []
    bare = Entry("", "return", shop.clock.now_ms(), "", (), lane=lane)
    for at, (sale_id, some) in enumerate(wanted_of(basket).items()):
        part = planned(
            shop, sale_id, [WantedBack(each.line, each.quantity, each.is_restocked) for each in some],
            entries[at] if entries else bare, carry=carry[at] if carry else 0, paid_for=paid_for,
        )  # fmt: skip
        if isinstance(part, Refusal):
            return part
        parts.append(part)
    loose = [each for each in basket.back if not each.sale_id]
    if not loose:
        return Planned(tuple(parts))
    last = planned_loose(
        shop, loose, basket.member_id, entries[-1] if entries else bare, carry=carry[-1] if carry else 0,
        paid_for=paid_for,
    )  # fmt: skip
    return Planned(tuple(parts), last)


def back_views(shop: Shop, basket: StoredBasket, *, lane: int) -> tuple[tuple[BackLineView, ...], Minor]:
    """Return what comes back as the screen shows it, and what it is worth now."""
    views, amount = [], 0
    for sale_id, some in wanted_of(basket).items():
        sale = stored_sale(shop.store.db, sale_id)
        alone = msgspec.structs.replace(basket, back=tuple(some))
        found = planned_back(shop, alone, lane=lane)
        worth = {} if isinstance(found, Refusal) else {line.line: line.amount for line in found.parts[0].lines}
        amount += 0 if isinstance(found, Refusal) else found.amount
        for each in some:
            line = sale.lines[each.line] if sale else None
            views.append(
                BackLineView(
                    each.line_id, line.names if line else Names(each.sku), line.unit if line else "", each.quantity,
                    each.weight_g, worth.get(each.line, 0), sale.receipt_number if sale else "", each.is_restocked,
                    is_gone=isinstance(found, Refusal),
                )
            )  # fmt: skip
    loose = [each for each in basket.back if not each.sale_id]
    if loose:
        part = planned_loose(shop, loose, basket.member_id, Entry("", "", 0, "", (), lane=lane))
        amount += part.amount
        views += [
            BackLineView(
                each.line_id, line.names, line.unit, line.quantity, line.weight_g, line.net, "", line.is_restocked
            )
            for each, line in zip(loose, part.lines, strict=True)
        ]
    return tuple(views), amount
