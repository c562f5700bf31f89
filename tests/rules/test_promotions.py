from __future__ import annotations

import random
import time
from datetime import datetime
from datetime import time as clock_time
from pathlib import Path

import pytest

from rules.loyalty import Tier
from rules.promotions import (
    KINDS,
    PercentOff,
    Problem,
    RuleSet,
    SpendOff,
    content_version,
    load_rules,
    read_rules,
)

CONFIG = Path(__file__).parents[2] / "config"
PERCENT = {"kind": "percent_off", "id": "ten", "names": {"en": "Ten"}, "scope": {"all": True}, "off_bp": 1_000}
STEPS = {
    "kind": "spend_off",
    "id": "steps",
    "names": {"zh_hans": "满减"},
    "scope": {"all": True},
    "steps": [{"spend": 10_000, "off": 1_000}],
}
EVERY = {
    "kind": "every_spend_off",
    "id": "every",
    "names": {"en": "E"},
    "scope": {"all": True},
    "every": 100,
    "off": 10,
}
GOLD = {"id": "gold", "names": {"en": "Gold"}, "spend_from": 100}


def problems_of(*promotions: object, tiers: object = (GOLD,), **others: object) -> tuple[Problem, ...]:
    found = read_rules({"tiers": list(tiers), "promotions": list(promotions), **others}, known_skus={"1001", "2002"})
    return found if isinstance(found, tuple) else ()


@pytest.mark.parametrize(
    ("change", "key", "what", "nearest"),
    [
        ({"kind": "percent_of"}, "kind", "unknown kind 'percent_of'", "percent_off"),
        ({"kind": None}, "kind", "unknown kind None", ""),
        ({"id": ""}, "id", "Expected `str` of length >= 1", ""),
        ({"names": {}}, "names", "give the name in one language at least", ""),
        ({"names": {"en": " "}}, "names", "give the name in one language at least", ""),
        ({"names": {"zh-hans": "折"}}, "names.zh-hans", "unknown key", "zh_hans"),
        ({"off_bp": 10_001}, "off_bp", "Expected `int` <= 10000", ""),  # more than 100 %
        ({"off_bp": 0}, "off_bp", "Expected `int` >= 1", ""),  # a promotion that does nothing
        ({"off_bp": 12.5}, "off_bp", "Expected `int`, got `float`", ""),  # no floats
        ({"of_bp": 5}, "of_bp", "unknown key", "off_bp"),
        ({"scope": {}}, "scope", "empty: give all = true, or a list of skus, categories, brands or tags", ""),
        ({"scope": {"all": True, "tags": ["a"]}}, "scope", "says all and lists some: give one of the two", ""),
        (
            {"scope": {"skus": ["1001"], "exclude_skus": ["1001", "2002"]}},
            "scope",
            "empty: everything that it lists is excluded again",
            "",
        ),
        ({"scope": {"catagories": ["a"]}}, "scope.catagories", "unknown key", "categories"),
        ({"scope": {"skus": ["101"]}}, "scope.skus", "no item has the SKU 101", "1001"),
        ({"scope": "all"}, "scope", "Expected `object`, got `str`", ""),
        (
            {"when": {"starts_local": "2026-11-02", "ends_local": "2026-11-02"}},
            "when.ends_local",
            "2026-11-02 00:00:00 is not after the start 2026-11-02 00:00:00",
            "",
        ),
        ({"when": {"from_time": "22:00"}}, "when", "give from_time and until_time together", ""),
        (
            {"when": {"from_time": "22:00", "until_time": "22:00"}},
            "when.until_time",
            "the slot ends when it starts, at 22:00:00",
            "",
        ),
        ({"when": {"weekdays": ["mun"]}}, "when.weekdays", "Invalid enum value 'mun' - at `$[0]`", ""),
        ({"when": {"days_of_month": [32]}}, "when.days_of_month", "Expected `int` <= 31 - at `$[0]`", ""),
        (
            {"when": {"starts_local": "2026-11-02T00:00:00+08:00"}},
            "when.starts_local",
            "Expected `datetime` with no timezone component",
            "",
        ),
        ({"who": {"tiers": ["glod"]}}, "who.tiers", "no tier has the id glod", "gold"),
        ({"who": {"birthday": {"days_before": 99}}}, "who.birthday.days_before", "Expected `int` <= 31", ""),
        ({"code": " A"}, "code", "begins or ends with a space, so nobody could type it", ""),
        ({"combines_with": ["ten"]}, "combines_with", "names itself", ""),
        ({"combines_with": ["step"]}, "combines_with", "no promotion has the id step", "steps"),
        ({"combines_with": ["steps"]}, "combines_with", "steps is a basket promotion and combines by itself", ""),
        (
            {"amount_base": "after_previous"},
            "amount_base",
            "nothing comes before a unit promotion: it counts list prices",
            "",
        ),
    ],
)
def test_a_faulty_promotion_is_refused_by_name(change, key, what, nearest):
    found = problems_of(PERCENT | change, STEPS)
    where = "promotion[0] id=ten" if change.get("id", "ten") else "promotion[0]"
    assert found == (Problem(where, key, what, nearest),)


