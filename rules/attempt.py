"""One attempt: the cheapest prices where certain basket promotions apply as soon as their threshold is reached."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from rules import nearly_best
from rules.basket_lanes import Candidate, is_tangled, run
from rules.budget import Budget
from rules.component import Component, Outcome
from rules.floor import ONE, Floor, Pool
from rules.joints import Bound, Joint, alone_weight, combinations
from rules.money import Minor
from rules.problem import Cells, Problem, cells_of, components_of, units_of
from rules.raising import Block, Found, Raising, worthwhile
from rules.reachable import Priceable, choices_for
from rules.unit_lane import Option


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


class Attempt:
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
        self._counted = [frozenset(candidate.counted) for candidate in self._cells.candidates]
        self._touched = {cell for each in self._cells.candidates for cell in (*each.parts, *each.counted)}
        self._fractions = [
            tuple(n for n, each in enumerate(self._cells.candidates) if each.is_percentage and cell in each.parts)
            for cell in range(self._cells.count)
        ]

    def _joint(self, component: Component, weights: Sequence[int], scale: int) -> Joint:
        to_go, is_exact = component.to_go(weights, self._budget)
        start = component.start()
        least = scale * (to_go[0][start] if is_exact else component.least_thinkable(weights))
        outcomes = [nearly_best.cheapest(component, weights, to_go)]
        cells = frozenset(
            cell
            for unit in component.units
            for cell in (self._cells.plain[unit.unit_class], self._cells.low[unit.unit_class])
        )
        return Joint(component, weights, scale, to_go, is_exact, least, outcomes, cells)

    def _reweighed(self, joint: Joint) -> Joint:
        """Return the component at the weights of its cells; where they are all one, nothing is searched again."""
        mine = {self.floor.weights[cell] for cell in joint.cells}
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

    def _root(self, total: Minor) -> Bound:
        """Return the bound before outcomes of components are known, for everything that is below a total."""
        cost = alone_weight(self.floor, self._alone) + sum(joint.least for joint in self._joints)
        bases = self.floor.bases(self._alone, self._alone)
        low = list(bases)
        pools = self.floor.cell_pools(self._room())
        for joint in self._joints:
            self._widest(joint, bases, low, pools)
        sure, further = self.floor.events(bases, pools)
        spare = total * ONE - (cost - sure - self.floor.slack)
        live = worthwhile(further, spare)
        spare += sum(event.gain for event in live)
        unsettled = {
            number
            for number, candidate in enumerate(self._cells.candidates)
            if candidate.level(low[number] - self._taken_before(number)) < candidate.level(bases[number])
        }
        numbers = frozenset(event.number for event in live) | unsettled
        dearer = max(0, spare) // max(1, min(self.floor.weights, default=1))
        most = tuple(
            base if each.counts_list else min(base + dearer, sum(self._most[cell] for cell in each.counted))
            for base, each in zip(bases, self._cells.candidates, strict=True)
        )
        return Bound(self.floor.lowest(cost, bases, pools), spare, numbers, most)

    def _taken_before(self, number: int) -> Minor:
        """Return what earlier candidates may take at the most off what a candidate counts."""
        candidate = self._cells.candidates[number]
        if not candidate.counts_previous or not candidate.threshold:
            return 0
        inside = set(candidate.counted)
        return sum(
            self.floor.most_taken(earlier, sum(self._most[cell] for cell in each.counted))
            for earlier, each in enumerate(self._cells.candidates[:number])
            if not inside.isdisjoint(each.parts)
        )

    def _widest(self, joint: Joint, bases: list[Minor], low: list[Minor], pools: list[Pool]) -> None:
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
                low[number] += least
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
            # Without a percentage the units weigh more, each at least as much more as the least of their cells.
            cost += min(
                (joint.least * weights[cell] // max(1, self.floor.weights[cell]) for cell in joint.cells), default=0
            )
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
        total = run(self._amounts(chosen), self._cells.candidates).total
        state = Found(total if self._bar is None else min(total, self._bar))
        plan: tuple[list[Outcome], dict[tuple[int, ...], Minor]] = (chosen, {})
        bound = self._root(state.total)
        root = -(-bound.weight // ONE)
        if root >= state.total:
            self.lowest = state.total
            return self._best(*plan, None)
        exact, raising = False, None
        if self._budget.left > 0:
            merges = not is_tangled(self._cells.candidates) and not self._may_run_dry(bound)
            blocks = self._blocks(bound) if merges else []
            exact = self._widen(bound, {block.number for block in blocks}, merges=merges)
            raising = Raising(
                self._units,
                self._by_cell,
                self._cells.candidates,
                self.floor,
                self._budget,
                merges=merges,
                blocks=blocks,
                live=bound.live if merges else None,
            )
            for outcomes, cost in combinations(self._joints, self._alone, state, raising):
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
        self.lowest = state.total if proven else max(0, min(root, state.total))
        return self._best(*plan, raising)

    def _region(self, cell: int, live: frozenset[int]) -> object:
        """Return what makes cells alike as long as only some candidates may change their level."""
        counts = tuple(number for number in sorted(live) if cell in self._counted[number])
        return counts, self._fractions[cell]

    def _blocks(self, bound: Bound) -> list[Block]:
        """Return the components of which only the sum matters."""
        blocks = []
        for number, joint in enumerate(self._joints):
            cells = frozenset(joint.cells)
            regions = {self._region(cell, bound.live) for cell in cells}
            if len(regions) > 1 or joint.scale == 1 or not joint.is_exact or not joint.component.is_safe():
                continue
            gross = sum(self._problem.classes[unit.unit_class].gross for unit in joint.component.units)
            room = min(gross - joint.least // joint.scale, bound.spare // joint.scale)
            blocks.append(Block(cells, room, joint.bits_to, number))
        return blocks

    def _widen(self, bound: Bound, blocks: Collection[int], *, merges: bool) -> bool:
        """Let each component have all outcomes that could pay; tell whether they are all."""
        exact = True
        for number, joint in enumerate(self._joints):
            exact = exact and joint.is_exact
            if number in blocks or not any(cell in self._touched for cell in joint.cells):
                continue
            if not exact:
                # It cannot be proven any more, so what is found first must do.
                continue
            spare = bound.spare // joint.scale if joint.scale else bound.spare
            outcomes, is_all = nearly_best.outcomes(joint.component, joint.weights, joint.to_go, spare, self._budget)
            joint.outcomes = sorted(outcomes, key=joint.weight)
            if merges:
                joint.outcomes = self._projected(joint, bound.live)
            exact = exact and is_all
        return exact

    def _projected(self, joint: Joint, live: frozenset[int]) -> list[Outcome]:
        """Return the cheapest of all outcomes that come to the same in everything that may still change a level."""
        kept: dict[object, Outcome] = {}
        for outcome in joint.outcomes:
            sums: dict[object, Minor] = {}
            for cell, amount in outcome.amounts:
                region = self._region(cell, live)
                if region != ((), ()):
                    sums[region] = sums.get(region, 0) + amount
            kept.setdefault(frozenset(sums.items()), outcome)
        return list(kept.values())

    def _may_run_dry(self, bound: Bound) -> bool:
        """Tell whether some amount off may find less left than it could take."""
        left = list(self._alone)
        for joint in self._joints:
            for cell in joint.cells:
                only = [int(other == cell) for other in range(self._cells.count)]
                if len(joint.cells) == 1 and joint.is_exact and joint.scale != 1:
                    left[cell] += joint.least // joint.scale
                else:
                    left[cell] += joint.component.least_thinkable(only)
        for number, candidate in enumerate(self._cells.candidates):
            before = sum(left[cell] for cell in candidate.parts)
            most = self.floor.most_taken(number, bound.bases[number])
            if most > before:
                return True
            for cell in candidate.parts:
                if before:
                    # Taken in proportion: no cell loses a larger part than all of them together, one unit aside.
                    left[cell] = max(0, left[cell] * (before - most) // before - 1)
        return False

    def _best(
        self, outcomes: Sequence[Outcome], surpluses: dict[tuple[int, ...], Minor], raising: Raising | None
    ) -> Best:
        outcomes = list(outcomes)
        nets: list[list[Option]] = [
            [options[0]] * unit.count for options, unit in zip(self._prices, self._problem.classes, strict=True)
        ]
        for cells, surplus in surpluses.items():
            assert raising is not None
            positions = [position for cell in cells for position in self._by_cell[cell]]
            alone, parts = raising.parts_of(cells, surplus)
            for block, part in parts:
                joint = self._joints[block.number]
                found = joint.surpluses(part)
                outcomes[block.number] = nearly_best.outcome_at(
                    joint.component, joint.weights, joint.to_go, found, part
                )
            for position, chosen in choices_for(self._units, positions, alone)[0].items():
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
