"""Promotions that use up several pieces: what each kind costs, how it repeats, and which pieces it takes."""

from __future__ import annotations

import pytest

from rules.quote import MissReason
from tests.rules.shopping import basket, label, missed, offer, pieces, portion, quote, total, typed

THREE_FOR_TEN = offer("n_for_price", quantity=3, price=1_000)
TWO_PLUS_ONE = offer("buy_n_get_m", buy=2)
SECOND_HALF = offer("nth_item", ladder_bp=[0, 5_000])
LADDER = offer("nth_item", ladder_bp=[0, 2_000, 5_000])


@pytest.mark.parametrize(
    ("lines", "change", "cost"),
    [
        ([pieces(400, 2)], {}, 800),  # below the group: list price
        ([pieces(400, 3)], {}, 1_000),
        ([pieces(400, 4)], {}, 1_400),  # the fourth is by itself
        ([pieces(400, 7)], {}, 2_400),  # it repeats
        ([pieces(400, 7)], {"times_max": 1}, 2_600),  # once, and four by themselves
        ([pieces(300, 3)], {}, 900),  # never dearer than the list price
        # of four, the dearest three: 6 + 5 + 4 for 10, and the 3
        ([pieces(300), pieces(400), pieces(500), pieces(600)], {}, 1_300),
        # 9 + 2 + 2 for 10; a group of the three at 2 would gain nothing
        ([pieces(900), pieces(200, 4)], {}, 1_400),
        # only pieces of one item go together: three of a, two of b
        ([pieces(400, 3, "a"), pieces(400, 2, "b")], {"alike": "sku"}, 1_800),
        ([pieces(400, 2, "a"), pieces(400, 2, "b")], {"alike": "sku"}, 1_600),  # and there are not three of any
        # or of one category, whatever the item
        ([pieces(400, 2, "a", category="tea"), pieces(400, 1, "b", category="tea")], {"alike": "category"}, 1_000),
        ([pieces(400, 2, "a", category="tea"), pieces(400, 1, "b", category="milk")], {"alike": "category"}, 1_200),
        ([pieces(400, 2, "a", brand="x"), pieces(400, 1, "b", brand="x")], {"alike": "brand"}, 1_000),
        # or of one size
        (
            [pieces(400, 2, "a", tags=frozenset({"size:s", "new"})), pieces(400, 1, "b", tags=frozenset({"size:s"}))],
            {"alike": "tag:size"},
            1_000,
        ),
        (
            [pieces(400, 2, "a", tags=frozenset({"size:s"})), pieces(400, 1, "b", tags=frozenset({"size:m"}))],
            {"alike": "tag:size"},
            1_200,
        ),
    ],
)
def test_several_for_one_price(lines, change, cost):
    assert total(lines, THREE_FOR_TEN | change) == cost


def test_what_several_for_one_price_take_off_is_shared_in_proportion():
    # 2.00 off 5 + 4 + 3: 0.83, 0.67 and 0.50
    found = quote(basket(pieces(500), pieces(400), pieces(300)), THREE_FOR_TEN)
    assert [line.net for line in found.lines] == [417, 333, 250]
    # 2.00 off three at 4.00: two thirds of a fen go to the first two
    found = quote(basket(pieces(400, 3)), THREE_FOR_TEN)
    assert sorted(found.lines[0].unit_nets) == [333, 333, 334]
    assert (found.applied[0].amount, found.applied[0].times) == (200, 1)


@pytest.mark.parametrize(
    ("lines", "change", "cost"),
    [
        ([pieces(300, 2)], {}, 600),  # nothing to get yet
        ([pieces(300, 3)], {}, 600),
        ([pieces(300, 5)], {}, 1_200),  # the second use is not complete
        ([pieces(300, 6)], {}, 1_200),
        ([pieces(300, 6)], {"times_max": 1}, 1_500),
        # dearest first: {6, 5, 4} gives the 4, {3, 2, 1} the 1
        ([pieces(100 * number) for number in range(1, 7)], {}, 1_600),
        # the cheaper of two at half price
        ([pieces(1_000), pieces(600)], {"buy": 1, "off_bp": 5_000}, 1_300),
        # half of 3.33 is 1.665, so 1.67 off
        ([pieces(333, 2)], {"buy": 1, "off_bp": 5_000}, 499),
        ([pieces(300, 4)], {"get": 2}, 600),  # two of four
        ([pieces(300, 3)], {"get": 2}, 900),  # all that one gets must be there
        # only pieces of one item
        ([pieces(300, 3, "a"), pieces(200, 2, "b")], {"alike": "sku"}, 1_000),
        ([pieces(300, 2, "a"), pieces(200, 2, "b")], {"alike": "sku"}, 1_000),
    ],
)
def test_buy_some_get_some_of_the_same(lines, change, cost):
    assert total(lines, TWO_PLUS_ONE | change) == cost


