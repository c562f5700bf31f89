"""Listening to a device while somebody uses it: its raw bytes on the screen, and a recording that a test can replay.

Nothing is kept while nobody listens, and what is scanned meanwhile is not sold: payment codes and cards pass through
these bytes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from drivers.recording import Recorder, Recording
from edge.clock import monotonic_s

log = logging.getLogger(__name__)

LISTEN_S = 60.0
KEPT_S = 600.0
"""So long a recording may be fetched; then it is thrown away."""
LAST_BYTES = 96


@dataclass(frozen=True, slots=True)
class Heard:
    """How far the listening to a device is."""

    is_possible: bool
    """Its bytes pass through us."""
    left_s: int = 0
    """Seconds that it still listens; 0 when it does not."""
    count: int = 0
    """Bytes so far."""
    last: bytes = b""
    """The newest of them."""
    is_there: bool = False
    """There is a recording to be fetched."""


class Ears:
    """Listens to one device at a time. Called by the devices' threads and by the web's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: dict[str, str] = {}
        self._name = ""
        self._until_s = 0.0
        self._recorder: Recorder | None = None
        self._last = b""
        self._count = 0

    def attach(self, name: str, kind: str, driver: Any) -> None:
        """Take a device's driver; one whose bytes are not its own, such as a PC/SC reader, is left alone."""
        try:
            driver.heard  # noqa: B018 - a simulated reader has it only where its wire is a real one
        except AttributeError:
            return
        self._kinds[name] = kind
        hear: Callable[[bytes], None] = partial(self._hear, name)
        driver.heard = hear

    def start(self, name: str) -> bool:
        """Begin to listen, or begin anew; False for a device that cannot be listened to."""
        if name not in self._kinds:
            return False
        with self._lock:
            self._name, self._until_s = name, monotonic_s() + LISTEN_S
            self._recorder, self._last, self._count = Recorder(self._kinds[name]), b"", 0
        log.info("device %s: somebody listens for %d s", name, LISTEN_S)
        return True

    def stop(self, name: str) -> None:
        """End it early; what was heard may still be fetched."""
        with self._lock:
            if self._name == name:
                self._until_s = min(self._until_s, monotonic_s())

    def take(self, name: str) -> bool:
        """Tell whether what a device has just read is for who listens, and not for the till."""
        return self._name == name and monotonic_s() < self._until_s

    def state(self, name: str) -> Heard:
        with self._lock:
            self._forget()
            if self._name != name or self._recorder is None:
                return Heard(name in self._kinds)
            left_s = int(max(0.0, self._until_s - monotonic_s()) + 0.999)
            return Heard(True, left_s, self._count, self._last, is_there=self._count > 0)

    def recording(self, name: str) -> Recording | None:
        """Return what was heard; None where there is none any more."""
        with self._lock:
            self._forget()
            return self._recorder.recording if self._name == name and self._recorder is not None else None

    def _hear(self, name: str, data: bytes) -> None:
        if not self.take(name):
            return
        with self._lock:
            if self._recorder is not None and self._name == name and not self._recorder.is_full:
                self._recorder.hear(data)
                self._count += len(data)
                self._last = (self._last + data)[-LAST_BYTES:]

    def _forget(self) -> None:
        if self._recorder is not None and monotonic_s() - self._until_s > KEPT_S:
            self._name, self._recorder, self._last, self._count = "", None, b"", 0
