"""The PN532 over a pseudo terminal, against a chip that answers with frames and fails when told to."""

from __future__ import annotations

import os
import random
import threading
import time

import pytest

from drivers.base import DeviceBusy, DeviceMissing, DriverError, LineReader
from drivers.fake_pn532 import PN532_FAULTS, FakeCard, FakePn532, pn532_cards
from drivers.fake_wires import Line
from drivers.pn532 import Pn532
from drivers.pn532_frames import IN_LIST_PASSIVE_TARGET

CLASSIC = FakeCard("9eb36e66")
NTAG = FakeCard("047bcb51962280")
SUN = FakeCard("04c43bc21c2680", "https://till.example.cn/t?picc_data=EF963FF7828658A5&cmac=94EED9EE65337086")
RANDOM = FakeCard("08a1b2c3")


@pytest.fixture
def chip():
    chip = FakePn532()
    yield chip
    chip.unplug()


@pytest.fixture
def reader(chip):
    reader: LineReader = Pn532("cards", chip.path)
    reader.open()
    yield reader
    reader.close()


def texts(reader, count, wait_s=6.0):
    """The next texts, and no more of them than are waited for."""
    found, end = [], time.monotonic() + wait_s
    while len(found) < count and time.monotonic() < end:
        found += reader.read(0.3)
    return found


@pytest.mark.parametrize(
    ("card", "text"),
    [
        (CLASSIC, "9eb36e66"),
        (NTAG, "047bcb51962280"),
        (SUN, f"{SUN.uid}\t{SUN.address}"),  # what proves it comes along
        (RANDOM, "08a1b2c3"),  # the till refuses it as somebody's card
    ],
)
def test_a_card_is_told(chip, reader, card, text):
    chip.hold(card)
    assert texts(reader, 1) == [text]


def test_fault_41_a_card_that_is_held_is_told_once(chip, reader):
    chip.hold(CLASSIC)
    assert texts(reader, 1) == ["9eb36e66"]
    assert texts(reader, 1, wait_s=1.2) == []
    chip.take_away()
    assert texts(reader, 1, wait_s=1.0) == []
    chip.hold(CLASSIC)
    assert texts(reader, 1) == ["9eb36e66"]


def test_a_card_that_slips_for_a_moment_is_not_told_again(chip, reader):
    chip.hold(CLASSIC)
    assert texts(reader, 1) == ["9eb36e66"]
    looks = chip.commands.count(IN_LIST_PASSIVE_TARGET)
    chip.take_away()
    while chip.commands.count(IN_LIST_PASSIVE_TARGET) <= looks:
        assert reader.read(0.05) == ()
    chip.hold(CLASSIC)
    assert texts(reader, 1, wait_s=1.2) == []


def test_a_phone_with_a_new_number_at_each_look_is_told_once(chip, reader):
    chip.hold(RANDOM)
    assert texts(reader, 1) == ["08a1b2c3"]
    for number in range(5):
        chip.hold(FakeCard(f"08{number:06x}"))
        assert texts(reader, 1, wait_s=0.25) == []


def test_fault_41_two_cards_at_once_are_told_together(chip, reader):
    chip.hold(NTAG, CLASSIC)
    assert texts(reader, 1) == ["047bcb51962280&9eb36e66"]
    chip.hold(CLASSIC)  # one of them is taken away: nobody has held up the other
    assert texts(reader, 1, wait_s=1.2) == []


def test_a_second_card_beside_the_first_is_told_with_it(chip, reader):
    chip.hold(CLASSIC)
    assert texts(reader, 1) == ["9eb36e66"]
    chip.hold(CLASSIC, SUN)
    assert texts(reader, 1) == ["04c43bc21c2680&9eb36e66"]


@pytest.mark.parametrize("fault", [fault for fault in PN532_FAULTS if fault != "unplug"])
@pytest.mark.parametrize("card", [CLASSIC, SUN], ids=["classic", "sun"])
def test_one_fault_of_the_line_loses_no_card(chip, reader, fault, card):
    chip.hold(card, fault=fault)
    (text,) = texts(reader, 1)
    assert text.split("\t")[0] == card.uid
    assert not card.address or text.endswith(card.address)


