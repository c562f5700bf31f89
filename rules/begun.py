"""Uses that a walk over units has begun, and which of them can still come to their end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rules.states import States


class Begun(NamedTuple):
    """A field of a state that must not end as it is."""

    shift: int
    mask: int
    enough: int
    """Units with which it may end."""
    is_optional: bool
    """It may also end with none."""


def ended(states: States, begun: Begun) -> States:
    """Return the states that may end where no more units fit."""
    shift, mask, enough, is_optional = begun
    return {
        state: cost
        for state, cost in states.items()
        if (at := state >> shift & mask) >= enough or (not at and is_optional)
    }


class Unfinished:
    """Drops the states in which more is begun than the units to come can end."""

    def __init__(self, fields: Sequence[Begun]) -> None:
        self._fields = [
            (each.shift, each.mask, each.enough, each.is_optional) for each in fields if each.enough > each.is_optional
        ]
        self._most = sum([each.enough - each.is_optional for each in fields])
        self._short: dict[int, int] = {}

    def dropped(self, states: States, left: int) -> States:
        """Return the states that so many units can still end."""
        if left >= self._most:
            return states
        short = self._short
        for state in states.keys() - short.keys():
            missing = 0
            for shift, mask, enough, is_optional in self._fields:
                at = state >> shift & mask
                if at < enough and (at or not is_optional):
                    missing += enough - at
            short[state] = missing
        return {state: cost for state, cost in states.items() if short[state] <= left}
