"""What promotions may not say of each other: cycles of exclusions, and bundles dearer than their parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rules.basket import Item
from rules.money import Minor
from rules.promotion_kinds import AmountOff, Bundle, FixedPrice, NForPrice, PromotionBase
from rules.scopes import in_scope
from rules.table_reader import Problem


def cycle_problems(placed: Sequence[tuple[str, PromotionBase]]) -> Iterator[Problem]:
    """Yield one problem for every cycle of `excludes` among (where, promotion): nobody could say which one wins."""
    excludes = {promotion.id: sorted(promotion.excludes) for _, promotion in placed}
    where = {promotion.id: place for place, promotion in placed}
    seen: set[str] = set()
    for start in where:
        path = _cycle_from(start, excludes, seen)
        if path:
            yield Problem(where[path[0]], "excludes", "a cycle of exclusions: " + " → ".join((*path, path[0])))


def _cycle_from(start: str, excludes: Mapping[str, Sequence[str]], seen: set[str]) -> list[str]:
    """Return a cycle that can be reached and was not seen before, or nothing."""
    path: list[str] = []
    # (promotion, how far its exclusions were followed): a stack, because a file may chain two thousand of them.
    stack = [(start, 0)]
    while stack:
        name, number = stack.pop()
        if number == 0:
            if name in path:
                return path[path.index(name) :]
            if name in seen:
                continue
            seen.add(name)
            path.append(name)
        others = excludes.get(name, ())
        if number < len(others):
            stack += [(name, number + 1), (others[number], 0)]
        else:
            path.remove(name)
    return []


def price_problems(placed: Sequence[tuple[str, PromotionBase]], items: Sequence[Item]) -> Iterator[Problem]:
    """Yield promotions (where, promotion) that could never make any of the known items cheaper at its list price."""
    for where, promotion in placed:
        mine = [item for item in items if in_scope(promotion.scope, item)]
        if isinstance(promotion, Bundle) and promotion.price is not None:
            dearest = [
                part.quantity * _dearest([item for item in mine if in_scope(part.scope, item)])
                for part in promotion.parts
            ]
            if all(dearest) and sum(dearest) <= promotion.price:
                yield Problem(where, "price", f"{promotion.price} is not below its parts at {sum(dearest)}")
        elif isinstance(promotion, NForPrice):
            yield from _dearer(where, promotion.price, _dearest(mine) * promotion.quantity)
        elif isinstance(promotion, FixedPrice):
            yield from _dearer(where, promotion.price, _dearest(mine))
        elif isinstance(promotion, AmountOff) and mine:
            cheapest = min(item.price for item in mine)
            if len(mine) == 1 and promotion.off > cheapest > 0:
                yield Problem(where, "off", f"{promotion.off} is more than the price of {cheapest}")


def _dearest(items: Sequence[Item]) -> Minor:
    return max((item.price for item in items if not item.is_open_price), default=0)


def _dearer(where: str, price: Minor, listed: Minor) -> Iterator[Problem]:
    if 0 < listed <= price:
        yield Problem(where, "price", f"{price} is not below the list price of {listed}")