TEA, CUPS = {"categories": ["tea"]}, {"categories": ["cups"]}
TEA_PLUS_CUP = offer("buy_n_get_m", buy=1, scope=TEA, get_scope=CUPS)


def tea(count: int):
    return pieces(2_000, count, "tea", category="tea")


def cups(list_price: int, count: int = 1):
    return pieces(list_price, count, category="cups")


@pytest.mark.parametrize(
    ("lines", "change", "cost", "reason"),
    [
        ([tea(1), cups(500)], {}, 2_000, None),
        ([tea(1), cups(500, 2)], {}, 2_500, None),  # one cup for each tea
        ([tea(2), cups(500)], {}, 4_000, None),
        ([tea(1), cups(500), cups(300)], {}, 2_300, None),  # the dearer cup: better for the customer
        ([tea(3), cups(500, 2)], {"times_max": 1}, 6_500, None),
        ([tea(3), cups(500, 2)], {"buy": 2}, 6_500, None),  # three teas are one use
        ([tea(1), cups(500)], {"off_bp": 3_000}, 2_350, None),
        ([tea(1)], {}, 2_000, MissReason.PART_MISSING),  # the cup is not in the basket
        ([tea(1), cups(500)], {"buy": 2}, 2_500, MissReason.QUANTITY_SHORT),
        ([cups(500)], {}, 500, MissReason.NO_ITEM),
        ([tea(2)], {"get_scope": TEA}, 2_000, None),  # one tea for another
        ([tea(1)], {"get_scope": TEA}, 2_000, MissReason.PART_MISSING),  # the one tea is not both
    ],
)
def test_buy_some_get_some_of_others(lines, change, cost, reason):
    found = quote(basket(*lines), TEA_PLUS_CUP | change)
    assert found.total == cost
    assert missed(found).get("p0") == reason


@pytest.mark.parametrize(
    ("lines", "promotion", "cost"),
    [
        ([pieces(1_000)], SECOND_HALF, 1_000),
        ([pieces(1_000, 2)], SECOND_HALF, 1_500),
        ([pieces(1_000, 3)], SECOND_HALF, 2_500),  # the third is a first again
        ([pieces(1_000, 4)], SECOND_HALF, 3_000),
        ([pieces(1_000), pieces(600)], SECOND_HALF, 1_300),  # the cheaper one is the second
        # dearest first: 10 and half of 8, 6 and half of 4
        ([pieces(1_000), pieces(800), pieces(600), pieces(400)], SECOND_HALF, 2_200),
        ([pieces(333, 2)], SECOND_HALF, 499),  # 1.665 off is 1.67
        ([pieces(1_000, 4)], SECOND_HALF | {"times_max": 1}, 3_500),
        ([pieces(1_000, 2, "a"), pieces(1_000, 1, "b")], SECOND_HALF | {"alike": "sku"}, 2_500),
        ([pieces(1_000, 1, "a"), pieces(1_000, 1, "b")], SECOND_HALF | {"alike": "sku"}, 2_000),
        ([pieces(1_000)], LADDER, 1_000),
        ([pieces(1_000, 2)], LADDER, 1_800),  # fewer pieces get the beginning of the ladder
        ([pieces(1_000, 3)], LADDER, 2_300),
        ([pieces(1_000, 4)], LADDER, 3_300),
        ([pieces(1_000, 5)], LADDER, 4_100),
        ([pieces(1_000), pieces(800), pieces(600)], LADDER, 1_940),  # 10.00 + 6.40 + 3.00
        ([pieces(1_000)], offer("nth_item", ladder_bp=[1_000, 2_000]), 900),  # already the first
    ],
)
def test_the_second_piece_cheaper(lines, promotion, cost):
    assert total(lines, promotion) == cost


def test_a_piece_cannot_be_bought_and_got_at_once():
    assert total([tea(1)], TEA_PLUS_CUP | {"get_scope": TEA}) == 2_000
    assert total([tea(3)], TEA_PLUS_CUP | {"get_scope": TEA}) == 4_000


A_AND_B = [{"scope": {"skus": ["a"]}}, {"scope": {"skus": ["b"]}}]
MEAL = [{"scope": {"categories": [name]}} for name in ("main", "drink", "snack")]


def meal(*mains: int):
    drink, snack = pieces(400, category="drink"), pieces(300, category="snack")
    return [*(pieces(each, category="main") for each in mains), drink, snack]


