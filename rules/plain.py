"""The search where only sums count: the least sums first, then levels that are worth leaving units dearer for.

This is how nearly every basket is priced. Where it matters how a promotion is shared, or which units of a connected group
make up a sum, it says so, and `best` searches in the general way.
"""

from __future__ import annotations

from collections.abc import Sequence

from rules.attempt import Best
from rules.budget import Budget
from rules.fillings import Field, fillings_of
from rules.least import Least, Walk
from rules.levels import NO_PLAY, Lane, Play, Reach, Room, Sums, lane_of, reach_of, sums_of, total_of
from rules.money import Minor
from rules.plan import Plan, placed_as, put_in
from rules.problem import Problem
from rules.raised import nodes_of
from rules.raised import Node
from rules.reachable import rising
from rules.reaching import Reaching
from rules.regions import Uses, Way, components_among, is_inner, mask_of, touched_by, uses_of, ways_of
from rules.unit_lane import Option

SMALL = 24
"""Units of a basket that is searched in the general way where sums leave a doubt."""


def plain_best(problem: Problem, budget: Budget) -> Best | None:
    """Return the cheapest combination, or None where sums alone do not tell."""
    if any(candidate.promotion.full_price_only for candidate in problem.candidates):
        return None
    lane = lane_of(problem.candidates, len(problem.classes))
    if lane is None:
        return None
    search = Plain(problem, lane, budget)
    return search.result()


