"""The first lane: at which prices one unit of a line may be had, and by which promotions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rules.basket import GRAMS_PER_KG, Line
from rules.money import BASIS_POINTS, Minor, round_half_up
from rules.promotion_kinds import AmountOff, MemberPrice, PercentOff, PromotionBase, UnitPromotion

COMBINED_MAX = 3
"""Most unit promotions that may lower one unit together."""


class Option(NamedTuple):
    """One legal price of a unit."""

    net: Minor
    taken: tuple[tuple[str, Minor], ...] = ()
    """(promotion id, what it takes off) in the order of application; each amount greater than zero."""


def options(
    line: Line, promotions: Sequence[UnitPromotion], *, price_key: str, gross: Minor | None = None
) -> tuple[Option, ...]:
    """Return the legal prices of a unit, cheapest first, one Option for each different price.

    Of several ways to one price, the one with fewer promotions stays, then the one whose promotions rank first.
    A forced promotion that lowers the price is part of every option.

    Args:
        line: all of its units are alike.
        promotions: those that may apply to the line, in the order of their rank.
        price_key: the tier whose member prices count; "" is any member.
        gross: list price of a unit; None asks the line.
    """
    if gross is None:
        gross = line.unit_gross
    by_net: dict[Minor, Option] = {gross: Option(gross)}
    is_plain = True
    for promotion in promotions:
        saving = saving_of(promotion, line, gross, price_key)
        if saving > 0 and gross - saving not in by_net:
            by_net[gross - saving] = Option(gross - saving, ((promotion.id, saving),))
        is_plain = is_plain and not promotion.forced and not promotion.combines_with
    if not is_plain:
        by_net = _combined(line, promotions, gross, price_key)
    if len(by_net) == 1:
        return tuple(by_net.values())
    return tuple([by_net[net] for net in sorted(by_net)])


def cheapest_option(line: Line, promotions: Sequence[UnitPromotion], *, price_key: str, gross: Minor) -> Option:
    """Return the first of `options`, which is all that most baskets ask for."""
    best: UnitPromotion | None = None
    most = 0
    for promotion in promotions:
        if promotion.forced or promotion.combines_with:
            return options(line, promotions, price_key=price_key, gross=gross)[0]
        saving = saving_of(promotion, line, gross, price_key)
        if saving > most:
            best, most = promotion, saving
    return Option(gross) if best is None else Option(gross - most, ((best.id, most),))


def _combined(line: Line, promotions: Sequence[UnitPromotion], gross: Minor, price_key: str) -> dict[Minor, Option]:
    """Return the legal prices where some promotion is forced or combines with others."""
    single = [
        (promotion, saving) for promotion in promotions if (saving := saving_of(promotion, line, gross, price_key)) > 0
    ]
    forced = next((promotion for promotion, _ in single if promotion.forced), None)
    by_net: dict[Minor, Option] = {}
    if forced is None:
        by_net[gross] = Option(gross)
    for promotion, saving in single:
        if (forced is None or forced is promotion) and gross - saving not in by_net:
            by_net[gross - saving] = Option(gross - saving, ((promotion.id, saving),))
    for together in _sets([promotion for promotion, _ in single]):
        if forced is None or forced in together:
            option = _apply(together, line, gross, price_key)
            by_net.setdefault(option.net, option)
    return by_net


def _sets(useful: Sequence[UnitPromotion]) -> list[tuple[UnitPromotion, ...]]:
    """Return the sets of two and three that combine with each other pairwise, smaller ones first, in rank order."""
    names = frozenset(promotion.id for promotion in useful)
    if not any(promotion.combines_with & names for promotion in useful):
        return []
    pairs = [(one, other) for number, one in enumerate(useful) for other in useful[number + 1 :] if combine(one, other)]
    linked = {(one.id, other.id) for one, other in pairs}
    place = {promotion.id: number for number, promotion in enumerate(useful)}
    triples = [
        (one, other, third)
        for one, other in pairs
        for third in useful[place[other.id] + 1 :]
        if (one.id, third.id) in linked and (other.id, third.id) in linked
    ]
    return [*pairs, *triples]


def combine(one: PromotionBase, other: PromotionBase) -> bool:
    """Tell whether two promotions may lower the same unit."""
    return other.id in one.combines_with or one.id in other.combines_with


def _apply(together: Sequence[UnitPromotion], line: Line, gross: Minor, price_key: str) -> Option:
    # A price comes before a percentage and a percentage before an amount, whatever the order of the file.
    net = gross
    taken = []
    for promotion in sorted(together, key=lambda promotion: (_stage(promotion), promotion.rank)):
        saving = saving_of(promotion, line, net, price_key)
        if saving > 0:
            taken.append((promotion.id, saving))
            net -= saving
    return Option(net, tuple(taken))


def _stage(promotion: UnitPromotion) -> int:
    if isinstance(promotion, PercentOff):
        return 1
    return 2 if isinstance(promotion, AmountOff) else 0


def saving_of(promotion: UnitPromotion, line: Line, left: Minor, price_key: str) -> Minor:
    """Return what a promotion takes off a unit that costs `left`: 0..left."""
    if isinstance(promotion, PercentOff):
        # The same as rate_of; written out because it is asked for every unit and promotion.
        return (2 * left * promotion.off_bp + BASIS_POINTS) // (2 * BASIS_POINTS)
    if isinstance(promotion, AmountOff):
        off = amount_at(line, promotion.off)
        return 0 if off is None else min(left, off)
    # A price that the cashier types has no list price that a fixed or member price could stand in for.
    if line.item.is_open_price or line.open_price is not None:
        return 0
    price = _member_price(line, price_key) if isinstance(promotion, MemberPrice) else promotion.price
    target = None if price is None else amount_at(line, price)
    return 0 if target is None else max(0, left - target)


def _member_price(line: Line, price_key: str) -> Minor | None:
    prices = [line.item.tier_prices[key] for key in {price_key, ""} if key in line.item.tier_prices]
    return min(prices, default=None)


def amount_at(line: Line, price: Minor) -> Minor | None:
    """Return what a unit of the line costs at another price a piece or a kilogram, halves up.

    A label with an amount but no weight follows in proportion to the list price; None where that is zero.
    """
    if line.weight_g is not None:
        return round_half_up(price * line.weight_g, GRAMS_PER_KG)
    if line.label_amount is not None:
        return round_half_up(line.label_amount * price, line.item.price) if line.item.price > 0 else None
    return price
