"""What promotions may not say of each other, and what they may not cost beside the catalogue."""

from __future__ import annotations

import pytest

from rules.basket import Item, Names
from rules.promotions import Problem, RuleSet, read_rules

ALL = {"all": True}
TEN_EACH = {"kind": "percent_off", "id": "each", "names": {"en": "Each"}, "scope": ALL, "off_bp": 1_000}
TEN_IN_ALL = {"kind": "basket_percent_off", "id": "whole", "names": {"en": "Whole"}, "scope": ALL, "off_bp": 1_000}
PAIR = {"kind": "nth_item", "id": "pair", "names": {"en": "Pair"}, "scope": ALL, "ladder_bp": [0, 5_000]}
FIVE = {"kind": "basket_amount_off", "id": "five", "names": {"en": "Five"}, "scope": ALL, "off": 500}
FORCED = {"forced": True}
SHARED = {"exclusive_group": "g"}
OUT = {"excludes": ["five"]}
AUTUMN = {"when": {"starts_local": "2026-09-01", "ends_local": "2026-12-01"}}
NOVEMBER = {"when": {"starts_local": "2026-11-01", "ends_local": "2026-12-01"}}
DECEMBER = {"when": {"starts_local": "2026-12-01", "ends_local": "2027-01-01"}}


def problems(*promotions: object, **others: object) -> list[tuple[str, str, str]]:
    found = read_rules({"promotions": list(promotions), **others})
    return (
        [] if isinstance(found, RuleSet) else [(each.where.partition("id=")[2], each.key, each.what) for each in found]
    )


@pytest.mark.parametrize(
    ("promotions", "found"),
    [
        # in one direction it is said once and is clear
        ([TEN_EACH | {"excludes": ["whole"]}, TEN_IN_ALL], []),
        ([TEN_EACH | {"excludes": ["each"]}, TEN_IN_ALL], [("each", "excludes", "names itself"), ("each", "excludes", "a cycle of exclusions: each → each")]),
        ([TEN_EACH | {"excludes": ["whole"]}, TEN_IN_ALL | {"excludes": ["each"]}],
         [("each", "excludes", "a cycle of exclusions: each → whole → each")]),
        ([TEN_EACH | {"excludes": ["whole"]}, TEN_IN_ALL | {"excludes": ["five"]}, FIVE | {"excludes": ["each"]}],
         [("each", "excludes", "a cycle of exclusions: each → whole → five → each")]),
        # a chain is none
        ([TEN_EACH | {"excludes": ["whole"]}, TEN_IN_ALL | {"excludes": ["five"]}, FIVE], []),
        ([TEN_EACH | {"excludes": ["whole", "five"]}, TEN_IN_ALL | {"excludes": ["five"]}, FIVE], []),
        # together and never together
        ([TEN_EACH | {"excludes": ["pair"], "combines_with": ["pair"]}, PAIR],
         [("each", "excludes", "pair is excluded, and combined with")]),
        ([TEN_EACH | {"combines_with": ["pair"]}, PAIR | {"excludes": ["each"]}],
         [("each", "combines_with", "pair excludes it")]),
        ([TEN_EACH | {"combines_with": ["pair"], "alone": True}, PAIR],
         [("each", "combines_with", "each applies alone, so it combines with nothing")]),
        ([TEN_EACH | {"combines_with": ["pair"]}, PAIR | {"alone": True}],
         [("each", "combines_with", "pair applies alone, so it combines with nothing")]),
        ([TEN_EACH | {"combines_with": ["pair"], **SHARED}, PAIR | SHARED],
         [("each", "combines_with", "pair stands in the same exclusive group")]),
        ([TEN_EACH | {"combines_with": ["pair"], **SHARED}, PAIR | {"exclusive_group": "h"}], []),
        # two that must apply and cannot both
        ([TEN_EACH | FORCED, FIVE | FORCED | {"excludes": ["each"]}],
         [("five", "forced", "each is forced too, and the two exclude each other")]),
        ([TEN_EACH | FORCED | SHARED, FIVE | FORCED | SHARED],
         [("five", "forced", "each is forced too, and the two exclude each other")]),
        ([TEN_EACH | FORCED | {"alone": True}, FIVE | FORCED],
         [("five", "forced", "each applies alone, and five is forced too")]),
        ([TEN_EACH | FORCED | SHARED | AUTUMN, FIVE | FORCED | SHARED | NOVEMBER],
         [("five", "forced", "each is forced too, and the two exclude each other")]),
        ([TEN_EACH | FORCED | SHARED | NOVEMBER, FIVE | FORCED | SHARED | DECEMBER], []),  # one after the other
        ([TEN_EACH | FORCED, FIVE | FORCED], []),
        # what always applies shuts out what it does not go together with
        ([TEN_EACH | FORCED | OUT, FIVE],
         [("five", "excludes", "can never apply: each always does, and excludes it")]),
        ([TEN_EACH | FORCED, FIVE | {"excludes": ["each"]}],
         [("five", "excludes", "can never apply: each always does, and excludes it")]),
        ([TEN_EACH | FORCED | SHARED, FIVE | SHARED], []),  # of a group it wins, which is what the shop asked for
        ([TEN_EACH | FORCED | {"alone": True}, FIVE, PAIR],
         [("five", "excludes", "can never apply: each always does, and excludes it"),
          ("pair", "excludes", "can never apply: each always does, and excludes it")]),
        # unless it has a moment, a customer or items of its own
        ([TEN_EACH | FORCED | OUT | NOVEMBER, FIVE], []),
        ([TEN_EACH | FORCED | OUT | {"who": {"members_only": True}}, FIVE], []),
        ([TEN_EACH | FORCED | OUT | {"scope": {"tags": ["tea"]}}, FIVE], []),
        ([TEN_EACH | FORCED | OUT | {"min_amount": 1_000}, FIVE], []),
    ],
)  # fmt: skip
def test_what_promotions_say_of_each_other(promotions, found):
    assert problems(*promotions) == found


