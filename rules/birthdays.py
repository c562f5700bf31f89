"""Which birthdays are kept in a span of days: asked this way round, a store need not look at every member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from rules import lunar
from rules.months import days_of_month

SPAN_DAYS_MAX = 366
"""Longest span that is asked for."""
MONTH_DAYS_MAX = 31
BirthdayKey = tuple[bool, int, int]
"""Lunar or not, month, day, as it stands in a member's file."""


def birthdays_kept(first: date, last: date) -> Mapping[BirthdayKey, date]:
    """Return every birthday that is kept from the first to the last day, both included, with the day of that.

    It says of each what `loyalty.birthday_on` says.

    >>> sorted(birthdays_kept(date(2027, 2, 28), date(2027, 2, 28)))
    [(False, 2, 28), (False, 2, 29), (False, 2, 30), (False, 2, 31), (True, 1, 23)]
    """
    span = (last - first).days
    assert 0 <= span < SPAN_DAYS_MAX
    found: dict[BirthdayKey, date] = {}
    for day in (first + timedelta(days=ahead) for ahead in range(span + 1)):
        is_last = day.day == days_of_month(day.year, day.month)
        for number in range(day.day, MONTH_DAYS_MAX + 1 if is_last else day.day + 1):
            found.setdefault((False, day.month, number), day)
        month, numbers = lunar.lunar_days(day) or (0, ())
        for number in numbers:
            found.setdefault((True, month, number), day)
    return found
