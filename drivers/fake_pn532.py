"""A simulated PN532 with cards, at the far end of a serial line: it answers with frames, and fails when told to."""

from __future__ import annotations

import contextlib
import select
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.base import CARDS_MARK, SUN_MARK
from drivers.fake_wires import Line, WiredReader
from drivers.ndef import SELECT_APPLICATION, SELECT_FILE, make_file
from drivers.pn532 import Pn532
from drivers.pn532_frames import (
    ACK,
    CHIP,
    GET_FIRMWARE,
    IN_DATA_EXCHANGE,
    IN_LIST_PASSIVE_TARGET,
    IN_RELEASE,
    ISO_14443_4,
    RF_CONFIGURATION,
    SAM_CONFIGURATION,
    Frame,
    FrameKind,
    FrameParser,
    build,
)

PN532_FAULTS = ("unplug", "noise", "bytewise", "checksum", "silent", "stale", "error", "left", "no_ack")
LOOKS_HELD, LOOKS_AWAY = 4, 3
"""A card that is tapped lies there for so many looks of the driver, and then nothing does for so many."""
TAPS_MAX = 64
WAKE_MARK = b"\x55\x55\x00\x00"
NOT_FOUND, FINE = b"\x6a\x82", b"\x90\x00"
ERROR_FRAME = b"\x00\x00\xff\x01\xff\x7f\x81\x00"
NOISE = b"\xff\x00\xaa\x00\xff\x55"
ATS = b"\x06\x75\x77\x81\x02\x80"
"""Of an NTAG 424 DNA."""


@dataclass(frozen=True, slots=True)
class FakeCard:
    uid: str
    """Hex, first byte of the card first."""
    address: str = ""
    """What its NDEF file shows; empty for a card without one."""

    def entry(self, number: int) -> bytes:
        """Return the card's part of the list of targets."""
        uid = bytes.fromhex(self.uid)
        sak = ISO_14443_4 if self.address else 0x08 if len(uid) == 4 else 0x00
        atqa = b"\x03\x44" if self.address else b"\x00\x04" if len(uid) == 4 else b"\x00\x44"
        return bytes((number,)) + atqa + bytes((sak, len(uid))) + uid + (ATS if self.address else b"")


def cards_of(text: str) -> tuple[FakeCard, ...]:
    """Return the cards that a text describes, written as the driver writes what it read. Raises ValueError."""
    uids, _, address = text.partition(SUN_MARK)
    cards = tuple(FakeCard(bytes.fromhex(uid).hex(), address) for uid in uids.split(CARDS_MARK))
    if len(cards) > 2 or any(len(card.uid) not in (8, 14) for card in cards) or not address.isascii():
        raise ValueError(f"cards {text!r}: expected one UID or two of 4 or 7 bytes in hex")
    return cards


def _serve(held: weakref.ref[FakePn532]) -> None:
    # Only who uses the chip holds it: it ends with them, and so does its thread.
    while (chip := held()) is not None and chip.plugged:
        chip.answer()
        del chip


