"""Coupon codes at a till: which texts are taken for one, what becomes of them, and the last uses at two lanes at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.rulebook import publish
from edge.screen import Refusal
from edge.store.database import execute, rows
from edge.till import Till
from edge.till_extras import CODES_MAX
from rules.promotions import NO_RULES, RuleSet, load_rules
from tests.shops import TestShop

PEN, MILK = "4006381333931", "6900000000014"


def coupon(code: str, **more: Any) -> dict[str, Any]:
    names = {"zh_hans": "一元券", "zh_hant": "一元券", "en": "One off"}
    return {
        "kind": "coupon_amount_off", "id": code, "names": names, "scope": {"all": True}, "off": 100, "code": code, **more
    }  # fmt: skip


def rules_of(*promotions: dict[str, Any]) -> RuleSet:
    rules = load_rules(msgspec.json.encode({"promotions": promotions}).decode(), format="json")
    assert isinstance(rules, RuleSet), rules
    return rules


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop") as opened:
        for lane, who, pin in ((1, "zhang", "1234"), (2, "chen", "5678")):
            opened.ask(lane, Till.sign_in, staff_id=who, pin=pin)
        yield opened


def put(shop: TestShop, *promotions: dict[str, Any]) -> None:
    """Publish rules, as the daemon itself does."""

    def write(till: Till) -> None:
        store = till.desk.shop.store
        with store.transaction():
            publish(store.db, rules_of(*promotions) if promotions else NO_RULES, source="command", at_ms=0)

    shop.ask(1, write)


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("TEN", "ten"),  # capitals do not matter
        ("M50", "M50"),  # looks like a member's number
        ("STAFF-DAY", "STAFF-DAY"),  # like a badge
        ("20261111", "20261111"),  # like a number on a shelf
        ("双十一", "双十一"),  # no bar code holds it, a person's keyboard does
        ("https://s.example/a", "https://s.example/a"),  # a poster's square
    ],
)
def test_a_code_that_a_promotion_knows_is_taken_whatever_it_looks_like(shop: TestShop, code: str, given: str) -> None:
    put(shop, coupon(code, id="one-off"))
    shop.ask(1, Till.scan, text=PEN)
    assert shop.ask(1, Till.scan, text=given) is None
    assert [(each.code, each.amount) for each in shop.view().coupons] == [(given, 100)]
    assert (shop.view().total, shop.view().blocked) == (150, None)


def test_a_code_of_ones_own_that_looks_like_a_receipt(shop: TestShop) -> None:
    put(shop, coupon("MAIL", single_use=True))
    shop.ask(1, Till.scan, text=PEN)
    assert shop.ask(1, Till.scan, text="MAIL-1-20261122-0007") is None
    assert shop.view().total == 150


@pytest.mark.parametrize(("text", "line"), [(PEN, "pen"), ("M1001", None)])
def test_items_and_members_go_before(shop: TestShop, text: str, line: str | None) -> None:
    put(shop, coupon(text))
    assert shop.ask(1, Till.scan, text=text) is None
    view = shop.view()
    assert view.coupons == ()
    assert [each.sku for each in view.lines] == ([line] if line else [])
    assert (view.member is not None) == (line is None)


def test_a_promotion_that_goes_leaves_a_code_that_says_so(shop: TestShop) -> None:
    put(shop, coupon("TEN"))
    shop.ask(1, Till.scan, text=PEN)
    shop.ask(1, Till.scan, text="TEN")
    put(shop)
    shop.ask(1, Till.scan, text=PEN)
    (left,) = shop.view().coupons
    assert left.missed is not None and left.missed.reason == "ended"
    assert shop.view().total == 500
    assert shop.ask(1, Till.remove_code, code="TEN") is None
    assert shop.ask(1, Till.remove_code, code="TEN") == Refusal("line_gone")


def test_a_basket_takes_so_many_codes(shop: TestShop) -> None:
    put(shop, *(coupon(f"C{number}") for number in range(CODES_MAX + 1)))
    shop.ask(1, Till.scan, text=PEN)
    answers = [shop.ask(1, Till.scan, text=f"C{number}") for number in range(CODES_MAX + 1)]
    assert answers == [None] * CODES_MAX + [Refusal("coupons_full", {"max": CODES_MAX})]


def test_lanes_that_sell_at_once_share_the_uses_exactly(shop: TestShop) -> None:
    put(shop, coupon("TEN", uses={"in_all": 7}))
    told: list[str] = []

    def sell(lane: int) -> None:
        for _ in range(12):
            shop.ask(lane, Till.scan, text=PEN)
            shop.ask(lane, Till.scan, text="TEN")
            shop.ask(lane, Till.to_pay)
            for _ in range(2):
                view = shop.view(lane)
                refusal = shop.ask(lane, Till.pay, sale_id=view.sale_id, kind="cash", given=view.due)
                if refusal is None:
                    break
                told.append(refusal.code)

    selling = [threading.Thread(target=sell, args=(lane,)) for lane in (1, 2)]
    for thread in selling:
        thread.start()
    for thread in selling:
        thread.join(30)
    assert rows(shop.parts.store.reads, "SELECT total, count(*) FROM sale GROUP BY total ORDER BY total") == [
        (150, 7), (250, 17),
    ]  # fmt: skip
    # Nobody paid another price than the one that was told; at most one lane had to be told anew.
    assert told in ([], ["offer_gone"])
    assert shop.audit() == ()


def test_a_damaged_count_is_found(shop: TestShop) -> None:
    put(shop, coupon("TEN", uses={"in_all": 7}))
    shop.ask(1, Till.scan, text=PEN)
    shop.ask(1, Till.scan, text="TEN")
    shop.ask(1, Till.to_pay)
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=150)
    assert shop.audit() == ()
    shop.ask(
        1, lambda till: execute(till.desk.shop.store.db, "UPDATE promotion_use SET baskets = 5 WHERE span = 'all'")
    )
    assert shop.audit() == ("uses of TEN (all): kept 5, sales give 1",)
