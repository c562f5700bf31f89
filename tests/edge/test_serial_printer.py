"""A receipt printer at a serial line that is set to another speed than the configuration says: found, told, mended."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.escpos_transport import at_speed
from drivers.fake_printer_line import FakePrinterLine
from drivers.printer_speed import INITIALISE
from edge.cli.device_checks import Holder, Verdict, check_device
from edge.cli.paper_check import print_speeds
from edge.config import DeviceConfig
from tests.edge.test_taptill_commands import shop as new_shop
from tests.edge.test_taptill_commands import taptill
from tests.offices import wait_for

shop = new_shop


@pytest.fixture
def printer() -> Iterator[FakePrinterLine]:
    made = FakePrinterLine()
    yield made
    made.stop()


def configured(printer: FakePrinterLine, options: str, kind: str = "escpos_printer") -> DeviceConfig:
    return DeviceConfig(name="p", kind=kind, path=f"serial://{printer.path}{options}")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "baud", "line"),
    [
        ("", 2_400, "?baud=2400"),
        ("?baud=115200&flow=xonxoff", 9_600, "?baud=9600&flow=xonxoff"),
        ("?baud=9600&flow=none", 19_200, "?baud=19200&flow=none"),
    ],
)
def test_the_doctor_names_the_speed(printer: FakePrinterLine, options: str, baud: int, line: str) -> None:
    printer.baud = baud
    device = configured(printer, options)
    found = check_device(device, {})
    path = f"serial://{printer.path}{line}"
    assert (found.verdict, found.advice) == (Verdict.BAD, f'path = "{path}"'), found
    assert f"answers as a receipt printer (ESC/POS), at {baud} baud" in found.found
    # It was made to forget the rubbish, and what it says is put into the configuration as it stands.
    wait_for(lambda: printer.heard.endswith(INITIALISE))
    assert printer.paper().lines == ()
    mended = DeviceConfig(name="p", kind="escpos_printer", path=tomllib.loads(found.advice)["path"])
    told = check_device(mended, {})
    assert (told.verdict is not Verdict.BAD, "is ready" in told.found) == (True, True), told


def test_kind_and_speed_at_once(printer: FakePrinterLine) -> None:
    printer.baud = 2_400
    device = configured(printer, "?baud=9600", "tspl_printer")
    found = check_device(device, {})
    path = at_speed(device.path, 2_400)
    assert (found.verdict, found.advice) == (Verdict.BAD, f'kind = "escpos_printer", path = "{path}"'), found


def test_one_that_never_answers_prints_nothing_and_is_told_how_to_find_out(printer: FakePrinterLine) -> None:
    printer.baud, printer.trouble = 2_400, "silent"
    found = check_device(configured(printer, ""), {})
    assert found.verdict is not Verdict.BAD and "taptill doctor --speeds p" in found.advice, found
    assert printer.heard and b"\n" not in printer.heard


def test_a_running_daemon_keeps_its_printer(printer: FakePrinterLine) -> None:
    printer.baud, printer.trouble = 2_400, "silent"
    held = {"/var/lib/taptill/store.db": Holder(42, "taptill run", is_daemon=True)}
    found = check_device(configured(printer, ""), held)
    assert (found.verdict, "process 42" in found.found) == (Verdict.OK, True), found
    assert "Find its settings" in found.advice
    heard = len(printer.heard)
    told = print_speeds(configured(printer, ""), daemon=held["/var/lib/taptill/store.db"])
    assert (told.verdict, len(printer.heard)) == (Verdict.BAD, heard)


def test_each_speed_is_shown_on_paper(shop: Path, printer: FakePrinterLine) -> None:
    printer.baud, printer.trouble = 19_200, "silent"
    path = f"serial://{printer.path}"
    shop.write_text(shop.read_text() + f'[[device]]\nname = "p"\nkind = "escpos_printer"\npath = "{path}"\n')
    result = taptill("doctor", "--speeds", "p", "--config", shop)
    assert (result.exit_code, f"{path}?baud=9600 has 9600" in result.output) == (0, True), result.output
    lines = [line.text for line in printer.paper().lines]
    assert lines.count("19200") == 1 and not printer.paper().kicks


def test_only_a_serial_line_has_a_speed(shop: Path) -> None:
    shop.write_text(shop.read_text() + '[[device]]\nname = "p"\nkind = "escpos_printer"\npath = "tcp://10.0.0.9"\n')
    result = taptill("doctor", "--speeds", "p", "--config", shop)
    assert (result.exit_code, "no receipt printer at a serial line" in result.output) == (1, True), result.output
