"""Cases of three open-source engines' own test suites, in their neutral form, against our prices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rules.pricing import price
from rules.returns import ReturnedLine, refund
from rules.sale import Sale, sale_lines
from tests.rules.neutral_promotions import NotExpressibleError, basket_of, rules_of

FOLDER = Path(__file__).parents[1] / "vectors" / "promotions"
CASES: list[dict[str, Any]] = [
    case for path in sorted(FOLDER.glob("*.json")) for case in json.loads(path.read_text(encoding="utf-8"))
]

NOT_EXPRESSIBLE = {
    # Points are cash at the till, or nothing; a percentage for points would be a coupon.
    "odoo-139": "points_redeem_percent",
    "pretix-034": "a condition counted for each group of units, and not for the basket",
    # "Three different days" is a rule of tickets; no shelf of a shop has it.
    "pretix-040": "a condition counted for each group of units, and not for the basket",
    "pretix-043": "a condition counted for each group of units, and not for the basket",
    "pretix-046": "units of one use that must differ from each other",
    "pretix-049": "units of one use that must differ from each other",
    "pretix-052": "units of one use that must differ from each other",
}


def quote_of(case: dict[str, Any]):
    basket, member, now, usage = basket_of(case)
    return basket, price(basket, rules_of(case), member, now, usage)


def test_what_our_model_cannot_say_is_listed_with_the_reason():
    found = {}
    for case in CASES:
        try:
            rules_of(case)
        except NotExpressibleError as reason:
            found[case["id"]] = str(reason)
    assert found == NOT_EXPRESSIBLE
    assert len(CASES) - len(found) >= 0.9 * len(CASES)


EXPRESSIBLE = [case for case in CASES if case["id"] not in NOT_EXPRESSIBLE]


@pytest.mark.parametrize("case", EXPRESSIBLE, ids=lambda case: case["id"])
def test_the_case(case):
    basket, quote = quote_of(case)
    expected = case["expected"]
    assert quote.certified
    assert quote.gross == expected["gross_cents"]
    if case["source_is_best_for_customer"]:
        assert quote.total == expected["total_cents"]
        for name in set(case["asserted"]) & set(CHECKS):
            CHECKS[name](basket, quote, expected)
    else:
        assert quote.total == case["best_for_customer"]["total_cents"]
    stored = sum(raw["value_cents"] for raw in case["promotions"] if raw["kind"] == "payment")
    if "payable_cents" in expected:
        # Stored value is a tender: it pays, after every discount.
        assert quote.total - min(stored, quote.total) == expected["payable_cents"]


def check_units(basket, quote, expected):
    assert sorted(net for line in quote.lines for net in line.unit_nets) == expected["unit_final_cents_sorted"]


def check_lines(basket, quote, expected):
    for wanted in expected["lines"]:
        mine = [p for p, line in zip(quote.lines, basket.lines, strict=True) if line.item.sku == wanted["sku"]]
        if "discount_cents" in wanted:
            assert sum(line.gross - line.net for line in mine) == wanted["discount_cents"], wanted
        if "final_cents" in wanted:
            assert sum(line.net for line in mine) == wanted["final_cents"], wanted


def check_gifts(basket, quote, expected):
    wanted = sorted((gift["sku"], gift["qty"]) for gift in expected["gifts"])
    assert sorted((gift.sku, gift.quantity) for gift in quote.gifts) == wanted


def check_rejected(basket, quote, expected):
    applied = {each.promotion_id for each in quote.applied}
    assert not applied & set(expected["rejected"])


def check_points(basket, quote, expected):
    assert quote.points == expected["points_earned"]


CHECKS = {
    "unit_final_cents_sorted": check_units,
    "lines": check_lines,
    "gifts": check_gifts,
    "rejected": check_rejected,
    "points_earned": check_points,
}


@pytest.mark.parametrize("case", [case for case in EXPRESSIBLE if case.get("refund")], ids=lambda case: case["id"])
def test_the_refund(case):
    basket, quote = quote_of(case)
    sale = Sale(
        "sale", 1, "s", "m", "2026-11-22", 0, quote.gross, quote.discount, quote.total, quote.tax, 0, 0,
        sale_lines(basket, quote), (), (), "v", points=quote.points,
    )  # fmt: skip
    wanted = [
        ReturnedLine(number, tuple(range(row["qty"])))
        for row in case["refund"]["lines"]
        for number, line in enumerate(basket.lines)
        if line.item.sku == row["sku"]
    ]
    given = refund(sale, wanted)
    expected = case["refund"]["expected"]
    if "points_earned_reversed" in expected:
        assert given.points_reversed == expected["points_earned_reversed"]
    if "refund_cents" in expected:
        assert given.amount == expected["refund_cents"]
