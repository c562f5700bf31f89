"""What a device tells us, what we ask of it, and how it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.glyphs import Encoding
from drivers.pole_frames import PoleFace
from drivers.scale_frames import Reading

TEXT_MAX = 512
"""Longest text, in characters, that one scan may give; a longer one is dropped and counted. A GS1 Digital Link fits."""

SUN_MARK = "\t"
"""Stands in a card reader's text between the UID and the address that the card shows."""
CARDS_MARK = "&"
"""Stands in a card reader's text between the UIDs of several cards at once."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A barcode reader read a text."""

    device: str
    """The device's name in the configuration."""
    text: str
    """The text without terminator, prefix and suffix; not interpreted."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A card was held to a reader."""

    device: str
    uid: str
    """The card's UID as the reader gives it after normalisation: lower-case hex, most significant byte first."""
    sun: str = ""
    """The address that a card which proves itself shows with this tap; empty where it has none or cannot be read."""
    others: tuple[str, ...] = ()
    """UIDs of further cards that lay on the reader at once."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A reader lost a code or a card, or could not make one out: it is to be presented again."""

    device: str


Event = Scan | Tap | Unread
"""What a reader thread puts in the inbox. An event comes from a device; a message goes to or from head office."""


class DriverError(Exception):
    """A device or network failed. It is caught in one place, changes health, and never undoes a sale."""


class DeviceMissing(DriverError):
    """The path does not exist or the device was unplugged: wait and open again."""


class DeviceBusy(DriverError):
    """Another process holds the device."""


class DeviceForbidden(DriverError):
    """We may not open the device: a udev rule is missing, or has not run yet."""


class PrinterError(DriverError):
    """The printer did not take the bytes."""


class LinkError(DriverError):
    """The broker could not be reached or refused us."""


class LineReader(Protocol):
    """A device that gives lines of text. Used by one thread; `close` may be called from another one."""

    name: str
    dropped: int
    """Texts thrown away since the start: too long, broken, or cut by a lost event."""

    def open(self) -> None:
        """Open the device for us alone. Raises DriverError."""

    def read(self, timeout_s: float) -> Sequence[str]:
        """Return the texts completed within the time, oldest first; empty when there was none. Raises DriverError."""

    def close(self) -> None:
        """Let go of the device; harmless when it is not open."""


class Outcome(StrEnum):
    """What is known of a print job after its last byte was sent."""

    PRINTED = "printed"
    """The printer said so."""
    SENT = "sent"
    """The printer took every byte and is one that never says anything: nothing is known to be wrong."""
    REFUSED = "refused"
    """Nothing was put on paper: out of paper, cover open, not reachable. Try again when it is ready."""
    DOUBTFUL = "doubtful"
    """Bytes went out and no answer came: it may or may not be on paper. Never sent again as an original by itself."""


class PrinterState(StrEnum):
    """What a printer says of itself."""

    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    """Not reachable, or it reports an error."""
    UNKNOWN = "unknown"
    """It does not answer status requests; many do not. It is printed on all the same."""


class Printer(Protocol):
    """A device that puts ESC/POS bytes on paper. Used by one thread."""

    name: str
    last_error: str
    """Why the last job or question failed, for the log and the doctor; empty when it did not."""

    @property
    def says_when_done(self) -> bool:
        """Whether PRINTED is its word that all is on paper; otherwise it was well a while after it had all bytes."""

    def state(self) -> PrinterState:
        """Ask the printer how it is. Never raises."""

    def encoding(self) -> Encoding | None:
        """Return what the printer says of its font; None when it does not say. Never raises."""

    def print(self, data: bytes) -> Outcome:
        """Send one whole job and find out what became of it. Never raises: each failure is an outcome."""

    def open_drawer(self, pin: int) -> Outcome:
        """Open the cash drawer on a pin, 2 or 5, of the printer's drawer connector, with or without paper.

        PRINTED, SENT: the pulse was taken. REFUSED: nothing was sent. DOUBTFUL: it may have opened; not to be sent
        again, for nobody may stand before it any more. Never raises.
        """

    def close(self) -> None: ...


class Scale(Protocol):
    """A device that weighs. Used by one thread; `close` may be called from another one."""

    name: str
    heard: Callable[[bytes], None]
    """Is given the bytes as they come, to record them."""

    @property
    def broken(self) -> int:
        """Frames thrown away since the start; many while none is read mean another protocol or speed."""

    def open(self) -> None:
        """Open the scale for us alone. Raises DriverError."""

    def read(self, timeout_s: float) -> Reading | None:
        """Return the newest reading once there is one, None when time is up. Raises DriverError.

        `is_stable` is true only for a weight that it gave twice without a change.
        """

    def close(self) -> None:
        """Let go of it; harmless when it is not open."""


class PoleDisplay(Protocol):
    """A small display that a customer reads. Used by one thread; `close` may be called from another one."""

    name: str

    def open(self) -> None:
        """Open it for us alone and clear it. Raises DriverError."""

    def show(self, face: PoleFace) -> None:
        """Show something instead of what it shows. Raises DriverError, after a second where it takes no bytes."""

    def check(self) -> None:
        """Raises DriverError when the line is gone. A display never answers, so more cannot be known."""

    def close(self) -> None:
        """Let go of it; harmless when it is not open."""
