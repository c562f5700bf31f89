"""What promotions may not cost beside what the shop sells: nothing is dearer than its list price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules.basket import Item
from rules.conditions import Scope
from rules.money import Minor
from rules.promotion_kinds import AmountOff, Bundle, FixedPrice, NForPrice, PromotionBase
from rules.scopes import ScopeIndex, bits_of
from rules.table_reader import Problem


def price_problems(placed: Sequence[tuple[str, PromotionBase]], items: Sequence[Item]) -> Iterator[Problem]:
    """Yield promotions (where, promotion) that could make none of the known items cheaper at its list price.

    Args:
        placed: promotions of a file.
        items: what is sold, at its list price; items without one, and those whose price is typed, count for nothing.
    """
    asked = [(where, each) for where, each in placed if isinstance(each, Bundle | NForPrice | FixedPrice | AmountOff)]
    dearest = _dearest([each for _, each in asked], items)
    for number, (where, promotion) in enumerate(asked):
        listed = dearest.get((number, 0), 0)
        if isinstance(promotion, Bundle) and promotion.price is not None:
            parts = [part.quantity * dearest.get((number, at), 0) for at, part in enumerate(promotion.parts, start=1)]
            if all(parts) and sum(parts) <= promotion.price:
                yield Problem(where, "price", f"{promotion.price} is not below its parts at {sum(parts)}")
        elif isinstance(promotion, NForPrice):
            yield from _not_below(where, promotion.price, listed * promotion.quantity)
        elif isinstance(promotion, FixedPrice):
            yield from _not_below(where, promotion.price, listed)
        elif isinstance(promotion, AmountOff) and 0 < listed < promotion.off:
            yield Problem(where, "off", f"{promotion.off} is more than the price of {listed}")


def _dearest(promotions: Sequence[PromotionBase], items: Sequence[Item]) -> dict[tuple[int, int], Minor]:
    """Return the dearest list price by (promotion, 0) for its scope and (promotion, n) for a bundle's n-th part."""
    keys: list[tuple[int, int]] = []
    scopes: list[Scope] = []
    pieces_only = 0
    for number, promotion in enumerate(promotions):
        parts = promotion.parts if isinstance(promotion, Bundle) else ()
        own = (promotion.scope, *(part.scope for part in parts))
        for at, scope in enumerate(own):
            if isinstance(promotion, Bundle | NForPrice):
                pieces_only |= 1 << len(scopes)
            keys.append((number, at))
            scopes.append(scope)
    bit_of = {key: 1 << at for at, key in enumerate(keys)}
    index, found = ScopeIndex.of(scopes), dict[tuple[int, int], Minor]()
    left = (1 << len(scopes)) - 1
    # Dearest first: the first item that a scope names settles it, so that many promotions cost one look at each item.
    for item in sorted(items, key=lambda each: -each.price):
        if item.price <= 0 or not left:
            break
        if item.is_open_price:
            continue
        inside = index.bits(item) & ~(pieces_only if item.is_weighed else 0)
        for at in bits_of(inside & left):
            number, part = keys[at]
            if inside & bit_of[number, 0]:
                found[number, part] = item.price
                left &= ~(1 << at)
    return found


def _not_below(where: str, price: Minor, listed: Minor) -> Iterator[Problem]:
    if 0 < listed <= price:
        yield Problem(where, "price", f"{price} is not below the list price of {listed}")
