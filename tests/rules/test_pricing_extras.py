"""What changes no price of an item: gifts, points that are multiplied, and points that pay."""

from __future__ import annotations

import pytest

from rules.loyalty import Member
from rules.quote import MissReason
from tests.rules.shopping import MEMBER, basket, label, missed, offer, pieces, portion, quote


@pytest.mark.parametrize(
    ("lines", "change", "gifts", "reason", "short"),
    [
        ([pieces(500, 2)], {}, [], MissReason.QUANTITY_SHORT, 1),
        ([pieces(500, 3)], {}, [("cup", 1)], None, 0),
        ([pieces(500, 7)], {}, [("cup", 1)], None, 0),  # once, unless the shop says otherwise
        ([pieces(500, 7)], {"times_max": 0}, [("cup", 2)], None, 0),
        ([pieces(500, 12)], {"times_max": 3}, [("cup", 3)], None, 0),
        ([pieces(500, 3)], {"gifts": [{"sku": "cup"}, {"sku": "pen", "quantity": 2}]}, [("cup", 1), ("pen", 2)], None, 0),
        ([portion(500, 1_000), portion(300, 1_000), label(700)], {}, [("cup", 1)], None, 0),  # a portion is a piece
        ([pieces(500, 3)], {"buy": 1, "min_amount": 1_500}, [("cup", 1)], None, 0),
        ([pieces(500, 3)], {"buy": 1, "min_amount": 1_600}, [], MissReason.AMOUNT_SHORT, 100),
    ],
)  # fmt: skip
def test_gifts(lines, change, gifts, reason, short):
    found = quote(basket(*lines), offer("gift", buy=3, gifts=[{"sku": "cup"}]) | change)
    assert [(gift.sku, gift.quantity) for gift in found.gifts] == gifts
    assert [(each.reason, each.short) for each in found.missed] == ([(reason, short)] if reason else [])
    assert found.total == found.gross


@pytest.mark.parametrize(
    ("chosen", "given"),
    [
        ((), "cup"),  # the first one, until somebody chooses
        ((("p0", "pen"),), "pen"),
        ((("p0", "car"),), "cup"),  # not among them
        ((("p9", "pen"),), "cup"),  # chosen for another promotion
    ],
)
def test_a_gift_that_is_chosen(chosen, given):
    gift = offer("gift", choose=True, gifts=[{"sku": "cup"}, {"sku": "pen"}])
    found = quote(basket(pieces(500), gift_choices=chosen), gift)
    assert [(each.sku, each.choices) for each in found.gifts] == [(given, ("cup", "pen"))]


@pytest.mark.parametrize(("base", "is_given"), [("after_unit", False), ("list", True)])
def test_a_gift_counts_what_the_offers_for_pieces_leave(base, is_given):
    gift = offer("gift", min_amount=5_000, gifts=[{"sku": "cup"}], amount_base=base)
    found = quote(basket(pieces(5_000)), offer("percent_off", off_bp=1_000), gift)
    assert bool(found.gifts) is is_given


def test_a_gift_uses_up_no_pieces():
    found = quote(
        basket(pieces(1_000, 2)), offer("nth_item", ladder_bp=[0, 5_000]), offer("gift", buy=2, gifts=[{"sku": "cup"}])
    )
    assert (found.total, len(found.gifts)) == (1_500, 1)


DRINKS = {"categories": ["drinks"]}
DOUBLE = offer("points_multiplier", multiplier_bp=20_000)
TRIPLE_DRINKS = offer("points_multiplier", multiplier_bp=30_000, scope=DRINKS)
SHOPPING = (pieces(4_050, category="drinks"), pieces(6_000, category="tobacco"))


