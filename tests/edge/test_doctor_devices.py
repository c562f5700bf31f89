"""What the doctor finds wrong with a device, run against simulated ones at real lines: the fault, and its mending."""

from __future__ import annotations

import os
import pty
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.fake_baud import heard_at
from drivers.fake_printer import FakePrinterServer
from drivers.fake_scale import FakeScale
from drivers.fake_wires import BAUDS, KeyboardScanner, Line, SerialScanner
from edge.cli.device_checks import Finding, Holder, Verdict, check_device, check_path
from edge.cli.device_listening import listen
from edge.config import DeviceConfig
from edge.device_guess import is_readable, layouts_that_fit
from edge.device_paths import better_path, printers_without_driver, shared
from tests.drivers.test_input_nodes import Box
from tests.edge.test_taptill_commands import shop as new_shop
from tests.edge.test_taptill_commands import taptill
from tests.nobody import told_to_nobody

shop = new_shop
EAN = "6901234567892"


def device(kind: str, path: str, name: str = "d", **more: Any) -> DeviceConfig:
    return DeviceConfig(name=name, kind=kind, path=path, **more)  # type: ignore[arg-type]


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("baud", BAUDS)
def test_a_line_at_the_wrong_speed_hears_rubbish(baud: int) -> None:
    sent = f"{EAN}\r\n".encode()
    for other in BAUDS:
        heard = heard_at(sent, sent_baud=baud, heard_baud=other)
        assert (heard == sent) is (baud == other)
        # Who scans twice before it is looked at makes rubbish no text: two bytes and two bytes are no Chinese.
        for data in (
            heard,
            *(heard_at(b"\x02" + sent, sent_baud=baud, heard_baud=other) * times for times in (1, 2, 3)),
        ):
            assert is_readable(data) is (baud == other), (baud, other, data)


@pytest.mark.parametrize(
    ("protocol", "baud", "configured"),
    [("st_gs", 2_400, 9_600), ("toledo_8217", 4_800, 9_600), ("cas", 19_200, 9_600), ("aclas", 9_600, 115_200)],
)
def test_a_scale_at_another_speed_is_found(protocol: str, baud: int, configured: int) -> None:
    scale = FakeScale(protocol)
    scale.baud = baud
    scale.put(532)
    scale.start()
    try:
        found = check_device(device("serial_scale", scale.path, protocol=protocol, baud=configured), {})
        assert found.verdict is Verdict.BAD
        assert found.advice == f'protocol = "{protocol}", baud = {baud}', found
        mended = check_device(device("serial_scale", scale.path, protocol=protocol, baud=baud), {})
        assert (mended.verdict, "it says 532 g, stable" in mended.found) == (Verdict.OK, True), mended
    finally:
        scale.stop()
        scale.unplug()


def test_a_scale_of_another_protocol_is_found() -> None:
    scale = FakeScale("dahua_acs")
    scale.start()
    try:
        found = check_device(device("serial_scale", scale.path, protocol="st_gs"), {})
        assert (found.verdict, found.advice) == (Verdict.BAD, 'protocol = "dahua_acs", baud = 9600'), found
    finally:
        scale.stop()
        scale.unplug()


