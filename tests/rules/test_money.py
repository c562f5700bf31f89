from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.money import AMOUNT_MAX, parse_amount, rate_of, round_half_up, share


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [
        (4, 2, 2),  # nothing to round
        (3, 2, 2),  # a half goes away from zero
        (-3, 2, -2),  # on both sides
        (149, 100, 1),  # just below the half
        (1, 3, 0),
        (2, 3, 1),
    ],
)
def test_round_half_up(numerator, denominator, rounded):
    assert round_half_up(numerator, denominator) == rounded


@pytest.mark.parametrize(
    ("amount", "rate_bp", "part"),
    [
        (999, 1_000, 100),  # 99.9
        (994, 1_000, 99),  # 99.4
        (5, 1_000, 1),  # exactly a half
        (333, 10_000, 333),  # all of it
        (333, 0, 0),
    ],
)
def test_rate_of(amount, rate_bp, part):
    assert rate_of(amount, rate_bp=rate_bp) == part


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, [1, 1, 1], (34, 33, 33)),  # equal remainders: the first one takes the odd fen
        (100, [200, 100], (67, 33)),  # the larger remainder takes it
        (1, [0, 5], (0, 1)),  # a weight of zero takes nothing
        (0, [0, 0], (0, 0)),  # nothing over nothing
        (7, [3, 4], (3, 4)),  # all of it: no part exceeds its weight
        (0, [], ()),
    ],
)
def test_share(amount, weights, parts):
    assert share(amount, weights) == parts


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20), st.integers(0, 100))
def test_shares_sum_to_the_amount_and_stay_within_their_weights(weights, percent):
    amount = sum(weights) * percent // 100
    parts = share(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.5", 1_250),
        (" 12 ", 1_200),  # spaces around it
        ("7,25", 725),  # a comma is a decimal mark
        ("１２，５", 1_250),  # full-width digits of a Chinese keyboard
        ("0", 0),
        ("0.001", None),  # finer than a fen
        ("-1", None),  # no sign
        ("1.2.3", None),
        ("", None),
        (".", None),
        ("1e5", None),  # no exponents
        ("100000000", AMOUNT_MAX),
        ("100000000.01", None),  # above the bound
        ("9" * 15, None),
    ],
)
def test_parse_amount(text, amount):
    assert parse_amount(text) == amount


def test_a_currency_without_minor_units():
    assert parse_amount("120", decimals=0) == 120
    assert parse_amount("120.5", decimals=0) is None
