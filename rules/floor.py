"""How little a basket can cost at the least: the bound that lets the search stop, and that the certificate rests on.

Every percentage leaves at least its fraction of a cell, and every amount off takes at most what its level allows. A
level that is not reached yet may be reached by leaving units dearer; what that costs is weighed against what it gains.
All weights are whole numbers: one minor unit is ONE.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rules.basket_lanes import Candidate, Outcome, tangles
from rules.money import BASIS_POINTS, Minor
from rules.promotion_kinds import BasketPercentOff, CouponPercentOff

ONE = 1 << 40
LEVELS_MAX = 400
"""Most further levels of one promotion that are weighed; beyond, all of them count as gained."""


class Pool(NamedTuple):
    """Units that could be left dearer."""

    room: Minor
    """By how much together."""
    weight: int
    """What one minor unit of it weighs."""
    counted: frozenset[int]
    """Numbers of the candidates that count all of it."""


class Event(NamedTuple):
    """A level that could still be reached."""

    cost: int
    """What must be spent for it at the least, weighed."""
    number: int
    """Of the candidate."""
    gain: int
    """What it takes off more than the level before, weighed."""
    need: Minor
    """What its amount must rise by."""


class Floor:
    """A lower bound for everything that some candidates can make of cell amounts."""

    def __init__(self, candidates: Sequence[Candidate], cells: int, at: Outcome, most: Sequence[Minor]) -> None:
        """Shape the bound for outcomes near `at`; it holds for all amounts up to `most`."""
        self._candidates = candidates
        self._as_fraction = [
            candidate.is_percentage and at.levels[number] > 0 and not _is_capped(candidate, at.shares[number])
            for number, candidate in enumerate(candidates)
        ]
        self.weights = [ONE] * cells
        after = [ONE] * cells
        self._worth = [0] * len(candidates)
        for number in range(len(candidates) - 1, -1, -1):
            candidate = candidates[number]
            self._worth[number] = max((after[cell] for cell in candidate.parts), default=0)
            if self._as_fraction[number]:
                for cell in candidate.parts:
                    # Rounded up here: what an amount is worth after later percentages must not be too little.
                    after[cell] = -(-after[cell] * self._keeps(number) // BASIS_POINTS)
                    self.weights[cell] = self.weights[cell] * self._keeps(number) // BASIS_POINTS
        self._most = [sum(most[cell] for cell in candidate.parts) for candidate in candidates]
        self.slack = self._rounding()
        self._counted = [set(candidate.counted) for candidate in candidates]

    def _keeps(self, number: int) -> int:
        promotion = self._candidates[number].promotion
        assert isinstance(promotion, BasketPercentOff | CouponPercentOff)
        return BASIS_POINTS - promotion.off_bp

    def _rounding(self) -> int:
        """Return by how much rounding may take a total below the fractions."""
        slack = 0
        for number, candidate in enumerate(self._candidates):
            later = self._candidates[number + 1 :]
            if self._as_fraction[number]:
                slack += ONE // 2 + 1
                if any(other.is_percentage and tangles(candidate, other) for other in later):
                    slack += len(candidate.parts) * ONE
        return slack

    def _gain(self, number: int, level: int) -> int:
        """Return what a candidate takes off at a level at the most, weighed."""
        candidate = self._candidates[number]
        if level == 0:
            return 0
        if candidate.is_percentage:
            return self._worth[number] * candidate.off(level, self._most[number])
        return self._worth[number] * min(candidate.wanted(level), self._most[number])

    def most_gain(self, number: int, most: Sequence[Minor], left_out: frozenset[int]) -> int:
        """Return what a candidate takes off at the most, weighed; nothing for one that is in the weights already."""
        if self._as_fraction[number]:
            return 0
        candidate = self._candidates[number]
        base = candidate.listed if candidate.counts_list else sum(most[cell] for cell in candidate.counted)
        gain = self._gain(number, candidate.level(base))
        if not any(self._as_fraction[other] for other in left_out):
            return gain
        # A later percentage that is left out no longer takes its part of it.
        return -(-gain * ONE // self._worth[number]) if self._worth[number] else 0

    def most_taken(self, number: int, base: Minor) -> Minor:
        """Return what a candidate takes off at the most when it counts an amount."""
        candidate = self._candidates[number]
        level = candidate.level(base)
        return candidate.off(level, self._most[number]) if candidate.is_percentage else candidate.wanted(level)

    def weights_without(self, left_out: frozenset[int]) -> list[int]:
        """Return the weights of the cells without some percentages."""
        weights = [ONE] * len(self.weights)
        for number, candidate in enumerate(self._candidates):
            if self._as_fraction[number] and number not in left_out:
                for cell in candidate.parts:
                    weights[cell] = weights[cell] * self._keeps(number) // BASIS_POINTS
        return weights

    def bases(self, high: Sequence[Minor], low: Sequence[Minor]) -> list[Minor]:
        """Return amounts above which the candidates cannot count, for cell amounts from `low` to `high`."""
        found = []
        for number, candidate in enumerate(self._candidates):
            if candidate.counts_list:
                found.append(candidate.listed)
                continue
            total = 0
            for cell in candidate.counted:
                total += high[cell]
            found.append(total - self.surely_taken(number, low) if candidate.counts_previous else total)
        return found

    def surely_taken(self, number: int, low: Sequence[Minor]) -> Minor:
        """Return what earlier amounts off take at the least off what a candidate counts."""
        counted = self._counted[number]
        if not self._candidates[number].counts_previous or any(self._as_fraction[:number]):
            return 0
        offs, left = 0, 1 << 62
        for earlier in range(number):
            candidate = self._candidates[earlier]
            if candidate.counts_previous or candidate.is_percentage or not counted.issuperset(candidate.parts):
                continue
            base = candidate.listed if candidate.counts_list else sum(low[cell] for cell in candidate.counted)
            off = candidate.wanted(candidate.level(base))
            if off:
                offs += off
                left = min(left, sum(low[cell] for cell in candidate.parts))
        return min(offs, left)

    def cell_pools(self, room: Sequence[Minor]) -> list[Pool]:
        """Return the cells with room in them, as pools."""
        return [
            Pool(space, self.weights[cell], frozenset(n for n, each in enumerate(self._counted) if cell in each))
            for cell, space in enumerate(room)
            if space
        ]

    def events(self, bases: Sequence[Minor], pools: Sequence[Pool]) -> tuple[int, list[Event]]:
        """Return what is gained as it stands, and what could be gained by leaving units dearer."""
        sure = 0
        further: list[Event] = []
        for number, candidate in enumerate(self._candidates):
            if self._as_fraction[number]:
                continue
            base = bases[number]
            level = candidate.level(base)
            gain = self._gain(number, level)
            sure += gain
            if candidate.counts_list or level >= candidate.top:
                continue
            spread, price = 0, 0
            for pool in pools:
                if number in pool.counted:
                    price = pool.weight if not spread else min(price, pool.weight)
                    spread += pool.room
            if not spread:
                continue
            for step in range(level + 1, min(candidate.top, level + LEVELS_MAX) + 1):
                need = candidate.threshold_of(step) - base
                if need > spread:
                    break
                after = self._gain(number, step)
                if after > gain:
                    further.append(Event(need * price, number, after - gain, need))
                    gain = after
            else:
                if candidate.top > level + LEVELS_MAX:
                    sure += self._gain(number, candidate.level(base + spread)) - gain
        return sure, further

    def lowest(self, cost: int, bases: Sequence[Minor], pools: Sequence[Pool]) -> int:
        """Return a weight that nothing costs less than, given what the units cost at their cheapest (`cost`)."""
        sure, further = self.events(bases, pools)
        if not further:
            return cost - sure - self.slack
        further.sort(key=lambda event: event.cost)
        best = gained = 0
        for event in further:
            gained += event.gain
            best = max(best, gained - event.cost)
        if best:
            best = min(best, _by_density(pools, further))
        return cost - sure - best - self.slack


def _by_density(pools: Sequence[Pool], further: Sequence[Event]) -> int:
    """Return what can be gained at the most if every level paid by the unit at its best rate."""
    gains: dict[int, int] = {}
    rates: dict[int, int] = {}
    for event in further:
        if event.need <= 0:
            return sum(each.gain for each in further)
        gains[event.number] = gains.get(event.number, 0) + event.gain
        rates[event.number] = max(rates.get(event.number, 0), -(-gains[event.number] // event.need))
    total = 0
    for pool in pools:
        rate = sum(rates[number] for number in rates if number in pool.counted)
        total += pool.room * max(0, rate - pool.weight)
    return total


def _is_capped(candidate: Candidate, taken: Sequence[Minor]) -> bool:
    promotion = candidate.promotion
    assert isinstance(promotion, BasketPercentOff | CouponPercentOff)
    return 0 < promotion.off_max <= sum(taken)
