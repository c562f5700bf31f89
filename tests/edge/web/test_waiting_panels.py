"""A panel whose answer is late, and one that gets none, in a real browser: what is shown, and that nothing moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Route, expect

from edge.till import Till
from edge.till_by_hand import discount_line
from tests.screens.looking import SIZES
from tests.shops import TestShop

pytestmark = pytest.mark.browser

TRY_AGAIN = {"zh-Hans": "再试一次", "zh-Hant": "再試一次", "en": "Try again"}
BOX = "(selector) => JSON.stringify(document.querySelector(selector).getBoundingClientRect())"
CLOSE = "#panel-body [data-close]"


@contextmanager
def lane(
    chromium: Browser, folder: Path, language: str = "en", size: str = "1280x800"
) -> Iterator[tuple[TestShop, Page]]:
    with TestShop(folder / "shop") as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, Till.scan, text="06901234567892")
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height})
        context.add_cookies([{"name": "lang", "value": language, "url": shop.parts.url}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # A page that begins to be watched while it runs may send one more request unseen.
        page.route("**/nothing", lambda route: route.abort())
        page.goto(f"{shop.parts.url}lane/1")
        expect(page.locator(".line")).to_have_count(1)
        try:
            yield shop, page
        finally:
            context.close()
        assert complaints == []


@contextmanager
def held_back(page: Page, address: str) -> Iterator[list[Route]]:
    """Keep what the page asks for until the test lets it go."""
    held: list[Route] = []
    page.route(address, lambda route: _keep(held, route))
    yield held
    page.unroute(address)


def _keep(held: list[Route], route: Route) -> None:
    held.append(route)


def comes_too_late(page: Page, held: list[Route]) -> None:
    """Let go what the page has given up, and give it time to do harm."""
    with suppress(Error):
        held[0].continue_()
    page.wait_for_timeout(300)


def fill_in_a_member(page: Page) -> None:
    page.evaluate("() => window.till.open('member-new')")
    page.locator("#new-phone").fill("13812345678")
    page.locator("#panel [name=name]").fill("Ada")


def member_count(shop: TestShop) -> int:
    return len(shop.parts.reads.find_members("13812345678"))


def once(page: Page, address: str, answer: Callable[[Route], object]) -> None:
    page.route(address, answer, times=1)


@pytest.mark.parametrize("language", TRY_AGAIN)
def test_a_late_panel_says_so_and_nothing_moves_when_it_comes(chromium: Browser, tmp_path: Path, language: str) -> None:
    with lane(chromium, tmp_path, language, "800x480") as (_, page), held_back(page, "**/lane/1/receipts") as held:
        page.keyboard.press("F7")
        expect(page.locator("#panel.is-waiting #panel-body[aria-busy=true] h2")).to_be_visible()
        before = page.evaluate(BOX, CLOSE), page.evaluate(BOX, "#panel")
        held[0].continue_()
        expect(page.locator("#receipts")).to_be_visible()
        expect(page.locator("#panel.is-waiting")).to_have_count(0)
        assert (page.evaluate(BOX, CLOSE), page.evaluate(BOX, "#panel")) == before


def test_a_quick_panel_never_says_that_it_is_awaited(chromium: Browser, tmp_path: Path) -> None:
    with lane(chromium, tmp_path) as (_, page):
        page.evaluate("""() => { window.seen = []; new MutationObserver(() => window.seen.push(
            document.querySelector("#panel").className + document.querySelectorAll("[data-frame]").length,
        )).observe(document.querySelector("#panel"), { subtree: true, childList: true, attributes: true }); }""")
        page.keyboard.press("F9")
        expect(page.locator("#panel-body .panel-main")).to_be_visible()
        assert set(page.evaluate("() => window.seen")) <= {"panel0", "panel htmx-request0"}


@pytest.mark.parametrize("language", TRY_AGAIN)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda route: route.fulfill(status=500, body="<html>no</html>"), "could not do this"),
        (lambda route: route.abort("connectionrefused"), "does not answer"),
        (lambda route: route.fulfill(status=503, body=""), "busy"),
        (lambda route: route.fulfill(status=404, body=""), "not possible here"),
    ],
)  # fmt: skip
def test_a_panel_that_fails_can_be_tried_again(
    chromium: Browser, tmp_path: Path, language: str, answer: Callable[[Route], object], said: str
) -> None:
    with lane(chromium, tmp_path, language, "800x480") as (_, page):
        once(page, "**/lane/1/receipts", answer)
        page.keyboard.press("F7")
        note = page.locator("#panel-body .waiting-note")
        expect(note.get_by_role("button", name=TRY_AGAIN[language], exact=True)).to_be_focused()
        assert (said in (note.text_content() or "")) is (language == "en")
        page.keyboard.press("Enter")
        expect(page.locator("#receipts")).to_be_visible()
        expect(page.locator(".waiting-note")).to_have_count(0)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda route: route.fulfill(status=500, body="<html>no</html>"), "could not do this"),
        (lambda route: route.abort("connectionreset"), "not certain whether this was done"),
    ],
)  # fmt: skip
def test_a_form_that_fails_keeps_what_was_entered_and_is_sent_again(
    chromium: Browser, tmp_path: Path, answer: Callable[[Route], object], said: str
) -> None:
    with lane(chromium, tmp_path) as (shop, page):
        fill_in_a_member(page)
        once(page, "**/lane/1/member-new", answer)
        page.keyboard.press("Enter")
        note = page.locator("#panel > .waiting-note")
        expect(note).to_contain_text(said)
        expect(page.locator("#new-phone")).to_have_value("13812345678")
        note.locator("[data-again]").click()
        expect(note).to_have_count(0)
        assert member_count(shop) == 1


def test_a_form_is_not_sent_while_the_till_does_not_answer(chromium: Browser, tmp_path: Path) -> None:
    with lane(chromium, tmp_path) as (shop, page):
        fill_in_a_member(page)
        page.evaluate("() => stream.source().dispatchEvent(new Event('error'))")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.method))
        page.keyboard.press("Enter")
        expect(page.locator("#panel > .waiting-note")).to_contain_text("Not sent")
        expect(page.locator("#new-phone")).to_have_value("13812345678")
        assert "POST" not in sent
        shop.ask(1, Till.scan, text="06901234567892")
        expect(page.locator("#offline")).to_be_hidden()
        page.locator("#panel > .waiting-note [data-again]").click()
        expect(page.locator("#panel > .waiting-note")).to_have_count(0)
        assert member_count(shop) == 1


def test_a_second_press_while_a_form_is_awaited_sends_nothing_more(chromium: Browser, tmp_path: Path) -> None:
    with lane(chromium, tmp_path) as (shop, page):
        fill_in_a_member(page)
        with held_back(page, "**/lane/1/member-new") as held:
            page.keyboard.press("Enter")
            page.keyboard.press("Enter")
            expect(page.locator("#panel.is-waiting")).to_have_count(1)
            held[0].continue_()
            expect(page.locator("#panel.is-waiting")).to_have_count(0)
            page.wait_for_timeout(300)
            assert len(held) == 1
        assert member_count(shop) == 1


def test_another_panel_is_not_kept_waiting_by_one_that_hangs(chromium: Browser, tmp_path: Path) -> None:
    with lane(chromium, tmp_path) as (_, page), held_back(page, "**/lane/1/receipts") as held:
        page.keyboard.press("F7")
        expect(page.locator("#panel.is-waiting")).to_have_count(1)
        page.keyboard.press("Escape")
        page.keyboard.press("F9")
        expect(page.locator("#panel-body #members")).to_have_count(1)
        comes_too_late(page, held)
        expect(page.locator("#panel-body #receipts")).to_have_count(0)


def test_a_panel_that_takes_the_place_of_another_at_once_comes(chromium: Browser, tmp_path: Path) -> None:
    with lane(chromium, tmp_path) as (_, page):
        page.keyboard.press("F7")
        expect(page.locator("#receipts")).to_be_visible()
        page.evaluate("() => { document.querySelector('#panel').close(); window.till.open('member'); }")
        expect(page.locator("#panel-body #members")).to_have_count(1)


def test_what_could_not_be_opened_opens_when_the_till_is_heard_again(chromium: Browser, tmp_path: Path) -> None:
    with lane(chromium, tmp_path) as (shop, page):
        once(page, "**/lane/1/receipts", lambda route: route.abort("connectionrefused"))
        page.evaluate("() => window.till.open('receipts')")
        expect(page.locator("#panel-body .waiting-note")).to_be_visible()
        # Whatever the stream sends next, a strip too, is what the till is heard by.
        page.evaluate("() => stream.source().dispatchEvent(new Event('error'))")
        shop.ask(1, Till.scan, text="06901234567892")
        expect(page.locator("#receipts")).to_be_visible()


def test_a_second_persons_yes_is_asked_for_again_by_a_page_that_was_loaded_anew(
    chromium: Browser, tmp_path: Path
) -> None:
    with lane(chromium, tmp_path) as (shop, page):
        shop.ask(1, Till.sign_out)
        shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
        line = shop.view().lines[0].line_id
        shop.ask(1, discount_line, line_id=line, off_bp=5_000, reason="other")
        expect(page.locator("#approve-pin")).to_be_focused()
        page.reload()
        expect(page.locator("#approve-pin")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#approve[open]")).to_have_count(0)


def test_a_search_that_fails_says_so_where_its_results_would_stand(chromium: Browser, tmp_path: Path) -> None:
    with lane(chromium, tmp_path) as (_, page):
        once(page, "**/lane/1/items?*", lambda route: route.fulfill(status=500, body=""))
        page.keyboard.press("F2")
        page.keyboard.type("p")
        page.locator("#found [data-again]").click()
        expect(page.locator("#found .waiting-note")).to_have_count(0)
        expect(page.locator("#found > *").first).to_be_visible()


def test_the_results_of_the_newest_letter_stand_there(chromium: Browser, tmp_path: Path) -> None:
    with lane(chromium, tmp_path) as (_, page), held_back(page, "**/lane/1/items?q=p") as held:
        page.keyboard.press("F2")
        page.keyboard.type("p")
        expect(page.locator("#found.is-waiting")).to_have_count(1)
        page.keyboard.type("xq")
        expect(page.locator("#found .none")).to_contain_text("pxq")
        expect(page.locator("#found.is-waiting")).to_have_count(0)
        comes_too_late(page, held)
        expect(page.locator("#found .none")).to_contain_text("pxq")


def test_what_a_search_still_finds_once_it_was_put_away_is_not_shown(chromium: Browser, tmp_path: Path) -> None:
    with lane(chromium, tmp_path) as (_, page), held_back(page, "**/lane/1/items?q=p") as held:
        page.keyboard.press("F2")
        page.keyboard.type("p")
        expect(page.locator("#found.is-waiting")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator("#found.is-waiting")).to_have_count(0)
        comes_too_late(page, held)
        expect(page.locator("#found > *")).to_have_count(0)


def test_what_a_panel_does_by_itself_begins_when_it_comes(chromium: Browser, tmp_path: Path) -> None:
    with lane(chromium, tmp_path) as (_, page):
        page.keyboard.press("F9")
        expect(page.locator("#member-seek")).to_be_focused()
        page.keyboard.type("138")
        expect(page.locator("#members > *").first).to_be_visible()
        page.keyboard.press("Escape")
        page.evaluate("() => window.till.open('devices')")
        expect(page.locator("#device-rows .device-row").first).to_be_visible()
        with page.expect_request("**/-/rows*", timeout=5_000):
            pass


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("zh-Hans", ("键盘", "退格", "大写", "确定", "空格", "收起键盘")),
        ("zh-Hant", ("鍵盤", "倒退", "大寫", "確定", "空格", "收起鍵盤")),
        ("en", ("Keyboard", "Backspace", "Capital letter", "Enter", "Space", "Put the keyboard away")),
    ],
)
def test_the_keyboard_in_the_page_names_its_keys(
    chromium: Browser, tmp_path: Path, language: str, names: tuple[str, ...]
) -> None:
    with lane(chromium, tmp_path, language) as (_, page):
        page.evaluate("() => { document.body.dataset.touchkeys = 'on'; document.querySelector('#seek').focus(); }")
        board = page.get_by_role("group", name=names[0], exact=True)
        for name in names[1:]:
            expect(board.get_by_role("button", name=name, exact=True)).to_be_visible()
        shift = board.get_by_role("button", name=names[2], exact=True)
        shift.click()
        expect(shift).to_have_attribute("aria-pressed", "true")
