"""Stored value as a form: what it shows reads back the same, says what it says, and what is wrong is shown in place."""

from __future__ import annotations

from typing import Any

import pytest

from edge.rule_drafts import DraftRules, check_draft
from edge.rule_fields import Field
from edge.rule_stored_value import (
    CHOICES,
    WORDS,
    fields_for,
    fill_stored_value,
    is_changed,
    is_of_stored_value,
    place_of,
    put_stored_value,
    read_stored_value,
    said_in,
)
from edge.rule_words import problem_text
from edge.texts import Texts
from rules.promotions import RuleSet

UP200 = {"id": "up200", "amount": 20_000, "gift": 5_000}
RICH = {
    "id": "rich", "amount": 50_000, "gift_bp": 1_250, "points": 100, "every": True, "instalments": 6,
    "times": [{"package": "cut10", "count": 2}], "coupons": [{"promotion": "five"}], "tiers": ["gold"],
    "from_date": "2027-02-01", "until_date": "2027-02-03",
}  # fmt: skip
TABLE = {
    "on": True, "order": "gift_first", "gift_expires_months": 12, "void": "share", "deduct_spent": True,
    "least_top_up": 1_000, "most_top_up": 500_000, "most_balance": 600_000, "most_sale": 50_000, "most_day": 60_000,
    "keep_change_below": 1_000, "top_ups": [UP200, RICH],
}  # fmt: skip
CUT10 = {
    "id": "cut10", "names": {"zh_hans": "剪发十次卡", "en": "Ten haircuts"}, "sku": "card",
    "parts": [{"id": "cut", "skus": ["cut"], "times": 10}],
}  # fmt: skip
FIVE = {
    "id": "five", "kind": "coupon_amount_off", "off": 500, "issued": True, "names": {"en": "5.00 off"},
    "scope": {"all": True},
}  # fmt: skip
GOLD = {"id": "gold", "names": {"zh_hans": "金卡", "en": "Gold"}, "spend_from": 300_000}
DRAFT = DraftRules((FIVE,), (), {"stored_value": TABLE, "times": {"packages": [CUT10]}, "tiers": [GOLD]})
PLAIN = DraftRules((), (), {})


def all_fields(fields: tuple[Field, ...]) -> list[Field]:
    return [each for field in fields for each in (field, *all_fields(field.columns))]


def test_every_key_and_choice_has_its_words() -> None:
    for field in all_fields(fields_for(DRAFT)):
        assert field.key in WORDS
        if field.key not in ("package", "promotion"):
            assert all(f"{field.key}:{value}" in CHOICES for value in field.choices), field


@pytest.mark.parametrize("draft", [DRAFT, PLAIN, DraftRules((), (), {"stored_value": {"on": True}})])
def test_what_the_form_shows_reads_back_the_same(draft: DraftRules) -> None:
    table, slips = read_stored_value(fill_stored_value(draft), draft)
    assert slips == {}
    changed = put_stored_value(draft, table)
    assert not is_changed(draft, changed)
    assert isinstance(check_draft(changed, known_skus=None), RuleSet)


def test_a_new_row_gets_an_id_of_its_own() -> None:
    values: dict[str, Any] = fill_stored_value(DRAFT)
    values |= {
        "top_ups[2].amount": ["200"],
        "top_ups[2].gift": ["60"],
        "top_ups[3].amount": ["200"],
        "top_ups[3].points": ["5"],
    }
    table, slips = read_stored_value(values, DRAFT)
    assert slips == {}
    assert [each["id"] for each in table["top_ups"]] == ["up200", "rich", "up-200", "up-200-2"]


@pytest.mark.parametrize(
    ("typed", "place"),
    [({"top_ups[0].amount": ["many"]}, "top_ups[0].amount"), ({"top_ups[0].gift_bp": ["x"]}, "top_ups[0].gift_bp")],
)
def test_what_cannot_be_read_is_said_in_its_place(typed: dict[str, Any], place: str) -> None:
    _, slips = read_stored_value(fill_stored_value(DRAFT) | typed, DRAFT)
    assert list(slips) == [place]


def test_a_problem_of_the_file_is_shown_in_its_place() -> None:
    bad = put_stored_value(DRAFT, {"on": True, "top_ups": [{"id": "a", "amount": 100}]})
    found = check_draft(bad, known_skus=None)
    assert not isinstance(found, RuleSet)
    assert [place_of(each) for each in found if is_of_stored_value(each)] == ["top_ups[0].gift"]
    assert problem_text(found[0], Texts("zh-Hans")) == "没有赠送内容，请填写赠送金、积分、次卡或优惠券。"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh-Hans",
            ("充¥200送¥50赠送金", "每充¥500送", "剪发十次卡 × 2", "限金卡", "先扣赠送金", "不足¥10的找零可存入余额"),
        ),
        ("zh-Hant", ("儲¥200送¥50贈送金", "先扣贈送金")),
        ("en", ("¥200 or more paid in: ¥50 gift", "12.5 percent gift", "in 6 monthly parts", "5.00 off", "for Gold")),
    ],
)
def test_it_says_what_it_does(language: str, words: tuple[str, ...]) -> None:
    said = said_in(TABLE, DRAFT, Texts(language))
    for each in words:
        assert each in said


def test_a_table_that_cannot_be_read_says_nothing() -> None:
    assert said_in({"order": "first"}, DRAFT, Texts("en")) == ""
