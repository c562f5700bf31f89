"""Scan to identify: which of the scanners on the counter is which, told by the one that reads something."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.base import DriverError
from drivers.evdev_lines import EvdevLines
from drivers.input_nodes import InputNode, input_nodes, twins
from edge.clock import monotonic_s

LISTEN_S = 30.0
"""So long after the button was pressed, what is read is not sold but only named."""
READ_S = 0.1
DEVICES_MAX = 16
"""Devices outside the configuration that are listened to at once."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that types, outside the configuration."""

    identity: str
    """What a configuration names it by."""
    name: str
    is_twin: bool
    """Another one of the same make has no serial number either: its socket is all that tells it apart."""
    is_forbidden: bool
    """We may not open it: a keyboard that people type on, or a reader that no udev rule knows yet."""


@dataclass(frozen=True, slots=True)
class Listening:
    """How far it is."""

    left_s: int
    """Seconds that it still listens; 0 when it does not."""
    named: str
    """The newest device that read something: its name in the configuration, or its identity; empty when none did."""
    candidates: tuple[Candidate, ...]


class Identify:
    """Listens for a while to every scanner. Called by the readers' threads and by the web's.

    What the till's own readers read in that time is kept from the till. Devices outside the configuration are only
    listened to, never grabbed: one of them may be the keyboard that somebody needs.
    """

    def __init__(self, *, nodes: Callable[[], Sequence[InputNode]] = input_nodes, folder: str = "/dev/input") -> None:
        self._nodes = nodes
        self._folder = folder
        self._lock = threading.Lock()
        self._until_s = 0.0
        self._named = ""
        self._candidates: tuple[Candidate, ...] = ()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin, or begin anew."""
        nodes = [node for node in self._nodes() if node.types_digits and node.identity]
        alike = {node.event for node in twins(nodes)}
        with self._lock:
            is_running = self._until_s > monotonic_s()
            self._until_s = monotonic_s() + LISTEN_S
            self._named, self._candidates = "", ()
            if is_running and any(thread.is_alive() for thread in self._threads):
                return
            self._threads = []
        for node in nodes[:DEVICES_MAX]:
            reader = EvdevLines(node.identity, f"{self._folder}/{node.event}", grab=False, nodes=lambda path: (path,))
            try:
                reader.open()
                is_forbidden = False
            except DriverError:
                is_forbidden = True
            found = Candidate(node.identity, node.name, node.event in alike, is_forbidden)
            with self._lock:
                self._candidates = (*self._candidates, found)
            if not is_forbidden:
                thread = threading.Thread(target=self._listen, args=(reader,), name="identify", daemon=True)
                self._threads.append(thread)
                thread.start()

    def stop(self) -> None:
        self._until_s = 0.0
        for thread in self._threads:
            thread.join(1.0)

    def take(self, device: str) -> bool:
        """Tell whether what a device of the configuration has just read is for us, and not for the till."""
        if self._until_s <= monotonic_s():
            return False
        self._named = device
        return True

    @property
    def was_asked(self) -> bool:
        """Whether it was ever begun."""
        return self._until_s > 0

    def state(self) -> Listening:
        left_s = max(0.0, self._until_s - monotonic_s())
        with self._lock:
            return Listening(int(left_s + 0.999), self._named, self._candidates)

    def _listen(self, reader: EvdevLines) -> None:
        # A device that goes is no longer listened to; the next press of the button finds what is there then.
        with contextlib.suppress(DriverError):
            while self._until_s > monotonic_s():
                if reader.read(READ_S):
                    self._named = reader.name
        reader.close()
