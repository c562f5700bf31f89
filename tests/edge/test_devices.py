"""Reader threads: what is typed at a device reaches its lane, and a device that goes comes back by itself."""

from __future__ import annotations

import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self, get_args

import pytest

from drivers.base import (
    DeviceBusy,
    DeviceForbidden,
    DeviceMissing,
    DriverError,
    Event,
    LineReader,
    PoleDisplay,
    Printer,
    Scale,
    Scan,
    Tap,
    Unread,
)
from drivers.fake import FakeReader
from drivers.fake_printer import FakePrinter
from edge.clock import Clock
from edge.config import DeviceConfig, DeviceKind
from edge.counter_devices import make_pole, make_scale
from edge.devices import ReaderThread, make_printer, make_reader
from edge.health import Health
from edge.screen import DeviceState


def until(holds: Callable[[], bool], wait_s: float = 5.0) -> bool:
    end = time.monotonic() + wait_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


class Lane:
    """A reader at a lane, whose inbox may be full."""

    def __init__(
        self,
        folder: Path,
        *,
        kind: str = "fake_scanner",
        reader: FakeReader | None = None,
        debounce_ms: int = 0,
        is_claimed: Callable[[str], bool] = lambda _: False,
    ) -> None:
        device = DeviceConfig(name="reader", kind=kind, lane=3, debounce_ms=debounce_ms)  # type: ignore[arg-type]
        self.reader = reader or FakeReader("reader")
        self.health = Health(clock=Clock(), data_dir=folder)
        self.events: list[tuple[int, Event]] = []
        self.full = False
        self.thread = ReaderThread(device, self.reader, post=self._post, health=self.health, is_claimed=is_claimed)

    def _post(self, lane: int, event: Event) -> bool:
        if not self.full:
            self.events.append((lane, event))
        return not self.full

    def __enter__(self) -> Self:
        self.thread.start()
        assert until(lambda: self.health.device("reader") is not None)
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.stop()

    @property
    def state(self) -> DeviceState:
        found = self.health.device("reader")
        assert found is not None
        return found

    def comes_to(self, state: str, *, dropped: int = 0) -> bool:
        return until(lambda: (self.state.state, self.state.dropped) == (state, dropped))


def test_scans_arrive_in_order(tmp_path: Path) -> None:
    with Lane(tmp_path) as lane:
        for number in range(50):
            lane.reader.type(f"code {number}")
        assert until(lambda: len(lane.events) == 50)
    assert lane.events == [(3, Scan("reader", f"code {number}")) for number in range(50)]


@pytest.mark.parametrize(
    ("typed", "uid"),
    [
        ("04A1B2C3", "04a1b2c3"),  # hex
        ("04:A1:B2:C3:D4:E5:F6", "04a1b2c3d4e5f6"),  # seven bytes with colons
        ("0077705923", "04a1b2c3"),  # ten decimals
    ],
)
def test_taps_arrive_in_one_form(tmp_path: Path, typed: str, uid: str) -> None:
    with Lane(tmp_path, kind="fake_cards") as lane:
        lane.reader.type(typed)
        assert until(lambda: bool(lane.events))
    assert lane.events == [(3, Tap("reader", uid))]


@pytest.mark.parametrize("typed", ["hello", "4006381333931", "04A1", "\x1b@", "99999999999"])
def test_what_is_no_card_is_dropped_and_counted(tmp_path: Path, typed: str) -> None:
    with Lane(tmp_path, kind="fake_cards") as lane:
        lane.reader.type(typed)
        assert lane.comes_to("ok", dropped=1)
    assert lane.events == [(3, Unread("reader"))]  # so that the cashier asks for the card again


def test_text_beyond_all_bounds_is_dropped_and_counted(tmp_path: Path) -> None:
    with Lane(tmp_path) as lane:
        lane.reader.type("x" * 1_000_000)
        lane.reader.type("4006381333931")
        assert lane.comes_to("ok", dropped=1)
    assert lane.events == [(3, Scan("reader", "4006381333931")), (3, Unread("reader"))]


def test_full_inbox_drops_and_counts(tmp_path: Path) -> None:
    with Lane(tmp_path) as lane:
        lane.full = True
        lane.reader.type("a")
        assert lane.comes_to("ok", dropped=1)
        lane.full = False
        lane.reader.type("b")
        assert until(lambda: lane.events == [(3, Scan("reader", "b"))])


