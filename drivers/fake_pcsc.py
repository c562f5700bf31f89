"""A simulated PC/SC reader: what pcscd would say of a reader and its cards, for the real driver to read."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence

from drivers.base import DeviceMissing
from drivers.fake_pn532 import LOOKS_AWAY, LOOKS_HELD, TAPS_MAX, FakeCard, apdu, cards_of
from drivers.fake_wires import WiredReader
from drivers.ndef import FINE
from drivers.pcsc import GET_UID, CardGoneError, PcscCards

PCSC_FAULTS = ("unplug", "left", "mute", "slow", "two")
SLOW_S = 0.2
"""For each command, where a card is slow: far from the antenna, or behind a wallet."""
READER = "ACS ACR122U 00 00"
NO_SUCH_COMMAND, FAILED = b"\x6a\x81", b"\x63\x00"
"""Of an ACR122U: for a card without files, and for what the cards did not answer. Source: ACR122U API manual, 4.1."""


class FakeSlot:
    """A PC/SC reader with a card on it or not; a `drivers.pcsc.Slot`, and a `drivers.fake_wires.Wire` for a hand."""

    faults = PCSC_FAULTS
    path = ""

    def __init__(self) -> None:
        self.lost = 0
        self._is_plugged = True
        self._taps: deque[tuple[FakeCard, str]] = deque(maxlen=TAPS_MAX)
        self._lying: FakeCard | None = None
        self._fault = ""
        self._looks = 0
        self._selected = self._sent = 0
        self._mute_after: int | None = None
        self._lock = threading.Lock()

    # -------------------------------------------------------------------- a hand

    @property
    def plugged(self) -> bool:
        return self._is_plugged

    def plug(self) -> None:
        self._is_plugged = True

    def unplug(self) -> None:
        with self._lock:
            self._is_plugged = False
            self._taps.clear()
            self._take_away()

    def give(self, text: str, fault: str = "") -> None:
        try:
            # Of two cards such a reader hands up the one that it chose.
            card = cards_of(text)[0]
        except ValueError:
            # What is no card does nothing on an antenna.
            self.lost += 1
            return
        with self._lock:
            self._taps.append((card, fault))

    def hold(self, card: FakeCard, *, fault: str = "", mute_after: int | None = None) -> None:
        """Lay a card on the reader until `take_away`.

        Args:
            mute_after: commands in one talk that it answers; None all.
        """
        with self._lock:
            self._lying, self._fault, self._looks, self._mute_after = card, fault, 1_000_000, mute_after

    def take_away(self) -> None:
        with self._lock:
            self._take_away()

    def _take_away(self) -> None:
        self._lying, self._fault, self._looks, self._mute_after = None, "", 0, None

    # -------------------------------------------------------------------- pcscd

    def open(self) -> str:
        if not self._is_plugged:
            raise DeviceMissing("pcscd has no reader")
        return READER

    def has_card(self) -> bool:
        with self._lock:
            if not self._is_plugged:
                raise DeviceMissing(f"{READER}: unplugged")
            if self._looks > 0:
                self._looks -= 1
            elif self._lying is not None:
                self._take_away()
                self._looks = LOOKS_AWAY - 1
            elif self._taps:
                (self._lying, self._fault), self._looks = self._taps.popleft(), LOOKS_HELD - 1
            return self._lying is not None

    def transmit(self, command: bytes) -> bytes:
        if self._fault == "slow":
            time.sleep(SLOW_S)
        if self._fault == "unplug":
            self.unplug()
        with self._lock:
            self._sent += 1
            is_mute = self._fault == "mute" or (self._mute_after is not None and self._sent > self._mute_after)
            if self._lying is None or is_mute:
                raise CardGoneError
            if command == GET_UID:
                # Both cards talk at once, and neither is understood.
                return FAILED if self._fault == "two" else bytes.fromhex(self._lying.uid) + FINE
            if self._fault == "left":
                self._take_away()
                self._looks = LOOKS_AWAY
                raise CardGoneError
            if not self._lying.address:
                return NO_SUCH_COMMAND
            answer, self._selected = apdu(self._lying, command, self._selected)
            return answer

    def let_go(self) -> None:
        self._selected = self._sent = 0

    def close(self) -> None:
        """Nothing is held."""


def pcsc_cards(name: str, *, faults: Sequence[str] = ()) -> WiredReader:
    """Return a simulated PC/SC reader, with the real driver that reads it."""
    slot = FakeSlot()
    return WiredReader(name, slot, lambda of, path: PcscCards(of, path, slot=slot), faults=faults)
