"""How everything around the till is: each device, the line to head office, the disk and the clock."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edge.clock import Clock
from edge.screen import DeviceState

log = logging.getLogger(__name__)

DISK_LOW_BYTES = 256 * 1024 * 1024
"""Below this the strip warns."""
DISK_REFUSE_BYTES = 16 * 1024 * 1024
"""Below this a sale is refused before anybody pays: what is left is for closing what is open."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """The line to head office."""

    is_configured: bool = False
    is_online: bool = False
    """The broker is connected."""
    is_hq_online: bool = False
    """Head office says that it takes messages."""
    waiting: int = 0
    """Messages that it has not acknowledged."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """Everything that the status strip shows."""

    link: LinkState
    devices: tuple[DeviceState, ...]
    disk_free_bytes: int
    is_disk_low: bool
    is_disk_full: bool
    is_clock_sane: bool
    problems: tuple[str, ...] = ()
    """What is wrong with the configuration; the last good one is in force."""


def free_bytes(folder: Path) -> int:
    """Return how much may still be written where a folder lies."""
    return shutil.disk_usage(folder).free


class Health:
    """The newest state of everything. Each change is logged once and told to whoever waits."""

    def __init__(
        self,
        *,
        clock: Clock,
        data_dir: Path,
        problems: tuple[str, ...] = (),
        disk_free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._clock = clock
        self._data_dir = data_dir
        self._disk_free = disk_free
        self._problems = problems
        self._changed = threading.Condition()
        self._devices: dict[str, DeviceState] = {}
        self._link = LinkState()
        self._number = 0

    def report(self, name: str, kind: str, state: str, detail: str = "", *, dropped: int = 0) -> None:
        """Take what is known of a device.

        Args:
            state: ok, opening, gone, busy, forbidden, loose, problem, unknown, off and others of its kind.
        """
        with self._changed:
            old = self._devices.get(name)
            if old and (old.state, old.detail, old.dropped) == (state, detail, dropped):
                return
            is_new_state = old is None or (old.state, old.detail) != (state, detail)
            # The same trouble without its reason, at the next question, is nothing new to whoever reads the log.
            is_news = old is None or old.state != state or detail not in ("", old.detail)
            since = self._clock.now_ms() if old is None or is_new_state else old.since_ms
            self._devices[name] = DeviceState(name, kind, state, detail, dropped, since)
            self._touch()
        if is_news:
            level = logging.INFO if state in ("ok", "opening", "off", "trying") else logging.WARNING
            log.log(level, "device %s: %s %s", name, state, detail)

    def report_link(self, link: LinkState) -> None:
        with self._changed:
            if link == self._link:
                return
            is_new_state = replace(link, waiting=0) != replace(self._link, waiting=0)
            self._link = link
            self._touch()
        if is_new_state:
            log.info("head office: broker %s, hq %s %s", link.is_online, link.is_hq_online, link.detail)

    def add_problem(self, problem: str) -> None:
        """Take something that is wrong with the configuration and does not stop the selling."""
        with self._changed:
            self._problems = (*self._problems, problem)
            self._touch()
        log.warning("configuration: %s", problem)

    def device(self, name: str) -> DeviceState | None:
        with self._changed:
            return self._devices.get(name)

    def strip(self) -> Strip:
        """Return the state of everything now; asks the disk."""
        free = self.disk_free_bytes()
        with self._changed:
            return Strip(
                link=self._link,
                devices=tuple(self._devices.values()),
                disk_free_bytes=free,
                is_disk_low=free < DISK_LOW_BYTES,
                is_disk_full=free < DISK_REFUSE_BYTES,
                is_clock_sane=self._clock.is_sane(),
                problems=self._problems,
            )

    def disk_free_bytes(self) -> int:
        return self._disk_free(self._data_dir)

    def nudge(self) -> None:
        """Let every strip be painted again: something that is counted there has changed."""
        with self._changed:
            self._touch()

    @property
    def number(self) -> int:
        """Rises with every change, so that a stream sees whether there is something new."""
        return self._number

    def _touch(self) -> None:
        self._number += 1
        self._changed.notify_all()
