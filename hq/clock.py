"""The only place at head office that asks the time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Clock:
    """Head office's time. It stands still only in tests."""

    timezone: str = "Asia/Shanghai"
    day_starts_hour: int = 0
    """Hour of the local day at which a new business date begins, 0..12."""
    fixed_ms: int | None = None
    """A moment at which the clock stands still."""

    def now_ms(self) -> int:
        """Return UTC milliseconds."""
        return time.time_ns() // 1_000_000 if self.fixed_ms is None else self.fixed_ms

    def local(self, at_ms: int) -> datetime:
        """Return wall-clock time, without zone, of a UTC moment."""
        return datetime.fromtimestamp(at_ms / 1_000, UTC).astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)

    def business_date(self) -> date:
        """Return the trading day that is now."""
        return (self.local(self.now_ms()) - timedelta(hours=self.day_starts_hour)).date()


def monotonic_s() -> float:
    """Return seconds of a clock that nobody sets, for how long something took."""
    return time.monotonic()
