"""Counting a drawer, and what opening and closing a shift moves."""

from __future__ import annotations

import pytest

from rules.ledger import CASH, Transfer, balances
from rules.shift import closing, count_of, opening


@pytest.mark.parametrize(
    ("pieces", "other", "total"),
    [
        ({10_000: 3, 500: 2}, 30, 31_030),
        ({}, 0, 0),  # an empty drawer is a count as well
        ({100: 9_999}, 0, 999_900),
        ({100: 10_000}, 0, None),  # more than anybody counts
        ({100: -1}, 0, None),
        ({0: 1}, 0, None),
        ({100: 1}, -1, None),
        ({100_000_000_000: 9_999}, 0, None),  # beyond any amount
    ],
)
def test_a_count(pieces: dict[int, int], other: int, total: int | None) -> None:
    assert count_of(pieces, other) == total


@pytest.mark.parametrize(
    ("held", "float_", "moves"),
    [
        (0, 30_000, (Transfer(CASH, "safe", "drawer/1", 30_000, "shift_float"),)),
        (30_000, 30_000, ()),  # what was left is the float
        (50_000, 30_000, (Transfer(CASH, "drawer/1", "safe", 20_000, "shift_float"),)),
        (-500, 0, (Transfer(CASH, "safe", "drawer/1", 500, "shift_float"),)),  # paid back before anything was taken
    ],
)
def test_a_drawer_holds_its_float(held: int, float_: int, moves: tuple[Transfer, ...]) -> None:
    assert opening(1, held=held, float_=float_) == moves
    assert held + balances(moves).get(("drawer/1", CASH), 0) == float_


@pytest.mark.parametrize(
    ("expected", "counted", "left", "over_short", "safe"),
    [
        (10_000, 10_000, 0, 0, 10_000),
        (10_000, 9_500, 0, 500, 9_500),  # short
        (10_000, 10_300, 10_000, -300, 300),  # over, and the float stays
        (-500, 0, 0, -500, 0),  # the books said less than nothing
        (0, 0, 0, 0, 0),
    ],
)
def test_a_drawer_is_settled(expected: int, counted: int, left: int, over_short: int, safe: int) -> None:
    sums = balances(closing(1, expected=expected, counted=counted, left=left))
    assert (sums.get(("over_short", CASH), 0), sums.get(("safe", CASH), 0)) == (over_short, safe)
    assert expected + sums.get(("drawer/1", CASH), 0) == left