@pytest.mark.parametrize(
    ("promotion", "key", "what"),
    [
        (STEPS | {"steps": []}, "steps", "Expected `array` of length >= 1"),
        (STEPS | {"steps": [{"spend": 100, "off": 101}]}, "steps[0]", "gives 101 for 100 spent"),
        (
            STEPS | {"steps": [{"spend": 200, "off": 20}, {"spend": 100, "off": 30}]},
            "steps[1]",
            "spend 100 off 30 does not rise above spend 200 off 20",
        ),
        (
            STEPS | {"steps": [{"spend": 100, "off": 30}, {"spend": 200, "off": 30}]},
            "steps[1]",
            "spend 200 off 30 does not rise above spend 100 off 30",
        ),
        (EVERY | {"off": 101}, "off", "gives 101 for every 100 spent"),
        (EVERY | {"off_max": 9}, "off_max", "9 is below one step of 10"),
        (
            EVERY | {"combines_with": ["ten"]},
            "combines_with",
            "basket promotions combine by themselves; exclusive_group keeps them apart",
        ),
    ],
)
def test_a_faulty_basket_promotion_is_refused(promotion, key, what):
    assert problems_of(PERCENT, promotion) == (Problem(f"promotion[1] id={promotion['id']}", key, what),)


@pytest.mark.parametrize(
    ("tiers", "problem"),
    [
        ([GOLD, GOLD | {"id": "diamond"}], Problem("tier[1] id=diamond", "spend_from", "100 is already where gold begins")),
        ([GOLD, GOLD | {"spend_from": 5}], Problem("tier[1] id=gold", "id", "already used by tier[0]")),
        ([{"id": "gold", "names": {"en": "G"}, "spend_from": "9"}], Problem("tier[0] id=gold", "spend_from", "Expected `int | null`, got `str`")),
        ([GOLD | {"colour": "red"}], Problem("tier[0] id=gold", "colour", "Expected `str` matching regex '^(#[0-9a-fA-F]{6})?$'")),
        ([GOLD | {"points_per_yuan": 1}], Problem("tier[0] id=gold", "points_per_yuan", "unknown key", "points_per_yuan_bp")),
        (["gold"], Problem("tier[0]", "", "expected a table, found str")),
    ],
)  # fmt: skip
def test_a_faulty_tier_is_refused(tiers, problem):
    assert problems_of(PERCENT, tiers=tiers) == (problem,)


def test_two_promotions_may_not_share_an_id():
    assert problems_of(PERCENT, STEPS | {"id": "ten"}) == (
        Problem("promotion[1] id=ten", "id", "already used by promotion[0]"),
    )


def test_all_problems_of_a_file_are_found_at_once():
    found = load_rules(
        """
        pints = 1
        [[tiers]]
        id = "gold"
        [[promotions]]
        id = "a"
        [[promotions]]
        kind = "spend_off"
        id = "b"
        scope = {}
        steps = [{ spend = 1, of = 1 }]
        when = { weekdays = ["sun"], until = 1 }
        """
    )
    assert not isinstance(found, RuleSet)
    assert [(problem.where, problem.key) for problem in found] == [
        ("file", "pints"),
        ("tier[0] id=gold", "names"),
        ("promotion[0] id=a", "kind"),
        ("promotion[1] id=b", "names"),
        ("promotion[1] id=b", "when.until"),
        ("promotion[1] id=b", "steps"),
    ]
    assert str(found[0]) == "file: pints: unknown key (did you mean points?)"


