"""Simulated scanners on real wires with the real drivers: faults, plugs, splits, noise, and many scans at once."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.base import TEXT_MAX, DriverError, Event, LineReader, Scan
from drivers.evdev_lines import RECORD, EvdevLines
from drivers.fake_wires import (
    KEYBOARD_FAULTS,
    SERIAL_FAULTS,
    KeyboardScanner,
    Line,
    WiredReader,
    keyboard_scanner,
    serial_scanner,
)
from drivers.key_decoder import KeyDecoder, KeyEvent
from drivers.serial_lines import BYTES_MAX, LineSplitter, SerialLines
from edge.clock import Clock
from edge.config import DeviceConfig
from edge.devices import ReaderThread
from edge.health import Health
from tests.drivers.test_evdev_lines import records

CODE, NEXT = "6901234567892", "4006381333931"
GS1 = "01095011010209171719050810AB-123\x1d2110"


def texts(reader: LineReader, count: int, wait_s: float = 3.0) -> list[str]:
    """Return the next texts; what fails on the way is opened again, as the reader's thread does."""
    found: list[str] = []
    end = time.monotonic() + wait_s
    while len(found) < count and time.monotonic() < end:
        try:
            found += reader.read(0.1)
        except DriverError:
            try:
                reader.open()
            except DriverError:
                time.sleep(0.01)
    return found


def until_dropped(reader: LineReader, count: int, within_s: float = 20.0) -> list[str]:
    """Return what is read until so many were dropped."""
    found: list[str] = []
    end = time.monotonic() + within_s
    while reader.dropped < count and time.monotonic() < end:
        found += reader.read(0.1)
    return found


MAKERS: list[Callable[[str], WiredReader]] = [serial_scanner, keyboard_scanner]


@pytest.fixture(params=MAKERS, ids=lambda make: make.__name__)
def reader(request):
    reader = request.param("scanner")
    reader.open()
    yield reader
    reader.close()
    reader.unplug()


def test_codes_arrive(reader):
    for code in (CODE, GS1, "https://id.gs1.org/01/09506000134352?17=261231", "0012"):
        reader.type(code)
        assert texts(reader, 1) == [code]
    assert reader.dropped == 0


def test_chinese_arrives_over_a_serial_line():
    reader = serial_scanner("scanner")
    reader.open()
    reader.type("会员:张三")
    assert texts(reader, 1) == ["会员:张三"]
    reader.close()


SERIAL = [(serial_scanner, fault) for fault in SERIAL_FAULTS]
KEYBOARD = [(keyboard_scanner, fault) for fault in KEYBOARD_FAULTS]


@pytest.mark.parametrize(("make", "fault"), SERIAL + KEYBOARD, ids=lambda value: getattr(value, "__name__", value))
def test_fault_38_after_each_fault_the_next_code_is_read_and_none_is_made_up(make, fault):
    reader = make("scanner", faults=(f"2:{fault}",))
    reader.open()
    reader.type("1111111111116")
    assert texts(reader, 1) == ["1111111111116"]
    reader.type(CODE)
    between = until_dropped(reader, 1) if fault == "cut" else texts(reader, 1, wait_s=0.4)
    if fault == "unplug":
        assert not reader.plugged
        reader.plug()
        reader.open()
    reader.type(NEXT)
    found = between + texts(reader, 1 if between or fault not in ("glued",) else 2)
    assert found[-1:] == [NEXT]
    assert [text for text in found if text not in (CODE, NEXT)] == []
    is_lost = fault in ("unplug", "cut", "lost")
    assert (CODE in found, reader.wire.lost) == (not is_lost, int(is_lost))
    # What a serial line had not handed over when it went is known to nobody.
    assert reader.dropped >= int(fault in ("cut", "lost"))
    reader.close()


def test_a_fault_is_called_for_by_hand(reader):
    reader.fail_next("cut")
    reader.type(CODE)
    assert (until_dropped(reader, 1), reader.dropped) == ([], 1)
    reader.type(NEXT)
    assert texts(reader, 1) == [NEXT]
    with pytest.raises(ValueError, match="expected one of"):
        reader.fail_next("melt")


def test_what_is_typed_at_an_unplugged_scanner_is_lost(reader):
    reader.unplug()
    reader.type(CODE)
    reader.type("x" * (TEXT_MAX + 1))
    reader.plug()
    assert (texts(reader, 1, wait_s=0.3), reader.dropped) == ([], 2)