@pytest.fixture
def often() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Somebody who scans again and again, as one is asked to."""
    stopping = threading.Event()
    threads: list[threading.Thread] = []

    def begin(scan: Callable[[], None]) -> None:
        def go() -> None:
            while not stopping.wait(0.5):
                scan()

        threads.append(threading.Thread(target=go, daemon=True))
        threads[0].start()

    yield begin
    stopping.set()
    for thread in threads:
        thread.join()


def test_a_scanner_at_another_speed_is_found(often: Callable[[Callable[[], None]], None]) -> None:
    scanner = SerialScanner()
    scanner.baud = 115_200
    often(lambda: scanner.give(EAN))
    found = listen(device("serial_scanner", scanner.path), wait_s=5)
    assert (found.verdict, found.advice) == (Verdict.BAD, "baud = 115200"), found
    assert "rubbish at 9600 baud (" in found.found and EAN not in found.found
    mended = listen(device("serial_scanner", scanner.path, baud=115_200), wait_s=5)
    assert mended.verdict is Verdict.OK, mended


def test_a_scanner_of_another_encoding_is_found(often: Callable[[Callable[[], None]], None]) -> None:
    scanner = SerialScanner(encoding="gb18030")
    often(lambda: scanner.give("会员卡七号"))
    found = listen(device("serial_scanner", scanner.path, text_encoding="ascii"), wait_s=5)
    assert (found.verdict, found.advice) == (Verdict.BAD, 'text_encoding = "auto"'), found
    mended = listen(device("serial_scanner", scanner.path, text_encoding="auto"), wait_s=5)
    assert mended.verdict is Verdict.OK, mended


def test_a_silent_scanner_is_said_to_be_one() -> None:
    line = Line()
    found = listen(device("serial_scanner", line.path), wait_s=0.5)
    assert (found.verdict, "nothing came" in found.found) == (Verdict.BAD, True), found


# --- keyboard country ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("set_to", "configured", "verdict", "advice"),
    [
        ("us", "us", Verdict.OK, ""),
        ("fr", "us", Verdict.BAD, 'layout = "fr"'),
        ("us", "fr", Verdict.BAD, 'layout = "us"'),
    ],
)
def test_a_keyboard_scanner_of_another_country_is_found(
    often: Callable[[Callable[[], None]], None], set_to: str, configured: str, verdict: Verdict, advice: str
) -> None:
    scanner = KeyboardScanner(layout=set_to)
    often(lambda: scanner.give(EAN))
    found = listen(device("evdev_scanner", scanner.path, layout=configured), wait_s=5)
    assert (found.verdict, found.advice) == (verdict, advice), found


def test_noise_fits_no_layout() -> None:
    assert layouts_that_fit(os.urandom(24 * 200), device("evdev_scanner", "/dev/null")) == []


# --- where it is -----------------------------------------------------------------------------------------------------


def test_one_device_that_is_configured_twice(tmp_path: Path, shop: Path) -> None:
    ours, theirs = pty.openpty()
    link = tmp_path / "by-id"
    link.symlink_to(os.ttyname(theirs))
    try:
        one = device("serial_scanner", os.ttyname(theirs), "one")
        two = device("serial_scale", str(link), "two", protocol="st_gs")
        assert shared((one, two)) == {"two": "one"}
        found = check_path(two, shared((one, two)))
        assert found is not None and (found.verdict, "it is one once more" in found.found) == (Verdict.BAD, True)
        shop.write_text(
            shop.read_text()
            + f'[[device]]\nname = "one"\nkind = "serial_scanner"\npath = "{one.path}"\n'
            + f'[[device]]\nname = "two"\nkind = "serial_scanner"\npath = "{link}"\n'
        )
        result = taptill("doctor", "--config", shop)
        assert result.exit_code == 1 and "it is one once more, by another path" in result.output
    finally:
        os.close(ours)
        os.close(theirs)


def test_two_printers_at_one_address() -> None:
    devices = (
        device("escpos_printer", "tcp://10.0.0.9", "a"),
        device("tspl_printer", "tcp://10.0.0.9:9100", "b"),
        device("escpos_printer", "tcp://10.0.0.10", "c"),
    )
    assert shared(devices) == {"b": "a"}


def test_a_path_that_moves_has_a_better_one(tmp_path: Path) -> None:
    folder = tmp_path / "by-id"
    folder.mkdir()
    (folder / "usb-Scale-if00").symlink_to("/dev/ttyUSB7")
    box = Box(tmp_path)
    box.add(3, "1-1.3", uniq="S3")
    none = tmp_path / "none"

    def better(kind: str, path: str) -> str | None:
        return better_path(device(kind, path), folders=(folder,), sys=box.sys, printers=none)

    assert better("serial_scale", "/dev/ttyUSB7") == str(folder / "usb-Scale-if00")
    assert better("serial_scale", "/dev/ttyUSB8") == ""
    assert better("evdev_scanner", "/dev/input/event3") == "uniq:S3"
    assert better("serial_scale", str(folder / "usb-Scale-if00")) is None
    assert better("serial_scale", "/dev/ttyS0") is None  # soldered in
    (none / "lp0" / "device").mkdir(parents=True)
    (none / "lp0" / "device" / "ieee1284_id").write_text("MFG:Gainscha;MDL:GP-80;")
    assert better("escpos_printer", "file:///dev/usb/lp0") == "usb:GP-80"
    found = check_path(device("serial_scale", "/dev/ttyUSB8", protocol="st_gs"), {})
    assert found is not None and "may be another device after the next start" in found.found


def test_a_usb_printer_that_no_driver_drives(tmp_path: Path) -> None:
    usb = tmp_path / "1-2"
    (tmp_path / "1-2:1.0").mkdir()
    usb.mkdir()
    (tmp_path / "1-2:1.0" / "bInterfaceClass").write_text("07\n")
    (usb / "product").write_text("GP-80\n")
    (usb / "manufacturer").write_text("Gainscha\n")
    assert printers_without_driver(tmp_path) == ["Gainscha GP-80"]
    (tmp_path / "usblp").mkdir()
    (tmp_path / "1-2:1.0" / "driver").symlink_to(tmp_path / "usblp")
    assert printers_without_driver(tmp_path) == []


# --- on paper --------------------------------------------------------------------------------------------------------


@pytest.fixture
def printer() -> Iterator[FakePrinterServer]:
    made = FakePrinterServer()
    yield made
    made.stop()


def with_printer(shop: Path, printer: FakePrinterServer, more: str = "") -> None:
    path = f"tcp://127.0.0.1:{printer.serve()}"
    shop.write_text(shop.read_text() + f'[[device]]\nname = "p"\nkind = "escpos_printer"\npath = "{path}"\n{more}')


def test_a_test_page_has_a_ruler_and_both_scripts(shop: Path, printer: FakePrinterServer) -> None:
    with_printer(shop, printer, "columns = 32\n")
    result = taptill("doctor", "--print", "p", "--config", shop)
    assert (result.exit_code, "it printed the test page; gb18030, 32 columns" in result.output) == (0, True), result
    time.sleep(0.2)
    page = b"".join(printer.jobs)
    assert b"12345678901234567890123456789012" in page
    assert "简体中文".encode("gb18030") in page and "繁體中文".encode("gb18030") in page


def test_a_printer_that_cannot_print_says_so(shop: Path, printer: FakePrinterServer) -> None:
    with_printer(shop, printer)
    printer.trouble = "paper_out"
    result = taptill("doctor", "--print", "p", "--config", shop)
    assert result.exit_code == 1 and "it does not print" in result.output
    assert not printer.jobs


def test_a_name_that_is_none(shop: Path) -> None:
    result = taptill("doctor", "--print", "x", "--config", shop)
    assert result.exit_code == 1 and "x: no device of that name" in result.output


def words_of(found: Finding) -> str:
    return f"{found.verdict}\0{found.found}\0{found.advice}"


def test_what_may_not_be_opened_names_its_group() -> None:
    ours, theirs = pty.openpty()
    path = os.ttyname(theirs)
    Path(path).chmod(0)
    try:
        told = told_to_nobody(lambda: words_of(check_device(device("serial_scanner", path), {})))
        verdict, words, advice = told.split("\0")
        found = Finding("d", Verdict(verdict), words, advice)
    finally:
        os.close(ours)
        os.close(theirs)
    assert (found.verdict, "may not open it" in found.found) == (Verdict.BAD, True), found
    assert "udev rules" in found.advice and "usermod -aG" in found.advice


def test_who_merely_has_a_keyboard_type_reader_open_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "scanner"
    os.mkfifo(path)
    held = {str(path): Holder(42, "/usr/lib/Xorg")}
    assert check_device(device("evdev_scanner", str(path)), held).verdict is Verdict.OK
    assert check_device(device("serial_scanner", str(path)), held).verdict is Verdict.BAD
