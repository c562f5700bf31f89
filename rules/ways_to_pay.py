"""Ways that may pay: how bundles are used, and which levels are reached by leaving units dearer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from rules.budget import Budget
from rules.fillings import Filling, Fills, Search
from rules.levels import Lane, Reach, Sums, kept, total_of
from rules.money import BASIS_POINTS, Minor
from rules.raised import RAISE_MAX, Node
from rules.states import NEVER

WAYS_MAX = 400
"""Most ways that are looked at for one way to use bundles."""

Tight = dict[tuple[int, Minor], tuple[Minor, bool]]
"""By node and need: the least that the node can be left dearer, and True; or an amount that it is above, and False."""


class WayToPay(NamedTuple):
    """One way that may pay: how bundles are used, and which levels are reached."""

    bound: Minor
    """Nothing that goes this way costs less."""
    levels: tuple[int, ...]
    """Of all candidates."""
    raises: tuple[Minor, ...]
    """By node, the least that its classes must be left dearer."""
    fills: Fills
    """(number of the component, states of its regions) where they are not those of the least sums."""
    sums: Sums
    """All units at the least that the fills allow."""
    needs: tuple[tuple[int, Minor], ...]
    """(number of the node, what is missing for its levels)."""


class _Choice(NamedTuple):
    """One way to treat a node."""

    need: Minor
    """What is missing for the levels."""
    raised: Minor
    """By how much its classes are left dearer at the least."""
    gain: Minor
    """What the levels then take off more, at the most."""
    levels: tuple[tuple[int, int], ...]
    """(candidate, level) of those that reach a further one."""


class WaysToPay:
    """Finds the ways for some open candidates."""

    def __init__(self, field: Search, nodes: Sequence[Node], reach: Reach, spare: Minor, budget: Budget) -> None:
        """Prepare.

        Args:
            field: what is searched.
            nodes: the open candidates.
            reach: their levels.
            spare: how much all levels together may be worth.
            budget: shared.
        """
        self._lane, self._nodes, self._reach, self._budget = field.lane, nodes, reach, budget
        self._keeps, self._slack = kept(field.lane.candidates)
        self.limit = min(RAISE_MAX, self.units_for(spare))
        """By how much any node may be left dearer."""
        self._limits = [self._limit_of(node) for node in nodes]
        self._treated: dict[tuple[int, Minor], tuple[list[int], list[_Choice]]] = {}
        """By node and what it counts, what `_treatments` finds where nothing more is known."""
        self._steps = {number: self._steps_of(number) for node in nodes for number in node.candidates}

    def _steps_of(self, number: int) -> tuple[list[Minor], list[Minor]]:
        """Return for each level within reach of a candidate, the least amount that reaches it and what it takes off."""
        candidate = self._lane.candidates[number]
        levels = range(1, self._reach.tops[number] + 1)
        offs = [candidate.off(level, candidate.parts_listed) for level in levels]
        return [-NEVER, *map(candidate.threshold_of, levels)], [0, *offs]

    def units_for(self, amount: Minor) -> Minor:
        """Return by how much units may be left dearer until that costs an amount."""
        return -(-(amount + self._slack) * BASIS_POINTS // self._keeps)

    def cost_of(self, dearer: Minor) -> Minor:
        """Return what units that are left dearer by so much cost more in the end, at the least."""
        return dearer * self._keeps // BASIS_POINTS - self._slack

    def find(self, filling: Filling, total: Minor, most: int, tight: Tight) -> list[WayToPay] | None:
        """Return the ways that may pay, the most promising first, or only that; None where there are too many."""
        lane, nodes = self._lane, self._nodes
        treatments = [
            self._treatments(at, filling.sums.bases[node.candidates[0]], tight) for at, node in enumerate(nodes)
        ]
        levels, choices = self._levels([reached for reached, _ in treatments]), [choices for _, choices in treatments]
        start = total_of(lane, filling.sums, levels)[0]
        gains = [max([choice.gain for choice in each]) for each in choices[:-1]]
        rest = [sum(gains[at:]) for at in range(len(nodes))]
        # The last node counts the most, and nothing that others are left dearer pays for it twice.
        lasts = [(choice.raised, choice.gain) for choice in choices[-1]]
        # By what is left dearer so far, which many ways have in common: what the last node makes of it at the least.
        ends: dict[Minor, Minor] = {}
        found: list[WayToPay] = []
        # (least that it can come to, gains so far, what is left dearer so far, raises so far, choices so far)
        stack: list[tuple[Minor, Minor, Minor, tuple[Minor, ...], tuple[_Choice, ...]]] = [(-NEVER, 0, 0, (), ())]
        while stack:
            least, gained, cost, raises, chosen = stack.pop()
            # Something better was found since it was put there.
            if least >= total:
                continue
            at = len(raises)
            if not self._budget.spend() or len(found) > WAYS_MAX:
                return None
            if at == len(nodes):
                way = self._way(filling, levels, raises, chosen)
                if way.bound < total and (filling.fills or any(raises) or total == NEVER):
                    if most == 1:
                        found, total = [way], way.bound
                    else:
                        found.append(way)
                continue
            below = sum([raises[child] for child in nodes[at].children])
            for choice in choices[at]:
                more = max(choice.raised, below)
                spent = cost + more - below
                least = start - self._slack - gained - choice.gain
                if at + 1 == len(nodes):
                    least += spent * self._keeps // BASIS_POINTS
                else:
                    end = ends.get(spent)
                    if end is None:
                        each = [max(spent, dearer) * self._keeps // BASIS_POINTS - gain for dearer, gain in lasts]
                        end = ends[spent] = min(each)
                    least += end - rest[at + 1]
                if least < total:
                    stack.append((least, gained + choice.gain, spent, (*raises, more), (*chosen, choice)))
        return sorted(found)

    def _way(
        self, filling: Filling, levels: Sequence[int], raises: tuple[Minor, ...], chosen: Sequence[_Choice]
    ) -> WayToPay:
        """Return the way on which each node is treated as chosen."""
        wanted = list(levels)
        for choice in chosen:
            for candidate, level in choice.levels:
                wanted[candidate] = level
        bound = total_of(self._lane, raised(self._lane, self._nodes, filling.sums, raises), wanted)[0]
        needs = tuple([(number, choice.need) for number, choice in enumerate(chosen) if choice.need])
        return WayToPay(bound, tuple(wanted), raises, filling.fills, filling.sums, needs)

    def _levels(self, reached: Sequence[Sequence[int]]) -> list[int]:
        """Return the levels of all candidates, with those of each node's."""
        levels = list(self._reach.tops)
        for node, some in zip(self._nodes, reached, strict=True):
            for number, level in zip(node.candidates, some, strict=True):
                levels[number] = level
        return levels

    def _treatments(self, at: int, base: Minor, tight: Tight) -> tuple[list[int], list[_Choice]]:
        """Return the levels of a node's candidates that count so much, and how it may be treated, the best last."""
        known = self._treated.get((at, base)) if not tight else None
        if known is None:
            candidates = self._nodes[at].candidates
            levels = [self._lane.candidates[number].level(base) for number in candidates]
            choices = self._choices(at, base, levels, tight)
            # What looks best comes last, and so is looked at first.
            choices.sort(key=lambda choice: choice.gain - choice.raised)
            known = levels, choices
            if not tight:
                self._treated[at, base] = known
        return known

    def _choices(self, at: int, base: Minor, levels: Sequence[int], tight: Tight) -> list[_Choice]:
        """Return how much dearer a node may be left, so that a further level of some candidate is reached."""
        candidates = self._nodes[at].candidates
        needs = {
            threshold - base
            for number, level in zip(candidates, levels, strict=True)
            for threshold in self._steps[number][0][level + 1 :]
        }
        found = [_Choice(0, 0, 0, ())]
        for need in sorted(needs):
            exact = tight[at, need][0] if (at, need) in tight else need
            if exact > self._limits[at]:
                break
            reached, gain = [], 0
            for number, before in zip(candidates, levels, strict=True):
                thresholds, offs = self._steps[number]
                level = bisect_right(thresholds, base + exact) - 1
                if level > before:
                    gain += offs[level] - offs[before]
                    reached.append((number, level))
            if gain > found[-1].gain:
                found.append(_Choice(need, exact, gain, tuple(reached)))
        return found

    def _limit_of(self, node: Node) -> Minor:
        """Return by how much a node may be left dearer at the most: no more than is gained by all that count it."""
        counting = [each for each in self._nodes if each.counted & node.counted]
        worth = sum([self._reach.gains[number] for each in counting for number in each.candidates])
        return min(self.limit, self.units_for(worth))

    def limit_on(self, way: WayToPay, at: int, worth: Minor) -> Minor:
        """Return by how much a node may be left dearer on a way at the most.

        What is more than a need of its own may serve those that count the node with others.
        """
        while not self._nodes[at].is_root:
            at = next(above for above, node in enumerate(self._nodes) if at in node.children)
        return min(self.limit, way.raises[at] + self.units_for(worth))


def raised(lane: Lane, nodes: Sequence[Node], sums: Sums, raises: Sequence[Minor]) -> Sums:
    """Return what the candidates see where classes are left dearer by so much, as far as that can be to their good."""
    parts, total = list(sums.parts), sums.total
    for node, amount in zip(nodes, raises, strict=True):
        own = amount - sum([raises[child] for child in node.children])
        if own:
            total += own
            for number, bits in enumerate(lane.parts):
                if bits & node.counted:
                    parts[number] += own
    return Sums(total, sums.bases, tuple(parts))


def is_sure(tight: Tight, need: tuple[int, Minor]) -> bool:
    """Tell whether the least for a need is known exactly."""
    return need in tight and tight[need][1]
