"""Which promotions of each exclusive group play, and how much cheaper at most a basket could be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import msgspec

from rules.basket import Line
from rules.basket_lanes import Candidate, kept_fraction
from rules.best import Best, best
from rules.block_search import Budget
from rules.money import Minor
from rules.promotions import BasketPercentOff, UnitPromotion
from rules.reachable import Priceable
from rules.unit_lane import options


@dataclass(frozen=True, slots=True)
class UnitOffer:
    """A unit promotion that may apply."""

    promotion: UnitPromotion
    parts: tuple[int, ...]
    """Positions of the lines in its scope, rising."""


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The cheapest combination, with its certificate."""

    best: Best
    certified: bool
    gap: Minor
    """How much cheaper something might be at the most; 0 when certified."""


def cheapest(
    lines: Sequence[Line], offers: Sequence[UnitOffer], candidates: Sequence[Candidate], *, price_key: str, nodes: int
) -> Cheapest:
    """Return the cheapest legal combination for a basket.

    Args:
        lines: in an order that does not depend on the basket's.
        offers: unit promotions that may apply, in the order of their rank.
        candidates: basket promotions that may apply, in the order of `lane_rank`.
        price_key: the tier whose member prices count.
        nodes: the bound of the search, in amounts put to basket promotions.
    """
    budget = Budget(nodes)
    found: Best | None = None
    for banned in _bans(offers, candidates):
        if found is not None and not budget.spend(len(lines)):
            break
        playing = [offer for offer in offers if offer.promotion.id not in banned]
        attempt = best(
            _priceables(lines, playing, price_key),
            [candidate for candidate in candidates if candidate.promotion.id not in banned],
            budget,
        )
        if found is None or attempt.total < found.total:
            found = attempt
    assert found is not None
    if not budget.exhausted:
        return Cheapest(found, certified=True, gap=0)
    gap = found.total - _bound(lines, offers, candidates, price_key)
    return Cheapest(found, certified=gap <= 0, gap=max(0, gap))


def _bans(offers: Sequence[UnitOffer], candidates: Sequence[Candidate]) -> Iterator[frozenset[str]]:
    """Yield the ids that may not play, for each way of letting one promotion of each exclusive group play."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    everything = [*(offer.promotion for offer in offers), *(candidate.promotion for candidate in candidates)]
    for promotion in sorted(everything, key=lambda promotion: promotion.rank):
        if promotion.exclusive_group:
            groups.setdefault(promotion.exclusive_group, []).append((promotion.id, promotion.forced))
    choices = []
    for group in sorted(groups):
        members = groups[group]
        forced = next((identifier for identifier, is_forced in members if is_forced), None)
        choices.append([forced] if forced is not None else [identifier for identifier, _ in members])
    grouped = frozenset(identifier for members in groups.values() for identifier, _ in members)
    for playing in product(*choices):
        yield grouped - frozenset(playing)


def _priceables(lines: Sequence[Line], offers: Sequence[UnitOffer], price_key: str) -> list[Priceable]:
    on_line: list[list[UnitPromotion]] = [[] for _ in lines]
    for offer in offers:
        for part in offer.parts:
            on_line[part].append(offer.promotion)
    return [
        Priceable(line.quantity, options(line, promotions, price_key=price_key))
        for line, promotions in zip(lines, on_line, strict=True)
    ]


def _bound(
    lines: Sequence[Line], offers: Sequence[UnitOffer], candidates: Sequence[Candidate], price_key: str
) -> Minor:
    """Return an amount that nothing legal goes below: every promotion at its best, as if none hindered another."""
    free = [UnitOffer(msgspec.structs.replace(offer.promotion, forced=False), offer.parts) for offer in offers]
    total = 0
    for position, line in enumerate(_priceables(lines, free, price_key)):
        numerator, denominator = kept_fraction(candidates, position)
        total += line.least * numerator // denominator
    for candidate in candidates:
        # A percentage is in the fraction above, up to the half unit by which it may be rounded.
        is_percentage = isinstance(candidate.promotion, BasketPercentOff)
        total -= 1 if is_percentage else candidate.off(candidate.level(candidate.listed), candidate.listed)
    return max(0, total)
