"""The ways to use bundles that shift amounts between regions, so that another level is reached."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import islice
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

FILLINGS_MAX = 3000
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
        # By region, the candidates that count it, and those that it is a part of.
        inside = [
            (
                [at for at, bits in enumerate(lane.counted) if bits >> region[0] & 1],
                [at for at, bits in enumerate(lane.parts) if bits >> region[0] & 1],
            )
            for region in walk.component.regions
        ]
        shifts = [
            _Shift(
                way.cost - least.total,
                (number, way.fills),
                *_changes(inside, len(lane.candidates), walk, least, way.fills),
                way.others,
            )
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
    found: list[Filling] = []
    # Those found by what they count in all, the most first: only what counts as much in all can for each.
    sums: list[Minor] = []
    counted: list[tuple[int, list[Minor]]] = []
    for filling in sorted(fillings, key=lambda each: (each.more, each.fills)):
        bases = [filling.sums.bases[number] for number in opened]
        mine = -sum(bases)
        end = bisect_right(sums, mine)
        better = [at for at, other in islice(counted, end) if all(map(ge, other, bases))]
        if not better:
            sums.insert(end, mine)
            counted.insert(end, (len(found), bases))
            found.append(filling)
            continue
        other = found[min(better)]
        dearer = min(filling.more - other.more, filling.others + filling.more - other.more)
        if dearer < other.others:
            found[min(better)] = other._replace(others=dearer)
    return found


def _changes(
    inside: Sequence[tuple[Sequence[int], Sequence[int]]],
    candidates: int,
    walk: Walk,
    least: Least,
    states: tuple[int, ...],
) -> tuple[list[Minor], list[Minor]]:
    """Return by how much candidates count more, and by how much their parts cost more."""
    bases, parts = [0] * candidates, [0] * candidates
    for (counting, taking), table, state, old in zip(inside, walk.tables, states, least.fills, strict=True):
        if state == old:
            continue
        change = table.states[state] - table.states[old]
        for at in counting:
            bases[at] += change
        for at in taking:
            parts[at] += change
    return bases, parts
