"""Tiers, points and groups: what the form shows reads back the same, and what a change breaks is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.rule_drafts import DraftRules, check_draft, take_out
from edge.rule_programme import (
    changed_keys,
    fill_programme,
    groups_of,
    is_of_programme,
    place_of,
    put_programme,
    read_programme,
    said_of,
)
from edge.texts import Texts
from rules.basket import Names
from rules.promotions import RuleSet
from rules.table_reader import Problem

GOLD = {"id": "gold", "names": {"zh_hans": "金卡", "en": "Gold"}, "spend_from": 300_000, "points_per_yuan_bp": 15_000}
JADE = {"id": "jade", "names": {"en": "Jade"}, "spend_from": 0, "colour": "#123456", "price_tier": "gold"}
CASH = {"step": 100, "worth": 100, "most_bp": 5_000}
POINTS = {"per_yuan_bp": 5_000, "scope": {"all": True, "exclude_categories": ["tobacco"]}, "cash": CASH}


def offer(promotion_id: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "percent_off", "id": promotion_id, "names": {"en": promotion_id}, "scope": {"all": True}, "off_bp": 500,
        **more,
    }  # fmt: skip


MORE = {
    "tier_rules": {
        "window": "year",
        "holds": "next_window",
        "grace_days": 10,
        "sold": [{"sku": "pass", "tier": "gold", "months": 3}],
        "exclusive": [
            {"names": {"en": "Gold only"}, "scope": {"skus": ["pen"]}, "tiers": ["gold"], "when": {"weekdays": ["mon"]}}
        ],
    },
    "accrual": {
        "rates": [{"scope": {"skus": ["pen"]}, "multiplier_bp": 20_000}],
        "bonuses": [{"spend_from": 10_000, "points": 10, "how": "day"}],
        "birthday": {"days_before": 3, "points": 50},
        "welcome": {"points": 20, "at": "registration"},
        "referral": {"referrer_points": 200},
        "expiry": {"kind": "fixed", "month": 6},
        "notice_days": 14,
    },
    "gifts": {"offers": [{"id": "cup", "names": {"en": "Cup"}, "points": 500, "money": 100, "sku": "pen", "a_day": 9}]},
}
SHOP = DraftRules(
    (offer("a", exclusive_group="g"), offer("b", exclusive_group="g"), offer("c", who={"tiers": ["gold"]})),
    (),
    {"tiers": [GOLD, JADE], "points": POINTS, "exclusive_groups": {"g": 2}, **MORE},
)
PLAIN = DraftRules((), (), {})


class NoGlossary:
    def called(self, what: str, key: str) -> Names | None:
        return None


@pytest.mark.parametrize("draft", [SHOP, PLAIN, replace(SHOP, rest={"points": {"per_yuan_bp": 0}})])
def test_what_the_form_shows_reads_back_the_same(draft: DraftRules) -> None:
    tables, slips = read_programme(fill_programme(draft), draft)
    assert slips == {}
    changed = put_programme(draft, tables)
    assert changed_keys(draft, changed) == ()
    if draft is SHOP:
        assert (tables["points"], tables["exclusive_groups"]) == (POINTS, {"g": 2})
        assert {key: tables[key] for key in MORE} == MORE
        assert isinstance(check_draft(changed, known_skus=None), RuleSet)


@pytest.mark.parametrize(
    ("typed", "path", "code"),
    [
        ({"tiers[0].spend_from": ["a lot"]}, "tiers[0].spend_from", "not_money"),
        ({"tiers[0].spend_from": [""]}, "", ""),  # bought, or given by hand
        ({"tiers[0].points_per_yuan_bp": ["1.00001"]}, "tiers[0].points_per_yuan_bp", "not_rate"),
        ({"tiers[0].points_per_yuan_bp": ["1.25"]}, "", ""),
        ({"points.cash.step": [""]}, "points.cash.step", "missing"),
        ({"points.cash.most_bp": ["101"]}, "points.cash.most_bp", "not_share"),
        ({"points.cash.most_bp": ["12.5%"]}, "", ""),
        ({"points.cash": [""], "points.cash.step": [""]}, "", ""),  # switched off, nobody asks for it
        ({"groups[0].most": ["0"]}, "groups[0].most", "count_range"),
    ],
)
def test_slips_are_named(typed: dict[str, list[str]], path: str, code: str) -> None:
    _, slips = read_programme({**fill_programme(SHOP), **typed}, SHOP)
    assert {key: slip.code for key, slip in slips.items()} == ({path: code} if path else {})


def test_a_new_tier_gets_an_id_that_nobody_had_and_an_emptied_one_is_gone() -> None:
    values = fill_programme(SHOP)
    for name in [key for key in values if key.startswith("tiers[1].") and not key.endswith((".id", ".colour"))]:
        values[name] = [""]
    values |= {"tiers[2].names.en": ["Gold"], "tiers[2].spend_from": ["9000"], "tiers[3].spend_from": ["99"]}
    values |= {"tiers[3].names.zh_hans": ["钻石"]}
    tables, slips = read_programme(values, SHOP)
    assert slips == {}
    assert [(tier["id"], tier["spend_from"]) for tier in tables["tiers"]] == [
        ("gold", 300_000), ("gold-2", 900_000), ("tier", 9_900),
    ]  # fmt: skip


def test_a_tier_that_a_promotion_is_for_cannot_go() -> None:
    found = check_draft(put_programme(SHOP, {"tiers": [JADE], **{key: {} for key in MORE}}), known_skus=None)
    assert not isinstance(found, RuleSet)
    assert [(is_of_programme(each), str(each)) for each in found] == [
        (False, "promotion[2] id=c: who.tiers: no tier has the id gold")
    ]


def test_a_group_goes_with_its_last_promotion() -> None:
    assert [group.name for group in groups_of(SHOP)] == ["g"]
    without = take_out(SHOP, "a")
    without = without and take_out(without, "b")
    assert without is not None and groups_of(without) == ()
    assert isinstance(check_draft(without, known_skus=None), RuleSet)


@pytest.mark.parametrize(
    ("problem", "is_ours", "place"),
    [
        (Problem("tier[1] id=gold", "spend_from", "x"), True, "tiers[1].spend_from"),
        (Problem("tier[0]", "names", "x"), True, "tiers[0].names"),
        (Problem("file", "points.cash.step", "x"), True, "points.cash.step"),
        (Problem("file", "exclusive_groups.g", "x"), True, ""),
        (Problem("file", "version", "x"), False, ""),
        (Problem("promotion[0] id=a", "off_bp", "x"), False, ""),
    ],
)
def test_where_a_problem_is_shown(problem: Problem, is_ours: bool, place: str) -> None:
    assert is_of_programme(problem) is is_ours
    assert not is_ours or place_of(problem) == place


@pytest.mark.parametrize(
    ("language", "tiers", "points", "groups"),
    [
        ("zh-Hans", "金卡：满¥3000，每¥1积1.5分；Jade：满¥0，每¥1积1分",
         "无等级每¥1积0.5分，限：全场（不含tobacco），100积分抵¥1，最多抵一单的50%", "g：最多2个"),
        ("zh-Hant", "金卡：滿¥3000，每¥1得1.5點；Jade：滿¥0，每¥1得1點",
         "無等級每¥1得0.5點，限：全場（不含tobacco），100點折抵¥1，最多抵一單的50%", "g：最多2個"),
        ("en", "Gold from ¥3000, points for each ¥1: 1.5; Jade from ¥0, points for each ¥1: 1",
         "without a tier, points for each ¥1: 0.5, on: everything except tobacco, 100 points pay ¥1, up to 50 percent of a sale",
         "g: 2 at most"),
    ],
)  # fmt: skip
def test_in_words(language: str, tiers: str, points: str, groups: str) -> None:
    texts = Texts(language)
    said = [said_of(key, SHOP, texts, NoGlossary()) for key in ("tiers", "points", "exclusive_groups")]
    assert said == [tiers, points, groups]
    assert said_of("points", PLAIN, texts, NoGlossary())


def test_points_that_pay_all_of_a_sale_say_no_part() -> None:
    whole = replace(SHOP, rest={"points": POINTS | {"cash": {"step": 100, "worth": 100}}})
    assert said_of("points", whole, Texts("en"), NoGlossary()).endswith("100 points pay ¥1")
