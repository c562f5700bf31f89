"""Spans of the calendar in which a member's spend, visits and points are counted, and months added to a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from rules.months import days_of_month

MONTHS_PER_YEAR = 12
ONE_DAY = timedelta(days=1)
Window = Literal["rolling", "month", "quarter", "half_year", "year"]
CALENDAR_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""Months of each window that begins where the calendar says."""


def months_after(day: date, months: int) -> date:
    """Return the same day some months later, or the last one of that month; earlier where months are below zero.

    >>> months_after(date(2026, 1, 31), 1).isoformat(), months_after(date(2026, 1, 5), -12).isoformat()
    ('2026-02-28', '2025-01-05')
    """
    year, month = divmod(day.year * MONTHS_PER_YEAR + day.month - 1 + months, MONTHS_PER_YEAR)
    return date(year, month + 1, min(day.day, days_of_month(year, month + 1)))


def months_before(day: date, months: int) -> date:
    """Return the same day some months ago, or the last one of that month.

    >>> months_before(date(2026, 3, 31), 1).isoformat(), months_before(date(2026, 1, 5), 12).isoformat()
    ('2026-02-28', '2025-01-05')
    """
    return months_after(day, -months)


def window_start(window: Window, day: date, *, months: int) -> date:
    """Return the first day that a window which holds the day counts.

    Args:
        months: length of a rolling window, which counts from the same day so many months ago; others have their own.

    >>> window_start("quarter", date(2026, 11, 24), months=12).isoformat()
    '2026-10-01'
    >>> window_start("rolling", date(2026, 11, 24), months=12).isoformat()
    '2025-11-24'
    """
    if window == "rolling":
        return months_before(day, months)
    length = CALENDAR_MONTHS[window]
    return date(day.year, (day.month - 1) // length * length + 1, 1)


def window_end(window: Window, day: date) -> date:
    """Return the first day after the calendar window that holds the day.

    >>> window_end("half_year", date(2026, 11, 24)).isoformat(), window_end("month", date(2026, 2, 3)).isoformat()
    ('2027-01-01', '2026-03-01')
    """
    assert window != "rolling", "a rolling window has no end of its own"
    return months_after(window_start(window, day, months=0), CALENDAR_MONTHS[window])
