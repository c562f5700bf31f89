"""The ways to use bundles that shift amounts between regions, so that another level is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rules.budget import Budget
from rules.least import Least, Walk
from rules.levels import Lane, Reach, Sums, kept
from rules.money import BASIS_POINTS, Minor
from rules.problem import Problem
from rules.raised import Node
from rules.regions import Uses, Way, mask_of

FILLINGS_MAX = 600
"""Most ways to use bundles that are weighed."""
Fills = tuple[tuple[int, tuple[int, ...]], ...]
"""(number of the component, states of its regions) where they are not those of the least sums."""


class Field(NamedTuple):
    """What is searched."""

    problem: Problem
    lane: Lane
    ways: Sequence[Sequence[Way]]
    touched: Mapping[int, list[int]]
    """The classes that each play may use."""
    solo: Sequence[Minor]
    uses: Uses
    walks: Sequence[Walk]
    least: Sequence[Least]


class _Shift(NamedTuple):
    """Another way to use the bundles of one component."""

    more: Minor
    """How much dearer it is in all."""
    fills: tuple[int, tuple[int, ...]]
    bases: list[Minor]
    """By candidate, how much more it counts."""
    parts: list[Minor]


class Filling(NamedTuple):
    """Bundles used in some way, and all units at the least that this allows."""

    more: Minor
    """How much dearer than the least sums."""
    fills: Fills
    sums: Sums

    def with_shift(self, shift: _Shift) -> Filling:
        sums = Sums(
            self.sums.total + shift.more,
            tuple([base + more for base, more in zip(self.sums.bases, shift.bases, strict=True)]),
            tuple([part + more for part, more in zip(self.sums.parts, shift.parts, strict=True)]),
        )
        return Filling(self.more + shift.more, (*self.fills, shift.fills), sums)


def fillings_of(field: Field, nodes: Sequence[Node], sums: Sums, reach: Reach, budget: Budget) -> list[Filling] | None:
    """Return the ways to use bundles that shift amounts into or out of what open candidates count, the cheapest first.

    None where there are too many.
    """
    lane = field.lane
    keeps, slack = kept(lane.candidates)
    found = [Filling(0, (), sums)]
    for number, (walk, least) in enumerate(zip(field.walks, field.least, strict=True)):
        mask = mask_of(walk.component)
        if len(walk.tables) < 2:
            continue
        if not any(mask & node.counted and mask & ~node.counted for node in nodes):
            continue
        worth = slack + sum([reach.gains[each] for node in nodes if node.counted & mask for each in node.candidates])
        spare = -(-worth * BASIS_POINTS // keeps) - 1
        others = walk.configurations(least.total + spare, FILLINGS_MAX)
        if others is None:
            return None
        shifts = [
            _Shift(cost - least.total, (number, states), *_changes(lane, walk, least, states))
            for cost, states in others
            if states != least.fills
        ]
        if len(found) * (1 + len(shifts)) > FILLINGS_MAX or not budget.spend(len(found) * len(shifts)):
            return None
        found += [filling.with_shift(shift) for filling in found for shift in shifts]
    return sorted(found, key=lambda filling: (filling.more, filling.fills))


def _changes(lane: Lane, walk: Walk, least: Least, states: tuple[int, ...]) -> tuple[list[Minor], list[Minor]]:
    """Return by how much candidates count more, and by how much their parts cost more."""
    bases, parts = [0] * len(lane.candidates), [0] * len(lane.candidates)
    for region, table, state, old in zip(walk.component.regions, walk.tables, states, least.fills, strict=True):
        change = table.states[state] - table.states[old]
        if change:
            for at in range(len(bases)):
                if lane.counted[at] >> region[0] & 1:
                    bases[at] += change
                if lane.parts[at] >> region[0] & 1:
                    parts[at] += change
    return bases, parts
