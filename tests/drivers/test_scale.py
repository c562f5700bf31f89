"""Scales over pseudo terminals: asked and listened to, at rest, gone and back, and whatever else a line does."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.base import DeviceBusy, DeviceMissing, DriverError
from drivers.fake_scale import SCALE_FAULTS, WiredScale, frame
from drivers.scale import SETTLED_S, SerialScale, Settling
from drivers.scale_frames import SCALES, Fault, Reading

TALKERS = [name for name, protocol in SCALES.items() if not protocol.ask]


class Far:
    """The scale's end of a line."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self._slave)

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    def received(self) -> bytes:
        try:
            return os.read(self.master, 100)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        for end in (self._slave, self.master):
            if end >= 0:
                os.close(end)
        self.master = self._slave = -1


@pytest.fixture
def far() -> Iterator[Far]:
    made = Far()
    yield made
    made.close()


def wait_for(holds: Callable[[], bool], wait_s: float = 5.0) -> bool:
    end = time.monotonic() + wait_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)
    return holds()


STILL, MOVING = Reading(532, is_stable=True), Reading(532, is_stable=False)
MUTE = Reading(532, is_stable=None)


@pytest.mark.parametrize(
    ("said", "stable"),
    [
        ([(STILL, 0.0)], [False]),  # once is not enough: a noisy line may have made it
        ([(STILL, 0.0), (STILL, 0.1)], [False, True]),
        ([(STILL, 0.0), (STILL, 0.1), (MOVING, 0.2), (STILL, 0.3)], [False, True, False, False]),
        ([(Reading(530, is_stable=True), 0.0), (STILL, 0.1), (STILL, 0.2)], [False, False, True]),
        ([(MUTE, 0.0), (MUTE, 0.0)], [False, False]),  # glued: it may still be moving
        ([(MUTE, 0.0), (MUTE, SETTLED_S)], [False, True]),
        ([(Reading(None, is_stable=True, fault=Fault.UNDER), 0.0)] * 3, [False, False, False]),  # no weight
    ],
)
def test_at_rest_is_what_was_said_twice(said: list[tuple[Reading, float]], stable: list[bool]) -> None:
    settling = Settling()
    assert [settling.take(reading, at_s).is_stable for reading, at_s in said] == stable


@pytest.mark.parametrize("protocol", TALKERS)
def test_a_scale_that_talks_is_never_written_to(far: Far, protocol: str) -> None:
    scale = SerialScale("scale", far.path, protocol=protocol)
    scale.open()
    far.send(frame(protocol, 532))
    assert scale.read(1) == Reading(532, is_stable=False)
    time.sleep(SETTLED_S)
    far.send(frame(protocol, 532))
    assert scale.read(1) == Reading(532, is_stable=True)
    scale.close()
    assert far.received() == b""


def test_a_toledo_is_asked_and_asked_again_when_it_does_not_answer(far: Far) -> None:
    scale = SerialScale("scale", far.path, protocol="toledo_8217")
    scale.open()
    assert scale.read(0.05) is None
    assert far.received() == b"W"
    assert scale.read(0.6) is None
    assert far.received() == b"W"
    far.send(b"\x0200.532\r")
    assert scale.read(1) == Reading(532, is_stable=False)
    scale.close()


def test_a_cas_is_asked_and_told_to_go_on(far: Far) -> None:
    scale = SerialScale("scale", far.path, protocol="cas")
    scale.open()
    assert scale.read(0.05) is None
    assert far.received() == b"\x05"
    far.send(b"\x06")
    assert scale.read(0.1) is None
    assert far.received() == b"\x11"
    far.send(frame("cas", 532))
    assert scale.read(1) == Reading(532, is_stable=False)
    scale.close()


@pytest.mark.parametrize("protocol", TALKERS)
def test_fault_44_old_frames_in_the_line_are_no_weight(far: Far, protocol: str) -> None:
    scale = SerialScale("scale", far.path, protocol=protocol)
    far.send(frame(protocol, 9_000) * 3)
    scale.open()
    assert scale.read(0.1) is None
    scale.close()


@pytest.mark.parametrize("protocol", TALKERS)
def test_fault_38_unplugged_at_every_byte_and_back(protocol: str) -> None:
    data = frame(protocol, 532)
    for at in range(len(data) + 1):
        far = Far()
        scale = SerialScale("scale", far.path, protocol=protocol)
        scale.open()
        far.send(data[:at])
        wait_for(lambda far=far: True, 0)  # the pty hands over at once
        far.close()
        with pytest.raises(DeviceMissing):
            for _ in range(3):
                scale.read(0.2)
        assert scale.read(0) is None  # nothing of the torn frame, and no exception once it is known
        scale.close()