def test_reader_that_is_plugged_in_again_works_within_a_second(tmp_path: Path) -> None:
    with Lane(tmp_path) as lane:
        # A loose plug: the pause before the next try does not grow from one time to the other.
        for count in range(1, 5):
            assert lane.comes_to("ok")
            lane.reader.unplug()
            assert lane.comes_to("gone")
            lane.reader.plug()
            began = time.monotonic()
            assert lane.comes_to("ok")
            assert time.monotonic() - began < 1.0
            lane.reader.type("again")
            assert until(lambda count=count: lane.events == [(3, Scan("reader", "again"))] * count)


def test_reader_that_was_never_there_is_waited_for(tmp_path: Path) -> None:
    reader = FakeReader("reader")
    reader.unplug()
    with Lane(tmp_path, reader=reader) as lane:
        assert lane.comes_to("gone")
        reader.plug()
        assert lane.comes_to("ok")


class Refusing(FakeReader):
    """A reader that cannot be opened."""

    def __init__(self, error: DriverError) -> None:
        super().__init__("reader")
        self._error = error

    def open(self) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DeviceMissing("/dev/x: no such file"), "gone"),
        (DeviceBusy("/dev/x: another program"), "busy"),
        (DeviceForbidden("/dev/x: no permission"), "forbidden"),
        (DriverError("/dev/x: strange"), "problem"),
    ],
)
def test_health_says_what_is_the_matter(tmp_path: Path, error: DriverError, state: str) -> None:
    with Lane(tmp_path, reader=Refusing(error)) as lane:
        assert lane.comes_to(state)
        assert lane.state.detail == str(error)


class Shared(FakeReader):
    """A reader one of whose event nodes somebody else has grabbed."""

    def __init__(self) -> None:
        super().__init__("reader")
        self.loose: tuple[str, ...] = ("/dev/input/event4: Device or resource busy; another process holds it",)


def test_a_reader_that_is_not_the_tills_alone_says_so_and_reads_on(tmp_path: Path) -> None:
    reader = Shared()
    with Lane(tmp_path, reader=reader) as lane:
        assert lane.comes_to("loose")
        assert lane.state.detail.startswith("/dev/input/event4: ")
        reader.type("6901234567892")
        assert until(lambda: lane.events == [(3, Scan("reader", "6901234567892"))])
        reader.loose = ()
        assert lane.comes_to("ok")


def test_stop_does_not_wait_for_the_next_scan(tmp_path: Path) -> None:
    lane = Lane(tmp_path)
    with lane:
        assert lane.comes_to("ok")
        began = time.monotonic()
    assert time.monotonic() - began < 0.4


@pytest.mark.parametrize(
    ("kind", "reader", "printer"),
    [
        ("fake_scanner", "FakeReader", ""),
        ("fake_cards", "FakeReader", ""),
        ("evdev_scanner", "EvdevLines", ""),
        ("evdev_cards", "EvdevLines", ""),
        ("serial_scanner", "SerialLines", ""),
        ("pn532_cards", "Pn532", ""),
        ("pcsc_cards", "PcscCards", ""),
        ("fake_evdev_scanner", "WiredReader", ""),
        ("fake_evdev_cards", "WiredReader", ""),
        ("fake_serial_scanner", "WiredReader", ""),
        ("fake_pn532_cards", "WiredReader", ""),
        ("fake_pcsc_cards", "WiredReader", ""),
        ("fake_printer", "", "FakePrinter"),
        ("escpos_printer", "", "EscposPrinter"),
    ],
)
def test_each_kind_has_its_driver(kind: str, reader: str, printer: str) -> None:
    device = DeviceConfig(name="d", kind=kind, path="tcp://127.0.0.1:9")  # type: ignore[arg-type]
    made_reader, made_printer = make_reader(device), make_printer(device)
    assert type(made_reader).__name__ == (reader or "NoneType")
    assert type(made_printer).__name__ == (printer or "NoneType")


def test_faults_come_from_the_configuration() -> None:
    printer = make_printer(DeviceConfig(name="p", kind="fake_printer", columns=32, faults=("1:paper_out",)))
    assert isinstance(printer, FakePrinter) and printer.columns == 32
    assert printer.print(b"x\n") == "refused"


@pytest.mark.parametrize(("debounce_ms", "codes"), [(0, ["1", "1", "2", "1"]), (2_000, ["1", "2", "1"])])
def test_fault_40_the_same_code_twice_is_one_reading_where_the_shop_says_so(
    tmp_path: Path, debounce_ms: int, codes: list[str]
) -> None:
    with Lane(tmp_path, debounce_ms=debounce_ms) as lane:
        for code in ("1", "1", "2", "1"):
            lane.reader.type(code)
        assert until(lambda: len(lane.events) == len(codes))
    assert [event.text for _, event in lane.events if isinstance(event, Scan)] == codes


