from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from rules.basket import Basket, Item, Line, Names
from rules.loyalty import Birthday, Member
from rules.pricing import price, price_within
from rules.pricing_json import PriceRequest, parse_request, quote_json
from rules.promotions import NO_RULES, RuleSet, read_rules
from rules.quote import AppliedPromotion, LineDiscount, MissedPromotion, MissReason, Quote

SUNDAY_NOON = datetime(2026, 11, 22, 12, 0)
ANYBODY = Member("m1", visits=3)
GOLD = {"id": "gold", "names": {"en": "Gold"}, "spend_from": 100, "points_per_yuan_bp": 15_000}
SILVER = {"id": "silver", "names": {"en": "Silver"}, "spend_from": 50, "price_tier": "gold"}


def rules(*promotions: dict[str, object]) -> RuleSet:
    complete = [
        {"id": f"p{number}", "names": {"en": f"P{number}"}, "scope": {"all": True}} | promotion
        for number, promotion in enumerate(promotions)
    ]
    found = read_rules({"version": "v", "tiers": [GOLD, SILVER], "promotions": complete})
    assert isinstance(found, RuleSet), [str(problem) for problem in found]
    return found


def item(sku: str, list_price: int, **others: object) -> Item:
    return Item(sku, Names(en=sku), list_price, **others)


def basket(*lines: Line, codes: tuple[str, ...] = (), lane: int = 1) -> Basket:
    return Basket("sale", lines, codes=codes, lane=lane)


def piece(list_price: int, quantity: int = 1, sku: str = "", **others: object) -> Line:
    name = sku or f"sku-{list_price}"
    return Line(name, item(name, list_price, **others), quantity)


def quote(
    bought: Basket, *promotions: dict[str, object], member: Member | None = None, now: datetime = SUNDAY_NOON
) -> Quote:
    return price(bought, rules(*promotions), member, now)


def percent(off_bp: int, **others: object) -> dict[str, object]:
    return {"kind": "percent_off", "off_bp": off_bp} | others


def whole_percent(off_bp: int, **others: object) -> dict[str, object]:
    return {"kind": "basket_percent_off", "off_bp": off_bp} | others


def spend(*steps: tuple[int, int], **others: object) -> dict[str, object]:
    return {"kind": "spend_off", "steps": [{"spend": at, "off": off} for at, off in steps]} | others


def every(at: int, off: int, **others: object) -> dict[str, object]:
    return {"kind": "every_spend_off", "every": at, "off": off} | others


def amount(off: int, **others: object) -> dict[str, object]:
    return {"kind": "amount_off", "off": off} | others


def fixed(at: int, **others: object) -> dict[str, object]:
    return {"kind": "fixed_price", "price": at} | others


MEMBER_PRICE = {"kind": "member_price"}


def test_an_empty_basket_costs_nothing():
    assert quote(basket(), percent(1_000)) == Quote(
        (), 0, 0, 0, 0, missed=(MissedPromotion("p0", Names(en="P0"), MissReason.NO_ITEM),), rules_version="v"
    )


def test_without_rules_list_prices_count_and_members_earn_a_point_a_yuan():
    found = price(basket(piece(480, 2), piece(150)), NO_RULES, ANYBODY, SUNDAY_NOON)
    assert (found.gross, found.discount, found.total, found.points) == (1_110, 0, 1_110, 11)


