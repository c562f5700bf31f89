"""The search: unit prices and basket promotions that together cost the customer least, and whether that is proven.

Without thresholds the cheapest price of every unit is best. A threshold may turn that round: a unit left dearer can
lift an amount over a 满减. So lines are put into cells that the basket promotions treat alike; each cell has the exact
set of amounts that its units can add up to; and the amounts at which some threshold changes are tried against each
other. See docs/pricing.md for the argument why nothing cheaper is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from rules.basket_lanes import Candidate, is_tangled
from rules.block_search import BlockSearch, Budget, Cell
from rules.money import Minor
from rules.reachable import Priceable, choices_for
from rules.unit_lane import Option


@dataclass(frozen=True, slots=True)
class Best:
    """The cheapest combination that was found."""

    total: Minor
    chosen: tuple[tuple[Option, ...], ...]
    """For each line the option of each of its units."""
    applied: tuple[Candidate, ...]
    """The basket promotions that apply, in the order of application."""


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
        if found is not None and not budget.spend(len(lines)):
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


def _with_all(lines: Sequence[Priceable], applied: tuple[Candidate, ...], budget: Budget) -> Best:
    """Return the cheapest unit prices where each of these applies as soon as its threshold is reached."""
    by_cover = cells_of(len(lines), applied)
    chosen: list[tuple[Option, ...]] = [(line.options[0],) * line.quantity for line in lines]
    total = sum(lines[position].least for position in by_cover.pop((), []))
    for block in _blocks(list(by_cover)):
        covers = [cover for cover in by_cover if cover[0] in block]
        cells = [Cell.of(lines, by_cover[cover]) for cover in covers]
        within = [
            Candidate(
                applied[index].promotion,
                tuple(place for place, cover in enumerate(covers) if index in cover),
                applied[index].listed,
            )
            for index in sorted(block)
        ]
        search = BlockSearch(lines, cells, within, budget)
        total += search.found
        for cell, surplus in zip(cells, search.at, strict=True):
            for position, options in choices_for(lines, cell.lines, surplus):
                chosen[position] = options
    return Best(total, tuple(chosen), applied)


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
