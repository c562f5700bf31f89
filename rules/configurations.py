"""Ways to fill the slots of bundles, and which of them are worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from operator import ge
from typing import NamedTuple

from rules.money import Minor


class Configuration(NamedTuple):
    """One way to fill the slots of a component."""

    cost: Minor
    bases: tuple[Minor, ...]
    """What each of some candidates counts of it."""
    fills: tuple[int, ...]
    """The states in which the regions end."""
    others: Minor
    """By how much the cheapest of the ways is dearer that were left out because they count no more than this one."""


def worth_a_look(ways: Sequence[Configuration]) -> list[Configuration]:
    """Return the ways of which no cheaper one counts as much for every candidate, the cheapest first."""
    found: list[Configuration] = []
    sums: list[Minor] = []
    for way in sorted(ways):
        mine = sum(way.bases)
        for at, other in enumerate(found):
            # What counts as much for each counts as much in all: one comparison instead of many, nearly always.
            if sums[at] >= mine and all(map(ge, other.bases, way.bases)):
                more = way.cost - other.cost
                found[at] = other._replace(others=min(other.others, more, way.others + more))
                break
        else:
            found.append(way)
            sums.append(mine)
    return found
