"""What a lane shows of times cards."""

from __future__ import annotations

from dataclasses import replace

from edge.screen import TimesCardView, TimesView
from edge.shop import Shop
from edge.store import members
from edge.store.baskets import StoredBasket
from edge.store.known import ALWAYS_MS
from rules.basket import Names
from rules.ledger import is_times


def holders_for(shop: Shop, member_id: str) -> dict[str, bool]:
    """Return whose cards a member may use, and whether they are somebody else's."""
    file = members.member(shop.store.db, member_id)
    return {member_id: False} | ({file.head_id: True} if file and file.head_id else {})


def times_views(shop: Shop, basket: StoredBasket) -> tuple[TimesView, ...]:
    """Return what times cards pay for in a basket."""
    return tuple(
        TimesView(
            unit=use.unit,
            package_names=_package_names(shop, use.unit),
            sku=use.sku,
            names=_item_names(shop, use.sku),
            quantity=use.quantity,
            holder_id=use.holder_id,
            left=shop.spendable(use.holder_id, use.unit) - in_basket(basket, use.unit, use.holder_id),
        )
        for use in basket.times
    )


def times_cards(shop: Shop, basket: StoredBasket) -> tuple[TimesCardView, ...]:
    """Return the times cards that the member of a basket may use, those for what is in the basket in front."""
    if basket.member_id is None:
        return ()
    member_id, now_ms = basket.member_id, shop.clock.now_ms()
    cards = shop.known(now_ms, lambda: _read_cards(shop, member_id), "cards", member_id)
    bought = {line.sku for line in basket.lines}
    found = [_beside(basket, card, bought) for card in cards]
    return tuple(sorted(found, key=lambda card: not card.is_in_basket))


def _beside(basket: StoredBasket, card: TimesCardView, bought: set[str]) -> TimesCardView:
    """Return a card as it is beside a basket: less what it pays for there, what is bought in front."""
    is_bought = [sku in bought for sku, _ in card.choices]
    used = in_basket(basket, card.unit, card.holder_id)
    if not used and not any(is_bought):
        return card
    choices = tuple(sorted(card.choices, key=lambda choice: choice[0] not in bought))
    return replace(card, left=card.left - used, choices=choices, is_in_basket=any(is_bought))


def _read_cards(shop: Shop, member_id: str) -> tuple[tuple[TimesCardView, ...], int]:
    """Return the cards that a member may use beside an empty basket, and until when they are that."""
    found, until_ms = [], ALWAYS_MS
    for holder_id, is_family in holders_for(shop, member_id).items():
        has = shop.holdings(holder_id)
        until_ms = min(until_ms, has.until_ms)
        units = [unit for unit, left in has.held.items() if left > 0 and is_times(unit)]
        # Those in front that expire first.
        for unit in sorted(units, key=lambda unit: (has.ends.get(unit, ALWAYS_MS), unit)):
            known = shop.rules.times.part_of(unit)
            if known is None or (is_family and not known[0].shared):
                continue
            package, part = known
            found.append(
                TimesCardView(
                    unit=unit,
                    package_names=package.names,
                    part_names=part.names,
                    left=has.held[unit],
                    expires=last_day(shop, has.ends.get(unit)),
                    holder_id=holder_id,
                    is_family=is_family,
                    choices=tuple((sku, _item_names(shop, sku)) for sku in part.skus),
                    is_in_basket=False,
                )
            )
    return tuple(found), until_ms


def last_day(shop: Shop, expires_ms: int | None) -> str:
    """Return the last day of what expires then, as an ISO date; empty where it never does."""
    return "" if expires_ms is None else shop.clock.local(expires_ms - 1).date().isoformat()


def in_basket(basket: StoredBasket, unit: str, holder_id: str) -> int:
    """Return how many times of a card a basket uses."""
    return sum(each.quantity for each in basket.times if (each.unit, each.holder_id) == (unit, holder_id))


def _package_names(shop: Shop, unit: str) -> Names:
    known = shop.rules.times.part_of(unit)
    return known[0].names if known else Names(unit.partition(":")[2])


def _item_names(shop: Shop, sku: str) -> Names:
    item = shop.item_as_sold(sku)
    return item.names if item else Names(sku)
