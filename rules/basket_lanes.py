"""The later lanes: what basket promotions and coupons take off amounts, one after the other in their fixed order.

Units that the same basket promotions treat alike make one cell; to these lanes only its sum matters.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rules.money import BASIS_POINTS, Minor, share
from rules.promotion_kinds import (
    BasketAmountOff,
    BasketPercentOff,
    BasketPromotion,
    CouponAmountOff,
    CouponPercentOff,
    EverySpendOff,
    SpendOff,
)

# A union written where it is asked for would be made anew at every question, and these are asked all the time.
PERCENTAGES = (BasketPercentOff, CouponPercentOff)
AMOUNTS = (BasketAmountOff, CouponAmountOff)


class Candidate(msgspec.Struct, frozen=True):
    """A basket promotion that may apply, and what it applies to."""

    promotion: BasketPromotion
    parts: tuple[int, ...]
    """Positions (of unit classes, or of cells) that it is taken off, rising."""
    counted: tuple[int, ...]
    """Positions whose amount its threshold counts."""
    listed: Minor
    """List price of what is counted."""
    parts_listed: Minor = 0
    """List price of what it is taken off."""

    @property
    def is_percentage(self) -> bool:
        return isinstance(self.promotion, PERCENTAGES)

    @property
    def counts_list(self) -> bool:
        """True where its level is the same whatever units cost."""
        # A unit that nothing lowers costs its list price, so with full_price_only the two are one.
        return self.promotion.amount_base == "list" and not self.promotion.full_price_only

    @property
    def counts_previous(self) -> bool:
        return self.promotion.amount_base == "after_previous"

    @property
    def threshold(self) -> Minor:
        """The least amount at which it takes something off."""
        return self.threshold_of(1)

    def threshold_of(self, level: int) -> Minor:
        """Return the least amount at which a level (from 1) is reached."""
        promotion = self.promotion
        if isinstance(promotion, SpendOff):
            return max(promotion.steps[level - 1].spend, promotion.min_amount)
        if isinstance(promotion, EverySpendOff):
            return max(level * promotion.every, promotion.min_amount)
        return promotion.min_amount

    @property
    def top(self) -> int:
        """The highest level."""
        promotion = self.promotion
        if isinstance(promotion, SpendOff):
            return len(promotion.steps)
        if isinstance(promotion, EverySpendOff):
            # Past the cap nothing changes any more, so all of it is one level.
            return -(-promotion.off_max // promotion.off) if promotion.off_max else 1 << 62
        return 1

    def level(self, base: Minor) -> int:
        """Return how many steps an amount reaches: 0 takes nothing off, and it never falls as the amount rises."""
        promotion = self.promotion
        if base < promotion.min_amount:
            return 0
        if isinstance(promotion, SpendOff):
            return sum(step.spend <= base for step in promotion.steps)
        if isinstance(promotion, EverySpendOff):
            return min(base // promotion.every, self.top)
        return 1

    def off(self, level: int, left: Minor) -> Minor:
        """Return what it takes off at a level, given what its scope still costs: 0..left."""
        promotion = self.promotion
        if level == 0:
            return 0
        if isinstance(promotion, PERCENTAGES):
            wanted = (2 * left * promotion.off_bp + BASIS_POINTS) // (2 * BASIS_POINTS)
            return min(wanted, promotion.off_max) if promotion.off_max else wanted
        return min(self.wanted(level), left)

    def wanted(self, level: int) -> Minor:
        """Return what it takes off at a level where the scope costs enough; 0 for percentages, which depend on it."""
        promotion = self.promotion
        if level == 0:
            return 0
        if isinstance(promotion, SpendOff):
            return promotion.steps[level - 1].off
        if isinstance(promotion, EverySpendOff):
            wanted = level * promotion.off
            return min(wanted, promotion.off_max) if promotion.off_max else wanted
        return promotion.off if isinstance(promotion, AMOUNTS) else 0


class Outcome(msgspec.Struct, frozen=True):
    """What a sequence of basket promotions does to some amounts."""

    left: tuple[Minor, ...]
    """Each amount after all of them."""
    total: Minor
    levels: tuple[int, ...]
    """For each promotion, the step that its amount reached."""
    bases: tuple[Minor, ...]
    """For each promotion, the amount that it counted."""
    shares: tuple[tuple[Minor, ...], ...]
    """For each promotion, what it took off each of its parts."""


def run(amounts: Sequence[Minor], candidates: Sequence[Candidate]) -> Outcome:
    """Return what the candidates, in the given order, make of the amounts that the unit and group promotions left.

    Args:
        amounts: zero or more each.
        candidates: in the order of application.
    """
    left = list(amounts)
    levels, shares, bases = [], [], []
    for candidate in candidates:
        now = [left[part] for part in candidate.parts]
        if candidate.counts_list:
            base = candidate.listed
        else:
            source = left if candidate.counts_previous else amounts
            base = sum(source[part] for part in candidate.counted)
        level = candidate.level(base)
        taken = share(candidate.off(level, sum(now)), now) if level else (0,) * len(now)
        for part, amount in zip(candidate.parts, taken, strict=True):
            left[part] -= amount
        levels.append(level)
        bases.append(base)
        shares.append(taken)
    return Outcome(tuple(left), sum(left), tuple(levels), tuple(bases), tuple(shares))


def is_tangled(candidates: Sequence[Candidate]) -> bool:
    """Tell whether it matters anywhere how a promotion is shared over its parts."""
    return any(tangles(earlier, later) for index, earlier in enumerate(candidates) for later in candidates[index + 1 :])


def tangles(earlier: Candidate, later: Candidate) -> bool:
    """Tell whether how the earlier of two promotions is shared can matter to the later one."""
    ours = set(earlier.parts)
    touched = [later.parts] if later.is_percentage else []
    if later.counts_previous and later.threshold > 0:
        touched.append(later.counted)
    return any(0 < len(ours & set(cells)) < len(ours) for cells in touched)


def may_hurt(candidates: Sequence[Candidate], index: int) -> bool:
    """Tell whether a promotion can cost the customer a later one, so that leaving it out is to be tried."""
    ours = set(candidates[index].parts)
    return any(
        later.counts_previous and later.threshold > 0 and not ours.isdisjoint(later.counted)
        for later in candidates[index + 1 :]
    )