class Plain:
    """One search."""

    def __init__(self, problem: Problem, lane: Lane, budget: Budget) -> None:
        self.problem, self.lane, self.budget = problem, lane, budget
        self.solo = [options[0].net for options in problem.prices]
        self.ways: list[list[Way]] = ways_of(problem) if problem.plays else []
        self.walks: list[Walk] = []
        self.least: list[Least] = []
        self._wholes: list[int] = []
        """Sets of classes, as bits, in which plays may shift any amount from unit to unit."""
        self._uses = Uses([], [], [], {})
        self._touched: dict[int, list[int]] = {}
        if problem.plays:
            self._search_components()

    def _search_components(self) -> None:
        problem = self.problem
        plays = problem.plays
        uses = self._uses = uses_of(problem, self.ways, self.solo)
        touched = self._touched = touched_by(self.ways)
        walked = uses.useful
        if uses.idle:
            walked = sorted(walked + [number for number in uses.idle if not is_inner(plays[number])])
        components = components_among(problem, touched, walked)
        self.walks = [Walk(problem, component, self.ways, self.solo) for component in components]
        self.least = [walk.search(self.budget) for walk in self.walks]
        if not problem.candidates:
            return
        together = components
        if uses.idle or any([len(component.regions) > 1 for component in components]):
            inner = [number for number in sorted(uses.useful + uses.idle) if is_inner(plays[number])]
            together = components_among(problem, touched, inner)
        self._wholes = [mask_of(component) for component in together]
        for component in components:
            if any([plays[number].price is not None for number in component.plays if number not in component.inner]):
                # What a bundle with a price takes off is shared by what its units cost.
                self._wholes.append(mask_of(component))

    def result(self) -> Best | None:
        lane = self.lane
        fills = [least.fills for least in self.least]
        plan = self.plan(fills)
        amounts = [sum([option.net for option in options]) for options in plan.nets]
        sums = sums_of(lane, amounts)
        total, _ = total_of(lane, sums)
        below = sum(least.total - least.bound for least in self.least)
        if not lane.candidates:
            return self._best(plan, total, total - below)
        most = [each.gross * each.count for each in self.problem.classes]
        reach = reach_of(lane, sums, most, self._room(amounts))
        if reach is None:
            return None
        if below:
            # What was not proven of the units may also cost levels; every level within reach counts as had.
            highest = [
                each.level(each.listed if each.counts_list else sum(most[at] for at in each.counted))
                for each in lane.candidates
            ]
            return self._best(plan, total, min(total, max(0, total_of(lane, sums, highest)[0] - below)))
        if not reach.open:
            return self._best(plan, total, total)
        return self._raise(plan, sums, reach, total)

    def _room(self, amounts: Sequence[Minor]) -> Room:
        """Return how sums may move."""
        lane = self.lane
        none = (NO_PLAY,) * len(lane.candidates)
        if not self._wholes and not self.walks:
            return Room(none, none, lane.counted)
        masks = [mask_of(walk.component) for walk in self.walks]
        touched = []
        for bits in lane.counted:
            for mask in masks:
                if mask & bits:
                    bits |= mask
            touched.append(bits)
        return Room(
            tuple([self._play(bits, masks, amounts) for bits in lane.counted]),
            tuple([self._play(bits, masks, amounts) for bits in lane.parts]),
            tuple(touched),
        )

    def _play(self, bits: int, masks: Sequence[int], amounts: Sequence[Minor]) -> Play:
        """Return how the sum of some classes may move."""
        down = up = 0
        torn: Minor | None = None
        is_cut = False
        for mask in self._wholes:
            if mask & bits and mask & ~bits:
                torn = (torn or 0) + sum([amounts[at] for at in rising(mask & bits)])
        for walk, least, mask in zip(self.walks, self.least, masks, strict=True):
            if len(walk.tables) > 1 and mask & bits and mask & ~bits:
                is_cut = True
                inside = outside = lowest = 0
                for region, table, state in zip(walk.component.regions, walk.tables, least.fills, strict=True):
                    if bits >> region[0] & 1:
                        inside += table.states[state]
                        lowest += table.least
                    else:
                        outside += table.least
                down += inside - lowest
                up += max(0, least.total - outside - inside)
        return Play(down, up, torn) if is_cut or torn is not None else NO_PLAY

    def plan(self, fills: Sequence[tuple[int, ...]]) -> Plan:
        """Return the prices when the regions of each component end in some states, and all else is at its least."""
        nets: list[list[Option]] = [[] for _ in self.problem.classes]
        uses: dict[str, int] = {}
        for walk, states in zip(self.walks, fills, strict=True):
            put_in(self.problem, placed_as(self.problem, walk.placed(states)), nets, uses)
        for position, (each, options) in enumerate(zip(self.problem.classes, self.problem.prices, strict=True)):
            if not nets[position]:
                nets[position] = [options[0]] * each.count
        return Plan(nets, uses)

    def _best(self, plan: Plan, total: Minor, lowest: Minor) -> Best:
        # In the order of their price, so that the same prices are told in the same order however they were found.
        nets = tuple([tuple(each if each.count(each[0]) == len(each) else sorted(each)) for each in plan.nets])
        return Best(total, nets, tuple(sorted(plan.uses.items())), self.problem.candidates, lowest)

    def _raise(self, plan: Plan, sums: Sums, reach: Reach, total: Minor) -> Best | None:
        """Return the cheapest way, some units left dearer or bundles used otherwise so that open levels are reached."""
        lane = self.lane
        nodes = nodes_of(lane, reach.open)
        if nodes is None or not self._is_even(nodes):
            return None
        field = Field(self.problem, lane, self.ways, self._touched, self.solo, self._uses, self.walks, self.least)
        lowest = min(total, self._least_thinkable(sums, reach))
        found = fillings_of(field, nodes, sums, reach, self.budget)
        result = None
        if found is not None:
            result = Reaching(field, nodes, reach, total - lowest, self.budget).search(found, total)
        if result is None:
            return self._best(plan, total, lowest)
        best, best_total, lowest = result.plan or plan, result.total, result.bound
        if lowest < best_total and sum([each.count for each in self.problem.classes]) <= SMALL:
            return None
        return self._best(best, best_total, min(best_total, lowest))

    def _least_thinkable(self, sums: Sums, reach: Reach) -> Minor:
        """Return a total that nothing is below: every level within reach for nothing."""
        return max(0, total_of(self.lane, sums, reach.tops)[0])

    def _is_even(self, nodes: Sequence[Node]) -> bool:
        """Tell whether all that an open candidate counts is left the same part of by percentages."""
        for node in nodes:
            counted = self.lane.candidates[node.candidates[0]].counted
            if len({self.lane.fractions[position] for position in counted}) > 1:
                return False
        return True
