"""The device bench: what a press does to the simulated devices, alone and through its page."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from drivers.base import TEXT_MAX, DeviceMissing, Outcome
from drivers.escpos_paper import Kind, Paper, PaperLine, decode
from drivers.fake import FakeReader
from drivers.fake_printer import FakePrinter
from edge.bench import GARBAGE, PAPERS_SHOWN, UNKNOWN_CODE, Bench, printed_code
from edge.screen import Stage
from edge.store.shelf import Shelf, ShelfItem
from edge.web.bars import code128, ean13
from edge.web.sheet import sheet_svg
from rules.basket import Names
from rules.gtin import has_check_digit
from rules.scale_codes import ScaleFormat
from tests.shops import CARDS, CONFIG, NASTY, TestShop

KICK = b"\x1bp\x00\x19\x19"
RECEIPT = "谢谢光临\n".encode("gb18030") + b"\x1dV\x00"
EMPTY_SHELF = Shelf((), (), (), ())
WEIGHT, PRICE = ScaleFormat("20", "FFWWWWWNNNNNC"), ScaleFormat("21", "FFWWWWWEEEEEC")
WAIT_S = 5.0


def bench() -> tuple[Bench, FakeReader, FakePrinter]:
    scanner, printer = FakeReader("scanner"), FakePrinter("printer")
    return Bench({"scanner": scanner, "printer": printer}, lambda: EMPTY_SHELF), scanner, printer


def test_a_scan_reaches_whoever_reads_the_device() -> None:
    desk, scanner, _ = bench()
    scanner.open()
    assert desk.scan("scanner", "6901234567892")
    assert desk.tap("scanner", "04a1b2c3")
    assert list(scanner.read(0)) == ["6901234567892", "04a1b2c3"]


def test_an_unplugged_reader_loses_what_is_held_to_it() -> None:
    desk, scanner, _ = bench()
    scanner.open()
    desk.unplug("scanner")
    assert desk.state("scanner") == "unplugged"
    assert not desk.scan("scanner", "6901234567892")
    with pytest.raises(DeviceMissing):
        scanner.read(0)
    desk.plug("scanner")
    assert desk.state("scanner") == "ok"


@pytest.mark.parametrize(
    ("garbage", "is_read"),
    [
        ("check_digit", True),  # a reader passes on whatever fits; the till says what is wrong with it
        ("too_long", False),  # longer than any code: dropped and counted by the reader
        ("control", True),
        ("markup", True),
        ("sql", True),
        ("bytes", True),
    ],
)
def test_garbage(garbage: str, is_read: bool) -> None:
    desk, scanner, _ = bench()
    scanner.open()
    assert desk.scan("scanner", GARBAGE[garbage]) is is_read
    assert scanner.dropped == int(not is_read)


def test_the_unknown_code_is_a_good_one() -> None:
    assert has_check_digit(UNKNOWN_CODE)
    assert len(GARBAGE["too_long"]) > TEXT_MAX


def test_paper_hangs_out_until_it_is_torn_off() -> None:
    desk, _, printer = bench()
    for _ in range(2):
        assert printer.print(RECEIPT) is Outcome.PRINTED
    assert [sheet.number for sheet in desk.papers("printer")] == [2, 1]
    assert desk.papers("printer")[0].paper.lines[0].text == "谢谢光临"
    desk.tear_off("printer")
    assert desk.papers("printer") == () and desk.hanging("printer") == 0
    assert desk.printed("printer") == 2
    for _ in range(PAPERS_SHOWN + 3):
        printer.print(RECEIPT)
    assert desk.hanging("printer") == PAPERS_SHOWN


def test_a_printer_without_paper_prints_nothing() -> None:
    desk, _, printer = bench()
    desk.paper_out("printer")
    assert desk.state("printer") == "paper_out"
    assert printer.print(RECEIPT) is Outcome.REFUSED
    desk.refill("printer")
    assert (desk.state("printer"), desk.printed("printer")) == ("ok", 0)
    desk.unplug("printer")
    assert desk.state("printer") == "unplugged"
    desk.plug("printer")
    assert printer.print(RECEIPT) is Outcome.PRINTED


def test_the_drawer_opens_with_a_kick_and_stays_open_until_it_is_shut() -> None:
    desk, _, printer = bench()
    printer.print(RECEIPT)
    assert not desk.is_drawer_open("printer")
    printer.print(KICK + RECEIPT)
    assert desk.is_drawer_open("printer")
    desk.close_drawer("printer")
    assert not desk.is_drawer_open("printer") and desk.kicks("printer") == 1


def item(code: str, *, price: int = 1_280, is_weighed: bool = True) -> ShelfItem:
    return ShelfItem("1", Names("苹果"), "fruit", "kg", price, is_weighed, code, "")


@pytest.mark.parametrize(
    ("shelf_item", "formats", "weight_g", "code"),
    [
        (item("06901234567892", is_weighed=False), (), 1, "6901234567892"),  # a reader gives 13 digits, not 14
        (item("16901234567899", is_weighed=False), (), 1, "16901234567899"),  # a carton has all 14
        (item("2002006"), (WEIGHT, PRICE), 532, "2002006005322"),  # the flag of the code chooses the label
        (item("2102006"), (WEIGHT, PRICE), 532, "2102006006814"),  # 12.80 × 0.532 = 6.81 in fen
        (item("00123"), (PRICE,), 500, "2100123006403"),  # a code without the flag takes the first label
        (item("00123"), (), 500, None),  # a shop without scales has no label
        (item("2102006", price=500_000), (PRICE,), 2_000, None),  # 10 000.00 does not fit into five digits
        (item(""), (PRICE,), 500, None),  # an item without a code
    ],
)
def test_printed_code(shelf_item: ShelfItem, formats: tuple[ScaleFormat, ...], weight_g: int, code: str | None) -> None:
    assert printed_code(shelf_item, formats, weight_g=weight_g) == code
    assert code is None or has_check_digit(code)


# --- what a page draws


def modules(widths: str) -> str:
    return "".join(("1" if place % 2 == 0 else "0") * int(width) for place, width in enumerate(widths))


def test_bars_of_an_ean_13() -> None:
    # Source: GS1 General Specifications, 5.2.1: guard, six digits in sets A and B, guard, six digits in set C, guard.
    bars = (
        "101 0001101 0100111 0101111 0111101 0001001 0110011 01010 1000010 1000010 1000010 1110100 1000010 1100110 101"
    )
    assert modules(ean13("4006381333931")) == bars.replace(" ", "")


def test_bars_of_a_code_128() -> None:
    # Start B, 9 characters, check 75, stop; every symbol is 11 modules wide, the stop 13.
    assert len(modules(code128("hello {}~"))) == 11 * 11 + 13
    assert modules(code128("A")) == "1101001000010100011000100010110001100011101011"


def test_a_receipt_is_drawn_cell_by_cell_and_obeys_nothing() -> None:
    lines = (
        PaperLine(Kind.TEXT, "<b>饼", "left", cells=5),
        PaperLine(Kind.TEXT, "合计", "center", double=True, bold=True, cells=8),
        PaperLine(Kind.IMAGE, align="center", width=8, height=2, raster=b"\xf0\x0f"),
        PaperLine(Kind.QR, "S001-1-20261122-0001", "center"),
        PaperLine(Kind.CUT),
    )
    drawn = str(sheet_svg(Paper(lines, (), (), 48)))
    assert '<text class="ink" transform="matrix(1 0 0 1 24 48)" x="0 12 24 36" font-size="24"' in drawn
    assert "&lt;b&gt;饼</text>" in drawn and "<b>" not in drawn
    # Eight cells in the middle of 48: 20 cells to the left, twice as wide and as high.
    assert 'class="ink bold" transform="matrix(2 0 0 2 264 ' in drawn
    assert "M0 0h4v1h-4zM4 1h4v1h-4z" in drawn
    assert drawn.count("<path") == 3


def test_the_yuan_sign_of_a_printer_from_taiwan_is_as_wide_as_its_place() -> None:
    drawn = str(sheet_svg(decode("¥5\n".encode("big5"), encoding="big5", columns=32)))
    assert ">￥5</text>" in drawn and 'x="0 24"' in drawn


# --- the page, against a whole shop


class Browser:
    """Just enough of one: cookies, the token of the page, JSON."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.page = self.get("/bench")
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.page)
        assert found
        self._token = found[1]

    def get(self, path: str) -> str:
        with self._opener.open(self.url + path, timeout=10) as answer:
            self.headers = answer.headers
            return str(answer.read().decode())

    def post(self, path: str, body: object, *, token: str | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/bench/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "X-CSRFToken": self._token if token is None else token},
        )
        with self._opener.open(request, timeout=10) as answer:
            return json.loads(answer.read())

    def status(self, path: str, body: object, *, token: str | None = None) -> int:
        try:
            self.post(path, body, token=token)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        return 200


