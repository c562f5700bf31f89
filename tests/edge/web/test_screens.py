"""The screens in a real browser: painted by the stream, worked by touch alone and by keyboard alone."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from edge.screen import Refusal, Stage
from edge.till import Till
from edge.web.server import WebServer, create_app
from tests.day.lane import connected
from tests.edge.web.preview import (
    MARKUP,
    MEMBER,
    NOON_MS,
    SIZES,
    VIEWS,
    Preview,
    open_page,
    paying,
    selling,
    serve,
)
from tests.shops import CARDS, TestShop, rules_with_coupons

pytestmark = pytest.mark.browser

NEVER_UNDER_PX = 44
GUARD_MS = 500
"""A little longer than the page guards its buttons after a change of stage."""


@pytest.fixture
def page(chromium: Browser, preview: Preview) -> Iterator[Page]:
    preview.show(selling(1))
    preview.asked.clear()
    opened = open_page(chromium, preview)
    complaints: list[str] = []
    opened.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: complaints.append(dialog.message))
    expect(opened.locator("#strip .chip").first).to_be_visible()
    yield opened
    opened.context.close()
    # A word about the content security policy, a script that ran from a name, an error of ours: each lands here.
    assert [text for text in complaints if "ERR_CONNECTION" not in text and "ERR_INCOMPLETE" not in text] == []


def shows_stream(page: Page, preview: Preview) -> None:
    """Wait until the stream paints, so that what follows does not race its start."""
    view = preview.show(preview.house.screens.newest(1))
    expect(page.locator("#stage")).to_have_attribute("data-number", str(view.number))


def test_the_stream_repaints_and_a_reload_shows_the_same(page: Page, preview: Preview) -> None:
    shows_stream(page, preview)
    preview.show(selling(12))
    expect(page.locator(".line")).to_have_count(12)
    total = page.locator("#total").inner_text()
    page.reload()
    expect(page.locator(".line")).to_have_count(12)
    assert page.locator("#total").inner_text() == total


def test_the_newest_of_forty_lines_is_in_sight(page: Page, preview: Preview) -> None:
    shows_stream(page, preview)
    preview.show(selling(40))
    expect(page.locator(".line")).to_have_count(40)
    expect(page.locator(".line.newest")).to_be_in_viewport(ratio=0.95)


def test_a_name_with_markup_is_text(page: Page, preview: Preview) -> None:
    shows_stream(page, preview)
    preview.show(VIEWS["markup"]())
    expect(page.locator(".line-name")).to_contain_text(MARKUP)
    assert page.locator(".line img, .line script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_double_press_pays_once(page: Page, preview: Preview) -> None:
    shows_stream(page, preview)
    preview.show(paying())
    page.locator(".exact").dblclick()
    page.wait_for_timeout(200)
    assert preview.calls("pay") == [{"sale_id": "01sale", "kind": "cash", "given": 8_650}]


def test_a_double_press_on_pay_does_not_reach_the_button_that_comes_under_it(page: Page, preview: Preview) -> None:
    shows_stream(page, preview)
    preview.show(VIEWS["done"]())
    expect(page.locator("#next")).to_be_disabled()
    expect(page.locator("#next")).to_be_enabled()


def test_without_change_it_says_so_and_shows_what_was_paid(page: Page, preview: Preview) -> None:
    shows_stream(page, preview)
    preview.show(VIEWS["exact"]())
    expect(page.locator("#change")).to_have_text("无需找零")
    expect(page.locator(".paid-sum")).to_have_text("¥86.50")
    preview.show(VIEWS["done"]())
    expect(page.locator("#change")).to_have_text("¥63.50")


def test_the_wait_after_wrong_pins_counts_down_and_nothing_moves(page: Page, preview: Preview) -> None:
    shows_stream(page, preview)
    note, below = page.locator("#lock-notice"), page.locator(".lock [data-panel=settings]")
    preview.show(replace(VIEWS["wait"](), notice=Refusal("pin_wait", {"seconds": 2, "until_ms": NOON_MS + 2_000})))
    expect(note).to_contain_text("请等待 2 秒")
    place = below.bounding_box()
    expect(note).to_contain_text("请等待 1 秒")
    expect(note).to_have_text("现在可以输入密码了。", use_inner_text=True)
    assert below.bounding_box() == place
    # Whoever comes to the page later is told what is left of it.
    preview.show(replace(VIEWS["wait"](), notice=Refusal("pin_wait", {"seconds": 30, "until_ms": NOON_MS + 4_001})))
    expect(note).to_contain_text("请等待 5 秒")


def test_the_strip_says_what_was_lost_and_offers_a_doubtful_receipt_again(page: Page, preview: Preview) -> None:
    preview.house.health.report("scanner1", "evdev_scanner", "ok", dropped=2)
    preview.house.reads.is_doubtful = True
    try:
        expect(page.locator("#strip")).to_contain_text("丢码 2")
        expect(page.locator("#strip .doubt").first).to_contain_text("小票 0040 可能已打印", timeout=7_000)
        page.locator("#strip [data-do=reprint]").tap()
        page.wait_for_timeout(200)
        assert preview.calls("reprint") == [{"sale_id": "sale2"}]
        page.locator("#strip [data-do=paper_is_there]").tap()
        page.wait_for_timeout(200)
        assert preview.calls("paper_is_there") == [{"sale_id": "sale2", "printer": "printer1"}]
    finally:
        preview.house.reads.is_doubtful = False
        preview.house.health.report("scanner1", "evdev_scanner", "ok")


def test_the_list_of_receipts_offers_a_doubtful_one_again(page: Page, preview: Preview) -> None:
    page.locator("[data-panel=receipts]").tap()
    row = page.locator(".receipt-row", has_text="-0040")
    expect(row).to_contain_text("可能已打印")
    row.locator("[data-do=reprint]").tap()
    page.wait_for_timeout(200)
    assert preview.calls("reprint") == [{"sale_id": "sale2"}]
    expect(page.locator(".receipt-row", has_text="-0042").locator("[data-do]")).to_have_count(0)


def test_a_tier_without_a_colour_has_a_quiet_dot(page: Page, preview: Preview) -> None:
    shows_stream(page, preview)
    preview.show(selling(1, member=replace(MEMBER, tier_colour="")))
    colour = page.locator(".member .seal circle").evaluate("dot => getComputedStyle(dot).fill")
    assert colour == "rgb(107, 118, 114)"


def test_a_banner_blocks_pay_until_it_is_dismissed(page: Page, preview: Preview) -> None:
    shows_stream(page, preview)
    preview.show(VIEWS["blocked"]())
    expect(page.locator("#banner")).to_contain_text("6901234567892")
    expect(page.locator("#pay")).to_be_disabled()
    page.keyboard.press("F12")
    page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    assert (preview.calls("to_pay"), preview.calls("dismiss")) == ([], [{}])


def test_languages_switch_while_selling(page: Page, preview: Preview) -> None:
    for language, word in (("zh-Hant", "會員"), ("en", "Member"), ("zh-Hans", "会员")):
        page.locator(f".tongue[data-lang={language}]").tap()
        expect(page.locator("[data-panel=member]")).to_contain_text(word)
        expect(page.locator("html")).to_have_attribute("lang", language)
        shows_stream(page, preview)  # before its script has run, no press is heard


def test_what_was_chosen_in_the_settings_stays(page: Page) -> None:
    page.keyboard.press("F8")
    page.locator("[data-set=theme][data-value=dark]").tap()
    page.locator("[data-set=volume][data-value='0']").tap()
    page.locator("[data-close]").first.tap()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("body")).to_have_attribute("data-volume", "0")


def test_a_scanner_that_types_is_a_scan_wherever_the_focus_is(page: Page, preview: Preview) -> None:
    type_as_a_scanner(page, "6901234567892")
    page.locator("#seek").focus()
    type_as_a_scanner(page, "T-00017-X9")
    page.wait_for_timeout(200)
    assert preview.calls("scan") == [{"text": "6901234567892"}, {"text": "T-00017-X9"}]
    expect(page.locator("#seek")).to_have_value("")
    expect(page.locator("#entry")).to_have_text("")


def type_as_a_scanner(page: Page, text: str) -> None:
    """Type with 4 ms between the keys, by the keys' own clock, however busy the machine is."""
    keys = page.context.new_cdp_session(page)
    pressed_s = time.time()
    for letter in [*text, "Enter"]:
        pressed_s += 0.004
        key = {"key": letter, "timestamp": pressed_s, "windowsVirtualKeyCode": 13 if letter == "Enter" else ord(letter)}
        keys.send("Input.dispatchKeyEvent", {**key, "type": "keyDown", "text": "\r" if letter == "Enter" else letter})
        keys.send("Input.dispatchKeyEvent", {**key, "type": "keyUp"})
    keys.detach()


