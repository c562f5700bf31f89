"""PC/SC readers, by a simulated slot: the same texts as every other reader gives for the same card."""

from __future__ import annotations

import sys
import threading

import pytest

from drivers.base import DeviceMissing, DriverError, LineReader
from drivers.fake_pn532 import FakeCard
from drivers.ndef import SELECT_APPLICATION, SELECT_FILE, make_file
from drivers.pcsc import GET_UID, CardGoneError, PcscCards


class FakeSlot:
    """A PC/SC reader with a card on it or not."""

    def __init__(self) -> None:
        self.card: FakeCard | None = None
        self.is_plugged = True
        self.gone_after = 1_000
        """Commands until the card slips away; it comes back when the reader lets go of it."""
        self.sent = 0

    def open(self) -> str:
        if not self.is_plugged:
            raise DeviceMissing("pcscd has no reader")
        return "ACS ACR122U 00 00"

    def has_card(self) -> bool:
        if not self.is_plugged:
            raise DeviceMissing("ACR122U: unplugged")
        return self.card is not None

    def transmit(self, command: bytes) -> bytes:
        self.sent += 1
        if self.card is None or self.sent > self.gone_after:
            raise CardGoneError
        if command == GET_UID:
            return bytes.fromhex(self.card.uid) + b"\x90\x00"
        if not self.card.address:
            return b"\x6a\x81"
        if command in (SELECT_APPLICATION, SELECT_FILE):
            return b"\x90\x00"
        offset = int.from_bytes(command[2:4], "big")
        return make_file(self.card.address)[offset : offset + command[4]] + b"\x90\x00"

    def let_go(self) -> None:
        self.sent = 0

    def close(self) -> None:
        """Nothing is held."""


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
    slot.card = card
    assert reader.read(1) == (text,)
    assert reader.read(0.5) == ()
    slot.card = None
    assert reader.read(0.3) == ()
    slot.card = card
    assert reader.read(1) == (text,)


@pytest.mark.parametrize(("gone_after", "text", "dropped"), [(0, (), 1), (1, (SUN.uid,), 0), (3, (SUN.uid,), 0)])
def test_a_card_that_cannot_be_read_is_given_up(slot, reader, gone_after, text, dropped):
    slot.card, slot.gone_after = SUN, gone_after
    assert (reader.read(1.5), reader.dropped) == (text, dropped)
    assert reader.read(0.5) == ()


def test_unplugged_and_plugged_in_again(slot, reader):
    slot.is_plugged = False
    with pytest.raises(DeviceMissing):
        reader.read(1)
    with pytest.raises(DeviceMissing):
        reader.open()
    slot.is_plugged, slot.card = True, SUN
    reader.open()
    assert len(reader.read(1)) == 1


def test_without_the_extra_it_says_what_to_install():
    assert "smartcard" not in sys.modules
    with pytest.raises(DriverError, match=r"pip install taptill\[pcsc\]"):
        PcscCards("cards", "ACS").open()


def test_close_from_another_thread_ends_a_read(reader):
    threading.Timer(0.05, reader.close).start()
    assert reader.read(5) == ()
