"""Every table of the rules as a form: what it shows reads back the same, says what it says, and is wrong in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.rule_drafts import DraftRules, check_draft
from edge.rule_fields import Field, Widget
from edge.rule_problems import problem_text
from edge.rule_table_list import TABLES, table_of
from edge.rule_tables import (
    NAMED,
    RuleTable,
    choice_of,
    fill_table,
    ids_in,
    ids_of,
    is_changed,
    path_of,
    place_of,
    problems_of_table,
    put_table,
    raw_table,
    read_form_table,
    said_in,
    struct_of,
    table_fields,
    words_of,
)
from edge.texts import LANGUAGES, Texts
from rules.basket import Names
from rules.promotions import RuleSet
from rules.subjects import SUBJECTS
from rules.times import PACKAGES_MAX

UP200 = {"id": "up200", "amount": 20_000, "gift": 5_000}
RICH = {
    "id": "rich", "amount": 50_000, "gift_bp": 1_250, "points": 100, "every": True, "instalments": 6,
    "times": [{"package": "cut10", "count": 2}], "coupons": [{"promotion": "five"}], "tiers": ["gold"],
    "from_date": "2027-02-01", "until_date": "2027-02-03",
}  # fmt: skip
STORED_VALUE = {
    "on": True, "order": "gift_first", "gift_expires_months": 12, "void": "share", "deduct_spent": True,
    "least_top_up": 1_000, "most_top_up": 500_000, "most_balance": 600_000, "most_sale": 50_000, "most_day": 60_000,
    "keep_change_below": 1_000, "top_ups": [UP200, RICH],
}  # fmt: skip
CUT10 = {
    "id": "cut10", "names": {"zh_hans": "十次剪发卡", "zh_hant": "十次剪髮卡", "en": "Ten haircuts"}, "sku": "card",
    "parts": [
        {"id": "cut", "skus": ["wash", "cut", "dry"], "times": 10, "gift_times": 2, "worth": 3},
        {"id": "colour", "skus": ["colour"], "times": 1, "names": {"zh_hans": "染发", "en": "Colouring"}},
    ],
    "months": 12, "per_day": 2, "shared": True,
}  # fmt: skip
PASS = {
    "id": "old-pass", "names": {"en": "Pass"}, "sku": "pass", "parts": [{"id": "swim", "skus": ["swim"], "times": 30}],
    "until": "2027-06-30",
}  # fmt: skip
WELCOME = {
    "id": "hello",
    "event": "registration",
    "promotion": "five",
    "names": {"zh_hans": "新会员礼", "en": "Welcome"},
}
THANKS = {
    "id": "thanks", "event": "purchase", "promotion": "five", "names": {"zh_hans": "5元优惠券", "en": "5.00 coupon"},
    "tiers": ["gold"], "min_total": 10_000, "scope": {"skus": ["rice"], "exclude_tags": ["sale"]}, "bearer": True,
    "starts_after_days": 1, "valid_days": 7, "count": 2, "revived": False,
    "when": {"weekdays": ["mon"], "ends_local": "2027-01-01T00:00:00", "from_time": "08:00:00", "until_time": "12:00:00"},
}  # fmt: skip
BIRTHDAY = {
    "id": "cake", "event": "birthday", "promotion": "five", "names": {"en": "Cake"}, "days_before": 3, "days_after": 2,
    "valid_days": 9,
}  # fmt: skip
FRIEND = {"id": "guide", "event": "referral", "to": "referrer", "promotion": "five", "names": {"en": "Guide"}}
PROOF = {
    "points_up_to": 500, "stored_value_up_to": 0, "times_up_to": 3_000_000, "accepts": ["pin", "proved"], "tries": 5,
}  # fmt: skip
RETURNS = {"spent_points": "withhold", "order": ["cash", "gift"], "clawback": "recompute", "days": 7, "loose_days": 30,
    "loose_to": "stored_value", "reasons": [{"id": "broken", "names": {"zh_hans": "坏了"}, "restock": False}],
}  # fmt: skip
FILES = {
    "fields": [
        {"id": "shoe", "names": {"zh_hans": "鞋码", "en": "Shoe size"}, "kind": "choice", "choices": ["42", "41, wide", "40"]},
        {"id": "since", "names": {"en": "Since"}, "kind": "date"},
    ],
    "purposes": [{"id": "letters", "names": {"zh_hans": "收信", "en": "Letters"}}],
    "forget_after_months": 24, "drop_notes_after_months": 12,
}  # fmt: skip
FULL: Mapping[str, Any] = {
    "stored_value": STORED_VALUE,
    "times": {"packages": [CUT10, PASS]},
    "coupon_rules": [WELCOME, THANKS, BIRTHDAY, FRIEND],
    "proof": PROOF,
    "returns": RETURNS,
    "membership": FILES,
}
FIVE = {
    "id": "five", "kind": "coupon_amount_off", "off": 500, "issued": True, "names": {"zh_hans": "减5元", "en": "5.00 off"},
    "scope": {"all": True},
}  # fmt: skip
GOLD = {"id": "gold", "names": {"zh_hans": "金卡", "en": "Gold"}, "spend_from": 300_000}
DRAFT = DraftRules((FIVE,), (), {**FULL, "tiers": [GOLD]})
PLAIN = DraftRules((), (), {})
EVERY = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())


class NoGlossary:
    def called(self, what: str, key: str) -> Names | None:
        return {"item:rice": Names("大米", "大米", "Rice")}.get(f"{what}:{key}")


def all_fields(fields: tuple[Field, ...]) -> list[Field]:
    return [each for field in fields for each in (field, *all_fields(field.columns))]


def said(key: str, raw: Any, language: str, draft: DraftRules = DRAFT) -> str:
    table = TABLES[key]
    return said_in(table, raw_table(table, put(key, raw, draft)), draft, Texts(language), NoGlossary())


def put(key: str, raw: Any, draft: DraftRules = DRAFT) -> DraftRules:
    return replace(draft, rest={**draft.rest, key: raw})


def test_every_subject_of_the_rules_has_a_form() -> None:
    with_programme = {"accrual", "gifts", "tier_rules"}
    assert set(TABLES) == (set(SUBJECTS) - with_programme) | {"coupon_rules"}
    assert all(SUBJECTS.get(key, TABLES[key].shape) is TABLES[key].shape for key in TABLES)


@EVERY
def test_every_key_and_choice_has_its_words_in_three_languages(table: RuleTable) -> None:
    msgids = {table.title, table.note, *(rows.add for rows in table.rows.values())}
    for field in all_fields(table_fields(table, DRAFT)):
        if field.widget is Widget.HIDDEN:
            continue
        words = words_of(table, field)
        assert words is not None, f"{field.at}/{field.path}"
        msgids |= set(filter(None, words))
        for value in field.choices if field.key not in NAMED else ():
            called = choice_of(table, field, value)
            assert called, f"{field.path}:{value}"
            msgids.add(called)
    for language in ("zh-Hans", "zh-Hant"):
        assert [each for each in msgids if Texts(language).t(each) == each] == []


@EVERY
def test_no_words_are_left_of_a_key_that_is_gone(table: RuleTable) -> None:
    fields = all_fields(table_fields(table, DRAFT))
    known = {name for each in fields for name in (each.path, f"{each.at}/{each.path}", each.path.partition(".")[0])}
    assert set(table.words) - known == set()
    assert set(table.rows) - {f"{each.at}/{each.path}".lstrip("/") for each in fields} == set()


def test_a_new_key_without_words_is_found() -> None:
    class More(msgspec.Struct):
        surprise: int = 0

    table = replace(TABLES["proof"], shape=More, changes=lambda _: {})
    assert [words_of(table, each) for each in table_fields(table, DRAFT)] == [None]


@EVERY
@pytest.mark.parametrize("draft", [DRAFT, PLAIN], ids=["full", "plain"])
def test_what_the_form_shows_reads_back_the_same(table: RuleTable, draft: DraftRules) -> None:
    raw, reading = read_form_table(table, fill_table(table, draft), draft)
    assert reading.slips == {}
    changed = put_table(draft, raw, table=table)
    assert changed.rest.get(table.key) == draft.rest.get(table.key), "not a key more or less"
    assert not is_changed(table, draft, changed)
    assert isinstance(check_draft(changed, known_skus=None), RuleSet)


@EVERY
def test_what_is_published_reads_back_the_same(table: RuleTable) -> None:
    """A published text says everything, what is left out in a file among it."""
    rules = check_draft(DRAFT, known_skus=None)
    assert isinstance(rules, RuleSet), rules
    published = msgspec.json.decode(msgspec.json.encode(getattr(rules, table.key)))
    draft = put(table.key, published)
    raw, reading = read_form_table(table, fill_table(table, draft), draft)
    assert reading.slips == {}
    assert not is_changed(table, draft, put_table(draft, raw, table=table))
    assert not is_changed(table, DRAFT, draft)


NAMES = st.builds(
    lambda zh, en: {"zh_hans": zh, "en": en}, st.sampled_from(["甲", "乙 丙"]), st.sampled_from(["A", "B c"])
)
SKUS = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=4, unique=True)


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "id": f"r{number}"} for number, row in enumerate(rows)]


def rows(row: st.SearchStrategy[dict[str, Any]], least: int = 0) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(row, min_size=least, max_size=3).map(numbered)


WHEN = st.fixed_dictionaries(
    {},
    optional={
        "weekdays": st.lists(st.sampled_from(["mon", "sun"]), unique=True),
        "starts_local": st.just("2026-12-01T08:00:00"),
    },
)
PARTS = rows(
    st.fixed_dictionaries(
        {"skus": SKUS, "times": st.integers(1, 10_000)},
        optional={"names": NAMES, "gift_times": st.integers(0, 10_000), "worth": st.integers(1, 10**9)},
    ),
    1,
)
ANY: Mapping[str, st.SearchStrategy[Any]] = {
    "coupon_rules": rows(
        st.fixed_dictionaries(
            {"event": st.sampled_from(["registration", "birthday", "purchase", "referral"]), "names": NAMES, "promotion": st.just("five")},
            optional={
                "count": st.integers(1, 20), "valid_days": st.integers(1, 3_660), "bearer": st.booleans(),
                "revived": st.booleans(), "when": WHEN, "tiers": st.just(["gold"]),
            },
        )
    ),
    "times": st.fixed_dictionaries(
        {"packages": rows(
            st.fixed_dictionaries(
                {"names": NAMES, "sku": st.sampled_from("xyz"), "parts": PARTS},
                optional={
                    "months": st.integers(0, 120), "per_day": st.integers(0, 10_000), "shared": st.booleans(),
                    "until": st.dates().map(str),
                },
            )
        )}
    ),
    "proof": st.fixed_dictionaries(
        {},
        optional={
            "points_up_to": st.none() | st.integers(0, 10**9), "stored_value_up_to": st.none() | st.integers(0, 10**9),
            "times_up_to": st.none() | st.integers(0, 10**9), "tries": st.integers(1, 20),
            "accepts": st.lists(st.sampled_from(["proved", "pin", "last_four", "approved"]), min_size=1, unique=True),
        },
    ),
    "returns": st.fixed_dictionaries(
        {},
        optional={
            "spent_points": st.sampled_from(["owe", "withhold", "approve"]), "days": st.integers(0, 3_650),
            "clawback": st.sampled_from(["keep", "recompute"]), "loose_days": st.integers(1, 3_650),
            "loose_to": st.sampled_from(["cash", "stored_value"]),
            "order": st.lists(st.sampled_from(["gift", "principal", "card", "scan", "cash"]), unique=True),
        },
    ),
    "membership": st.fixed_dictionaries(
        {},
        optional={
            "fields": rows(st.fixed_dictionaries({"names": NAMES, "kind": st.just("choice"), "choices": st.lists(
                st.sampled_from(["红", "a, b", "4 2", "x;y"]), min_size=1, unique=True)})),
            "purposes": rows(st.fixed_dictionaries({"names": NAMES})),
            "forget_after_months": st.integers(0, 240),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("key", ANY)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_reading_what_is_shown_never_changes_a_table(key: str, data: st.DataObject) -> None:
    draft, table = put(key, data.draw(ANY[key])), TABLES[key]
    assert struct_of(table, raw_table(table, draft)) is not None
    raw, reading = read_form_table(table, fill_table(table, draft), draft)
    assert reading.slips == {}
    assert not is_changed(table, draft, put_table(draft, raw, table=table))


def test_as_many_rows_as_the_rules_allow_are_read() -> None:
    table = TABLES["times"]
    many = [{**PASS, "id": f"p{number}", "sku": f"s{number}"} for number in range(PACKAGES_MAX)]
    draft = put("times", {"packages": many})
    raw, reading = read_form_table(table, fill_table(table, draft), draft)
    assert (len(raw["packages"]), reading.slips) == (PACKAGES_MAX, {})


# ------------------------------------------------------------------------------------------- ids


def test_a_new_row_gets_an_id_of_its_own() -> None:
    values: dict[str, Any] = fill_table(TABLES["stored_value"], DRAFT)
    values |= {
        "top_ups[2].amount": ["200"],
        "top_ups[2].gift": ["60"],
        "top_ups[3].amount": ["200"],
        "top_ups[3].points": ["5"],
    }
    raw, reading = read_form_table(TABLES["stored_value"], values, DRAFT)
    assert reading.slips == {}
    assert [each["id"] for each in raw["top_ups"]] == ["up200", "rich", "up-200", "up-200-2"]


def test_a_package_keeps_its_id_whatever_is_changed_in_it() -> None:
    """Times of members stand in the ledger under it."""
    table = TABLES["times"]
    values = fill_table(table, DRAFT) | {
        "packages[0].names.en": ["Twelve haircuts"], "packages[0].names.zh_hans": ["十二次"], "packages[0].sku": ["card12"],
        "packages[0].parts[0].skus": ["perm"], "packages[0].parts[0].names.en": ["Perm"],
    }  # fmt: skip
    raw, reading = read_form_table(table, values, DRAFT)
    assert reading.slips == {}
    assert list(ids_in(raw)) == [
        "packages:cut10", "packages:cut10/parts:cut", "packages:cut10/parts:colour", "packages:old-pass",
        "packages:old-pass/parts:swim",
    ]  # fmt: skip


def test_nobody_inherits_the_times_of_a_package_that_was_taken_out() -> None:
    table = TABLES["times"]
    new = {
        "packages[7].names.en": ["Ten haircuts"], "packages[7].sku": ["card"], "packages[7].parts[0].skus": ["cut"],
        "packages[7].parts[0].times": ["10"],
    }  # fmt: skip
    once = ids_of(table, ['{"packages": [{"id": "ten-haircuts", "parts": [{"id": "part"}]}]}'])
    assert once == {"packages:ten-haircuts", "packages:ten-haircuts/parts:part"}
    first, _ = read_form_table(table, new, PLAIN)
    again, _ = read_form_table(table, new, PLAIN, taken=once)
    assert list(ids_in(first)) == ["packages:ten-haircuts", "packages:ten-haircuts/parts:part"]
    assert list(ids_in(again)) == ["packages:ten-haircuts-2", "packages:ten-haircuts-2/parts:part"]


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Shoe size", "shoe_size"),
        ("2nd phone", "field_2nd_phone"),
        ("", "field"),
        ("Ä" * 60, "field"),
        ("a" * 60, "a" * 27),
    ],
)
def test_ids_of_fields_are_words_that_the_file_allows(name: str, made: str) -> None:
    table = TABLES["membership"]
    values = {"fields[0].names.en": [name], "fields[0].names.zh_hans": ["名"], "fields[0].kind": ["text"]}
    raw, _ = read_form_table(table, values, PLAIN)
    assert [each["id"] for each in raw["fields"]] == [made]
    assert isinstance(check_draft(put_table(PLAIN, raw, table=table), known_skus=None), RuleSet)


def test_the_purposes_that_stand_there_from_the_beginning_can_be_taken_out() -> None:
    table = TABLES["membership"]
    values = fill_table(table, PLAIN)
    assert values["purposes[1].id"] == ["analysis"]
    kept, _ = read_form_table(table, {key: value for key, value in values.items() if "[1]" not in key}, PLAIN)
    assert [each["id"] for each in kept["purposes"]] == ["messages"]
    none, _ = read_form_table(table, {}, PLAIN)
    assert none == {"purposes": []}


# ------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("key", "typed", "place", "code"),
    [
        ("stored_value", {"top_ups[0].amount": ["many"]}, "top_ups[0].amount", "not_money"),
        ("stored_value", {"top_ups[0].gift_bp": ["x"]}, "top_ups[0].gift_bp", "not_rate"),
        ("times", {"packages[0].parts[1].times": ["0"]}, "packages[0].parts[1].times", "count_range"),
        ("times", {"packages[1].sku": [""]}, "packages[1].sku", "missing"),
        ("times", {"packages[1].until": [""], "packages[1].parts[0].skus": []}, "packages[1].parts[0].skus", "missing"),
        ("coupon_rules", {"rules[1].min_total": ["1,234.5"]}, "rules[1].min_total", "not_money"),
        ("coupon_rules", {"rules[0].promotion": [""]}, "rules[0].promotion", "missing"),
        ("proof", {"points_up_to": ["12.50"]}, "points_up_to", "not_count"),
        ("proof", {"accepts": []}, "accepts", "missing"),
        ("returns", {"order[2]": ["cash"]}, "order", "twice"),
        ("membership", {"fields[0].choices": ["a\r\nb\r\na"]}, "fields[0].choices", "twice"),
        ("membership", {"forget_after_months": ["241"]}, "forget_after_months", "count_range"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_its_place(key: str, typed: dict[str, Any], place: str, code: str) -> None:
    _, reading = read_form_table(TABLES[key], fill_table(TABLES[key], DRAFT) | typed, DRAFT)
    assert {path: slip.code for path, slip in reading.slips.items()} == {place: code}


@pytest.mark.parametrize(
    ("key", "typed", "place", "words"),
    [
        ("stored_value", {"top_ups[0].gift": [""]}, "top_ups[0].gift", "没有赠送内容，请填写赠送金、积分、次卡或优惠券。"),
        ("times", {"packages[0].sku": ["pass"]}, "packages[1].sku", "另一张次卡已经用了商品“pass”。"),
        ("times", {"packages[1].months": ["1"]}, "packages[1].months", "月数、天数、截止日期只能填一项。"),
        ("times", {"packages[1].parts[0].skus": ["pass"]}, "packages[1].parts", "次卡不能抵自己，请选它能抵的服务。"),
        ("times", {"packages[1].names.en": [""]}, "packages[1].names", "请填写。"),
        ("times", {"packages[1].sku": ["x" * 41]}, "packages[1].sku", "文字太长，或有不允许的字符。"),
        ("coupon_rules", {"rules[1].when.ends_local@day": ["2026-01-01"], "rules[1].when.starts_local@day": ["2026-01-02"]},
         "rules[1].when.ends_local", "结束早于开始。"),
        ("coupon_rules", {"rules[1].tiers": ["jade"]}, "rules[1].tiers", "没有会员等级 jade。"),
        ("coupon_rules", {"rules[1].scope.skus": []}, "rules[1].scope", "请选择全部商品，或选一部分。"),
        ("coupon_rules", {"rules[0].names.en": [""], "rules[0].names.zh_hans": [""]}, "rules[0].names", "起个名字，至少一种语言。"),
        ("membership", {"fields[1].kind": ["choice"]}, "fields[1].choices", "请写选项，一行一个。"),
        ("membership", {"purposes[0].names.en": [""], "purposes[0].names.zh_hans": [""]}, "purposes[0].names", "起个名字，至少一种语言。"),
    ],
)  # fmt: skip
def test_a_problem_of_the_file_is_shown_in_its_place(key: str, typed: dict[str, Any], place: str, words: str) -> None:
    table = TABLES[key]
    raw, reading = read_form_table(table, fill_table(table, DRAFT) | typed, DRAFT)
    assert reading.slips == {}
    changed, fields = put_table(DRAFT, raw, table=table), table_fields(table, DRAFT)
    found = [
        (place_of(path, fields, reading), problem_text(problem, Texts("zh-Hans")))
        for path, problem in problems_of_table(table, changed, known_skus=None)
    ]
    assert found == [(place, words)]


def test_a_problem_is_shown_in_the_row_of_the_form_and_not_of_the_table() -> None:
    """Rows in which nothing stands are none of the table's."""
    table = TABLES["times"]
    values = {key.replace("packages[1]", "packages[4]"): value for key, value in fill_table(table, DRAFT).items()}
    values["packages[4].sku"] = ["card"]
    raw, reading = read_form_table(table, values, DRAFT)
    assert len(raw["packages"]) == 2
    found = problems_of_table(table, put_table(DRAFT, raw, table=table), known_skus=None)
    assert [place_of(path, table_fields(table, DRAFT), reading) for path, _ in found] == ["packages[4].sku"]


