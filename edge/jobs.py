"""What happens by the clock: once a night, in small steps between which the tills go on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from edge.expiry import take_back_expired
from edge.loop import Loop, TillBusyError
from edge.member_retention import drop_notes, forget_members
from edge.shop import Shop
from edge.store.auditing import check
from edge.store.database import StoreError, execute, scalar
from edge.stored_value_grants import give_due
from edge.tier_review import review_tiers

log = logging.getLogger(__name__)

NIGHT_HOUR = 4
"""Local hour from which on a day's jobs are done; a box that was off then does them when it is on again."""
LOOK_EVERY_S = 60.0
REST_S = 0.02
"""Between two steps, so that whoever presses something is not kept waiting."""
STEPS_MAX = 100_000
"""Steps of one job in one night."""
AUDITED = "job/audit"
"""In the store's table `meta`: the day whose audit was made."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done once a night."""

    name: str
    step: Callable[[Shop, str], str | None]
    """Does a bounded part in one transaction on the writer thread. It is given where the part before ended, the empty
    text at first, and returns where to go on, or None when all is done."""


NIGHTLY: tuple[Job, ...] = (
    Job("forget_members", forget_members),
    Job("drop_notes", drop_notes),
    Job("review_tiers", review_tiers),
    Job("expire_points", take_back_expired),
    Job("give_due", give_due),
)
"""In their order; a subject adds one line."""


class Jobs:
    """The thread that looks what is due."""

    def __init__(self, shop: Shop, loop: Loop, nightly: tuple[Job, ...] = NIGHTLY) -> None:
        self._shop = shop
        self._loop = loop
        self._nightly = nightly
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout_s: float = 10.0) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def look(self) -> None:
        """Do every job of today that is due and was not done yet. What fails is tried again at the next look."""
        now = self._shop.clock.now_local()
        # By a clock that was never set everything would be due, or nothing for years.
        if now.hour < NIGHT_HOUR or not self._shop.clock.is_sane():
            return
        today = now.date().isoformat()
        for job in self._nightly:
            if self._stopping.is_set():
                return
            done = scalar(self._shop.store.reads, "SELECT value FROM meta WHERE key = ?", f"job/{job.name}")
            if done is None or done < today:
                self._do(job, today)
        done = scalar(self._shop.store.reads, "SELECT value FROM meta WHERE key = ?", AUDITED)
        if not self._stopping.is_set() and (done is None or done < today):
            self._audit(today)

    def _audit(self, today: str) -> None:
        """Recompute the books beside the tills, from the read-only connections; what is wrong stands on every strip."""
        try:
            problems = check(self._shop.store.reads).problems
            self._loop.write(
                lambda: execute(self._shop.store.db, "INSERT OR REPLACE INTO meta VALUES (?, ?)", AUDITED, today)
            )
        except (TillBusyError, StoreError) as error:
            log.warning("the audit of the night is put off: %s", error)
            return
        for problem in problems:
            log.error("audit: %s", problem)
        self._shop.health.report("books", "books", "problem" if problems else "ok", problems[0] if problems else "")

    def _do(self, job: Job, today: str) -> None:
        place, is_done = "", False
        try:
            for _ in range(STEPS_MAX):
                following = self._loop.write(partial(job.step, self._shop, place))
                is_done = following is None
                if is_done or self._stopping.wait(REST_S):
                    break
                place = following
            if is_done:
                self._loop.write(
                    lambda: execute(
                        self._shop.store.db, "INSERT OR REPLACE INTO meta VALUES (?, ?)", f"job/{job.name}", today
                    )
                )
                self._shop.committed()
        except (TillBusyError, StoreError) as error:
            log.warning("job %s is put off: %s", job.name, error)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            self.look()
        self._shop.store.close_thread()
