"""The sentence that customers read, kind by kind, in three languages."""

from __future__ import annotations

from typing import Any

import pytest

from edge.rule_sentences import sentence, suggested_names
from edge.texts import LANGUAGES, Texts
from rules.basket import Names
from rules.promotions import KINDS, Promotion, RuleSet, read_rules

DRINKS = {"categories": ["drinks"]}


class Glossary:
    def called(self, what: str, key: str) -> Names | None:
        return {
            ("category", "drinks"): Names("饮料", "飲料", "Drinks"),
            ("item", "cup"): Names("杯子", "杯子", "Cup"),
            ("tier", "gold"): Names("金卡", "金卡", "Gold"),
        }.get((what, key))


def promotion(kind: str, **keys: Any) -> Promotion:
    table = {"kind": kind, "id": "x", "names": {"en": "X"}, "scope": {"all": True}, **keys}
    found = read_rules({"promotions": [table], "tiers": [{"id": "gold", "names": {"en": "Gold"}, "spend_from": 0}]})
    assert isinstance(found, RuleSet), found
    return found.promotions[0]


ROWS: list[tuple[Promotion, str, str, str]] = [
    (promotion("member_price", who={"members_only": True}),
     "会员，会员价。", "會員，會員價。", "Members, member price."),
    (promotion("percent_off", scope=DRINKS, off_bp=1_200, when={"weekdays": ["mon", "tue", "wed"]}),
     "周一–周三，饮料 8.8折。", "週一–週三，飲料 8.8折。", "Mon–Wed, Drinks: 12 % off."),
    (promotion("amount_off", scope=DRINKS, off=50, min_quantity=3),
     "饮料 每件减¥0.50，满3件。", "飲料 每件減¥0.50，滿3件。", "Drinks: ¥0.50 off each, from 3 pieces."),
    (promotion("fixed_price", scope=DRINKS, price=990, when={"from_time": "22:00", "until_time": "24:00"}),
     "22:00–24:00，饮料 每件¥9.90。", "22:00–24:00，飲料 每件¥9.90。", "22:00–24:00, Drinks: ¥9.90 each."),
    (promotion("n_for_price", scope=DRINKS, quantity=3, price=1_000),
     "饮料 3件¥10。", "飲料 3件¥10。", "Drinks: 3 for ¥10."),
    (promotion("buy_n_get_m", scope=DRINKS, buy=2, get=1),
     "饮料 买2送1。", "飲料 買2送1。", "Drinks: buy 2 get 1 free."),
    (promotion("buy_n_get_m", scope=DRINKS, buy=1, get=1, off_bp=5_000),
     "饮料 买1件，再买1件5折。", "飲料 買1件，再買1件5折。", "Drinks: buy 1, 1 more at 50 % off."),
    (promotion("nth_item", scope=DRINKS, ladder_bp=[0, 2_000, 5_000]),
     "饮料 第2件8折，第3件5折。", "飲料 第2件8折，第3件5折。", "Drinks: no. 2 20 % off, no. 3 50 % off."),
    (promotion("bundle", parts=[{"scope": DRINKS}, {"scope": {"skus": ["cup"]}, "quantity": 2}], price=1_500),
     "饮料 + 杯子 × 2 一起¥15。", "飲料 + 杯子 × 2 一起¥15。", "Drinks + Cup × 2 together ¥15."),
    (promotion("gift", scope=DRINKS, gifts=[{"sku": "cup"}], buy=3),
     "饮料 买3件送杯子。", "飲料 買3件送杯子。", "Drinks: buy 3 and get Cup on top."),
    (promotion("basket_percent_off", off_bp=500, off_max=2_000, who={"tiers": ["gold"]}),
     "金卡，整单9.5折，最多减¥20。", "金卡，整單9.5折，最多減¥20。", "Gold, 5 % off in all, at most ¥20."),
    (promotion("spend_off", scope={"all": True, "exclude_categories": ["drinks"]},
               steps=[{"spend": 10_000, "off": 1_000}, {"spend": 20_000, "off": 2_500}]),
     "全场（不含饮料） 满¥100减¥10，满¥200减¥25。", "全場（不含飲料） 滿¥100減¥10，滿¥200減¥25。",
     "Everything except Drinks: ¥10 off from ¥100, ¥25 off from ¥200."),
    (promotion("every_spend_off", every=5_000, off=500, code="TEA"),
     "每满¥50减¥5，凭券码TEA。", "每滿¥50減¥5，憑券碼TEA。", "¥5 off for every ¥50, with the code TEA."),
    (promotion("basket_amount_off", off=500, who={"new_member": True}),
     "新会员，立减¥5。", "新會員，立減¥5。", "New members, ¥5 off in all."),
    (promotion("coupon_percent_off", off_bp=1_000, code="TEN"),
     "优惠券9折，凭券码TEN。", "優惠券9折，憑券碼TEN。", "Coupon 10 % off, with the code TEN."),
    (promotion("coupon_amount_off", off=800, code="EIGHT", when={"ends_local": "2026-11-01"}),
     "到2026-10-31，¥8优惠券，凭券码EIGHT。", "到2026-10-31，¥8優惠券，憑券碼EIGHT。",
     "Until 31 Oct 2026, coupon of ¥8, with the code EIGHT."),
    (promotion("points_multiplier", multiplier_bp=20_000, who={"birthday": {}}),
     "生日前后，2倍积分。", "生日前後，2倍積分。", "Around the birthday, 2 times the points."),
]  # fmt: skip


@pytest.mark.parametrize(("given", "hans", "hant", "english"), ROWS)
def test_sentences(given: Promotion, hans: str, hant: str, english: str) -> None:
    said = [sentence(given, Texts(language), Glossary()) for language in LANGUAGES]
    assert said == [hans, hant, english]


def test_every_kind_has_its_sentence() -> None:
    assert {type(row[0]) for row in ROWS} == set(KINDS)


def test_a_long_list_is_counted() -> None:
    many = promotion("percent_off", scope={"brands": list("abcdef")}, off_bp=10_000)
    assert sentence(many, Texts("en"), Glossary()) == "A, b, c, 3 more: free."


def test_a_name_is_suggested_in_three_languages() -> None:
    names = suggested_names(ROWS[1][0], [Texts(each) for each in LANGUAGES], Glossary())
    assert names == Names("饮料 8.8折", "飲料 8.8折", "Drinks: 12 % off")
