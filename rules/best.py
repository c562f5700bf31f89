"""The search for one set of promotions that may play: the cheapest prices, and the least that anything could cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rules.basket_lanes import Candidate, is_tangled, may_hurt, run
from rules.budget import Budget
from rules.component import Component, Outcome, State
from rules.floor import ONE, Floor, Pool
from rules.money import Minor
from rules.problem import Cells, Problem, cells_of, components_of, units_of
from rules.raising import Found, Raising, worthwhile
from rules.reachable import Priceable, choices_for
from rules.unit_lane import Option

SUBSETS_MAX = 256
"""Most sets of basket promotions that are left out on trial."""


@dataclass(frozen=True, slots=True)
class Best:
    """The cheapest combination that was found."""

    total: Minor
    nets: tuple[tuple[Option, ...], ...]
    """For each class the price of each of its units, cheapest first."""
    uses: tuple[tuple[str, int], ...]
    """(promotion id, times) of group promotions."""
    applied: tuple[Candidate, ...]
    """The basket promotions that were let apply, with classes as their parts."""
    lowest: Minor
    """Nothing costs less than this; the total itself where it is proven."""


@dataclass(slots=True)
class _Joint:
    """A component within one attempt."""

    component: Component
    weights: Sequence[int]
    scale: int
    to_go: list[dict[State, int]]
    is_exact: bool
    least: int
    """Weight of the cheapest outcome, or less."""
    outcomes: list[Outcome]

    def weight(self, outcome: Outcome) -> int:
        return self.scale * sum(self.weights[cell] * amount for cell, amount in outcome.amounts)


def best(problem: Problem, budget: Budget) -> Best:
    """Return the cheapest combination of unit, group and basket promotions.

    Args:
        problem: in an order that does not depend on the basket's.
        budget: shared with other searches for the same quote; at least one combination is always priced.
    """
    prices = problem.class_options()
    first = _Attempt(problem, prices, problem.candidates, budget, None)
    found = first.search()
    lowest = first.lowest
    tangled = is_tangled(problem.candidates)
    free = [
        number
        for number, candidate in enumerate(problem.candidates)
        if not candidate.promotion.forced and (tangled or may_hurt(problem.candidates, number))
    ]
    tried = 0
    for left_out in _subsets(first, free, lambda: found.total):
        tried += 1
        if tried > SUBSETS_MAX or not budget.spend(len(problem.classes)):
            lowest = min(lowest, first.lowest_without_any())
            break
        applied = tuple(each for number, each in enumerate(problem.candidates) if number not in left_out)
        attempt = _Attempt(problem, prices, applied, budget, found.total)
        better = attempt.search()
        lowest = min(lowest, attempt.lowest)
        if better.total < found.total:
            found = better
    return replace(found, lowest=min(found.total, lowest))


def _subsets(first: _Attempt, free: Sequence[int], least: Callable[[], Minor]) -> Iterator[frozenset[int]]:
    """Yield sets of candidates to leave out, as long as what they take off could be won back."""
    stack = [(frozenset[int](), 0)]
    while stack:
        left_out, start = stack.pop()
        if left_out:
            yield left_out
        for place in range(start, len(free)):
            more = left_out | {free[place]}
            if first.lowest_without(more) < least():
                stack.append((more, place + 1))


class _Attempt:
    """One search in which all of the given basket promotions apply as soon as their threshold is reached."""

    def __init__(
        self,
        problem: Problem,
        prices: Sequence[tuple[Option, ...]],
        applied: tuple[Candidate, ...],
        budget: Budget,
        bar: Minor | None,
    ) -> None:
        self._problem, self._prices, self._applied, self._budget, self._bar = problem, prices, applied, budget, bar
        self._cells: Cells = cells_of(problem.classes, applied)
        connected = components_of(problem, self._cells)
        inside = {position for positions, _ in connected for position in positions}
        self._units = [
            Priceable(unit_class.count, options) for unit_class, options in zip(problem.classes, prices, strict=True)
        ]
        self._by_cell: list[list[int]] = [[] for _ in range(self._cells.count)]
        for position in range(len(problem.classes)):
            if position not in inside:
                self._by_cell[self._cells.low[position]].append(position)
        self._components = [
            Component(units_of(problem, positions, plays, prices), plays, self._cells.plain, self._cells.low)
            for positions, plays in connected
        ]
        self._alone = [sum(self._units[p].least for p in positions) for positions in self._by_cell]
        self._most = [sum(self._units[p].most for p in positions) for positions in self._by_cell]
        for component in self._components:
            for unit in component.units:
                position = unit.unit_class
                gross = problem.classes[position].gross
                for cell in {self._cells.plain[position], self._cells.low[position]}:
                    self._most[cell] += gross
        even = [1] * self._cells.count
        joints = [self._joint(component, even, ONE) for component in self._components]
        at = run(self._amounts([joint.outcomes[0] for joint in joints]), self._cells.candidates)
        self.floor = Floor(self._cells.candidates, self._cells.count, at, self._most)
        self._joints = [self._reweighed(joint) for joint in joints]
        self.lowest: Minor = 0

    def _joint(self, component: Component, weights: Sequence[int], scale: int) -> _Joint:
        to_go, is_exact = component.to_go(weights, self._budget)
        start = component.start()
        least = scale * (to_go[0][start] if is_exact else component.least_thinkable(weights))
        outcomes, _ = component.outcomes(weights, to_go, 0, Budget(0))
        return _Joint(component, weights, scale, to_go, is_exact, least, outcomes)

    def _reweighed(self, joint: _Joint) -> _Joint:
        """Return the component at the weights of its cells; where they are all one, nothing is searched again."""
        mine = {
            self.floor.weights[cell]
            for unit in joint.component.units
            for cell in (self._cells.plain[unit.unit_class], self._cells.low[unit.unit_class])
        }
        if len(mine) == 1:
            scale = mine.pop()
            return replace(joint, scale=scale, least=joint.least // ONE * scale)
        return self._joint(joint.component, self.floor.weights, 1)

    def _amounts(self, outcomes: Sequence[Outcome]) -> list[Minor]:
        amounts = list(self._alone)
        for outcome in outcomes:
            for cell, amount in outcome.amounts:
                amounts[cell] += amount
        return amounts

    def _alone_weight(self) -> int:
        return sum(weight * amount for weight, amount in zip(self.floor.weights, self._alone, strict=True))

    def _root(self, total: Minor) -> tuple[int, int]:
        """Return a weight that nothing costs less than, and how much dearer anything below a total can leave units."""
        cost = self._alone_weight() + sum(joint.least for joint in self._joints)
        bases = self.floor.bases(self._alone, self._alone)
        pools = self.floor.cell_pools(self._room())
        for joint in self._joints:
            self._widest(joint, bases, pools)
        sure, further = self.floor.events(bases, pools)
        spare = total * ONE - (cost - sure - self.floor.slack)
        live = worthwhile(further, spare)
        return self.floor.lowest(cost, bases, pools), spare + sum(event.gain for event in live)

    def _widest(self, joint: _Joint, bases: list[Minor], pools: list[Pool]) -> None:
        """Add what a component may count at the most without costing more, and how much dearer it may be left."""
        most: dict[int, Minor] = {}
        for unit in joint.component.units:
            position = unit.unit_class
            gross = self._problem.classes[position].gross
            for cell in {self._cells.plain[position], self._cells.low[position]}:
                most[cell] = most.get(cell, 0) + gross
        is_even = joint.scale != 1 and joint.is_exact
        least = joint.least // joint.scale if is_even else 0
        whole: list[int] = []
        for number, candidate in enumerate(self._cells.candidates):
            if candidate.counts_list:
                continue
            inside = [cell for cell in most if cell in candidate.counted]
            if is_even and len(inside) == len(most):
                # Where all of it counts and weighs the same, counting more is costing more.
                bases[number] += least
                whole.append(number)
            else:
                bases[number] += sum(most[cell] for cell in inside)
        gross = sum(self._problem.classes[unit.unit_class].gross for unit in joint.component.units)
        if whole and gross > least:
            pools.append(Pool(gross - least, joint.scale, frozenset(whole)))

    def _room(self) -> list[Minor]:
        return [sum(self._units[p].most - self._units[p].least for p in positions) for positions in self._by_cell]

    def lowest_without(self, left_out: frozenset[int]) -> Minor:
        """Return a bound for leaving out some candidates: all others at what they gain at the most."""
        weights = self.floor.weights_without(left_out)
        cost = sum(weight * amount for weight, amount in zip(weights, self._alone, strict=True))
        for joint in self._joints:
            cells = {
                cell
                for unit in joint.component.units
                for cell in (self._cells.plain[unit.unit_class], self._cells.low[unit.unit_class])
            }
            # Without a percentage the units weigh more, each at least as much more as the least of their cells.
            cost += min((joint.least * weights[cell] // max(1, self.floor.weights[cell]) for cell in cells), default=0)
        gains = sum(
            self.floor.most_gain(number, self._most, left_out)
            for number in range(len(self._cells.candidates))
            if number not in left_out
        )
        return -(-(cost - gains - self.floor.slack) // ONE)

    def lowest_without_any(self) -> Minor:
        return max(0, self.lowest_without(frozenset()))

    def search(self) -> Best:
        """Return the cheapest combination; `lowest` then is what nothing costs less than."""
        chosen = [joint.outcomes[0] for joint in self._joints]
        amounts = self._amounts(chosen)
        total = run(amounts, self._cells.candidates).total
        state = Found(total if self._bar is None else min(total, self._bar))
        plan: tuple[list[Outcome], dict[tuple[int, ...], Minor]] = (chosen, {})
        weight, spare = self._root(state.total)
        root = -(-weight // ONE)
        if root < state.total and self._budget.left > 0:
            exact = self._widen(spare)
            raising = Raising(
                self._units,
                self._by_cell,
                self._cells.candidates,
                self.floor,
                self._budget,
                merges=not is_tangled(self._cells.candidates) and not self._may_run_dry(),
            )
            for outcomes, cost in self._combinations(state):
                amounts = self._amounts(outcomes)
                if not self._budget.spend(1 + len(self._cells.candidates)):
                    break
                here = run(amounts, self._cells.candidates).total
                if here < state.total:
                    state.total, state.surpluses, state.is_new = here, {}, True
                raising.search(cost, amounts, state)
                if state.is_new:
                    plan, state.is_new = (outcomes, state.surpluses), False
            proven = exact and not self._budget.exhausted
        else:
            proven = root >= state.total
        self.lowest = state.total if proven else max(0, min(root, state.total))
        return self._best(*plan)

    def _widen(self, spare: int) -> bool:
        """Let each component have all outcomes that could pay; tell whether they are all."""
        exact = True
        for joint in self._joints:
            touched = any(
                cell in candidate.parts or cell in candidate.counted
                for candidate in self._cells.candidates
                for unit in joint.component.units
                for cell in {self._cells.plain[unit.unit_class], self._cells.low[unit.unit_class]}
            )
            exact = exact and joint.is_exact
            if touched:
                bound = spare // joint.scale if joint.scale else spare
                outcomes, is_all = joint.component.outcomes(joint.weights, joint.to_go, bound, self._budget)
                joint.outcomes = sorted(outcomes, key=joint.weight)
                exact = exact and is_all
        return exact

    def _may_run_dry(self) -> bool:
        """Tell whether some amount off may find less left than it could take."""
        low = list(self._alone)
        for joint in self._joints:
            for cell in {cell for outcome in joint.outcomes for cell, _ in outcome.amounts}:
                low[cell] += min(dict(outcome.amounts).get(cell, 0) for outcome in joint.outcomes)
        for candidate in self._cells.candidates:
            left = sum(self.floor.weights[cell] * low[cell] for cell in candidate.parts) // ONE
            inside = set(candidate.parts)
            wanted = sum(
                self.floor.most_gain(number, self._most, frozenset())
                for number, other in enumerate(self._cells.candidates)
                if inside & set(other.parts)
            )
            if wanted and wanted > left * ONE and candidate.wanted(1):
                return True
        return False

    def _combinations(self, state: Found) -> Iterator[tuple[list[Outcome], int]]:
        """Yield outcomes of all components and the weight of all units, as long as they could still pay."""
        joints = sorted(self._joints, key=lambda joint: len(joint.outcomes))
        pools = self.floor.cell_pools(self._room())
        rest_cost = [0] * (len(joints) + 1)
        rest_high = [[0] * self._cells.count for _ in range(len(joints) + 1)]
        rest_low = [[0] * self._cells.count for _ in range(len(joints) + 1)]
        for place in range(len(joints) - 1, -1, -1):
            joint = joints[place]
            rest_cost[place] = rest_cost[place + 1] + min(joint.weight(outcome) for outcome in joint.outcomes)
            rows = [dict(outcome.amounts) for outcome in joint.outcomes]
            for cell in range(self._cells.count):
                amounts = [row.get(cell, 0) for row in rows]
                rest_high[place][cell] = rest_high[place + 1][cell] + max(amounts)
                rest_low[place][cell] = rest_low[place + 1][cell] + min(amounts)

        def walk(
            place: int, cost: int, amounts: list[Minor], chosen: list[Outcome]
        ) -> Iterator[tuple[list[Outcome], int]]:
            if place == len(joints):
                yield [chosen[joints.index(joint)] for joint in self._joints], cost
                return
            for outcome in joints[place].outcomes:
                after = list(amounts)
                for cell, amount in outcome.amounts:
                    after[cell] += amount
                spent = cost + joints[place].weight(outcome)
                high = [one + other for one, other in zip(after, rest_high[place + 1], strict=True)]
                low = [one + other for one, other in zip(after, rest_low[place + 1], strict=True)]
                if not self._budget.spend(1 + len(self._cells.candidates)):
                    return
                lowest = self.floor.lowest(spent + rest_cost[place + 1], self.floor.bases(high, low), pools)
                if lowest < state.total * ONE:
                    yield from walk(place + 1, spent, after, [*chosen, outcome])

        yield from walk(0, self._alone_weight(), list(self._alone), [])

    def _best(self, outcomes: Sequence[Outcome], surpluses: dict[tuple[int, ...], Minor]) -> Best:
        nets: list[list[Option]] = [
            [options[0]] * unit.count for options, unit in zip(self._prices, self._problem.classes, strict=True)
        ]
        for cells, surplus in surpluses.items():
            positions = [position for cell in cells for position in self._by_cell[cell]]
            for position, chosen in choices_for(self._units, positions, surplus):
                nets[position] = list(chosen)
        uses: dict[str, int] = {}
        for joint, outcome in zip(self._joints, outcomes, strict=True):
            inside: dict[int, list[Option]] = {}
            for unit, option in zip(joint.component.units, outcome.nets, strict=True):
                inside.setdefault(unit.unit_class, []).append(option)
            for position, chosen_options in inside.items():
                nets[position] = sorted(chosen_options, key=lambda option: (option.net, option.taken))
            for promotion_id, times in outcome.uses:
                uses[promotion_id] = uses.get(promotion_id, 0) + times
        amounts = [0] * self._cells.count
        for position, options in enumerate(nets):
            for option in options:
                amounts[(self._cells.low if option.taken else self._cells.plain)[position]] += option.net
        total = run(amounts, self._cells.candidates).total
        return Best(total, tuple(map(tuple, nets)), tuple(sorted(uses.items())), self._applied, total)
