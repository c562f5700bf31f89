"""What was found for one question answers another only where both are the same to the search."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from edge.quotes import Quotes
from rules.basket import Basket, Line, Names
from rules.pricing import price
from rules.promotions import CouponAmountOff, PercentOff, PointsCash, PointsRule, RuleSet, Scope, Uses
from rules.usage import Usage
from tests.rules.price_cases import MEMBER, NOON, random_case

PRESSES = 25
POINTS = PointsRule(cash=PointsCash(step=50, worth=50, most_bp=5_000))
EVERYTHING = Scope(all=True)
ASKING = (
    CouponAmountOff(id="five", names=Names(en="Five off"), scope=EVERYTHING, off=5, code="five", uses=Uses(in_all=3)),
    PercentOff(id="second", names=Names(en="Lane 2"), scope=EVERYTHING, off_bp=5_000, lanes=frozenset({2})),
    PercentOff(id="web", names=Names(en="Web"), scope=EVERYTHING, off_bp=6_000, channels=frozenset({"web"})),
)


def changed(line: Line, chance: random.Random) -> Line:
    if line.weight_g is not None:
        return replace(line, weight_g=line.weight_g + 1)
    return replace(line, quantity=chance.randrange(1, 4), off_bp=chance.choice((0, 1_000)))


def pressed(basket: Basket, chance: random.Random) -> Basket:
    """Return the basket after something that a cashier does with it."""
    changes = (
        lambda: msgspec.structs.replace(basket, points_to_redeem=chance.choice((0, 100, 250, 10_000))),
        lambda: msgspec.structs.replace(basket, off_bp=chance.choice((0, 500, 10_000))),
        lambda: msgspec.structs.replace(basket, codes=chance.choice(((), ("SAVE",), ("five",), ("five", "save")))),
        lambda: msgspec.structs.replace(basket, lane=chance.choice((1, 2))),
        lambda: msgspec.structs.replace(basket, channel=chance.choice(("store", "web"))),
        lambda: basket.with_line(changed(chance.choice(basket.lines), chance)),
        lambda: msgspec.structs.replace(basket, lines=basket.lines[::-1]),
        lambda: msgspec.structs.replace(basket, sale_id=str(chance.randrange(3))),
    )
    return chance.choice(changes)()


def rules_of(seed: int) -> tuple[Basket, RuleSet]:
    basket, rules = random_case(seed, units=5, promotions=3)
    return basket, msgspec.structs.replace(rules, points=POINTS, promotions=(*rules.promotions, *ASKING))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_was_asked_before_the_answer_is_that_of_pricing(seed: int) -> None:
    chance, quotes = random.Random(seed), Quotes()
    basket, rules = rules_of(seed)
    for _ in range(PRESSES):
        basket = pressed(basket, chance)
        member = chance.choice((MEMBER, MEMBER, replace(MEMBER, points=chance.choice((0, 300))), None))
        usage = chance.choice((Usage(), Usage(), Usage(in_all={each.id: 3 for each in rules.promotions})))
        now = NOON + timedelta(days=chance.choice((0, 0, 0, 1)))
        assert quotes.price(basket, rules, member, now, usage) == price(basket, rules, member, now, usage)
