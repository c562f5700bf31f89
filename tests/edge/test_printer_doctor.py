"""What the doctor and the check say of printers: their font, the box's font, the model on USB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base import PrinterError
from drivers.fake_label_server import FakeLabelServer
from drivers.fake_printer import FakePrinterServer
from edge.cli.device_checks import Verdict, check_device
from edge.config import DeviceConfig
from edge.config_file import Loaded, parse_config
from edge.device_paths import device_path
from edge.device_printers import guess_printer
from edge.devices import make_printer

CONFIG = """
[store]
id = "S001"
name_zh_hans = "好邻居"
[[device]]
name = "p"
kind = "{kind}"
path = "tcp://10.0.0.9"
{more}
"""


@pytest.fixture
def server() -> Iterator[FakePrinterServer]:
    server = FakePrinterServer()
    yield server
    server.stop()


def looked_at(server: FakePrinterServer, **more: str) -> tuple[Verdict, str, str]:
    device = DeviceConfig(name="p", kind="escpos_printer", path=f"tcp://127.0.0.1:{server.serve()}", **more)  # type: ignore[arg-type]
    finding = check_device(device, {})
    return finding.verdict, finding.found, finding.advice


@pytest.mark.parametrize(
    ("font", "encoding", "verdict", "found"),
    [
        (b"CHINA GB18030", "auto", Verdict.OK, "it says that its font is gb18030"),
        (b"CHINA GB18030", "gbk", Verdict.OK, "it says that its font is gb18030"),  # the same to us
        (b"TAIWAN BIG-5", "gb18030", Verdict.NOTE, "it says that its font is big5"),
        (b"", "auto", Verdict.OK, "is ready"),
    ],
)
def test_a_font_that_is_not_what_the_configuration_says(
    server: FakePrinterServer, font: bytes, encoding: str, verdict: Verdict, found: str
) -> None:
    server.font = font
    told = looked_at(server, encoding=encoding)
    assert (told[0], found in told[1]) == (verdict, True)
    assert ('try encoding = "auto"' in told[2]) is (verdict is Verdict.NOTE)


@pytest.fixture
def labels() -> Iterator[FakeLabelServer]:
    made = FakeLabelServer()
    yield made
    made.stop()


def test_a_label_printer_is_told_from_a_receipt_printer(server: FakePrinterServer, labels: FakeLabelServer) -> None:
    receipts, stickers = f"tcp://127.0.0.1:{server.serve()}", f"tcp://127.0.0.1:{labels.port}"
    assert (guess_printer(stickers), guess_printer(receipts)) == ("tspl_printer", "escpos_printer")
    # A label printer that answers is sent nothing that would stand before its next command.
    assert bytes(labels.received) == b""
    labels.is_silent, server.trouble = True, "silent"
    assert (guess_printer(stickers), guess_printer(receipts)) == (None, None)


@pytest.mark.parametrize("trouble", ["paper_out", "cover_open", "error"])
def test_a_printer_in_trouble_still_says_what_it_is(server: FakePrinterServer, trouble: str) -> None:
    server.trouble = trouble
    assert guess_printer(f"tcp://127.0.0.1:{server.serve()}") == "escpos_printer"


def test_a_printer_that_is_not_reached_is_neither() -> None:
    with pytest.raises(PrinterError):
        guess_printer("tcp://127.0.0.1:1")


def test_the_doctor_says_that_it_is_the_other_kind(server: FakePrinterServer, labels: FakeLabelServer) -> None:
    wrong = DeviceConfig(name="p", kind="escpos_printer", path=f"tcp://127.0.0.1:{labels.port}")
    finding = check_device(wrong, {})
    assert (finding.verdict, finding.advice) == (Verdict.BAD, 'kind = "tspl_printer"')
    wrong = DeviceConfig(name="p", kind="tspl_printer", path=f"tcp://127.0.0.1:{server.serve()}")
    finding = check_device(wrong, {})
    assert (finding.verdict, finding.advice) == (Verdict.BAD, 'kind = "escpos_printer"')


@pytest.mark.parametrize(("encoding", "verdict"), [("none", Verdict.BAD), ("auto", Verdict.NOTE)])
def test_a_box_without_a_font(server: FakePrinterServer, tmp_path: Path, encoding: str, verdict: Verdict) -> None:
    told = looked_at(server, encoding=encoding, font=str(tmp_path / "gone.ttf"))
    assert (told[0], "gone.ttf" in told[1]) == (verdict, True)


def test_the_check_names_a_font_that_is_not_there(tmp_path: Path) -> None:
    text = CONFIG.format(kind="escpos_printer", more='font = "/gone.ttf"')
    problems = parse_config(text, path=Path("taptill.toml"), base_dir=tmp_path)
    assert isinstance(problems, tuple)
    assert [str(each) for each in problems] == [
        'taptill.toml:9: device[1].font: found "/gone.ttf", expected the full path of a font file on this box'
    ]


def test_a_label_printer_prints_no_kitchen_slips(tmp_path: Path) -> None:
    text = CONFIG.format(kind="tspl_printer", more='prints = ["kitchen"]')
    problems = parse_config(text, path=Path("taptill.toml"), base_dir=tmp_path)
    assert isinstance(problems, tuple) and "labels alone at a label printer" in str(problems[0])
    good = CONFIG.format(kind="tspl_printer", more='label = "58x40"')
    loaded = parse_config(good, path=Path("taptill.toml"), base_dir=tmp_path)
    assert isinstance(loaded, Loaded)
    assert type(make_printer(loaded.config.device[0])).__name__ == "TsplPrinter"


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("tcp://10.0.0.9", None),
        ("file:///dev/usb/lp0", "/dev/usb/lp0"),
        ("serial:///dev/ttyS0?baud=9600", "/dev/ttyS0"),
        ("usb:TM-T82", "/dev/usb/lp with usb:TM-T82"),  # none is plugged in here: the doctor says that it is missing
    ],
)
@pytest.mark.parametrize("kind", ["escpos_printer", "tspl_printer"])
def test_where_a_printer_is(kind: str, path: str, file: str | None) -> None:
    found = device_path(DeviceConfig(name="p", kind=kind, path=path))  # type: ignore[arg-type]
    assert found == (Path(file) if file else None)