@pytest.mark.parametrize(
    ("lines", "promotion", "nets"),
    [
        # each piece is rounded by itself: 0.333 off is 0.33
        ([piece(333, 3)], percent(1_000), [900]),
        # the discount of half a fen goes to the customer
        ([piece(5)], percent(1_000), [4]),
        # all of it leaves nothing behind
        ([piece(333, 3)], percent(10_000), [0]),
        # off each piece, never below zero
        ([piece(500, 2), piece(30)], amount(50), [900, 0]),
        # a price never raises one
        ([piece(500, 2), piece(300)], fixed(400), [800, 300]),
        # the member price of any member; an item without one keeps its price
        ([piece(500, 2, tier_prices={"": 450}), piece(300)], MEMBER_PRICE, [900, 300]),
        # a member price above the list price is none
        ([piece(500, tier_prices={"": 550})], MEMBER_PRICE, [500]),
        # the whole basket is rounded once: 99.9 fen off, shared by largest remainder
        ([piece(333, 3)], whole_percent(1_000), [899]),
        # the highest step that is reached, and only that
        ([piece(10_000), piece(10_000, sku="b")], spend((10_000, 1_000), (20_000, 2_500)), [8_750, 8_750]),
        ([piece(9_999)], spend((10_000, 1_000)), [9_999]),
        ([piece(10_000)], spend((10_000, 1_000)), [9_000]),
        # for every 50
        ([piece(5_000, 3)], every(5_000, 500), [13_500]),
        ([piece(14_999)], every(5_000, 500), [13_999]),
        # up to the cap, also where the cap is no multiple
        ([piece(5_000, 3)], every(5_000, 500, off_max=1_200), [13_800]),
    ],
)
def test_each_kind_alone(lines, promotion, nets):
    found = quote(basket(*lines), promotion, member=ANYBODY)
    assert [line.net for line in found.lines] == nets
    assert found.certified and found.gap == 0


WEIGHED = {"is_weighed": True, "unit": "kg", "tier_prices": {"": 698}}


@pytest.mark.parametrize(
    ("line", "promotion", "net"),
    [
        (Line("w", item("w", 798, **WEIGHED), weight_g=1_250), percent(1_000), 898),  # 9.98 less 1.00
        (Line("w", item("w", 798, **WEIGHED), weight_g=1_250), MEMBER_PRICE, 873),  # 6.98 × 1.25 = 8.725
        (Line("w", item("w", 798, **WEIGHED), weight_g=1_250), fixed(400), 500),  # a price is per kilogram
        (Line("w", item("w", 798, **WEIGHED), weight_g=500), amount(100), 349),  # 3.99 less 0.50: off a kilogram
        # the amount on the label counts
        (Line("w", item("w", 798, **WEIGHED), label_amount=1_000), percent(1_000), 900),
        # without a weight in proportion: 10.00 × 6.98 / 7.98
        (Line("w", item("w", 798, **WEIGHED), label_amount=1_000), MEMBER_PRICE, 875),
        # with one by weight
        (Line("w", item("w", 798, **WEIGHED), weight_g=1_250, label_amount=1_000), MEMBER_PRICE, 873),
        # an item without a list price has no proportion
        (Line("w", item("w", 0, **WEIGHED), label_amount=1_000), MEMBER_PRICE, 1_000),
        # a typed price takes part in percentages and amounts, not in prices
        (Line("o", item("o", 0, is_open_price=True), open_price=2_000), percent(1_000), 1_800),
        (Line("o", item("o", 0, is_open_price=True), open_price=2_000), amount(100), 1_900),
        (Line("o", item("o", 0, is_open_price=True), open_price=2_000), fixed(100), 2_000),
        (Line("o", item("o", 500, is_open_price=True, tier_prices={"": 1}), open_price=600), MEMBER_PRICE, 600),
    ],
)
def test_weighed_labelled_and_typed_prices(line, promotion, net):
    assert quote(basket(line), promotion, member=ANYBODY).total == net


@pytest.mark.parametrize(
    ("tier_id", "tier_prices", "net"),
    [
        ("", {"": 450, "gold": 400}, 450),  # any member
        ("gold", {"": 450, "gold": 400}, 400),  # the tier's own price
        ("silver", {"": 450, "gold": 400}, 400),  # a tier that pays another's prices
        ("gold", {"": 390, "gold": 400}, 390),  # whichever is lower
        ("lead", {"": 450}, 450),  # a tier that the rules do not know
        ("gold", {"silver": 100}, 500),  # nothing for this tier
    ],
)
def test_the_member_price_by_tier(tier_id, tier_prices, net):
    assert quote(basket(piece(500, tier_prices=tier_prices)), MEMBER_PRICE, member=Member("m", tier_id)).total == net


