"""Keyboard-type devices through a FIFO of input records and through a device that vanishes."""

from __future__ import annotations

import errno
import os
import pty
import struct
import threading
import time
import tty

import pytest

from drivers.base import DeviceBusy, DeviceForbidden, DeviceMissing, LineReader
from drivers.evdev_lines import STALE_S, EvdevLines
from drivers.os_failure import device_failure

DIGITS = {"1": 2, "2": 3, "3": 4, "4": 5, "5": 6, "6": 7, "7": 8, "8": 9, "9": 10, "0": 11, "\n": 28}


def records(text):
    """Input records of digits and Enter (a line break), as the kernel writes them."""
    codes = [DIGITS[digit] for digit in text]
    return b"".join(
        struct.pack("llHHi", 1, 0, kind, code, value)
        for each in codes
        for kind, code, value in ((4, 4, each), (1, each, 1), (0, 0, 0), (1, each, 0), (0, 0, 0))
    )


@pytest.fixture
def fifo(tmp_path):
    path = tmp_path / "scanner"
    os.mkfifo(path)
    return path


def test_scans_arrive_and_the_writer_may_leave(fifo):
    reader: LineReader = EvdevLines("scanner", str(fifo))
    reader.open()
    assert reader.read(0.01) == ()
    fifo.write_bytes(records("6901234567892\n"))
    assert reader.read(2) == ("6901234567892",)
    assert reader.read(0.05) == ()  # nobody writes: no error, and no busy loop
    fifo.write_bytes(records("0012\n34\n"))
    assert reader.read(2) == ("0012", "34")
    reader.close()


def test_waiting_for_a_writer_burns_no_time(fifo):
    reader = EvdevLines("scanner", str(fifo))
    reader.open()
    fifo.write_bytes(records("1\n"))
    reader.read(1)
    before = time.process_time()
    assert reader.read(0.5) == ()
    assert time.process_time() - before < 0.1
    reader.close()


def test_records_may_be_torn_anywhere(fifo):
    reader = EvdevLines("scanner", str(fifo))
    reader.open()
    data, texts = records("42\n"), ()
    with fifo.open("wb", buffering=0) as writer:
        for start in range(0, len(data), 7):
            writer.write(data[start : start + 7])
            texts += reader.read(0.02)
    assert texts == ("42",)
    reader.close()


def test_a_writer_that_dies_within_a_record_does_no_harm(fifo):
    reader = EvdevLines("scanner", str(fifo))
    reader.open()
    fifo.write_bytes(records("1\n")[:-5])
    assert reader.read(0.5) == ("1",)
    assert reader.read(0.3) == ()
    fifo.write_bytes(records("2\n"))
    assert reader.read(2) == ("2",)
    reader.close()


def test_prefix_and_suffix_are_taken_off(fifo):
    reader = EvdevLines("scanner", str(fifo), prefix="99", suffix="0")
    reader.open()
    fifo.write_bytes(records("9912340\n5\n990\n"))
    assert reader.read(2) == ("1234", "5")  # and what is nothing but them is no text
    reader.close()


def test_a_pause_ends_a_text(fifo):
    reader = EvdevLines("scanner", str(fifo), terminators=(), idle_ms=80)
    reader.open()
    fifo.write_bytes(records("123"))
    started = time.monotonic()
    assert reader.read(2) == ("123",)
    assert 0.05 < time.monotonic() - started < 1
    reader.close()


def test_lost_events_are_counted(fifo):
    reader = EvdevLines("scanner", str(fifo))
    reader.open()
    lost = struct.pack("llHHi", 1, 0, 0, 3, 0)
    fifo.write_bytes(records("69") + lost + records("012\n") + records("42\n"))
    assert (reader.read(2), reader.dropped) == (("42",), 1)
    reader.close()


