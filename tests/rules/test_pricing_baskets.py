"""Promotions on the whole basket: percentages, 满减, 每满, amounts and coupons, and what keeps promotions apart."""

from __future__ import annotations

import pytest

from rules.quote import MissReason
from rules.usage import Usage
from tests.rules.shopping import MEMBER, basket, label, missed, offer, pieces, portion, quote, total, typed

TEN = offer("basket_percent_off", off_bp=1_000)
STEPS = offer(
    "spend_off",
    steps=[{"spend": 10_000, "off": 1_000}, {"spend": 20_000, "off": 2_500}, {"spend": 30_000, "off": 4_000}],
)
FIVE_OFF = offer("basket_amount_off", off=500)
EVERY_FIFTY = offer("every_spend_off", every=5_000, off=500)


def spend_off(spend: int, off: int, **keys: object):
    return offer("spend_off", steps=[{"spend": spend, "off": off}], **keys)


@pytest.mark.parametrize(
    ("lines", "promotion", "nets"),
    [
        # a tenth, at most 5.00
        ([pieces(4_000)], TEN | {"off_max": 500}, [3_600]),
        ([pieces(5_000)], TEN | {"off_max": 500}, [4_500]),
        ([pieces(8_000)], TEN | {"off_max": 500}, [7_500]),
        # a cap is shared like any discount: 1.875 and 3.125, the odd fen to the first SKU
        ([pieces(3_000), pieces(5_000)], TEN | {"off_max": 500}, [2_812, 4_688]),
        # rounded once for all of its scope: 10 % of 9.99 is 1.00; what is outside pays nothing of it
        ([pieces(333, 3), pieces(1_000, category="rice")], TEN | {"scope": {"skus": ["at-00333"]}}, [899, 1_000]),
        # the best step that is reached, once
        ([pieces(9_999)], STEPS, [9_999]),
        ([pieces(10_000)], STEPS, [9_000]),
        ([pieces(19_999)], STEPS, [18_999]),
        ([pieces(20_000)], STEPS, [17_500]),
        ([pieces(35_000)], STEPS, [31_000]),
        ([pieces(90_000)], STEPS, [86_000]),  # beyond the last step nothing more
        # as often as the amount holds, up to the cap
        ([pieces(4_999)], EVERY_FIFTY, [4_999]),
        ([pieces(5_000)], EVERY_FIFTY, [4_500]),
        ([pieces(12_000)], EVERY_FIFTY, [11_000]),
        ([pieces(20_000)], EVERY_FIFTY | {"off_max": 1_200}, [18_800]),
        ([pieces(20_000)], EVERY_FIFTY | {"off_max": 500}, [19_500]),
        # once, however many pieces; never below zero; only off its scope
        ([pieces(2_000, 3)], FIVE_OFF, [5_500]),
        ([pieces(300)], FIVE_OFF, [0]),
        ([pieces(300, category="tea"), pieces(1_000)], FIVE_OFF | {"scope": {"categories": ["tea"]}}, [0, 1_000]),
        ([pieces(1_999)], FIVE_OFF | {"min_amount": 2_000}, [1_999]),
        ([pieces(2_000)], FIVE_OFF | {"min_amount": 2_000}, [1_500]),
        ([pieces(2_000)], FIVE_OFF | {"min_quantity": 2}, [2_000]),
        ([pieces(1_000, 2)], FIVE_OFF | {"min_quantity": 2}, [1_500]),
    ],
)
def test_each_kind_on_the_basket(lines, promotion, nets):
    assert [line.net for line in quote(basket(*lines), promotion).lines] == nets


@pytest.mark.parametrize(
    ("promotion", "cost"),
    [
        # half a kilogram at 20.00, a label of 10.00 and a typed price of 10.00: 30.00 in all
        (TEN, 2_700),
        (spend_off(3_000, 600), 2_400),
        (offer("every_spend_off", every=1_000, off=100), 2_700),
        (FIVE_OFF, 2_500),
        (FIVE_OFF | {"min_quantity": 3}, 2_500),  # each counts as a piece
        (FIVE_OFF | {"min_quantity": 4}, 3_000),
        (offer("coupon_percent_off", off_bp=2_000), 2_400),
        (offer("coupon_amount_off", off=700), 2_300),
    ],
)
def test_weighed_labelled_and_typed_prices_count_for_the_basket(promotion, cost):
    assert total([portion(500, 2_000), label(1_000), typed(1_000)], promotion) == cost