def test_a_card_that_never_shows_its_address_is_told_without(chip, reader):
    def spoil():
        for _ in range(400):
            with chip.lock:
                chip._fault = "left"
            time.sleep(0.005)

    chip.hold(SUN, fault="left")
    thread = threading.Thread(target=spoil)
    thread.start()
    assert texts(reader, 1) == [SUN.uid]
    thread.join()


def test_fault_38_unplugged_within_a_frame_and_plugged_in_again(chip, reader):
    chip.hold(CLASSIC, fault="unplug")
    with pytest.raises(DeviceMissing):
        texts(reader, 1)
    with pytest.raises(DeviceMissing):
        reader.open()
    chip.plug()
    reader.open()
    assert texts(reader, 1) == ["9eb36e66"]


def test_fault_38_unplugged_at_every_byte_of_an_answer(chip, reader):
    for cut in range(26):
        chip.cut_at = cut
        chip.hold(CLASSIC, fault="unplug")
        with pytest.raises(DeviceMissing):
            texts(reader, 1)
        chip.take_away()
        chip.plug()
        reader.open()
    chip.hold(NTAG)
    assert texts(reader, 1) == [NTAG.uid]


def test_the_chip_is_woken_and_told_not_to_wait_for_ever(chip, reader):
    assert list(chip.commands)[:3] == [0x14, 0x02, 0x32]
    assert texts(reader, 1, wait_s=0.5) == []  # it answers although nothing lies there


def test_a_chip_that_was_left_waiting_for_a_card_is_stopped():
    line = Line()
    heard = bytearray()

    def deaf() -> None:
        end = time.monotonic() + 4
        while time.monotonic() < end:
            heard.extend(line.received())
            time.sleep(0.005)

    thread = threading.Thread(target=deaf)
    thread.start()
    reader = Pn532("cards", line.path)
    began = time.monotonic()
    with pytest.raises(DriverError, match=r"no PN532 answers.*TX and RX"):
        reader.open()
    assert time.monotonic() - began < 4
    thread.join()
    assert heard.count(b"\x55\x55" + bytes(14)) == 3
    assert b"\x00\x00\xff\x00\xff\x00" in heard  # the host's ACK: give up
    line.unplug()


def test_fault_39_noise_is_bounded_and_the_next_card_is_read(chip, reader):
    noise = random.Random(39)
    chip.hold(CLASSIC)
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        chip.send(noise.randbytes(512))
        try:
            reader.read(0.01)
        except DriverError:
            reader.open()
    chip.take_away()
    for _ in range(20):
        try:
            reader.read(0.2)
            break
        except DriverError:
            reader.open()
    chip.hold(NTAG)
    found = []
    for _ in range(30):
        try:
            found += reader.read(0.3)
        except DriverError:
            reader.open()
        if NTAG.uid in found:
            break
    assert NTAG.uid in found


def test_a_port_that_another_program_holds_is_busy(chip, reader):
    with pytest.raises(DeviceBusy):
        Pn532("other", chip.path).open()


def test_a_chip_of_another_kind_is_refused(chip):
    chip._answer = lambda frame: b"\x07\x01\x06\x07" if frame.code == 2 else b""
    with pytest.raises(DriverError, match="expected a PN532"):
        Pn532("cards", chip.path).open()


def test_close_from_another_thread_ends_a_read(reader):
    threading.Timer(0.05, reader.close).start()
    began = time.monotonic()
    assert reader.read(5) == ()
    assert time.monotonic() - began < 1


def test_looking_burns_little_time(chip, reader):
    began = time.thread_time()
    texts(reader, 1, wait_s=2.0)
    assert time.thread_time() - began < 0.1


def test_taps_one_after_the_other():
    reader = pn532_cards("cards", faults=("2:checksum", "3:noise"))
    reader.open()
    for text in ("9eb36e66", "047bcb51962280", "9eb36e66", "9eb36e66&047bcb51962280", "junk"):
        reader.type(text)
    found = texts(reader, 4, wait_s=12)
    assert found == ["9eb36e66", "047bcb51962280", "9eb36e66", "047bcb51962280&9eb36e66"]
    assert reader.wire.lost == 1
    reader.close()
    reader.unplug()
    assert not os.path.exists(reader.wire.path)  # noqa: PTH110
