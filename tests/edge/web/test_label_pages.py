"""Labels at the back office, and what the strip and the bench say of printers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from drivers.escpos_paper import Kind
from edge.screen import Stage
from edge.till import Till
from tests.offices import wait_for
from tests.shops import CONFIG, TestShop

ROLES = """
[[device]]
name = "kitchen"
kind = "fake_printer"
columns = 32
prints = ["kitchen"]
[[device]]
name = "labels"
kind = "fake_label_printer"
[screen]
bench = true
"""


def until(holds: Callable[[], bool], wait_s: float = 6.0) -> bool:
    end = time.monotonic() + wait_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path, config=CONFIG.replace("[rules]", ROLES + "[rules]")) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        running.ask(2, Till.sign_in, staff_id="chen", pin="5678")
        yield running


@pytest.fixture
def screen(chromium: Browser, shop: TestShop) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1_024, "height": 600})
    page.context.add_cookies([{"name": "lang", "value": "en", "url": shop.parts.url}])
    page.goto(f"{shop.parts.url}lane/1")
    expect(page.locator("#bar")).to_be_visible()
    yield page
    page.close()


def sell(shop: TestShop, code: str) -> None:
    assert shop.ask(1, Till.scan, text=code) is None
    shop.ask(1, Till.to_pay)
    view = shop.view(1)
    assert shop.ask(1, Till.pay, sale_id=view.sale_id, kind="card", given=view.due) is None


def test_labels_are_for_managers(shop: TestShop) -> None:
    for path in ("labels", "labels/find?q=cola", "labels/find?fresh=1"):
        with urlopen(f"{shop.parts.url}lane/1/office/{path}", timeout=5) as answer:
            assert answer.status == 200
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{shop.parts.url}lane/2/office/{path}", timeout=5)
        assert refused.value.code == 403


def test_a_manager_prints_labels(shop: TestShop, screen: Page) -> None:
    screen.locator("[data-panel=settings]").click()
    screen.get_by_role("button", name="Back office").click()
    screen.get_by_role("button", name="Labels", exact=True).click()
    screen.locator(".labels-find input").fill("milk")
    screen.get_by_role("button", name="Milk 950 ml").click()
    expect(screen.locator(".labels-row")).to_have_count(1)
    screen.locator(".labels-find input").fill("cola")
    screen.get_by_role("button", name="Cola").click()
    expect(screen.locator(".labels-row")).to_have_count(2)
    # What was typed stays when another item comes.
    screen.locator(".labels-row [name=count]").first.fill("3")
    screen.locator(".labels-find input").fill("pen")
    screen.get_by_role("button", name="Pen", exact=False).first.click()
    expect(screen.locator(".labels-row")).to_have_count(3)
    expect(screen.locator(".labels-row [name=count]").first).to_have_value("3")
    screen.locator(".labels-row").nth(2).get_by_role("button").click()
    expect(screen.locator(".labels-row")).to_have_count(2)
    screen.get_by_role("button", name="Print the labels").click()
    expect(screen.locator(".done-word")).to_have_text("4 labels are on their way to the printer.")
    printer = shop.printer("labels")
    assert until(lambda: printer.printed == 1)
    paper = printer.paper(printer.jobs()[0])
    assert [line.text for line in paper.of(Kind.BARCODE)] == ["6900000000014"] * 3 + ["6901234567892"]
    # An empty list is no job.
    screen.get_by_role("button", name="Print the labels").click()
    expect(screen.locator(".alert")).to_contain_text("Choose items")


def test_new_prices_are_found_together(shop: TestShop, screen: Page) -> None:
    screen.locator("[data-panel=settings]").click()
    screen.get_by_role("button", name="Back office").click()
    screen.get_by_role("button", name="Labels", exact=True).click()
    screen.get_by_role("button", name="New prices of 7 days").click()
    expect(screen.locator("#labels-found")).to_contain_text("No price is new.")
    shop.clock.hand.at_ms += 86_400_000  # bread costs more from tomorrow on, and a lane that nobody touched is locked
    wait_for(lambda: shop.view().stage is Stage.LOCKED)
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    screen.locator("[data-panel=settings]").click()
    screen.get_by_role("button", name="Back office").click()
    screen.get_by_role("button", name="Labels", exact=True).click()
    screen.get_by_role("button", name="New prices of 7 days").click()
    expect(screen.locator("#labels-found .result")).to_have_count(1)
    expect(screen.locator("#labels-found .result")).to_contain_text("9.00")


def test_a_slip_of_which_nobody_knows_is_printed_again_by_touch(shop: TestShop, screen: Page) -> None:
    shop.printer("kitchen").fail_next("drop")
    sell(shop, "6901234567892")
    chip = screen.get_by_role("button", name="Print again")
    expect(chip).to_be_visible(timeout=8_000)
    chip.click()
    assert until(lambda: shop.printer("kitchen").printed == 2)
    paper = shop.printer("kitchen").paper(shop.printer("kitchen").jobs()[-1])
    assert paper.lines[0].text == "副本"
    expect(chip).to_have_count(0, timeout=8_000)


@pytest.mark.parametrize(
    ("fault", "words"),
    [("paper_out", "Out of paper"), ("cover_open", "Cover open"), ("offline", "Unplugged"), ("unplug", "Unplugged")],
)
def test_fault_42_the_strip_says_within_two_seconds_what_a_printer_lacks(
    shop: TestShop, screen: Page, fault: str, words: str
) -> None:
    printer = shop.printer("printer-1")
    expect(screen.locator(".strip")).not_to_contain_text(words)
    if fault in printer.one_time_faults:
        printer.fail_next(fault)
    else:
        getattr(printer, fault)()
    expect(screen.locator(".strip")).to_contain_text(words, timeout=2_000)
    # It sells on, and the paper follows.
    sell(shop, "6901234567892")
    assert printer.printed == 0
    printer.repair()
    assert until(lambda: printer.printed == 1)


def test_faults_of_a_printer_by_touch(chromium: Browser, shop: TestShop) -> None:
    page = chromium.new_page(viewport={"width": 1_280, "height": 800})
    page.context.add_cookies([{"name": "lang", "value": "en", "url": shop.parts.url}])
    page.goto(f"{shop.parts.url}bench")
    page.locator(".b-printer .b-odd summary").click()
    page.get_by_role("button", name="Cover open").click()
    expect(page.locator(".b-printer .b-state")).to_have_text("Cover open")
    assert shop.printer("printer-1").trouble == "cover_open"
    page.get_by_role("button", name="Mend it").click()
    expect(page.locator(".b-printer .b-state")).to_have_text("Ready")
    page.get_by_role("button", name="Says printed, prints nothing").click()
    sell(shop, "6901234567892")
    # The kitchen's own paper hangs at its own tab.
    page.get_by_role("link", name="kitchen").click()
    expect(page.locator(".b-printer .b-sheet")).to_have_count(1)
    assert shop.printer("printer-1").printed == 0
    page.close()
