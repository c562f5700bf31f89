"""What happens by the clock and not at a press: each job looks for what is due, in small parts, on the writer thread.

A job finds its work in the store and does nothing twice, so it may be run at any time and as often as wanted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from edge.loop import Loop, TillBusyError
from edge.points_expiry import expire_points
from edge.shop import Shop
from edge.store.database import StoreError
from edge.store.jobs import is_steady
from edge.tier_review import review_tiers

log = logging.getLogger(__name__)

EVERY_S = 300.0
"""How often the jobs look for what is due: a tier falls, and points expire, within minutes of the new day."""
PARTS_MAX = 20_000
"""Most parts of one job in a row; what is left is due at the next look."""
PAUSE_S = 0.02
"""Between two parts, so that a press at a lane never waits for more than one."""

Job = Callable[[Shop, str], str | None]
"""Does one part of its work after a mark, in the writer's transaction, and returns the next mark; None at the end."""

JOBS: tuple[Job, ...] = (review_tiers, expire_points)
"""In this order; a subject adds one line."""


def run(shop: Shop, write: Callable[[Callable[[], Any]], Any], *, wait: Callable[[float], bool] | None = None) -> None:
    """Do everything that is due now, unless the clock cannot be trusted.

    Args:
        write: runs a change on the writer thread, in a transaction of its own.
        wait: pauses, and tells whether to stop.
    """
    if not shop.clock.is_sane() or not write(lambda: is_steady(shop.store.db, now_ms=shop.clock.now_ms())):
        return
    for job in JOBS:
        mark: str | None = ""
        for _ in range(PARTS_MAX):
            at: str = mark or ""
            mark = write(lambda job=job, at=at: job(shop, at))  # type: ignore[misc]
            if mark is None or (wait is not None and wait(PAUSE_S)):
                break


class JobsThread:
    """Runs the jobs again and again until it is stopped."""

    def __init__(self, shop: Shop, loop: Loop, *, on_crash: Callable[[BaseException], None]) -> None:
        self._shop, self._loop, self._on_crash = shop, loop, on_crash
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout_s: float = 5.0) -> None:
        self._stopping.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    run(self._shop, self._loop.write, wait=self._stopping.wait)
                except (TillBusyError, StoreError) as error:
                    # What was not done is still due.
                    log.warning("jobs: %s", error)
                self._stopping.wait(EVERY_S)
        except BaseException as error:
            log.critical("the jobs ended", exc_info=error)
            self._on_crash(error)
        finally:
            self._shop.store.close_thread()
