"""Hold and resume, return and exchange in a real browser at a real shop: by touch alone, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.till import Till
from tests.shops import TestShop, rules_with_coupons

pytestmark = pytest.mark.browser

PEN, RICE, COLA = "4006381333931", "6900000000021", "6901234567892"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running


@pytest.fixture
def page(chromium: Browser, shop: TestShop) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1024, "height": 600}, locale="zh-CN", has_touch=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{shop.parts.url}lane/1")
    yield opened
    context.close()
    assert [text for text in complaints if "ERR_CONNECTION" not in text and "ERR_INCOMPLETE" not in text] == []
    assert shop.audit() == ()


def scan(shop: TestShop, *codes: str) -> None:
    for code in codes:
        assert shop.ask(1, Till.scan, text=code) is None


def sold(shop: TestShop, *codes: str) -> str:
    scan(shop, *codes)
    shop.ask(1, Till.to_pay)
    view = shop.view(1)
    assert shop.ask(1, Till.pay, sale_id=view.sale_id, kind="cash", given=view.due) is None
    shop.ask(1, Till.next_sale)
    return view.sale_id


def test_hold_and_resume_by_touch(page: Page, shop: TestShop) -> None:
    scan(shop, PEN, COLA)
    page.locator("#hold").tap()
    page.get_by_role("button", name="去取钱").tap()
    expect(page.locator("#empty")).to_be_visible()
    chip = page.locator("#strip .chip.held")
    expect(chip).to_contain_text("1")
    scan(shop, RICE)
    page.locator("#hold").tap()
    page.locator(".hold-form input.field").fill("穿红衣服的阿姨")
    page.locator(".hold-form button").tap()
    expect(page.locator("#panel")).not_to_be_visible()
    expect(chip).to_contain_text("2")
    # The list is opened from the strip, and the older one taken.
    chip.tap()
    expect(page.locator(".held-row")).to_have_count(2)
    expect(page.locator(".held-row").first).to_contain_text("穿红衣服的阿姨")
    page.locator(".held-row .result", has_text="去取钱").tap()
    expect(page.locator("#total")).to_contain_text("6.00")
    expect(chip).to_contain_text("1")
    # The other one is thrown away, with a reason.
    chip.tap()
    page.locator(".held-row .button").tap()
    page.get_by_role("button", name="顾客没有回来").tap()
    expect(chip).to_have_count(0)


def test_hold_and_resume_by_keyboard(page: Page, shop: TestShop) -> None:
    scan(shop, PEN)
    expect(page.locator("#total")).to_contain_text("2.50")
    page.keyboard.press("F6")
    expect(page.locator(".hold-form input.field")).to_be_focused()
    page.keyboard.type("A1")
    page.keyboard.press("Enter")
    expect(page.locator("#empty")).to_be_visible()
    scan(shop, COLA)
    expect(page.locator("#total")).to_contain_text("3.50")
    page.keyboard.press("F6")
    expect(page.locator(".hold-form input.field")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#empty")).to_be_visible()
    # The list while selling, and back; the key for more opens something else.
    expect(page.locator("#panel")).to_be_hidden()  # the stream may be here before the answer that shuts the form
    page.keyboard.press("Alt+h")
    expect(page.locator(".held-row .result").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".held-row").first).to_be_hidden()
    # The newest in one press.
    page.keyboard.press("F6")
    expect(page.locator("#total")).to_contain_text("3.50")
    page.keyboard.press("F12")
    expect(page.locator("#due")).to_contain_text("3.50")
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_be_visible()
    # The other one from the list, over the screen of the sale that is done.
    page.keyboard.press("Alt+h")
    expect(page.locator(".held-row .result").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#total")).to_contain_text("2.50")
    assert [each.note for each in shop.parts.reads.held()] == []


def test_a_double_tap_holds_once(page: Page, shop: TestShop) -> None:
    scan(shop, PEN)
    page.locator("#hold").tap()
    page.get_by_role("button", name="去取钱").dblclick()
    expect(page.locator("#strip .chip.held")).to_contain_text("1")
    # The second press did not take it up again.
    expect(page.locator("#empty")).to_be_visible()
    assert len(shop.parts.reads.held()) == 1


def test_an_exchange_by_touch(page: Page, shop: TestShop) -> None:
    sold(shop, RICE, COLA)
    page.locator("[data-panel=receipts]").tap()
    # Found by what was in it.
    page.locator("#receipt-seek").fill("大米")
    expect(page.locator(".receipt-row")).to_have_count(1)
    page.locator(".receipt-row .result").tap()
    page.get_by_role("button", name="退货").first.tap()
    page.locator("[data-nudge='1']").first.tap()
    page.locator(".toggle", has_text="质量问题").tap()
    # What is broken is not sold again, unless somebody says so.
    expect(page.locator("[name='aside-0']")).to_be_checked()
    page.get_by_role("button", name="换货").tap()
    expect(page.locator("#panel")).not_to_be_visible()
    expect(page.locator(".back")).to_contain_text("-¥30.00")
    expect(page.locator("#total")).to_contain_text("30.00")
    expect(page.locator("#pay")).to_contain_text("退")
    scan(shop, RICE, PEN)
    expect(page.locator("#total")).to_contain_text("2.50")
    page.locator("#pay").tap()
    expect(page.locator("#due")).to_contain_text("2.50")
    page.wait_for_timeout(500)
    page.locator(".exact").tap()
    expect(page.locator("#done")).to_contain_text("换货抵扣")
    page.wait_for_timeout(500)
    page.locator("#next").tap()
    # What came back cannot come back again; what went along can.
    page.locator("[data-panel=receipts]").tap()
    expect(page.locator(".receipt-row")).to_have_count(2)


def test_a_return_by_keyboard_from_a_scanned_receipt(page: Page, shop: TestShop) -> None:
    sold(shop, COLA, COLA, PEN)
    shop.ask(1, Till.scan, text="S001-1-20261123-0001")
    expect(page.locator("#banner")).to_contain_text("S001-1-20261123-0001")
    page.keyboard.press("Enter")
    expect(page.locator(".return-line")).to_have_count(2)
    pieces = page.locator("[name='pieces-0']")
    for _ in range(20):
        page.keyboard.press("Tab")
        if pieces.evaluate("each => each === document.activeElement"):
            break
    expect(pieces).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.name === 'reason'"):
            break
    page.keyboard.press("Space")
    expect(page.locator("#return-sum")).to_contain_text("7.00")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.type === 'submit'"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(".return-done")).to_contain_text("7.00")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).not_to_be_visible()


def test_giving_back_by_keyboard(page: Page, shop: TestShop) -> None:
    sale_id = sold(shop, RICE)
    page.goto(f"{shop.parts.url}lane/1#receipts/{sale_id}/return")
    page.reload()
    page.locator("[data-nudge='1']").first.click()
    page.locator(".toggle", has_text="不想要").click()
    page.get_by_role("button", name="换货").click()
    # What is pressed over a panel is the panel's.
    expect(page.locator("#panel")).not_to_be_visible()
    scan(shop, PEN)
    expect(page.locator("#total")).to_contain_text("27.50")
    page.keyboard.press("F12")
    expect(page.locator("#due")).to_contain_text("27.50")
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    expect(page.locator("#change")).to_contain_text("27.50")
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    expect(page.locator("#empty")).to_be_visible()


def test_without_a_receipt_a_second_person_allows_it_by_touch(page: Page, shop: TestShop) -> None:
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    page.locator("[data-panel=receipts]").tap()
    page.get_by_role("button", name="无小票").tap()
    page.locator(".loose [name=q]").fill("可乐")
    page.locator("#loose-found .result", has_text="可乐").first.tap()
    page.locator(".loose-form .toggle", has_text="不想要").tap()
    page.get_by_role("button", name="放入本单").tap()
    expect(page.locator("#approve")).to_be_visible()
    page.locator("#approve-pin").fill("1234")
    page.keyboard.press("Enter")
    expect(page.locator(".back")).to_contain_text("-¥3.50")
    expect(page.locator("#panel")).not_to_be_visible()


def test_slips_and_reports_are_found_and_printed_again(page: Page, shop: TestShop) -> None:
    sold(shop, COLA)
    page.goto(f"{shop.parts.url}lane/1#slips")
    page.reload()
    expect(page.locator("#slips")).to_contain_text("还没有单据")
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    page.locator("#by-hand-value").fill("100")
    page.get_by_role("button", name="开班").tap()
    page.keyboard.press("End")
    page.locator("[data-panel='shift/count']").tap()
    page.locator("#count-10000").fill("1")
    page.locator("#count-other").fill("0")
    page.locator("[data-count]").tap()
    expect(page.locator(".person").first).to_be_visible()
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    page.goto(f"{shop.parts.url}lane/1#shift/reports")
    page.reload()
    page.locator(".result", has_text="S001-Z00001").tap()
    expect(page.locator(".paper")).to_contain_text("S001-Z00001")
    page.get_by_role("button", name="打印副本").tap()
    page.wait_for_timeout(300)
    paper = shop.printer("printer-1")
    assert any("副本" in paper.paper(job).text() for job in paper.jobs())


def test_closing_a_shift_warns_of_what_is_on_hold(page: Page, shop: TestShop) -> None:
    scan(shop, PEN)
    page.locator("#hold").tap()
    page.get_by_role("button", name="去取钱").tap()
    expect(page.locator("#empty")).to_be_visible()
    page.keyboard.press("End")
    page.locator("#by-hand-value").fill("0")
    page.get_by_role("button", name="开班").tap()
    page.keyboard.press("End")
    page.locator("[data-panel='shift/count']").tap()
    expect(page.locator(".count .alert")).to_contain_text("1 单")
    page.get_by_role("button", name="查看").tap()
    expect(page.locator(".held-row")).to_have_count(1)