def test_digits_before_a_quick_key(page: Page, preview: Preview) -> None:
    keys = page.locator(".keys:not([hidden]) .quick-key")
    for typed, key in (("3", 0), ("0.532", 3), ("12.5", 17)):  # pieces, kilograms, an open price
        for digit in typed:
            page.locator(f"[data-pad='{digit}']").tap()
        keys.nth(key).tap()
    page.wait_for_timeout(200)
    assert preview.calls("set_next_quantity") == [{"quantity": 3}]
    assert preview.calls("add_item") == [
        {"sku": "sku0"}, {"sku": "sku3", "weight_g": 532}, {"sku": "sku17", "open_price": 1_250},
    ]  # fmt: skip


def test_a_lost_till_is_seen_and_comes_back_by_itself(chromium: Browser, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serve(tmp_path, port=port) as preview:
        preview.show(selling(1))
        page = open_page(chromium, preview)
        shows_stream(page, preview)
        preview.server.stop()
        expect(page.locator("#offline")).to_be_visible(timeout=2_000)
        page.locator("#pay").dispatch_event("click")
        preview.show(selling(5))
        preview.server = WebServer(create_app(preview.house), "127.0.0.1", port, 24)
        preview.server.start()
        expect(page.locator(".line")).to_have_count(5, timeout=3_000)
        expect(page.locator("#offline")).to_be_hidden()
        assert preview.calls("to_pay") == []
        page.context.close()
        preview.server.stop()


@pytest.mark.parametrize("size", SIZES)
def test_everything_fits_and_can_be_hit(chromium: Browser, preview: Preview, size: str) -> None:
    width, height = SIZES[size]
    preview.show(selling(1))
    page = open_page(chromium, preview, size, "en")
    shows_stream(page, preview)
    for name, make in VIEWS.items():
        view = preview.show(make())
        expect(page.locator("#stage")).to_have_attribute("data-number", str(view.number))
        boxes = page.evaluate(
            """() => [...document.querySelectorAll("button, input")].filter((b) => b.checkVisibility()).map((b) => {
                const {x, y, width, height} = b.getBoundingClientRect();
                const hit = document.elementFromPoint(x + width / 2, y + height - 3);
                const isFixed = !b.closest(".lines, .coupons, .keys, .tabs, .people");
                return [b.textContent.trim().slice(0, 20), x, y, width, height, isFixed, b.contains(hit) || b.disabled || !b.checkVisibility({ visibilityProperty: true })];
            })"""
        )
        for label, x, y, wide, high, is_fixed, is_hit in boxes:
            assert min(wide, high) >= NEVER_UNDER_PX, f"{name}: {label} is {wide} by {high}"
            assert not is_fixed or (x >= 0 and x + wide <= width + 0.5), f"{name}: {label} leaves the screen"
            assert not is_fixed or (y >= 0 and y + high <= height + 0.5), f"{name}: {label} leaves the screen"
            assert not is_fixed or is_hit, f"{name}: something lies over {label}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_a_finger_has_twenty_millimetres(chromium: Browser, preview: Preview) -> None:
    preview.show(selling(1))
    page = open_page(chromium, preview)
    twenty = 20 / 25.4 * preview.house.config.screen.ppi
    for selector in ("#pay", "[data-pad='5']"):
        box = page.locator(selector).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 0.97 * twenty
    page.context.close()


def contrast(one: list[float], other: list[float]) -> float:
    """Return the ratio of two sRGB colours. Source: WCAG 2.2, relative luminance and contrast ratio."""
    lights = []
    for colour in (one, other):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read(chromium: Browser, preview: Preview, theme: str) -> None:
    page = open_page(chromium, preview, theme=theme)
    pairs = [
        ("ink", "bg"), ("ink", "surface"), ("ink", "sunk"), ("ink", "accent-soft"), ("soft", "bg"), ("soft", "surface"),
        ("accent", "surface"), ("accent", "accent-soft"), ("on-accent", "accent"), ("save", "surface"), ("save", "accent-soft"),
        ("bad", "surface"), ("bad", "bg"), ("bad", "bad-soft"), ("on-bad", "bad"), ("warn", "warn-soft"), ("warn", "surface"),
    ]  # fmt: skip
    rgb = """name => { const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = `var(--${name})`;
        const found = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map(Number); probe.remove(); return found }"""
    for text, ground in pairs:
        assert contrast(page.evaluate(rgb, text), page.evaluate(rgb, ground)) >= 4.5, f"{text} on {ground}"
    page.context.close()


# --------------------------------------------------------------------------------------------- on a real till


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop") as opened:
        yield opened


def visit(chromium: Browser, shop: TestShop, language: str = "zh-Hans") -> Page:
    context = chromium.new_context(viewport={"width": 1_280, "height": 800}, has_touch=True)
    context.add_cookies([{"name": "lang", "value": language, "url": shop.parts.url}])
    page = context.new_page()
    page.goto(f"{shop.parts.url}lane/1")
    expect(page.locator("#stage.locked")).to_be_visible()
    connected(page)
    return page


def shows_stage(page: Page, stage: str) -> None:
    """Wait for a stage, and until its guarded buttons take a press again: the first moment, none does."""
    expect(page.locator(f"#stage.{stage}")).to_be_visible()
    page.wait_for_timeout(GUARD_MS)
    for button in page.locator("[data-guard]:visible").all():
        expect(button).to_be_enabled()


def test_a_sale_by_touch_alone(chromium: Browser, shop: TestShop) -> None:
    page = visit(chromium, shop)
    page.locator("[data-staff=zhang]").tap()
    for digit in "1234":
        page.locator(f"[data-pad='{digit}']").tap()
    page.locator(".on-lock[data-pad=enter]").tap()
    shows_stage(page, "selling")
    shop.reader("scanner-1").type("4006381333931")
    expect(page.locator(".line.newest")).to_contain_text("水笔")
    page.locator(".line-face").first.tap()
    page.locator("[data-tool=more]").tap()
    expect(page.locator("#total")).to_have_text("¥5.00")
    page.locator("[data-panel=member]").tap()
    for digit in "5678":
        page.locator(f"#panel [data-type='{digit}']").tap()
    expect(page.locator("#members .result")).to_have_count(1)
    page.locator("#members .result").tap()
    expect(page.locator(".member")).to_contain_text("138****5678")
    page.locator("#pay").tap()
    shows_stage(page, "paying")
    page.locator(".note", has_text="¥10.00").tap()
    shows_stage(page, "done")
    expect(page.locator("#change")).to_have_text("¥5.00")
    page.locator("[data-panel=receipts]").tap()
    page.locator("#receipts .result").first.tap()
    expect(page.locator(".paper")).to_contain_text("水笔")
    expect(page.locator(".paper")).to_contain_text("副本")
    page.locator("#panel [data-close]").tap()
    page.locator("#next").tap()
    expect(page.locator("#empty")).to_be_visible()
    assert shop.audit() == ()
    page.context.close()


def test_a_sale_by_keyboard_alone(chromium: Browser, shop: TestShop) -> None:
    page = visit(chromium, shop, "en")
    press = page.keyboard.press
    press("ArrowDown")
    page.keyboard.type("1234", delay=70)
    pin_owner = page.locator(".person[aria-pressed=true]").get_attribute("data-staff")
    if pin_owner != "zhang":
        press("ArrowUp")
    press("Enter")
    expect(page.locator("#stage.selling")).to_be_visible()
    page.keyboard.type("3", delay=70)
    press("*")
    expect(page.locator("#entry")).to_have_text("3 ×")
    page.keyboard.type("cola", delay=70)
    expect(page.locator("#found .result")).to_have_count(1)
    press("ArrowDown")
    press("Enter")
    expect(page.locator("#total")).to_have_text("¥10.50")
    page.keyboard.type("4006381333931", delay=70)
    press("Enter")
    expect(page.locator(".line")).to_have_count(2)
    press("ArrowUp")
    press("Delete")
    expect(page.locator(".line")).to_have_count(1)
    press("F4")
    expect(page.locator(".line")).to_have_count(2)
    press("F12")
    expect(page.locator(".exact")).to_be_enabled()
    page.keyboard.type("5", delay=70)
    press("F4")  # 5.00 by card, the rest in cash
    expect(page.locator("#due")).to_have_text("¥8.00")
    page.wait_for_timeout(500)
    page.keyboard.type("10", delay=70)
    press("Enter")
    expect(page.locator("#change")).to_have_text("¥2.00")
    expect(page.locator("#next")).to_be_enabled()
    press("Enter")
    expect(page.locator("#empty")).to_be_visible()
    press("F11")
    expect(page.locator("#stage.locked")).to_be_visible()
    assert shop.audit() == ()
    page.context.close()


@pytest.fixture
def shop_with_coupons(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as opened:
        yield opened


def test_coupon_gift_and_points_by_touch_alone(chromium: Browser, shop_with_coupons: TestShop) -> None:
    shop = shop_with_coupons
    page = visit(chromium, shop)
    shop.reader("cards-1").type(CARDS["badge-zhang"])
    expect(page.locator("#stage.selling")).to_be_visible()
    # A sale that brings points first.
    shop.reader("cards-1").type(CARDS["card-li"])
    expect(page.locator(".member")).to_be_visible()
    for _ in range(10):
        shop.reader("scanner-1").type("6900000000021")
    expect(page.locator("#total")).to_have_text("¥288.00")
    page.locator("#pay").tap()
    shows_stage(page, "paying")
    page.locator(".exact").tap()
    shows_stage(page, "done")
    page.locator("#next").tap()

    shop.reader("cards-1").type(CARDS["card-li"])
    expect(page.locator(".member")).to_be_visible()
    shop.reader("scanner-1").type("6900000000021")
    shop.reader("scanner-1").type("GIFT")
    expect(page.locator(".gift")).to_contain_text("吐司面包")
    page.locator(".gift button").tap()
    page.locator("#panel .choice", has_text="可乐").tap()
    expect(page.locator(".gift")).to_contain_text("可乐")
    # A code without a scanner: typed where items are found.
    page.locator("#seek").fill("FIVE")
    page.locator("#found .result", has_text="券码").tap()
    expect(page.locator(".coupon", has_text="5元券")).to_contain_text("-¥5.00")
    expect(page.locator("#total")).to_have_text("¥25.00")
    page.locator(".coupon", has_text="5元券").locator("button").tap()
    expect(page.locator("#total")).to_have_text("¥30.00")
    page.locator(".member [data-redeem]").tap()
    expect(page.locator(".coupon", has_text="积分抵现")).to_contain_text("-¥2.00")
    expect(page.locator("#total")).to_have_text("¥28.00")
    page.locator(".sum-side").tap()
    expect(page.locator("#panel")).to_contain_text("已经是最低价")
    expect(page.locator("#panel")).to_contain_text("再买 ¥20.00 享“满50减5，满100减12”")
    expect(page.locator("#panel")).to_contain_text("“5元券”需要优惠券")
    page.locator("#panel [data-close]").tap()
    page.locator("#pay").tap()
    shows_stage(page, "paying")
    page.locator(".points").tap()
    expect(page.locator("#due")).to_have_text("¥30.00")
    # So many points as were typed.
    for digit in "100":
        page.locator(f"[data-pad='{digit}']").tap()
    page.locator(".points").tap()
    expect(page.locator("#due")).to_have_text("¥29.00")
    page.wait_for_timeout(GUARD_MS)
    page.locator(".exact").tap()
    shows_stage(page, "done")

    # The next customer's code is read while the press is on its way: the press does not wipe away what was never seen.
    def read_first(route: Route) -> None:
        shop.ask(1, Till.scan, text="SUMMER")
        route.continue_()

    page.route("**/next_sale", read_first)
    page.locator("#next").tap()
    shows_stage(page, "selling")
    expect(page.locator("#banner")).to_contain_text("“夏日券”已结束")
    page.context.close()


def test_a_badge_a_member_card_and_a_strange_code(chromium: Browser, shop: TestShop) -> None:
    page = visit(chromium, shop)
    shop.reader("cards-1").type(CARDS["badge-zhang"])
    expect(page.locator("#stage.selling")).to_be_visible()
    shop.reader("cards-1").type(CARDS["card-wang"])
    expect(page.locator(".member")).to_contain_text("王*")
    shop.reader("scanner-1").type("6900000000007")
    expect(page.locator("#banner")).to_contain_text("6900000000007")
    page.locator("#banner button").tap()
    expect(page.locator("#banner")).to_have_count(0)
    assert shop.view().stage is Stage.SELLING
    assert json.loads(page.evaluate("JSON.stringify(document.querySelector('#stage').dataset)"))["stage"] == "selling"
    page.context.close()
