"""The only place that asks the time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

YEAR_MIN = 2026
"""A box whose clock shows an earlier year has no battery and has not met a time server yet."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Store time. `now_ms` stands still or is shifted only in tests and demos."""

    timezone: str = "Asia/Shanghai"
    day_starts_hour: int = 0
    """Hour of the local day at which a new business date begins, 0..12: a bar that closes at 02:00 says 4."""
    fixed_ms: int | None = None
    """A moment at which the clock stands still."""

    def now_ms(self) -> int:
        """Return UTC milliseconds."""
        return time.time_ns() // 1_000_000 if self.fixed_ms is None else self.fixed_ms

    def local(self, at_ms: int) -> datetime:
        """Return the store's wall-clock time, without zone, of a UTC moment."""
        return datetime.fromtimestamp(at_ms / 1_000, ZoneInfo(self.timezone)).replace(tzinfo=None)

    def at_ms(self, local: datetime) -> int:
        """Return the UTC milliseconds of a store-local moment without zone."""
        return int(local.replace(tzinfo=ZoneInfo(self.timezone)).timestamp() * 1_000)

    def now_local(self) -> datetime:
        return self.local(self.now_ms())

    def business_date(self, at_ms: int) -> date:
        """Return the trading day that a UTC moment counts in.

        It is for what is counted by the day: receipts, shifts, how often something may be used a day. What is valid to
        a day, and a birthday, go by `local` and end at midnight: the day stands on a paper that the customer reads, and
        means the calendar's wherever else it is read.
        """
        return (self.local(at_ms) - timedelta(hours=self.day_starts_hour)).date()

    def is_sane(self) -> bool:
        """Tell whether the clock can be right at all; a sale made while it is not is marked."""
        return self.now_local().year >= YEAR_MIN


def monotonic_s() -> float:
    """Return seconds that never jump, for durations."""
    return time.monotonic()
