"""Finding a device's settings from the devices page: real drivers at simulated lines that are set to something else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from drivers.fake_label_server import FakeLabelServer
from drivers.fake_pn532 import FakePn532
from drivers.fake_pole import FakePole, PoleScreen
from drivers.fake_printer import FakePrinterServer
from drivers.fake_printer_line import FakePrinterLine
from drivers.fake_scale import FakeScale
from drivers.fake_wires import KeyboardScanner, SerialScanner
from edge.till import Till
from tests.edge.test_bench import until
from tests.shops import CONFIG, TestShop

EAN = "6901234567892"


@dataclass
class Counter:
    """What stands on it, and the shop that was told wrong settings."""

    shop: TestShop
    scanner: SerialScanner
    keys: KeyboardScanner
    scale: FakeScale
    pole: FakePole
    printer: FakePrinterServer
    labels: FakeLabelServer
    slips: FakePrinterLine


def device(name: str, kind: str, path: str, more: str = "") -> str:
    return f'\n[[device]]\nname = "{name}"\nkind = "{kind}"\npath = "{path}"\n{more}\n'


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    scanner, keys, scale, pole, chip = (
        SerialScanner(), KeyboardScanner(layout="fr"), FakeScale("st_gs"), FakePole(), FakePn532()
    )  # fmt: skip
    scanner.baud, scale.baud, pole.baud = 115_200, 4_800, 2_400
    printer, labels, mixed, slips = FakePrinterServer(), FakeLabelServer(), FakeLabelServer(), FakePrinterLine()
    slips.baud = 2_400
    port = printer.serve()
    scale.put(532)
    scale.start()
    config = (
        CONFIG
        + device("aim", "serial_scanner", scanner.path)
        + device("keys", "evdev_scanner", keys.path)
        + device("weigh", "serial_scale", scale.path, 'protocol = "toledo_8217"')
        + device("glow", "pole_display", pole.path, 'protocol = "cd5220"')
        + device("paper", "escpos_printer", f"tcp://127.0.0.1:{port}", 'encoding = "gb18030"')
        + device("stick", "tspl_printer", f"tcp://127.0.0.1:{labels.port}")
        + device("mixed", "escpos_printer", f"tcp://127.0.0.1:{mixed.port}", 'prints = ["kitchen"]')
        + device("slips", "escpos_printer", f"serial://{slips.path}?flow=xonxoff", 'prints = ["kitchen"]')
        + device("near", "pn532_cards", chip.path)
    )
    with TestShop(tmp_path / "shop", config=config) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
        yield Counter(shop, scanner, keys, scale, pole, printer, labels, slips)
    scale.stop()
    slips.stop()
    printer.stop()
    labels.stop()
    mixed.stop()
    for line in (scanner, keys, scale, pole, chip):
        line.unplug()


Opened = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser, counter: Counter) -> Iterator[Opened]:
    pages = []

    def open_page(name: str, *, lane: int = 1, language: str = "en", size: tuple[int, int] = (800, 480)) -> Page:
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        pages.append(page)
        page.context.add_cookies([{"name": "lang", "value": language, "url": counter.shop.parts.url}])
        page.goto(f"{counter.shop.parts.url}lane/{lane}")
        page.locator("[data-panel=settings]").first.click()
        page.locator("#panel [data-panel=devices]").click()
        page.locator(".device-row", has_text=f"· {name}").first.click()
        expect(page.locator(".device-name")).to_contain_text(f"· {name}")
        return page

    yield open_page
    for page in pages:
        page.close()


def find(page: Page) -> None:
    page.get_by_role("button", name="Find its settings").click()


@pytest.fixture
def often() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Somebody who scans again and again, as one is asked to."""
    stopping, threads = threading.Event(), []

    def begin(scan: Callable[[], None]) -> None:
        def go() -> None:
            while not stopping.wait(0.5):
                scan()

        threads.append(threading.Thread(target=go, daemon=True))
        threads[-1].start()

    yield begin
    stopping.set()
    for thread in threads:
        thread.join()