TEN_EACH = offer("percent_off", off_bp=1_000, id="each")
FIFTEEN_EACH = offer("percent_off", off_bp=1_500, id="each")


@pytest.mark.parametrize(
    ("promotions", "cost"),
    [
        # 10 off from 90.00 on 100.00; 15 % off each leave 85.00
        ([FIFTEEN_EACH, spend_off(9_000, 1_000, amount_base="list")], 7_500),  # list prices reach it
        ([FIFTEEN_EACH, spend_off(9_000, 1_000)], 8_500),  # what is left does not, and 90.00 without the 15 % is more
        ([FIFTEEN_EACH, spend_off(8_500, 1_000)], 7_500),  # exactly the amount is enough
        # a percentage of the basket changes nothing for what counts after the units
        ([offer("basket_percent_off", off_bp=1_500), spend_off(9_000, 1_000)], 7_500),
        ([offer("basket_percent_off", off_bp=1_500), spend_off(9_000, 1_000, amount_base="after_previous")], 8_500),
        # each 满减 counts the same amount, unless it waits for what the one before leaves
        ([spend_off(9_500, 1_000), spend_off(9_500, 500)], 8_500),
        ([spend_off(9_500, 1_000), spend_off(9_500, 500, amount_base="after_previous")], 9_000),
    ],
)
def test_which_amount_counts(promotions, cost):
    assert total([pieces(10_000)], *promotions) == cost


RICE, DRINKS = {"categories": ["rice"]}, {"categories": ["drinks"]}


@pytest.mark.parametrize(
    ("rice", "promotion", "reason", "short"),
    [
        # a drink at 8.00 is cheaper for who buys rice
        (5_000, FIVE_OFF | {"scope": DRINKS, "amount_of": RICE, "min_amount": 5_000}, None, 0),
        (4_999, FIVE_OFF | {"scope": DRINKS, "amount_of": RICE, "min_amount": 5_000}, MissReason.AMOUNT_SHORT, 1),
        (5_000, spend_off(5_000, 500, scope=DRINKS, amount_of=RICE), None, 0),
        (5_000, offer("every_spend_off", every=5_000, off=500, scope=DRINKS, amount_of=RICE), None, 0),
        (5_000, offer("amount_off", off=500, scope=DRINKS, amount_of=RICE, min_amount=5_000), None, 0),
        (4_999, offer("amount_off", off=500, scope=DRINKS, amount_of=RICE, min_amount=5_000), MissReason.AMOUNT_SHORT, 1),
        (5_000, offer("amount_off", off=500, scope=DRINKS, quantity_of=RICE, min_quantity=1), None, 0),
        (5_000, offer("amount_off", off=500, scope=DRINKS, quantity_of=RICE, min_quantity=3), MissReason.QUANTITY_SHORT, 2),
    ],
)  # fmt: skip
def test_what_other_items_make_cheaper(rice, promotion, reason, short):
    found = quote(basket(pieces(rice, category="rice"), pieces(800, category="drinks")), promotion)
    assert found.total == rice + (800 if reason else 300)
    assert [(each.reason, each.short) for each in found.missed] == ([(reason, short)] if reason else [])


TEN_COUPON = offer("coupon_percent_off", off_bp=1_000, code="TEN")
FIVE_COUPON = offer("coupon_amount_off", off=500, code="Five")


@pytest.mark.parametrize(
    ("codes", "promotions", "cost", "reasons"),
    [
        (("TEN",), [TEN_COUPON], 9_000, {}),
        ((" ten ",), [TEN_COUPON], 9_000, {}),  # neither capitals nor spaces matter
        ((), [TEN_COUPON], 10_000, {"p0": MissReason.NO_CODE}),
        (("TENT",), [TEN_COUPON], 10_000, {"p0": MissReason.NO_CODE}),
        # the percentage first, whichever was given first
        (("ten", "five"), [TEN_COUPON, FIVE_COUPON], 8_500, {}),
        (("five", "ten"), [FIVE_COUPON, TEN_COUPON], 8_500, {}),
        (("five", "five"), [FIVE_COUPON], 9_500, {}),  # once
        # after everything else: 100 − 10 = 90, a tenth of which is 9, and 5
        (("five", "ten"), [FIVE_COUPON, TEN_COUPON, spend_off(10_000, 1_000)], 7_600, {}),
        # a coupon counts what is left: 90.00 do not reach 95.00
        (("five",), [FIVE_COUPON | {"min_amount": 9_500}, spend_off(10_000, 1_000)], 9_000, {"p0": MissReason.AMOUNT_SHORT}),
        (("five",), [FIVE_COUPON | {"min_amount": 9_500, "amount_base": "list"}, spend_off(10_000, 1_000)], 8_500, {}),
        # and where it is worth more than what spoils it, that is left out: 100 − 20
        (("big",), [offer("coupon_amount_off", off=2_000, code="big", min_amount=9_500), spend_off(10_000, 1_000)], 8_000,
         {"p1": MissReason.BETTER_USED}),
        (("ten",), [TEN_COUPON | {"off_max": 300}], 9_700, {}),
        # an item coupon is for one piece
        (("half",), [offer("percent_off", off_bp=5_000, code="half", units_max=1)], 7_500, {}),
    ],
)  # fmt: skip
def test_coupons(codes, promotions, cost, reasons):
    found = quote(basket(pieces(5_000, 2), codes=codes), *promotions)
    assert found.total == cost
    assert missed(found) == reasons


