"""The search where only sums count: the least sums first, then levels that are worth leaving units dearer for.

This is how nearly every basket is priced. Where it matters how a promotion is shared, or which units of a connected
group make up a sum, it says so, and `best` searches in the general way.
"""

from __future__ import annotations

from collections.abc import Sequence

from rules.attempt import Best
from rules.basket_lanes import run
from rules.budget import Budget
from rules.fillings import Search, fillings_of
from rules.least import Least, Walk
from rules.levels import (
    NO_DRIFT,
    Drift,
    Lane,
    Reach,
    Room,
    Sums,
    kept,
    lane_of,
    reach_of,
    sums_of,
    total_of,
    worth_shifting,
)
from rules.money import BASIS_POINTS, Minor
from rules.plan import Plan, placed_as, put_in
from rules.problem import Problem, cells_of
from rules.raised import RAISE_MAX, Node, nodes_of
from rules.reachable import rising
from rules.reaching import Reaching
from rules.regions import Uses, Way, components_among, is_inner, joined, mask_of, touched_by, uses_of, ways_of
from rules.unit_lane import Option

SMALL = 24
"""Units of a basket that is searched in the general way where sums leave a doubt."""


class Plain:
    """One search; the least sums are found when it is made."""

    def __init__(self, problem: Problem, budget: Budget, taken_along: frozenset[int] = frozenset()) -> None:
        """Find the least sums.

        Args:
            problem: what is to be combined.
            budget: shared.
            taken_along: plays of no use to any of their units that are looked at nevertheless, by number.
        """
        self.problem, self.budget, self._taken_along = problem, budget, taken_along
        self.doubted: frozenset[int] = taken_along
        """Plays that would have to be taken along to settle what was left in doubt."""
        self.solo = [option.net for option in problem.cheapest]
        self.ways: list[list[Way]] = ways_of(problem) if problem.plays else []
        self.walks: list[Walk] = []
        self.least: list[Least] = []
        self._wholes: list[int] = []
        """Sets of classes, as bits, in which plays may shift any amount from unit to unit."""
        self._uses = Uses([], [], [], {}, [])
        self._touched: dict[int, int] = {}
        self._masks: list[int] = []
        """The classes of each component, as bits."""
        if problem.plays:
            self._search_components()

    def _search_components(self) -> None:
        problem = self.problem
        plays = problem.plays
        uses = self._uses = uses_of(problem, self.ways, self.solo, self._taken_along)
        touched = self._touched = touched_by(self.ways)
        walked = uses.useful
        if uses.idle:
            walked = sorted(walked + [number for number in uses.idle if not is_inner(plays[number])])
        components = components_among(problem, touched, walked)
        shift = worth_shifting(problem.candidates, components) if problem.candidates else [0] * len(components)
        self.walks = [
            Walk(problem, component, self.ways, self.solo, uses.saves, worth=worth)
            for component, worth in zip(components, shift, strict=True)
        ]
        self.least = [walk.search(self.budget) for walk in self.walks]
        if not problem.candidates:
            return
        self._masks = [mask_of(component) for component in components]
        self._wholes = list(self._masks)
        if uses.idle or any(len(component.regions) > 1 for component in components):
            self._wholes = joined([touched[n] for n in uses.useful + uses.idle if is_inner(plays[n]) and n in touched])
        # What a bundle with a price takes off is shared by what its units cost.
        self._wholes += [
            mask
            for component, mask in zip(components, self._masks, strict=True)
            if len(component.inner) < len(component.plays)
            and any(plays[number].price is not None for number in component.plays if number not in component.inner)
        ]

    def result(self) -> Best | None:
        """Return the cheapest combination, or None where sums alone do not tell."""
        candidates = self.problem.candidates
        lane = lane_of(candidates, len(self.problem.classes))
        if lane is None or any(candidate.promotion.full_price_only for candidate in candidates):
            return None
        plan = self.plan()
        amounts = [sum([net for net, _ in options]) for options in plan.nets]
        sums = sums_of(lane, amounts)
        total, _ = total_of(lane, sums)
        below = sum(least.total - least.bound for least in self.least)
        if not lane.candidates:
            return self._best(plan, total, total - below)
        most = [each.gross * each.count for each in self.problem.classes]
        reach = reach_of(lane, sums, most, self._room(lane, amounts))
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
        return self._raise(lane, plan, sums, reach, total)

    def _room(self, lane: Lane, amounts: Sequence[Minor]) -> Room:
        """Return how sums may move."""
        none = (NO_DRIFT,) * len(lane.candidates)
        if not self._wholes and not self.walks:
            return Room(none, none, lane.counted)
        masks = self._masks
        touched = []
        for bits in lane.counted:
            wider = bits
            for mask in masks:
                if mask & bits:
                    wider |= mask
            touched.append(wider)
        return Room(
            tuple([self._drift(bits, masks, amounts) for bits in lane.counted]),
            tuple([self._drift(bits, masks, amounts) for bits in lane.parts]),
            tuple(touched),
        )

    def _drift(self, bits: int, masks: Sequence[int], amounts: Sequence[Minor]) -> Drift:
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
        return Drift(down, up, torn) if is_cut or torn is not None else NO_DRIFT

    def plan(self) -> Plan:
        """Return the prices of the least sums."""
        nets: list[list[Option]] = [[] for _ in self.problem.classes]
        uses: dict[str, int] = {}
        for walk, least in zip(self.walks, self.least, strict=True):
            put_in(self.problem, placed_as(self.problem, walk.placed(least.fills)), nets, uses)
        for position, (each, cheapest) in enumerate(zip(self.problem.classes, self.problem.cheapest, strict=True)):
            if not nets[position]:
                nets[position] = [cheapest] * each.count
        return Plan(nets, uses)

    def rough(self) -> Best:
        """Return the least sums with all basket promotions on top, whatever they may cost each other, and a bound."""
        problem = self.problem
        candidates = problem.candidates
        plan = self.plan()
        cells = cells_of(problem.classes, candidates)
        amounts = [0] * cells.count
        for position, options in enumerate(plan.nets):
            for option in options:
                amounts[(cells.low if option.taken else cells.plain)[position]] += option.net
        total = run(amounts, cells.candidates).total
        keeps, slack = kept(candidates)
        below = sum([least.total - least.bound for least in self.least])
        lowest = (sum(amounts) - below) * keeps // BASIS_POINTS - slack * len(problem.classes)
        for candidate in candidates:
            most = sum([problem.classes[at].gross * problem.classes[at].count for at in candidate.counted])
            lowest -= candidate.wanted(candidate.level(max(most, candidate.listed)))
        return self._best(plan, total, min(total, max(0, lowest)))

    def _best(self, plan: Plan, total: Minor, lowest: Minor) -> Best:
        # In the order of their price, so that the same prices are told in the same order however they were found.
        nets = tuple([tuple(each if each.count(each[0]) == len(each) else sorted(each)) for each in plan.nets])
        return Best(total, nets, tuple(sorted(plan.uses.items())), self.problem.candidates, lowest)

    def _raise(self, lane: Lane, plan: Plan, sums: Sums, reach: Reach, total: Minor) -> Best | None:
        """Return the cheapest way, some units left dearer or bundles used otherwise so that open levels are reached."""
        nodes = nodes_of(lane, reach.open)
        if nodes is None or not _is_even(lane, nodes):
            return None
        field = Search(self.problem, lane, self.ways, self._touched, self.solo, self._uses, self.walks, self.least)
        # Every level within reach for nothing: nothing is below.
        lowest = min(total, max(0, total_of(lane, sums, reach.tops)[0]))
        found = fillings_of(field, nodes, sums, reach, self.budget)
        if found is None or total - lowest > RAISE_MAX // 2:
            return self._best(plan, total, lowest)
        reaching = Reaching(field, nodes, reach, total - lowest, self.budget)
        result = reaching.search(found, total, lowest)
        self.doubted |= reaching.doubted
        best, best_total, below = result.plan or plan, result.total, result.bound
        if result.within:
            found = fillings_of(field, nodes, sums, reach, self.budget, result.within)
            if found is not None:
                result = reaching.search(found, best_total, lowest)
                best, best_total, below = result.plan or best, result.total, result.bound
                self.doubted |= reaching.doubted
        lowest = below
        if lowest < best_total and sum([each.count for each in self.problem.classes]) <= SMALL:
            return None
        return self._best(best, best_total, min(best_total, lowest))


def _is_even(lane: Lane, nodes: Sequence[Node]) -> bool:
    """Tell whether all that an open candidate counts is left the same part of by percentages."""
    for node in nodes:
        counted = lane.candidates[node.candidates[0]].counted
        if len({lane.fractions[position] for position in counted}) > 1:
            return False
    return True
