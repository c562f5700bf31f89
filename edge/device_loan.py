"""A device that its own thread lets go of for a while, so that somebody else may open it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOK_S = 0.2
"""How often a thread without its device looks whether it is to end."""


class Loan:
    """One device at a time. Its thread asks `is_asked_for` between two turns, closes the device and calls `lend`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._name = ""
        self._is_closed = False

    def is_asked_for(self, name: str) -> bool:
        return self._name == name

    def lend(self, name: str, stopping: threading.Event, tell: Callable[[], None]) -> None:
        """Say that the device is closed, and wait until it is given back or the daemon stops.

        Args:
            tell: is called where somebody does want it, before they have it: it is not ready meanwhile.
        """
        if self.is_asked_for(name):
            tell()
        with self._changed:
            while self._name == name and not stopping.is_set():
                self._is_closed = True
                self._changed.notify_all()
                self._changed.wait(LOOK_S)

    @contextmanager
    def of(self, name: str, *, wait_s: float) -> Iterator[bool]:
        """Borrow a device; False when its thread did not let go of it within the time."""
        with self._changed:
            assert not self._name, self._name
            self._name, self._is_closed = name, False
            is_lent = self._changed.wait_for(lambda: self._is_closed, wait_s)
        try:
            yield is_lent
        finally:
            with self._changed:
                self._name = ""
                self._changed.notify_all()
