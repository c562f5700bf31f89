"""A box without a battery: it may wake up months before the last thing that it did, and sells on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store import catalog
from edge.store.database import rows
from edge.till import Till
from tests.shops import MORNING, TestShop, moment_ms

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


def test_points_of_an_unset_clock_are_still_there_when_it_is_set(shop: TestShop) -> None:
    """Counted from 1970, their year would be over before the member had them."""
    shop.start()
    shop.parts.loop.write(lambda: catalog.put_price(shop.parts.store.db, "pen", 250, effective_from_ms=0))
    shop.clock.hand.at_ms = moment_ms(NEVER_SET)
    sign_in(shop)
    shop.ask(1, Till.attach_member, member_id="li")
    shop.ask(1, Till.scan, text=PEN)
    shop.ask(1, Till.to_pay)
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=250)
    assert shop.view().done is not None and shop.view().done.points == 2
    assert rows(shop.parts.store.reads, "SELECT is_clock_unsure FROM sale") == [(1,)]
    shop.ask(1, Till.next_sale)
    shop.clock.hand.at_ms = moment_ms(MORNING)
    sign_in(shop)
    shop.ask(1, Till.attach_member, member_id="li")
    assert shop.view().member is not None and shop.view().member.points == 2
    assert shop.audit() == ()


@pytest.mark.parametrize(
    ("minutes", "stage"),
    [
        (-1, "selling"),  # a time server moves it a little: nobody is locked out
        (-60 * 24 * 365, "locked"),  # it was a year ahead: an idle lane must not stay open for that year
        (14, "selling"),
        (15, "locked"),
    ],
)
def test_idle_lane_locks_whichever_way_the_clock_is_moved(shop: TestShop, minutes: int, stage: str) -> None:
    shop.start()
    sign_in(shop)
    shop.clock.hand.at_ms += minutes * 60_000
    shop.ask(1, Till.tick)
    assert shop.view().stage == stage
