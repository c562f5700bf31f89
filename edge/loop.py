"""The inbox and the one writer thread: it owns the tills, and every change of the store happens on it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Any

from drivers.base import Event, Scan, Unread
from edge import approvals
from edge.clock import monotonic_s
from edge.screen import Refusal
from edge.store.database import Store, StoreError, is_full
from edge.store.known import one_look
from edge.till import Till

log = logging.getLogger(__name__)

INBOX_MAX = 1_000
"""Events and requests that may wait. More means that the till is stuck; the oldest are worth more than the newest."""
ASK_TIMEOUT_S = 5.0
"""Longest that a request of the screen waits for the till."""
TICK_S = 1.0
STUCK_AFTER_S = 10.0
"""Without a turn of the loop for so long, the watchdog is no longer told that the till is alive."""


class TillBusyError(Exception):
    """The till did not answer in time, or the daemon is stopping."""


@dataclass(frozen=True, slots=True)
class _Job:
    """Something to be done on the writer thread, and where its answer goes."""

    run: Callable[[], Any]
    answer: Future[Any] | None
    lane: int | None


class Loop:
    """The writer thread. `start` makes the tills on it; every other thread only puts things in the inbox."""

    def __init__(
        self, *, store: Store, make_tills: Callable[[], Mapping[int, Till]], on_crash: Callable[[BaseException], None]
    ) -> None:
        self._store = store
        self._make_tills = make_tills
        self._on_crash = on_crash
        self._inbox: queue.Queue[_Job | None] = queue.Queue(INBOX_MAX)
        self._tills: Mapping[int, Till] = {}
        self._thread = threading.Thread(target=self._run, name="till", daemon=True)
        self._ready = threading.Event()
        self._unreadable: StoreError | None = None
        self._stopping = False
        self._turned_s = monotonic_s()

    def start(self, *, timeout_s: float = 30.0) -> None:
        """Begin, and return once every lane shows its first view.

        Raises StoreError when the lanes cannot be read, and TillBusyError.
        """
        self._thread.start()
        is_ready = self._ready.wait(timeout_s)
        if self._unreadable is not None:
            raise self._unreadable
        if not is_ready or not self._thread.is_alive():
            raise TillBusyError("the till did not start")

    def stop(self, *, timeout_s: float = 10.0) -> None:
        """Finish what is in the inbox and end the thread."""
        self._stopping = True
        try:
            self._inbox.put(None, timeout=timeout_s)
        except queue.Full:
            log.exception("the till is stuck; it is left behind")
        self._thread.join(timeout_s)

    def is_alive(self) -> bool:
        """Tell whether the till still answers: what the watchdog is fed on."""
        return self._thread.is_alive() and monotonic_s() - self._turned_s < STUCK_AFTER_S

    def post(self, lane: int, event: Event) -> bool:
        """Hand over what a device told; False when the inbox is full and it was dropped. Never waits."""
        till = self._tills.get(lane)
        if till is None or self._stopping:
            return False
        if isinstance(event, Scan):
            text = event.text
            job = _Job(lambda: till.scan(text), None, lane)
        elif isinstance(event, Unread):
            job = _Job(till.unread, None, lane)
        else:
            tapped = event
            job = _Job(lambda: till.tap(tapped.uid, tapped.sun, tapped.others), None, lane)
        return self._put(job)

    def ask(self, lane: int, method: Callable[..., Any], /, **arguments: Any) -> Any:
        """Run a method of a lane's till on the writer thread and return its value.

        Raises TillBusyError when it does not answer in time, KeyError for a lane that does not exist.
        """
        till = self._tills[lane]
        return self._await(_Job(lambda: approvals.ask(till, method, arguments), Future(), lane))

    def write(self, change: Callable[[], Any], *, timeout_s: float = ASK_TIMEOUT_S) -> Any:
        """Run a change of the store in one transaction on the writer thread and return its value.

        Args:
            timeout_s: longest that the caller waits; what is in the inbox by then is done all the same.

        Raises TillBusyError, and StoreError when it could not be written.
        """

        def run() -> Any:
            with self._store.transaction():
                return change()

        return self._await(_Job(run, Future(), None), timeout_s)

    def swap(self, lane: int, till: Till) -> Till:
        """Put another till in a lane's place, from within a deed, and return the one that was there."""
        assert threading.current_thread() is self._thread
        before = self._tills[lane]
        self._tills = {**self._tills, lane: till}
        return before

    def breathe(self) -> None:
        """Tell, from within a long change, that the till is at work and not stuck."""
        assert threading.current_thread() is self._thread
        self._turned_s = monotonic_s()

    def _await(self, job: _Job, timeout_s: float = ASK_TIMEOUT_S) -> Any:
        assert job.answer is not None and threading.current_thread() is not self._thread
        if self._stopping or not self._put(job):
            raise TillBusyError("the inbox is full or closed")
        try:
            return job.answer.result(timeout_s)
        except FutureTimeoutError:
            raise TillBusyError("the till did not answer in time") from None

    def _put(self, job: _Job) -> bool:
        try:
            self._inbox.put_nowait(job)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        try:
            try:
                self._tills = self._make_tills()
            except StoreError as error:
                # It is for whoever starts us to say what can be done about it.
                self._stopping, self._unreadable = True, error
                return
            self._ready.set()
            while True:
                self._turned_s = monotonic_s()
                job = self._next()
                if job is None:
                    break
                self._do(job)
        except BaseException as error:
            log.critical("the till thread ended", exc_info=error)
            self._stopping = True
            self._on_crash(error)
        finally:
            self._ready.set()
            self._turn_away()
            self._store.close_thread()

    def _next(self) -> _Job | None:
        """Return what is to be done now; None ends the loop.

        Scans that waited behind a banner were made before whatever is in the inbox, so they go first, each in a turn of
        its own: fifty of them in a large basket take longer than the watchdog waits.
        """
        for lane, till in self._tills.items():
            if till.is_working_off():
                return _Job(till.work_off, None, lane)
        try:
            return self._inbox.get(timeout=TICK_S)
        except queue.Empty:
            return _Job(self._tick, None, None)

    def _turn_away(self) -> None:
        """Answer whoever still waits: nobody is left to do what was asked."""
        for _ in range(INBOX_MAX):
            try:
                job = self._inbox.get_nowait()
            except queue.Empty:
                break
            if job is not None and job.answer is not None:
                job.answer.set_exception(TillBusyError("the till ended"))

    def _do(self, job: _Job) -> None:
        try:
            # A deed happens in one world: what other processes write meanwhile counts from the next one on.
            with one_look(self._store.db):
                value = job.run()
        except StoreError as error:
            value = self._failed_write(job, error)
            if job.answer is not None and job.lane is None:
                job.answer.set_exception(error)
                return
        except Exception as error:
            # A wrong question is the asker's; a broken promise of our own, or a mistake that nobody hears of, ends us.
            if job.answer is None:
                raise
            if isinstance(error, AssertionError):
                job.answer.set_exception(TillBusyError("the till ended"))
                raise
            job.answer.set_exception(error)
            return
        if job.answer is not None:
            job.answer.set_result(value)

    def _failed_write(self, job: _Job, error: StoreError) -> Refusal:
        """Say on the lane's screen that nothing was written; the transaction undid itself, so all is as it was."""
        log.error("the store could not be written: %s", error)
        refusal = Refusal("disk_full" if is_full(error) else "store_failed")
        if job.lane is not None:
            self._tills[job.lane].refuse(refusal)
        return refusal

    def _tick(self) -> None:
        for till in self._tills.values():
            till.tick()