def until(what: Callable[[], object]) -> None:
    give_up_at = time.monotonic() + WAIT_S
    while not what():
        assert time.monotonic() < give_up_at, "nothing came of it"
        time.sleep(0.02)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", config=CONFIG + "\n[screen]\nbench = true\n") as made:
        yield made


@pytest.fixture
def at_bench(shop: TestShop) -> Browser:
    return Browser(shop.parts.url)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Somebody who changes nothing, so that one shop is enough."""
    config = CONFIG + "\n[screen]\nbench = true\n"
    with TestShop(tmp_path_factory.mktemp("calm") / "shop", config=config) as made:
        yield Browser(made.parts.url)


def test_a_first_sale_as_the_guide_leads_through_it(shop: TestShop, at_bench: Browser) -> None:
    assert at_bench.post("1/printer", {"verb": "tear_off"})["step"] == 1
    assert at_bench.post("1/card", {"uid": CARDS["badge-zhang"]})["is_read"]
    until(lambda: shop.view().stage is Stage.SELLING)
    assert json.loads(at_bench.get("/bench/1/state"))["step"] == 2
    told = at_bench.post("1/item", {"sku": "cola", "weight_g": 500})
    assert told["is_read"] and "6901234567892" in told["label"] and "可乐" in told["words"]
    at_bench.post("1/item", {"sku": "apple", "weight_g": 500})
    until(lambda: len(shop.view().lines) == 2)
    assert [line.gross for line in shop.view().lines] == [350, 640]
    assert json.loads(at_bench.get("/bench/1/state"))["step"] == 3
    at_bench.post("1/card", {"uid": CARDS["card-li"]})
    until(lambda: shop.view().member is not None)
    assert json.loads(at_bench.get("/bench/1/state"))["step"] == 4


def test_a_card_is_held_with_proof_copied_forged_and_beside_another(shop: TestShop, at_bench: Browser) -> None:
    at_bench.post("1/card", {"uid": CARDS["badge-zhang"]})
    until(lambda: shop.view().stage is Stage.SELLING)
    dna = CARDS["card-dna"]

    def notice() -> str:
        found = shop.view().notice
        return found.code if found else ""

    at_bench.post("1/card", {"uid": dna, "way": "forged"})
    until(lambda: notice() == "card_forged")
    at_bench.post("1/card", {"uid": dna, "way": "proof"})
    until(lambda: shop.view().proof == "proved")
    at_bench.post("1/card", {"uid": dna, "way": "copy"})
    until(lambda: notice() == "card_replayed")
    at_bench.post("1/card", {"uid": dna, "way": "both"})
    until(lambda: notice() == "cards_several")
    # A simulated card goes on where the shop believed it last, as a real one would.
    shop.stop()
    shop.start()
    again = Browser(shop.parts.url)
    again.post("1/card", {"uid": dna, "way": "proof"})
    until(lambda: shop.view().proof == "proved" and not notice())


def test_each_lane_has_devices_of_its_own(shop: TestShop, at_bench: Browser) -> None:
    at_bench.post("2/card", {"uid": CARDS["badge-chen"]})
    until(lambda: shop.view(2).stage is Stage.SELLING)
    assert shop.view(1).stage is Stage.LOCKED
    assert set(json.loads(at_bench.get("/bench/2/state"))["devices"]) == {"scanner-2", "cards-2", "printer-2"}
    assert at_bench.status("2/plug", {"device": "printer-1", "is_in": False}) == 404


def test_plug_and_paper(shop: TestShop, at_bench: Browser) -> None:
    assert at_bench.post("1/plug", {"device": "scanner-1", "is_in": False})["devices"]["scanner-1"] == "unplugged"
    assert not at_bench.post("1/code", {"text": "6901234567892"})["is_read"]
    assert at_bench.post("1/plug", {"device": "scanner-1", "is_in": True})["devices"]["scanner-1"] == "ok"
    assert at_bench.post("1/printer", {"verb": "paper_out"})["devices"]["printer-1"] == "paper_out"
    assert at_bench.post("1/printer", {"verb": "refill"})["devices"]["printer-1"] == "ok"
    shop.printer("printer-1").print(KICK + RECEIPT)
    state = json.loads(at_bench.get("/bench/1/state"))
    assert (state["printed"], state["hanging"], state["is_drawer_open"]) == (1, 1, True)
    assert "谢谢光临" in at_bench.get("/bench/1/paper")
    assert not at_bench.post("1/printer", {"verb": "close_drawer"})["is_drawer_open"]


def test_names_are_shown_and_never_obeyed(visitor: Browser) -> None:
    assert "DROP TABLE" in visitor.page and NASTY not in visitor.page and "<b>饼" not in visitor.page
    told = visitor.post("1/code", {"text": "markup"})
    assert "<script>" not in told["label"] and "&lt;script&gt;" in told["label"]
    assert "style=" not in visitor.page and "onclick" not in visitor.page


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("1/item", {"sku": "nothing", "weight_g": 500}, 404),
        ("1/item", {"sku": "apple", "weight_g": 0}, 400),
        ("1/item", {"sku": "apple", "weight_g": True}, 400),  # JSON has more types than a weight has
        ("1/code", {"text": 5}, 400),
        ("1/code", {"text": "1" * 5_000}, 400),
        ("1/code", [], 400),
        ("1/printer", {"verb": "explode"}, 400),
        ("1/plug", {"device": "scanner-1", "is_in": "no"}, 400),
        ("1/card", {"uid": "04a1b2c3d4e5f6", "way": "nowhere"}, 400),
        ("1/card", {"uid": "04a1b2c3", "way": "proof"}, 400),  # a card of four bytes proves nothing
        ("1/card", {"uid": "04a1b2c3d4e5f6", "way": ["proof"]}, 400),
        ("9/code", {"text": "1"}, 404),  # a lane that is not there
    ],
)
def test_a_press_that_is_none(visitor: Browser, path: str, body: object, status: int) -> None:
    assert visitor.status(path, body) == status


def test_a_press_needs_the_pages_token(visitor: Browser) -> None:
    assert visitor.status("1/code", {"text": "1"}, token="") == 400


def test_a_shop_with_real_devices_has_no_bench(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop") as made, pytest.raises(urllib.error.HTTPError) as found:
        Browser(made.parts.url)
    assert found.value.code == 404
    found.value.close()
