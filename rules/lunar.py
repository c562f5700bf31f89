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


def lunar_days(day: date) -> tuple[int, tuple[int, ...]] | None:
    """Return the month that a solar day falls in, and the days of it that are kept on this one; None in a leap month.

    On the last day of a month of 29 days the 30th is kept as well. None outside FIRST_YEAR..LAST_YEAR too.

    >>> lunar_days(date(2026, 2, 16)), lunar_days(date(2026, 2, 17)), lunar_days(date(2025, 8, 1))
    ((12, (29, 30)), (1, (1,)), None)
    """
    if not FIRST_YEAR < day.year < LAST_YEAR:
        return None
    from lunar_python import LunarMonth, Solar

    found = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    month = LunarMonth.fromYm(found.getYear(), found.getMonth())
    if month is None or found.getMonth() < 1:
        return None
    is_last = found.getDay() == month.getDayCount()
    return found.getMonth(), tuple(range(found.getDay(), MONTH_DAYS_MAX + 1 if is_last else found.getDay() + 1))
