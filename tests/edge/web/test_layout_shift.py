"""Nothing moves by itself: Chromium's own measure of it over a sale and over panels, and the keys stay where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.till import Till
from tests.offices import wait_for
from tests.screens.looking import SIZES, shows
from tests.shops import CARDS, TestShop

pytestmark = pytest.mark.browser

SETTLED_MS = 700
"""Longer than the half second in which a shift is put down to the press before it."""
# A scan and a tap are presses too, which Chromium does not know of, and the answer to any may take more than its half
# second on a busy machine: the test tells the page from when to when something was awaited.
# What moved without a press in the half second before, with what it was: the value alone says nothing to whoever mends it.
WATCH = """() => {
    window.moved = [];
    window.awaited = [];
    const isBySomebody = (each) => each.hadRecentInput || awaited.some(([from, to]) => from <= each.startTime && each.startTime <= to);
    new PerformanceObserver((list) => {
        for (const each of list.getEntries()) if (!isBySomebody(each)) window.moved.push(
            `${each.value.toFixed(4)} ` + each.sources.map(({ node, previousRect: was, currentRect: is }) =>
                `${node?.nodeName}#${node?.id || node?.parentElement?.id}.${node?.className} ${was.x},${was.y},${was.width}x${was.height}`
                + `->${is.x},${is.y},${is.width}x${is.height}`).join(" | "));
    }).observe({ type: "layout-shift", buffered: true });
}"""
KEYS = """() => Object.fromEntries([...document.querySelectorAll(
    ".pay, .pad-key, .pad-acts .button, .act, .note, .quick-key, .who, .tongue, #seek",
)].filter((key) => key.offsetParent && !key.closest("dialog")).map((key) => {
    const box = key.getBoundingClientRect();
    return [key.dataset.key || key.id || key.dataset.pad || key.dataset.sku || key.dataset.kind || key.textContent.trim(),
        [box.x, box.y, box.width, box.height].map(Math.round).join(" ")];
}))"""


@contextmanager
def lane(chromium: Browser, folder: Path, size: str, language: str) -> Iterator[tuple[TestShop, Page]]:
    width, height = SIZES[size]
    with TestShop(folder / "shop") as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        # Motion as in a shop: what glides in must not push anything.
        context = chromium.new_context(viewport={"width": width, "height": height})
        context.add_cookies([{"name": "lang", "value": language, "url": shop.parts.url}])
        page = context.new_page()
        page.goto(f"{shop.parts.url}lane/1")
        expect(page.locator("#strip .chip").first).to_be_visible()
        page.wait_for_timeout(SETTLED_MS)
        page.evaluate(WATCH)
        try:
            yield shop, page
        finally:
            context.close()


def answered(page: Page, shop: TestShop, press: Callable[[], object]) -> None:
    number = shop.view().number
    page.evaluate("() => { window.awaited.push([performance.now(), Infinity]); }")
    press()
    wait_for(lambda: shop.view().number != number)
    shows(page, shop)
    page.evaluate("() => { window.awaited.at(-1)[1] = performance.now() + 500; }")
    page.wait_for_timeout(SETTLED_MS)


def hold_to_a_reader(page: Page, shop: TestShop, reader: str, text: str) -> None:
    answered(page, shop, lambda: shop.reader(reader).type(text))


def settle(page: Page, shop: TestShop) -> None:
    shows(page, shop)
    page.wait_for_timeout(SETTLED_MS)


@pytest.mark.parametrize(
    ("size", "language"),
    [("1280x800", "zh-Hans"), ("1024x600", "en"), ("800x480", "zh-Hant")],
    ids=["1280", "1024", "800"],
)
def test_nothing_moves_by_itself_during_sales(chromium: Browser, tmp_path: Path, size: str, language: str) -> None:
    with lane(chromium, tmp_path, size, language) as (shop, page):
        seen: list[dict[str, dict[str, str]]] = []
        for _ in range(2):
            at: dict[str, dict[str, str]] = {}
            settle(page, shop)
            at["empty"] = page.evaluate(KEYS)
            for code in ("6901234567892", "4006381333931", "4006381333931", "6900000000014"):
                hold_to_a_reader(page, shop, "scanner-1", code)
            settle(page, shop)
            at["scanned"] = page.evaluate(KEYS)
            hold_to_a_reader(page, shop, "cards-1", CARDS["card-wang"])
            settle(page, shop)
            at["member"] = page.evaluate(KEYS)
            answered(page, shop, lambda: page.keyboard.press("F12"))
            settle(page, shop)
            at["paying"] = page.evaluate(KEYS)
            answered(page, shop, page.locator(".note.exact").click)
            settle(page, shop)
            at["done"] = page.evaluate(KEYS)
            answered(page, shop, lambda: page.keyboard.press("Enter"))
            settle(page, shop)
            seen.append(at)
        assert not (moved := page.evaluate("() => window.moved")), "\n".join(moved)
        # What the hand has learnt stays: the same keys at the same places through a basket and from sale to sale.
        assert seen[0] == seen[1]
        places = seen[0]
        for stage in ("scanned", "member"):
            assert {key: places[stage].get(key) for key in places["empty"]} == places["empty"], stage


@pytest.mark.parametrize("size", SIZES)
def test_nothing_moves_by_itself_when_panels_come_and_go(chromium: Browser, tmp_path: Path, size: str) -> None:
    with lane(chromium, tmp_path, size, "en") as (shop, page):
        hold_to_a_reader(page, shop, "scanner-1", "6901234567892")
        settle(page, shop)
        before = page.evaluate(KEYS)
        for key in ("F9", "F7", "F8", "F6", "F10", "Insert", "End", "F1"):
            page.keyboard.press(key)
            page.wait_for_timeout(SETTLED_MS)
            page.keyboard.press("Escape")
            expect(page.locator("dialog[open]")).to_have_count(0)
            page.wait_for_timeout(SETTLED_MS)
        assert page.evaluate(KEYS) == before
        assert not (moved := page.evaluate("() => window.moved")), "\n".join(moved)
