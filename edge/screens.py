"""The newest view of each lane, numbered, for whoever shows it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from edge.clock import monotonic_s
from edge.screen import TillView


class Screens:
    """The newest view of each lane, for any number of waiting readers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._views: dict[int, TillView] = {}
        self._since_s: dict[int, float] = {}
        self._closed = False
        self._sent = threading.Condition()
        self._streams: Counter[int] = Counter()
        self._last_sent: dict[int, int] = {}

    def show(self, view: TillView) -> TillView:
        """Make the view the newest of its lane, with the next number, and wake the readers."""
        with self._changed:
            old = self._views.get(view.lane)
            view = replace(view, number=(old.number if old else 0) + 1)
            if old is None or (old.stage, old.sale_id) != (view.stage, view.sale_id):
                self._since_s[view.lane] = monotonic_s()
            self._views[view.lane] = view
            self._changed.notify_all()
            return view

    def newest(self, lane: int) -> TillView:
        """Return the newest view of the lane. Raises KeyError for a lane that does not exist."""
        with self._changed:
            return self._views[lane]

    def since_s(self, lane: int) -> float:
        """Return the moment of the monotonic clock at which the lane came to its stage, or to its sale there."""
        with self._changed:
            return self._since_s[lane]

    def wake(self) -> None:
        """Let every reader look whether what it waits for has come."""
        with self._changed:
            self._changed.notify_all()

    def wait(
        self, lane: int, *, after: int, timeout_s: float, or_when: Callable[[], bool] = lambda: False
    ) -> TillView | None:
        """Return the newest view once its number differs from `after`, or None when time is up or the daemon stops.

        Args:
            or_when: ends the wait as well; asked again whenever somebody calls `wake`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._views[lane].number != after or or_when(), timeout_s)
            view = self._views[lane]
            return view if view.number != after and not self._closed else None

    @contextmanager
    def streamed(self, lane: int) -> Iterator[Callable[[int], None]]:
        """Count a stream of the lane while it lasts, and give it the function that says which view it has written."""

        def sent(number: int) -> None:
            with self._sent:
                self._last_sent[lane] = number
                self._sent.notify_all()

        with self._sent:
            self._streams[lane] += 1
        try:
            yield sent
        finally:
            with self._sent:
                self._streams[lane] -= 1
                self._sent.notify_all()

    def wait_sent(self, lane: int, *, timeout_s: float) -> None:
        """Return once a stream of the lane has written its newest view; at once when there is no stream."""
        number = self.newest(lane).number
        with self._sent:
            self._sent.wait_for(lambda: not self._streams[lane] or self._last_sent.get(lane, -1) >= number, timeout_s)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Wake every reader for the last time."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