@pytest.mark.parametrize("stays", [True, False])
def test_fault_39_a_code_cut_short_does_not_glue_to_the_next_one(fifo, stays):
    reader = EvdevLines("scanner", str(fifo))
    reader.open()
    with fifo.open("wb", buffering=0) as writer:
        writer.write(records("69012"))
        assert reader.read(0.1) == ()
        if not stays:
            writer.close()
        began = time.monotonic()
        # It is told while nobody scans, not with the next code only.
        while not reader.dropped and time.monotonic() < began + 3 * STALE_S:
            assert reader.read(0.1) == ()
        assert STALE_S * 0.8 < time.monotonic() - began < STALE_S + 0.5
        if stays:
            writer.write(records("6901234567892\n"))
        else:
            fifo.write_bytes(records("6901234567892\n"))
    assert (reader.read(2), reader.dropped) == (("6901234567892",), 1)
    reader.close()


@pytest.mark.parametrize("options", [{"grab": False}, {"terminators": (), "idle_ms": 2000}])
def test_fault_39_people_type_slowly(fifo, options):
    reader = EvdevLines("keyboard", str(fifo), **options)
    reader.open()
    with fifo.open("wb", buffering=0) as writer:
        writer.write(records("69"))
        assert reader.read(STALE_S * 1.3) == ()
        writer.write(records("012\n"))
        assert (reader.read(3), reader.dropped) == (("69012",), 0)
    reader.close()


def test_fault_39_what_waited_in_the_kernel_is_not_late(fifo):
    reader = EvdevLines("scanner", str(fifo))
    reader.open()
    with fifo.open("wb", buffering=0) as writer:
        writer.write(records("69012"))
        assert reader.read(0.1) == ()
        writer.write(records("34567892\n"))
        time.sleep(STALE_S * 1.2)  # the thread gets no turn
        assert (reader.read(2), reader.dropped) == (("6901234567892",), 0)
    reader.close()


def test_noise_is_bounded(fifo):
    reader = EvdevLines("scanner", str(fifo))
    reader.open()
    noise = os.urandom(240_000) + b"\0" * 240_000

    def write():
        with fifo.open("wb") as writer:
            writer.write(noise)

    thread = threading.Thread(target=write)
    thread.start()
    while thread.is_alive():
        reader.read(0.05)
    thread.join()
    reader.read(0.3)
    fifo.write_bytes(records("\n") + records("42\n"))
    assert reader.read(2)[-1:] == ("42",)
    reader.close()


def test_close_from_another_thread_ends_a_read(fifo):
    reader = EvdevLines("scanner", str(fifo))
    reader.open()
    threading.Timer(0.05, reader.close).start()
    started = time.monotonic()
    assert reader.read(5) == ()
    assert time.monotonic() - started < 1
    reader.close()


def test_a_missing_path_is_a_missing_device(tmp_path):
    reader = EvdevLines("scanner", str(tmp_path / "event7"))
    with pytest.raises(DeviceMissing, match="event7"):
        reader.open()


def test_a_path_that_goes_away_is_a_missing_device(fifo):
    reader = EvdevLines("scanner", str(fifo))
    reader.open()
    fifo.write_bytes(records("1\n"))
    assert reader.read(1) == ("1",)
    fifo.unlink()
    with pytest.raises(DeviceMissing):
        reader.read(1)
    os.mkfifo(fifo)
    reader.open()
    fifo.write_bytes(records("2\n"))
    assert reader.read(1) == ("2",)
    reader.close()


def test_a_device_that_fails_while_reading_is_missing():
    master, slave = pty.openpty()
    tty.setraw(slave)
    reader = EvdevLines("scanner", os.ttyname(slave))
    reader.open()
    os.write(master, records("1\n"))
    assert reader.read(1) == ("1",)
    os.close(slave)
    os.close(master)
    with pytest.raises(DeviceMissing):
        reader.read(1)


@pytest.mark.parametrize(
    ("number", "failure"),
    [
        (errno.ENODEV, DeviceMissing),  # unplugged
        (errno.ENOENT, DeviceMissing),
        (errno.EIO, DeviceMissing),
        (errno.EBUSY, DeviceBusy),  # grabbed by another process
        (errno.EAGAIN, DeviceBusy),  # locked by another process
        (errno.EACCES, DeviceForbidden),
        (errno.EPERM, DeviceForbidden),
    ],
)
def test_what_the_kernel_says(number, failure):
    error = device_failure("/dev/input/event3", OSError(number, os.strerror(number)))
    assert type(error) is failure
    assert str(error).startswith("/dev/input/event3: ")
