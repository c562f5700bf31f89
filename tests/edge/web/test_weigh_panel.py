"""The weigh panel in Chromium: live weight, tare, one press, and what is said when there is no weight."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.till import Till
from tests.edge.test_bench import until
from tests.shops import CONFIG, COUNTER, TestShop

SIZES = [(1280, 800), (1024, 600), (800, 480)]
BENCH = "[screen]\nbench = true\n"
WAIT_MS = 8_000
BOXES = """() => [...document.querySelectorAll("#panel button")].map((each) => {
    const box = each.getBoundingClientRect();
    return [each.innerText, box.right, box.bottom, box.height];
})"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", config=CONFIG + COUNTER + BENCH) as made:
        made.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield made
        assert not made.crashes


@pytest.fixture
def page(chromium: Browser, shop: TestShop) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(WAIT_MS)
    context.add_cookies([{"name": "lang", "value": "en", "url": shop.parts.url}])
    opened = context.new_page()
    opened.goto(f"{shop.parts.url}lane/1")
    yield opened
    context.close()


def test_from_the_scan_to_the_basket_with_one_press(shop: TestShop, page: Page) -> None:
    shop.reader("scanner-1").type("00123")
    expect(page.locator("#weigh-live")).to_contain_text("Nothing is on the scale.", timeout=WAIT_MS)
    expect(page.locator("#weigh-take")).to_be_disabled()
    shop.scale().put(552)
    expect(page.locator(".weigh-figure")).to_have_text("0.552 kg", timeout=WAIT_MS)
    expect(page.locator(".weigh-state")).to_contain_text("Stable", timeout=WAIT_MS)
    page.get_by_role("button", name="−20 g").click()
    expect(page.locator(".weigh-figure")).to_have_text("0.532 kg")
    expect(page.locator(".weigh-price")).to_contain_text("6.81")
    page.keyboard.press("Enter")
    expect(page.locator("#lines")).to_contain_text("0.532 kg")
    expect(page.locator("#panel")).not_to_be_visible()
    expect(page.locator("#pay")).to_be_enabled()
    assert shop.view().total == 681


def test_fault_44_what_is_wrong_with_the_scale_is_said_plainly(shop: TestShop, page: Page) -> None:
    shop.ask(1, Till.add_item, sku="apple")
    said = page.locator(".weigh-state")
    for trouble, words in (
        ("negative", "Below zero"),
        ("overload", "Too heavy"),
        ("silent", "says nothing"),
        ("unplug", "not connected"),
    ):
        shop.scale().be(trouble)
        expect(said).to_contain_text(words, timeout=WAIT_MS)
        expect(page.locator("#weigh-take")).to_be_disabled()
    # The strip says it too.
    expect(page.locator("#strip")).to_contain_text("Unplugged", timeout=WAIT_MS)
    page.get_by_role("button", name="Leave this item out").click()
    expect(page.locator("#panel")).not_to_be_visible()
    until(lambda: shop.view().blocked is None)  # the panel is away before the till has heard of it
    assert not shop.view().lines


def test_a_reload_and_a_closed_panel_keep_what_waits(shop: TestShop, page: Page) -> None:
    shop.ask(1, Till.add_item, sku="apple")
    expect(page.locator("#weigh-live")).to_be_visible()
    page.reload()
    expect(page.locator("#weigh-live")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#banner")).to_contain_text("put it on the scale")
    page.get_by_role("button", name="Weigh", exact=True).click()
    expect(page.locator("#weigh-live")).to_be_visible()


def test_a_weight_by_hand_in_the_panel(shop: TestShop, page: Page) -> None:
    shop.ask(1, Till.add_item, sku="apple")
    for key in "0.3":
        page.locator(f'[data-type="{key}"][data-into="weigh-typed"]').click()
    page.get_by_role("button", name="Sell the typed weight").click()
    expect(page.locator("#lines")).to_contain_text("0.300 kg")


def test_all_of_the_panel_is_in_sight(shop: TestShop, page: Page) -> None:
    shop.ask(1, Till.add_item, sku="apple")
    shop.scale().put(12_345)
    for (width, height), language in product(SIZES, ("zh-Hans", "zh-Hant", "en")):
        page.context.add_cookies([{"name": "lang", "value": language, "url": shop.parts.url}])
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{shop.parts.url}lane/1")
        expect(page.locator(".weigh-figure")).to_have_text("12.345 kg", timeout=WAIT_MS)
        expect(page.locator("#weigh-take")).to_be_visible()
        # In one go: the figure is painted anew beside us.
        boxes = page.evaluate(BOXES)
        assert len(boxes) > 15
        for text, right, bottom, tall in boxes:
            assert bottom <= height and right <= width and tall >= 44, f"{text} at {width}, {language}"
        assert page.locator(".weigh > div").first.evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0
        assert page.locator("#panel .panel-main").evaluate("(e) => e.scrollHeight - e.clientHeight") <= 0


def test_the_bench_has_the_scale_and_a_picture_of_the_display(shop: TestShop, page: Page) -> None:
    page.goto(f"{shop.parts.url}bench?lane=1")
    page.get_by_role("button", name="532 g").click()
    expect(page.locator(".b-grams")).to_have_text("532")
    page.locator(".b-slider").fill("1250")
    expect(page.locator(".b-grams")).to_have_text("1250")
    assert shop.scale().weight_g == 1_250
    shop.ask(1, Till.add_item, sku="cola")
    expect(page.locator(".b-vfd-upper")).to_contain_text("可乐", timeout=WAIT_MS)
    page.get_by_text("Faults of the scale").click()
    page.get_by_role("button", name="Overload").click()
    expect(page.get_by_role("button", name="Overload")).to_have_attribute("aria-pressed", "true")
    assert shop.scale().trouble == "overload"
    page.locator('[data-pole-trouble="stuck"]').click()
    expect(page.locator('[data-pole-trouble="stuck"]')).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("bench/1/scale", {"weight_g": 100}, 200),
        ("bench/1/scale", {"weight_g": -1}, 400),
        ("bench/1/scale", {"weight_g": 1.5}, 400),
        ("bench/1/scale", {"trouble": "melt"}, 400),
        ("bench/1/scale", [], 400),
        ("bench/2/scale", {"weight_g": 100}, 404),  # lane 2 has none
        ("bench/9/pole", {"trouble": ""}, 404),
        ("bench/1/pole", {"trouble": "overload"}, 400),
        ("lane/1/do/take_weight", {"sku": "apple", "weight_g": 0}, 400),
        ("lane/1/do/take_weight", {"sku": "apple", "weight_g": 500}, 200),  # refused with words: nothing waits
        ("lane/1/do/set_tare", {"tare_g": -2}, 400),
        ("lane/1/do/set_tare", {"tare_g": 20}, 204),
    ],
)
def test_what_a_page_may_send(shop: TestShop, page: Page, path: str, body: object, status: int) -> None:
    send = """async ([path, body]) => (await fetch(path, { method: "POST", body: JSON.stringify(body), headers: {
        "Content-Type": "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content } })).status"""
    assert page.evaluate(send, [f"/{path}", body]) == status
