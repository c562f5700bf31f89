"""The search within one block: lines that are coupled by basket promotions, put into cells that these treat alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rules.basket_lanes import Candidate, is_tangled, kept_fraction, run
from rules.money import Minor
from rules.promotions import BasketPercentOff
from rules.reachable import Priceable, bits_of, reachable

NODE_BUDGET = 8_000
"""Most amounts that the search for one quote may put to basket promotions: a bound by count and not by time, so that it
is the same on every machine."""
SURPLUS_MAX = 65_535
"""Most minor units above its cheapest amount that are looked at in a cell."""


class Budget:
    """Counts down the nodes that may still be tried."""

    def __init__(self, nodes: int = NODE_BUDGET) -> None:
        self.left = nodes
        self.exhausted = False

    def spend(self, nodes: int = 1) -> bool:
        """Take so many nodes; False when fewer are left, and then none at all are."""
        if self.left < nodes:
            self.left = 0
            self.exhausted = True
            return False
        self.left -= nodes
        return True


@dataclass(frozen=True, slots=True)
class Cell:
    """Lines that exactly the same promotions cover."""

    lines: tuple[int, ...]
    least: Minor
    """What they cost at their cheapest."""
    most: Minor

    @classmethod
    def of(cls, lines: Sequence[Priceable], positions: Sequence[int]) -> Cell:
        """Return the cell of some of the lines."""
        least = sum(lines[position].least for position in positions)
        return cls(tuple(positions), least, sum(lines[position].most for position in positions))


class BlockSearch:
    """Finds the least cost of a block, and how far above its cheapest each cell stands for that.

    A surplus is what a cell costs above its cheapest. All surpluses of all cells but the widest one are tried, rising,
    as long as they could still pay; the widest one only where the step of some threshold changes.
    """

    def __init__(
        self, lines: Sequence[Priceable], cells: Sequence[Cell], candidates: Sequence[Candidate], budget: Budget
    ) -> None:
        self._cells = cells
        self._candidates = candidates
        self._budget = budget
        self._tangled = is_tangled(candidates)
        # Every trial puts each of these amounts to its promotion.
        self._nodes = sum(len(candidate.parts) for candidate in candidates)
        self._kept = [kept_fraction(candidates, place) for place in range(len(cells))]
        self.found: Minor = self._outcome((0,) * len(cells))[0]
        """The least cost so far."""
        self.at: tuple[Minor, ...] = (0,) * len(cells)
        """The surpluses at which it was found."""
        self._floor = self._least_thinkable()
        self._run(lines)

    def _outcome(self, surpluses: Sequence[Minor]) -> tuple[Minor, tuple[int, ...]]:
        amounts = [cell.least + above for cell, above in zip(self._cells, surpluses, strict=True)]
        outcome = run(amounts, self._candidates)
        return outcome.total, outcome.levels

    def _least_thinkable(self) -> Minor:
        """Return what the block costs at its cheapest if each threshold stood at its highest step."""
        floor = sum(self._kept_of(place, cell.least) for place, cell in enumerate(self._cells))
        for candidate in self._candidates:
            if not isinstance(candidate.promotion, BasketPercentOff):
                most = sum(self._cells[place].most for place in candidate.parts)
                base = candidate.listed if candidate.promotion.amount_base == "list" else most
                floor -= candidate.off(candidate.level(base), most)
        # Rounding and sharing move a minor unit at most for each promotion and cell.
        return floor - (len(self._candidates) + 1) * (len(self._cells) + 1)

    def _kept_of(self, place: int, amount: Minor) -> Minor:
        numerator, denominator = self._kept[place]
        return amount * numerator // denominator

    @property
    def _spare(self) -> Minor:
        """What the surpluses, after percentages, may cost at the most and still beat what was found."""
        return self.found - self._floor

    def _run(self, lines: Sequence[Priceable]) -> None:
        limits = [self._limit(place) for place in range(len(self._cells))]
        if self.found == 0 or not any(limits):
            return
        self._budget.exhausted = self._budget.exhausted or max(limits) > SURPLUS_MAX
        reach = [
            reachable(lines, cell.lines, limit=min(limit, SURPLUS_MAX))
            for cell, limit in zip(self._cells, limits, strict=True)
        ]
        widest = max(range(len(reach)), key=lambda place: (reach[place].bit_count(), -place))
        for others in self._affordable(reach, widest, 0, (), 0):
            for surplus in self._worth_trying(reach[widest], others, widest):
                trial = (*others[:widest], surplus, *others[widest + 1 :])
                cost = self._outcome(trial)[0]
                if cost < self.found:
                    self.found, self.at = cost, trial
            if self._budget.exhausted and self._budget.left == 0:
                return

    def _limit(self, place: int) -> Minor:
        """Return how far it can be worth while to go above a cell's cheapest."""
        counted = any(candidate.depends_on_prices and place in candidate.parts for candidate in self._candidates)
        if not counted and not self._tangled:
            return 0
        numerator, denominator = self._kept[place]
        wide = self._cells[place].most - self._cells[place].least
        return wide if numerator == 0 else min(wide, max(0, (self._spare + 1) * denominator // numerator))

    def _affordable(
        self, reach: Sequence[int], widest: int, place: int, before: tuple[Minor, ...], cost: Minor
    ) -> Iterator[tuple[Minor, ...]]:
        """Yield the surpluses of all cells but the widest, which stays at 0, that could still beat what was found."""
        if place == len(reach):
            yield before
            return
        for surplus in (0,) if place == widest else bits_of(reach[place]):
            more = cost + self._kept_of(place, surplus)
            # Each try may lower the bar for all that follow, so it is asked afresh every time.
            if surplus and (more >= self._spare or not self._budget.spend(self._nodes)):
                return
            yield from self._affordable(reach, widest, place + 1, (*before, surplus), more)

    def _worth_trying(self, reach: int, others: tuple[Minor, ...], widest: int) -> Iterator[Minor]:
        """Yield the surpluses of the widest cell at which the level of something changes: the least of each.

        Where all thresholds stand at the same step, a smaller amount costs less; so where both ends of a range stand
        alike, nothing between them is worth trying. Tangled promotions leave no such order, and all are tried.
        """
        spent = sum(self._kept_of(place, surplus) for place, surplus in enumerate(others))

        def pays(surplus: Minor) -> bool:
            return spent + self._kept_of(widest, surplus) < self._spare and self._budget.spend(self._nodes)

        if self._tangled:
            for surplus in bits_of(reach):
                if not pays(surplus):
                    return
                yield surplus
            return
        yield 0

        def levels(surplus: Minor) -> tuple[int, ...]:
            return self._outcome((*others[:widest], surplus, *others[widest + 1 :]))[1]

        yield from _changes(reach, levels, pays)


def _changes(reach: int, levels: Callable[[Minor], tuple[int, ...]], pays: Callable[[Minor], bool]) -> Iterator[Minor]:
    """Yield the least member of each run of equal levels but the first, as far as members pay, smaller ones first."""
    last = reach.bit_length() - 1
    ranges = [(0, last, levels(0), levels(last))]
    while ranges:
        low, high, at_low, at_high = ranges.pop()
        if low == high or at_low == at_high:
            continue
        if not pays(low):
            # A stack keeps the larger ranges below the smaller ones, and what does not pay here pays nowhere above.
            return
        middle = (low + high) // 2
        below = (reach & ((1 << (middle + 1)) - 1)).bit_length() - 1
        upper = reach >> (middle + 1)
        above = middle + (upper & -upper).bit_length()
        at_below, at_above = levels(below), levels(above)
        if at_below != at_above:
            yield above
        ranges += [(above, high, at_above, at_high), (low, below, at_low, at_below)]
