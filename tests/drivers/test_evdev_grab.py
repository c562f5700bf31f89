"""Which event nodes are grabbed, and what becomes of a device where one cannot be: with pipes in the place of nodes."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drivers import evdev_lines
from drivers.base import DeviceBusy, DeviceForbidden, DeviceMissing, DriverError
from drivers.evdev_lines import LED_CAPSL, EvdevLines
from drivers.input_nodes import nodes_of
from tests.drivers.test_evdev_lines import records
from tests.drivers.test_input_nodes import KEYBOARD, VOLUME, Box
from tests.drivers.test_key_decoder import CAPS, key, typed

KNOB = "e000000000000 0"  # volume and mute, nothing else
MOUSE = "1f0000 0 0 0 0"
ENTER_ONLY = "10000000"
KEYPAD = "fff80 0"


@dataclass
class Kernel:
    """Event nodes that say what the kernel says to a grab; what is typed comes through a pipe."""

    refuses: dict[str, int] = field(default_factory=dict)
    """The number of the error, by node."""
    lamps: dict[str, list[int]] = field(default_factory=dict)
    grabbed: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)

    def open(self, path: str) -> Node:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.opened.add(Path(path).name)
        return Node(self, Path(path).name, fd)


@dataclass
class Node:
    kernel: Kernel
    event: str
    fd: int

    def grab(self) -> None:
        number = self.kernel.refuses.get(self.event)
        if number:
            raise OSError(number, os.strerror(number))
        self.kernel.grabbed.add(self.event)

    def leds(self) -> list[int]:
        return self.kernel.lamps.get(self.event, [])

    def close(self) -> None:
        os.close(self.fd)
        self.kernel.grabbed.discard(self.event)
        self.kernel.opened.discard(self.event)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A scanner of six nodes at event1 to event6, and the cashier's keyboard at event7."""
    made = Box(tmp_path)
    for number, keys in enumerate((KEYBOARD, ENTER_ONLY, KEYPAD, VOLUME, KNOB, MOUSE)):
        made.add(number + 1, "1-1.1", interface=number, keys=keys)
    made.add(7, "1-1.2", name="Keyboard", vendor="046d")
    return made


def reader(box: Box, kernel: Kernel, event: str = "event1", *, grab: bool = True) -> EvdevLines:
    return EvdevLines(
        "scanner", str(box.dev / event), grab=grab,
        nodes=lambda path: nodes_of(path, sys=box.sys, dev=box.dev), open_node=kernel.open,
    )  # fmt: skip


def test_every_node_of_the_device_that_types_is_grabbed_and_no_other(box: Box) -> None:
    kernel = Kernel()
    scanner = reader(box, kernel)
    scanner.open()
    # VOLUME is a multimedia node that has Enter among its keys, as most have.
    assert kernel.grabbed == {"event1", "event2", "event3", "event4"} == kernel.opened
    assert [Path(each).name for each in scanner.note.split(", ")] == ["event1", "event2", "event3", "event4"]
    scanner.close()
    assert (kernel.grabbed, kernel.opened) == (set(), set())


def test_a_keyboard_that_people_type_on_is_read_and_never_grabbed(box: Box) -> None:
    kernel = Kernel(refuses={"event7": errno.EBUSY})
    keyboard = reader(box, kernel, "event7", grab=False)
    keyboard.open()
    (box.dev / "event7").write_bytes(records("42\n"))
    assert (keyboard.read(1), keyboard.note, kernel.grabbed) == (("42",), "", set())
    keyboard.close()


@pytest.mark.parametrize(
    ("number", "failure", "said"),
    [
        (errno.EBUSY, DeviceBusy, "another process holds it"),
        (errno.EPERM, DeviceForbidden, "may not be grabbed"),
        (errno.EACCES, DeviceForbidden, "may not be grabbed"),
        (errno.ENODEV, DeviceMissing, "No such device"),
    ],
)
def test_a_device_whose_own_node_is_not_ours_alone_is_not_read_until_it_is(
    box: Box, number: int, failure: type[DriverError], said: str
) -> None:
    kernel = Kernel(refuses={"event1": number})
    scanner = reader(box, kernel)
    for _ in range(3):
        with pytest.raises(failure, match=rf"event1: .*{said}"):
            scanner.open()
        assert (kernel.grabbed, kernel.opened, scanner.note) == (set(), set(), "")
    kernel.refuses.clear()
    scanner.open()
    (box.dev / "event1").write_bytes(records("42\n"))
    assert scanner.read(1) == ("42",)
    scanner.close()


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EPERM])
def test_another_node_that_is_not_ours_is_told_and_taken_when_it_is_free(
    box: Box, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = Kernel(refuses={"event4": number})
    scanner = reader(box, kernel)
    scanner.open()
    assert kernel.grabbed == {"event1", "event2", "event3"}
    assert [each.partition(":")[0] for each in scanner.loose] == [str(box.dev / "event4")]
    (box.dev / "event1").write_bytes(records("42\n"))
    assert scanner.read(1) == ("42",)
    kernel.refuses.clear()
    monkeypatch.setattr(evdev_lines, "GRAB_AGAIN_S", 0.0)
    assert scanner.read(0.01) == ()
    assert (scanner.loose, kernel.grabbed) == ((), {"event1", "event2", "event3", "event4"})
    scanner.close()


def test_a_node_that_goes_with_its_device_is_a_missing_device(box: Box) -> None:
    kernel = Kernel(refuses={"event3": errno.ENODEV})
    scanner = reader(box, kernel)
    with pytest.raises(DeviceMissing):
        scanner.open()
    assert (kernel.grabbed, kernel.opened) == (set(), set())


def raw(events: list) -> bytes:  # type: ignore[type-arg]
    return b"".join(evdev_lines.RECORD.pack(1, 0, each.kind, each.code, each.value) for each in events)


@pytest.mark.parametrize(("lamps", "read"), [([], "AB"), ([LED_CAPSL], "ab"), ([0], "AB")])
def test_caps_lock_begins_as_the_lamp_was_and_is_each_devices_own(box: Box, lamps: list[int], read: str) -> None:
    kernel = Kernel(lamps={"event1": lamps})
    scanner, other = reader(box, kernel), reader(box, kernel, "event7")
    scanner.open()
    other.open()
    (box.dev / "event1").write_bytes(raw(key(CAPS)))
    assert scanner.read(0.1) == ()
    (box.dev / "event7").write_bytes(raw(typed("aB") + key(28)))
    assert other.read(1) == ("aB",)
    (box.dev / "event1").write_bytes(raw([*key(30), *key(48), *key(28)]))
    assert scanner.read(1) == (read,)
    for each in (scanner, other):
        each.close()
