"""A PN532 card reader at a serial line: it lists what lies on it, and a card that is held gives one text."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from drivers.base import CARDS_MARK, SUN_MARK, DeviceMissing, DriverError
from drivers.ndef import read_address
from drivers.pn532_frames import (
    ACK,
    GET_FIRMWARE,
    IN_DATA_EXCHANGE,
    IN_LIST_PASSIVE_TARGET,
    IN_RELEASE,
    RF_CONFIGURATION,
    SAM_CONFIGURATION,
    Frame,
    FrameKind,
    FrameParser,
    Target,
    build,
    read_targets,
)
from drivers.serial_port import close_port, open_port

BAUD = 115_200
"""What the chip speaks after power-on; a Pi's small UART knows no other."""
WAKE_UP = b"\x55\x55" + bytes(14)
"""The chip sleeps after power-on and is deaf until it has seen these."""
ACK_S, FIRST_ACK_S, RESPONSE_S = 0.1, 1.5, 0.6
"""The chip acknowledges within 15 ms; the first time, a USB adapter may take a second."""
TRIES = 3
"""Of waking it, of one command, and of reading what a card shows."""
POLL_S = 0.2
"""Between two looks at what lies on the reader."""
MISSES_GONE = 2
"""A card that was not found so often in a row has been taken away."""
READ_MAX = 1024
EXCHANGES_MAX = 32
"""Commands to one card; more means that it never comes to an end."""
IC_PN532 = 0x32
NORMAL_MODE = bytes((0x01, 0x00, 0x00))
LIMITED_RETRIES = bytes((0x05, 0xFF, 0x01, 0x01))
"""RFConfiguration item 5: look for a card twice and answer; as it comes, the chip would wait for a card for ever."""
FIELD_OFF = bytes((0x01, 0x00))
TWO_OF_TYPE_A = bytes((0x02, 0x00))
RANDOM_FIRST = 0x08
"""First byte of a four-byte UID that is made anew each time the field comes on."""


class _CardGoneError(Exception):
    """The card left the field while it was read."""


