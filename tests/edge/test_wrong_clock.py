"""A box without a battery: it may wake up months before the last thing that it did, and sells on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.till import Till
from tests.shops import TestShop, moment_ms

PEN = "4006381333931"
BEFORE_ALL_PRICES = "2025-06-01 10:00"
NEVER_SET = "1970-01-01 08:00"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    shop = TestShop(tmp_path)
    yield shop
    shop.stop()


def sign_in(shop: TestShop) -> None:
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")


@pytest.mark.parametrize("woken", [BEFORE_ALL_PRICES, NEVER_SET])
def test_open_basket_lives_through_a_clock_that_is_set_back(shop: TestShop, woken: str) -> None:
    """No price of the catalogue holds yet; a basket priced at less than nothing would stop every start."""
    shop.start()
    sign_in(shop)
    shop.ask(1, Till.attach_member, member_id="wang")
    assert shop.ask(1, Till.scan, text=PEN) is None
    assert shop.ask(1, Till.add_item, sku="milk") is None
    shop.stop()
    shop.clock.hand.at_ms = moment_ms(woken)
    shop.start()
    sign_in(shop)
    assert [(line.sku, line.net) for line in shop.view().lines] == [("pen", 250), ("milk", 990)]
    assert shop.ask(1, Till.change_quantity, line_id="1", quantity=3) is None
    assert shop.ask(1, Till.to_pay) is None
    assert shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=2_000) is None
    assert shop.view().done is not None and shop.view().done.change == 2_000 - 3 * 250 - 990
    assert shop.audit() == () and shop.crashes == []