def test_the_speed_of_a_scanner(counter: Counter, opened: Opened, often: Callable[[Callable[[], None]], None]) -> None:
    page = opened("aim")
    find(page)
    expect(page.locator("#device-now")).to_contain_text("Scan any code now, once: 9600 baud")
    often(lambda: counter.scanner.give(EAN))
    expect(page.locator("#device-now code")).to_have_text("baud = 115200", timeout=15_000)
    # Nothing of it was sold, and the till has the scanner again.
    assert counter.shop.view().lines == ()
    until(lambda: counter.shop.parts.health.device("aim").state == "ok")  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["aim", "glow", "paper"])
def test_a_device_that_is_tried_says_so_until_it_is_over(counter: Counter, opened: Opened, name: str) -> None:
    until(lambda: counter.shop.parts.health.device(name).state == "ok")  # type: ignore[union-attr]
    page = opened(name)
    find(page)
    state = page.locator("#device-now .device-state").first
    expect(state).to_contain_text("Being tried", timeout=15_000)
    page.get_by_role("button", name="Stop trying").click()
    expect(state).to_contain_text("Ready", timeout=15_000)


def test_the_country_of_a_keyboard_scanner(
    counter: Counter, opened: Opened, often: Callable[[Callable[[], None]], None]
) -> None:
    page = opened("keys")
    find(page)
    expect(page.locator("#device-now")).to_contain_text("Scan the EAN of any item now, once.")
    often(lambda: counter.keys.give(EAN))
    expect(page.locator("#device-now code")).to_have_text('layout = "fr"', timeout=15_000)
    expect(page.locator("#device-now")).to_contain_text("with the layout us it is no code")


def test_speed_and_protocol_of_a_scale(counter: Counter, opened: Opened) -> None:
    page = opened("weigh")
    find(page)
    expect(page.locator("#device-now code")).to_have_text('protocol = "st_gs", baud = 4800', timeout=30_000)


def test_the_speed_of_a_display_is_what_can_be_read_on_it(counter: Counter, opened: Opened) -> None:
    page, screen = opened("glow"), PoleScreen("cd5220", "ascii")
    find(page)
    expect(page.get_by_role("button", name="19200", exact=True)).to_be_visible(timeout=6_000)

    def reads() -> bool:
        screen.feed(counter.pole.received())
        return "2400" in screen.picture.upper + screen.picture.lower

    until(reads)
    page.get_by_role("button", name="2400", exact=True).click()
    expect(page.locator("#device-now code")).to_have_text("baud = 2400")


def test_the_encoding_of_a_printer_is_what_can_be_read_on_paper(counter: Counter, opened: Opened) -> None:
    page = opened("paper")
    find(page)
    page.get_by_role("button", name="big5", exact=True).click(timeout=15_000)
    expect(page.locator("#device-now code")).to_have_text('encoding = "big5"')
    (job,) = [each for each in counter.printer.jobs if b"gb18030" in each]
    assert job.index("简体中文".encode("gb18030")) < job.index(b"big5") < job.index("歡迎光臨".encode("big5"))
    assert job.count(b"\x1dV") == 1  # one slip, cut once
    assert job[job.index(b"none") :].count(b"\x1dv0")  # the last one is drawn


def test_the_speed_of_a_serial_printer_that_answers(counter: Counter, opened: Opened) -> None:
    page = opened("slips")
    find(page)
    line = f'path = "serial://{counter.slips.path}?baud=2400&flow=xonxoff"'
    expect(page.locator("#device-now code")).to_have_text(line, timeout=30_000)
    expect(page.locator("#device-now")).to_contain_text("nothing answers at 9600 baud; at 2400 a receipt printer does")
    # Nothing of the questions came out, and the till has it again.
    assert b"\n" not in counter.slips.heard
    until(lambda: counter.shop.parts.health.device("slips").state != "trying")  # type: ignore[union-attr]