@pytest.mark.parametrize(
    ("most", "found"),
    [
        (2, []),  # two of the group may apply, so both forced ones do, and they may combine
        (1, [("pair", "combines_with", "each stands in the same exclusive group")]),
    ],
)
def test_a_group_that_lets_two_in_keeps_two_from_nothing(most, found):
    pair = PAIR | SHARED | {"combines_with": ["each"]}
    assert problems(TEN_EACH | SHARED, pair, exclusive_groups={"g": most}) == found
    assert bool(problems(TEN_EACH | SHARED | FORCED, FIVE | SHARED | FORCED, exclusive_groups={"g": most})) is bool(
        found
    )


TEA = Item("tea", Names(en="Tea"), 2_000, category="drinks")
MILK = Item("milk", Names(en="Milk"), 500, category="drinks")
HAM = Item("ham", Names(en="Ham"), 6_000, category="deli", is_weighed=True)
FLOWERS = Item("flowers", Names(en="Flowers"), 0, category="flowers", is_open_price=True)
NEW = Item("new", Names(en="New"), -1, category="new")
SOLD = (TEA, MILK, HAM, FLOWERS, NEW)
DRINKS = {"categories": ["drinks"]}
PARTS = [{"scope": {"skus": ["tea"]}}, {"scope": {"skus": ["milk"]}, "quantity": 2}]


