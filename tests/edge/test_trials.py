"""Rules tried out: on a basket that nobody buys, and on the sales of a past day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.rulebook import newest_readable
from edge.till import Till
from edge.trials import Trial, TrialLine, price_past, try_out
from rules.promotions import NO_RULES, RuleSet, load_rules, read_rules
from rules.quote import MissReason
from tests.shops import PROMOTIONS, TestShop, moment_ms

DAY = date(2026, 11, 23)
HALF = {
    "kind": "percent_off",
    "id": "half",
    "names": {"en": "Half"},
    "scope": {"categories": ["drinks"]},
    "off_bp": 5_000,
}
BIRTHDAY = {
    "kind": "basket_percent_off", "id": "cake", "names": {"en": "Cake"}, "scope": {"all": True}, "off_bp": 1_000,
    "who": {"birthday": {}},
}  # fmt: skip
NEW = {
    "kind": "basket_percent_off", "id": "new", "names": {"en": "New"}, "scope": {"all": True}, "off_bp": 1_000,
    "who": {"new_member": True},
}  # fmt: skip


def rules(*tables: dict[str, Any]) -> RuleSet:
    found = read_rules({"promotions": list(tables)})
    assert isinstance(found, RuleSet), found
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestShop]:
    """A shop with a morning of sales: cola for anybody, milk for a gold member, apples from the scale."""
    with TestShop(tmp_path_factory.mktemp("shop")) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        sell(shop, "6901234567892", pieces=2)
        shop.ask(1, Till.attach_member, member_id="wang")
        sell(shop, "6900000000014")
        shop.ask(1, Till.add_item, sku="apple", weight_g=532)
        sell(shop, "6900000000021", pieces=2)
        sell(shop, "2100123005857")
        yield shop


def sell(shop: TestShop, code: str, pieces: int = 1) -> None:
    shop.ask(1, Till.set_next_quantity, quantity=pieces)
    shop.ask(1, Till.scan, text=code)
    shop.ask(1, Till.to_pay)
    view = shop.view()
    shop.ask(1, Till.pay, sale_id=view.sale_id, kind="card", given=view.due)
    shop.ask(1, Till.next_sale)


def trial(*lines: TrialLine, at: str = "2026-11-23 10:00", **more: Any) -> Trial:
    return Trial(lines, datetime.fromisoformat(at), moment_ms(at), 1, **more)


@pytest.mark.parametrize(
    ("given", "tables", "total"),
    [
        (trial(TrialLine("cola", 2)), (), 700),
        (trial(TrialLine("cola", 2)), (HALF,), 350),
        (trial(TrialLine("apple", weight_g=532)), (), 681),  # weighed
        (trial(TrialLine("bread")), (), 800),
        (trial(TrialLine("bread"), at="2026-11-24 09:00"), (), 900),  # the price of that moment
        (trial(TrialLine("nothing"), TrialLine("old"), TrialLine("cola")), (), 350),  # unknown, without a price
        (trial(TrialLine("cola"), is_birthday=True), (BIRTHDAY,), 350),  # nobody has no birthday
        (trial(TrialLine("cola"), who="any"), (BIRTHDAY,), 350),
        (trial(TrialLine("cola"), who="any", is_birthday=True), (BIRTHDAY,), 315),
        (trial(TrialLine("cola"), who="any"), (NEW,), 350),
        (trial(TrialLine("cola"), who="tier:gold", is_new=True), (NEW,), 315),
        (trial(TrialLine("cola"), who="member:li"), (NEW,), 315),  # never bought anything
        (trial(TrialLine("cola"), who="member:wang"), (NEW,), 350),
    ],
)
def test_a_basket_that_nobody_buys(
    shop: TestShop, given: Trial, tables: tuple[dict[str, Any], ...], total: int
) -> None:
    basket, quote = try_out(shop.parts.store.reads, given, rules(*tables), shop.clock)
    assert quote.total == total
    assert quote.certified
    assert len(quote.lines) == len(basket.lines)


def test_member_prices_of_a_tier(shop: TestShop) -> None:
    own = load_rules(PROMOTIONS.read_text(encoding="utf-8"))
    assert isinstance(own, RuleSet)
    for who, total in (("", 1_200), ("any", 1_080), ("tier:gold", 990)):
        _, quote = try_out(shop.parts.store.reads, trial(TrialLine("milk"), who=who), own, shop.clock)
        assert quote.total == total
    assert [missed.reason for missed in quote.missed] == [MissReason.AMOUNT_SHORT]


def test_a_past_day_under_the_same_rules_costs_the_same(shop: TestShop) -> None:
    own = read_own(shop)
    result = price_past(shop.parts.store.reads, own, DAY, shop.clock)
    assert (result.in_all, result.priced, result.differing_count, result.uncertain) == (4, 4, 0, 0)
    assert result.charged == result.now == 700 + 990 + (681 + 6_000 - 500) + 585
    assert {key: (each.charged, each.now) for key, each in result.promotions.items()} == {
        "member-price": (210, 210), "spend-steps": (500, 500),
    }  # fmt: skip


def read_own(shop: TestShop) -> RuleSet:
    current = newest_readable(shop.parts.store.reads)
    assert current is not None
    return current.rules


def test_a_past_day_under_other_rules(shop: TestShop) -> None:
    result = price_past(shop.parts.store.reads, rules(HALF), DAY, shop.clock)
    assert result.charged - result.now == 350 - 210 - 500
    assert {key: (each.charged, each.now) for key, each in result.promotions.items()} == {
        "half": (0, 350), "member-price": (210, 0), "spend-steps": (500, 0),
    }  # fmt: skip
    # Those that differ most come first.
    assert [each.now - each.charged for each in result.differing] == [500, -350, 210]


def test_a_new_member_was_new_once(shop: TestShop) -> None:
    result = price_past(shop.parts.store.reads, rules(NEW), DAY, shop.clock)
    assert {key: each.now for key, each in result.promotions.items()}["new"] == 120


def test_there_is_an_end_to_it(shop: TestShop) -> None:
    reads = shop.parts.store.reads
    assert price_past(reads, NO_RULES, DAY, shop.clock, limit=2).priced == 2
    stopped = price_past(reads, NO_RULES, DAY, shop.clock, within_s=0)
    assert (stopped.priced, stopped.in_all) == (0, 4)
    assert price_past(reads, NO_RULES, date(2020, 1, 1), shop.clock).in_all == 0


def test_no_path_of_the_shop_is_written(shop: TestShop, tmp_path: Path) -> None:
    before = shop.parts.store.path.stat().st_mtime_ns
    price_past(shop.parts.store.reads, NO_RULES, DAY, shop.clock)
    assert shop.parts.store.path.stat().st_mtime_ns == before
