"""The device bench: a hand for every simulated device, to scan, to tap, to pull the plug and to watch the paper."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from drivers.base import CARDS_MARK
from drivers.escpos_paper import Paper
from drivers.fake import HandReader
from drivers.fake_card import FakeSunCard
from drivers.fake_gateway import FakeGateway
from drivers.fake_pole import WiredPole
from drivers.fake_printer import FakeJob, FakePrinter
from drivers.fake_scale import WiredScale
from edge.store.shelf import Shelf, ShelfItem
from rules.basket import WEIGHT_MAX_G
from rules.loyalty import Tier
from rules.money import round_half_up
from rules.scale_codes import ScaleFormat, make_label
from rules.sun import FILE_KEY, META_KEY, UID_BYTES, CardKeys, card_key

FakeDevice = HandReader | FakePrinter | WiredScale | WiredPole
PAPERS_SHOWN = 12
"""Newest receipts that hang out of the printer."""
UNKNOWN_CODE: Final = "6900000000007"
"""A good GTIN that no item of the demo has."""
UNKNOWN_CARD: Final = "04ffeeddccbbaa"

TAP_WAYS: Final = ("proof", "copy", "forged")
"""How a card that proves itself can be held to a reader, beside telling its number."""

GARBAGE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "check_digit": "6901234567890",
        "too_long": "7" * 4_000,
        "control": "\x00\x1b@69\x07\x08",
        "markup": "<script>alert(1)</script><b>69",
        "sql": "'; DROP TABLE sale; --",
        "bytes": "\ufffd\ufffd\udcff",
    }
)
"""What broken, torn and hostile codes look like to a reader."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One job on paper."""

    number: int
    """From 1, counted since the start."""
    paper: Paper


