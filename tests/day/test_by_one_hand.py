"""A sale, a return and a whole shift with the keyboard only, and again by touch only: no other way is needed once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.store import catalog
from edge.store import shifts as stored
from edge.store.database import open_store
from rules.basket import Names
from rules.shift import ShiftReport
from tests.day.lane import PINYIN
from tests.shops import CONFIG, ITEMS, TestShop

pytestmark = pytest.mark.browser

GUARD_MS = 500
HAND_MS = 70
"""No hand types faster, and scanners do."""
TABS_MAX = 60
"""More stops than any panel has."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    made = TestShop(tmp_path / "shop", config=CONFIG + "[shift]\nrequired = true\n")
    store = open_store(made.loaded.database, synchronous="OFF")
    with store.transaction():
        for item, _ in ITEMS:
            if item.sku in PINYIN:
                catalog.put_item(store.db, item, initials=PINYIN[item.sku])
        catalog.put_quick_page(store.db, 1, Names("热销", "熱銷", "Popular"), [("cola", "teal"), ("milk", "blue")])
    store.close()
    with made:
        yield made
        assert made.crashes == [] and made.audit() == ()


@pytest.fixture
def page(chromium: Browser, shop: TestShop) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1_024, "height": 600}, has_touch=True)
    context.add_cookies([{"name": "lang", "value": "en", "url": shop.parts.url}])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{shop.parts.url}lane/1")
    expect(opened.locator("#strip .chip").first).to_be_visible()
    opened.wait_for_function("document.querySelector('#view')._htmx?.sse?.status === 200")
    yield opened
    context.close()
    assert complaints == []


def z_of(shop: TestShop) -> ShiftReport:
    db = shop.parts.store.reads
    found = stored.closed_report(db, stored.newest_closed(db, 1))
    assert found is not None
    return found


def agrees(shop: TestShop) -> None:
    """A float of 50.00, two colas and a milk sold for 19.00, one cola brought back: 65.50 are in the drawer."""
    z = z_of(shop)
    assert (z.sales, z.total, z.returns, z.refunded) == (1, 1_900, 1, 350)
    assert (z.expected, z.counted, z.difference) == (6_550, 6_550, 0)


def watch(page: Page, event: str) -> None:
    """Count what must not be used; the page counts, so a slip of the test is seen too."""
    page.evaluate(
        "name => { window.used = 0; window.addEventListener(name, event => { if (event.isTrusted) window.used += 1; }, true); }",
        event,
    )


def stage(page: Page, name: str) -> None:
    expect(page.locator("#stage")).to_have_attribute("data-stage", name)
    page.wait_for_timeout(GUARD_MS)


# --------------------------------------------------------------------------------------------- the keyboard only


def keys(page: Page, text: str) -> None:
    page.keyboard.type(text, delay=HAND_MS)