@pytest.mark.parametrize(
    ("lines", "promotions", "total"),
    [
        # a piece takes the best one
        ([piece(1_000)], [percent(1_000), amount(150), fixed(870)], 850),
        # or two that combine; the percentage comes before the amount: 10.00, 9.00, 7.50
        ([piece(1_000)], [amount(150, combines_with=["p1"]), percent(1_000)], 750),
        # a price comes before the percentage
        ([piece(1_000)], [percent(1_000), fixed(800, combines_with=["p0"])], 720),
        # of three, only those that combine with each other
        ([piece(1_000)], [percent(1_000), amount(50, combines_with=["p0"]), amount(100)], 850),
        # basket promotions come after, and a percentage before 满减 whatever the order of the file
        ([piece(10_000)], [spend((8_000, 1_000)), whole_percent(1_000), percent(1_000)], 7_100),
        # the best of an exclusive group
        ([piece(1_000)], [whole_percent(1_000, exclusive_group="g"), whole_percent(1_500, exclusive_group="g")], 850),
        # across lanes too: 1.00 off the piece, or 3.00 off the basket
        ([piece(1_000)], [amount(100, exclusive_group="g"), spend((500, 300), exclusive_group="g")], 700),
        # without a group both apply
        ([piece(1_000)], [whole_percent(1_000), whole_percent(1_500)], 765),
        # a basket never costs less than nothing
        ([piece(1_000)], [spend((900, 900), amount_base="list"), spend((1_000, 800), amount_base="list")], 0),
        # two words about the same items
        (
            [piece(31_500)],
            [spend((28_850, 28_850), amount_base="list"), whole_percent(1_000)],
            0,
        ),
    ],
)
def test_promotions_together(lines, promotions, total):
    assert quote(basket(*lines), *promotions).total == total


@pytest.mark.parametrize(
    ("lines", "promotions", "total", "why"),
    [
        (
            [piece(6_000), piece(5_000)],
            [
                percent(500, scope={"skus": ["sku-6000"]}),
                percent(1_500, scope={"skus": ["sku-5000"]}),
                spend((10_000, 2_000)),
            ],
            8_250,
            "60.00 + 42.50 keep the 20.00 off; both percentages leave 99.50 and lose it",
        ),
        (
            [piece(1_000, 10)],
            [percent(100), spend((9_995, 100))],
            9_900,
            "leaving out all of the ten 0.10 costs what it gains; it is a draw that one discount wins",
        ),
        (
            [piece(1_000, 10)],
            [percent(1_000), spend((9_500, 2_000))],
            7_500,
            "half of the pieces keep their list price: 95.00 is just enough",
        ),
        (
            [piece(10_000)],
            [whole_percent(1_000), spend((9_500, 2_000), amount_base="after_previous")],
            8_000,
            "without the 10 % the 满减 counts 100.00",
        ),
        (
            [piece(10_000)],
            [whole_percent(1_000), spend((9_500, 2_000))],
            7_000,
            "a 满减 that counts prices before basket percentages is not hurt by them",
        ),
        (
            [piece(10_000)],
            [percent(1_000), spend((9_500, 2_000), amount_base="list")],
            7_000,
            "nor one that counts list prices by anything",
        ),
        (
            [piece(3_000, 2)],
            [percent(1_000), every(3_000, 700)],
            4_600,
            "two times 7.00 on list prices beat 6.00 and once 7.00",
        ),
    ],
)
def test_a_threshold_may_be_worth_a_dearer_piece(lines, promotions, total, why):
    found = quote(basket(*lines), *promotions)
    assert found.total == total, why
    assert found.certified


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"scope": {"categories": ["tea"]}}, MissReason.NO_ITEM),
        ({"scope": {"all": True, "exclude_brands": ["acme"]}}, MissReason.NO_ITEM),
        ({"who": {"members_only": True}}, MissReason.MEMBERS_ONLY),
        ({"when": {"starts_local": "2026-11-23"}}, MissReason.NOT_STARTED),
        ({"when": {"starts_local": "2026-11-22T12:00:00"}}, None),  # its first moment is in
        ({"when": {"ends_local": "2026-11-22T12:00:00"}}, MissReason.ENDED),  # its end is out
        ({"when": {"ends_local": "2026-11-23"}}, None),
        ({"when": {"weekdays": ["sun"]}}, None),
        ({"when": {"weekdays": ["mon", "sat"]}}, MissReason.WRONG_DAY),
        ({"when": {"days_of_month": [22]}}, None),
        ({"when": {"days_of_month": [8, 18, 28]}}, MissReason.WRONG_DAY),
        ({"when": {"from_time": "12:00", "until_time": "13:00"}}, None),
        ({"when": {"from_time": "11:00", "until_time": "12:00"}}, MissReason.WRONG_HOUR),
        ({"when": {"from_time": "22:00", "until_time": "06:00"}}, MissReason.WRONG_HOUR),
        ({"lanes": [2]}, MissReason.WRONG_LANE),
        ({"lanes": [1, 2]}, None),
        ({"channels": ["online"]}, MissReason.WRONG_LANE),
        ({"code": "SAVE"}, MissReason.NO_CODE),
        ({"code": "tencent"}, None),  # given as " TenCent"
        ({"min_quantity": 2}, None),
    ],
)
def test_conditions_of_items_moment_and_place(condition, reason):
    bought = basket(piece(500, 2, brand="acme", category="food"), codes=(" TenCent",))
    found = quote(bought, percent(1_000, **condition))
    assert [missed.reason for missed in found.missed] == ([] if reason is None else [reason])
    assert found.total == (900 if reason is None else 1_000)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (datetime(2026, 11, 20, 21, 59), MissReason.WRONG_HOUR),  # Friday, before ten
        (datetime(2026, 11, 20, 22, 0), None),
        (datetime(2026, 11, 21, 1, 59), None),  # Saturday by the calendar, Friday's night
        (datetime(2026, 11, 21, 2, 0), MissReason.WRONG_DAY),
        (datetime(2026, 11, 20, 1, 0), MissReason.WRONG_DAY),  # Thursday's night
    ],
)
def test_a_slot_across_midnight_belongs_to_the_evening_on_which_it_began(now, reason):
    when = {"weekdays": ["fri"], "from_time": "22:00", "until_time": "02:00"}
    found = quote(basket(piece(500)), percent(1_000, when=when), now=now)
    assert [missed.reason for missed in found.missed] == ([] if reason is None else [reason])


