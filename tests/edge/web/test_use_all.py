"""One press that uses all that a member has, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.screen import Sound
from tests.screens import stages
from tests.shops import TestShop, rules_with_coupons

pytestmark = pytest.mark.browser

ALL = "[data-do=use_all]"


@pytest.fixture
def lane(chromium: Browser, tmp_path: Path) -> Iterator[tuple[TestShop, Page]]:
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as shop:
        stages.sign_in(shop)
        stages.sell(shop)
        page = chromium.new_page()
        page.goto(f"{shop.parts.url}lane/1")
        expect(page.locator(ALL)).to_be_visible()
        yield shop, page
        page.context.close()


def is_all_used(shop: TestShop) -> None:
    view = shop.view()
    assert [use.quantity for use in view.times] == [1]
    assert [offer.is_given for offer in view.offers] == [True]
    assert view.points is not None
    assert view.points.used == view.points.most > 0


def test_one_touch_uses_all_and_a_double_one_complains_of_nothing(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    page.locator(ALL).dblclick()
    expect(page.locator(ALL)).to_have_count(0)
    is_all_used(shop)
    page.wait_for_timeout(300)
    assert (shop.view().notice, shop.view().sound) == (None, Sound.TAP)


def test_by_keyboard_and_back(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    before = shop.view().total
    page.keyboard.press("Alt+a")
    expect(page.locator(ALL)).to_have_count(0)
    is_all_used(shop)
    page.keyboard.press("F4")
    expect(page.locator(ALL)).to_be_visible()
    assert shop.view().total == before


def test_where_only_one_thing_can_be_used_there_is_no_such_button(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    page.locator("[data-redeem]").click()
    page.locator("[data-do=use_times]").first.click()
    expect(page.locator("[data-redeem]")).to_have_count(0)
    expect(page.locator(ALL)).to_have_count(0)
    assert not shop.view().offers[0].is_given
