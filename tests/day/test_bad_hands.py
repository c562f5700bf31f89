"""What goes wrong between a hand, a browser and the till, in a real browser: nothing is lost and nothing charged twice.

README.md names the test of each kind of bad input, here and elsewhere.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from edge import shifts
from edge.screen import Refusal, Stage
from edge.store import catalog, ledger, outbox
from edge.store import shifts as stored
from edge.store.database import scalar
from edge.till import Till
from rules.basket import LINES_MAX, Item, Names
from rules.ledger import drawer_account
from tests.day.lane import connected
from tests.offices import wait_for
from tests.shops import CONFIG, GATEWAY, TestShop, moment_ms

pytestmark = pytest.mark.browser

PEN, COLA = "4006381333931", "6901234567892"
WECHAT = "134567890123456789"
GUARD_MS = 500
HOUR_MS = 3_600_000


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", config=CONFIG + GATEWAY) as made:
        made.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield made
        assert made.crashes == [] and made.audit() == ()


@pytest.fixture
def visit(chromium: Browser, shop: TestShop) -> Iterator[Callable[[], Page]]:
    """Return a function that opens lane 1 in a browser window of its own."""
    contexts = []

    def opened() -> Page:
        context = chromium.new_context(viewport={"width": 1_280, "height": 800}, has_touch=True)
        contexts.append(context)
        context.add_cookies([{"name": "lang", "value": "en", "url": shop.parts.url}])
        page = context.new_page()
        page.goto(f"{shop.parts.url}lane/1")
        expect(page.locator("#strip .chip").first).to_be_visible()
        connected(page)
        return page

    yield opened
    for context in contexts:
        context.close()


def to_pay(shop: TestShop, *codes: str) -> None:
    for code in codes:
        assert shop.ask(1, Till.scan, text=code) is None
    assert shop.ask(1, Till.to_pay) is None


def sales(shop: TestShop) -> int:
    return int(scalar(shop.parts.store.reads, "SELECT count(*) FROM sale"))


def drawer(shop: TestShop) -> int:
    return ledger.balance(shop.parts.store.reads, drawer_account(1), "cash")


def stage(page: Page, name: str) -> None:
    expect(page.locator("#stage")).to_have_attribute("data-stage", name)


# ----------------------------------------------------------------------------------------------------- the hand


def test_double_taps_from_the_basket_to_the_next_customer(shop: TestShop, visit: Callable[[], Page]) -> None:
    page = visit()
    shop.ask(1, Till.scan, text=PEN)
    page.locator("#pay").dblclick()
    stage(page, "paying")
    page.wait_for_timeout(GUARD_MS)
    page.locator(".note.exact").dblclick()
    stage(page, "done")
    page.wait_for_timeout(GUARD_MS)
    assert (sales(shop), drawer(shop)) == (1, 250)
    page.locator("#next").dblclick()
    stage(page, "selling")
    assert (sales(shop), drawer(shop)) == (1, 250)


def test_cash_given_short_is_a_part_and_too_much_is_refused(shop: TestShop, visit: Callable[[], Page]) -> None:
    page = visit()
    to_pay(shop, COLA)
    stage(page, "paying")
    page.wait_for_timeout(GUARD_MS)
    page.keyboard.type("2", delay=70)
    page.keyboard.press("Enter")
    expect(page.locator("#due")).to_have_text("¥1.50")
    stage(page, "paying")
    # A card pays no more than the sale, and nobody hands over a hundred million.
    page.keyboard.type("4", delay=70)
    page.keyboard.press("F4")
    expect(page.locator("#banner")).to_be_visible()
    expect(page.locator("#due")).to_have_text("¥1.50")
    page.keyboard.type("99999999.99", delay=70)
    page.keyboard.press("Enter")
    page.wait_for_timeout(GUARD_MS)
    stage(page, "paying")
    assert sales(shop) == 0
    page.locator(".note.exact").tap()
    stage(page, "done")
    assert (sales(shop), drawer(shop)) == (1, 350)


# -------------------------------------------------------------------------------------------------- the browser


def test_two_browsers_on_one_lane_pay_once(shop: TestShop, visit: Callable[[], Page]) -> None:
    one, other = visit(), visit()
    to_pay(shop, PEN, COLA)
    for page in (one, other):
        stage(page, "paying")
    one.wait_for_timeout(GUARD_MS)
    for page in (one, other):
        # Not waited for: both fingers come down before either screen knows of the other.
        page.evaluate("document.querySelector('.note.exact').click()")
    for page in (one, other):
        stage(page, "done")
        expect(page.locator(".paid-sum")).to_have_text("¥6.00")
    assert (sales(shop), drawer(shop)) == (1, 600)
    # What one of them begins, the other shows.
    one.wait_for_timeout(GUARD_MS)
    one.locator("#next").tap()
    shop.reader("scanner-1").type(PEN)
    for page in (one, other):
        expect(page.locator("#total")).to_have_text("¥2.50")


def test_reload_and_back_in_the_middle_of_paying(shop: TestShop, visit: Callable[[], Page]) -> None:
    page = visit()
    to_pay(shop, COLA)
    stage(page, "paying")
    page.wait_for_timeout(GUARD_MS)
    page.keyboard.type("1", delay=70)
    page.keyboard.press("Enter")
    expect(page.locator("#due")).to_have_text("¥2.50")
    page.reload()
    stage(page, "paying")
    expect(page.locator("#due")).to_have_text("¥2.50")
    page.goto(f"{shop.parts.url}display/1")
    page.go_back()
    stage(page, "paying")
    expect(page.locator("#due")).to_have_text("¥2.50")
    page.go_forward()
    page.go_back()
    expect(page.locator("#due")).to_have_text("¥2.50")
    assert sales(shop) == 0
    page.wait_for_timeout(GUARD_MS)
    page.locator(".note.exact").tap()
    stage(page, "done")
    page.reload()
    stage(page, "done")
    assert (sales(shop), drawer(shop)) == (1, 350)


def test_a_reload_while_a_code_is_charged_charges_once(shop: TestShop, visit: Callable[[], Page]) -> None:
    page = visit()
    to_pay(shop, COLA)
    stage(page, "paying")
    shop.gateway.next_charge("password_then_pays")
    shop.reader("scanner-1").type(WECHAT)
    expect(page.locator("#charging")).to_be_visible()
    page.reload()
    expect(page.locator("#charging")).to_be_visible()
    # The code once more: it is not charged again.
    shop.reader("scanner-1").type(WECHAT)
    # Enter asks again at once, and once the sale is done goes on to the next one: pressed too often it does no harm.
    for _ in range(20):
        if sales(shop):
            break
        page.wait_for_timeout(GUARD_MS)
        page.keyboard.press("Enter")
    assert (shop.gateway.kept(), len(shop.gateway.orders), sales(shop)) == (350, 1, 1)


def test_a_form_that_another_site_posts_reaches_nothing(shop: TestShop, visit: Callable[[], Page]) -> None:
    page = visit()
    to_pay(shop, PEN)
    stage(page, "paying")
    sale_id = shop.view().sale_id

    def answer(route: Route) -> None:
        body = f'{{"sale_id":"{sale_id}","kind":"cash","given":250,"a":"'
        html = (
            f"<form method=post enctype='text/plain' action='{shop.parts.url}lane/1/do/pay'>"
            f"<input name='{body}' value='\"}}'><button>win</button></form>"
        )
        route.fulfill(body=html, content_type="text/html")

    evil = page.context.new_page()
    evil.route("http://evil.example/**", answer)
    evil.goto("http://evil.example/prize")
    with evil.expect_navigation() as gone:
        evil.locator("button").click()
    assert gone.value is not None and gone.value.status in (400, 403)
    evil.close()
    assert (sales(shop), shop.view().stage) == (0, Stage.PAYING)


def test_a_stolen_session_opens_nothing_elsewhere(shop: TestShop, visit: Callable[[], Page]) -> None:
    """Cookie and token copied from the lane's page: through the LAN's door they are nobody, and a lock ends them."""
    page = visit()
    cookie = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
    token = page.locator('meta[name="csrf-token"]').get_attribute("content") or ""
    assert page.evaluate("document.cookie").find("taptill=") < 0, "no script reads it"
    port = int(re.search(r":(\d+)/", shop.parts.url)[1])  # type: ignore[index]

    def press(body: str, **headers: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        sent = {"Cookie": cookie, "X-CSRFToken": token, "Content-Type": "application/json"}
        connection.request("POST", "/lane/1/do/scan", body, sent | headers)
        status = connection.getresponse().status
        connection.close()
        return status

    scan = f'{{"text":"{PEN}"}}'
    assert press(scan, **{"X-TapTill-Door": "lan"}) == 401
    assert press(scan, **{"X-CSRFToken": ""}) == 400
    shop.ask(1, Till.sign_out)
    press(scan)
    assert shop.view().stage is Stage.LOCKED and not shop.view().lines


def test_a_till_left_alone_with_a_basket_sells_for_nobody(shop: TestShop, visit: Callable[[], Page]) -> None:
    page = visit()
    to_pay(shop, PEN, COLA)
    stage(page, "paying")
    sale_id = shop.view().sale_id
    shop.clock.hand.at_ms += 16 * 60_000
    shop.ask(1, Till.tick)
    stage(page, "locked")
    expect(page.locator("#lock")).to_contain_text("An open basket waits for whoever signs in.")
    expect(page.locator("body")).not_to_contain_text("¥6.00")
    # Whoever passes by has the keyboard, the scanner, and a request that the page sent before.
    page.keyboard.press("F12")
    shop.reader("scanner-1").type(PEN)
    assert shop.ask(1, Till.pay, sale_id=sale_id, kind="cash", given=600) == Refusal("locked")
    stage(page, "locked")
    assert sales(shop) == 0
    assert shop.ask(1, Till.sign_in, staff_id="chen", pin="5678") is None
    stage(page, "selling")
    expect(page.locator("#total")).to_have_text("¥6.00")


# ----------------------------------------------------------------------------------------- the clock, and limits


def test_a_clock_that_is_set_back_during_a_shift(shop: TestShop, visit: Callable[[], Page]) -> None:
    page = visit()
    assert shop.ask(1, shifts.begin_shift, float_amount=10_000) is None

    def sell() -> None:
        to_pay(shop, PEN)
        stage(page, "paying")
        page.wait_for_timeout(GUARD_MS)
        page.locator(".note.exact").tap()
        stage(page, "done")
        shop.ask(1, Till.next_sale)

    sell()
    opened = shop.clock.hand.at_ms
    shop.clock.hand.at_ms -= 2 * HOUR_MS
    sell()
    shop.clock.hand.at_ms -= 12 * HOUR_MS  # the day before
    sell()
    assert shop.ask(1, shifts.close_shift, pieces="10000:1 500:1 100:2", other=50) is None
    db = shop.parts.store.reads
    z = stored.closed_report(db, stored.newest_closed(db, 1))
    assert z is not None
    assert (z.sales, z.total, z.expected, z.difference) == (3, 750, 10_750, 0)
    assert z.opened_ms == opened <= z.at_ms
    numbers = scalar(db, "SELECT count(DISTINCT receipt_number) FROM sale")
    assert numbers == 3


def test_500_lines_are_sold_and_the_501st_is_refused(shop: TestShop, visit: Callable[[], Page]) -> None:
    page = visit()
    since_ms = moment_ms("2026-01-01")

    def stock(till: Till) -> None:
        store = till.desk.shop.store
        with store.transaction():
            for number in range(LINES_MAX + 1):
                catalog.put_item(store.db, Item(f"i{number}", Names(f"货{number}"), 100, unit="个"))
                catalog.put_price(store.db, f"i{number}", 100, effective_from_ms=since_ms)

    shop.ask(1, stock)
    for number in range(LINES_MAX):
        assert shop.ask(1, Till.add_item, sku=f"i{number}") is None
    refusal = shop.ask(1, Till.add_item, sku=f"i{LINES_MAX}")
    assert isinstance(refusal, Refusal) and refusal.code == "basket_full"
    assert shop.dismiss() is None
    expect(page.locator(".line")).to_have_count(LINES_MAX, timeout=20_000)
    total = shop.view().total
    page.locator("#pay").tap()
    stage(page, "paying")
    page.wait_for_timeout(GUARD_MS)
    page.locator(".note.exact").tap()
    stage(page, "done")
    assert (sales(shop), drawer(shop)) == (1, total)
    printer = shop.printer("printer-1")
    wait_for(lambda: [job for job in printer.jobs() if "货499" in printer.paper(job).text()])
    assert outbox.waiting(shop.parts.store.reads) == 1
