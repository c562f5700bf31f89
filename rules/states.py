"""States of a walk over units: how far each play has got, as fields of bits in one integer, with the least sum."""

from __future__ import annotations

from collections.abc import Sequence

from rules.money import Minor

STATES_CUT = 24
"""From so many states on it pays to drop those that lead to nothing."""
STATES_KEPT = 60
"""How many stay then, beside the one in which nothing is begun."""
TOO_MUCH = 1 << 60
NEVER: Minor = 1 << 60
"""By how much something is dearer that does not exist."""
States = dict[int, Minor]
"""Least sum by state."""
Move = tuple[int, int, int, tuple[Minor, ...], int]
"""How a unit enters a slot: shift and mask of the field, units of a use (0: all are counted), costs by place, room.

There is a cost for every place that a unit can have."""


def after(states: States, solo: Minor, moves: Sequence[Move], *, most: Minor = TOO_MUCH) -> States:
    """Return the states behind one more unit: at a price of its own, or in one of some slots.

    Args:
        most: what costs more than that is left out.
    """
    found = {state: more for state, cost in states.items() if (more := cost + solo) <= most}
    get = found.get
    # These are the innermost loops of a search: what does not change is worked out before them.
    for shift, mask, wrap, nets, room in moves:
        one = 1 << shift
        if wrap:
            last = wrap - 1
            done = last << shift
            for state, cost in states.items():
                at = state >> shift & mask
                more = cost + nets[at]
                if more <= most:
                    into = state + one if at < last else state - done
                    if more < get(into, TOO_MUCH):
                        found[into] = more
            continue
        for state, cost in states.items():
            at = state >> shift & mask
            if at < room:
                more = cost + nets[at]
                if more <= most and more < get(state + one, TOO_MUCH):
                    found[state + one] = more
    return found


def cheapest(states: States, count: int = STATES_KEPT) -> States:
    """Return the cheapest states, and the one in which nothing is begun."""
    kept = sorted(states, key=lambda state: (states[state], state))[:count]
    # The state in which no play has begun leads on at every time.
    return {state: states[state] for state in dict.fromkeys((0, *kept)) if state in states}