@pytest.mark.parametrize(
    ("lines", "keys", "cost"),
    [
        ([pieces(600, 1, "a"), pieces(500, 1, "b")], {"parts": A_AND_B, "price": 900}, 900),
        ([pieces(600, 2, "a"), pieces(500, 1, "b")], {"parts": A_AND_B, "price": 900}, 1_500),
        ([pieces(600, 2, "a"), pieces(500, 2, "b")], {"parts": A_AND_B, "price": 900}, 1_800),
        ([pieces(600, 2, "a"), pieces(500, 2, "b")], {"parts": A_AND_B, "price": 900, "times_max": 1}, 2_000),
        ([pieces(600, 1, "a"), pieces(500, 1, "b")], {"parts": A_AND_B, "price": 1_200}, 1_100),  # never dearer
        # a percentage is rounded for each piece: 20 % of 3.33 is 0.67, of 5.00 it is 1.00
        ([pieces(333, 1, "a"), pieces(500, 1, "b")], {"parts": A_AND_B, "off_bp": 2_000}, 666),
        # one of each category, the dearest main
        (meal(1_200, 1_000), {"parts": MEAL, "price": 1_500}, 2_500),
        (meal(1_200, 1_000)[:-1], {"parts": MEAL, "price": 1_500}, 2_600),  # no snack, no meal
        # two of one and one of the other
        (
            [pieces(600, 2, "a"), pieces(500, 1, "b")],
            {"parts": [{"scope": {"skus": ["a"]}, "quantity": 2}, {"scope": {"skus": ["b"]}}], "price": 1_400},
            1_400,
        ),
        # its scope narrows its parts
        (
            [pieces(600, 1, "a"), pieces(500, 1, "b")],
            {"parts": A_AND_B, "price": 900, "scope": {"all": True, "exclude_skus": ["b"]}},
            1_100,
        ),
        # a piece that fits two parts fills one of them
        ([pieces(600, 1, "a")], {"parts": [A_AND_B[0], A_AND_B[0]], "price": 900}, 600),
        ([pieces(600, 2, "a")], {"parts": [A_AND_B[0], A_AND_B[0]], "price": 900}, 900),
    ],
)
def test_bundles(lines, keys, cost):
    assert total(lines, offer("bundle", **keys)) == cost


def test_what_a_bundle_takes_off_is_shared_in_proportion_and_what_is_missing_is_counted():
    bundle = offer("bundle", parts=A_AND_B, price=900)
    found = quote(basket(pieces(600, 1, "a"), pieces(500, 1, "b")), bundle)
    assert [line.net for line in found.lines] == [491, 409]  # 2.00 off 6 + 5: 1.09 and 0.91
    found = quote(basket(pieces(600, 3, "a")), bundle)
    assert [(each.reason, each.short) for each in found.missed] == [(MissReason.PART_MISSING, 1)]


TEN_OFF = offer("percent_off", off_bp=1_000, id="ten")


@pytest.mark.parametrize(
    ("lines", "promotions", "cost"),
    [
        # a piece is used once: 25.00 for three beats 27.00
        ([pieces(1_000, 3)], [TEN_OFF, offer("n_for_price", quantity=3, price=2_500)], 2_500),
        # and the fourth keeps its percentage
        ([pieces(1_000, 4)], [TEN_OFF, offer("n_for_price", quantity=3, price=2_500)], 3_400),
        # where they combine, the second is half of 9.00
        ([pieces(1_000, 2)], [TEN_OFF, SECOND_HALF | {"combines_with": ["ten"]}], 1_350),
        ([pieces(1_000, 2)], [TEN_OFF, SECOND_HALF], 1_500),
        # two group promotions share the pieces out: two and three, where three and two would be 18.00 + 5.00
        ([pieces(1_000, 5)], [SECOND_HALF, TWO_PLUS_ONE], 3_500),
        # coke with coke, or coke in two meals: the meals are better
        (
            [pieces(300, 2, "coke"), pieces(400, 2, "bread"), pieces(200, 2, "bar")],
            [
                offer("buy_n_get_m", buy=1, scope={"skus": ["coke"]}, priority=9),
                offer("bundle", parts=[{"scope": {"skus": [name]}} for name in ("coke", "bread", "bar")], price=450),
            ],
            900,
        ),
        # a unit promotion that is bound to a number of pieces: 5.00 + 6.00
        ([pieces(1_000), pieces(600)], [offer("percent_off", off_bp=5_000, units_max=1)], 1_100),
        ([pieces(500, 3)], [offer("fixed_price", price=300, units_max=2)], 1_100),
        ([pieces(500, 3)], [offer("amount_off", off=50, units_max=2)], 1_400),
        # bound to the cheapest ones: 10.00 + 3.00
        ([pieces(1_000), pieces(600)], [offer("percent_off", off_bp=5_000, units_max=1, which="cheapest")], 1_300),
        (
            [pieces(1_000), pieces(600), pieces(400, 2)],
            [offer("percent_off", off_bp=5_000, units_max=3, which="cheapest")],
            1_700,  # 10 + 3 + 2 + 2
        ),
        # and to no others, although it lowers nothing there
        ([pieces(1_000), pieces(400)], [offer("fixed_price", price=500, units_max=1, which="cheapest")], 1_400),
    ],
)
def test_groups_among_others(lines, promotions, cost):
    assert total(lines, *promotions) == cost


