"""What the units of one region cost by how far they fill slots, and the way back from there to what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rules.money import Minor
from rules.regions import Way
from rules.states import TOO_MUCH, States

Placed = tuple[int, Way | None, int]
"""What became of one unit: its class; the slot that it is in, None for a price of its own; its place in the use."""


class Field(NamedTuple):
    """Where a slot stands in a state, and how it counts."""

    shift: int
    mask: int
    wrap: int
    """Units of a use, where a complete use is done with; 0 where all units are counted."""
    most: int
    """Most units that it takes in one region."""


class Layer(NamedTuple):
    """The states before one unit of a class."""

    position: int
    states: States


class Table(NamedTuple):
    """What the units of one region cost at the least, by how far they fill the slots of plays that reach beyond it."""

    states: States
    layers: list[Layer]
    """The states before each unit."""
    origin: dict[int, int]
    """Where closed states came from."""

    @property
    def least(self) -> Minor:
        return min(self.states.values())


def trace(
    table: Table,
    state: int,
    solos: Sequence[Minor],
    ways: Mapping[int, Sequence[Way]],
    fields: Mapping[tuple[int, int], Field],
) -> list[Placed]:
    """Return what became of each unit of a region that ends in a state of its table."""
    placed: list[Placed] = []
    state, cost = table.origin.get(state, state), table.states[state]
    for position, states in reversed(table.layers):
        solo = solos[position]
        if states.get(state, TOO_MUCH) + solo == cost:
            placed.append((position, None, 0))
            cost -= solo
            continue
        for way in ways[position]:
            shift, mask, wrap, _ = fields[way.play, way.slot]
            at = state >> shift & mask
            if at == 0 and not wrap:
                continue
            place = at - 1 if at else wrap - 1
            before = state + ((place - at) << shift)
            net = way.nets[place % len(way.nets)]
            if states.get(before, TOO_MUCH) + net == cost:
                placed.append((position, way, place % len(way.nets)))
                state, cost = before, cost - net
                break
        else:
            raise AssertionError("a state that nothing leads to")
    return placed
