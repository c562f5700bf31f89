"""Prices for every unit, put together from what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rules.group_lane import Play
from rules.money import share
from rules.problem import Problem
from rules.regions import option_in
from rules.surpluses import Put
from rules.tables import Placed
from rules.unit_lane import Option


class Plan(NamedTuple):
    """Prices for every unit."""

    nets: list[list[Option]]
    """By class."""
    uses: dict[str, int]
    """Times by promotion."""


def placed_as(problem: Problem, placed: Sequence[Placed]) -> list[Put]:
    """Return what became of units, with their prices."""
    return [
        Put(position, -1, 0, problem.cheapest[position])
        if way is None
        else Put(position, way.play, way.slot, option_in(problem, way, place, position))
        for position, way, place in placed
    ]


def put_in(problem: Problem, puts: Sequence[Put], nets: list[list[Option]], uses: dict[str, int]) -> None:
    """Add what became of some connected units to the prices of the classes and to the uses of promotions."""
    priced: dict[int, list[tuple[int, Option]]] = {}
    counts: dict[int, int] = {}
    for put in puts:
        position, number, option = put.position, put.play, put.option
        if number < 0:
            nets[position].append(option)
            continue
        if put.slot == 0:
            counts[number] = counts.get(number, 0) + 1
        if problem.plays[number].price is not None:
            priced.setdefault(number, []).append((position, option))
        else:
            nets[position].append(option)
    for number, count in counts.items():
        # A ladder that is cut short is a use too.
        play = problem.plays[number]
        times = -(-count // play.slots[0].size)
        uses[play.promotion.id] = uses.get(play.promotion.id, 0) + times
        if number in priced:
            _share_price(play, times, priced[number], nets)


def _share_price(play: Play, times: int, inside: list[tuple[int, Option]], nets: list[list[Option]]) -> None:
    """Give every unit of a play with a price its part of what the play takes off."""
    inside.sort(key=lambda pair: (pair[0], pair[1].net))
    bases = [option.net for _, option in inside]
    assert play.price is not None
    off = max(0, sum(bases) - times * play.price)
    for (position, option), part in zip(inside, share(off, bases), strict=True):
        taken = (*option.taken, (play.promotion.id, part)) if part else option.taken
        nets[position].append(Option(option.net - part, taken))