def test_a_torn_frame_does_not_join_the_next_one(far: Far) -> None:
    scale = SerialScale("scale", far.path, protocol="dahua_acs")
    scale.open()
    far.send(b"12")
    assert scale.read(0.1) is None
    scale.open()
    far.send(b"345\n\r")
    assert scale.read(0.1) is None
    scale.close()


def test_a_missing_port_a_plain_file_and_a_port_that_is_held(far: Far, tmp_path: Path) -> None:
    with pytest.raises(DeviceMissing):
        SerialScale("scale", str(tmp_path / "ttyUSB9"), protocol="st_gs").open()
    (tmp_path / "x").touch()
    with pytest.raises(DeviceMissing):
        SerialScale("scale", str(tmp_path / "x"), protocol="toledo_8217").open()
    holder, other = (SerialScale("scale", far.path, protocol="st_gs") for _ in range(2))
    holder.open()
    with pytest.raises(DeviceBusy):
        other.open()
    holder.close()


@pytest.mark.parametrize("protocol", ["st_gs", "toledo_8217"])
def test_close_from_another_thread_ends_a_read(far: Far, protocol: str) -> None:
    scale = SerialScale("scale", far.path, protocol=protocol)
    scale.open()
    threading.Timer(0.05, scale.close).start()
    began = time.monotonic()
    assert scale.read(5) is None
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("protocol", SCALES)
def test_a_scale_that_takes_no_question_stops_nobody(far: Far, protocol: str) -> None:
    # Nobody reads at the far end until the line is full: a write must end all the same.
    scale = SerialScale("scale", far.path, protocol=protocol)
    scale.open()
    began = time.monotonic()
    for _ in range(3):
        scale.read(0.2)
    assert time.monotonic() - began < 2
    scale.close()


@pytest.fixture(params=sorted(SCALES))
def wired(request: pytest.FixtureRequest) -> Iterator[WiredScale]:
    scale = WiredScale("scale", request.param)
    scale.open()
    yield scale
    scale.close()
    scale.wire.stop()


def settles(scale: WiredScale, wait_s: float = 3.0) -> Reading | None:
    """Return the reading once it is at rest; the last one when time is up."""
    end, reading = time.monotonic() + wait_s, None
    while time.monotonic() < end:
        reading = scale.read(0.2) or reading
        if reading and reading.is_stable:
            break
    return reading


def test_the_simulated_scale_settles_on_what_lies_on_it(wired: WiredScale) -> None:
    wired.put(532)
    assert settles(wired) == Reading(532, is_stable=True)
    wired.put(0)
    assert settles(wired) == Reading(0, is_stable=True)
    wired.put(12_345)
    assert settles(wired) == Reading(12_345, is_stable=True)


@pytest.mark.parametrize("fault", [fault for fault in SCALE_FAULTS if fault not in ("unplug", "bytewise", "stuck")])
def test_fault_44_no_fault_of_the_scale_is_a_weight(wired: WiredScale, fault: str) -> None:
    wired.be(fault)
    wired.put(532)
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        reading = wired.read(0.1)
        assert reading is None or not reading.is_stable or not reading.weight_g
    wired.be("")
    assert settles(wired) == Reading(532, is_stable=True)


def test_fault_38_unplugged_and_plugged_in_again_it_weighs(wired: WiredScale) -> None:
    wired.be("unplug")
    with pytest.raises(DriverError):
        for _ in range(5):
            wired.read(0.2)
    with pytest.raises(DeviceMissing):
        wired.open()
    wired.plug()
    wired.open()
    wired.put(250)
    assert settles(wired) == Reading(250, is_stable=True)


def test_faults_are_scripted_by_the_count_of_what_is_put_on_it() -> None:
    scale = WiredScale("scale", "st_gs", faults=("2:overload",))
    scale.open()
    scale.put(100)
    assert settles(scale) == Reading(100, is_stable=True)
    scale.put(200)
    assert wait_for(lambda: (scale.read(0.2) or MOVING).fault is Fault.OVER)
    scale.close()
    scale.wire.stop()
    with pytest.raises(ValueError, match="expected N:what"):
        WiredScale("scale", "st_gs", faults=("1:melt",))
    with pytest.raises(ValueError, match="expected one of"):
        scale.be("melt")
