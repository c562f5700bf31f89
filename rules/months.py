"""How long a month is: the standard library's calendar brings along what every program of ours would carry for this."""

from __future__ import annotations

from datetime import date


def days_of_month(year: int, month: int) -> int:
    """Return how many days a month has.

    Args:
        year: 1 to 9999.
        month: 1 to 12.

    >>> [days_of_month(2024, 2), days_of_month(2025, 2), days_of_month(9999, 12)]
    [29, 28, 31]
    """
    return 31 if month == 12 else (date(year, month + 1, 1) - date(year, month, 1)).days
