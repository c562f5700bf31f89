"""What is no basket: quantities, weights, prices and amounts that are zero, negative, too many or no numbers at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rules.basket import Basket, Item, Line, Names
from rules.pricing_json import PriceRequest, parse_request

TEA = Item("tea", Names(en="Tea"), 500)
HUGE = 10**30


def read(*lines: dict[str, Any], **others: Any) -> list[str]:
    text = json.dumps(
        {"now": "2026-11-22T12:00", "lines": [{"sku": "tea", "price": 500} | line for line in lines]} | others
    )
    found = parse_request(text)
    return [] if isinstance(found, PriceRequest) else [str(each) for each in found]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"quantity": 9_999}, ""),
        ({"quantity": 0}, "line[0]: quantity: Expected `int` >= 1"),
        ({"quantity": -3}, "line[0]: quantity: Expected `int` >= 1"),
        ({"quantity": 10_000}, "line[0]: quantity: Expected `int` <= 9999"),
        ({"quantity": HUGE}, "line[0]: quantity: Expected `int` <= 9999"),
        ({"quantity": 1.5}, "line[0]: quantity: Expected `int`, got `float`"),
        ({"quantity": "2"}, "line[0]: quantity: Expected `int`, got `str`"),
        ({"quantity": True}, "line[0]: quantity: Expected `int`, got `bool`"),
        ({"quantity": None}, "line[0]: quantity: Expected `int`, got `null`"),
        ({"weight_g": 999_999, "price": 1}, ""),
        ({"weight_g": 0}, "line[0]: weight_g: Expected `int` >= 1"),
        ({"weight_g": -200}, "line[0]: weight_g: Expected `int` >= 1"),
        ({"weight_g": 1_000_000}, "line[0]: weight_g: Expected `int` <= 999999"),
        ({"weight_g": 200, "quantity": 2}, "line[0]: quantity: a weighed or labelled portion is one unit"),
        ({"label_amount": 300, "quantity": 2}, "line[0]: quantity: a weighed or labelled portion is one unit"),
        ({"label_amount": 0}, ""),
        ({"label_amount": -1}, "line[0]: label_amount: Expected `int` >= 0"),
        ({"price": -1}, "line[0]: price: Expected `int` >= 0"),
        ({"price": 10_000_000_001}, "line[0]: price: Expected `int` <= 10000000000"),
        ({"price": 5.0}, "line[0]: price: Expected `int | null`, got `float`"),
        ({"open_price": -1}, "line[0]: open_price: Expected `int` >= 0"),
        ({"tier_prices": {"": -1}}, "line[0]: tier_prices: Expected `int` >= 0 - at `$[...]`"),
        ({"tax_bp": 10_001}, "line[0]: tax_bp: Expected `int` <= 10000"),
        # each figure is right by itself, and the line is too much
        ({"price": 10_000_000_000, "quantity": 2}, "line[0]: price: costs more than 10000000000"),
        ({"price": 10_000_000_000, "weight_g": 2_000}, "file: lines: cost 20000000000 together, more than 10000000000"),
    ],
)
def test_a_line(line, problem):
    assert read(line) == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([{}] * 500, ""),
        ([{}] * 501, "file: lines: Expected `array` of length <= 500"),
        ([{"quantity": 5_000}, {"quantity": 4_999}], ""),
        ([{"quantity": 5_000}, {"quantity": 5_000}], "file: lines: 10000 pieces together, more than 9999"),
        ([{"price": 6_000_000_000}] * 2, "file: lines: cost 12000000000 together, more than 10000000000"),
        ([{"id": "a"}, {"id": "a"}], "line[1]: id: a is already used"),
    ],
)
def test_lines_together(lines, problem):
    assert read(*lines) == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("others", "problem"),
    [
        ({"points_to_redeem": -1}, "file: points_to_redeem: Expected `int` >= 0"),
        ({"lane": 0}, "file: lane: Expected `int` >= 1"),
        ({"now": "2026-11-22T12:00:00Z"}, "file: now: Expected `datetime` with no timezone component"),
        ({"member": {"visits": -1}}, "member: visits: Expected `int` >= 0"),
        ({"member": {"birthday": {"month": 13, "day": 1}}}, "member: birthday.month: Expected `int` <= 12"),
        ({"codes": "TEN"}, "file: codes: Expected `array`, got `str`"),
    ],
)
def test_what_is_around_the_lines(others, problem):
    assert read({}, **others) == [problem]


@pytest.mark.parametrize(
    "text", ['{"now": 1e999, "lines": []}', '{"now": "x", "lines": ' + "9" * 5_000 + "}", "[" * 200_000]
)
def test_what_no_number_can_hold_is_refused_and_breaks_nothing(text):
    assert isinstance(parse_request(text), tuple)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 10_000},
        {"weight_g": 0},
        {"weight_g": 1_000_000},
        {"weight_g": 100, "quantity": 2},
        {"label_amount": -1},
        {"label_amount": 10_000_000_001},
        {"open_price": -1},
    ],
)
def test_no_line_of_ours_is_like_that(wrong):
    with pytest.raises(AssertionError):
        Line("1", TEA, **wrong)


def test_no_basket_of_ours_holds_a_line_that_is_too_much():
    with pytest.raises(AssertionError):
        Basket("sale").with_line(Line("1", Item("gold", Names(en="Gold"), 10_000_000_000), 2))