REAL = {
    "evdev_scanner": "fake_evdev_scanner",
    "evdev_cards": "fake_evdev_cards",
    "serial_scanner": "fake_serial_scanner",
    "pn532_cards": "fake_pn532_cards",
    "pcsc_cards": "fake_pcsc_cards",
    "escpos_printer": "fake_printer",
    "tspl_printer": "fake_label_printer",
    "serial_scale": "fake_scale",
    "pole_display": "fake_pole_display",
}
"""Drivers with their simulators, which the real drivers read or write; a PC/SC reader's stands in for pcscd."""


def test_every_driver_has_a_simulator_that_fails_on_demand() -> None:
    kinds = set(get_args(DeviceKind))
    assert {kind for kind in kinds if not kind.startswith("fake_")} == set(REAL)
    for real, kind in REAL.items():
        device, simulated = (
            _made(DeviceConfig(name="d", kind=each, path="file:///dev/usb/lp9", protocol=PROTOCOLS.get(real, "")))  # type: ignore[arg-type]
            for each in (real, kind)
        )
        faults = getattr(simulated, "one_time_faults", ()) or getattr(simulated, "faults", ())
        assert len(faults) > 1, kind
        if not kind.endswith("printer"):
            assert type(simulated._driver) is type(device), kind  # type: ignore[attr-defined]
        simulated.close()


PROTOCOLS = {"serial_scale": "cas", "pole_display": "led8"}


def _made(device: DeviceConfig) -> LineReader | Printer | Scale | PoleDisplay:
    made = make_reader(device) or make_printer(device) or make_scale(device) or make_pole(device)
    assert made is not None, device.kind
    return made


def test_a_simulated_keyboard_card_reader_gives_the_tap_of_any_other(tmp_path: Path) -> None:
    reader = make_reader(DeviceConfig(name="d", kind="fake_evdev_cards"))
    assert reader is not None
    reader.open()
    reader.type("04D4E5F6A7B8C9")  # type: ignore[attr-defined]
    assert list(reader.read(1.0)) == ["04D4E5F6A7B8C9"]
    reader.close()


def test_each_change_of_a_device_stands_once_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    health = Health(clock=Clock(), data_dir=tmp_path)
    for state, detail in (
        ("opening", ""),
        ("ok", ""),
        ("ok", ""),
        ("gone", "/dev/ttyUSB0: No such device"),
        ("gone", "/dev/ttyUSB0: No such device"),
        ("gone", ""),  # the same trouble without its reason
        ("ok", ""),
    ):
        health.report("scanner", "serial_scanner", state, detail)
    health.report("scanner", "serial_scanner", "ok", dropped=3)  # a count is on the strip, not in the log
    assert [each.split("device scanner: ")[1].split()[0] for each in caplog.messages] == ["opening", "ok", "gone", "ok"]


class BrokenReader(FakeReader):
    """A driver with a mistake: it fails in a way that no driver should, at opening or at reading."""

    fails_at = "read"

    def open(self) -> None:
        if self.fails_at == "open":
            raise termios.error(5, "Input/output error")
        super().open()

    def read(self, timeout_s: float) -> Sequence[str]:
        if self.fails_at == "read":
            raise RuntimeError("a mistake of ours")
        return super().read(timeout_s)


@pytest.mark.parametrize("step", ["open", "read"])
def test_a_mistake_in_a_driver_takes_its_own_device_away_and_it_comes_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, step: str
) -> None:
    reader = BrokenReader("reader")
    reader.fails_at = step
    with Lane(tmp_path, reader=reader) as lane:
        assert lane.comes_to("problem")
        time.sleep(0.6)  # tried again, and still wrong
        reader.fails_at = ""
        assert lane.comes_to("ok")
        reader.type("4006381333931")
        assert until(lambda: lane.events == [(3, Scan("reader", "4006381333931"))])
    assert [each.message for each in caplog.records if each.exc_info] == ["reader: its driver failed"]


@pytest.mark.parametrize("kind", ["pn532_cards", "pcsc_cards", "fake_pn532_cards", "fake_pcsc_cards"])
def test_how_a_keyboard_would_print_a_card_says_nothing_of_a_reader_that_gives_its_bytes(
    tmp_path: Path, kind: str
) -> None:
    device = DeviceConfig(name="reader", kind=kind, uid_form="hex_lsb")  # type: ignore[arg-type]
    reader, events = FakeReader("reader"), []
    health = Health(clock=Clock(), data_dir=tmp_path)
    thread = ReaderThread(device, reader, post=lambda _, event: events.append(event) or True, health=health)
    thread.start()
    try:
        reader.type("9eb36e66")
        assert until(lambda: events == [Tap("reader", "9eb36e66")])
    finally:
        thread.stop()
