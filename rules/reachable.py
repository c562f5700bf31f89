"""Which amounts the units of some classes can add up to, and how: the bits of one integer are a set of amounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.money import Minor
from rules.unit_lane import Option


@dataclass(frozen=True, slots=True)
class Priceable:
    """Units that are alike, with their legal prices, cheapest first."""

    quantity: int
    options: tuple[Option, ...]

    @property
    def least(self) -> Minor:
        return self.quantity * self.options[0].net

    @property
    def most(self) -> Minor:
        return self.quantity * self.options[-1].net


def reachable(units: Sequence[Priceable], positions: Sequence[int], *, limit: Minor) -> int:
    """Return an integer whose bit n (0..limit) is set when the units can cost n more than at their cheapest.

    Bits of one integer stand for a set, and a shift for adding a unit: exact, and fast enough for every basket.
    """
    return _steps(units, positions, limit)[-1][1]


def choices_for(
    units: Sequence[Priceable], positions: Sequence[int], surplus: Minor
) -> Iterator[tuple[int, tuple[Option, ...]]]:
    """Yield (position, option of each unit, dearest last) of the units that cost more than at their cheapest.

    Args:
        units: all classes.
        positions: those that may move.
        surplus: how much they are to cost above their cheapest; reachable.
    """
    dearer: dict[int, list[Option]] = {}
    steps = _steps(units, positions, surplus)
    rest = surplus
    for index in range(len(steps) - 1, 0, -1):
        position, before = steps[index][0], steps[index - 1][1]
        cheapest = units[position].options[0].net
        for option in units[position].options:
            extra = option.net - cheapest
            if extra <= rest and before >> (rest - extra) & 1:
                if extra:
                    dearer.setdefault(position, []).append(option)
                rest -= extra
                break
    assert rest == 0
    for position, taken in dearer.items():
        unit = units[position]
        cheap = (unit.options[0],) * (unit.quantity - len(taken))
        yield position, (*cheap, *sorted(taken, key=lambda option: option.net))


def rising(bits: int) -> Iterator[int]:
    """Yield the positions of the set bits, rising.

    >>> list(rising(0b1011))
    [0, 1, 3]
    """
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _steps(units: Sequence[Priceable], positions: Sequence[int], limit: Minor) -> list[tuple[int, int]]:
    """Return (position, amounts reachable so far) for each unit that adds an amount, after a first empty step."""
    mask = (1 << (limit + 1)) - 1
    steps = [(-1, 1)]
    for position in positions:
        unit = units[position]
        extras = [option.net - unit.options[0].net for option in unit.options[1:]]
        extras = [extra for extra in extras if extra <= limit]
        for _ in range(unit.quantity if extras else 0):
            before = steps[-1][1]
            after = before
            for extra in extras:
                after |= before << extra
            after &= mask
            if after == before:
                break
            steps.append((position, after))
    return steps
