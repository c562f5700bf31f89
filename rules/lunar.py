"""The Chinese calendar: on which solar day a lunar month and day fall. The calendar itself is lunar-python's."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

MONTH_DAYS_MAX = 30
FIRST_YEAR, LAST_YEAR = 1900, 2099
"""Lunar years for which we answer; the calendar's later months are not settled by the astronomers."""
DAYS_KEPT = 512
"""Answers remembered: a birthday is asked for at every pricing of a member's basket."""


@lru_cache(maxsize=DAYS_KEPT)
def solar_day(year: int, month: int, day: int) -> date | None:
    """Return the solar day of a day in a lunar year, or None outside FIRST_YEAR..LAST_YEAR.

    A 30th that a short month does not have is kept on its 29th. The month is the ordinary one, never its leap month.

    Args:
        year: the lunar year, named by the solar year in which it begins.
        month: 1..12.
        day: 1..30.

    >>> solar_day(2026, 1, 1).isoformat(), solar_day(2025, 12, 30).isoformat()
    ('2026-02-17', '2026-02-16')
    """
    assert 1 <= month <= 12 and 1 <= day <= MONTH_DAYS_MAX
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    # Two megabytes that only a shop with lunar birthdays needs.
    from lunar_python import LunarMonth, Solar

    found = LunarMonth.fromYm(year, month)
    assert found is not None, "every lunar year has twelve ordinary months"
    new_moon = Solar.fromJulianDay(found.getFirstJulianDay())
    solar = new_moon.next(min(day, found.getDayCount()) - 1)
    return date(solar.getYear(), solar.getMonth(), solar.getDay())
