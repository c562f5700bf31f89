"""Components within one attempt, with their outcomes, and the ways to put these together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules.component import Component, Outcome, State
from rules.floor import ONE, Floor
from rules.money import Minor
from rules.nearly_best import Surpluses, surpluses
from rules.raising import Found, Raising


class Bound(NamedTuple):
    """What is known before the search."""

    weight: int
    """Nothing weighs less."""
    spare: int
    """How much dearer than at their cheapest units can be left in anything better than what was found."""
    live: frozenset[int]
    """The candidates whose level may change."""
    bases: tuple[Minor, ...]
    """What each candidate counts at the most in anything better than what was found."""


@dataclass(slots=True)
class Joint:
    """A component within one attempt."""

    component: Component
    weights: Sequence[int]
    scale: int
    to_go: list[dict[State, int]]
    is_exact: bool
    least: int
    """Weight of the cheapest outcome, or less."""
    outcomes: list[Outcome]

    cells: frozenset[int]
    kept: tuple[Minor, Surpluses] | None = None

    def bits_to(self, limit: Minor) -> int:
        """Return by how much more than the cheapest all of it can be had, as bits up to a limit."""
        return self.surpluses(limit).bits

    def surpluses(self, limit: Minor) -> Surpluses:
        if self.kept is None or self.kept[0] != limit:
            self.kept = (limit, surpluses(self.component, self.weights, self.to_go, limit))
        return self.kept[1]

    def weight(self, outcome: Outcome) -> int:
        return self.scale * sum(self.weights[cell] * amount for cell, amount in outcome.amounts)


def alone_weight(floor: Floor, alone: Sequence[Minor]) -> int:
    """Return what units that nothing connects weigh."""
    return sum(weight * amount for weight, amount in zip(floor.weights, alone, strict=True))


def combinations(
    joints_given: Sequence[Joint], alone: Sequence[Minor], state: Found, raising: Raising
) -> Iterator[tuple[list[Outcome], int]]:
    """Yield outcomes of all components and the weight of all units, as long as they could still pay."""
    joints = sorted(joints_given, key=lambda joint: len(joint.outcomes))
    pools = raising.pools
    rest_cost = [0] * (len(joints) + 1)
    rest_high = [[0] * len(alone) for _ in range(len(joints) + 1)]
    rest_low = [[0] * len(alone) for _ in range(len(joints) + 1)]
    for place in range(len(joints) - 1, -1, -1):
        joint = joints[place]
        rest_cost[place] = rest_cost[place + 1] + min(joint.weight(outcome) for outcome in joint.outcomes)
        rows = [dict(outcome.amounts) for outcome in joint.outcomes]
        for cell in range(len(alone)):
            amounts = [row.get(cell, 0) for row in rows]
            rest_high[place][cell] = rest_high[place + 1][cell] + max(amounts)
            rest_low[place][cell] = rest_low[place + 1][cell] + min(amounts)

    def walk(place: int, cost: int, amounts: list[Minor], chosen: list[Outcome]) -> Iterator[tuple[list[Outcome], int]]:
        if place == len(joints):
            yield [chosen[joints.index(joint)] for joint in joints_given], cost
            return
        for outcome in joints[place].outcomes:
            after = list(amounts)
            for cell, amount in outcome.amounts:
                after[cell] += amount
            spent = cost + joints[place].weight(outcome)
            high = [one + other for one, other in zip(after, rest_high[place + 1], strict=True)]
            low = [one + other for one, other in zip(after, rest_low[place + 1], strict=True)]
            if not raising.spend():
                return
            lowest = raising.floor.lowest(spent + rest_cost[place + 1], raising.floor.bases(high, low), pools)
            if lowest < state.total * ONE:
                yield from walk(place + 1, spent, after, [*chosen, outcome])

    yield from walk(0, alone_weight(raising.floor, alone), list(alone), [])
