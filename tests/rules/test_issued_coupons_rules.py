"""Promotions that ask for an issued coupon, the codes of those, and the rules that issue them."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise, product
from typing import Any

import pytest

from rules.basket import Basket, Item, Line, Names
from rules.birthdays import birthdays_kept
from rules.calendar_cn import Calendar
from rules.coupon_codes import ALPHABET, ENTROPY_BITS, looks_like_code, make_code, read_code, shown_code
from rules.coupon_events import earned
from rules.loyalty import Birthday, birthday_on
from rules.pricing import price
from rules.promotions import RuleSet, content_version, read_rules
from rules.quote import MissReason
from rules.usage import IssuedCoupon, Usage

NOON = datetime(2026, 11, 23, 12)
RICE, COLA = Item("rice", Names("米"), 3_000), Item("cola", Names("可乐"), 350)
FIVE = {"kind": "coupon_amount_off", "id": "five", "names": {"en": "5 off"}, "scope": {"all": True}, "off": 500}
ONE = {
    "kind": "fixed_price", "id": "one", "names": {"en": "Cola 1"}, "scope": {"skus": ["cola"]}, "price": 100,
    "units_max": 1, "issued": True,
}  # fmt: skip
GIFT = {
    "kind": "gift",
    "id": "gift",
    "names": {"en": "Bag"},
    "scope": {"all": True},
    "gifts": [{"sku": "bag"}],
    "issued": True,
}
WELCOME = {"id": "hello", "event": "registration", "promotion": "five", "names": {"en": "Welcome"}}


def rules_of(*promotions: dict[str, Any], rules: tuple[dict[str, Any], ...] = ()) -> Any:
    return read_rules({"promotions": list(promotions), "coupon_rules": list(rules)})


def basket(*items: Item, codes: tuple[str, ...] = (), member_id: str | None = None) -> Basket:
    lines = tuple(Line(str(number), item) for number, item in enumerate(items))
    return Basket("b", lines, member_id, codes)


def coupon(promotion_id: str, reason: MissReason | None = None, until_ms: int = 1) -> IssuedCoupon:
    return IssuedCoupon(promotion_id, until_ms, reason)


# --- pricing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued", "codes", "total", "spent", "reason"),
    [
        ({}, (), 3_000, (), MissReason.NO_CODE),
        ({}, ("cp1",), 3_000, (), MissReason.NO_CODE),  # nobody issued it
        ({"cp1": coupon("five")}, ("CP1",), 2_500, ("cp1",), None),  # capitals do not matter
        ({"cp1": coupon("other")}, ("cp1",), 3_000, (), MissReason.NO_CODE),  # for another offer
        ({"cp1": coupon("five", MissReason.CODE_SPENT)}, ("cp1",), 3_000, (), MissReason.CODE_SPENT),
        ({"cp1": coupon("five", MissReason.COUPON_EXPIRED)}, ("cp1",), 3_000, (), MissReason.COUPON_EXPIRED),
        ({"cp1": coupon("five", MissReason.COUPON_NOT_YET)}, ("cp1",), 3_000, (), MissReason.COUPON_NOT_YET),
        ({"cp1": coupon("five", MissReason.COUPON_OTHERS)}, ("cp1",), 3_000, (), MissReason.COUPON_OTHERS),
        ({"cp1": coupon("five", MissReason.COUPON_VOID)}, ("cp1",), 3_000, (), MissReason.COUPON_VOID),
        # One that cannot be used does not keep away one that can.
        ({"cp1": coupon("five", MissReason.CODE_SPENT), "cp2": coupon("five")}, ("cp1", "cp2"), 2_500, ("cp2",), None),
        # Of two good ones the one that ends first is used, whichever was given first.
        ({"cp1": coupon("five", until_ms=9), "cp2": coupon("five", until_ms=5)}, ("cp1", "cp2"), 2_500, ("cp2",), None),
        ({"cp1": coupon("five", until_ms=9), "cp2": coupon("five", until_ms=5)}, ("cp2", "cp1"), 2_500, ("cp2",), None),
    ],
)
def test_an_offer_that_asks_for_an_issued_coupon(
    issued: dict[str, IssuedCoupon],
    codes: tuple[str, ...],
    total: int,
    spent: tuple[str, ...],
    reason: MissReason | None,
) -> None:
    quote = price(basket(RICE, codes=codes), rules_of(FIVE | {"issued": True}), None, NOON, Usage(issued=issued))
    assert (quote.total, quote.spent_codes, quote.certified) == (total, spent, True)
    assert [each.reason for each in quote.missed] == ([reason] if reason else [])


def test_money_item_price_and_gift_go_together_each_with_its_own_coupon() -> None:
    issued = {"cp1": coupon("five"), "cp2": coupon("one"), "cp3": coupon("gift")}
    rules = rules_of(FIVE | {"issued": True}, ONE, GIFT)
    quote = price(basket(RICE, COLA, COLA, codes=("cp1", "cp2", "cp3")), rules, None, NOON, Usage(issued=issued))
    assert quote.total == 3_000 + 100 + 350 - 500
    assert [gift.sku for gift in quote.gifts] == ["bag"]
    assert quote.spent_codes == ("cp1", "cp2", "cp3")


def test_a_coupon_that_helps_nothing_is_not_spent() -> None:
    quote = price(basket(RICE, codes=("cp1",)), rules_of(ONE), None, NOON, Usage(issued={"cp1": coupon("one")}))
    assert (quote.total, quote.spent_codes) == (3_000, ())


# --- codes ------------------------------------------------------------------------------------------------------------

CODE = make_code(0x1_2345_6789_ABCD_EF01) or ""


def test_a_code_has_sixty_five_random_bits_and_comes_back() -> None:
    assert ENTROPY_BITS >= 65
    codes = {code for number in range(5_000) if (code := make_code(number * 0x3FFF_FFFF_FFFF))}
    assert len(codes) > 4_000
    assert all(read_code(shown_code(code)) == read_code(code.upper()) == code for code in codes)


def test_every_wrong_sign_is_found() -> None:
    body = CODE[2:]
    wrong = [body[:at] + sign + body[at + 1 :] for at in range(len(body)) for sign in ALPHABET if sign != body[at]]
    assert [each for each in wrong if read_code("cp" + each)] == []


def test_every_two_signs_that_changed_places_are_found() -> None:
    body = CODE[2:]
    for at, (first, second) in enumerate(pairwise(body)):
        if first != second:
            assert read_code("cp" + body[:at] + second + first + body[at + 2 :]) is None


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        (CODE, True),
        (shown_code(CODE), True),
        (f" {CODE.upper()} ", True),
        (CODE[:-1] + "*", True),  # damaged, and meant to be one
        ("CPU", False),
        ("4006381333931", False),
        ("cp" + "x" * 100, False),
        ("优惠券", False),
    ],
)
def test_what_is_taken_for_a_code(text: str, looks: bool) -> None:
    assert looks_like_code(text) is looks


# --- rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "key", "what"),
    [
        ({"promotion": "fiv"}, "promotion", "no promotion has the id fiv"),
        ({"promotion": "code"}, "promotion", "code asks for no issued coupon: give it issued = true"),
        ({"to": "referrer"}, "to", "only a referral has a referrer"),
        ({"days_before": 3}, "days_before", "only a birthday has a window"),
        ({"min_total": 100}, "min_total", "only a purchase has an amount and items"),
        ({"event": "birthday", "starts_after_days": 1}, "starts_after_days", "a birthday's coupon holds by its window, from its issue on"),
        ({"event": "purchase", "scope": {}}, "scope", "empty: give all = true, or a list of skus, categories, brands or tags"),
        ({"event": "wedding"}, "event", "Invalid enum value 'wedding'"),
        ({"count": 0}, "count", "Expected `int` >= 1"),
        ({"when": {"starts_local": "2026-11-02", "ends_local": "2026-11-01"}}, "when.ends_local",
         "2026-11-01 00:00:00 is not after the start 2026-11-02 00:00:00"),
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(change: dict[str, Any], key: str, what: str) -> None:
    found = rules_of(FIVE | {"issued": True}, FIVE | {"id": "code", "code": "FIVE"}, rules=(WELCOME | change,))
    assert [(each.where, each.key, each.what) for each in found] == [("coupon_rule[0] id=hello", key, what)]


def test_an_offer_asks_for_a_code_or_for_an_issued_coupon() -> None:
    (problem,) = rules_of(FIVE | {"issued": True, "code": "FIVE"})
    assert (problem.key, problem.what) == ("issued", "asks for a code and for an issued coupon: give one of the two")


def test_rules_of_coupons_are_part_of_the_version() -> None:
    plain, more = rules_of(FIVE | {"issued": True}), rules_of(FIVE | {"issued": True}, rules=(WELCOME,))
    assert isinstance(more, RuleSet)
    assert content_version(plain) != content_version(more)


@pytest.mark.parametrize(
    ("change", "items", "total", "member_id", "ids"),
    [
        ({}, (COLA,), 350, "li", ["hello"]),
        ({}, (COLA,), 350, None, []),  # a member's coupon, and nobody to issue it to
        ({"bearer": True}, (COLA,), 350, None, ["hello"]),
        ({"min_total": 3_000}, (RICE,), 3_000, "li", ["hello"]),
        ({"min_total": 3_000}, (RICE,), 2_999, "li", []),  # what was paid, not what it cost
        ({"scope": {"skus": ["rice"]}}, (COLA, RICE), 3_350, "li", ["hello"]),
        ({"scope": {"skus": ["rice"]}}, (COLA,), 350, "li", []),
        ({"when": {"ends_local": "2026-11-23"}}, (COLA,), 350, "li", []),
        ({"event": "registration"}, (COLA,), 350, "li", []),
    ],
)
def test_what_a_purchase_brings(
    change: dict[str, Any], items: tuple[Item, ...], total: int, member_id: str | None, ids: list[str]
) -> None:
    rules = rules_of(FIVE | {"issued": True}, rules=(WELCOME | {"event": "purchase"} | change,))
    found = earned(rules.coupon_rules, basket(*items, member_id=member_id), total, NOON, Calendar())
    assert [each.id for each in found] == ids


@pytest.mark.parametrize("first", [date(2026, 2, 10), date(2027, 2, 1), date(2025, 7, 20), date(2026, 12, 20)])
def test_birthdays_of_a_span_are_those_that_each_member_keeps(first: date) -> None:
    last = date.fromordinal(first.toordinal() + 20)
    inside: dict[tuple[bool, int, int], date] = {}
    # Year by year: the calendar behind lunar days remembers one year.
    for year in range(first.year - 1, last.year + 1):
        for is_lunar, days in ((False, 31), (True, 30)):
            for month, day in product(range(1, 13), range(1, days + 1)):
                kept_on = birthday_on(Birthday(month, day, lunar=is_lunar), year)
                if kept_on is not None and first <= kept_on <= last:
                    inside.setdefault((is_lunar, month, day), kept_on)
    assert birthdays_kept(first, last) == inside