class FakePn532(Line):
    """The chip. A thread of its own answers."""

    faults = PN532_FAULTS

    def __init__(self) -> None:
        self.lost = 0
        self.commands: deque[int] = deque(maxlen=4096)
        """Codes of the newest commands that were understood."""
        self.cut_at: int | None = None
        """Bytes of an answer after which the fault `unplug` hits; None for half of it."""
        self._taps: deque[tuple[tuple[FakeCard, ...], str]] = deque(maxlen=TAPS_MAX)
        self._lying: tuple[FakeCard, ...] = ()
        self._looks = 0
        self._fault = ""
        self._parser = FrameParser()
        self._is_awake = self._is_limited = False
        self._wake_bytes = b""
        self._selected = 0
        self._thread: threading.Thread | None = None
        super().__init__()

    def plug(self) -> None:
        with self.lock:
            super().plug()
            # After power-on it sleeps, and knows no limit to its patience.
            self._is_awake = self._is_limited = False
            self._wake_bytes = b""
            self._parser.reset()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=_serve, args=(weakref.ref(self),), name="fake-pn532", daemon=True
                )
                self._thread.start()

    def give(self, text: str, fault: str = "") -> None:
        try:
            cards = cards_of(text)
        except ValueError:
            # What is no card does nothing on an antenna.
            self.lost += 1
            return
        with self.lock:
            self._taps.append((cards, fault))

    def hold(self, *cards: FakeCard, fault: str = "") -> None:
        """Lay cards on the reader until `take_away`."""
        with self.lock:
            self._lying, self._fault, self._looks = cards, fault, 1_000_000

    def take_away(self) -> None:
        with self.lock:
            self._lying, self._looks = (), 0

    # -------------------------------------------------------------------- chip

    def answer(self) -> None:
        """Answer what comes within a tenth of a second."""
        with contextlib.suppress(OSError, ValueError):
            poll = select.poll()
            poll.register(self.master, select.POLLIN)
            if poll.poll(100):
                self._hear(self.received())

    def _hear(self, data: bytes) -> None:
        with self.lock:
            if not self._is_awake:
                self._wake_bytes = (self._wake_bytes + data)[-1024:]
                if WAKE_MARK not in self._wake_bytes:
                    return
                self._is_awake, data = True, self._wake_bytes
            for frame in self._parser.feed(data):
                if frame.kind is FrameKind.HOST:
                    self.commands.append(frame.code)
                    self._obey(frame)

    def _obey(self, frame: Frame) -> None:
        answer = self._answer(frame)
        is_hit = bool(self._fault) and frame.code == (
            IN_DATA_EXCHANGE if self._fault == "left" else IN_LIST_PASSIVE_TARGET
        )
        fault = self._fault if is_hit and self._lying else ""
        if fault:
            self._fault = ""
        if answer is None or fault == "silent":
            self.send(ACK)
            return
        good = build(frame.code + 1, answer, tfi=CHIP)
        if fault == "unplug":
            cut = len(ACK + good) // 2 if self.cut_at is None else self.cut_at
            self.send((ACK + good)[:cut])
            self.unplug()
        elif fault == "bytewise":
            for byte in ACK + good:
                self.send(bytes((byte,)))
        elif fault == "left":
            self.send(ACK + build(frame.code + 1, b"\x01", tfi=CHIP))
        else:
            self.send(
                {
                    "noise": NOISE + ACK + NOISE + good + NOISE,
                    "checksum": ACK + good[:-2] + bytes((good[-2] ^ 1, 0)),
                    "stale": build(IN_RELEASE + 1, b"\x00", tfi=CHIP) + ACK + build(0x03, b"\x32", tfi=CHIP) + good,
                    "error": ACK + ERROR_FRAME,
                    "no_ack": good,
                }.get(fault, ACK + good)
            )

    def _answer(self, frame: Frame) -> bytes | None:
        """Return the data of the response; None when the chip goes on waiting."""
        if frame.code == GET_FIRMWARE:
            return b"\x32\x01\x06\x07"
        if frame.code == RF_CONFIGURATION and frame.data[:1] == b"\x05":
            self._is_limited = True
        if frame.code == IN_LIST_PASSIVE_TARGET:
            self._look()
            if not self._lying and not self._is_limited:
                return None
            shown = self._lying[: frame.data[0] if frame.data else 1]
            return bytes((len(shown),)) + b"".join(card.entry(number) for number, card in enumerate(shown, 1))
        if frame.code == IN_DATA_EXCHANGE:
            return self._exchange(frame.data)
        return b"" if frame.code in (SAM_CONFIGURATION, RF_CONFIGURATION) else b"\x00"

    def _look(self) -> None:
        self._selected = 0
        if self._looks > 0:
            self._looks -= 1
            return
        if self._lying:
            self._lying, self._looks = (), LOOKS_AWAY - 1
        elif self._taps:
            (self._lying, self._fault), self._looks = self._taps.popleft(), LOOKS_HELD - 1

    def _exchange(self, data: bytes) -> bytes:
        number, command = data[0] if data else 0, data[1:]
        if not 1 <= number <= len(self._lying) or not self._lying[number - 1].address:
            return b"\x01"
        answer, self._selected = apdu(self._lying[number - 1], command, self._selected)
        return b"\x00" + answer


def apdu(card: FakeCard, command: bytes, selected: int) -> tuple[bytes, int]:
    """Return what a card with an NDEF file answers, and what is selected then.

    Args:
        selected: 0 nothing, 1 the application, 2 its file.
    """
    if command == SELECT_APPLICATION:
        return FINE, 1
    if command == SELECT_FILE and selected:
        return FINE, 2
    if command[:2] == b"\x00\xb0" and len(command) == 5 and selected == 2:
        offset, size = command[2] * 256 + command[3], command[4]
        return make_file(card.address)[offset : offset + size] + FINE, selected
    return NOT_FOUND, selected


def pn532_cards(name: str, *, faults: Sequence[str] = ()) -> WiredReader:
    """Return a simulated PN532 at a serial line, with the real driver that reads it."""
    return WiredReader(name, FakePn532(), Pn532, faults=faults)