@pytest.mark.parametrize(
    ("codes", "spent", "cost", "reason", "used"),
    [
        (("FIVE-0017",), (), 1_500, None, ("five-0017",)),
        (("five-0017",), ("five-0018",), 1_500, None, ("five-0017",)),
        (("five-0017",), ("five-0017",), 2_000, MissReason.CODE_SPENT, ()),
        (("five-0017", "five-0018"), ("five-0017",), 1_500, None, ("five-0018",)),
        (("five-0017", "five-0018"), (), 1_500, None, ("five-0017",)),  # one coupon, one code
        (("FIVE",), (), 2_000, MissReason.NO_CODE, ()),  # the coupon's own word is nobody's code
        (("five-",), (), 2_000, MissReason.NO_CODE, ()),
    ],
)
def test_codes_that_work_once(codes, spent, cost, reason, used):
    coupon = FIVE_COUPON | {"single_use": True}
    found = quote(basket(pieces(2_000), codes=codes), coupon, usage=Usage(spent_codes=frozenset(spent)))
    assert (found.total, found.spent_codes) == (cost, used)
    assert missed(found).get("p0") == reason


def test_a_code_that_helped_nothing_is_not_spent():
    better = offer("basket_percent_off", off_bp=5_000, exclusive_group="one")
    coupon = FIVE_COUPON | {"single_use": True, "exclusive_group": "one"}
    found = quote(basket(pieces(2_000), codes=("five-0017",)), better, coupon)
    assert (found.total, found.spent_codes, missed(found)) == (1_000, (), {"p1": MissReason.EXCLUDED})


@pytest.mark.parametrize(
    ("uses", "usage", "member", "reason"),
    [
        ({"in_all": 3}, Usage(in_all={"p0": 2}), None, None),
        ({"in_all": 3}, Usage(in_all={"p0": 3}), None, MissReason.USED_UP),
        ({"in_all": 3}, Usage(in_all={"p1": 3}), None, None),  # another promotion's uses
        ({"a_day": 1}, Usage(in_all={"p0": 9}), None, None),
        ({"a_day": 1}, Usage(today={"p0": 1}), None, MissReason.USED_UP),
        ({"a_member": 1}, Usage(), MEMBER, None),
        ({"a_member": 1}, Usage(by_member={"p0": 1}), MEMBER, MissReason.USED_UP),
        ({"a_member": 1}, Usage(), None, MissReason.MEMBERS_ONLY),  # nobody's uses can be counted
        ({"in_all": 9, "a_member": 9, "a_day": 1}, Usage(today={"p0": 1}), MEMBER, MissReason.USED_UP),
    ],
)
def test_uses(uses, usage, member, reason):
    # a use is a basket, so that both pairs count as one
    half = offer("nth_item", ladder_bp=[0, 5_000], uses=uses)
    found = quote(basket(pieces(1_000, 4)), half, member=member, usage=usage)
    assert found.total == (4_000 if reason else 3_000)
    assert missed(found).get("p0") == reason


def in_group(off_bp: int):
    return offer("basket_percent_off", off_bp=off_bp, exclusive_group="g")


