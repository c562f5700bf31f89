"""Discounts and prices by hand: after every promotion, before points, shared to the last fen."""

from __future__ import annotations

from datetime import datetime

import pytest

from rules.basket import Basket, Item, Line, Names
from rules.pricing import price
from rules.promotions import NO_RULES, RuleSet, load_rules

NOON = datetime(2026, 11, 23, 12)
TENTH_OFF = """
[[promotions]]
id = "tenth"
kind = "percent_off"
names = { zh_hans = "九折" }
off_bp = 1_000
scope = { all = true }
"""


def basket(*, off_bp: int = 0, **line: int) -> Basket:
    pen = Item("pen", Names("笔"), 250, tax_bp=1_300)
    cup = Item("cup", Names("杯"), 999)
    return Basket("s", (Line("1", pen, quantity=3, **line), Line("2", cup)), off_bp=off_bp)


@pytest.mark.parametrize(
    ("made", "total", "applied"),
    [
        (basket(), 1_749, {}),
        (basket(off_bp=1_000), 1_574, {"hand_basket": 175}),  # halves round away from zero: 174.9
        (basket(off_amount=100), 1_649, {"hand_line": 100}),
        (basket(off_amount=9_999), 999, {"hand_line": 750}),  # never more than the line costs
        (basket(off_bp=10_000), 0, {"hand_basket": 1_749}),
        (basket(off_bp=1_000, off_amount=50), 1_529, {"hand_line": 50, "hand_basket": 170}),  # of what is left
    ],
)
def test_by_hand(made: Basket, total: int, applied: dict[str, int]) -> None:
    quote = price(made, NO_RULES, None, NOON)
    assert quote.total == total
    assert {each.promotion_id: each.amount for each in quote.applied} == applied
    for line in quote.lines:
        assert sum(line.unit_nets) == line.net == line.gross - sum(each.amount for each in line.discounts)


def test_it_comes_after_promotions_and_a_changed_price_before_them() -> None:
    rules = load_rules(TENTH_OFF)
    assert isinstance(rules, RuleSet), rules
    pen = Item("pen", Names("笔"), 200)
    line = Line("1", pen, quantity=3, list_price=250, off_amount=40)
    quote = price(Basket("s", (line,), off_bp=5_000), rules, None, NOON)
    assert quote.gross == 600
    taken = [(each.promotion_id, each.amount) for each in quote.lines[0].discounts]
    assert taken == [("tenth", 60), ("hand_line", 40), ("hand_basket", 250)]
    assert quote.total == 250
    assert quote.lines[0].unit_nets == (83, 83, 84)


def test_no_promotion_may_take_their_names() -> None:
    problems = load_rules(TENTH_OFF.replace("tenth", "hand_line"))
    assert not isinstance(problems, RuleSet)
    assert "hand_line is the name under which a discount by hand stands" in str(problems[0])
