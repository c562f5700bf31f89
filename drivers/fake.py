"""Devices made of nothing, chosen in the configuration like real ones; each fails when told to.

A fault is written ``"N:what"``: the Nth text or job (counted from 1) meets it instead of going through, and the device
stays that way until it is mended.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence

from drivers.base import TEXT_MAX, DeviceMissing

WAITING_MAX = 256
"""Texts typed at a fake reader and not read yet; more are dropped and counted."""
READER_FAULTS = ("unplug",)


def parse_faults(faults: Sequence[str], allowed: Sequence[str]) -> dict[int, str]:
    """Return the fault of each count. Raises ValueError which says what was found and expected."""
    found: dict[int, str] = {}
    for fault in faults:
        count, _, what = fault.partition(":")
        if not count.isascii() or not count.isdigit() or int(count) < 1 or what not in allowed:
            raise ValueError(f"fault {fault!r}: expected N:what with N from 1 and what one of {', '.join(allowed)}")
        found[int(count)] = what
    return found


class HandReader(ABC):
    """A simulated reader as a hand uses it; also a `drivers.base.LineReader`."""

    name: str
    dropped: int
    one_time_faults: tuple[str, ...] = ()
    """What `fail_next` takes."""

    @abstractmethod
    def type(self, text: str) -> None:
        """Hand the reader a code or a card; lost when it is not plugged in."""

    @abstractmethod
    def unplug(self) -> None: ...

    @abstractmethod
    def plug(self) -> None: ...

    @property
    @abstractmethod
    def plugged(self) -> bool: ...

    def fail_next(self, fault: str) -> None:
        """Let the next code or card meet a fault of `one_time_faults`."""
        raise ValueError(f"{self.name}: fault {fault!r}: expected none")

    @abstractmethod
    def open(self) -> None: ...

    @abstractmethod
    def read(self, timeout_s: float) -> Sequence[str]: ...

    @abstractmethod
    def close(self) -> None: ...


class FakeReader(HandReader):
    """A reader that reads what is typed at it: a scanner, or a card reader that types UIDs."""

    def __init__(self, name: str, *, faults: Sequence[str] = ()) -> None:
        self.name = name
        self.dropped = 0
        self._faults = parse_faults(faults, READER_FAULTS)
        self._typed = 0
        self._waiting: deque[str] = deque()
        self._plugged = True
        self._open = False
        self._changed = threading.Condition()

    def type(self, text: str) -> None:
        with self._changed:
            self._typed += 1
            if self._faults.get(self._typed) == "unplug":
                self._plugged = False
                self._waiting.clear()
            if not self._plugged or not text or len(text) > TEXT_MAX or len(self._waiting) >= WAITING_MAX:
                self.dropped += 1
            else:
                self._waiting.append(text)
            self._changed.notify_all()

    def unplug(self) -> None:
        with self._changed:
            self._plugged = False
            self._waiting.clear()
            self._changed.notify_all()

    def plug(self) -> None:
        with self._changed:
            self._plugged = True

    @property
    def plugged(self) -> bool:
        return self._plugged

    def open(self) -> None:
        if not self._plugged:
            raise DeviceMissing(f"{self.name}: unplugged")
        self._open = True

    def read(self, timeout_s: float) -> Sequence[str]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._plugged or not self._open, timeout_s)
            if not self._plugged:
                self._open = False
                raise DeviceMissing(f"{self.name}: unplugged")
            texts = tuple(self._waiting)
            self._waiting.clear()
            return texts

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._changed.notify_all()