class Bench:
    """The simulated devices by name. Called by web threads; the devices keep themselves safe."""

    def __init__(
        self,
        devices: Mapping[str, FakeDevice],
        shelf: Callable[[], Shelf],
        *,
        tiers: tuple[Tier, ...] = (),
        card_key: bytes | None = None,
        counter_of: Callable[[str], int] = lambda _: 0,
        gateway: FakeGateway | None = None,
    ) -> None:
        """Take the devices.

        Args:
            shelf: gives what lies at hand, asked anew for each page.
            tiers: of the rules in force, for the look of the members' cards.
            card_key: the shop's master key; None: no card here proves itself.
            counter_of: gives the newest counter that the shop believed of a card, which a simulated one goes on from.
            gateway: the simulated one, where payment codes are charged by it.
        """
        self.shelf = shelf
        self.tiers = tiers
        self.gateway = gateway
        self._devices = dict(devices)
        self._card_key = card_key
        self._counter_of = counter_of
        self._cards: dict[str, FakeSunCard] = {}
        self._lock = threading.Lock()
        self._closed_at: dict[str, int] = {}
        self._torn_at: dict[str, int] = {}

    def has(self, device: str) -> bool:
        return device in self._devices

    def scan(self, device: str, text: str) -> bool:
        """Hold a code to a scanner; False when it was lost: unplugged, too long, or too many at once."""
        return self._type(device, text)

    def tap(self, device: str, uid: str) -> bool:
        """Hold a card to a reader; False when it was lost."""
        return self._type(device, uid)

    def proves_itself(self, uid: str) -> bool:
        """Tell whether a card can be one that proves itself: it has seven bytes, and the shop a key."""
        return self._card_key is not None and re.fullmatch(rf"[0-9a-f]{{{UID_BYTES * 2}}}", uid) is not None

    def tap_proving(self, device: str, uid: str, way: str) -> bool:
        """Hold a card that proves itself to a reader; False when it was lost.

        Args:
            way: `proof`, `copy` of its last tap, or `forged` by somebody without its key.
        """
        assert self.proves_itself(uid) and self._card_key is not None
        with self._lock:
            keys = CardKeys(*(card_key(self._card_key, uid, number) for number in (META_KEY, FILE_KEY)))
            # A shop of simulated cards is small, so they may all stay.
            card = self._cards.setdefault(uid, FakeSunCard(uid, keys))
            card.follow(self._counter_of(uid))
            text = {"proof": card.tap, "copy": card.copied, "forged": card.forged}[way]()
        return self._type(device, text)

    def tap_both(self, device: str, uids: Sequence[str]) -> bool:
        """Hold several cards to a reader at once; False when they were lost."""
        return self._type(device, CARDS_MARK.join(uids))

    def _type(self, device: str, text: str) -> bool:
        reader = self._reader(device)
        dropped = reader.dropped
        reader.type(text)
        return reader.dropped == dropped

    def faults(self, device: str) -> tuple[str, ...]:
        """Return what may go wrong with the next code, card or job of a device."""
        return self._faulty(device).one_time_faults

    def fail_next(self, device: str, fault: str) -> None:
        """Let the next code, card or job of a device meet one of its `faults`."""
        self._faulty(device).fail_next(fault)

    def unplug(self, device: str) -> None:
        self._devices[device].unplug()

    def plug(self, device: str) -> None:
        """Put the plug back in; a printer comes back with paper."""
        found = self._devices[device]
        if isinstance(found, FakePrinter):
            found.repair()
        else:
            found.plug()

    def paper_out(self, printer: str) -> None:
        self._printer(printer).paper_out()

    def refill(self, printer: str) -> None:
        self._printer(printer).repair()

    def state(self, device: str) -> str:
        """Return `ok`, `unplugged` or a printer's trouble: one of its faults, `paper_out` among them."""
        found = self._devices[device]
        if not isinstance(found, FakePrinter):
            return "ok" if found.plugged else "unplugged"
        return {"": "ok", "unplug": "unplugged"}.get(found.trouble, found.trouble)

    def printed(self, printer: str) -> int:
        """Return how many jobs reached the paper since the start."""
        return self._printer(printer).printed

    def papers(self, printer: str) -> tuple[Sheet, ...]:
        """Return what hangs out of the printer, newest first."""
        found = self._printer(printer)
        return tuple(Sheet(job.number, found.paper(job)) for job in reversed(self._hanging(printer)))

    def hanging(self, printer: str) -> int:
        """Return how many jobs hang out of the printer."""
        return len(self._hanging(printer))

    def _hanging(self, printer: str) -> list[FakeJob]:
        torn_at = self._torn_at.get(printer, 0)
        return [job for job in self._printer(printer).jobs() if job.number > torn_at][-PAPERS_SHOWN:]

    def tear_off(self, printer: str) -> None:
        """Take away all paper that hangs out now."""
        with self._lock:
            self._torn_at[printer] = self._printer(printer).printed

    def is_drawer_open(self, printer: str) -> bool:
        """Tell whether the printer kicked the drawer since it was last pushed shut."""
        return self._printer(printer).kicks > self._closed_at.get(printer, 0)

    def kicks(self, printer: str) -> int:
        return self._printer(printer).kicks

    def close_drawer(self, printer: str) -> None:
        with self._lock:
            self._closed_at[printer] = self._printer(printer).kicks

    def _faulty(self, name: str) -> HandReader | FakePrinter:
        found = self._devices[name]
        assert isinstance(found, HandReader | FakePrinter), f"{name} fails until it is mended"
        return found

    def scale(self, name: str) -> WiredScale:
        """Return a scale, to put something on it."""
        found = self._devices[name]
        assert isinstance(found, WiredScale), f"{name} is no scale"
        return found

    def pole(self, name: str) -> WiredPole:
        """Return a pole display, to look at it."""
        found = self._devices[name]
        assert isinstance(found, WiredPole), f"{name} is no pole display"
        return found

    def _reader(self, name: str) -> HandReader:
        found = self._devices[name]
        assert isinstance(found, HandReader), f"{name} is no reader"
        return found

    def _printer(self, name: str) -> FakePrinter:
        found = self._devices[name]
        assert isinstance(found, FakePrinter), f"{name} is no printer"
        return found


def printed_code(item: ShelfItem, formats: tuple[ScaleFormat, ...], *, weight_g: int = 0) -> str | None:
    """Return what a scanner reads from an item, or from its scale label for so many grams; None when it has no code.

    Args:
        item: its code is a GTIN of 14 digits, or the item digits of a label with or without the flag before them.
        formats: the labels of the shop's scales.
        weight_g: 1..WEIGHT_MAX_G for a weighed item.

    >>> from rules.basket import Names
    >>> pears = ShelfItem("2006", Names("梨"), "fruit", "kg", 980, True, "2002006", "")
    >>> printed_code(pears, (ScaleFormat("20", "FFWWWWWNNNNNC"),), weight_g=532)
    '2002006005322'
    """
    if not item.code:
        return None
    if not item.is_weighed:
        return item.code.removeprefix("0") if len(item.code) == 14 else item.code
    assert 1 <= weight_g <= WEIGHT_MAX_G
    chosen = next((each for each in formats if item.code.startswith(each.prefix)), formats[0] if formats else None)
    if chosen is None:
        return None
    width = chosen.picture.count("W")
    amount = round_half_up(item.price * weight_g, 1_000)
    if "E" in chosen.picture and amount // chosen.amount_unit >= 10 ** chosen.picture.count("E"):
        return None
    if "N" in chosen.picture and weight_g // chosen.weight_unit_g >= 10 ** chosen.picture.count("N"):
        return None
    return make_label(chosen, item=item.code[-width:].zfill(width), amount=amount, weight_g=weight_g)