@pytest.mark.parametrize(
    ("promotions", "groups", "cost", "left_out"),
    [
        # of 5, 10 and 20 % so many as the group lets in: the best ones, one after the other
        ([in_group(500), in_group(1_000), in_group(2_000)], {}, 8_000, {"p0", "p1"}),
        ([in_group(500), in_group(1_000), in_group(2_000)], {"g": 2}, 7_200, {"p0"}),
        ([in_group(500), in_group(1_000), in_group(2_000)], {"g": 3}, 6_840, set()),
        # one that takes nothing off does not count
        ([in_group(1_000), offer("fixed_price", price=20_000, exclusive_group="g")], {}, 9_000, {"p1"}),
        # one names the other, and neither goes with it
        ([TEN | {"excludes": ["p1"]}, spend_off(10_000, 2_000)], {}, 8_000, {"p0"}),
        ([TEN, spend_off(10_000, 500, excludes=["p0"])], {}, 9_000, {"p1"}),
        # a chain: the first and the last have nothing against each other
        ([TEN | {"excludes": ["p1"]}, spend_off(10_000, 1_500, excludes=["p2"]), FIVE_OFF | {"off": 1_000}], {}, 8_000, {"p1"}),
        # alone or not at all
        ([TEN, FIVE_OFF, offer("basket_percent_off", off_bp=2_000, alone=True)], {}, 8_000, {"p0", "p1"}),
        ([TEN, FIVE_OFF, offer("basket_percent_off", off_bp=1_200, alone=True)], {}, 8_500, {"p2"}),
        ([TEN_EACH, offer("coupon_amount_off", off=3_000, alone=True)], {}, 7_000, {"each"}),
    ],
)  # fmt: skip
def test_what_keeps_promotions_apart(promotions, groups, cost, left_out):
    found = quote(basket(pieces(10_000)), *promotions, exclusive_groups=groups)
    assert found.total == cost
    assert set(missed(found)) == left_out


TWENTY_EACH = offer("percent_off", off_bp=2_000)


@pytest.mark.parametrize(
    ("promotions", "cost", "cheaper_by"),
    [
        ([offer("percent_off", off_bp=500, forced=True), TWENTY_EACH], 9_500, 1_500),
        ([TEN | {"forced": True, "exclusive_group": "g"}, in_group(2_000)], 9_000, 1_000),
        # 100 − 20 would be 80.00; with the 10 % forced on it, 90.00 do not reach 95.00
        ([TEN_EACH | {"forced": True}, spend_off(9_500, 2_000)], 9_000, 1_000),
        # what the customer would take anyhow costs nothing
        ([TWENTY_EACH | {"forced": True}, TEN_EACH], 8_000, 0),
        ([TEN | {"forced": True}, FIVE_OFF], 8_500, 0),
        # what takes nothing off forces nothing
        ([offer("fixed_price", price=20_000, forced=True), TWENTY_EACH], 8_000, 0),
    ],
)
def test_what_is_forced_and_what_that_costs(promotions, cost, cheaper_by):
    found = quote(basket(pieces(10_000)), *promotions)
    assert (found.total, found.cheaper_by) == (cost, cheaper_by)


A_FIFTH_OFF_A = offer("percent_off", off_bp=2_000, scope={"skus": ["a"]})
FULL = {"full_price_only": True}


@pytest.mark.parametrize(
    ("promotions", "nets"),
    [
        # a at 10.00, b at 20.00: b alone is full price
        ([A_FIFTH_OFF_A, TEN | FULL], [800, 1_800]),
        ([A_FIFTH_OFF_A, TEN], [720, 1_800]),
        ([A_FIFTH_OFF_A, FIVE_OFF | FULL], [800, 1_500]),
        ([A_FIFTH_OFF_A, offer("coupon_percent_off", off_bp=1_000) | FULL], [800, 1_800]),
        ([A_FIFTH_OFF_A, offer("coupon_amount_off", off=300) | FULL], [800, 1_700]),
        ([A_FIFTH_OFF_A, offer("every_spend_off", every=1_000, off=50) | FULL], [800, 1_900]),
        # what is lowered does not count: 20.00 are not 25.00
        ([A_FIFTH_OFF_A, spend_off(2_500, 100) | FULL], [800, 2_000]),
        # unless that is better for the customer: 30 − 5
        ([A_FIFTH_OFF_A, spend_off(2_500, 500) | FULL], [833, 1_667]),
        # pieces that a group promotion used are no longer full price
        ([offer("bundle", parts=[{"scope": {"skus": ["a"]}}, {"scope": {"skus": ["b"]}}], price=2_500), TEN | FULL],
         [833, 1_667]),
    ],
)  # fmt: skip
def test_only_what_no_other_promotion_lowers(promotions, nets):
    found = quote(basket(pieces(1_000, 1, "a"), pieces(2_000, 1, "b")), *promotions)
    assert [line.net for line in found.lines] == nets