@pytest.mark.parametrize(
    ("member", "who", "reason"),
    [
        (ANYBODY, {"members_only": True}, None),
        (Member("m", "gold"), {"tiers": ["gold"]}, None),
        (Member("m", "silver"), {"tiers": ["gold"]}, MissReason.WRONG_TIER),
        (None, {"tiers": ["gold"]}, MissReason.MEMBERS_ONLY),
        (Member("m", visits=0), {"new_member": True}, None),
        (Member("m", visits=1), {"new_member": True}, MissReason.NOT_NEW_MEMBER),
        (None, {"new_member": True}, MissReason.MEMBERS_ONLY),
        (Member("m", tags=frozenset({"student"})), {"tags": ["student", "staff"]}, None),
        (Member("m", tags=frozenset({"student"})), {"tags": ["staff"]}, MissReason.NOT_TAGGED),
        (Member("m", birthday=Birthday(11, 22)), {"birthday": {}}, None),
        (Member("m", birthday=Birthday(11, 24)), {"birthday": {"days_before": 2}}, None),
        (Member("m", birthday=Birthday(11, 24)), {"birthday": {"days_before": 1}}, MissReason.NOT_BIRTHDAY),
        (Member("m", birthday=Birthday(10, 14, lunar=True)), {"birthday": {}}, None),  # 22 November 2026
        (Member("m"), {"birthday": {}}, MissReason.NOT_BIRTHDAY),  # unknown
    ],
)
def test_conditions_of_the_customer(member, who, reason):
    found = quote(basket(piece(500)), percent(1_000, who=who), member=member)
    assert [missed.reason for missed in found.missed] == ([] if reason is None else [reason])