@pytest.mark.parametrize(
    ("text", "written_in", "start"),
    [
        ("[[promotions]", "toml", "not TOML: "),
        ("{", "json", "not JSON: "),
        ("[" * 100_000, "json", "not JSON: "),  # nested beyond reason
        ("[]", "json", "expected a table, found list"),
        ('{"promotions": {}}', "json", "expected a list, found dict"),
        ('{"promotions": [3]}', "json", "expected a table, found int"),
        ('{"version": 3}', "json", "expected a text of at most 60 characters"),
    ],
)
def test_what_is_no_rules_file_at_all(text, written_in, start):
    found = load_rules(text, format=written_in)
    assert isinstance(found, tuple) and len(found) == 1
    assert found[0].what.startswith(start)


def rules_of(*promotions: object) -> RuleSet:
    rules = read_rules({"tiers": [GOLD], "promotions": list(promotions)})
    assert isinstance(rules, RuleSet), rules
    return rules


def test_moments_and_times_may_be_written_short():
    when = {"starts_local": "2026-11-01", "ends_local": "2026-12-01", "from_time": "20:00", "until_time": "24:00"}
    read = rules_of(PERCENT | {"when": when}).promotions[0].when
    assert (read.starts_local, read.ends_local) == (datetime(2026, 11, 1), datetime(2026, 12, 1))
    assert (read.from_time, read.until_time) == (clock_time(20), clock_time(0))


def test_toml_and_json_are_read_alike():
    toml = """
    [[promotions]]
    kind = "percent_off"
    id = "ten"
    names = { en = "Ten" }
    scope = { all = true }
    off_bp = 1_000
    when = { starts_local = 2026-11-01, from_time = 20:00:00, until_time = 00:00:00 }
    """
    data = """{"promotions": [{"kind": "percent_off", "id": "ten", "names": {"en": "Ten"}, "scope": {"all": true},
    "off_bp": 1000, "when": {"starts_local": "2026-11-01", "from_time": "20:00", "until_time": "24:00"}}]}"""
    assert load_rules(toml) == load_rules(data, format="json")


def test_the_version_is_the_contents_own_unless_the_file_gives_one():
    there = rules_of(PERCENT, STEPS)
    assert there.version == rules_of(STEPS, PERCENT).version == content_version(there)
    assert len(there.version) == 12
    assert there.version != rules_of(PERCENT | {"off_bp": 1_001}, STEPS).version
    named = read_rules({"version": "2026-11", "promotions": [PERCENT]})
    assert isinstance(named, RuleSet) and named.version == "2026-11"


def test_kinds_become_their_structs_and_are_found_by_id():
    rules = rules_of(PERCENT, STEPS)
    assert isinstance(rules.promotion("ten"), PercentOff)
    assert isinstance(rules.promotion("steps"), SpendOff)
    assert rules.promotion("eleven") is None
    assert isinstance(rules.tier("gold"), Tier) and rules.tier("lead") is None


@pytest.mark.parametrize(("folder", "tiers", "at_least"), [("demo", 4, 12), ("example", 2, 7), ("new", 0, 0)])
def test_the_files_that_we_ship_are_sound(folder, tiers, at_least):
    rules = load_rules((CONFIG / folder / "promotions.toml").read_text(encoding="utf-8"))
    assert isinstance(rules, RuleSet), [str(problem) for problem in rules]
    assert len(rules.tiers) == tiers
    assert len(rules.promotions) >= at_least
    for named in (*rules.tiers, *rules.promotions):
        assert named.names.zh_hans and named.names.zh_hant and named.names.en, named.id


def test_the_example_shows_every_kind():
    rules = load_rules((CONFIG / "example" / "promotions.toml").read_text(encoding="utf-8"))
    assert isinstance(rules, RuleSet)
    assert {type(promotion) for promotion in rules.promotions} == set(KINDS)


def test_five_hundred_promotions_are_read_in_well_under_a_tenth_of_a_second():
    rng = random.Random(3)
    rows = [PERCENT | {"id": f"p{number}", "off_bp": rng.randint(1, 10_000)} for number in range(500)]
    began = time.process_time()
    assert len(rules_of(*rows).promotions) == 500
    assert time.process_time() - began < 0.1