@pytest.mark.parametrize(
    ("promotion", "key", "what"),
    [
        ({"kind": "amount_off", "scope": {"skus": ["milk"]}, "off": 501}, "off", "501 is more than the price of 500"),
        ({"kind": "amount_off", "scope": {"skus": ["milk"]}, "off": 500}, "", ""),  # free, and nothing beyond
        ({"kind": "amount_off", "scope": DRINKS, "off": 2_001}, "off", "2001 is more than the price of 2000"),
        ({"kind": "amount_off", "scope": DRINKS, "off": 600}, "", ""),  # more than the milk costs, but not the tea
        ({"kind": "fixed_price", "scope": DRINKS, "price": 2_000}, "price", "2000 is not below the list price of 2000"),
        ({"kind": "fixed_price", "scope": DRINKS, "price": 1_999}, "", ""),
        ({"kind": "fixed_price", "scope": {"skus": ["ham"]}, "price": 6_500}, "price", "6500 is not below the list price of 6000"),
        ({"kind": "n_for_price", "scope": {"skus": ["milk"]}, "quantity": 3, "price": 1_500}, "price", "1500 is not below the list price of 1500"),
        ({"kind": "n_for_price", "scope": DRINKS, "quantity": 3, "price": 1_500}, "", ""),
        ({"kind": "bundle", "parts": PARTS, "price": 3_000}, "price", "3000 is not below its parts at 3000"),
        ({"kind": "bundle", "parts": PARTS, "price": 2_999}, "", ""),
        ({"kind": "bundle", "parts": PARTS, "off_bp": 100}, "", ""),
        # its scope narrows its parts to the milk: 5.00 and twice 5.00
        ({"kind": "bundle", "parts": [{"scope": ALL}, {"scope": ALL, "quantity": 2}], "scope": {"skus": ["milk"]}, "price": 1_500},
         "price", "1500 is not below its parts at 1500"),
        # a weighed portion is no piece of a group, though it is the dearest of all
        ({"kind": "n_for_price", "scope": ALL, "quantity": 2, "price": 4_000}, "price", "4000 is not below the list price of 4000"),
        # nothing is known of what has no price yet, is typed, or is not there
        ({"kind": "fixed_price", "scope": {"skus": ["new", "flowers"]}, "price": 9_000}, "", ""),
        ({"kind": "fixed_price", "scope": {"tags": ["later"]}, "price": 9_000}, "", ""),
        # and these say more than was spent by themselves
        ({"kind": "basket_amount_off", "off": 500, "min_amount": 499}, "off", "gives 500 for 499 spent"),
        ({"kind": "coupon_amount_off", "off": 500, "code": "A", "min_amount": 499}, "off", "gives 500 for 499 spent"),
        ({"kind": "coupon_amount_off", "off": 500, "code": "A", "min_amount": 500}, "", ""),
        ({"kind": "coupon_amount_off", "off": 500, "code": "A"}, "", ""),  # a coupon of 5.00 for anything
        ({"kind": "basket_amount_off", "off": 500, "min_amount": 400, "amount_of": DRINKS}, "", ""),  # of other items
    ],
)  # fmt: skip
def test_what_a_promotion_may_not_cost(promotion, key, what):
    table = {"id": "x", "names": {"en": "X"}, "scope": ALL} | promotion
    found = read_rules({"promotions": [table]}, known_items=SOLD)
    expected = (Problem("promotion[0] id=x", key, what),) if key else ()
    assert (() if isinstance(found, RuleSet) else found) == expected


def test_without_a_catalogue_prices_are_not_asked():
    table = {"kind": "fixed_price", "id": "x", "names": {"en": "X"}, "scope": ALL, "price": 9_999}
    assert isinstance(read_rules({"promotions": [table]}), RuleSet)


def test_everything_wrong_is_said_at_once():
    found = read_rules(
        {
            "tiers": [{"id": "gold", "names": {"en": "Gold"}, "spend_from": 0}],
            "promotions": [
                {"kind": "amount_off", "id": "a", "names": {"en": "A"}, "scope": {"skus": ["milk"]}, "off": 900},
                {"kind": "percent_off", "id": "b", "names": {"en": "B"}, "scope": {}, "off_bp": 100},
                FIVE | {"when": {"starts_local": "2026-12-02", "ends_local": "2026-12-01"}},
                TEN_EACH | {"scope": {"skus": ["mlik"]}, "who": {"tiers": ["glod"]}},
                TEN_IN_ALL | {"id": "a", "excludes": ["pair"]},
                PAIR | {"excludes": ["a"]},
                {"kind": "spend_off", "id": "s", "scope": ALL, "steps": [{"spend": 1, "off": 1}]},
                {"kind": "spend_off", "id": "t", "names": {"en": "T"}, "scope": ALL,
                 "steps": [{"spend": 200, "off": 20}, {"spend": 200, "off": 30}]},
            ],
        },
        known_skus={"tea", "milk"}, known_items=(TEA, MILK),
    )  # fmt: skip
    assert not isinstance(found, RuleSet)
    assert [str(each) for each in found] == [
        "promotion[4] id=a: id: already used by promotion[0]",
        "promotion[6] id=s: names: missing",
        "promotion[1] id=b: scope: empty: give all = true, or a list of skus, categories, brands or tags",
        "promotion[2] id=five: when.ends_local: 2026-12-01 00:00:00 is not after the start 2026-12-02 00:00:00",
        "promotion[3] id=each: scope.skus: no item has the SKU mlik (did you mean milk?)",
        "promotion[3] id=each: who.tiers: no tier has the id glod (did you mean gold?)",
        "promotion[7] id=t: steps[1]: spend 200 off 30 does not rise above spend 200 off 20",
        "promotion[4] id=a: excludes: a cycle of exclusions: a → pair → a",
        "promotion[0] id=a: off: 900 is more than the price of 500",
    ]
