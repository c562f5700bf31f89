"""What is plugged in and stands in no configuration: a /sys and /dev of a test, looked at by root and by somebody else."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from edge.cli.found_devices import found_devices
from edge.config import DeviceConfig
from edge.found_devices import Found, Places, find_devices
from tests.drivers.test_input_nodes import Box
from tests.nobody import told_to_nobody


@pytest.fixture
def places() -> Iterator[Places]:
    """Give a box with nothing in it that everybody may look at; pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        box = Box(folder)
        for each in ("serial", "lp", "usb", "dev/usb"):
            (folder / each).mkdir()
        yield Places(box.sys, folder / "dev", (folder / "serial",), folder / "lp", folder / "usb", smart_cards=tuple)


def add_reader(places: Places, number: int, *, name: str = "Scanner", mode: int = 0o600) -> None:
    box = Box.__new__(Box)
    box.sys, box.dev, box._devices = places.sys, places.dev / "input", places.sys.parent / "devices"
    box.add(number, f"1-1.{number}", name=name)
    (box.dev / f"event{number}").chmod(mode)


def add_usb(places: Places, port: str, usb_class: str, maker: str, product: str) -> Path:
    interface, device = places.usb / f"{port}:1.0", places.usb / port
    interface.mkdir()
    device.mkdir()
    (interface / "bInterfaceClass").write_text(usb_class + "\n")
    (device / "manufacturer").write_text(maker + "\n")
    (device / "product").write_text(product + "\n")
    return interface


def add_printer(places: Places, node: str, identity: str, *, mode: int) -> None:
    (places.printers / node / "device").mkdir(parents=True)
    (places.printers / node / "device" / "ieee1284_id").write_text(identity)
    (places.dev / "usb" / node).touch()
    (places.dev / "usb" / node).chmod(mode)


def seen_by_nobody(look: Callable[[], Sequence[Found]]) -> list[str]:
    """Return what each device lacks when somebody without rights looks."""
    return told_to_nobody(lambda: ",".join(f"{each.what.split(' ')[0]}={each.lacks}" for each in look())).split(",")


def test_what_may_not_be_opened_is_said_of_every_kind(places: Places) -> None:
    add_reader(places, 1, mode=0)
    add_reader(places, 2, mode=0o644)
    add_reader(places, 3, name="USB Keyboard", mode=0)
    (places.dev / "ttyACM0").touch()
    (places.dev / "ttyACM0").chmod(0)
    (places.serials[0] / "usb-1").symlink_to(places.dev / "ttyACM0")
    add_printer(places, "lp0", "MFG:EPSON;MDL:TM-T82III;", mode=0)
    add_printer(places, "lp1", "MFG:Gainscha;MDL:GP-80;", mode=0o666)
    found = [each.removeprefix(f"{places.dev}/") for each in seen_by_nobody(lambda: list(find_devices((), places)))]
    assert found[:3] == ["event1=permission", "event2=", "event3="]  # a keyboard is not ours to open
    assert found[3] == f"{places.serials[0]}/usb-1=permission"
    assert found[4:] == ["usb/lp0=permission", "usb/lp1="]


def test_the_doctor_says_how_to_be_let_in(places: Places) -> None:
    add_printer(places, "lp0", "MFG:EPSON;CMD:ESC/POS;MDL:TM-T82III;SN:1;", mode=0o666)
    (found,) = found_devices((), places)
    assert found.found == f"{places.dev}/usb/lp0 “EPSON TM-T82III”, not in the configuration"
    assert found.advice == '[[device]] kind = "escpos_printer" path = "usb:TM-T82III"'
    used = DeviceConfig(name="p", kind="escpos_printer", path=f"file://{places.dev}/usb/lp0")
    assert list(found_devices((used,), places)) == []


def test_a_printer_on_the_bus_that_no_driver_drives(places: Places) -> None:
    interface = add_usb(places, "1-2", "07", "Gainscha", "GP-80")
    (found,) = found_devices((), places)
    assert found.found == "USB “Gainscha GP-80”, not in the configuration; usblp does not drive it"
    assert found.advice.startswith("sudo modprobe usblp; make install has it loaded at each start; then look here")
    (places.usb / "usblp").mkdir()
    (interface / "driver").symlink_to(places.usb / "usblp")
    assert list(found_devices((), places)) == []  # it is a printer of usblp's now, and told as that


def test_smart_card_readers(places: Places) -> None:
    add_usb(places, "1-3", "0b", "ACS", "ACR122U PICC Interface")
    (found,) = found_devices((), places)
    assert found.found.endswith("; pcscd does not know it") and "apt install pcscd" in found.advice
    names = ("ACS ACR122U PICC Interface 00 00", "SCM Microsystems SCL011 01 00")
    known = Places(places.sys, places.dev, places.serials, places.printers, places.usb, smart_cards=lambda: names)
    assert [(each.path, each.kinds, each.lacks) for each in find_devices((), known)] == [
        (names[0], ("pcsc_cards",), ""),
        (names[1], ("pcsc_cards",), ""),
    ]
    first = DeviceConfig(name="c", kind="pcsc_cards")  # without a path: the first one
    assert [each.path for each in find_devices((first,), known)] == [names[1]]
    second = DeviceConfig(name="d", kind="pcsc_cards", path="SCM")
    assert list(find_devices((first, second), known)) == []
