"""Papers by role: kitchen slips by category, and labels of the catalogue, each at the printer that is there for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.document import Label
from drivers.escpos_paper import Kind
from drivers.fake_printer import FakePrinter
from edge.labels import Wanted, label_of, print_labels
from edge.screen import Refusal
from edge.store import printjobs
from edge.store.database import rows
from edge.texts import Texts
from edge.till import Till
from edge.till_kitchen import paper_is_there, reprint_kitchen_slip
from rules.basket import Item, Names
from tests.shops import CONFIG, TestShop

ROLES = """
[[device]]
name = "bar"
kind = "fake_printer"
columns = 32
prints = ["kitchen"]
categories = ["drinks"]
[[device]]
name = "kitchen"
kind = "fake_printer"
columns = 32
prints = ["kitchen"]
language = "en"
drawer_pin = 0
[[device]]
name = "labels"
kind = "fake_label_printer"
label = "40x30"
"""


def until(holds: Callable[[], bool], wait_s: float = 6.0) -> bool:
    end = time.monotonic() + wait_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    config = CONFIG.replace("[rules]", ROLES + "[rules]")
    with TestShop(tmp_path, config=config) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running


def sell(shop: TestShop, *codes: str) -> str:
    for code in codes:
        assert shop.ask(1, Till.scan, text=code) is None
    shop.ask(1, Till.to_pay)
    view = shop.view(1)
    assert shop.ask(1, Till.pay, sale_id=view.sale_id, kind="card", given=view.due) is None
    return str(view.sale_id)


def papers(printer: FakePrinter) -> list[list[str]]:
    return [[line.text for line in printer.paper(job).of(Kind.TEXT)] for job in printer.jobs()]


def test_each_kitchen_printer_gets_what_is_made_there(shop: TestShop) -> None:
    sell(shop, "4006381333931", "6901234567892", "6901234567892")
    bar, kitchen = shop.printer("bar"), shop.printer("kitchen")
    assert until(lambda: bar.printed == kitchen.printed == shop.printer("printer-1").printed == 1)
    (lines,) = papers(bar)
    assert lines[0] == "0001"
    assert [line for line in lines if "×" in line] == ["可乐         ×2"]  # drinks alone, and no price
    assert not any("3.50" in line or "7.00" in line for line in lines)
    (lines,) = papers(kitchen)
    assert [line.split() for line in lines if "×" in line] == [["Pen", "×1"], ["Cola", "×2"]]


def test_a_printer_whose_categories_were_not_sold_stays_still(shop: TestShop) -> None:
    sell(shop, "4006381333931")
    assert until(lambda: shop.printer("kitchen").printed == 1)
    found = rows(shop.parts.store.reads, "SELECT printer FROM print_job WHERE kind = 'kitchen'")
    assert [printer for (printer,) in found] == ["kitchen"]


def test_a_slip_of_which_nobody_knows_is_asked_for_and_marked(shop: TestShop) -> None:
    shop.printer("kitchen").fail_next("drop")
    sale_id = sell(shop, "6901234567892")
    reads = shop.parts.reads
    assert until(lambda: bool(reads.doubtful_slips(["bar", "kitchen"], 1)))
    assert reads.doubtful_slips(["bar", "kitchen"], 1) == [(sale_id, "S001-1-20261123-0001", "kitchen")]
    assert reads.doubtful_slips(["bar", "kitchen"], 2) == []  # it was sold at lane 1
    # The customer's receipt is another paper, and well.
    assert until(lambda: printjobs.state_of_sale(shop.parts.store.reads, sale_id) == "printed")
    assert shop.ask(1, reprint_kitchen_slip, sale_id=sale_id, printer="printer-1") == Refusal("no_printer")
    assert shop.ask(1, reprint_kitchen_slip, sale_id="gone", printer="kitchen") == Refusal("receipt_unknown")
    assert shop.ask(1, reprint_kitchen_slip, sale_id=sale_id, printer="kitchen") is None
    assert until(lambda: shop.printer("kitchen").printed == 2)
    assert papers(shop.printer("kitchen"))[1][0] == "COPY"
    assert until(lambda: reads.doubtful_slips(["kitchen"], 1) == [])


def test_labels_come_out_of_the_label_printer(shop: TestShop) -> None:
    wanted = (Wanted("cola", 2), Wanted("milk", 1), Wanted("apple", 1))
    assert shop.ask(1, print_labels, printer="labels", wanted=wanted, style="shelf", language="zh-Hans") is None
    printer = shop.printer("labels")
    assert until(lambda: printer.printed == 1)
    paper = printer.paper(printer.jobs()[0])
    assert paper.unknown == ()
    assert [line.text for line in paper.of(Kind.BARCODE)] == ["6901234567892", "6901234567892", "6900000000014"]
    assert len(paper.of(Kind.CUT)) == 4
    assert all((image.width, image.height) == (320, 240) for image in paper.of(Kind.IMAGE))
    assert len(paper.of(Kind.IMAGE)) == 4


@pytest.mark.parametrize(
    ("printer", "wanted", "code"),
    [
        ("printer-1", (Wanted("cola", 1),), "no_printer"),  # it prints receipts
        ("labels", (), "labels_count"),
        ("labels", tuple(Wanted("cola", 200) for _ in range(6)), "labels_count"),
        ("labels", (Wanted("nothing", 1),), "item_unknown"),
    ],
)
def test_labels_that_cannot_be(shop: TestShop, printer: str, wanted: tuple[Wanted, ...], code: str) -> None:
    refusal = shop.ask(1, print_labels, printer=printer, wanted=wanted, style="shelf", language="en")
    assert refusal is not None and refusal.code == code
    assert rows(shop.parts.store.reads, "SELECT 1 FROM print_job WHERE kind = 'label'") == []


def test_a_locked_lane_prints_no_labels(shop: TestShop) -> None:
    shop.ask(1, Till.sign_out)
    wanted = (Wanted("cola", 1),)
    assert shop.ask(1, print_labels, printer="labels", wanted=wanted, style="shelf", language="en") == Refusal("locked")


ENGLISH = Texts("en", "CNY")
COLA = Item("cola", Names("可乐", "可樂", "Cola"), 350, unit="bottle", tier_prices={"": 300, "gold": 250})


@pytest.mark.parametrize(
    ("item", "codes", "style", "label"),
    [
        # A GTIN of 13 digits, the price and what any member pays.
        (COLA, ("06901234567892",), "shelf",
         Label("Cola", "¥3.50", "bottle", "Member price ¥3.00", "6901234567892", "ean13")),
        # A sticker goes on the goods and outlives the price.
        (COLA, ("00000096385074",), "sticker", Label("Cola", "", "", "cola", "96385074", "ean8")),
        (COLA, ("16901234567899",), "sticker", Label("Cola", "", "", "cola", "16901234567899", "code128")),
        (COLA, (), "sticker", Label("Cola", "", "", "cola")),
        # What is weighed gets its code from the scale.
        (Item("apple", Names(en="Apples"), 1_280, is_weighed=True, unit="kg"), ("00123",), "shelf",
         Label("Apples", "¥12.80", "kg", "apple")),
        # No list price yet, and one that is typed.
        (Item("new", Names(en="New"), -1), (), "shelf", Label("New", "", "", "new")),
        (Item("repair", Names(en="Repair"), 0, is_open_price=True), (), "shelf", Label("Repair", "", "", "repair")),
    ],
)  # fmt: skip
def test_what_stands_on_a_label(item: Item, codes: tuple[str, ...], style: str, label: Label) -> None:
    assert label_of(item, codes, ENGLISH, style=style) == label  # type: ignore[arg-type]


def test_a_doubt_stays_until_somebody_answers(shop: TestShop) -> None:
    """Selling on does not make it vanish; a copy, or a word that it is there, does."""
    printer, reads = shop.printer("printer-1"), shop.parts.reads
    printer.fail_next("drop")
    first = sell(shop, "4006381333931")
    assert until(lambda: reads.doubtful_receipt("printer-1") == (first, "S001-1-20261123-0001"))
    sell(shop, "4006381333931")
    assert until(lambda: printer.printed == 2, wait_s=9)
    assert reads.doubtful_receipt("printer-1") == (first, "S001-1-20261123-0001")
    assert shop.ask(1, paper_is_there, sale_id="gone", printer="printer-1") == Refusal("receipt_unknown")
    assert shop.ask(1, paper_is_there, sale_id=first, printer="printer-1") is None
    assert reads.doubtful_receipt("printer-1") is None
    assert printjobs.state_of_sale(shop.parts.store.reads, first) == "printed"
    printer.fail_next("drop")
    third = sell(shop, "4006381333931")
    assert until(lambda: reads.doubtful_receipt("printer-1") is not None)
    assert shop.ask(1, Till.reprint, sale_id=third) is None
    assert until(lambda: reads.doubtful_receipt("printer-1") is None)
    assert until(lambda: printer.printed == 4, wait_s=9)
    assert shop.audit() == ()
