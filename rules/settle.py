"""From the combination that was found to what every unit costs: nothing is decided here, only shared out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rules.attempt import Best
from rules.basket import Line
from rules.basket_lanes import run
from rules.money import Minor, share
from rules.problem import UnitClass, cells_of
from rules.promotion_kinds import EverySpendOff
from rules.unit_lane import Option


@dataclass(slots=True)
class Taking:
    """What one promotion has taken so far."""

    amount: Minor = 0
    times: int = 0


class Tally:
    """The units of a basket while promotions are taken off them one after the other."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.grosses: list[Minor] = [0] * len(lines)
        self.nets: list[list[Minor]] = [[] for _ in lines]
        self.taken: list[dict[str, Minor]] = [{} for _ in lines]
        self.takings: dict[str, Taking] = {}

    def taking(self, promotion_id: str) -> Taking:
        taking = self.takings.get(promotion_id)
        if taking is None:
            taking = self.takings[promotion_id] = Taking()
        return taking

    def place(self, position: int, options: Sequence[Option], times: dict[str, int]) -> None:
        """Give the units of a line their prices, and count of how many units each promotion took something off."""
        taken = self.taken[position]
        count = len(options)
        if options[0] is options[-1]:
            # The options of a class are sorted: all are alike.
            self.nets[position] = [options[0].net] * count
            for promotion_id, amount in options[0].taken:
                taken[promotion_id] = amount * count
                times[promotion_id] = times.get(promotion_id, 0) + count
            return
        self.nets[position] = [net for net, _ in options]
        for _, off in options:
            for promotion_id, amount in off:
                taken[promotion_id] = taken.get(promotion_id, 0) + amount
                times[promotion_id] = times.get(promotion_id, 0) + 1

    def take_off(self, promotion_id: str, units: Sequence[tuple[int, int]], amount: Minor) -> None:
        """Share an amount over units (position of the line, number of the unit) by what they still cost."""
        nets, taken = self.nets, self.taken
        parts = share(amount, [nets[position][unit] for position, unit in units])
        for (position, unit), part in zip(units, parts, strict=True):
            if part:
                mine, line = nets[position], taken[position]
                mine[unit] -= part
                assert mine[unit] >= 0
                line[promotion_id] = line.get(promotion_id, 0) + part
        if amount:
            self.taking(promotion_id).amount += amount

    @property
    def total(self) -> Minor:
        return sum([sum(units) for units in self.nets])


def settle(lines: Sequence[Line], classes: Sequence[UnitClass], best: Best) -> tuple[Tally, dict[str, Minor]]:
    """Return what is left of every unit, and the amount on which each basket promotion counted its threshold."""
    tally = Tally(lines)
    cells = cells_of(classes, best.applied) if best.applied else None
    units: list[list[tuple[int, int]]] = [[] for _ in range(cells.count if cells else 0)]
    amounts = [0] * len(units)
    times: dict[str, int] = {}
    for position, (unit_class, nets) in enumerate(zip(classes, best.nets, strict=True)):
        first = 0
        for at in unit_class.positions:
            mine = nets if len(unit_class.positions) == 1 else nets[first : first + lines[at].quantity]
            first += len(mine)
            tally.place(at, mine, times)
            tally.grosses[at] = unit_class.gross * len(mine)
            if cells is not None:
                _put_into_cells(units, amounts, at, mine, low=cells.low[position], plain=cells.plain[position])
    for taken in tally.taken:
        for promotion_id, amount in taken.items():
            tally.taking(promotion_id).amount += amount
    times.update(best.uses)
    for promotion_id, taking in tally.takings.items():
        taking.times = times[promotion_id]
    bases: dict[str, Minor] = {}
    if cells is None:
        return tally, bases
    outcome = run(amounts, cells.candidates)
    for candidate, level, base, shares in zip(
        cells.candidates, outcome.levels, outcome.bases, outcome.shares, strict=True
    ):
        promotion = candidate.promotion
        bases[promotion.id] = base
        for cell, amount in zip(candidate.parts, shares, strict=True):
            if amount:
                tally.take_off(promotion.id, units[cell], amount)
        if promotion.id in tally.takings:
            tally.takings[promotion.id].times = level if isinstance(promotion, EverySpendOff) else 1
    return tally, bases


def _put_into_cells(
    units: list[list[tuple[int, int]]],
    amounts: list[Minor],
    at: int,
    options: Sequence[Option],
    *,
    low: int,
    plain: int,
) -> None:
    """Add the units of a line to those of the cells that they are in."""
    if low == plain:
        units[low] += [(at, unit) for unit in range(len(options))]
        amounts[low] += sum([net for net, _ in options])
        return
    for unit, option in enumerate(options):
        cell = low if option.taken else plain
        units[cell].append((at, unit))
        amounts[cell] += option.net


def after_units(best: Best) -> list[Minor]:
    """Return what each class costs after unit and group promotions."""
    return [sum([option.net for option in nets]) for nets in best.nets]


def lane_order(taken: Mapping[str, Minor], rank: Mapping[str, int]) -> list[tuple[str, Minor]]:
    """Return (promotion id, amount) in the order of the lanes."""
    if taken.keys() <= rank.keys():
        return [(promotion_id, taken[promotion_id]) for promotion_id in sorted(taken, key=rank.__getitem__)]
    # What no rule gives, by hand and points, comes last in the order in which it was taken.
    return sorted(taken.items(), key=lambda pair: rank.get(pair[0], len(rank)))