def test_the_speed_of_a_serial_printer_is_what_can_be_read_on_paper(counter: Counter, opened: Opened) -> None:
    counter.slips.trouble = "silent"
    page = opened("slips")
    find(page)
    figure = page.get_by_role("button", name="2400", exact=True)
    expect(figure).to_be_visible(timeout=30_000)
    expect(page.locator("#device-now")).to_contain_text("It never answers.")
    until(lambda: "2400" in [line.text for line in counter.slips.paper().lines])
    figure.click()
    line = f'path = "serial://{counter.slips.path}?baud=2400&flow=xonxoff"'
    expect(page.locator("#device-now code")).to_have_text(line, timeout=15_000)


def test_a_silent_serial_printer_whose_speed_is_right_prints_its_encodings(counter: Counter, opened: Opened) -> None:
    counter.slips.trouble, counter.slips.baud = "silent", 9_600
    page = opened("slips")
    find(page)
    page.get_by_role("button", name="9600", exact=True).click(timeout=30_000)
    page.get_by_role("button", name="gb18030", exact=True).click(timeout=30_000)
    expect(page.locator("#device-now code")).to_have_text('encoding = "gb18030"', timeout=15_000)
    assert "简体中文".encode("gb18030") in counter.slips.heard


def test_a_label_printer_says_that_it_is_one(opened: Opened) -> None:
    page = opened("stick")
    find(page)
    expect(page.locator("#device-now")).to_contain_text("it answers as a label printer (TSPL)", timeout=15_000)
    expect(page.locator("#device-now code")).to_have_count(0)


def test_a_label_printer_that_is_configured_as_another(opened: Opened) -> None:
    page = opened("mixed")
    find(page)
    expect(page.locator("#device-now code")).to_have_text('kind = "tspl_printer"', timeout=15_000)


def test_a_label_printer_that_says_nothing(counter: Counter, opened: Opened) -> None:
    counter.labels.is_silent = True
    page = opened("stick")
    find(page)
    expect(page.locator("#device-now")).to_contain_text("neither as a label printer nor as", timeout=15_000)
    expect(page.locator("#device-now")).to_contain_text("set to TSPL by their maker's tool")


def test_a_card_reader_answers_or_not(opened: Opened) -> None:
    page = opened("near")
    find(page)
    expect(page.locator("#device-now")).to_contain_text("it answers: near", timeout=8_000)


def test_trying_is_for_managers_and_can_be_ended(counter: Counter, opened: Opened) -> None:
    page = opened("aim", lane=2)
    expect(page.locator("#device-now .device-state")).to_be_visible()
    assert page.get_by_role("button", name="Find its settings").count() == 0
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    for path in ("try", "try/stop", "try/choose?is=2400"):
        address = f"{counter.shop.parts.url}lane/2/devices/aim/{path}"
        assert page.request.post(address, headers={"X-CSRFToken": token}).status == 403
    manager = opened("aim")
    find(manager)
    expect(manager.locator("#device-now")).to_contain_text("Scan any code now")
    other = opened("weigh")  # one at a time
    expect(other.locator("#device-now")).to_contain_text("Another device is being tried.")
    manager.get_by_role("button", name="Stop trying").click()
    expect(manager.get_by_role("button", name="Find its settings")).to_be_visible(timeout=5_000)
    until(lambda: counter.shop.parts.tries.state("aim").told is None)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_nothing_is_cut(counter: Counter, opened: Opened, language: str) -> None:
    page = opened("glow", language=language)
    page.locator("#device-now .device-deeds button").last.click()
    expect(page.locator(".device-choices button")).to_have_count(9, timeout=6_000)
    for part in (".device-page", "#device", "#panel"):
        wide = page.locator(part).evaluate("(each) => each.scrollWidth - each.clientWidth")
        assert wide <= 1, (part, wide)
    small = page.locator(".device-choices button").evaluate_all(
        "(all) => all.filter((each) => each.getBoundingClientRect().height < 44).length"
    )
    assert small == 0
    counter.shop.parts.tries.stop("glow")