MIXED = offer("bundle", parts=[{"scope": {"all": True}}, {"scope": {"all": True}}], off_bp=5_000)


@pytest.mark.parametrize(
    ("promotion", "weighed", "labelled", "by_hand"),
    [
        # two of each at 10.00, where a group of two pieces would cost 15.00 or 10.00
        (offer("n_for_price", quantity=2, price=1_000), 2_000, 2_000, 2_000),  # a price for several
        (offer("bundle", parts=MIXED["parts"], price=1_000), 2_000, 2_000, 2_000),
        (MIXED, 2_000, 2_000, 1_000),  # typed prices take part in what is no price
        (offer("buy_n_get_m", buy=1), 2_000, 2_000, 1_000),
        (SECOND_HALF, 2_000, 2_000, 1_500),
    ],
)
def test_groups_are_about_pieces(promotion, weighed, labelled, by_hand):
    assert total([portion(500, 2_000), portion(500, 2_000, "pears")], promotion) == weighed
    assert total([label(1_000), label(1_000, "cheese")], promotion) == labelled
    assert total([typed(1_000, 2)], promotion) == by_hand
    assert total([pieces(1_000, 2)], promotion) in (1_000, 1_500)


@pytest.mark.parametrize(
    ("promotion", "cost"),
    [
        # 10.00 for a portion, 6.00 for a label and 3.00 typed: an offer for so many pieces counts each as one
        (offer("percent_off", off_bp=5_000, units_max=1), 1_400),
        (offer("percent_off", off_bp=5_000, units_max=2), 1_100),
        (offer("percent_off", off_bp=5_000, units_max=1, which="cheapest"), 1_750),
        # 2.00 off a kilogram are 1.00 off half of one, and 2.00 off a typed piece
        (offer("amount_off", off=200, units_max=1), 1_700),
        # 10.00 a kilogram are 5.00 for half of one; a typed price takes no part
        (offer("fixed_price", price=1_000, units_max=1), 1_400),
    ],
)
def test_so_many_pieces_at_most_counts_a_portion_as_one(promotion, cost):
    assert total([portion(500, 2_000), label(600), typed(300)], promotion) == cost


# More units than are searched in the general way.
MANY = pieces(100, 30, "many")


def test_a_bundle_of_no_use_to_any_piece_reaches_a_threshold():
    # a costs 8.00, in the bundle 9.00; b costs 0.85, in the bundle 0.90. But from 9.00 on a is 3.00 off.
    cost = total(
        [MANY, pieces(1_000, 1, "a"), pieces(100, 1, "b")],
        offer("percent_off", scope={"skus": ["a"]}, off_bp=2_000),
        offer("percent_off", scope={"skus": ["b"]}, off_bp=1_500),
        offer("bundle", parts=[{"scope": {"skus": ["a"]}}, {"scope": {"skus": ["b"]}}], off_bp=1_000),
        offer("spend_off", scope={"skus": ["a"]}, steps=[{"spend": 900, "off": 300}]),
    )
    assert cost == 3_000 + 900 - 300 + 90


def test_a_bundle_of_no_use_to_any_piece_reaches_two_thresholds_at_once():
    # a: 8.00, in the bundle 9.00; b: 3.40 each, in the bundle 3.60. What the one costs more the other threshold needs.
    cost = total(
        [MANY, pieces(1_000, 1, "a"), pieces(400, 2, "b")],
        offer("percent_off", scope={"skus": ["a"]}, off_bp=2_000),
        offer("percent_off", scope={"skus": ["b"]}, off_bp=1_500),
        offer("bundle", parts=[{"scope": {"skus": ["a"]}}, {"scope": {"skus": ["b"]}}], off_bp=1_000),
        offer("spend_off", scope={"skus": ["a"]}, steps=[{"spend": 900, "off": 105}]),
        offer("spend_off", scope={"skus": ["b"]}, steps=[{"spend": 700, "off": 30}]),
    )
    assert cost == 3_000 + (900 - 105) + (360 + 340 - 30)
