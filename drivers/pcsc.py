"""Cards on a PC/SC reader (ACR122U and its like), through the system's pcscd: the optional extra `pcsc`."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol

from drivers.base import SUN_MARK, DeviceForbidden, DeviceMissing, DriverError
from drivers.ndef import FINE, read_address

GET_UID = bytes.fromhex("ffca000000")
POLL_S = 0.2
"""Between two looks at what lies on the reader."""
TRIES = 3
"""Of reading a card that was laid down crookedly."""
UID_SIZES = (4, 7, 10)


class CardGoneError(Exception):
    """The card left the field, or does not answer."""


class Slot(Protocol):
    """One PC/SC reader, whose ways of failing are already ours."""

    def open(self) -> str:
        """Find the reader and return its name. Raises DriverError."""

    def has_card(self) -> bool:
        """Tell whether a card lies on it. Raises DriverError when the reader is gone."""

    def transmit(self, command: bytes) -> bytes:
        """Return the card's answer with its two status bytes. Raises CardGoneError, DriverError."""

    def let_go(self) -> None:
        """End the talk with the card; harmless when there was none."""

    def close(self) -> None: ...


class PcscCards:
    """Cards on a PC/SC reader as lines of text, as `drivers.pn532.Pn532` gives them; a `drivers.base.LineReader`.

    Such a reader hands up one card: of two that lie on it at once, the one that it chose.
    """

    def __init__(self, name: str, path: str, *, slot: Slot | None = None) -> None:
        """Take a reader.

        Args:
            path: begin of the reader's name as pcscd calls it; empty for the first one.
            slot: another way to the reader than pyscard.
        """
        self.name = name
        self.dropped = 0
        """Cards that never gave a UID."""
        self.note = ""
        self._slot = slot or _Pyscard(path)
        self._is_open = False
        self._is_told = False
        """The card that lies there has been told, or given up."""
        self._tries = 0
        self._closed = threading.Event()
        self._lock = threading.Lock()

    def open(self) -> None:
        with self._lock:
            self._closed.clear()
            self.note = self._slot.open()
            self._is_open, self._is_told, self._tries = True, False, 0

    def read(self, timeout_s: float) -> Sequence[str]:
        deadline = time.monotonic() + timeout_s
        while not self._closed.is_set():
            with self._lock:
                if not self._is_open:
                    break
                text = self._look()
            if text:
                return (text,)
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            self._closed.wait(min(POLL_S, left_s))
        return ()

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            if self._is_open:
                self._is_open = False
                self._slot.close()

    def _look(self) -> str:
        if not self._slot.has_card():
            # Taken away before it was read: it has to be held to the reader again.
            self.dropped += self._tries > 0 and not self._is_told
            self._is_told, self._tries = False, 0
            return ""
        if self._is_told:
            return ""
        try:
            uid = self._uid()
        except CardGoneError:
            return self._try_again("")
        text = uid.hex()
        try:
            address = read_address(self._slot.transmit)
        except CardGoneError:
            return self._try_again(text)
        finally:
            self._slot.let_go()
        self._is_told = True
        return text + (SUN_MARK + address if address else "")

    def _uid(self) -> bytes:
        answer = self._slot.transmit(GET_UID)
        if answer[-2:] != FINE or len(answer) - 2 not in UID_SIZES:
            raise CardGoneError
        return answer[:-2]

    def _try_again(self, text: str) -> str:
        """Return nothing while there are tries left, then what is known of the card."""
        self._slot.let_go()
        self._tries += 1
        if self._tries < TRIES:
            return ""
        self._is_told = True
        self.dropped += 0 if text else 1
        return text


def reader_names() -> tuple[str, ...]:
    """Return the readers that pcscd knows; none where it, or pyscard, is not there."""
    slot = _Pyscard("")
    try:
        slot.open()
    except DriverError:
        return ()
    names = slot.names
    slot.close()
    return names


class _Pyscard:
    """A slot by pyscard's plain interface to pcscd."""

    def __init__(self, name: str) -> None:
        self._wanted = name
        self.names: tuple[str, ...] = ()
        """All readers that pcscd had when this one was opened."""
        self._scard: Any = None
        self._context: Any = None
        self._reader = ""
        self._card: Any = None
        self._protocol = 0

    def open(self) -> str:
        try:
            from smartcard import scard
        except ImportError as error:
            raise DriverError(
                f"pyscard is not installed ({error}): pip install taptill[pcsc], and apt pcscd"
            ) from error
        self._scard = scard
        self.close()
        code, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        if code != scard.SCARD_S_SUCCESS:
            raise DeviceForbidden(f"pcscd: {scard.SCardGetErrorMessage(code)}: is it installed and running?")
        code, readers = scard.SCardListReaders(self._context, [])
        found = [each for each in readers or () if each.startswith(self._wanted)]
        if code != scard.SCARD_S_SUCCESS or not found:
            self.close()
            raise DeviceMissing(f"pcscd has no reader {self._wanted!r}; it has: {', '.join(readers or ()) or 'none'}")
        self._reader, self.names = found[0], tuple(readers)
        return self._reader

    def has_card(self) -> bool:
        scard = self._scard
        asked = [(self._reader, scard.SCARD_STATE_UNAWARE)]
        code, states = scard.SCardGetStatusChange(self._context, 0, asked)
        state = states[0][1] if code == scard.SCARD_S_SUCCESS and states else scard.SCARD_STATE_UNKNOWN
        if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            raise DeviceMissing(f"{self._reader}: {scard.SCardGetErrorMessage(code)}")
        return bool(state & scard.SCARD_STATE_PRESENT)

    def transmit(self, command: bytes) -> bytes:
        scard = self._scard
        if self._card is None:
            protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
            code, card, self._protocol = scard.SCardConnect(
                self._context, self._reader, scard.SCARD_SHARE_EXCLUSIVE, protocols
            )
            if code != scard.SCARD_S_SUCCESS:
                raise CardGoneError
            self._card = card
        pci = scard.SCARD_PCI_T1 if self._protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        code, answer = scard.SCardTransmit(self._card, pci, list(command))
        if code != scard.SCARD_S_SUCCESS or len(answer) < 2:
            raise CardGoneError
        return bytes(answer)

    def let_go(self) -> None:
        if self._card is not None:
            self._scard.SCardDisconnect(self._card, self._scard.SCARD_LEAVE_CARD)
            self._card = None

    def close(self) -> None:
        self.let_go()
        if self._context is not None:
            self._scard.SCardReleaseContext(self._context)
            self._context = None
