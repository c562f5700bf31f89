"""One basket as the search sees it: classes of like units, the plays over them, the candidates of the later lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from rules.basket import Line
from rules.basket_lanes import Candidate
from rules.component import Entry, Unit
from rules.group_lane import Play, bases_for, entered
from rules.money import Minor
from rules.promotion_kinds import UnitPromotion
from rules.unit_lane import Option, cheapest_option, options


class UnitClass(msgspec.Struct, frozen=True):
    """Units that are alike: of one item at one list price."""

    line: Line
    """Any of their lines."""
    positions: tuple[int, ...]
    """The lines that they stand on, in the fixed order."""
    count: int
    gross: Minor


@dataclass(frozen=True)
class Problem:
    """What is to be combined."""

    classes: tuple[UnitClass, ...]
    on_class: tuple[tuple[UnitPromotion, ...], ...]
    """Unit promotions of each class, in the order of their rank."""
    plays: tuple[Play, ...]
    candidates: tuple[Candidate, ...]
    """In the order of application; their parts are positions of classes."""
    price_key: str

    def without(self, banned: frozenset[str]) -> Problem:
        """Return the problem without some promotions."""
        if not banned:
            return self
        return Problem(
            self.classes,
            tuple(tuple(each for each in promotions if each.id not in banned) for promotions in self.on_class),
            tuple(play for play in self.plays if play.promotion.id not in banned),
            tuple(candidate for candidate in self.candidates if candidate.promotion.id not in banned),
            self.price_key,
        )

    @cached_property
    def cheapest(self) -> tuple[Option, ...]:
        """For each class its cheapest price in the unit lane: the first of its `prices`."""
        return tuple(
            [
                cheapest_option(each.line, promotions, price_key=self.price_key, gross=each.gross)
                for each, promotions in zip(self.classes, self.on_class, strict=True)
            ]
        )

    @cached_property
    def prices(self) -> tuple[tuple[Option, ...], ...]:
        """For each class its legal prices in the unit lane, cheapest first."""
        return tuple(
            [
                (first, *options(each.line, promotions, price_key=self.price_key, gross=each.gross)[1:])
                for first, each, promotions in zip(self.cheapest, self.classes, self.on_class, strict=True)
            ]
        )


class Cells(msgspec.Struct, frozen=True):
    """Which units the applied candidates treat alike."""

    plain: tuple[int, ...]
    """For each class the cell of its units at list price."""
    low: tuple[int, ...]
    """And of those that a unit or group promotion lowers."""
    candidates: tuple[Candidate, ...]
    """With cells as their parts."""
    count: int


def cells_of(classes: Sequence[UnitClass], applied: Sequence[Candidate]) -> Cells:
    """Return the cells of some classes; they are numbered in the order of the classes."""
    both: list[list[int]] = [[0, 0] for _ in classes]
    for number, candidate in enumerate(applied):
        for position in candidate.parts:
            both[position][0] |= 1 << 2 * number
            if not candidate.promotion.full_price_only:
                both[position][1] |= 1 << 2 * number
        for position in candidate.counted:
            both[position][0] |= 2 << 2 * number
            if not candidate.promotion.full_price_only:
                both[position][1] |= 2 << 2 * number
    numbers: dict[int, int] = {}
    for covers in both:
        for cover in covers:
            numbers.setdefault(cover, len(numbers))
    placed = tuple(
        Candidate(
            candidate.promotion,
            tuple(cell for cover, cell in numbers.items() if cover >> 2 * number & 1),
            tuple(cell for cover, cell in numbers.items() if cover >> 2 * number & 2),
            candidate.listed,
            candidate.parts_listed,
        )
        for number, candidate in enumerate(applied)
    )
    plain = tuple(numbers[cover] for cover, _ in both)
    return Cells(plain, tuple(numbers[cover] for _, cover in both), placed, len(numbers))


def components_of(problem: Problem, cells: Cells) -> list[tuple[list[int], list[Play]]]:
    """Return the classes that plays connect, each with its plays, in the order of their first class.

    A class whose cell depends on whether it is lowered is a component too, if of its own.
    """
    group = list(range(len(problem.classes)))
    for play in problem.plays:
        inside = sorted({position for slot in play.slots for position in slot.classes})
        names = {group[position] for position in inside}
        first = min(names)
        if len(names) > 1:
            group = [first if name in names else name for name in group]
    found: dict[int, tuple[list[int], list[Play]]] = {}
    used = {position for play in problem.plays for slot in play.slots for position in slot.classes}
    for position, name in enumerate(group):
        if position in used or cells.plain[position] != cells.low[position]:
            found.setdefault(name, ([], []))[0].append(position)
    for play in problem.plays:
        found[group[play.slots[0].classes[0]]][1].append(play)
    return list(found.values())


def units_of(
    problem: Problem, positions: Sequence[int], plays: Sequence[Play], solo: Sequence[Sequence[Option]]
) -> list[Unit]:
    """Return the units of a component: classes that a ladder connects together, in each the dearest first."""
    cluster = {position: position for position in positions}
    for play in plays:
        if play.ordered:
            names = {cluster[position] for position in play.slots[0].classes}
            cluster = {position: min(names) if name in names else name for position, name in cluster.items()}
    order = sorted(positions, key=lambda at: (cluster[at], -problem.classes[at].gross, at))
    entries: dict[int, list[Entry]] = {position: [] for position in positions}
    slot_number = 0
    for play in plays:
        for place, slot in enumerate(play.slots):
            for position in slot.classes:
                entry = entry_of(problem, play, place, slot_number, position)
                if entry is not None:
                    entries[position].append(entry)
            slot_number += 1
    return [
        unit
        for position in order
        for unit in [Unit(position, tuple(solo[position]), tuple(entries[position]))] * problem.classes[position].count
    ]


def entry_of(problem: Problem, play: Play, place: int, slot_number: int, position: int) -> Entry | None:
    """Return how units of a class enter a slot; None where something forced keeps them out."""
    line = problem.classes[position].line
    bases = bases_for(play, line, problem.on_class[position], price_key=problem.price_key)
    if not bases:
        return None
    if play.price is not None:
        return Entry(slot_number, (), bases[-1])
    size = play.slots[place].size
    choices: list[tuple[Option, ...]] = []
    for at in range(size):
        by_net: dict[Minor, Option] = {}
        for base in bases:
            option = entered(play, place, at, base, line=line, price_key=problem.price_key)
            by_net.setdefault(option.net, option)
        choices.append(tuple(by_net[net] for net in sorted(by_net)))
    return Entry(slot_number, tuple(choices), bases[-1])
