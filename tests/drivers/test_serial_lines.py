"""Serial scanners over pseudo terminals."""

from __future__ import annotations

import fcntl
import os
import pty
import threading
import time
import tty

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import TEXT_MAX, DeviceBusy, DeviceMissing, LineReader
from drivers.serial_lines import GS, STALE_S, LineSplitter, SerialLines


@pytest.fixture
def line():
    """The scanner's end of a line, and the path of ours."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    path = os.ttyname(slave)
    yield master, path
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize(
    ("reads", "texts", "dropped"),
    [
        ([b"6901234567892\r\n"], ["6901234567892"], 0),  # the pair of terminators is one end
        ([b"69012", b"34567892\r"], ["6901234567892"], 0),  # split
        ([b"1\r2\n3\t4\x03"], ["1", "2", "3", "4"], 0),  # glued, each terminator
        ([b"\x02123\x03"], ["123"], 0),  # STX and ETX
        ([b"\x000\x1101\x13\r"], ["001"], 0),  # NUL, XON, XOFF; leading zeros stay
        ([b"\r\n\r\n"], [], 0),
        ([b"]d2010690123456789210A\x1d17261231\r"], [f"]d2010690123456789210A{GS}17261231"], 0),
        (["会员:张三\r".encode()], ["会员:张三"], 0),  # UTF-8
        (["会员:张三\r".encode("gb18030")], ["会员:张三"], 0),  # GB18030
        ([b"\xff\xff\r1\r"], ["1"], 1),  # neither
        ([b"\x1b[2J\x07a\r"], ["[2Ja"], 0),  # control characters
        ([b"x" * TEXT_MAX + b"\r"], ["x" * TEXT_MAX], 0),
        ([b"x" * (TEXT_MAX + 1) + b"\r1\r"], ["1"], 1),
        ([b"x" * 1_000_000, b"y\r1\r"], ["1"], 1),  # 1 MB without terminator
        ([b"\0" * 1_000_000 + b"1\r"], ["1"], 0),
    ],
)
def test_bytes_to_texts(reads, texts, dropped):
    splitter = LineSplitter()
    assert [text for data in reads for text in splitter.feed(data)] == texts
    assert splitter.dropped == dropped


@pytest.mark.parametrize(
    ("terminators", "data", "texts"),
    [
        (b"\r", b"a\tb\r", ["ab"]),  # a tab that ends nothing is a control character
        (b"\n", b"a\nb", ["a"]),
        (b"", b"a\rb\n", []),  # only a pause ends a text
    ],
)
def test_terminators_are_chosen(terminators, data, texts):
    assert LineSplitter(terminators=terminators).feed(data) == texts


@pytest.mark.parametrize(
    ("encoding", "data", "texts", "dropped"),
    [
        ("utf-8", "张\r".encode("gb18030"), [], 1),
        ("gb18030", "张\r".encode("gb18030"), ["张"], 0),
        ("ascii", "张\r".encode(), [], 1),
    ],
)
def test_encodings_are_chosen(encoding, data, texts, dropped):
    splitter = LineSplitter(encoding=encoding)
    assert (splitter.feed(data), splitter.dropped) == (texts, dropped)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=1200), max_size=8))
def test_any_bytes_give_only_clean_bounded_texts(reads):
    splitter = LineSplitter()
    for data in reads:
        for text in splitter.feed(data):
            assert 0 < len(text) <= TEXT_MAX
            assert all(character == GS or not "\0" <= character < " " for character in text)


def test_scans_over_a_line(line):
    scanner, path = line
    reader: LineReader = SerialLines("scanner", path)
    reader.open()
    assert reader.read(0.01) == ()
    os.write(scanner, b"69012")
    assert reader.read(0.05) == ()
    os.write(scanner, b"34567892\r\n\x02007\x03")
    texts = reader.read(2)
    if len(texts) < 2:
        texts += reader.read(2)
    assert texts == ("6901234567892", "007")
    reader.close()


def test_nothing_is_ever_written(line):
    scanner, path = line
    reader = SerialLines("scanner", path)
    reader.open()
    os.write(scanner, b"1\r")
    reader.read(1)
    reader.close()
    os.set_blocking(scanner, False)
    with pytest.raises(BlockingIOError):
        os.read(scanner, 100)


def test_prefix_suffix_and_pause(line):
    scanner, path = line
    reader = SerialLines("scanner", path, terminators=b"", idle_ms=80, prefix="]C1", suffix="~")
    reader.open()
    os.write(scanner, b"]C1123~")
    assert reader.read(2) == ("123",)
    reader.close()


def test_a_megabyte_without_end_is_bounded_and_counted(line):
    scanner, path = line
    reader = SerialLines("scanner", path)
    reader.open()

    def write():
        for _ in range(256):
            os.write(scanner, b"x" * 4096)
        os.write(scanner, b"\r42\r")

    thread = threading.Thread(target=write)
    thread.start()
    texts = ()
    deadline = time.monotonic() + 20
    while not texts and time.monotonic() < deadline:
        texts = reader.read(0.2)
    thread.join()
    assert (texts, reader.dropped) == (("42",), 1)
    reader.close()


def test_a_missing_port_is_a_missing_device(tmp_path):
    with pytest.raises(DeviceMissing, match="ttyACM9"):
        SerialLines("scanner", str(tmp_path / "ttyACM9")).open()


def test_a_file_that_is_no_port_is_a_missing_device(tmp_path):
    (tmp_path / "x").touch()
    with pytest.raises(DeviceMissing):
        SerialLines("scanner", str(tmp_path / "x")).open()


def test_a_port_held_by_another_process_is_busy(line):
    _, path = line
    with open(path, "rb", buffering=0) as other:  # noqa: PTH123
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DeviceBusy):
            SerialLines("scanner", path).open()


def test_unplugged_while_reading_is_missing_and_can_be_opened_again():
    master, slave = pty.openpty()
    tty.setraw(slave)
    reader = SerialLines("scanner", os.ttyname(slave))
    reader.open()
    os.write(master, b"12")
    assert reader.read(0.05) == ()
    os.close(slave)
    os.close(master)
    with pytest.raises(DeviceMissing):
        reader.read(1)
    assert reader.read(0) == ()
    with pytest.raises(DeviceMissing):
        reader.open()
    reader.close()


def test_a_torn_text_does_not_join_the_next_one(line):
    scanner, path = line
    reader = SerialLines("scanner", path)
    reader.open()
    os.write(scanner, b"12")
    assert reader.read(0.1) == ()
    reader.open()
    os.write(scanner, b"34\r")
    assert (reader.read(2), reader.dropped) == (("34",), 1)
    reader.close()


def wait_for_drop(reader, dropped):
    """Read nothing until the reader has dropped so many; return how long it took."""
    began = time.monotonic()
    while reader.dropped < dropped and time.monotonic() < began + 3 * STALE_S:
        assert reader.read(0.1) == ()
    assert reader.dropped == dropped
    return time.monotonic() - began


@pytest.mark.parametrize("part", [b"69012", b"\x0269012", "会".encode()[:2], b"x" * (TEXT_MAX + 1)])
def test_fault_39_a_code_cut_short_does_not_glue_to_the_next_one(line, part):
    scanner, path = line
    reader = SerialLines("scanner", path)
    reader.open()
    os.write(scanner, part)
    # It is told while nobody scans, not with the next code only.
    assert STALE_S * 0.9 < wait_for_drop(reader, 1) < STALE_S + 0.5
    os.write(scanner, b"6901234567892\r")
    assert (reader.read(2), reader.dropped) == (("6901234567892",), 1)
    reader.close()


@pytest.mark.parametrize(
    ("part", "dropped"), [(b"69012", 1), (b"x" * 1_000_000, 1), (b"\xff", 1), (b"\x1b", 0), (b"", 0)]
)
def test_fault_39_a_text_dropped_is_counted_once(part, dropped):
    splitter = LineSplitter()
    splitter.feed(part)
    splitter.drop()
    splitter.drop()
    assert (splitter.feed(b"1\r"), splitter.dropped) == (["1"], dropped)


def test_fault_39_a_slow_code_is_whole(line):
    scanner, path = line
    reader = SerialLines("scanner", path)
    reader.open()
    for byte in b"69012":
        os.write(scanner, bytes((byte,)))
        assert reader.read(STALE_S / 2) == ()
    os.write(scanner, b"\r")
    assert (reader.read(2), reader.dropped) == (("69012",), 0)
    reader.close()


def test_fault_39_what_waited_in_the_kernel_is_not_late(line):
    scanner, path = line
    reader = SerialLines("scanner", path)
    reader.open()
    os.write(scanner, b"69012")
    assert reader.read(0.1) == ()
    os.write(scanner, b"34567892\r")
    time.sleep(STALE_S * 1.2)  # the thread gets no turn
    assert (reader.read(2), reader.dropped) == (("6901234567892",), 0)
    # Nor does the time in which nobody waits count.
    os.write(scanner, b"42")
    assert reader.read(0.1) == ()
    time.sleep(STALE_S * 1.2)
    assert reader.read(0.1) == ()
    os.write(scanner, b"7\r")
    assert (reader.read(2), reader.dropped) == (("427",), 0)
    reader.close()


@pytest.mark.parametrize(("options", "sent"), [({"terminators": b"\r"}, b"1\r\n"), ({}, b"1\r\x04")])
def test_what_follows_the_end_of_a_code_is_no_code_cut_short(line, options, sent):
    scanner, path = line
    reader = SerialLines("scanner", path, **options)
    reader.open()
    os.write(scanner, sent)
    assert reader.read(2) == ("1",)
    assert (reader.read(STALE_S * 1.3), reader.dropped) == ((), 0)
    reader.close()


def test_close_from_another_thread_ends_a_read(line):
    reader = SerialLines("scanner", line[1])
    reader.open()
    threading.Timer(0.05, reader.close).start()
    started = time.monotonic()
    assert reader.read(5) == ()
    assert time.monotonic() - started < 1