class Pn532:
    """Cards on a PN532 as lines of text; implements `drivers.base.LineReader`.

    A text is the UID in lower-case hex, first byte of the card first; for a card that shows an address, `SUN_MARK` and
    the address; for several at once, their UIDs with `CARDS_MARK` between. One card that is held gives one text.
    """

    def __init__(self, name: str, path: str) -> None:
        """Take the reader at the path, best a link under /dev/serial/by-id or by-path."""
        self.name = name
        self.dropped = 0
        """Looks whose list of cards did not add up. A frame that the line broke is asked for again and not counted."""
        self.heard: Callable[[bytes], None] = lambda _: None
        """Is given the bytes as they come, to record them."""
        self._path = path
        self._port: Any = None
        self._parser = FrameParser()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._present: dict[str, int] = {}
        """What lies on the reader, by UID, with the looks in a row that did not find it."""
        self._unread: dict[str, int] = {}
        """Cards whose address could not be read yet, with the tries so far."""
        self._next_poll_s = 0.0

    def open(self) -> None:
        with self._lock:
            self._release()
            self._closed.clear()
            self._port = open_port(self._path, BAUD, timeout_s=ACK_S)
            try:
                self._wake()
            except DriverError:
                self._release()
                raise
            self._present.clear()
            self._unread.clear()

    def read(self, timeout_s: float) -> Sequence[str]:
        deadline = time.monotonic() + timeout_s
        while not self._closed.is_set():
            now_s = time.monotonic()
            if now_s >= self._next_poll_s:
                with self._lock:
                    if self._port is None:
                        break
                    try:
                        text = self._poll()
                    except DriverError:
                        self._release()
                        raise
                self._next_poll_s = time.monotonic() + POLL_S
                if text:
                    return (text,)
            if time.monotonic() >= deadline:
                break
            self._closed.wait(max(0.0, min(self._next_poll_s, deadline) - time.monotonic()))
        return ()

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            self._release()

    def _release(self) -> None:
        if self._port is not None:
            close_port(self._port)
            self._port = None
        self._parser.reset()

    # ------------------------------------------------------------------- cards

    def _poll(self) -> str:
        """Return the text of what has newly been laid on the reader; empty when nothing was."""
        found = self._list()
        if found is None:
            self.dropped += 1
            return ""
        by_key = {_key(target): target for target in found}
        for key in list(self._present):
            self._present[key] = 0 if key in by_key else self._present[key] + 1
            if self._present[key] >= MISSES_GONE:
                del self._present[key]
        self._unread = {key: tries for key, tries in self._unread.items() if key in by_key}
        is_new = any(key not in self._present for key in by_key)
        text = self._text(list(by_key.values())) if is_new else ""
        if text:
            self._present |= dict.fromkeys(by_key, 0)
        if found:
            self._command(IN_RELEASE, b"\x00")
        # Without the field a card forgets that it was asked, and answers the next look again: so removal is seen.
        self._command(RF_CONFIGURATION, FIELD_OFF)
        return text

    def _list(self) -> tuple[Target, ...] | None:
        return read_targets(self._command(IN_LIST_PASSIVE_TARGET, TWO_OF_TYPE_A))

    def _text(self, targets: list[Target]) -> str:
        """Return the text of cards that are new; empty when one is to be looked at again."""
        if len(targets) > 1:
            return CARDS_MARK.join(sorted(target.uid.hex() for target in targets))
        (target,) = targets
        if not target.speaks_apdus:
            return target.uid.hex()
        key = _key(target)
        try:
            address = self._address(target)
        except _CardGoneError:
            self._unread[key] = self._unread.get(key, 0) + 1
            if self._unread[key] < TRIES:
                return ""
            address = ""
        return target.uid.hex() + (SUN_MARK + address if address else "")

    def _address(self, target: Target) -> str:
        sent = 0

        def transmit(command: bytes) -> bytes:
            nonlocal sent
            sent += 1
            if sent > EXCHANGES_MAX:
                raise _CardGoneError
            answer = self._command(IN_DATA_EXCHANGE, bytes((target.number,)) + command, is_repeated=False)
            # The status: 01 the card is gone, 14 it refused, bit 40 more is to come, which no answer of ours needs.
            if not answer or answer[0] != 0 or len(answer) < 3:
                raise _CardGoneError
            return answer[1:]

        return read_address(transmit)

    # -------------------------------------------------------------------- chip

    def _wake(self) -> None:
        for attempt in range(TRIES):
            self._write(WAKE_UP + build(SAM_CONFIGURATION, NORMAL_MODE))
            try:
                self._answer(SAM_CONFIGURATION, ack_s=FIRST_ACK_S if attempt == 0 else ACK_S)
                break
            except TimeoutError:
                self._abort()
        else:
            advice = "are TX and RX swapped, its switches set to HSU, its power 3.3 V or 5 V as it needs?"
            raise DriverError(f"{self._path}: no PN532 answers; {advice}")
        firmware = self._command(GET_FIRMWARE)
        if firmware[:1] != bytes((IC_PN532,)):
            raise DriverError(f"{self._path}: expected a PN532 (32), found a chip that calls itself {firmware.hex()}")
        self._command(RF_CONFIGURATION, LIMITED_RETRIES)

    def _command(self, code: int, data: bytes = b"", *, is_repeated: bool = True) -> bytes:
        """Return the chip's answer to a command. Raises DriverError when it gives none, DeviceMissing when it is gone.

        Args:
            is_repeated: send it again when no answer came; off for what a card must not be told twice: no answer raises
                _CardGoneError then.
        """
        for _ in range(TRIES if is_repeated else 1):
            if self._closed.is_set():
                raise DeviceMissing(f"{self._path}: closed")
            self._write(build(code, data))
            try:
                return self._answer(code, ack_s=ACK_S)
            except TimeoutError:
                self._abort()
        if not is_repeated:
            raise _CardGoneError
        raise DriverError(f"{self._path}: the PN532 does not answer command {code:02x}")

    def _answer(self, code: int, *, ack_s: float) -> bytes:
        """Return the data of the response to a command. Raises TimeoutError when there is none in time, or an error."""
        deadline, is_understood = time.monotonic() + ack_s, False
        broken = self._parser.broken
        while True:
            for frame in self._frames(deadline):
                if frame.kind is FrameKind.ACK and not is_understood:
                    deadline, is_understood = time.monotonic() + RESPONSE_S, True
                elif frame.kind is FrameKind.ERROR and is_understood:
                    raise TimeoutError
                elif frame.kind is FrameKind.CHIP and frame.code == code + 1 and is_understood:
                    return frame.data
                # Anything else is the rest of an earlier command, or our own echo.
            if self._parser.broken > broken:
                # The answer itself may be what was broken; if so, there is no use in waiting long for another one.
                broken = self._parser.broken
                deadline = min(deadline, time.monotonic() + ACK_S)
            if time.monotonic() >= deadline:
                raise TimeoutError

    def _frames(self, deadline: float) -> list[Frame]:
        """Return the frames of what arrives next; at the deadline, those that a false start has swallowed."""
        data = self._take(max(0.0, deadline - time.monotonic()))
        if data:
            return self._parser.feed(data)
        return self._parser.give_up() if self._parser.kept and time.monotonic() >= deadline else []

    def _abort(self) -> None:
        """Make the chip give up what it does, and throw away what it still says."""
        self._write(ACK)
        for _ in range(TRIES):
            if not self._take(0.02):
                break
        self._parser.reset()

    def _take(self, wait_s: float) -> bytes:
        try:
            self._port.timeout = wait_s
            data: bytes = self._port.read(1)
            if data:
                data += self._port.read(min(self._port.in_waiting, READ_MAX))
        except OSError as error:
            raise DeviceMissing(f"{self._path}: {error}") from error
        if data:
            self.heard(data)
        return data

    def _write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except OSError as error:
            raise DeviceMissing(f"{self._path}: {error}") from error


def _key(target: Target) -> str:
    """Return by what a card is known while it lies there: a random UID is another one at each look."""
    is_random = len(target.uid) == 4 and target.uid[0] == RANDOM_FIRST
    return "random" if is_random else target.uid.hex()