@pytest.mark.parametrize(
    ("promotions", "missed"),
    [
        ([percent(1_000, min_quantity=5)], (MissReason.QUANTITY_SHORT, 3, 0)),
        ([percent(1_000, min_amount=1_200)], (MissReason.AMOUNT_SHORT, 200, 0)),
        ([spend((1_200, 100), (2_000, 300))], (MissReason.AMOUNT_SHORT, 200, 100)),  # the first step is nearest
        ([every(3_000, 500)], (MissReason.AMOUNT_SHORT, 2_000, 500)),
        ([whole_percent(1_000, min_amount=1_500)], (MissReason.AMOUNT_SHORT, 500, 0)),
        # what the unit promotions leave is what counts
        ([percent(1_000, id="a"), spend((1_000, 50))], (MissReason.AMOUNT_SHORT, 100, 50)),
        # unless the shop says otherwise
        ([whole_percent(1_000, id="a"), spend((1_000, 50), amount_base="after_previous")], (MissReason.AMOUNT_SHORT, 100, 50)),
        ([percent(1_000), percent(2_000, id="a")], (MissReason.BETTER_USED, 0, 0)),
        ([fixed(600)], (MissReason.BETTER_USED, 0, 0)),  # the list price is better
        ([percent(1_000, exclusive_group="g"), percent(2_000, id="a", exclusive_group="g")], (MissReason.EXCLUDED, 0, 0)),
        ([MEMBER_PRICE], (MissReason.NO_ITEM, 0, 0)),  # no item has a member price
    ],
)  # fmt: skip
def test_every_promotion_that_did_not_apply_has_one_reason(promotions, missed):
    found = quote(basket(piece(500, 2)), *promotions, member=ANYBODY)
    assert [(each.reason, each.short, each.saves) for each in found.missed] == [missed]


def test_a_forced_promotion_applies_although_another_is_cheaper():
    bought = basket(piece(1_000))
    assert quote(bought, percent(500, forced=True), percent(2_000)).total == 950
    group = {"exclusive_group": "g"}
    assert quote(bought, whole_percent(500, forced=True, **group), whole_percent(2_000, **group)).total == 950
    # Without an effect it forces nothing.
    assert quote(bought, fixed(1_200, forced=True), percent(2_000)).total == 800


def test_priority_settles_ties_and_nothing_more():
    bought = basket(piece(1_000))
    tie = quote(bought, percent(1_000, id="a"), amount(100, id="b", priority=1))
    assert [applied.promotion_id for applied in tie.applied] == ["b"]
    by_id = quote(bought, percent(1_000, id="b"), amount(100, id="a"))
    assert [applied.promotion_id for applied in by_id.applied] == ["a"]
    cheaper = quote(bought, percent(1_010, id="a"), amount(100, id="b", priority=9))
    assert [applied.promotion_id for applied in cheaper.applied] == ["a"]


def test_the_quote_names_for_every_unit_what_it_costs_and_why():
    bought = basket(piece(1_000, 2, sku="b", tax_bp=1_300), piece(500, sku="a", tax_bp=900))
    found = quote(
        bought,
        percent(1_000, scope={"skus": ["b"]}),
        whole_percent(500),
        every(500, 10, off_max=40),
        member=Member("m", "gold"),
    )
    # 18.00 + 5.00 = 23.00; 5 % are 1.15; of 0.40 at every 5.00 four times are left after the cap
    assert (found.gross, found.discount, found.total) == (2_500, 355, 2_145)
    b, a = found.lines
    assert (b.line_id, a.line_id) == ("b", "a")
    assert b.discounts == (LineDiscount("p0", 200), LineDiscount("p1", 90), LineDiscount("p2", 31))
    assert a.discounts == (LineDiscount("p1", 25), LineDiscount("p2", 9))
    assert (b.net, b.unit_nets, a.net) == (1_679, (839, 840), 466)
    assert (b.tax, a.tax, found.tax) == (193, 38, 231)
    assert found.applied == (
        AppliedPromotion("p0", Names(en="P0"), 200, times=2),
        AppliedPromotion("p1", Names(en="P1"), 115, times=1),
        AppliedPromotion("p2", Names(en="P2"), 40, times=4),
    )
    assert found.points == 31  # 21 whole yuan at one and a half
    assert found.rules_version == "v"


def test_points_are_for_members():
    assert quote(basket(piece(1_000))).points == 0
    assert quote(basket(piece(1_000)), member=ANYBODY).points == 10
    assert quote(basket(piece(1_000)), member=Member("m", "gold")).points == 15