@pytest.mark.parametrize(
    ("member", "promotions", "points_rule", "points", "by"),
    [
        # 100.50: whole yuan only
        (MEMBER, [], {}, 100, ()),
        (None, [DOUBLE], {}, 0, ()),
        (Member("m", "silver"), [], {}, 125, ()),
        (Member("m", "gold"), [], {}, 150, ()),
        (Member("m", "lead"), [], {"per_yuan_bp": 5_000}, 50, ()),  # no tier of these rules
        (Member("m", "gold"), [], {"per_yuan_bp": 5_000}, 150, ()),  # a tier has its own rate
        (MEMBER, [DOUBLE], {}, 200, ("p0",)),
        (Member("m", "gold"), [DOUBLE], {}, 300, ("p0",)),
        # two yuan a point more for 40 whole yuan of drinks
        (MEMBER, [TRIPLE_DRINKS], {}, 180, ("p0",)),
        # the highest counts on each line: 40 × 3 and 60 × 2
        (MEMBER, [DOUBLE, TRIPLE_DRINKS], {}, 240, ("p1", "p0")),
        (MEMBER, [DOUBLE, offer("points_multiplier", multiplier_bp=15_000)], {}, 200, ("p0",)),
        # one and a half, floored: 40 × 0.5
        (MEMBER, [offer("points_multiplier", multiplier_bp=15_000, scope=DRINKS)], {}, 120, ("p0",)),
        # what earns nothing is not multiplied either
        (MEMBER, [], {"scope": {"all": True, "exclude_categories": ["tobacco"]}}, 40, ()),
        (MEMBER, [DOUBLE], {"scope": {"all": True, "exclude_categories": ["tobacco"]}}, 80, ("p0",)),
        # points accrue on what is paid: 10 % off leave 90.45
        (MEMBER, [offer("basket_percent_off", off_bp=1_000)], {}, 90, ()),
        (MEMBER, [DOUBLE | {"min_amount": 10_050}], {}, 200, ("p0",)),
        (MEMBER, [DOUBLE | {"min_amount": 10_051}], {}, 100, ()),
        (MEMBER, [DOUBLE | {"who": {"tiers": ["gold"]}}], {}, 100, ()),
    ],
)
def test_points_and_their_multipliers(member, promotions, points_rule, points, by):
    found = quote(basket(*SHOPPING), *promotions, member=member, points=points_rule)
    assert (found.points, found.points_by) == (points, by)


def test_a_portion_accrues_as_anything_does():
    # 1.25 kg at 9.60 are 12.00
    assert quote(basket(portion(1_250, 960)), DOUBLE, member=MEMBER).points == 24


@pytest.mark.parametrize(
    ("balance", "wanted", "cash", "points", "amount"),
    [
        # a basket of 30.00; 100 points are 1.00, for half of it at the most
        (2_000, 900, {}, 900, 900),
        (2_000, 950, {}, 900, 900),  # whole steps
        (2_000, 99, {}, 0, 0),
        (2_000, 1_900, {}, 1_500, 1_500),  # half of the basket
        (250, 900, {}, 200, 200),  # no more than there are
        (0, 900, {}, 0, 0),
        (9_000, 9_000, {"most_bp": 10_000}, 3_000, 3_000),  # all of it, and nothing left over
        (9_000, 9_000, {"most_bp": 10_000, "worth": 700}, 400, 2_800),  # a fifth step of 7.00 would be too much
        (9_000, 2_500, {"step": 1_000, "worth": 500}, 2_000, 1_000),
    ],
)
def test_points_as_cash(balance, wanted, cash, points, amount):
    rule = {"cash": {"step": 100, "worth": 100, "most_bp": 5_000} | cash}
    bought = basket(pieces(3_000), points_to_redeem=wanted)
    found = quote(bought, member=Member("m1", points=balance), points=rule)
    assert found.total == 3_000 - amount
    paid = found.points_paid
    assert ((paid.points, paid.amount) if paid else (0, 0)) == (points, amount)
    assert [each.promotion_id for line in found.lines for each in line.discounts] == (["points"] if amount else [])


def test_points_are_taken_after_everything_else_and_accrue_on_what_is_left():
    # 100.00 less a tenth, less a coupon of 10.00: 80.00, of which half
    bought = basket(pieces(10_000), codes=("ten",), points_to_redeem=9_000)
    promotions = [offer("basket_percent_off", off_bp=1_000), offer("coupon_amount_off", off=1_000, code="TEN")]
    cash = {"cash": {"step": 100, "worth": 100, "most_bp": 5_000}}
    found = quote(bought, *promotions, member=Member("m1", points=9_000), points=cash)
    assert (found.total, found.points_paid and found.points_paid.amount, found.points) == (4_000, 4_000, 40)


def test_without_a_member_or_a_rule_points_pay_nothing():
    bought = basket(pieces(3_000), points_to_redeem=900)
    assert quote(bought, points={"cash": {"step": 100, "worth": 100}}).total == 3_000
    assert quote(bought, member=Member("m1", points=2_000)).total == 3_000


def test_points_do_not_change_which_promotions_apply():
    # 满100减10 stays, although points leave less than 100.00
    bought = basket(pieces(10_000), points_to_redeem=3_000)
    steps = offer("spend_off", steps=[{"spend": 10_000, "off": 1_000}], amount_base="after_previous")
    cash = {"cash": {"step": 100, "worth": 100, "most_bp": 10_000}}
    found = quote(bought, steps, member=Member("m1", points=3_000), points=cash)
    assert (found.total, found.discount) == (6_000, 4_000)


def test_a_multiplier_is_for_members():
    found = quote(basket(pieces(1_000)), DOUBLE)
    assert missed(found) == {"p0": MissReason.MEMBERS_ONLY}