def test_a_problem_is_led_to_its_table() -> None:
    bad = put("times", {"packages": [CUT10, {**PASS, "sku": "card"}]})
    found = check_draft(bad, known_skus=None)
    assert not isinstance(found, RuleSet)
    table = table_of(found[0])
    assert table is TABLES["times"] and path_of(table, found[0]) == "packages[1].sku"
    assert path_of(TABLES["coupon_rules"], found[0]) is None


def test_what_an_event_does_not_ask_for_is_not_read() -> None:
    table = TABLES["coupon_rules"]
    values = fill_table(table, DRAFT) | {"rules[1].event": ["registration"], "rules[2].event": ["purchase"]}
    raw, reading = read_form_table(table, values, DRAFT)
    assert reading.slips == {}
    assert {"min_total", "scope"} & set(raw["rules"][1]) == set()
    assert {"days_before", "days_after"} & set(raw["rules"][2]) == set()
    assert isinstance(check_draft(put_table(DRAFT, raw, table=table), known_skus=None), RuleSet)


# ------------------------------------------------------------------------------------------- in words


@pytest.mark.parametrize(
    ("key", "language", "words"),
    [
        ("stored_value", "zh-Hans",
         ("充¥200送¥50赠送金", "每充¥500送", "十次剪发卡 × 2", "限金卡", "先扣赠送金", "不足¥10的找零可存入余额")),
        ("stored_value", "zh-Hant", ("儲¥200送¥50贈送金", "先扣贈送金")),
        ("stored_value", "en",
         ("¥200 or more paid in: ¥50 gift", "12.5 percent gift", "in 6 monthly parts", "5.00 off", "for Gold")),
        ("times", "zh-Hans", ("十次剪发卡：10次wash/cut/dry，另送2次，1次染发，12个月内有效，每天最多2次，家人可共用", "有效期至")),
        ("times", "zh-Hant", ("十次剪髮卡：10次",)),
        ("times", "en", ("Ten haircuts: 10 × wash/cut/dry, 2 more for nothing, 1 × Colouring, valid for 12 months",)),
        ("coupon_rules", "zh-Hans",
         ("新会员送“新会员礼”1张，30天内有效", "到2026-12-31，周一，08:00–12:00，买了大米（不含sale）且消费满¥100送“5元优惠券”2张，1天后生效，7天内有效，限金卡，凭码就能用，退货不还券",
          "提前3天发，生日后2天到期", "推荐新会员送“Guide”1张")),
        ("coupon_rules", "zh-Hant", ("新會員送「新会员礼」1張，30天內有效",)),
        ("coupon_rules", "en", ("To a new member: 1 × “Welcome”, valid for 30 days", "given 3 days before")),
        ("proof", "zh-Hans",
         ("积分超过500点需要输入密码或出示会员码或防伪卡；使用储值需要", "次卡超过3000000次需要", "连错5次要等一会儿")),
        ("proof", "zh-Hant", ("點數超過500點需要輸入密碼或出示會員碼或防偽卡",)),
        ("proof", "en", ("Who spends more than 500 points needs the PIN or the member code or a card that proves itself",)),
        ("returns", "zh-Hans", ("7天内可直接退，过后须批准；先退现金，再依次退赠送金；已花掉的积分从退款里扣；留下的商品按购买当天的规则重新算价",)),
        ("returns", "zh-Hant", ("先退現金，再依序退贈送金",)),
        ("returns", "en", ("Within 7 days without approval; cash is paid back first, then gift money",)),
        ("membership", "zh-Hans", ("自定义资料：鞋码（42/41, wide/40）、Since；征求同意：收信；24个月没来就删除资料；备注12个月后删除",)),
        ("membership", "zh-Hant", ("自訂資料：",)),
        ("membership", "en", ("Own fields: Shoe size (42/41, wide/40), Since; members are asked for: Letters",)),
    ],
)  # fmt: skip
def test_it_says_what_it_does(key: str, language: str, words: tuple[str, ...]) -> None:
    found = said(key, FULL[key], language)
    for each in words:
        assert each in found


@EVERY
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_table_that_says_nothing_says_so(table: RuleTable, language: str) -> None:
    assert said_in(table, {}, PLAIN, Texts(language), NoGlossary())


def test_a_table_that_cannot_be_read_says_nothing() -> None:
    assert said("stored_value", {"order": "first"}, "en") == ""
    assert said("times", {"packages": [{"id": "a"}]}, "en") == ""