def test_fault_38_a_serial_scanner_unplugged_at_every_byte():
    line = Line()
    reader = SerialLines("scanner", line.path)
    data = b"\x02" + CODE.encode() + b"\r\n"
    for cut in range(len(data) + 1):
        reader.open()
        line.send(data[:cut])
        found = list(reader.read(0.02))
        line.unplug()
        with pytest.raises(DriverError):
            reader.read(0.1)
        line.plug()
        reader.open()
        line.send(NEXT.encode() + b"\r\n")
        found += texts(reader, 1)
        assert found == ([CODE, NEXT] if cut >= len(data) - 1 else [NEXT])
    reader.close()
    line.unplug()


def test_fault_38_a_keyboard_scanner_unplugged_at_every_record(tmp_path):
    path = tmp_path / "event"
    reader = EvdevLines("scanner", str(path))
    data = records("4711\n")
    for cut in range(0, len(data) + 1, RECORD.size // 2):
        os.mkfifo(path)
        reader.open()
        if cut:
            path.write_bytes(data[:cut])
        found = list(reader.read(0.01))
        path.unlink()
        with pytest.raises(DriverError):
            for _ in range(10):
                found += reader.read(0.05)
        os.mkfifo(path)
        reader.open()
        path.write_bytes(records("42\n"))
        found += texts(reader, 1)
        path.unlink()
        assert found[-1:] == ["42"] and found[:-1] in ([], ["4711"])
    reader.close()


@pytest.mark.parametrize("seed", range(3))
def test_fault_39_a_million_random_bytes_on_a_serial_line(seed):
    splitter, noise = LineSplitter(), random.Random(seed)
    for _ in range(1_000):
        for text in splitter.feed(noise.randbytes(1_000)):
            assert 0 < len(text) <= TEXT_MAX
        assert len(splitter._line) <= BYTES_MAX
    assert splitter.feed(b"\x02" + CODE.encode() + b"\r")[-1:] == [CODE]


@pytest.mark.parametrize("seed", range(3))
def test_fault_39_a_million_random_bytes_of_input_records(seed):
    decoder, noise = KeyDecoder(alt_codes="unicode"), random.Random(seed)
    for _ in range(1_000):
        data = noise.randbytes(1_000)
        size = len(data) - len(data) % RECORD.size
        for seconds, micros, kind, code, value in RECORD.iter_unpack(data[:size]):
            # Numbers as they come are hardly ever a key: bring them near to what the kernel sends.
            for event in (KeyEvent(seconds, kind, code, value), KeyEvent(micros, kind & 1, code & 127, value & 1)):
                for text in decoder.feed([event]):
                    assert 0 < len(text) <= TEXT_MAX
    decoder.reset()
    assert decoder.feed([KeyEvent(0, 1, each, value) for each in (2, 3, 28) for value in (1, 0)]) == ["12"]


def test_ten_thousand_scans_from_two_scanners_at_once(tmp_path):
    """Not one is lost or crossed, whether they come byte by byte or many in a piece."""
    line, keys = Line(), KeyboardScanner()
    health = Health(clock=Clock(), data_dir=tmp_path)
    events: list[Event] = []
    drivers: dict[str, LineReader] = {
        "serial": SerialLines("serial", line.path),
        "keys": EvdevLines("keys", keys.path),
    }
    threads = [
        ReaderThread(
            DeviceConfig(name=name, kind=kind), drivers[name],
            post=lambda _, event: events.append(event) is None, health=health,
        )
        for name, kind in (("serial", "serial_scanner"), ("keys", "evdev_scanner"))
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    end = time.monotonic() + 5
    while time.monotonic() < end and any(
        (state := health.device(name)) is None or state.state != "ok" for name in drivers
    ):
        time.sleep(0.01)
    each, rng = 5_000, random.Random(10_000)

    def send_serial() -> None:
        data = b"".join(f"S{number:06}\r\n".encode() for number in range(each))
        os.set_blocking(line.master, True)
        while data:
            size = rng.randint(1, 400)
            os.write(line.master, data[:size])
            data = data[size:]

    def send_keys() -> None:
        with Path(keys.path).open("wb", buffering=0) as pipe:
            for number in range(each):
                pipe.write(records(f"{number:06}\n"))

    senders = [threading.Thread(target=send_serial), threading.Thread(target=send_keys)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    end = time.monotonic() + 30
    while len(events) < 2 * each and time.monotonic() < end:
        time.sleep(0.02)
    for thread in threads:
        thread.stop()
    got = {name: [e.text for e in events if isinstance(e, Scan) and e.device == name] for name in drivers}
    assert got["serial"] == [f"S{number:06}" for number in range(each)]
    assert got["keys"] == [f"{number:06}" for number in range(each)]
    assert len(events) == 2 * each
    line.unplug()
