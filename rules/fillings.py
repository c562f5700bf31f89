"""The ways to use bundles that shift amounts between regions, so that another level is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import ge
from typing import NamedTuple

from rules.budget import Budget
from rules.least import Least, Walk
from rules.levels import Lane, Reach, Sums, kept
from rules.money import BASIS_POINTS, Minor
from rules.problem import Problem
from rules.raised import Node
from rules.regions import Uses, Way, mask_of
from rules.states import NEVER

FILLINGS_MAX = 400
"""Most ways to use bundles that are weighed."""
CONFIGURATIONS_MAX = 2_000
"""Most ways to use the bundles of one component that are kept at any time."""
Fills = tuple[tuple[int, tuple[int, ...]], ...]
"""(number of the component, states of its regions) where they are not those of the least sums."""


class Search(NamedTuple):
    """What is searched."""

    problem: Problem
    lane: Lane
    ways: Sequence[Sequence[Way]]
    touched: Mapping[int, int]
    """The classes that each play may use, as bits."""
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
    others: Minor
    """See `Configuration`."""


class Filling(NamedTuple):
    """Bundles used in some way, and all units at the least that this allows."""

    more: Minor
    """How much dearer than the least sums."""
    fills: Fills
    sums: Sums
    others: Minor
    """By how much the cheapest of the ways is dearer that were left out because they count no more than this one."""

    def with_shift(self, shift: _Shift) -> Filling:
        sums = Sums(
            self.sums.total + shift.more,
            tuple([base + more for base, more in zip(self.sums.bases, shift.bases, strict=True)]),
            tuple([part + more for part, more in zip(self.sums.parts, shift.parts, strict=True)]),
        )
        fills = self.fills if not any([shift.more, *shift.bases, *shift.parts]) else (*self.fills, shift.fills)
        return Filling(self.more + shift.more, fills, sums, min(self.others, shift.others))


def fillings_of(  # noqa: PLR0917 - what is searched, and how far
    field: Search, nodes: Sequence[Node], sums: Sums, reach: Reach, budget: Budget, within: Minor | None = None
) -> list[Filling] | None:
    """Return the ways to use bundles that shift amounts into or out of what open candidates count, the cheapest first.

    Args:
        field: what is searched.
        nodes: the open candidates.
        sums: at the least sums.
        reach: the levels of the candidates.
        budget: shared.
        within: all ways that are at most so much dearer; None leaves out those of which a cheaper one counts as much.

    Returns:
        None where there are too many.
    """
    lane = field.lane
    keeps, slack = kept(lane.candidates)
    found = [Filling(0, (), sums, NEVER)]
    for number, (walk, least) in enumerate(zip(field.walks, field.least, strict=True)):
        mask = mask_of(walk.component)
        if len(walk.tables) < 2:
            continue
        if not any(mask & node.counted and mask & ~node.counted for node in nodes):
            continue
        worth = slack + sum([reach.gains[each] for node in nodes if node.counted & mask for each in node.candidates])
        spare = -(-worth * BASIS_POINTS // keeps) - 1
        spare = spare if within is None else min(spare, within)
        if not walk.widen(spare, budget):
            return None
        counted = [[bool(node.counted >> region[0] & 1) for node in nodes] for region in walk.component.regions]
        others = walk.configurations(least.total + spare, counted, CONFIGURATIONS_MAX, is_all=within is not None)
        if others is None:
            return None
        shifts = [
            _Shift(way.cost - least.total, (number, way.fills), *_changes(lane, walk, least, way.fills), way.others)
            for way in others
        ]
        if not budget.spend(1 + len(found) * len(shifts) // 4):
            return None
        found = [filling.with_shift(shift) for filling in found for shift in shifts]
        if within is None:
            found = _worth_a_look(found, [node.candidates[0] for node in nodes])
        else:
            found = sorted([each for each in found if each.more <= within], key=lambda each: (each.more, each.fills))
        if len(found) > FILLINGS_MAX:
            return None
    return found


def _worth_a_look(fillings: Sequence[Filling], opened: Sequence[int]) -> list[Filling]:
    """Return the ways of which no cheaper one counts as much for every open candidate, the cheapest first."""
    kept_ones: list[tuple[Minor, list[Minor], Filling]] = []
    for filling in sorted(fillings, key=lambda each: (each.more, each.fills)):
        bases = [filling.sums.bases[number] for number in opened]
        mine = sum(bases)
        for at, (in_all, better, other) in enumerate(kept_ones):
            # What counts as much for each counts as much in all: one comparison instead of many, nearly always.
            if in_all >= mine and all(map(ge, better, bases)):
                dearer = min(filling.more - other.more, filling.others + filling.more - other.more)
                if dearer < other.others:
                    kept_ones[at] = in_all, better, other._replace(others=dearer)
                break
        else:
            kept_ones.append((mine, bases, filling))
    return [filling for _, _, filling in kept_ones]


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
