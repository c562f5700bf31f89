"""The press that clears the screen for the next customer, while the next customer's goods are scanned already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.screen import Refusal, Sound, Stage
from edge.till import Till
from tests.shops import TestShop, rules_with_coupons

PEN = "4006381333931"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path, promotions=rules_with_coupons()) as opened:
        opened.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        opened.ask(1, Till.scan, text=PEN)
        opened.ask(1, Till.to_pay)
        opened.ask(1, Till.pay, sale_id=opened.view().sale_id, kind="cash", given=opened.view().due)
        assert opened.view().stage is Stage.DONE
        yield opened


def test_what_was_refused_after_the_screen_that_was_pressed_stands_on(shop: TestShop) -> None:
    seen = shop.view().number
    assert isinstance(shop.ask(1, Till.scan, text="SUMMER"), Refusal)
    refused = shop.view().notice
    assert shop.view().stage is Stage.DONE and refused is not None
    shop.ask(1, Till.next_sale, seen=seen)
    assert shop.view().stage is Stage.SELLING
    assert (shop.view().notice, shop.view().sound) == (refused, Sound.ERROR)


def test_what_was_seen_goes_with_the_press(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text="SUMMER")
    shop.ask(1, Till.next_sale, seen=shop.view().number)
    assert (shop.view().stage, shop.view().notice, shop.view().sound) == (Stage.SELLING, None, Sound.NONE)


def test_a_press_that_comes_after_the_next_sale_began_changes_nothing(shop: TestShop) -> None:
    seen = shop.view().number
    shop.ask(1, Till.scan, text=PEN)
    before = shop.view()
    shop.ask(1, Till.next_sale, seen=seen)
    assert shop.view() == before and len(before.lines) == 1
