"""What was found for one question answers another only where both are the same to the search."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from edge.quotes import Quotes
from rules.accrual import AccrualRules, PointsBonus
from rules.basket import Basket, Line, Names
from rules.conditions import BirthdayWindow, Who
from rules.loyalty import Birthday, Tier
from rules.pricing import Found, price, search
from rules.promotion_kinds import GiftItem, GiftWith
from rules.promotions import CouponAmountOff, MemberPrice, PercentOff, PointsCash, PointsRule, RuleSet, Scope, Uses
from rules.quote import MissReason
from rules.usage import IssuedCoupon, Usage
from tests.rules.price_cases import MEMBER, NOON, random_case

PRESSES = 25
POINTS = PointsRule(cash=PointsCash(step=50, worth=50, most_bp=5_000))
EVERYTHING = Scope(all=True)
ASKING = (
    CouponAmountOff(id="five", names=Names(en="Five off"), scope=EVERYTHING, off=5, code="five", uses=Uses(in_all=3)),
    PercentOff(id="second", names=Names(en="Lane 2"), scope=EVERYTHING, off_bp=5_000, lanes=frozenset({2})),
    GiftWith(
        id="gift", names=Names(en="Gift"), scope=EVERYTHING, buy=1, gifts=(GiftItem("a"), GiftItem("b")), choose=True
    ),
    PercentOff(id="web", names=Names(en="Web"), scope=EVERYTHING, off_bp=6_000, channels=frozenset({"web"})),
)

OF_PEOPLE = (
    PercentOff(id="tier", names=Names(en="Silver"), scope=EVERYTHING, off_bp=700, who=Who(tiers=frozenset({"silver"}))),
    PercentOff(id="new", names=Names(en="New"), scope=EVERYTHING, off_bp=900, who=Who(new_member=True)),
    PercentOff(id="day", names=Names(en="Day"), scope=EVERYTHING, off_bp=1_100, who=Who(birthday=BirthdayWindow())),
    PercentOff(id="tag", names=Names(en="Tag"), scope=EVERYTHING, off_bp=1_300, who=Who(tags=frozenset({"vip"}))),
    PercentOff(id="twice", names=Names(en="Twice"), scope=EVERYTHING, off_bp=1_500, uses=Uses(a_member=2)),
    MemberPrice(id="price", names=Names(en="Members"), scope=EVERYTHING),
    CouponAmountOff(id="one", names=Names(en="One"), scope=EVERYTHING, off=1, issued=True),
    CouponAmountOff(id="two", names=Names(en="Two"), scope=EVERYTHING, off=2, issued=True),
    CouponAmountOff(id="own", names=Names(en="Own"), scope=EVERYTHING, off=4, code="CPOWN"),
)
FIRST = AccrualRules(bonuses=(PointsBonus(spend_from=100, points=3, how="day"),))
TIERS = (Tier(id="silver", names=Names(en="Silver"), points_per_yuan_bp=20_000),)


def changed(line: Line, chance: random.Random) -> Line:
    if line.weight_g is not None:
        return replace(line, weight_g=line.weight_g + 1)
    return replace(line, quantity=chance.randrange(1, 4), off_bp=chance.choice((0, 1_000)))


def pressed(basket: Basket, chance: random.Random) -> Basket:
    """Return the basket after something that a cashier does with it."""
    changes = (
        lambda: msgspec.structs.replace(basket, points_to_redeem=chance.choice((0, 100, 250, 10_000))),
        lambda: msgspec.structs.replace(basket, off_bp=chance.choice((0, 500, 10_000))),
        lambda: msgspec.structs.replace(basket, gift_choices=chance.choice(((), (("gift", "b"),)))),
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


@pytest.mark.parametrize("seed", range(12))
def test_whoever_asked_before_the_answer_is_that_of_pricing(seed: int) -> None:
    chance, quotes = random.Random(seed), Quotes()
    basket, rules = rules_of(seed)
    item = replace(basket.lines[0].item, tier_prices={"silver": 1})
    basket = msgspec.structs.replace(basket, lines=(replace(basket.lines[0], item=item), *basket.lines[1:]))
    rules = msgspec.structs.replace(rules, tiers=TIERS, accrual=FIRST, promotions=(*rules.promotions, *OF_PEOPLE))
    for number in range(2 * PRESSES):
        member = replace(
            MEMBER, member_id=f"m{number}", points=10 * number, used=chance.choice((frozenset(), frozenset({"day:today"}))), tier_id=chance.choice(("", "silver")),
            visits=chance.choice((0, number)), birthday=chance.choice((None, Birthday(NOON.month, NOON.day))),
            tags=chance.choice((frozenset(), frozenset({"vip"}))),
        )  # fmt: skip
        codes = chance.choice(((), (f"cp{number}",), (f"CP{number}",), ("cpown",), (f"cp{number}", "cpown")))
        issued = {
            code.casefold(): IssuedCoupon(chance.choice(("one", "two")), number, chance.choice(tuple(MissReason)[:3]))
            for code in codes if chance.randrange(3)
        }  # fmt: skip
        issued |= {code: replace(coupon, reason=None) for code, coupon in issued.items() if chance.randrange(2)}
        usage = Usage(issued=issued, by_member=chance.choice(({}, {"twice": 2})))
        asked = msgspec.structs.replace(
            basket, sale_id=str(number), member_id=member.member_id, codes=codes,
            points_to_redeem=chance.choice((0, 0, 50, 1_000)),
        )  # fmt: skip
        assert quotes.price(asked, rules, member, NOON, usage) == price(asked, rules, member, NOON, usage)


def test_two_who_buy_the_same_with_a_coupon_of_the_same_promotion_are_searched_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched: list[Basket] = []

    def heard(basket: Basket, *around: Any) -> Found:
        searched.append(basket)
        return search(basket, *around)

    monkeypatch.setattr("edge.quotes.search", heard)
    quotes = Quotes()
    basket, rules = rules_of(0)
    rules = msgspec.structs.replace(rules, tiers=TIERS, promotions=OF_PEOPLE)
    for number, (promotion_id, tier_id) in enumerate((("one", ""), ("one", ""), ("two", ""), ("two", "silver")), 1):
        member = replace(MEMBER, member_id=f"m{number}", points=number * 100, visits=number, tier_id=tier_id)
        usage = Usage(issued={f"cp{number}": IssuedCoupon(promotion_id, number)})
        asked = msgspec.structs.replace(basket, member_id=member.member_id, codes=(f"cp{number}",))
        quote = quotes.price(asked, rules, member, NOON, usage)
        assert quote.spent_codes == (f"cp{number}",)
    assert [each.member_id for each in searched] == ["m1", "m3", "m4"]
