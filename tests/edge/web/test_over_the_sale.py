"""What lies over the sale, in a real browser: nothing behind it is touched, reached or read out, and the focus comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.till import Till
from tests.shops import TestShop

pytestmark = pytest.mark.browser

# What a finger on the middle of something would touch.
TOUCHED = """(selector) => {
    const box = document.querySelector(selector).getBoundingClientRect();
    return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2).closest("dialog, #veil")?.id ?? "the sale";
}"""
FOCUSED = "() => document.activeElement.closest('dialog')?.id ?? document.activeElement.tagName"
TABS = 40
"""More than a panel has places that Tab goes to."""


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    with TestShop(tmp_path / "shop") as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, Till.scan, text="06901234567892")
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "lang", "value": "en", "url": shop.parts.url}])
        opened = context.new_page()
        opened.goto(f"{shop.parts.url}lane/1")
        expect(opened.locator(".line")).to_have_count(1)
        yield opened
        context.close()


def open_member(page: Page) -> None:
    page.keyboard.press("F9")
    expect(page.locator("#panel .panel-head")).to_be_visible()


def test_what_is_behind_a_panel_is_out_of_reach(page: Page) -> None:
    pay = page.get_by_role("button", name="PAY")
    expect(pay).to_have_count(1)
    open_member(page)
    assert page.evaluate(TOUCHED, ".shop") == "veil"
    expect(pay).to_have_count(0)  # to whoever has the page read out
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(pay).to_have_count(1)
    assert page.evaluate(TOUCHED, ".shop") == "the sale"


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_tab_stays_in_a_panel(page: Page, key: str) -> None:
    open_member(page)
    been = set()
    for _ in range(TABS):
        page.keyboard.press(key)
        been.add(page.evaluate(FOCUSED))
    assert "panel" in been
    assert been <= {"panel", "BODY"}  # past the last place the browser's own come, where it has any
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert not page.evaluate("() => document.querySelectorAll('[inert]').length")


def test_a_hot_key_of_the_sale_does_nothing_while_a_panel_is_open(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url.rpartition("/")[2]))
    open_member(page)
    page.keyboard.press("F12")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    # Presses are sent one after the other, so what F12 had asked for would have gone before this.
    with page.expect_request("**/do/undo"):
        page.keyboard.press("F4")
    assert "to_pay" not in sent


@pytest.mark.parametrize("is_there", [True, False], ids=["in the panel", "gone with what had it"])
def test_the_focus_comes_back_to_where_it_was(page: Page, is_there: bool) -> None:
    page.keyboard.press("F2")
    expect(page.locator("#seek")).to_be_focused()
    open_member(page)
    expect(page.locator("#panel :focus")).to_have_count(1)
    if not is_there:
        page.locator("#panel-body").evaluate("(each) => each.replaceChildren()")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#seek")).to_be_focused()


def test_what_was_opened_last_lies_on_top_and_closes_first(page: Page) -> None:
    panel, keys = page.locator("#panel"), page.locator("#help")
    open_member(page)
    page.keyboard.press("F1")
    expect(keys).to_be_visible()
    assert page.evaluate(TOUCHED, "#help") == "help"
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    expect(panel).to_be_visible()
    assert page.evaluate(TOUCHED, "#panel") == "panel"
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_reload_opens_what_was_open(page: Page) -> None:
    open_member(page)
    page.reload()
    expect(page.locator("#panel .panel-head")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_function("() => sessionStorage.length === 0")
    page.reload()
    expect(page.locator("#stage.selling")).to_be_visible()
    expect(page.locator("#panel")).to_be_hidden()


def test_an_address_opens_what_it_names_and_a_new_visit_nothing(page: Page) -> None:
    address = page.url
    page.goto(f"{address}#member")
    page.reload()
    expect(page.locator("#panel .panel-head")).to_be_visible()
    assert page.url == address
    page.goto(address)
    expect(page.locator("#stage.selling")).to_be_visible()
    expect(page.locator("#panel")).to_be_hidden()


def test_a_browser_that_knows_no_other_way_opens_a_modal_dialog(page: Page) -> None:
    page.add_init_script("delete HTMLDialogElement.prototype.closedBy")
    page.reload()
    expect(page.locator(".line")).to_have_count(1)
    open_member(page)
    expect(page.locator("#panel:modal")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
