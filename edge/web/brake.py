"""How often strangers may ask: so many times a minute from one address, and from all together."""

from __future__ import annotations

import threading
from collections import OrderedDict

from edge.clock import monotonic_s

ADDRESSES_MAX = 1_000
"""Addresses that are remembered; the one that was silent longest is forgotten first."""


class Brake:
    """Counts in windows of a minute; in memory only, since a restart takes longer than it could help anybody."""

    def __init__(self, *, each: int, together: int, window_s: float = 60.0) -> None:
        self._each, self._together, self._window_s = each, together, window_s
        self._lock = threading.Lock()
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._all = (0.0, 0)

    def lets(self, address: str) -> bool:
        """Tell whether somebody may ask now, and count it."""
        now = monotonic_s()
        with self._lock:
            own = self._next(self._counts.pop(address, (now, 0)), now)
            self._counts[address] = own
            if len(self._counts) > ADDRESSES_MAX:
                self._counts.popitem(last=False)
            if own[1] > self._each:
                return False
            self._all = self._next(self._all, now)
            return self._all[1] <= self._together

    def _next(self, seen: tuple[float, int], now: float) -> tuple[float, int]:
        began, count = seen
        return (now, 1) if now - began >= self._window_s else (began, count + 1)
