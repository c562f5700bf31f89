from __future__ import annotations

import random
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.basket import Basket, Item, Line, Names
from rules.loyalty import Member
from rules.pricing import price
from rules.promotions import RuleSet, Scope, SpendOff, SpendStep
from rules.return_rules import Clawback
from rules.returns import Refused, ReturnedLine, clawback_of, first_units, refund
from rules.sale import Sale, sale_lines
from tests.rules.price_cases import MEMBER, random_case


def sale_of(basket: Basket, rules: RuleSet, member: Member | None = MEMBER) -> Sale:
    quote = price(basket, rules, member, datetime(2026, 11, 22, 12))
    return Sale(
        "sale", 1, "s", "m1", "2026-11-22", 0, quote.gross, quote.discount, quote.total, quote.tax, 0, 0,
        sale_lines(basket, quote), (), (), "v", points=quote.points,
    )  # fmt: skip


HUNDRED_LESS_TEN = SpendOff(
    id="p", names=Names(en="P"), scope=Scope(all=True), steps=(SpendStep(spend=10_000, off=1_000),)
)


def two_lines() -> Sale:
    """Three pens at 33.33 and a cup at 20.01: 120.00 less 10.00."""
    pen = Item("pen", Names(en="Pen"), 3_333, tax_bp=1_300)
    cup = Item("cup", Names(en="Cup"), 2_001, tax_bp=600)
    basket = Basket("sale", (Line("l1", pen, 3), Line("l2", cup)))
    return sale_of(basket, RuleSet(version="v", promotions=(HUNDRED_LESS_TEN,)))


def test_a_unit_gives_back_what_it_cost():
    sale = two_lines()
    assert sale.total == 11_000
    given_back = refund(sale, [ReturnedLine(0, (1,))])
    assert (given_back.amount, given_back.points_reversed) == (sale.lines[0].unit_nets[1], 30)
    # 110 points for 110.00; 30.55 of it are 30 points, and the rest is rounded with what follows


@pytest.mark.parametrize(
    ("wanted", "returned", "reason"),
    [
        ([], [], Refused(-1, "nothing")),
        ([ReturnedLine(2, (0,))], [], Refused(2, "unknown_line")),
        ([ReturnedLine(0, (3,))], [], Refused(0, "unknown_unit")),
        ([ReturnedLine(0, (1,))], [ReturnedLine(0, (0, 1))], Refused(0, "already_returned")),
        ([ReturnedLine(0, (1, 1))], [], Refused(0, "already_returned")),  # twice in one return
    ],
)
def test_what_cannot_come_back(wanted, returned, reason):
    assert refund(two_lines(), wanted, returned) == reason


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(1, 10**9))
def test_every_sequence_of_partial_returns_gives_back_exactly_what_was_paid(seed):
    basket, rules = random_case(seed, units=9, promotions=5)
    sale = sale_of(basket, rules)
    rng = random.Random(seed)
    units = [(at, unit) for at, line in enumerate(sale.lines) for unit in range(len(line.unit_nets))]
    rng.shuffle(units)
    returned: list[ReturnedLine] = []
    amount = tax = points = 0
    while units:
        some = [units.pop() for _ in range(min(len(units), rng.randint(1, 3)))]
        wanted = [
            ReturnedLine(at, tuple(sorted(unit for line, unit in some if line == at)))
            for at in sorted({line for line, _ in some})
        ]
        part = refund(sale, wanted, returned)
        assert part.amount == sum(sale.lines[at].unit_nets[unit] for at, unit in some) >= 0
        amount, tax = amount + part.amount, tax + sum(line.tax for line in part.lines)
        points += part.points_reversed
        returned += wanted
    assert (amount, tax) == (sale.total, sale.tax)
    assert points == (sale.points if sale.total else 0)


@pytest.mark.parametrize(
    ("policy", "clawed", "amount"),
    [
        (Clawback.KEEP, 0, 3_056),  # the pen's share of the 10.00 stays where it was sold
        (Clawback.RECOMPUTE, 723, 2_333),  # 86.67 kept no longer reach 100.00, and had cost 79.44
    ],
)
def test_a_broken_threshold_by_the_shops_policy(policy, clawed, amount):
    sale = two_lines()
    wanted = [ReturnedLine(0, (2,))]
    kept = 2 * 3_333 + 2_001
    back = clawback_of(sale, wanted, [], policy=policy, kept_total=kept)
    given_back = refund(sale, wanted, clawback=back)
    assert (given_back.clawed_back, given_back.amount) == (clawed, amount)


def test_what_was_kept_back_once_is_not_kept_back_again():
    sale = two_lines()
    first, second = [ReturnedLine(0, (2,))], [ReturnedLine(0, (0, 1)), ReturnedLine(1, (0,))]
    back = clawback_of(sale, first, [], policy=Clawback.RECOMPUTE, kept_total=8_667)
    again = clawback_of(sale, second, first, policy=Clawback.RECOMPUTE, kept_total=0, clawed_before=back)
    assert again == 0
    given_back = refund(sale, first, clawback=back).amount + refund(sale, second, first).amount
    assert given_back == sale.total - back


def test_of_like_pieces_the_cheapest_come_back_first():
    line = two_lines().lines[0]
    assert sorted(line.unit_nets) == [3_055, 3_055, 3_056]
    cheapest = line.unit_nets.index(3_055)
    assert first_units(line, 1) == (cheapest,)
    assert cheapest not in first_units(line, 2, returned=(cheapest,))
