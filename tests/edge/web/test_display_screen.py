"""The customer display in a real browser: faces, languages, slides, sizes, and coming back by itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.till import Till
from edge.web.server import WebServer, create_app
from tests.edge.web.display_preview import FACES, LANGUAGES, SIZES, open_display, serve_displays, speak
from tests.edge.web.preview import MARKUP, VIEWS, Preview, selling
from tests.offices import wait_for
from tests.shops import CARDS, CONFIG, COUNTER, TestShop

pytestmark = pytest.mark.browser

TOUCH_PX = 48

# Text that its own box, or one around it that does not scroll, does not show whole, or that leaves the window. A fifth of
# a line may stick out: fonts with Chinese characters have that much room above and below.
CUT = """() => {
  const cut = [], seen = (e) => e.checkVisibility({visibilityProperty: true});
  for (const e of document.querySelectorAll("#view *")) {
    if (!seen(e) || e.closest("svg") || ![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const range = document.createRange(); range.selectNodeContents(e);
    for (const box of range.getClientRects()) {
      if (!box.width) continue;
      if (box.right > innerWidth + 1 || box.left < -1) cut.push([e.className || e.tagName, e.textContent.trim(), "window"]);
      for (let o = e; o && o.id !== "view"; o = o.parentElement) {
        const style = getComputedStyle(o); if (style.overflowX === "visible") continue;
        const edge = o.getBoundingClientRect(), scrolls = style.overflowY === "auto";
        if (box.right > edge.right + 1 || (!scrolls && (box.bottom - box.height / 5 > edge.bottom || box.top + box.height / 5 < edge.top)))
          cut.push([e.className || e.tagName, e.textContent.trim().slice(0, 40), o.className]);
        if (scrolls) break;
      }
    }
  }
  return cut;
}"""


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    with serve_displays(tmp_path_factory.mktemp("display")) as served:
        yield served


@pytest.fixture
def page(chromium: Browser, preview: Preview) -> Iterator[Page]:
    preview.show(selling())
    preview.asked.clear()
    opened = open_display(chromium, preview)
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.context.close()
    assert complaints == []
    assert preview.asked == []  # whatever is touched on it, the till is asked for nothing


def shows(page: Page, face: str) -> None:
    expect(page.locator("#face")).to_have_attribute("data-face", face)


# --- faces -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_cut_on_any_face(chromium: Browser, preview: Preview, size: str, language: str) -> None:
    preview.show(selling())
    page = open_display(chromium, preview, size, language)
    for name, make in FACES.items():
        view = preview.show(make())
        page.wait_for_timeout(60)
        if page.locator("#face").get_attribute("data-language") != language:
            speak(page, language)
        if view.lines:
            expect(page.locator(".d-line:not(.gift)")).to_have_count(len(view.lines))
        assert page.evaluate(CUT) == [], name
        for button in page.locator(".d-tongues button").all():
            box = button.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= TOUCH_PX, name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth && scrollY === 0"), name
    page.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_of_fifty_lines_the_newest_is_in_sight_and_the_total_stays_where_it_is(
    chromium: Browser, preview: Preview, size: str
) -> None:
    preview.show(selling(1))
    page = open_display(chromium, preview, size)
    place = page.locator(".d-sum").bounding_box()
    for count in (2, 20, 50):
        preview.show(selling(count))
        expect(page.locator(".d-line")).to_have_count(count)
        expect(page.locator(".d-line.newest")).to_be_in_viewport(ratio=0.95)
        assert page.locator(".d-sum").bounding_box() == place
    preview.show(FACES["member"]())
    expect(page.locator(".d-member")).to_be_visible()
    assert page.locator(".d-sum").bounding_box() == place
    page.context.close()


def test_a_name_with_markup_is_text(page: Page, preview: Preview) -> None:
    preview.show(VIEWS["markup"]())
    expect(page.locator(".d-name")).to_contain_text(MARKUP)
    assert page.locator(".d-line img, .d-line script").count() == 0
    preview.show(selling())


def test_the_member_is_told_all_of_it(page: Page, preview: Preview) -> None:
    preview.show(FACES["member"]())
    for words in (
        "张*丽，您好",
        "138****5566",
        "银卡",
        "1286",
        "+104",
        "¥200.50",
        "祝您生日快乐",
        "还差 ¥86.50 升金卡",
        "10元券",
        "1200积分抵¥12.00",
    ):
        expect(page.locator(".d-member")).to_contain_text(words)
    expect(page.locator(".d-hints")).to_contain_text("再买 ¥12.00")
    expect(page.locator(".d-sum")).to_contain_text("已优惠 ¥20.00")
    preview.show(selling())


# --- language --------------------------------------------------------------------------------------------------------


def test_a_customer_chooses_a_language_and_the_next_one_begins_anew(page: Page, preview: Preview) -> None:
    speak(page, "en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".slide.is-shown h2")).to_have_text("Bianmin Market, Renmin Road")
    preview.show(selling(2))
    expect(page.locator(".d-line.newest")).to_contain_text("Nongfu Spring water")
    preview.show(FACES["thanks"]())
    expect(page.locator(".d-thank")).to_have_text("Thank you!")
    preview.show(selling())
    shows(page, "idle")
    expect(page.locator("#face")).to_have_attribute("data-language", "zh-Hans")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


def test_two_displays_of_a_lane_speak_alike(chromium: Browser, page: Page, preview: Preview) -> None:
    other = open_display(chromium, preview, "800")
    speak(other, "zh-Hant")
    expect(page.locator("#face")).to_have_attribute("data-language", "zh-Hant")
    other.context.close()
    speak(page, "zh-Hans")


# --- slides ----------------------------------------------------------------------------------------------------------


def test_slides_take_turns_without_a_flash(chromium: Browser, preview: Preview) -> None:
    preview.show(selling())
    page = chromium.new_context(viewport={"width": 1_280, "height": 800}).new_page()
    page.goto(f"{preview.url}/display/1")
    first = page.locator(".slide.is-shown")
    expect(first.locator("h2")).to_have_text("便民超市·人民路店")
    assert page.evaluate("getComputedStyle(document.querySelector('.slide')).transitionDuration") == "1s"
    expect(page.locator(".slide.is-shown img")).to_be_visible(timeout=5_000)
    assert page.evaluate("document.querySelector('.slide.is-shown img').naturalWidth") == 1_280
    # While somebody buys they stand still, out of sight, and ask for nothing.
    preview.show(selling(1))
    shows(page, "basket")
    expect(page.locator(".slide.is-shown")).to_be_hidden()
    preview.show(selling())
    page.context.close()


def test_who_wants_no_motion_gets_none(page: Page) -> None:
    assert page.evaluate("getComputedStyle(document.querySelector('.slide')).transitionDuration") == "0s"


# --- coming back -----------------------------------------------------------------------------------------------------


def test_a_display_that_lost_the_till_shows_no_old_price_and_comes_back_by_itself(
    chromium: Browser, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serve_displays(tmp_path, port=port) as preview:
        preview.show(selling(3))
        page = open_display(chromium, preview, language="en")
        expect(page.locator(".d-line")).to_have_count(3)
        preview.server.stop()
        expect(page.locator("#wait")).to_be_visible(timeout=2_000)
        expect(page.locator("#wait")).to_have_text("One moment, please …", use_inner_text=True)
        preview.show(selling(5))
        preview.server = WebServer(create_app(preview.house), "127.0.0.1", port, 24)
        preview.server.start()
        expect(page.locator(".d-line")).to_have_count(5, timeout=3_000)
        expect(page.locator("#wait")).to_be_hidden()
        page.context.close()
        preview.server.stop()


# --- at a real till --------------------------------------------------------------------------------------------------

SHOP = """
[privacy]
page_url = "https://taptill.lan"
[display]
thanks_s = 5
"""
WORDS = {
    "zh-Hans": ("欢迎光临", "水笔", "王*，您好", "应付", "找零", "本次积分"),
    "zh-Hant": ("歡迎光臨", "水筆", "王*，您好", "應付", "找零", "本次點數"),
    "en": ("Welcome", "Pen", "Hello, 王*", "To pay", "Change", "Points earned"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_idle_to_basket_member_paying_thanks_and_idle(chromium: Browser, tmp_path: Path, language: str) -> None:
    config = (CONFIG + SHOP).replace('thanks = "谢谢光临"\n', "")
    with TestShop(tmp_path, config=config) as shop:
        page = chromium.new_context(viewport={"width": 1_024, "height": 600}, has_touch=True).new_page()
        page.goto(f"{shop.parts.url}display/1")
        shows(page, "closed")
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shows(page, "idle")
        speak(page, language)
        welcome, pen, hello, to_pay, change, earned = WORDS[language]
        expect(page.locator(".slide.is-shown")).to_contain_text(welcome)
        expect(page.locator(".d-join img")).to_be_visible()

        shop.reader("scanner-1").type("4006381333931")
        expect(page.locator(".d-line.newest")).to_contain_text(pen)
        expect(page.locator("#d-total")).to_have_text("¥2.50")
        shop.reader("cards-1").type(CARDS["card-wang"])
        expect(page.locator(".d-who")).to_contain_text(hello)
        # A code that nobody knows is between the till and the cashier.
        shop.reader("scanner-1").type("6909999999996")
        wait_for(lambda: shop.view().blocked is not None)
        page.wait_for_timeout(300)
        expect(page.locator(".d-line")).to_have_count(1)
        assert "6909999999996" not in page.content()
        shop.dismiss()

        shop.ask(1, Till.to_pay)
        expect(page.locator(".d-total")).to_contain_text(to_pay)
        expect(page.locator("#d-total")).to_have_text("¥2.50")
        shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=1_000)
        shows(page, "thanks")
        expect(page.locator(".d-change-label")).to_have_text(change)
        expect(page.locator("#d-change")).to_have_text("¥7.50")
        expect(page.locator(".d-keep")).to_contain_text(earned)
        expect(page.locator(".d-code img")).to_be_visible()
        done = shop.view().done
        assert done is not None
        assert done.sale_id not in page.content()
        # Nothing is pressed; after some seconds it is ready for the next customer, in the lane's own language.
        expect(page.locator("#face")).to_have_attribute("data-face", "idle", timeout=7_000)
        expect(page.locator("#face")).to_have_attribute("data-language", "zh-Hans")
        assert shop.view().done is not None
        page.context.close()


def test_the_cashier_switches_the_display_from_the_settings(chromium: Browser, tmp_path: Path) -> None:
    with TestShop(tmp_path, config=CONFIG) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        context = chromium.new_context(viewport={"width": 1_280, "height": 800}, has_touch=True)
        display, till = context.new_page(), context.new_page()
        display.goto(f"{shop.parts.url}display/1")
        till.goto(f"{shop.parts.url}lane/1#settings")
        till.locator('[data-post="/display/1/language/en"]').tap()
        expect(till.locator("#display-says")).to_contain_text("客显已改为English")
        expect(display.locator("#face")).to_have_attribute("data-language", "en")
        context.close()


def test_what_lies_on_the_scale_is_read_by_the_customer_as_well(chromium: Browser, tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop", config=CONFIG + COUNTER) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        page = chromium.new_page(viewport={"width": 800, "height": 480})
        page.goto(f"{shop.parts.url}display/1")
        shows(page, "idle")
        shop.ask(1, Till.add_item, sku="apple")
        expect(page.locator("#d-asked")).to_contain_text("¥12.80/kg")
        for grams, weight, amount in ((532, "0.532 kg", "¥6.81"), (1_000, "1.000 kg", "¥12.80")):
            shop.scale().put(grams)
            expect(page.locator("#d-weight")).to_have_text(weight)
            expect(page.locator("#d-asked b")).to_have_text(amount)
        shop.scale().be("overload")
        expect(page.locator("#d-asked b")).to_have_text("")
        shop.ask(1, Till.dismiss)
        shows(page, "idle")
        page.close()
