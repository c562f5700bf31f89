"""One card, whichever reader it is held to and however that writes its UID, is one and the same Tap."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.base import Event, LineReader, Tap, Unread
from drivers.fake import FakeReader
from drivers.fake_pcsc import FakeSlot
from drivers.fake_pn532 import FakeCard, pn532_cards
from drivers.fake_wires import keyboard_scanner
from drivers.pcsc import PcscCards
from edge.clock import Clock
from edge.config import DeviceConfig
from edge.devices import ReaderThread
from edge.health import Health

CLASSIC, ZERO, NTAG = FakeCard("9eb36e66"), FakeCard("04a1b2c3"), FakeCard("047bcb51962280")
SUN = FakeCard("04c43bc21c2680", "https://till.example.cn/t?e=EF96&c=94EE")
PRINTED = [
    (CLASSIC, "auto", "9EB36E66"),
    (CLASSIC, "auto", "2662559334"),
    (CLASSIC, "hex_msb", "9eb36e66"),
    (CLASSIC, "hex_msb", "9E:B3:6E:66"),
    (CLASSIC, "hex_lsb", "666EB39E"),
    (CLASSIC, "hex_lsb", "66-6E-B3-9E"),
    (CLASSIC, "dec_msb", "2662559334"),
    (CLASSIC, "dec_lsb", "1718530974"),
    (ZERO, "auto", "04A1B2C3"),
    (ZERO, "auto", "0077705923"),
    (ZERO, "hex_lsb", "c3b2a104"),
    (ZERO, "dec_msb", "0077705923"),
    (ZERO, "dec_lsb", "3283263748"),
    (NTAG, "auto", "047BCB51962280"),
    (NTAG, "hex_msb", "04 7B CB 51 96 22 80"),
    (NTAG, "hex_lsb", "80229651CB7B04"),
]
"""A card, how a keyboard-type reader is set, and what it types."""

Shown = tuple[DeviceConfig, LineReader, Callable[[], None]]


def at_keyboard(form: str, printed: str) -> Shown:
    reader = keyboard_scanner("cards")
    device = DeviceConfig(name="cards", kind="fake_evdev_cards", uid_form=form)  # type: ignore[arg-type]
    return device, reader, lambda: reader.type(printed)


def at_pn532(card: FakeCard) -> Shown:
    reader = pn532_cards("cards")
    text = card.uid + (f"\t{card.address}" if card.address else "")
    return DeviceConfig(name="cards", kind="fake_pn532_cards"), reader, lambda: reader.type(text)


def at_pcsc(card: FakeCard) -> Shown:
    slot = FakeSlot()
    reader = PcscCards("cards", "", slot=slot)
    return DeviceConfig(name="cards", kind="pcsc_cards"), reader, lambda: slot.hold(card)


def at_fake(card: FakeCard) -> Shown:
    reader = FakeReader("cards")
    text = card.uid + (f"\t{card.address}" if card.address else "")
    return DeviceConfig(name="cards", kind="fake_cards"), reader, lambda: reader.type(text)


CARDS = (CLASSIC, ZERO, NTAG, SUN)
CASES = [
    *(
        pytest.param(card, lambda f=form, p=text: at_keyboard(f, p), id=f"{form}-{text}")
        for card, form, text in PRINTED
    ),
    *(
        pytest.param(card, lambda m=make, c=card: m(c), id=f"{make.__name__}-{card.uid}")
        for make in (at_pn532, at_pcsc, at_fake)
        for card in CARDS
    ),
]


def events_of(shown: Shown, folder: Path, *, wait_s: float = 5.0) -> list[Event]:
    """Return what the lane is told while the card is held to the reader once."""
    device, reader, show = shown
    events: list[Event] = []
    health = Health(clock=Clock(), data_dir=folder)
    thread = ReaderThread(device, reader, post=lambda _, event: events.append(event) is None, health=health)
    thread.start()
    end = time.monotonic() + wait_s
    while time.monotonic() < end and ((state := health.device("cards")) is None or state.state != "ok"):
        time.sleep(0.005)
    show()
    while time.monotonic() < end and not events:
        time.sleep(0.005)
    time.sleep(0.3)  # no second one follows
    thread.stop()
    return events


@pytest.mark.parametrize(("card", "make"), CASES)
def test_a_card_is_one_tap_at_every_reader(tmp_path: Path, card: FakeCard, make: Callable[[], Shown]) -> None:
    assert events_of(make(), tmp_path) == [Tap("cards", card.uid, card.address)]


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("dec_msb", "9EB36E66"),
        ("dec_lsb", "9999999999"),  # more than four bytes hold
        ("hex_msb", "2662559334"),
        ("hex_lsb", "666EB39"),
        ("auto", "77705923A"),
    ],
)
def test_what_does_not_fit_the_setting_is_no_card(tmp_path: Path, form: str, printed: str) -> None:
    """It is to be held up again, and the settings looked at: it is never the card of somebody else."""
    assert events_of(at_keyboard(form, printed), tmp_path) == [Unread("cards")]
