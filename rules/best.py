"""The search: unit prices and basket promotions that together cost the customer least, and whether that is proven.

Without thresholds the cheapest price of every unit is best. A threshold may turn that round: a unit left dearer can
lift an amount over a 满减. So lines are put into cells that the basket promotions treat alike; each cell has the exact
set of amounts that its units can add up to; and the amounts at which some threshold changes are tried against each
other. See docs/pricing.md for the argument why nothing cheaper is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from rules.basket_lanes import Candidate, is_tangled, kept_fraction, run
from rules.money import Minor
from rules.reachable import Priceable, bits_of, choices_for, reachable
from rules.unit_lane import Option

NODE_BUDGET = 4_000
"""Most baskets that one search prices: a bound by count and not by time, so that it is the same on every machine."""
SURPLUS_MAX = 65_535
"""Most minor units above its cheapest amount that are looked at in a cell."""


@dataclass(frozen=True, slots=True)
class Best:
    """The cheapest combination that was found."""

    total: Minor
    chosen: tuple[tuple[Option, ...], ...]
    """For each line the option of each of its units."""
    applied: tuple[Candidate, ...]
    """The basket promotions that apply, in the order of application."""


class Budget:
    """Counts the baskets that may still be priced."""

    def __init__(self, nodes: int = NODE_BUDGET) -> None:
        self.left = nodes
        self.exhausted = False

    def spend(self) -> bool:
        """Take one node; False when there is none left."""
        if self.left == 0:
            self.exhausted = True
            return False
        self.left -= 1
        return True


def best(lines: Sequence[Priceable], candidates: Sequence[Candidate], budget: Budget) -> Best:
    """Return the cheapest combination of unit prices and basket promotions.

    Args:
        lines: in an order that does not depend on the basket's.
        candidates: basket promotions that may apply, in the order of `lane_rank`; their parts are positions of lines.
        budget: shared with other searches for the same quote; at least one basket is always priced.
    """
    tangled = is_tangled(candidates)
    optional = [tangled or _may_hurt(candidates, index) for index in range(len(candidates))]
    found: Best | None = None
    tries = (
        (True, False) if may_hurt and not candidate.promotion.forced else (True,)
        for candidate, may_hurt in zip(candidates, optional, strict=True)
    )
    for keep in product(*tries):
        if found is not None and not budget.spend():
            break
        applied = tuple(candidate for candidate, kept in zip(candidates, keep, strict=True) if kept)
        attempt = _with_all(lines, applied, budget)
        if found is None or attempt.total < found.total:
            found = attempt
    assert found is not None
    return found


def cells_of(count: int, applied: Sequence[Candidate]) -> dict[tuple[int, ...], list[int]]:
    """Return the positions 0..count-1 by which of the promotions cover them, in the order of the first of each."""
    covers: list[list[int]] = [[] for _ in range(count)]
    for index, candidate in enumerate(applied):
        for position in candidate.parts:
            covers[position].append(index)
    cells: dict[tuple[int, ...], list[int]] = {}
    for position, cover in enumerate(covers):
        cells.setdefault(tuple(cover), []).append(position)
    return cells


def _may_hurt(candidates: Sequence[Candidate], index: int) -> bool:
    """Tell whether a promotion can cost the customer a later one, so that leaving it out is to be tried."""
    covered = set(candidates[index].parts)
    return any(
        later.promotion.amount_base == "after_previous" and later.threshold > 0 and not covered.isdisjoint(later.parts)
        for later in candidates[index + 1 :]
    )


@dataclass(frozen=True, slots=True)
class _Cell:
    """Lines that exactly the same promotions cover."""

    lines: tuple[int, ...]
    least: Minor
    most: Minor


def _with_all(lines: Sequence[Priceable], applied: tuple[Candidate, ...], budget: Budget) -> Best:
    """Return the cheapest unit prices where each of these applies as soon as its threshold is reached."""
    by_cover = cells_of(len(lines), applied)
    chosen: list[tuple[Option, ...]] = [(line.options[0],) * line.quantity for line in lines]
    total = sum(lines[position].least for position in by_cover.pop((), []))
    for block in _blocks(list(by_cover)):
        covers = [cover for cover in by_cover if cover[0] in block]
        cells = [_cell(lines, by_cover[cover]) for cover in covers]
        within = [
            Candidate(
                applied[index].promotion,
                tuple(place for place, cover in enumerate(covers) if index in cover),
                applied[index].listed,
            )
            for index in sorted(block)
        ]
        cost, surpluses = _search(lines, cells, within, budget)
        total += cost
        for cell, surplus in zip(cells, surpluses, strict=True):
            for position, options in choices_for(lines, cell.lines, surplus):
                chosen[position] = options
    return Best(total, tuple(chosen), applied)


def _cell(lines: Sequence[Priceable], positions: list[int]) -> _Cell:
    least = sum(lines[position].least for position in positions)
    return _Cell(tuple(positions), least, sum(lines[position].most for position in positions))


def _blocks(covers: Sequence[tuple[int, ...]]) -> list[set[int]]:
    """Return the sets of promotions that share lines, directly or through others; the sets do not touch each other."""
    blocks: list[set[int]] = []
    for cover in covers:
        joined = set(cover)
        apart = []
        for block in blocks:
            if block & joined:
                joined |= block
            else:
                apart.append(block)
        blocks = [*apart, joined]
    return blocks


def _search(
    lines: Sequence[Priceable], cells: list[_Cell], candidates: list[Candidate], budget: Budget
) -> tuple[Minor, tuple[Minor, ...]]:
    """Return the least cost of a block, and how far above its cheapest amount each cell stands for that."""
    start = run([cell.least for cell in cells], candidates)
    found, at = start.total, (0,) * len(cells)
    if found == 0:
        return found, at
    tangled = is_tangled(candidates)
    limits = _surplus_limits(cells, candidates, tangled=tangled)
    if not any(limits):
        return found, at
    reach = []
    for cell, limit in zip(cells, limits, strict=True):
        budget.exhausted = budget.exhausted or limit > SURPLUS_MAX
        reach.append(reachable(lines, cell.lines, limit=min(limit, SURPLUS_MAX)))
    widest = max(range(len(cells)), key=lambda place: (reach[place].bit_count(), -place))
    others = [[0] if place == widest else list(islice(bits_of(bits), NODE_BUDGET)) for place, bits in enumerate(reach)]
    budget.exhausted = budget.exhausted or any(len(tried) == NODE_BUDGET for tried in others)

    def amounts(surpluses: Sequence[Minor], surplus: Minor) -> list[Minor]:
        trial = [cell.least + above for cell, above in zip(cells, surpluses, strict=True)]
        trial[widest] += surplus
        return trial

    for surpluses in product(*others):

        def levels(surplus: Minor, *, surpluses: Sequence[Minor] = surpluses) -> tuple[int, ...]:
            return run(amounts(surpluses, surplus), candidates).levels

        for surplus in _worth_trying(reach[widest], None if tangled else levels, budget):
            cost = run(amounts(surpluses, surplus), candidates).total
            if cost < found:
                found, at = cost, (*surpluses[:widest], surplus, *surpluses[widest + 1 :])
        if budget.left == 0:
            budget.exhausted = True
            break
    return found, at


def _surplus_limits(cells: list[_Cell], candidates: list[Candidate], *, tangled: bool) -> list[Minor]:
    """Return for each cell how far it can be worth while to go above its cheapest amount."""
    cheapest = run([cell.least for cell in cells], candidates)
    gain = 0
    for index, candidate in enumerate(candidates):
        most = sum(cells[place].most for place in candidate.parts)
        base = candidate.listed if candidate.promotion.amount_base == "list" else most
        if candidate.depends_on_prices or (tangled and candidate.threshold > 0):
            gain += candidate.off(candidate.level(base), most) - sum(cheapest.shares[index])
    # Rounding and sharing move a minor unit at most for each promotion and cell.
    slack = (len(candidates) + 1) * (len(cells) + 1)
    limits = []
    for place, cell in enumerate(cells):
        counted = any(candidate.depends_on_prices and place in candidate.parts for candidate in candidates)
        numerator, denominator = kept_fraction(candidates, place)
        if not (counted and gain > 0) and not tangled:
            limits.append(0)
        elif numerator == 0:
            limits.append(cell.most - cell.least)
        else:
            limits.append(min(cell.most - cell.least, (gain + slack) * denominator // numerator))
    return limits


def _worth_trying(reach: int, levels: Callable[[Minor], tuple[int, ...]] | None, budget: Budget) -> Iterator[Minor]:
    """Yield the surpluses at which something changes: the least of each set of levels; all without `levels`.

    Where all thresholds stand at the same step, a smaller amount costs less; so where both ends of a range stand alike,
    nothing between them is worth trying.
    """
    if levels is None:
        for surplus in bits_of(reach):
            if not budget.spend():
                return
            yield surplus
        return
    ranges = [(0, reach.bit_length() - 1)]
    yield 0
    while ranges:
        low, high = ranges.pop()
        if low == high:
            continue
        if not budget.spend():
            return
        if levels(low) == levels(high):
            continue
        middle = (low + high) // 2
        below = (reach & ((1 << (middle + 1)) - 1)).bit_length() - 1
        above_bits = reach >> (middle + 1)
        above = middle + (above_bits & -above_bits).bit_length()
        yield above
        ranges += [(low, below), (above, high)]
