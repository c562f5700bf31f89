"""What is said to a cashier: every refusal in three languages, amounts, dates, and nothing obeyed."""

from __future__ import annotations

import ast
from datetime import date, datetime
from pathlib import Path

import pytest

from edge.screen import named
from edge.texts import LANGUAGES, MISSES, REFUSALS, TENDERS, Texts, clipped
from rules.basket import Names
from rules.charges import CHANNELS
from rules.quote import MissedPromotion, MissReason

EDGE = Path(__file__).resolve().parents[2] / "edge"
ZH, EN = Texts("zh-Hans"), Texts("en")


def codes_in_use() -> dict[str, set[str]]:
    """Return every code of a Refusal that stands in the daemon's source, with its parameters where they are literal."""
    found: dict[str, set[str]] = {}
    for path in EDGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal" and node.args):
                continue
            names = set()
            if len(node.args) > 1 and isinstance(node.args[1], ast.Dict):
                names = {key.value for key in node.args[1].keys if isinstance(key, ast.Constant)}
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found.setdefault(part.value, set()).update(names)
    return found


def test_every_refusal_has_a_text() -> None:
    used = codes_in_use()
    assert len(used) > 20
    # Codes that are put together, and the reason of a pure refund that becomes another one.
    assert used.keys() - REFUSALS.keys() - {"already_returned", "ecard_", "gift_", "scale_"} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_is_a_sentence(language: str) -> None:
    texts = Texts(language)
    params = dict.fromkeys(
        ("text", "uid", "since", "name", "max", "left", "seconds", "due_minor", "given_minor", "total_minor", "receipt", "device", "sku", "count", "number", "points", "day", "time", "lane",
         "amount_minor", "min", "least", "most", "limit_minor", "left_minor", "most_minor", "least_minor", "change_minor", "before_minor", "back_minor", "owed_minor",
         "cash_minor", "card_minor", "codes_minor", "age"),
        7,
    )  # fmt: skip
    for code in REFUSALS:
        said = texts.refusal(code, params)
        assert Texts(language).t("Not possible: {code}", code=code) not in said
        assert "{" not in said


@pytest.mark.parametrize(
    ("code", "params", "said"),
    [
        ("tender_short", {"due_minor": 7_250, "given_minor": 7_000}, "金额不足：应收 ¥72.50，实收 ¥70.00。"),
        ("wrong_pin", {"left": 3}, "密码不对，还可以试 3 次。"),
        ("from_tomorrow", {"n": 5}, "无法执行：from_tomorrow 5"),  # a code that no text is known of still shows
        (
            "missed_amount_short",
            {"name": "十元券", "name:en": "Ten off", "amount_minor": 1_200, "count": 1_200},
            "再买 ¥12.00 享“十元券”",
        ),
        ("wrong_pin", {}, "无法执行：wrong_pin"),  # a parameter is missing
        ("unknown_code", {"text": "{0.__class__}"}, "没有条码为 {0.__class__} 的商品。请按名称查找，或先放一边。"),
    ],
)
def test_refusals(code: str, params: dict[str, str | int], said: str) -> None:
    assert ZH.refusal(code, params) == said


def test_a_promotion_goes_by_its_name_in_each_language() -> None:
    offer = {**named(Names("十元券", "十元券（繁）", "Ten off")), "amount_minor": 1_200, "count": 1_200}
    assert EN.refusal("missed_amount_short", offer) == "¥12.00 more for “Ten off”"
    assert Texts("zh-Hant").refusal("missed_amount_short", offer) == "再買 ¥12.00 享「十元券（繁）」"


@pytest.mark.parametrize(
    ("minor", "zh", "en"),
    [
        (0, "¥0.00", "¥0.00"),
        (5, "¥0.05", "¥0.05"),
        (123_456, "¥1,234.56", "¥1,234.56"),
        (-300, "-¥3.00", "-¥3.00"),
        (10_000_000_000, "¥100,000,000.00", "¥100,000,000.00"),  # the largest amount there is
    ],
)
def test_money(minor: int, zh: str, en: str) -> None:
    assert (ZH.money(minor), EN.money(minor)) == (zh, en)


def test_a_currency_without_decimals() -> None:
    assert Texts("en", "JPY").money(1_500) == "JP¥1,500"


def test_dates_and_weights() -> None:
    assert ZH.date(date(2026, 11, 2)) == "2026-11-02"
    assert EN.date(date(2026, 11, 2)) == "2 Nov 2026"
    assert ZH.time(datetime(2026, 11, 2, 9, 5)) == "09:05"
    assert ZH.weight(532) == "0.532 kg"


def test_what_is_missing_for_a_promotion() -> None:
    offer = Names("满100减10", "滿100減10", "10 off 100")
    missed = MissedPromotion("p", offer, MissReason.AMOUNT_SHORT, 1_200)
    assert ZH.miss(missed) == "再买 ¥12.00 享“满100减10”"
    assert Texts("zh-Hant").miss(missed) == "再買 ¥12.00 享「滿100減10」"
    assert set(MISSES) == set(MissReason)


def test_tenders_and_states_of_later_versions_show_their_names() -> None:
    assert ZH.tender("cash") == "现金"
    assert ZH.tender("voucher") == "voucher"
    assert ZH.device_state("ok") == "正常"
    assert set(TENDERS) == {
        "cash", "card", "scan", "stored_value", "account", "rounding", "principal", "gift", "exchange", "credit", *CHANNELS,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1b@c\n d", "a b @c d"),  # nothing that a terminal or a printer obeys
        ("x" * 100, "x" * 59 + "…"),
        ("", ""),
    ],
)
def test_texts_from_outside_are_one_visible_line(text: str, shown: str) -> None:
    assert clipped(text) == shown
