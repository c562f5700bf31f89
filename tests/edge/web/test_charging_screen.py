"""Payment codes in a real browser: charged, waited for, cancelled, in parts, undone, and the list of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.screen import Stage
from edge.till import Till
from tests.offices import wait_for
from tests.shops import CONFIG, GATEWAY, TestShop

pytestmark = pytest.mark.browser

WECHAT = "134567890123456789"
PEN = "4006381333931"
GUARD_MS = 500
SIZES = ((1280, 800), (1024, 600), (800, 480))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    config = CONFIG + GATEWAY + "\n[screen]\nbench = true\n"
    with TestShop(tmp_path / "shop", config=config) as opened:
        yield opened
        assert opened.crashes == [] and opened.audit() == ()


@pytest.fixture
def page(chromium: Browser, shop: TestShop) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    opened = context.new_page()
    context.add_cookies([{"name": "lang", "value": "en", "url": shop.parts.url}])
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{shop.parts.url}lane/1")
    yield opened
    context.close()
    assert [text for text in complaints if "ERR_" not in text] == []


def to_pay(shop: TestShop, page: Page) -> None:
    if shop.view().stage is Stage.LOCKED:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    shop.ask(1, Till.scan, text=PEN)
    shop.ask(1, Till.to_pay)
    expect(page.locator("#payment")).to_be_visible()
    page.wait_for_timeout(GUARD_MS)


def show_code(shop: TestShop) -> None:
    shop.reader("scanner-1").type(WECHAT)


def pass_time(shop: TestShop, seconds: int) -> None:
    # A call that is under way would count as made after it.
    wait_for(shop.parts.charger.is_resting)
    shop.clock.hand.at_ms += seconds * 1_000
    shop.parts.charger.wake()


def test_a_sale_paid_by_a_code(shop, page):
    to_pay(shop, page)
    expect(page.locator(".codes")).to_contain_text("Scan the payment code")
    shop.gateway.next_charge("password_then_pays")
    show_code(shop)
    expect(page.locator("#charging")).to_contain_text("The customer enters the password on the phone.")
    expect(page.locator("#charging")).to_contain_text("134567******6789")
    expect(page.locator('[data-do="back_to_sale"]')).to_be_disabled()
    page.keyboard.press("Enter")  # asks again, and takes no cash
    page.wait_for_timeout(GUARD_MS)
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("WeChat Pay")
    assert shop.gateway.kept() == 250


def test_cancelled_by_its_key_and_paid_in_cash(shop, page):
    to_pay(shop, page)
    shop.gateway.next_charge("password_never")
    show_code(shop)
    expect(page.locator("#charging")).to_be_visible()
    page.keyboard.press("F6")
    expect(page.locator("#banner")).to_contain_text("the money goes back by itself")
    expect(page.locator("#charging")).to_be_hidden()
    expect(page.locator("#strip")).to_contain_text("Payments going back: 1", timeout=9_000)
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_be_visible()
    pass_time(shop, 15)
    expect(page.locator("#strip")).not_to_contain_text("going back", timeout=9_000)
    assert shop.gateway.kept() == 0


def test_a_part_typed_first(shop, page):
    to_pay(shop, page)
    page.keyboard.type("1.00")
    page.keyboard.press("F3")
    expect(page.locator(".codes")).to_contain_text("The next payment code pays ¥1.00")
    show_code(shop)
    expect(page.locator("#due")).to_have_text("¥1.50")
    page.keyboard.type("0.50")
    page.keyboard.press("Enter")
    expect(page.locator("#due")).to_have_text("¥1.00")
    page.locator('[data-do="undo_tenders"]').click()
    expect(page.locator("#banner")).to_contain_text("Cash to hand back: ¥0.50")
    assert shop.view().stage is Stage.SELLING


def test_without_the_internet_the_screen_says_so(shop, page):
    to_pay(shop, page)
    shop.gateway.is_cut = True
    show_code(shop)
    expect(page.locator("#banner")).to_contain_text("No internet")
    expect(page.locator(".codes")).to_contain_text("payment codes do not work now")
    expect(page.locator('[data-tender="scan"]')).to_be_enabled()


def test_the_list_of_payments_and_what_a_person_does(shop, page):
    to_pay(shop, page)
    shop.gateway.next_charge("silence_paid")
    show_code(shop)
    expect(page.locator("#charging")).to_contain_text("No clear answer yet")
    shop.gateway.next_reversal("refused")
    page.locator('[data-do="cancel_charge"]').click()
    expect(page.locator("#banner")).to_contain_text("goes back by itself")
    pass_time(shop, 15)
    expect(page.locator("#strip")).to_contain_text("Payments to look at: 1", timeout=9_000)
    page.locator('#strip [data-panel="payments"]').click()
    row = page.locator(".pay-row").first
    expect(row).to_contain_text("Cannot be undone here")
    row.locator('input[name="reason"]').fill("refunded in the merchant's account")
    row.get_by_role("button", name="It is settled").click()
    expect(page.locator(".pay-row").first).to_contain_text("Undone")


def test_the_phone_on_the_bench(shop, page):
    to_pay(shop, page)
    bench = page.context.new_page()
    bench.goto(f"{shop.parts.url}bench?lane=1")
    bench.locator('[data-next="charge"]').select_option("not_enough")
    bench.locator('[data-phone="alipay"]').click()
    expect(page.locator("#banner")).to_contain_text("Not enough money")
    expect(bench.locator('[data-next="charge"]')).to_have_value("pays")
    bench.locator('[data-phone="wechat"]').click()
    expect(page.locator("#done")).to_contain_text("WeChat Pay")
    bench.locator("[data-line]").click()
    expect(bench.locator("[data-line]")).to_have_attribute("aria-checked", "false")
    assert shop.gateway.is_cut
    bench.close()


@pytest.mark.parametrize("size", SIZES)
def test_nothing_of_it_is_cut(shop, page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    to_pay(shop, page)
    shop.gateway.next_charge("silence_not_paid")
    show_code(shop)
    expect(page.locator("#charging")).to_be_visible()
    outside = page.evaluate(
        """() => [...document.querySelectorAll("#charging p, #charging button, .codes *")].filter((each) => {
            const box = each.getBoundingClientRect(), frame = document.querySelector("#charging").getBoundingClientRect();
            return box.width && (box.right > frame.right + 1 || box.bottom > frame.bottom + 1 || box.bottom > innerHeight);
        }).map((each) => each.className || each.tagName)"""
    )
    assert outside == []
    for button in page.locator("#charging button").all():
        box = button.bounding_box()
        assert box is not None and box["height"] >= 44
