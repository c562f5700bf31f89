"""Which amounts the units of some lines can add up to, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.money import Minor
from rules.unit_lane import Option


@dataclass(frozen=True, slots=True)
class Priceable:
    """A line with the legal prices of its units, cheapest first."""

    quantity: int
    options: tuple[Option, ...]

    @property
    def least(self) -> Minor:
        return self.quantity * self.options[0].net

    @property
    def most(self) -> Minor:
        return self.quantity * self.options[-1].net


def reachable(lines: Sequence[Priceable], positions: Sequence[int], *, limit: Minor) -> int:
    """Return an integer whose bit n (0..limit) is set when the units can cost n more than at their cheapest.

    Bits of one integer stand for a set, and a shift for adding a unit: exact, and fast enough for every basket.
    """
    return _steps(lines, positions, limit)[-1][1]


def choices_for(
    lines: Sequence[Priceable], positions: Sequence[int], surplus: Minor
) -> Iterator[tuple[int, tuple[Option, ...]]]:
    """Yield (position, option of each unit, dearest last) of the lines that cost more than at their cheapest.

    Args:
        lines: all lines.
        positions: those that may move.
        surplus: how much they are to cost above their cheapest; reachable.
    """
    dearer: dict[int, list[Option]] = {}
    steps = _steps(lines, positions, surplus)
    rest = surplus
    for index in range(len(steps) - 1, 0, -1):
        position, before = steps[index][0], steps[index - 1][1]
        cheapest = lines[position].options[0].net
        for option in lines[position].options:
            extra = option.net - cheapest
            if extra <= rest and before >> (rest - extra) & 1:
                if extra:
                    dearer.setdefault(position, []).append(option)
                rest -= extra
                break
    assert rest == 0
    for position, taken in dearer.items():
        line = lines[position]
        cheap = (line.options[0],) * (line.quantity - len(taken))
        yield position, (*cheap, *sorted(taken, key=lambda option: option.net))


def bits_of(bits: int) -> Iterator[int]:
    """Yield the positions of the set bits, rising.

    >>> list(bits_of(0b1011))
    [0, 1, 3]
    """
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _steps(lines: Sequence[Priceable], positions: Sequence[int], limit: Minor) -> list[tuple[int, int]]:
    """Return (position, amounts reachable so far) for each unit that adds an amount, after a first empty step."""
    mask = (1 << (limit + 1)) - 1
    steps = [(-1, 1)]
    for position in positions:
        line = lines[position]
        extras = [option.net - line.options[0].net for option in line.options[1:]]
        extras = [extra for extra in extras if extra <= limit]
        for _ in range(line.quantity if extras else 0):
            before = steps[-1][1]
            after = before
            for extra in extras:
                after |= before << extra
            after &= mask
            if after == before:
                break
            steps.append((position, after))
    return steps
