"""PC/SC readers, by a simulated slot: the same texts as every other reader gives for the same card."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from drivers.base import CARDS_MARK, DeviceMissing, DriverError, LineReader
from drivers.fake_pcsc import SLOW_S, FakeSlot, pcsc_cards
from drivers.fake_pn532 import FakeCard
from drivers.pcsc import PcscCards

SUN = FakeCard("04c43bc21c2680", "https://till.example.cn/t?e=EF96&c=94EE")


@pytest.fixture
def slot():
    return FakeSlot()


@pytest.fixture
def reader(slot):
    reader: LineReader = PcscCards("cards", "", slot=slot)
    reader.open()
    return reader


@pytest.mark.parametrize(
    ("card", "text"),
    [
        (FakeCard("9eb36e66"), "9eb36e66"),
        (FakeCard("047bcb51962280"), "047bcb51962280"),
        (SUN, f"{SUN.uid}\t{SUN.address}"),
        (FakeCard("08a1b2c3"), "08a1b2c3"),
    ],
)
def test_a_card_is_told_once(slot, reader, card, text):
    slot.hold(card)
    assert reader.read(1) == (text,)
    assert reader.read(0.5) == ()
    slot.take_away()
    assert reader.read(0.3) == ()
    slot.hold(card)
    assert reader.read(1) == (text,)


@pytest.mark.parametrize(("mute_after", "text", "dropped"), [(0, (), 1), (1, (SUN.uid,), 0), (3, (SUN.uid,), 0)])
def test_a_card_that_cannot_be_read_is_given_up(slot, reader, mute_after, text, dropped):
    slot.hold(SUN, mute_after=mute_after)
    assert (reader.read(1.5), reader.dropped) == (text, dropped)
    assert reader.read(0.5) == ()


def read_all(reader, seconds):
    end, texts = time.monotonic() + seconds, []
    while (left_s := end - time.monotonic()) > 0:
        texts += reader.read(left_s)
    return texts


@pytest.mark.parametrize(
    ("fault", "first", "dropped"),
    [
        ("", [f"{SUN.uid}\t{SUN.address}"], 0),
        ("slow", [f"{SUN.uid}\t{SUN.address}"], 0),  # late, and whole
        ("left", [], 1),  # its number was read, its proof was not: neither is told
        ("mute", [], 1),
        ("two", [], 1),
    ],
)
def test_a_fault_hits_one_tap_and_the_next_is_good(fault, first, dropped):
    reader = pcsc_cards("cards", faults=(f"1:{fault}",) if fault else ())
    reader.open()
    reader.type(f"{SUN.uid}\t{SUN.address}")
    assert (read_all(reader, 1.6), reader.dropped) == (first, dropped)
    reader.type("9eb36e66")
    assert (read_all(reader, 1), reader.dropped) == (["9eb36e66"], dropped)
    reader.close()


def test_a_slow_card_is_waited_for():
    reader = pcsc_cards("cards")
    reader.open()
    took = []
    for fault in ("", "slow"):
        began = time.monotonic()
        reader.wire.hold(SUN, fault=fault)
        assert reader.read(3) == (f"{SUN.uid}\t{SUN.address}",)
        took.append(time.monotonic() - began)
        reader.wire.take_away()
        assert reader.read(0.3) == ()
    # Its number, the application, the file, its length and what is in it.
    assert took[1] - took[0] > 4 * SLOW_S


def test_of_two_cards_the_one_that_the_reader_chose_is_told():
    reader = pcsc_cards("cards")
    reader.open()
    reader.type("9eb36e66,047bcb51962280".replace(",", CARDS_MARK))
    assert read_all(reader, 2) == ["9eb36e66"]


def test_fault_38_a_reader_unplugged_within_a_read_tells_nothing_of_the_card():
    reader = pcsc_cards("cards", faults=("1:unplug",))
    reader.open()
    reader.type(SUN.uid)
    with pytest.raises(DeviceMissing):
        read_all(reader, 2)
    assert not reader.plugged
    reader.plug()
    reader.open()
    assert read_all(reader, 0.5) == []
    reader.type("9eb36e66")
    assert read_all(reader, 1) == ["9eb36e66"]


def test_unplugged_and_plugged_in_again(slot, reader):
    slot.unplug()
    with pytest.raises(DeviceMissing):
        reader.read(1)
    with pytest.raises(DeviceMissing):
        reader.open()
    slot.plug()
    slot.hold(SUN)
    reader.open()
    assert len(reader.read(1)) == 1


def test_without_the_extra_it_says_what_to_install():
    assert "smartcard" not in sys.modules
    with pytest.raises(DriverError, match=r"pip install taptill\[pcsc\]"):
        PcscCards("cards", "ACS").open()


def test_close_from_another_thread_ends_a_read(reader):
    threading.Timer(0.05, reader.close).start()
    assert reader.read(5) == ()