def test_a_budget_that_runs_out_is_said_and_bounds_what_might_be_cheaper():
    bought = basket(*(piece(1_000 + 7 * number, 3) for number in range(12)))
    promotions = [percent(300 + 37 * number, scope={"skus": [f"sku-{1_000 + 7 * number}"]}) for number in range(12)]
    offers = rules(*promotions, spend((36_800, 4_000)), every(1_000, 33, scope={"skus": ["sku-1007", "sku-1014"]}))
    proven = price(bought, offers, None, SUNDAY_NOON)
    assert proven.certified
    short = price_within(bought, offers, None, SUNDAY_NOON, nodes=1)
    assert not short.certified
    assert short.total - short.gap <= proven.total <= short.total


EXAMPLE = Path(__file__).parents[2] / "config" / "example" / "price-request.json"


def test_the_example_request_is_priced_as_docs_pricing_says():
    request = parse_request(EXAMPLE.read_text(encoding="utf-8"))
    assert isinstance(request, PriceRequest) and request.rules is not None
    found = price(request.basket, request.rules, request.member, request.now_local)
    assert (found.gross, found.discount, found.total, found.points) == (12_530, 1_945, 10_585, 131)
    assert [line.net for line in found.lines] == [986, 798, 2_149, 6_652]
    text = quote_json(found)
    assert text == quote_json(price(request.basket, request.rules, request.member, request.now_local))
    assert text.startswith(b'{\n  "lines": [\n    {\n      "line_id": "1",\n      "gross": 1200,')
    assert text.endswith(b"}\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "file: not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "file: expected a table, found list"),
        ('{"now": "2026-11-22T12:00"}', "file: lines: missing"),
        ('{"now": "noon", "lines": []}', "file: now: Invalid RFC3339 encoded datetime"),
        ('{"now": "2026-11-22T12:00", "lines": [], "code": []}', "file: code: unknown key (did you mean codes?)"),
        ('{"now": "2026-11-22T12:00", "lines": [{"sku": "a"}]}', "line[0]: price: missing"),
        (
            '{"now": "2026-11-22T12:00", "lines": [{"sku": "a", "price": 1, "quantity": 0}]}',
            "line[0]: quantity: Expected `int` >= 1",
        ),
        (
            '{"now": "2026-11-22T12:00", "lines": [{"sku": "a", "price": 1, "quantity": 2, "weight_g": 5}]}',
            "line[0]: quantity: a weighed or labelled portion is one unit",
        ),
        (
            '{"now": "2026-11-22T12:00", "lines": [{"sku": "a", "price": 9999999999, "quantity": 2}]}',
            "line[0]: price: costs more than 10000000000",
        ),
        (
            '{"now": "2026-11-22T12:00", "lines": [], "member": {"birthday": {"month": 1, "day": 31, "lunar": true}}}',
            "member: birthday.day: a lunar month has at most 30 days",
        ),
        (
            '{"now": "2026-11-22T12:00", "lines": [], "tiers": []}',
            "file: promotions: missing beside tiers, points or version",
        ),
        (
            '{"now": "2026-11-22T12:00", "lines": [], "promotions": [{"kind": "x"}]}',
            "promotion[0]: kind: unknown kind 'x'",
        ),
    ],
)
def test_a_faulty_request_is_refused(text, problem):
    found = parse_request(text)
    assert isinstance(found, tuple)
    assert [str(each) for each in found] == [problem]


def test_a_request_may_leave_items_and_rules_to_the_shop():
    text = '{"now": "2026-11-22T12:00", "lines": [{"sku": "milk", "quantity": 2}, {"sku": "tea"}]}'
    shop_rules = rules(percent(1_000))
    milk = item("milk", 500)
    found = parse_request(text, rules=shop_rules, find_item={"milk": milk}.get)
    assert found == (parse_request(text, find_item={"milk": milk}.get))
    assert isinstance(found, tuple) and str(found[0]) == "line[1]: sku: no item has the SKU tea"
    known = parse_request(text, rules=shop_rules, find_item={"milk": milk, "tea": item("tea", 300)}.get)
    assert isinstance(known, PriceRequest) and known.rules is shop_rules
    assert price(known.basket, shop_rules, known.member, known.now_local).total == 1_170
    alone = parse_request('{"now": "2026-11-22T12:00", "lines": []}')
    assert isinstance(alone, PriceRequest) and alone.rules is None
