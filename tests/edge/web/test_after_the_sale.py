"""After a sale in a real browser: a gift receipt by touch and by keyboard, and invoice data with its buyer."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.till import Till
from tests.shops import CONFIG, TestShop

pytestmark = pytest.mark.browser

PAGES = '\n[screen]\nbench = true\n[privacy]\npage_url = "https://shop.example"\n'
GUARD_MS = 500


def until(holds: Callable[[], bool], wait_s: float = 6.0) -> bool:
    end = time.monotonic() + wait_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", config=CONFIG + PAGES) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        running.ask(1, Till.scan, text="4006381333931")
        running.ask(1, Till.to_pay)
        view = running.view()
        running.ask(1, Till.pay, sale_id=view.sale_id, kind="cash", given=view.due)
        assert until(lambda: running.printer("printer-1").printed == 1)
        yield running
        assert running.crashes == [] and running.audit() == ()


@pytest.fixture
def page(chromium: Browser, shop: TestShop) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1024, "height": 600}, locale="zh-CN", has_touch=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{shop.parts.url}lane/1")
    expect(opened.locator("#done")).to_be_visible()
    yield opened
    context.close()
    assert [text for text in complaints if "ERR_" not in text] == []


def newest_paper(shop: TestShop) -> str:
    printer = shop.printer("printer-1")
    assert until(lambda: printer.printed == 2)
    return printer.paper(printer.jobs()[-1]).text()


def test_a_gift_receipt_by_keyboard_from_the_screen_of_the_sale(page: Page, shop: TestShop) -> None:
    page.wait_for_timeout(GUARD_MS)
    page.keyboard.press("F9")
    expect(page.locator(".gift-receipt .paper")).to_contain_text("礼品小票")
    expect(page.locator(".gift-receipt .paper")).not_to_contain_text("2.50")
    expect(page.locator(".gift-code img")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).not_to_be_visible()
    assert "礼品小票" in newest_paper(shop)


def test_a_gift_receipt_by_touch_from_the_receipts(page: Page, shop: TestShop) -> None:
    page.wait_for_timeout(GUARD_MS)
    page.locator("#next").tap()
    page.locator("[data-panel=receipts]").tap()
    page.locator(".receipt-row .result").tap()
    page.get_by_role("button", name="礼品小票").tap()
    page.get_by_role("button", name="打印礼品小票").tap()
    text = newest_paper(shop)
    assert "礼品小票" in text and not re.search(r"\d+\.\d\d", text)


def test_a_buyer_is_written_down_and_goes_into_the_file(page: Page, shop: TestShop) -> None:
    page.locator("[data-panel=settings]").tap()
    page.get_by_role("button", name="后台").tap()
    page.get_by_role("button", name="发票数据").tap()
    page.locator("#invoice-receipts .result").tap()
    page.locator("[name=title]").fill("杭州某某有限公司")
    page.locator("[name=tax_number]").fill("123")
    page.locator("#touchkeys").get_by_role("button", name="确定").tap()
    expect(page.locator("#invoice-receipts .alert")).to_be_visible()
    page.locator("[name=title]").fill("杭州某某有限公司")
    page.locator("[name=tax_number]").fill("91330106MA27XXXXXX")
    page.locator("#touchkeys").get_by_role("button", name="确定").tap()
    expect(page.locator("#invoice-receipts .done-word")).to_be_visible()
    page.locator(".toggle", has_text="只要有抬头的").tap()
    expect(page.locator("[name=only][value=asked]")).to_be_checked()
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").tap()
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text(encoding="utf-8-sig"))))
    assert [(row["sku"], row["amount"], row["buyer_tax_number"]) for row in rows] == [
        ("pen", "2.50", "91330106MA27XXXXXX")
    ]


def test_the_style_guide_is_beside_a_bench_only(page: Page, shop: TestShop) -> None:
    for theme in ("light", "dark", "contrast"):
        page.goto(f"{shop.parts.url}styleguide?theme={theme}")
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        expect(page.locator(".guide-main > section")).to_have_count(14)
        # The very pieces that waiting.js puts into a panel.
        expect(page.locator(".guide-panel.is-waiting")).to_have_count(1)
        expect(page.locator(".guide-panel .waiting-note [data-again]")).to_have_count(2)


def test_without_a_bench_there_is_no_style_guide(tmp_path: Path) -> None:

    with TestShop(tmp_path / "bare") as bare, pytest.raises(HTTPError) as missing:
        urlopen(f"{bare.parts.url}styleguide", timeout=5)
    assert missing.value.code == 404