def tab_to(page: Page, selector: str) -> None:
    """Go on with Tab until a stop is reached, as somebody without a mouse does."""
    for _ in range(TABS_MAX):
        if page.evaluate("wanted => Boolean(document.activeElement?.matches(wanted))", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {selector}")


def test_keyboard_only(page: Page, shop: TestShop) -> None:
    press = page.keyboard.press
    watch(page, "pointerdown")
    for _ in range(TABS_MAX):
        if page.locator("#staff-chen[aria-pressed=true]").count():
            break
        press("ArrowDown" if page.locator("#staff-chen ~ #staff-zhang").count() == 0 else "ArrowUp")
    keys(page, "5678")
    press("Enter")
    stage(page, "selling")
    # The shift.
    press("End")
    expect(page.locator("#by-hand-value")).to_be_focused()
    keys(page, "50")
    press("ArrowDown")
    press("Enter")
    expect(page.locator("#panel")).to_be_hidden()
    # A sale: two by a quantity and a name, one by its number.
    keys(page, "2")
    press("*")
    keys(page, "kl")
    expect(page.locator("#found .result").first).to_be_visible()
    press("ArrowDown")
    press("Enter")
    expect(page.locator("#total")).to_have_text("¥7.00")
    keys(page, "6900000000014")
    press("Enter")
    expect(page.locator("#total")).to_have_text("¥19.00")
    press("F12")
    stage(page, "paying")
    keys(page, "20")
    press("Enter")
    stage(page, "done")
    expect(page.locator("#change")).to_have_text("¥1.00")
    press("Enter")
    stage(page, "selling")
    # A return: its receipt from the list, one piece, a reason.
    press("F7")
    expect(page.locator("#receipt-seek")).to_be_focused()
    press("ArrowDown")
    press("Enter")
    expect(page.locator(".receipt-acts")).to_be_visible()
    tab_to(page, '.receipt-acts [hx-get$="/return"]')
    press("Enter")
    expect(page.locator(".return-line")).to_have_count(2)
    tab_to(page, "[name=pieces-0]")
    press("ControlOrMeta+a")
    keys(page, "1")
    tab_to(page, "[name=reason]")
    press("Space")
    expect(page.locator("#return-sum .return-total")).to_contain_text("¥3.50")
    tab_to(page, "#return-sum button[type=submit]")
    press("Enter")
    expect(page.locator(".return-done")).to_contain_text("¥3.50")
    press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    # The count, and Z.
    press("End")
    expect(page.locator("#by-hand-value")).to_be_focused()
    tab_to(page, "[data-panel='shift/count']")
    press("Enter")
    expect(page.locator("#count-10000")).to_be_focused()
    tab_to(page, "#count-5000")
    keys(page, "1")
    tab_to(page, "#count-other")
    keys(page, "15.50")
    expect(page.locator("#count-sum")).to_have_text("65.50")
    tab_to(page, "[data-count]")
    press("Enter")
    stage(page, "locked")
    assert page.evaluate("window.used") == 0
    agrees(shop)


# ------------------------------------------------------------------------------------------------ by touch only


def touch(page: Page, *selectors: str) -> None:
    for selector in selectors:
        page.locator(selector).first.tap()


def digits(page: Page, field: str, text: str) -> None:
    touch(page, *(f'[data-type="{each}"][data-into="{field}"]' for each in text))


def test_touch_only(page: Page, shop: TestShop) -> None:
    watch(page, "keydown")
    touch(page, "#staff-chen", *(f'.digits [data-pad="{each}"]' for each in "5678"), '.on-lock[data-pad="enter"]')
    stage(page, "selling")
    # The shift.
    touch(page, "[data-panel=settings]", "[data-panel=shift]")
    expect(page.locator("#by-hand-value")).to_be_visible()
    digits(page, "by-hand-value", "50")
    touch(page, "[data-by-hand=begin]")
    expect(page.locator("#panel")).to_be_hidden()
    # A sale: two by a quick key, one by letters on the keyboard in the page.
    touch(page, '.quick-key[data-sku="cola"]', '.quick-key[data-sku="cola"]')
    expect(page.locator("#total")).to_have_text("¥7.00")
    touch(page, "#seek")
    expect(page.locator("#touchkeys")).to_be_visible()
    touch(page, *(f'[data-touchkey="{each}"]' for each in "xnn"))
    touch(page, '#found [data-sku="milk"]')
    expect(page.locator("#total")).to_have_text("¥19.00")
    touch(page, "#pay")
    stage(page, "paying")
    touch(page, '.note[data-kind="cash"]:has-text("20.00")')
    stage(page, "done")
    expect(page.locator("#change")).to_have_text("¥1.00")
    touch(page, "#next")
    stage(page, "selling")
    # A return: its receipt from the list, one piece, a reason.
    touch(page, "[data-panel=receipts]", ".receipt-row .result", '.receipt-acts [hx-get$="/return"]')
    expect(page.locator(".return-line")).to_have_count(2)
    touch(page, ".return-line:first-child [data-nudge='1']", '.toggle:has([value="not_wanted"])')
    expect(page.locator("#return-sum .return-total")).to_contain_text("¥3.50")
    touch(page, "#return-sum button[type=submit]")
    expect(page.locator(".return-done")).to_contain_text("¥3.50")
    touch(page, ".return-done [data-close]")
    expect(page.locator("#panel")).to_be_hidden()
    # The count, and Z.
    touch(page, "[data-panel=settings]", "[data-panel=shift]", "[data-panel='shift/count']")
    expect(page.locator("#count-10000")).to_be_visible()
    touch(page, "#count-5000", ".count [data-type='1']", "#count-other")
    touch(page, *(f".count [data-type='{each}']" for each in "15.50"))
    expect(page.locator("#count-sum")).to_have_text("65.50")
    touch(page, "[data-count]")
    stage(page, "locked")
    assert page.evaluate("window.used") == 0
    agrees(shop)
