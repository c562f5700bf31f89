"""The later lanes: what basket promotions take off amounts, one after the other in their fixed order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules.money import BASIS_POINTS, Minor, rate_of, share
from rules.promotions import BasketPercentOff, BasketPromotion, EverySpendOff


@dataclass(frozen=True, slots=True)
class Candidate:
    """A basket promotion that may apply, and what it applies to."""

    promotion: BasketPromotion
    parts: tuple[int, ...]
    """Positions of the amounts in its scope, rising."""
    listed: Minor
    """List price of its scope."""

    @property
    def threshold(self) -> Minor:
        """The least amount at which it takes something off."""
        promotion = self.promotion
        if isinstance(promotion, BasketPercentOff):
            return promotion.min_amount
        first = promotion.every if isinstance(promotion, EverySpendOff) else promotion.steps[0].spend
        return max(first, promotion.min_amount)

    @property
    def depends_on_prices(self) -> bool:
        """True where it matters to it what the unit promotions leave."""
        return self.promotion.amount_base != "list" and self.threshold > 0

    def level(self, base: Minor) -> int:
        """Return how many steps an amount reaches: 0 takes nothing off, and it never falls as the amount rises."""
        promotion = self.promotion
        if base < self.threshold:
            return 0
        if isinstance(promotion, BasketPercentOff):
            return 1
        if isinstance(promotion, EverySpendOff):
            times = base // promotion.every
            # Past the cap nothing changes any more, so all of it is one level.
            return min(times, -(-promotion.off_max // promotion.off)) if promotion.off_max else times
        return sum(step.spend <= base for step in promotion.steps)

    def off(self, level: int, left: Minor) -> Minor:
        """Return what it takes off at a level, given what its scope still costs: 0..left."""
        promotion = self.promotion
        if level == 0:
            return 0
        if isinstance(promotion, BasketPercentOff):
            return rate_of(left, rate_bp=promotion.off_bp)
        if isinstance(promotion, EverySpendOff):
            wanted = level * promotion.off
            wanted = min(wanted, promotion.off_max) if promotion.off_max else wanted
        else:
            wanted = promotion.steps[level - 1].off
        return min(wanted, left)

    def at_first(self) -> Minor:
        """Return what it takes off when its threshold is just reached; 0 for a percentage, which depends on more."""
        return (
            0 if isinstance(self.promotion, BasketPercentOff) else self.off(self.level(self.threshold), self.threshold)
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sequence of basket promotions does to some amounts."""

    left: tuple[Minor, ...]
    """Each amount after all of them."""
    levels: tuple[int, ...]
    """For each promotion, the step that its amount reached."""
    shares: tuple[tuple[Minor, ...], ...]
    """For each promotion, what it took off each of its parts."""

    @property
    def total(self) -> Minor:
        return sum(self.left)


def run(amounts: Sequence[Minor], candidates: Sequence[Candidate]) -> Outcome:
    """Return what the candidates, in the given order, make of the amounts that the unit promotions left.

    Args:
        amounts: zero or more each.
        candidates: in the order of `lane_rank`.
    """
    left = list(amounts)
    levels, shares = [], []
    for candidate in candidates:
        promotion = candidate.promotion
        now = [left[part] for part in candidate.parts]
        if promotion.amount_base == "list":
            base = candidate.listed
        elif promotion.amount_base == "after_unit":
            base = sum(amounts[part] for part in candidate.parts)
        else:
            base = sum(now)
        level = candidate.level(base)
        taken = share(candidate.off(level, sum(now)), now)
        for part, amount in zip(candidate.parts, taken, strict=True):
            left[part] -= amount
        levels.append(level)
        shares.append(taken)
    return Outcome(tuple(left), tuple(levels), tuple(shares))


def is_tangled(candidates: Sequence[Candidate]) -> bool:
    """Tell whether it matters anywhere how a promotion is shared over its parts."""
    return any(tangles(earlier, later) for index, earlier in enumerate(candidates) for later in candidates[index + 1 :])


def tangles(earlier: Candidate, later: Candidate) -> bool:
    """Tell whether the later of two promotions covers some but not all of what the earlier one is taken off."""
    shared = set(earlier.parts) & set(later.parts)
    return bool(shared) and len(shared) < len(earlier.parts)


def kept_fraction(candidates: Sequence[Candidate], part: int) -> tuple[int, int]:
    """Return the least fraction (numerator, denominator) of an amount that percentages leave of a part."""
    numerator = denominator = 1
    for candidate in candidates:
        if isinstance(candidate.promotion, BasketPercentOff) and part in candidate.parts:
            numerator *= BASIS_POINTS - candidate.promotion.off_bp
            denominator *= BASIS_POINTS
    return numerator, denominator
