"""Which birthdays are kept in a span of days: asked this way round, a store need not look at every member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rules.loyalty import Birthday, birthday_on
from rules.lunar import MONTH_DAYS_MAX

SPAN_DAYS_MAX = 366
"""Longest span that is asked for."""
BirthdayKey = tuple[bool, int, int]
"""Lunar or not, month, day, as it stands in a member's file."""


def birthdays_kept(first: date, last: date) -> Mapping[BirthdayKey, date]:
    """Return every birthday that is kept from the first to the last day, both included, with the day of that.

    >>> kept = birthdays_kept(date(2027, 2, 28), date(2027, 2, 28))
    >>> [key for key in sorted(kept) if not key[0]]
    [(False, 2, 28), (False, 2, 29), (False, 2, 30), (False, 2, 31)]
    """
    assert 0 <= (last - first).days < SPAN_DAYS_MAX
    found: dict[BirthdayKey, date] = {}
    for is_lunar, days in ((False, 31), (True, MONTH_DAYS_MAX)):
        for month in range(1, 13):
            for day in range(1, days + 1):
                # A lunar year begins in the solar one of its name and ends in the next.
                for year in range(first.year - is_lunar, last.year + 1):
                    kept = birthday_on(Birthday(month, day, lunar=is_lunar), year)
                    if kept is not None and first <= kept <= last:
                        found.setdefault((is_lunar, month, day), kept)
    return found
