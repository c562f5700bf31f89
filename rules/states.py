"""States of a walk over units: how far each play has got, as fields of bits in one integer, with the least sum."""

from __future__ import annotations

from collections.abc import Sequence

from rules.money import Minor

STATES_KEPT = 60
"""How many stay then, beside the one in which nothing is begun."""
TOO_MUCH = 1 << 60
NEVER: Minor = 1 << 60
"""By how much something is dearer that does not exist."""
States = dict[int, Minor]
"""Least sum by state."""
Move = tuple[int, int, int, tuple[Minor, ...], int]
"""How a unit enters a slot: shift and mask of the field, units of a use (0: all are counted), costs by place, room."""


def after(states: States, solo: Minor, moves: Sequence[Move]) -> States:
    """Return the states behind one more unit: at a price of its own, or in one of some slots."""
    found = {state: cost + solo for state, cost in states.items()}
    get = found.get
    for shift, mask, wrap, nets, most in moves:
        one = 1 << shift
        for state, cost in states.items():
            at = state >> shift & mask
            if wrap:
                into = state + one if at + 1 < wrap else state - (at << shift)
            elif at < most:
                into = state + one
            else:
                continue
            more = cost + nets[at]
            if more < get(into, TOO_MUCH):
                found[into] = more
    return found


def cheapest(states: States) -> States:
    """Return the cheapest states, and the one in which nothing is begun."""
    kept = sorted(states, key=lambda state: (states[state], state))[:STATES_KEPT]
    # The state in which no play has begun leads on at every time.
    return {state: states[state] for state in dict.fromkeys((0, *kept)) if state in states}
