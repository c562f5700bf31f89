"""Which amounts the units of some classes can add up to, and how: the bits of one integer are a set of amounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rules.money import Minor
from rules.unit_lane import Option


class Priceable(NamedTuple):
    """Units that are alike, with their legal prices, cheapest first."""

    quantity: int
    options: tuple[Option, ...]

    @property
    def least(self) -> Minor:
        return self.quantity * self.options[0].net

    @property
    def most(self) -> Minor:
        return self.quantity * self.options[-1].net


def reachable(units: Sequence[Priceable], positions: Sequence[int], *, limit: Minor, start: int = 1) -> int:
    """Return an integer whose bit n (0..limit) is set when the units can cost n more than at their cheapest.

    Bits of one integer stand for a set, and a shift for adding a unit: exact, and fast enough for every basket.

    Args:
        units: all classes.
        positions: those that may move.
        limit: sums beyond it are left out.
        start: sums that are there already, as bits.
    """
    return _steps(units, positions, limit, start)[-1][1]


def choices_for(
    units: Sequence[Priceable], positions: Sequence[int], surplus: Minor, *, start: int = 1
) -> tuple[dict[int, tuple[Option, ...]], Minor]:
    """Return the prices of the units that cost more than at their cheapest, by class, dearest last; and what is left.

    Args:
        units: all classes.
        positions: those that may move.
        surplus: how much they are to cost above their cheapest; reachable.
        start: sums that were there already, as bits; one of them is what is left of the surplus.
    """
    dearer: dict[int, list[Option]] = {}
    steps = _steps(units, positions, surplus, start)
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
    assert start >> rest & 1
    found = {}
    for position, taken in dearer.items():
        unit = units[position]
        cheap = (unit.options[0],) * (unit.quantity - len(taken))
        found[position] = (*cheap, *sorted(taken, key=lambda option: option.net))
    return found, rest


def rising(bits: int) -> Iterator[int]:
    """Yield the positions of the set bits, rising.

    >>> list(rising(0b1011))
    [0, 1, 3]
    """
    # Of many bits a text is searched sooner than an integer is made anew for each.
    text = bin(bits)[:1:-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


def joined(one: int, other: int) -> int:
    """Return all sums of one number of each of two sets, both as bits.

    >>> bin(joined(0b11, 0b101))
    '0b1111'
    """
    few, many = sorted((one, other), key=int.bit_count)
    sums = 0
    for shift in rising(few):
        sums |= many << shift
    return sums


def _steps(units: Sequence[Priceable], positions: Sequence[int], limit: Minor, start: int) -> list[tuple[int, int]]:
    """Return (position, amounts reachable so far) for each unit that adds an amount, after a first empty step."""
    mask = (1 << (limit + 1)) - 1
    before = start & mask
    steps = [(-1, before)]
    for position in positions:
        quantity, options = units[position].quantity, units[position].options
        if quantity == 0 or len(options) == 1:
            continue
        cheapest = options[0].net
        extras = [extra for option in options if 0 < (extra := option.net - cheapest) <= limit]
        for _ in range(quantity if extras else 0):
            after = before
            for extra in extras:
                after |= before << extra
            after &= mask
            if after == before:
                break
            steps.append((position, after))
            before = after
    return steps
