"""A second person's yes and a whole shift in a real browser: by keyboard alone, and by touch alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge import shifts
from edge.store import shifts as stored
from edge.store.database import scalar
from edge.till import Till
from tests.offices import wait_for
from tests.shops import CARDS, CONFIG, TestShop

pytestmark = pytest.mark.browser

HAND_MS = 150
"""No hand is faster between two keys."""
STRIP_MS = 20_000
"""The strip comes every 5 s."""

ROLE = """
[[role]]
name = "cashier"
may = ["void_basket"]
void_line_minor = 100
"""

SIZES = {"1280": (1_280, 800), "800": (800, 480)}


@pytest.fixture(params=[("1280", "zh-Hans"), ("800", "en")], ids="-".join)
def lane(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Iterator[tuple[TestShop, Page]]:
    size, language = request.param
    with TestShop(tmp_path / "shop") as shop:
        shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
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


def test_a_discount_is_asked_for_and_allowed_by_keyboard_alone(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    shop.ask(1, Till.scan, text="6900000000021")
    expect(page.locator(".line")).to_have_count(1)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    expect(page.locator("#by-hand-value")).to_be_focused()
    page.keyboard.type("20")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#approve-pin")).to_be_focused()
    page.keyboard.type("9999")
    page.keyboard.press("Enter")
    expect(page.locator(".approval-note.alert")).to_be_visible()
    expect(page.locator("#approve-pin")).to_be_focused()
    page.keyboard.type("1234")
    page.keyboard.press("Enter")
    expect(page.locator("#total")).to_have_text("¥24.00")
    expect(page.locator("#approve")).to_be_hidden()


def test_a_badge_allows_it_and_escape_lets_it_be(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    page.keyboard.press("End")
    page.locator("[data-panel=drawer]").tap()
    page.locator("[data-reason=change]").tap()
    expect(page.locator(".asked")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#approve")).to_be_hidden()
    assert shop.view().approval is None
    page.wait_for_timeout(HAND_MS)
    # For another reason: the same deed so shortly after would be a double press, which is none.
    page.keyboard.press("End")
    page.locator("[data-panel=drawer]").tap()
    page.locator("[data-reason=look]").tap()
    expect(page.locator(".asked")).to_be_visible()
    shop.reader("cards-1").type(CARDS["badge-zhang"])
    expect(page.locator("#approve")).to_be_hidden()
    assert shop.view().staff is not None and shop.view().staff.staff_id == "chen"


def test_a_whole_shift_by_touch(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane

    def shift_panel() -> None:
        page.locator("[data-panel=settings]").tap()
        page.locator("[data-panel=shift]").tap()

    shift_panel()
    for digit in "100":
        page.locator(f".by-hand [data-type='{digit}']").tap()
    page.locator("[data-by-hand=begin]").tap()
    expect(page.locator("#panel")).to_be_hidden()
    shift_panel()
    page.locator("[data-hand=cash_out]").tap()
    for digit in "20":
        page.locator(f".by-hand [data-type='{digit}']").tap()
    page.locator("[data-by-hand=goods]").tap()
    expect(page.locator("#panel")).to_be_hidden()
    shift_panel()
    page.locator("[data-panel='shift/count']").tap()
    page.locator("#count-2000").tap()
    page.locator(".count [data-type='4']").tap()
    expect(page.locator("#count-sum")).to_have_text("80.00")
    page.locator("[data-count]").tap()
    expect(page.locator("#lock")).to_be_visible()
    db = shop.parts.store.reads
    report = stored.closed_report(db, stored.newest_closed(db, 1))
    assert report is not None and (report.counted, report.difference) == (8_000, 0)


def test_a_whole_shift_by_keyboard(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    page.keyboard.press("End")
    expect(page.locator("#by-hand-value")).to_be_focused()
    page.keyboard.type("50")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_hidden()
    page.keyboard.press("End")
    expect(page.locator("#by-hand-value")).to_be_focused()
    page.locator("[data-panel='shift/count']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#count-10000")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    expect(page.locator("#count-sum")).to_have_text("50.00")
    page.locator("[data-count]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#lock")).to_be_visible()
    db = shop.parts.store.reads
    report = stored.closed_report(db, stored.newest_closed(db, 1))
    assert report is not None and report.difference == 0


def test_a_z_that_perhaps_did_not_come_out_stands_on_the_strip(lane: tuple[TestShop, Page]) -> None:
    shop, page = lane
    db = shop.parts.store.reads
    shop.ask(1, shifts.begin_shift, float_amount=0)
    wait_for(lambda: scalar(db, "SELECT count(*) = 0 FROM print_job WHERE state IN ('queued', 'sending')"))
    shop.printer("printer-1").fail_next("drop")
    shop.ask(1, shifts.close_shift, pieces="")
    wait_for(lambda: shop.parts.reads.doubtful_z("printer-1"))
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    asks = page.locator("#strip [data-do=reprint_z]")
    expect(asks).to_contain_text("0001", timeout=STRIP_MS)
    # The strip comes anew by itself: found and pressed in one go.
    page.evaluate("() => document.querySelector('#strip [data-do=paper_is_there]').click()")
    expect(asks).to_have_count(0, timeout=STRIP_MS)
    assert shop.parts.reads.doubtful_z("printer-1") is None


@pytest.mark.parametrize("by", ["keyboard", "touch"])
def test_who_takes_out_more_than_they_may_says_why_and_is_allowed(chromium: Browser, tmp_path: Path, by: str) -> None:
    with TestShop(tmp_path / "shop", config=CONFIG + ROLE) as shop:
        shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
        shop.ask(1, Till.scan, text="6900000000021")
        context = chromium.new_context(viewport={"width": 800, "height": 480}, has_touch=True)
        page = context.new_page()
        page.goto(f"{shop.parts.url}lane/1")
        expect(page.locator(".line")).to_have_count(1)
        if by == "keyboard":
            page.keyboard.press("ArrowUp")
            page.keyboard.press("Delete")
            expect(page.locator("#approve [data-do=give_reason]").first).to_be_focused()
            page.keyboard.press("Enter")
            expect(page.locator("#approve-pin")).to_be_focused()
            page.keyboard.type("1234")
            page.keyboard.press("Enter")
        else:
            page.locator(".line-face").tap()
            page.locator("[data-tool=void]").tap()
            page.locator("#approve [data-do=give_reason]").first.tap()
            expect(page.locator("#approve .approvers")).to_be_visible()
            shop.reader("cards-1").type(CARDS["badge-zhang"])
        expect(page.locator("#empty")).to_be_visible()
        expect(page.locator("#approve")).to_be_hidden()
        context.close()
