"""Points beyond the rate, gifts, and items kept for some."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from rules.accrual import (
    AccrualRules,
    BirthdayPoints,
    PointsBonus,
    PointsExpiry,
    PointsRate,
    Referral,
    Welcome,
    bonus,
    last_day,
)
from rules.awards import awards
from rules.basket import Basket, Item, Line, Names
from rules.calendar_cn import Calendar
from rules.conditions import Scope, When
from rules.exclusive import kept_from
from rules.gift_catalogue import GiftCounts, GiftMiss, GiftOffer, Taker, why_not
from rules.loyalty import Birthday, FreeService, Member, Tier
from rules.pricing import price
from rules.promotions import RuleSet, content_version, read_rules
from rules.tiers import TierExclusive

NOON = datetime(2026, 11, 24, 12)
TODAY = NOON.date()
ROWS = (
    PointsBonus(spend_from=10_000, points=10),
    PointsBonus(spend_from=20_000, points=30),
    PointsBonus(spend_from=5_000, points=2, how="every"),
    PointsBonus(spend_from=15_000, points=50, how="day"),
)


@pytest.mark.parametrize(
    ("total", "is_used", "points"),
    [
        (4_999, False, (0, 0)),
        (5_000, False, (2, 0)),
        (10_000, False, (10 + 4, 0)),
        (15_000, False, (10 + 6, 50)),
        (15_000, True, (10 + 6, 0)),  # once a day
        (20_000, False, (30 + 8, 50)),  # the best step, not both
    ],
)
def test_thresholds(total, is_used, points):
    assert bonus(ROWS, total, day_is_used=is_used) == points


@pytest.mark.parametrize(
    ("expiry", "today", "last"),
    [
        (PointsExpiry(kind="never"), "2026-11-24", None),
        (PointsExpiry(months=3), "2026-11-30", "2027-02-28"),
        (PointsExpiry(kind="fixed"), "2026-01-01", "2027-12-31"),  # 31 December of next year
        (PointsExpiry(kind="fixed", years=0), "2026-12-31", "2026-12-31"),
        (PointsExpiry(kind="fixed", month=6, day=30, years=0), "2026-07-01", "2027-06-30"),  # over for this year
        (PointsExpiry(kind="fixed", month=2, day=29, years=2), "2026-07-01", "2028-02-29"),
        (PointsExpiry(kind="fixed", month=2, day=29, years=1), "2026-07-01", "2027-02-28"),
    ],
)
def test_when_points_expire(expiry, today, last):
    assert last_day(expiry, date.fromisoformat(today)) == (date.fromisoformat(last) if last else None)


BIRTHDAY = AccrualRules(birthday=BirthdayPoints(days_before=3, days_after=3, points=50, multiplier_bp=20_000))
GOLD = Tier(id="gold", names=Names(en="Gold"), spend_from=1, birthday_points=200, birthday_multiplier_bp=30_000)
BORN = Member("m", birthday=Birthday(11, 26), visits=3)
LUNAR = Member("m", birthday=Birthday(12, 20, lunar=True), visits=3)


@pytest.mark.parametrize(
    ("rules", "member", "tier", "today", "found"),
    [
        (BIRTHDAY, BORN, None, TODAY, [("birthday", 50 + 10, "2026")]),
        (BIRTHDAY, BORN, GOLD, TODAY, [("birthday", 200 + 20, "2026")]),
        (BIRTHDAY, BORN, None, date(2026, 11, 30), []),  # the window is over
        (BIRTHDAY, Member("m", birthday=Birthday(11, 26), visits=3, used=frozenset({"birthday:2026"})), None, TODAY, []),
        (BIRTHDAY, Member("m", birthday=Birthday(11, 26), visits=3, used=frozenset({"birthday:2025"})), None, TODAY,
         [("birthday", 60, "2026")]),
        (BIRTHDAY, LUNAR, None, date(2027, 1, 27), [("birthday", 60, "2026")]),  # the lunar year 2026 still runs
        (BIRTHDAY, Member("m", visits=3), None, TODAY, []),  # nobody knows when
        (AccrualRules(welcome=Welcome(points=20)), Member("m"), None, TODAY, [("welcome", 20, "")]),
        (AccrualRules(welcome=Welcome(points=20)), Member("m", visits=1), None, TODAY, []),
        (AccrualRules(welcome=Welcome(points=20, at="registration")), Member("m"), None, TODAY, []),
        (AccrualRules(referral=Referral(friend_points=30, min_amount=1_000)), Member("m", is_referred=True), None, TODAY,
         [("friend", 30, "")]),
        (AccrualRules(referral=Referral(friend_points=30, min_amount=1_001)), Member("m", is_referred=True), None, TODAY, []),
        (AccrualRules(referral=Referral(friend_points=30)), Member("m"), None, TODAY, []),
    ],
)  # fmt: skip
def test_what_is_given_once(rules, member, tier, today, found):
    given = awards(rules, member, tier, counted=1_000, accrued=10, today=today)
    assert [(each.kind, each.points, each.key) for each in given] == found


MILK = Item("milk", Names(en="Milk"), 1_050, category="dairy")
SMOKE = Item("smoke", Names(en="Cigarettes"), 5_000, category="tobacco")
PEN = Item("pen", Names(en="Pen"), 950)


@pytest.mark.parametrize(
    ("items", "tier_id", "points"),
    [
        ([PEN], "", 9),
        ([MILK], "", 21),  # 10.50 counts as 21.00
        ([MILK, PEN], "", 30),  # 21.00 and 9.50: rounded once
        ([SMOKE, PEN], "", 9),  # tobacco brings nothing
        ([MILK], "gold", 31),  # 21 yuan at one and a half
    ],
)
def test_items_that_bring_more_points_or_none(items, tier_id, points):
    gold = Tier(id="gold", names=Names(en="Gold"), spend_from=1, points_per_yuan_bp=15_000)
    rates = (
        PointsRate(scope=Scope(categories=frozenset({"dairy"})), multiplier_bp=20_000),
        PointsRate(scope=Scope(categories=frozenset({"tobacco"})), multiplier_bp=0),
    )
    rules = RuleSet(tiers=(gold,), accrual=AccrualRules(rates=rates))
    basket = Basket("s", tuple(Line(str(at), item) for at, item in enumerate(items)), member_id="m")
    assert price(basket, rules, Member("m", tier_id=tier_id, visits=1), NOON).points == points


OFFER = GiftOffer(
    id="cup", names=Names(en="Cup"), points=100, sku="cup", quantity=2, tiers=frozenset({"gold"}), a_member=5,
    a_member_day=2, a_day=10, when=When(ends_local=datetime(2026, 12, 1)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, None),
        ({"now_local": datetime(2026, 12, 1)}, (GiftMiss.WRONG_TIME, 0)),
        ({"taker": Taker("silver", 900)}, (GiftMiss.WRONG_TIER, 0)),
        ({"counts": GiftCounts(by_member=5)}, (GiftMiss.TAKEN_BEFORE, 0)),
        ({"counts": GiftCounts(by_member_today=1), "count": 2}, (GiftMiss.TAKEN_BEFORE, 1)),
        ({"counts": GiftCounts(today=10)}, (GiftMiss.USED_UP_TODAY, 0)),
        ({"stock": 1}, (GiftMiss.OUT_OF_STOCK, 0)),  # two pieces make a gift
        ({"stock": 3, "count": 2}, (GiftMiss.OUT_OF_STOCK, 1)),
        ({"stock": None}, None),
        ({"taker": Taker("gold", 199), "count": 2}, (GiftMiss.POINTS_SHORT, 1)),
    ],
)
def test_why_a_gift_cannot_be_had(change, found):
    asked = {"taker": Taker("gold", 900), "counts": GiftCounts(), "count": 1, "stock": 4, "now_local": NOON} | change
    assert why_not(OFFER, calendar=Calendar(), **asked) == found


FRIDAY = When(weekdays=frozenset({"fri"}))
KEPT = (
    TierExclusive(names=Names(en="Gold's"), scope=Scope(skus=frozenset({"milk"})), tiers=frozenset({"gold"})),
    TierExclusive(
        names=Names(en="Friday"), scope=Scope(skus=frozenset({"milk"})), tiers=frozenset({"silver"}), when=FRIDAY
    ),
    TierExclusive(names=Names(en="Members'"), scope=Scope(skus=frozenset({"pen"}))),
)


@pytest.mark.parametrize(
    ("item", "member", "day", "kept"),
    [
        (MILK, None, 24, "Gold's"),
        (MILK, Member("m", tier_id="silver"), 24, "Gold's"),
        (MILK, Member("m", tier_id="silver"), 27, ""),  # on Friday silver may have it too
        (MILK, Member("m", tier_id="gold"), 27, ""),
        (PEN, None, 24, "Members'"),
        (PEN, Member("m"), 24, ""),
        (SMOKE, None, 24, ""),
    ],
)
def test_what_is_kept_for_some(item, member, day, kept):
    found = kept_from(KEPT, item, member, datetime(2026, 11, day, 12), Calendar())
    assert (found.names.en if found else "") == kept


GOOD = {
    "tiers": [{"id": "gold", "names": {"en": "Gold"}, "spend_from": 5}],
    "tier_rules": {"sold": [{"sku": "pass", "tier": "gold"}]},
}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (GOOD, ""),
        (GOOD | {"tier_rules": {"sold": [{"sku": "pas", "tier": "gold"}]}}, "file: tier_rules.sold[0].sku: no item has the SKU pas"),
        (GOOD | {"tier_rules": {"sold": [{"sku": "pass", "tier": "old"}]}}, "file: tier_rules.sold[0].tier: no tier has the id old"),
        (GOOD | {"tier_rules": {"holds": "next_window"}}, "file: tier_rules.holds: a rolling window has no next one"),
        (GOOD | {"tiers": [{"id": "a", "names": {"en": "A"}, "spend_from": 9, "rank": 1},
                           {"id": "b", "names": {"en": "B"}, "spend_from": 5, "rank": 2}], "tier_rules": {}},
         "tier[1] id=b: spend_from: 5 is less than a asks for"),
        (GOOD | {"gifts": {"offers": [{"id": "x", "names": {"en": "X"}, "points": 0}]}}, "file: gifts.offers"),
        (GOOD | {"gifts": {"offers": [{"id": "x", "names": {"en": "X"}, "points": 1, "when": {"from_time": "10:00"}}]}},
         "file: gifts.offers[0].when: give from_time"),
        (GOOD | {"accrual": {"rates": [{"scope": {}, "multiplier_bp": 1}]}}, "file: accrual.rates[0].scope"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_tables(data, problem):
    found = read_rules(data, known_skus={"pass", "pen"})
    said = "" if isinstance(found, RuleSet) else str(found[0])
    assert said.startswith(problem) and bool(said) == bool(problem), said


def test_rules_that_say_no_more_than_before_keep_their_version():
    plain = RuleSet(tiers=(Tier(id="gold", names=Names(en="Gold"), spend_from=5),))
    assert content_version(plain) == "1ca68494aeaf"
    more = RuleSet(tiers=(Tier(id="gold", names=Names(en="Gold"), spend_from=5, free=(FreeService(package="wash"),)),))
    assert content_version(more) != content_version(plain)
