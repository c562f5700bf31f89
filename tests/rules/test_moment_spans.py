"""Moments of one span cost the same, so a quote of one of them is a quote of all."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta

import pytest

from rules.basket import Basket, Item, Line, Names
from rules.conditions import Scope, When
from rules.eligibility import situation_of, why_not
from rules.pricing import price
from rules.promotion_kinds import PercentOff
from rules.promotions import RuleSet
from rules.rule_index import span_of
from rules.usage import NO_USAGE

DAY = datetime(2026, 11, 27)
BASKET = Basket("s", (Line("1", Item("tea", Names(en="Tea"), 1_000)),))


def rules_of(*whens: When) -> RuleSet:
    return RuleSet(
        promotions=tuple(
            PercentOff(id=f"p{at}", names=Names(en="P"), scope=Scope(all=True), off_bp=100 * (at + 1), when=when)
            for at, when in enumerate(whens)
        )
    )


NIGHT = When(from_time=time(22), until_time=time(2))
MONDAYS = When(weekdays=frozenset({"mon"}))


@pytest.mark.parametrize(
    ("when", "one", "other", "is_same"),
    [
        (When(), "2026-11-27T00:00", "2026-11-27T23:59:59", True),
        (When(), "2026-11-27T23:59:59", "2026-11-28T00:00", False),  # a day may be a birthday
        (When(from_time=time(10), until_time=time(12)), "2026-11-27T09:59", "2026-11-27T10:00", False),
        (When(from_time=time(10), until_time=time(12)), "2026-11-27T10:00", "2026-11-27T11:59:59", True),
        (When(from_time=time(10), until_time=time(12)), "2026-11-27T11:59:59", "2026-11-27T12:00", False),
        (NIGHT, "2026-11-27T01:59", "2026-11-27T02:00", False),
        (NIGHT, "2026-11-27T02:00", "2026-11-27T21:59", True),
        (When(starts_local=datetime(2026, 11, 27, 8)), "2026-11-27T07:59", "2026-11-27T08:00", False),
        (When(ends_local=datetime(2026, 11, 27, 8, 0, 1)), "2026-11-27T08:00:00", "2026-11-27T08:00:01", False),
    ],
)
def test_where_a_span_ends(when: When, one: str, other: str, is_same: bool) -> None:
    rules = rules_of(when)
    spans = [span_of(rules, datetime.fromisoformat(each)) for each in (one, other)]
    assert (spans[0] == spans[1]) is is_same


def some_when(chance: random.Random) -> When:
    times = [time(chance.randrange(24), chance.choice((0, 15, 59)), chance.choice((0, 30))) for _ in range(2)]
    slot = chance.random() < 0.6 and times[0] != times[1]
    begins = DAY + timedelta(minutes=chance.randrange(-3_000, 3_000))
    return When(
        starts_local=begins if chance.random() < 0.4 else None,
        ends_local=begins + timedelta(seconds=chance.randrange(1, 200_000)) if chance.random() < 0.4 else None,
        weekdays=frozenset(chance.sample(("mon", "thu", "fri", "sat"), 2)) if chance.random() < 0.4 else frozenset(),
        from_time=times[0] if slot else None,
        until_time=times[1] if slot else None,
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_same_span_the_same_price(seed: int) -> None:
    chance = random.Random(seed)
    found = {True: 0, False: 0}
    for _ in range(150):
        rules = rules_of(*(some_when(chance) for _ in range(4)))
        known: dict[tuple[date, int, int], tuple[object, ...]] = {}
        for _ in range(60):
            now = DAY + timedelta(seconds=chance.randrange(2 * 86_400))
            situation = situation_of(BASKET, rules, None, now, NO_USAGE)
            told = (price(BASKET, rules, None, now), *(why_not(each, situation) for each in rules.promotions))
            span = span_of(rules, now)
            found[span in known] += 1
            assert known.setdefault(span, told) == told
    assert found[True] > 2_000 and found[False] > 500
