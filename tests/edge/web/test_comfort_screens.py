"""What makes selling easier, in a real browser: by keyboard alone, and by touch alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.store import catalog
from edge.store.database import rows
from edge.till import Till
from rules.basket import Item, Names
from tests.shops import TestShop

pytestmark = pytest.mark.browser

HAND_MS = 150
"""No hand is faster between two keys."""
GUARD_MS = 500
SIZES = {"1280": (1_280, 800), "800": (800, 480)}


def fill(shop: TestShop) -> None:
    db = shop.parts.store.db

    def write() -> None:
        cola = Item("cola", Names("可乐", "可樂", "Cola"), 0, unit="瓶")
        catalog.put_item(db, cola, initials="kl", search="kele")
        catalog.put_quick_page(
            db, 1, Names("饮料", "飲料", "Drinks"), [("cola", "red"), ("milk", "blue"), ("beer", "amber")]
        )
        catalog.put_quick_page(
            db, 2, Names("其他", "其他", "Other"), [("flowers", "violet"), ("bread", "brown")], sort=1
        )

    shop.parts.loop.write(write)


@pytest.fixture(params=[("1280", "zh-Hans"), ("800", "en")], ids="-".join)
def lane(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Iterator[tuple[TestShop, Page]]:
    size, language = request.param
    with TestShop(tmp_path / "shop") as shop:
        fill(shop)
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        url = shop.parts.url.rstrip("/")
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=True)
        context.add_cookies([{"name": "lang", "value": language, "url": url}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}/lane/1")
        expect(page.locator("#strip .chip").first).to_be_visible()
        yield shop, page
        assert complaints == []
        context.close()


def scan(shop: TestShop, page: Page, code: str, lines: int) -> None:
    shop.ask(1, Till.scan, text=code)
    expect(page.locator(".line")).to_have_count(lines)


def slowly(page: Page, *keys: str) -> None:
    for key in keys:
        page.wait_for_timeout(HAND_MS)
        page.keyboard.press(key)


def test_one_keypad_gives_quantity_discount_and_price_by_keyboard(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    scan(shop, page, "6900000000014", 1)
    slowly(page, "ArrowUp", "2", "F3")
    expect(page.locator("#total")).to_have_text("¥24.00")
    # First the figure, then what it means; the reason is one more press.
    slowly(page, "1", "0", "/")
    expect(page.locator("#by-hand-value")).to_have_value("10")
    slowly(page, "Enter", "Enter")
    expect(page.locator("#total")).to_have_text("¥21.60")
    # First what it means, then the figure; the same key once more is money off.
    slowly(page, "/", "/", "5", ".", "5", "Enter")
    expect(page.locator('[data-hand="amount"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#by-hand-value")).to_have_value("5.5")
    slowly(page, "ArrowDown", "Enter")
    expect(page.locator("#total")).to_have_text("¥18.50")
    slowly(page, "=", "1", "0", "Enter")
    slowly(page, "Enter", "Enter")
    expect(page.locator("#total")).to_have_text("¥14.50")
    slowly(page, "=")
    expect(page.locator("#entry")).not_to_have_attribute("data-says", "")
    slowly(page, "Escape")
    expect(page.locator("#entry")).to_have_attribute("data-says", "")


def test_the_keypad_by_touch(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    scan(shop, page, "6900000000021", 1)
    if page.viewport_size and page.viewport_size["width"] < 1000:
        page.locator(".pad-switch").tap()
    for key in "25":
        page.locator(f'.digits [data-pad="{key}"]').first.tap()
    page.locator('[data-mode="price"]').tap()
    expect(page.locator("#by-hand-value")).to_have_value("25")
    page.locator('[data-by-hand="short_dated"]').tap()
    expect(page.locator("#total")).to_have_text("¥25.00")


def test_a_price_is_asked_and_answered_by_keyboard_and_by_touch(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    scan(shop, page, "6900000000038", 1)
    shop.ask(1, Till.scan, text="6900000000120")
    expect(page.locator("#banner")).to_contain_text("500.00")
    expect(page.locator("#pay")).to_be_disabled()
    slowly(page, "5", "Enter")
    expect(page.locator("#banner")).to_contain_text("500.00")
    expect(page.locator(".line")).to_have_count(1)
    slowly(page, "1", "2", "Enter")
    expect(page.locator(".line")).to_have_count(2)
    expect(page.locator("#total")).to_have_text("¥20.00")
    page.locator('[data-tab="2"]').tap() if page.locator('[data-tab="2"]').is_visible() else page.keyboard.press(
        "PageDown"
    )
    page.evaluate("document.body.classList.remove('with-pad')")
    page.locator('.quick-key[data-sku="flowers"]').tap()
    expect(page.locator("#banner")).to_be_visible()
    page.locator('.digits [data-pad="3"]').first.tap()
    page.locator('.digits [data-pad="0"]').first.tap()
    page.locator("#banner [data-pad=enter]").tap()
    expect(page.locator(".line")).to_have_count(3)


def test_an_age_is_asked_confirmed_and_refused(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    shop.ask(1, Till.scan, text="6900000000106")
    expect(page.locator("#banner")).to_contain_text("18")
    page.wait_for_timeout(HAND_MS)
    # A scanner's Enter, or one too many, is no answer.
    page.keyboard.press("Enter")
    page.wait_for_timeout(HAND_MS)
    assert shop.view().blocked is not None
    page.keyboard.press("F6")
    expect(page.locator(".line")).to_have_count(1)
    slowly(page, "F4")
    expect(page.locator(".line")).to_have_count(0)
    shop.ask(1, Till.scan, text="6900000000106")
    expect(page.locator("#banner")).to_be_visible()
    page.locator("#banner [data-do=dismiss]").tap()
    expect(page.locator("#banner")).to_have_count(0)
    said = rows(shop.parts.store.reads, "SELECT action FROM audit WHERE action LIKE 'age_%' ORDER BY audit_no")
    assert said == [("age_confirmed",), ("age_refused",)]


def test_what_has_expired_is_stopped_and_sold_only_on_purpose(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    # The day is said as the language says days.
    last_day = re.compile("2026-11-22|22 Nov 2026")
    shop.ask(1, Till.scan, text="(01)06900000000014(17)261122")
    expect(page.locator("#banner")).to_contain_text(last_day)
    expect(page.locator("#pay")).to_be_disabled()
    page.locator("#banner [data-do=dismiss]").tap()
    expect(page.locator("#banner")).to_have_count(0)
    expect(page.locator(".line")).to_have_count(0)
    shop.ask(1, Till.scan, text="(01)06900000000014(17)261122")
    expect(page.locator("#banner")).to_contain_text(last_day)
    page.locator("#banner [data-do=sell_expired]").tap()
    expect(page.locator(".line")).to_have_count(1)
    expect(page.locator("#banner")).to_have_count(0)


def test_the_more_panel_by_keys_alone(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    slowly(page, "Insert")
    expect(page.locator("#more")).to_be_visible()
    slowly(page, "1")
    expect(page.locator("#banner.checking")).to_be_visible()
    shop.ask(1, Till.scan, text="6900000000014")
    expect(page.locator("#banner.checking")).to_contain_text("¥12.00")
    expect(page.locator(".line")).to_have_count(0)
    slowly(page, "F6")
    expect(page.locator(".line")).to_have_count(1)
    expect(page.locator("#banner")).to_have_count(0)
    slowly(page, "Alt+n")
    expect(page.locator("#line-note")).to_be_focused()
    page.keyboard.type("no ice")
    slowly(page, "Enter")
    expect(page.locator(".line-note")).to_contain_text("no ice")
    slowly(page, "F12")
    expect(page.locator("#payment")).to_be_visible()
    page.wait_for_timeout(GUARD_MS)
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_be_visible()
    page.wait_for_timeout(GUARD_MS)
    page.keyboard.press("Enter")
    expect(page.locator("#empty")).to_be_visible()
    slowly(page, "Alt+r")
    expect(page.locator(".line")).to_have_count(1)
    slowly(page, "F1")
    expect(page.locator("#help")).to_contain_text("Alt+R")


def test_a_tap_tells_the_price_while_prices_are_checked(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    page.locator(".more-switch").tap()
    page.locator("#more [data-do=begin_check]").tap()
    expect(page.locator("#banner.checking")).to_be_visible()
    page.locator('.quick-key[data-sku="milk"]').tap()
    expect(page.locator("#banner.checking")).to_contain_text("¥10.80")
    assert shop.view().lines == ()
    page.locator("#banner [data-do=end_check]").tap()
    expect(page.locator("#banner")).to_have_count(0)
    page.locator('.quick-key[data-sku="milk"]').tap()
    expect(page.locator(".line")).to_have_count(1)


def test_the_keyboard_in_the_page_finds_an_item_by_two_letters(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    page.locator("#seek").tap()
    expect(page.locator("#touchkeys")).to_be_visible()
    for box in page.locator(".touchkey").all():
        size = box.bounding_box()
        assert size is not None and size["height"] >= 44
    page.locator("[data-touchkey=k]").tap()
    page.locator("[data-touchkey=l]").tap()
    expect(page.locator(".result").first).to_contain_text("¥3.50")
    page.locator(".result").first.tap()
    expect(page.locator(".line")).to_have_count(1)
    expect(page.locator("#touchkeys")).to_have_count(0)
    # A real keyboard sends it away, and settings keep it away.
    page.locator("#seek").tap()
    expect(page.locator("#touchkeys")).to_be_visible()
    page.keyboard.press("x")
    expect(page.locator("#touchkeys")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("F8")
    page.locator('[data-set="touchkeys"][data-value="off"]').tap()
    page.keyboard.press("Escape")
    page.locator("#seek").tap()
    page.wait_for_timeout(HAND_MS)
    expect(page.locator("#touchkeys")).to_have_count(0)
    assert shop.view().lines[0].sku == "cola"


def test_above_the_keyboard_in_the_page_what_is_found_stands_side_by_side(lane: tuple[TestShop, Page]) -> None:
    _, page = lane
    page.set_viewport_size({"width": 1024, "height": 600})
    page.locator("#seek").tap()
    page.locator("[data-touchkey=k]").tap()
    expect(page.locator("#found .result").nth(1)).to_be_visible()
    first, second = (page.locator("#found .result").nth(at).bounding_box() for at in range(2))
    assert first is not None and second is not None
    assert (first["y"], first["x"] + first["width"]) == (second["y"], second["x"])


def test_quick_keys_are_edited_by_buttons_and_every_screen_follows(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    page.locator(".more-switch").tap()
    page.locator("#more [data-panel=quick-keys]").tap()
    keys = page.locator("#key-grid .quick-key")
    expect(keys).to_have_count(3)
    keys.nth(0).tap()
    page.locator("[data-comfort=key-right]").tap()
    expect(keys.nth(1)).to_have_attribute("data-sku", "cola")
    expect(keys.nth(1)).to_have_attribute("aria-pressed", "true")
    page.locator("[data-comfort=key-colour][data-colour=green]").tap()
    expect(keys.nth(1)).to_have_class("quick-key tone-green")
    keys.nth(0).tap()
    page.locator("[data-comfort=key-drop]").tap()
    expect(keys).to_have_count(2)
    page.locator("#key-seek").fill("Rice")
    page.locator("[data-comfort=key-add]").first.tap()
    expect(keys).to_have_count(3)
    page.locator("#page-name").fill("Cold")
    page.locator("[data-comfort=page-put]").tap()
    expect(page.locator("[data-comfort=page]").first).to_have_text("Cold")
    page.locator("[data-comfort=page-own]").tap()
    expect(page.locator("[data-comfort=page] small")).to_have_count(1)
    page.locator("[data-comfort=page-right]").tap()
    expect(page.locator("[data-comfort=page]").nth(1)).to_contain_text("Cold")
    page.keyboard.press("Escape")
    expect(page.locator("#quick .tab").nth(1)).to_have_text("Cold")
    found = catalog.quick_pages(shop.parts.store.reads, now_ms=shop.clock.now_ms(), lane=1)
    assert [[key.item.sku for key in each.keys] for each in found] == [["flowers", "bread"], ["cola", "beer", "rice"]]
    assert [each.lane for each in found] == [0, 1]
    assert len(catalog.quick_pages(shop.parts.store.reads, now_ms=shop.clock.now_ms(), lane=2)) == 1
    who = rows(shop.parts.store.reads, "SELECT DISTINCT staff_id FROM audit WHERE action = 'quick_keys'")
    assert who == [("zhang",)]


def test_a_key_is_dragged_to_another_place(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    page.keyboard.press("Alt+k")
    keys = page.locator("#key-grid .quick-key")
    expect(keys).to_have_count(3)
    grip, last = keys.nth(0).locator(".grip").bounding_box(), keys.nth(2).bounding_box()
    assert grip is not None and last is not None
    page.mouse.move(grip["x"] + 10, grip["y"] + 10)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] - 20, last["y"] + 20, steps=12)
    page.mouse.up()
    expect(keys.nth(2)).to_have_attribute("data-sku", "cola")
    # The panel came afresh: what the finger laid there was taken.
    expect(keys.nth(2)).to_have_attribute("data-at", "2")
    found = catalog.quick_pages(shop.parts.store.reads, now_ms=shop.clock.now_ms())
    assert [key.item.sku for key in found[0].keys] == ["milk", "beer", "cola"]


def test_practice_is_marked_on_the_screen_and_ends_by_touch(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    page.locator(".more-switch").tap()
    page.locator("#more [data-panel=training]").tap()
    page.locator("[data-post$=training]").tap()
    expect(page.locator(".practice-bar")).to_be_visible()
    expect(page.locator("#panel")).to_be_hidden()
    page.locator('.quick-key[data-sku="cola"]').tap()
    expect(page.locator("#total")).to_have_text("¥3.50")
    page.locator("#pay").tap()
    page.wait_for_timeout(GUARD_MS)
    page.locator(".exact").tap()
    expect(page.locator("#done")).to_contain_text("TRAIN-1-")
    page.wait_for_timeout(GUARD_MS)
    page.keyboard.press("F7")
    expect(page.locator(".receipt-row")).to_have_count(1)
    page.keyboard.press("Escape")
    page.goto(f"{shop.parts.url.rstrip('/')}/lane/1/quick-keys")
    assert page.locator("#key-editor").count() == 0
    page.goto(f"{shop.parts.url.rstrip('/')}/lane/1")
    expect(page.locator(".practice-bar")).to_be_visible()
    page.locator("[data-do=end_training]").tap()
    expect(page.locator("#lock")).to_be_visible()
    assert len(shop.parts.reads.receipts()) == 0 and shop.audit() == ()


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_a_theme_and_the_flash_are_chosen(lane: tuple[TestShop, Page], theme: str) -> None:
    shop, page = lane
    page.keyboard.press("F8")
    page.locator(f'[data-set="theme"][data-value="{theme}"]').tap()
    page.locator('[data-set="flash"][data-value="off"]').tap()
    page.locator('[data-set="volume"][data-value="0"]').tap()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    expect(page.locator("html")).to_have_attribute("data-flash", "off")
    expect(page.locator("body")).to_have_attribute("data-volume", "0")
    expect(page.locator("#strip .chip").first).to_be_visible()
    page.evaluate("() => { window.flashed = 0; Element.prototype.animate = () => { window.flashed += 1; }; }")
    scan(shop, page, "6900000000021", 1)
    assert page.evaluate("window.flashed") == 0
