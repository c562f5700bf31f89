"""Which input devices there are, by a /sys like the kernel's: twins, serial numbers, several nodes of one device."""

from __future__ import annotations

import os

import pytest

from drivers.evdev_lines import EvdevLines
from drivers.input_nodes import input_nodes, nodes_of, resolve, twins
from tests.drivers.test_evdev_lines import records

KEYBOARD = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"
VOLUME = "3007f 0 0 483ffff17aff32d bf54444600000000 1 130f938b17c000 677bfad9415fed 9ed68000004400 10000002"


class Box:
    """A /sys/class/input of this test."""

    def __init__(self, folder):
        self.sys, self.dev = folder / "class", folder / "dev" / "input"
        self._devices = folder / "devices"
        self.sys.mkdir()
        self.dev.mkdir(parents=True)

    def add(self, number, port, *, name="Scanner", uniq="", interface=0, keys=KEYBOARD, vendor="05e0"):
        usb = self._devices / port
        node = usb / f"{port}:1.{interface}" / "input" / f"event{number}"
        (node / "device" / "id").mkdir(parents=True)
        (node / "device" / "capabilities").mkdir()
        (usb / "idVendor").write_text(f"{vendor}\n")
        for path, text in {
            "name": name,
            "uniq": uniq,
            "phys": f"usb-0000:01:00.0-{port[2:]}/input{interface}",
            "id/vendor": vendor,
            "id/product": "1200",
            "capabilities/key": keys,
        }.items():
            (node / "device" / path).write_text(text + "\n")
        (self.sys / f"event{number}").symlink_to(node)
        os.mkfifo(self.dev / f"event{number}")


@pytest.fixture
def box(tmp_path):
    return Box(tmp_path)


def test_devices_are_named_by_serial_number_else_by_socket(box):
    box.add(10, "1-1.2", uniq="S123")
    box.add(2, "1-1.3")
    first, second = input_nodes(box.sys)
    assert (first.event, first.identity, first.types_digits) == ("event2", "phys:usb-0000:01:00.0-1.3/input0", True)
    assert (second.event, second.identity, second.name) == ("event10", "uniq:S123", "Scanner")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("uniq:S123", "event3"),  # its serial number, wherever it is plugged in; the node that types
        ("phys:usb-0000:01:00.0-1.3/input0", "event4"),
        ("uniq:S124", None),
        ("phys:usb-9", None),
        ("uniq:", None),
        ("/dev/input/by-id/usb-x", None),
    ],
)
def test_an_identity_is_resolved(box, path, found):
    box.add(2, "1-1.2", uniq="S123", interface=1, keys=VOLUME)
    box.add(3, "1-1.2", uniq="S123")
    box.add(4, "1-1.3")
    for node in input_nodes(box.sys):
        assert node.identity
    assert resolve(path, sys=box.sys, dev=box.dev) == (str(box.dev / found) if found else path)


def test_twins_are_seen(box):
    box.add(1, "1-1.1")
    box.add(2, "1-1.2")
    box.add(3, "1-1.3", uniq="A")
    box.add(4, "1-1.4", name="Other")
    box.add(5, "1-1.4", name="Other", interface=1)  # the same device once more
    assert [node.event for node in twins(input_nodes(box.sys))] == ["event1", "event2"]


def test_all_nodes_of_a_device_that_type_are_its_own(box):
    box.add(1, "1-1.1")
    box.add(2, "1-1.1", interface=1)
    box.add(3, "1-1.1", interface=2, keys="e000000000000 0")  # three keys for the volume
    box.add(4, "1-1.2")
    (box.dev / "by-id").mkdir()
    link = box.dev / "by-id" / "usb-scanner"
    link.symlink_to("../event2")
    assert nodes_of(str(link), sys=box.sys, dev=box.dev) == (str(link), str(box.dev / "event1"))
    assert nodes_of(str(box.dev / "event4"), sys=box.sys, dev=box.dev) == (str(box.dev / "event4"),)
    assert nodes_of("/elsewhere/event1", sys=box.sys, dev=box.dev) == ("/elsewhere/event1",)


def test_a_box_without_any(tmp_path):
    assert input_nodes(tmp_path / "nothing") == ()


def test_a_device_that_goes_while_it_is_looked_at_is_no_error(box):
    (box.sys / "event7").symlink_to("/nowhere")
    (node,) = input_nodes(box.sys)
    assert (node.identity, node.types_digits) == ("", False)


def test_a_device_of_two_nodes_is_read_at_both(box):
    for number in (1, 2):
        box.add(number, "1-1.1", interface=number)
    first, second = box.dev / "event1", box.dev / "event2"
    reader = EvdevLines("scanner", str(first), nodes=lambda path: nodes_of(path, sys=box.sys, dev=box.dev))
    reader.open()
    second.write_bytes(records("12"))
    first.write_bytes(records("34\n"))  # what one node types does not mix with the other
    assert reader.read(1) == ("34",)
    second.write_bytes(records("56\n"))
    assert reader.read(1) == ("1256",)
    reader.close()
