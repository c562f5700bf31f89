"""Forms follow the promotions' own types: every kind and key has its words, and what is filled in comes back the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.rule_fields import Field, Section, Widget, fields_of, kind_named, tag_of
from edge.rule_forms import fill_form, raw_of, read_form
from edge.rule_problems import PROBLEMS, problem_text
from edge.rule_programme import GROUP_MOST, POINTS, TABLES, TIERS
from edge.rule_words import CHOICES, FIELDS, KINDS, SLIPS, field_words
from edge.texts import LANGUAGES, Texts
from rules.promotions import KINDS as KIND_TYPES
from rules.promotions import RuleSet, load_rules, read_rules
from rules.table_reader import Problem

REPOSITORY = Path(__file__).parents[2]


def _below(tables: Iterable[tuple[Field, ...]]) -> Iterator[Field]:
    for fields in tables:
        for field in fields:
            yield field
            yield from _below([field.columns])


def every_field() -> Iterator[tuple[str, Field]]:
    for kind in KIND_TYPES:
        for field in fields_of(kind):
            yield tag_of(kind), field
            yield from ((tag_of(kind), column) for column in field.columns)
    for field in (*POINTS, GROUP_MOST, *_below([TIERS.columns, *TABLES.values()])):
        if field.widget is not Widget.HIDDEN:
            yield "programme", field


def test_every_kind_has_a_label_and_an_example() -> None:
    assert set(KINDS) == {tag_of(kind) for kind in KIND_TYPES}
    assert all(label and example for label, example in KINDS.values())


def test_every_key_and_choice_has_a_label() -> None:
    missing = {f"{tag}: {field.path}" for tag, field in every_field() if field_words(field)[0] == field.key}
    assert missing == set()
    choices = {f"{field.key}:{choice}" for _, field in every_field() for choice in field.choices}
    assert choices - set(CHOICES) == set()
    used = {path for _, field in every_field() for path in (field.path, field.key, f"scope.{field.key}")}
    assert set(FIELDS) - used == set(), "labels of keys that are no longer there"


def test_what_one_gets_comes_first_and_what_must_be_filled_in_before_the_rest() -> None:
    for kind in KIND_TYPES:
        gives = [field.required for field in fields_of(kind) if field.section is Section.GIVES]
        assert gives == sorted(gives, reverse=True), kind


@pytest.mark.parametrize("name", ["config/example/promotions.toml", "config/demo/promotions.toml"])
@pytest.mark.parametrize("zhe", [True, False])
def test_what_a_form_shows_reads_back_the_same(name: str, zhe: bool) -> None:
    rules = load_rules((REPOSITORY / name).read_text(encoding="utf-8"))
    assert isinstance(rules, RuleSet), rules
    for promotion in rules.promotions:
        kind = type(promotion)
        raw, slips = read_form(kind, fill_form(kind, raw_of(promotion), zhe=zhe))
        assert slips == {}
        others = [raw_of(each) for each in rules.promotions if each.id != promotion.id]
        again = read_rules({"promotions": [raw, *others], "tiers": [raw_of(tier) for tier in rules.tiers]})
        assert isinstance(again, RuleSet), again
        assert again.promotions[0] == promotion


MOST: dict[str, dict[str, Any]] = {
    "n_for_price": {"quantity": 3, "price": 1_000, "alike": "sku"},
    "buy_n_get_m": {"buy": 2, "get": 2, "off_bp": 5_000, "get_scope": {"categories": ["milk"]}},
    "nth_item": {"ladder_bp": [0, 2_000, 5_000]},
    "bundle": {"parts": [{"scope": {"skus": ["a"]}, "quantity": 2}, {"scope": {"tags": ["b"]}}], "price": 990},
    "gift": {"gifts": [{"sku": "cup"}, {"sku": "pen", "quantity": 2}], "choose": True, "buy": 3},
    "basket_percent_off": {"off_bp": 1_250, "off_max": 5_000, "full_price_only": True},
    "points_multiplier": {"multiplier_bp": 25_000},
    "percent_off": {
        "off_bp": 1_500, "units_max": 2, "which": "cheapest", "code": "TEA", "single_use": True,
        "uses": {"a_member": 1}, "excludes": ["x"], "alone": True, "priority": -3, "lanes": [1, 2],
        "channels": ["store"], "min_amount": 1_050,
        "when": {
            "starts_local": "2026-11-01T08:30:00", "ends_local": "2026-12-01T00:00:00", "weekdays": ["mon", "sun"],
            "days_of_month": [8, 18], "festivals": ["qixi"], "festival_days_before": 1, "work": "days_off",
            "from_time": "22:00:00", "until_time": "02:00:00",
        },
        "who": {"tiers": ["gold"], "birthday": {"days_before": 3}, "tags": ["student"], "new_member": True},
        "amount_of": {"brands": ["b"]},
    },
}  # fmt: skip


@pytest.mark.parametrize("tag", MOST)
@pytest.mark.parametrize("zhe", [True, False])
def test_every_kind_of_key_reads_back_the_same(tag: str, zhe: bool) -> None:
    kind = kind_named(tag)
    assert kind is not None
    table = {"kind": tag, "id": "x", "names": {"en": "X"}, "scope": {"all": True}, **MOST[tag]}
    raw, slips = read_form(kind, fill_form(kind, table, zhe=zhe))
    if tag == "bundle":
        assert raw["scope"] == {"all": True}
    assert (raw, slips) == (table, {})


def test_every_kind_is_asked_for_what_it_needs() -> None:
    for kind in KIND_TYPES:
        _, slips = read_form(kind, {})
        needed = {field.path for field in fields_of(kind) if field.required} - {"names"}
        assert set(slips) == needed, kind


@pytest.mark.parametrize(
    ("values", "path", "code"),
    [
        ({"off_bp@zhe": ["8.5折"]}, "", ""),
        ({"off_bp@off": ["15"]}, "", ""),
        ({"off_bp@zhe": ["11"]}, "off_bp", "not_rate"),  # more than the whole price
        ({"off_bp@zhe": ["8.5555"]}, "off_bp", "not_rate"),  # finer than a basis point
        ({"off_bp@off": ["x"]}, "off_bp", "not_rate"),
        ({"off_bp@off": ["NaN"]}, "off_bp", "not_rate"),
        ({"off_bp@off": ["9e9"]}, "off_bp", "not_rate"),
        ({"off_bp@off": ["15"], "min_amount": ["1,234.5"]}, "min_amount", "not_money"),
        ({"off_bp@off": ["15"], "min_amount": ["¥12.5"]}, "", ""),
        ({"off_bp@off": ["15"], "min_quantity": ["three"]}, "min_quantity", "not_count"),
        ({"off_bp@off": ["15"], "min_quantity": ["99999"]}, "min_quantity", "count_range"),
        ({"off_bp@off": ["15"], "when.starts_local@time": ["08:00"]}, "when.starts_local", "no_day"),
        ({"off_bp@off": ["15"], "when.ends_local@day": ["9999-12-31"]}, "when.ends_local", "not_day"),
        ({"off_bp@off": ["15"], "when.from_time": ["25:00"]}, "when.from_time", "not_time"),
        ({"off_bp@off": ["15"], "when.days_of_month": ["8th"]}, "when.days_of_month", "not_count"),
    ],
)  # fmt: skip
def test_slips_are_named(values: dict[str, list[str]], path: str, code: str) -> None:
    kind = kind_named("percent_off")
    assert kind is not None
    _, slips = read_form(kind, values)
    assert {key: slip.code for key, slip in slips.items()} == ({path: code} if path else {})
    assert code == "" or code in SLIPS


def test_the_last_day_is_the_last_day() -> None:
    kind = kind_named("percent_off")
    assert kind is not None
    raw, _ = read_form(kind, {"off_bp@off": ["15"], "when.ends_local@day": ["2026-10-31"]})
    assert raw["when"] == {"ends_local": "2026-11-01T00:00:00"}
    assert fill_form(kind, raw, zhe=False)["when.ends_local@day"] == ["2026-10-31"]


def said_by_rules() -> set[str]:
    """Return every text of a problem of a promotion that stands in rules/, with 7 for what is put in."""
    found = set()
    for name in ("promotion_checks", "promotion_conflicts", "promotion_prices"):
        for node in ast.walk(ast.parse((REPOSITORY / f"rules/{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem" and len(node.args) > 2:
                found.add(_text(node.args[2]))
    return found


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return _text(node.left) + "7" if isinstance(node, ast.BinOp) else "7"


def test_every_problem_has_words_for_a_shopkeeper() -> None:
    texts = said_by_rules()
    assert len(texts) > 15
    nameless = {
        text for text in texts
        if not any(re.fullmatch(p, text) for p, _ in PROBLEMS)
    }  # fmt: skip
    assert nameless == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_problem_says_amounts_as_people_do(language: str) -> None:
    texts = Texts(language)
    said = problem_text(Problem("promotion[0] id=x", "steps[0]", "gives 1050 for 1000 spent"), texts)
    assert "¥10.50" in said and "¥10.00" in said
    near = problem_text(Problem("promotion[0] id=x", "scope.skus", "no item has the SKU tee", "tea"), texts)
    assert "tee" in near and "tea" in near


def test_a_part_is_off_until_it_is_switched_on() -> None:
    kind = kind_named("percent_off")
    assert kind is not None
    parts = [field.path for field in fields_of(kind) if field.widget is Widget.PART]
    assert "who.birthday" in parts
    raw, _ = read_form(kind, {"off_bp@off": ["15"], "who.birthday.days_before": ["3"]})
    assert "who" not in raw
    raw, _ = read_form(kind, {"off_bp@off": ["15"], "who.birthday": ["1"]})
    assert raw["who"] == {"birthday": {}}
