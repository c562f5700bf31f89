"""What a component can cost nearly as little as at its cheapest: every way of it, or only every sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules.budget import Budget
from rules.component import Component, Outcome, State
from rules.money import Minor
from rules.unit_lane import Option

OUTCOME_STEPS = 20
"""What one of them counts for: it is looked at in all detail."""
OUTCOMES_MAX = 1_000
"""Most ways of pricing the units that are looked at, beside the cheapest."""


@dataclass(frozen=True, slots=True)
class Surpluses:
    """How much dearer than at their cheapest units can be had, as the bits of integers by state, unit after unit."""

    layers: list[dict[State, int]]

    @property
    def bits(self) -> int:
        found = 0
        for bits in self.layers[-1].values():
            found |= bits
        return found


def cheapest(component: Component, weights: Sequence[int], to_go: Sequence[dict[State, int]]) -> Outcome:
    """Return the first of the cheapest outcomes: prices of its own before uses, each in their order."""
    prices = component.prices_of(weights)
    state = component.start()
    path: list[tuple[int, int, Option]] = []
    for number in range(len(component.units)):
        for more, after, move in component.dearer(weights, to_go, number, state, prices):
            if more == 0:
                path.append(move)
                state = after
                break
    assert len(path) == len(component.units)
    return component.outcome(path)


def outcomes(
    component: Component, weights: Sequence[int], to_go: Sequence[dict[State, int]], spare: int, budget: Budget
) -> tuple[list[Outcome], bool]:
    """Return the different outcomes that cost at most `spare` above the cheapest, and whether that is all of them.

    Only outcomes that differ in what some cell costs are different; the first is among the cheapest.
    """
    limit = to_go[0][component.start()] + spare
    prices = component.prices_of(weights)
    # (cost so far, state, cells' amounts so far, units so far): the cheapest continuation is followed first.
    stack: list[tuple[int, State, tuple[tuple[int, Minor], ...], tuple[tuple[int, int, Option], ...]]] = [
        (0, component.start(), (), ())
    ]
    seen: set[tuple[int, State, tuple[tuple[int, Minor], ...], tuple[tuple[int, int], ...]]] = set()
    has_price = any(play.price is not None for play in component.plays)
    found: dict[tuple[tuple[int, Minor], ...], Outcome] = {}
    while stack:
        if len(found) >= OUTCOMES_MAX or (found and not budget.spend(OUTCOME_STEPS)):
            return list(found.values()), False
        cost, state, amounts, path = stack.pop()
        number = len(path)
        if number == len(component.units):
            outcome = component.outcome(path)
            found.setdefault(outcome.amounts, outcome)
            continue
        moves = []
        for extra, after, (slot, place, option) in component.moves(weights, number, state, prices):
            rest = to_go[number + 1].get(after)
            if rest is None or cost + extra + rest > limit:
                continue
            priced = slot >= 0 and place < 0
            so_far = amounts if priced else _added(amounts, component.cell(component.units[number], option), option.net)
            pending = _pending(component, (*path, (slot, place, option))) if has_price else ()
            key = (number + 1, after, so_far, pending)
            if key not in seen:
                moves.append((cost + extra + rest, key, (cost + extra, after, so_far, (*path, (slot, place, option)))))
        # The cheapest is put on the stack last, so it is looked at first; the first of equals stays the first.
        moves.reverse()
        for _, key, move in sorted(moves, key=lambda move: -move[0]):
            seen.add(key)
            stack.append(move)
    return list(found.values()), True


def _pending(component: Component, path: Sequence[tuple[int, int, Option]]) -> tuple[tuple[int, int], ...]:
    """Return (slot, class) of the units that share a price, whose parts are not known before the end."""
    return tuple(
        (slot, component.units[index].unit_class)
        for index, (slot, place, _) in enumerate(path)
        if slot >= 0 and place < 0
    )


def surpluses(component: Component, weights: Sequence[int], to_go: Sequence[dict[State, int]], limit: int) -> Surpluses:
    """Return by how much more than at their cheapest the units can be had, up to a limit."""
    prices = component.prices_of(weights)
    mask = (1 << (limit + 1)) - 1
    layers: list[dict[State, int]] = [{component.start(): 1}]
    for number in range(len(component.units)):
        after_unit: dict[State, int] = {}
        for state, bits in layers[-1].items():
            for more, after, _ in component.dearer(weights, to_go, number, state, prices):
                if more <= limit:
                    after_unit[after] = after_unit.get(after, 0) | (bits << more) & mask
        layers.append({state: bits for state, bits in after_unit.items() if bits})
    return Surpluses(layers)


def outcome_at(
    component: Component, weights: Sequence[int], to_go: Sequence[dict[State, int]], found: Surpluses, surplus: int
) -> Outcome:
    """Return an outcome that costs so much more than the cheapest."""
    prices = component.prices_of(weights)
    state = next(state for state, bits in found.layers[-1].items() if bits >> surplus & 1)
    path: list[tuple[int, int, Option]] = []
    for number in range(len(component.units) - 1, -1, -1):
        state, surplus, move = next(
            (before, surplus - more, move)
            for before, bits in found.layers[number].items()
            for more, after, move in component.dearer(weights, to_go, number, before, prices)
            if after == state and more <= surplus and bits >> (surplus - more) & 1
        )
        path.append(move)
    assert surplus == 0
    return component.outcome(path[::-1])


def _added(amounts: tuple[tuple[int, Minor], ...], cell: int, net: Minor) -> tuple[tuple[int, Minor], ...]:
    totals = dict(amounts)
    totals[cell] = totals.get(cell, 0) + net
    return tuple(sorted(totals.items()))
