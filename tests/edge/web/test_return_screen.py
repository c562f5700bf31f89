"""A return by touch, in a real browser at a real shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.till import Till
from tests.shops import CARDS, TestShop, rules_with_coupons

pytestmark = pytest.mark.browser

PEN, RICE = "4006381333931", "6900000000021"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as running:
        yield running


@pytest.fixture
def page(chromium: Browser, shop: TestShop) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert [text for text in complaints if "ERR_CONNECTION" not in text and "ERR_INCOMPLETE" not in text] == []


def sell(shop: TestShop) -> str:
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    shop.ask(1, Till.tap, uid=CARDS["card-li"])
    for _ in range(3):
        shop.ask(1, Till.scan, text=RICE)
    shop.ask(1, Till.scan, text=PEN)
    shop.ask(1, Till.to_pay)
    view = shop.view(1)
    shop.ask(1, Till.pay, sale_id=view.sale_id, kind="cash", given=view.due)
    shop.ask(1, Till.next_sale)
    return view.sale_id


def test_two_bags_of_rice_come_back_by_touch(page: Page, shop: TestShop) -> None:
    sell(shop)
    page.goto(f"{shop.parts.url}lane/1")
    page.locator("[data-panel=receipts]").click()
    page.locator(".receipt-row .result").first.click()
    page.get_by_role("button", name="退货").click()
    rice = page.locator(".return-line").first
    more = rice.locator("[data-nudge='1']")
    more.click()
    more.click()
    expect(page.locator("#return-sum")).to_contain_text("56.66")
    # Nothing happens without a reason.
    page.locator("#return-sum button[type=submit]").click()
    expect(page.locator(".alert")).to_contain_text("原因")
    page.locator(".toggle", has_text="质量问题").click()
    rice.locator(".check input").check()
    page.locator("#return-sum button[type=submit]").click()
    expect(page.locator(".return-done")).to_contain_text("56.66")
    page.get_by_role("button", name="返回销售").click()
    expect(page.locator("#panel")).not_to_be_visible()
    # What came back cannot come back again: one bag is left.
    page.locator("[data-panel=receipts]").click()
    page.locator(".receipt-row .result").first.click()
    page.get_by_role("button", name="退货").click()
    for _ in range(3):
        more.click()
    expect(rice.locator("input.field")).to_have_value("1")
    assert shop.audit() == ()
