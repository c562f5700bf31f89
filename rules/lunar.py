"""The Chinese calendar as a table: on which solar day a lunar month and day fall."""

from __future__ import annotations

from datetime import date, timedelta

LONG_MONTH = 30
SHORT_MONTH = 29

_YEARS = (
    # year, month and day of its New Year, the month that is followed by its leap month (0: none), long and short months
    (2020, 1, 25, 4, "-+++-+--+-+-+"),
    (2021, 2, 12, 0, "-++-+-+-+-+-"),
    (2022, 2, 1, 0, "+-+-++-+-+-+"),
    (2023, 1, 22, 2, "-+--++-++-+-+"),
    (2024, 2, 10, 0, "-+--+-++-++-"),
    (2025, 1, 29, 6, "+-+--+-+-+++-"),
    (2026, 2, 17, 0, "+-+--+--+++-"),
    (2027, 2, 6, 0, "++-+--+--++-"),
    (2028, 1, 26, 5, "+++-+--+--++-"),
    (2029, 2, 13, 0, "++-+-+-+--++"),
    (2030, 2, 3, 0, "-+-++-+-+-+-"),
    (2031, 1, 23, 3, "-++-+-++-+-+-"),
    (2032, 2, 11, 0, "+--+-++-++-+"),
    (2033, 1, 31, 11, "-+--+-+-+++-+"),
    (2034, 2, 19, 0, "-+--+-+-++-+"),
    (2035, 2, 8, 0, "+-+--+--++-+"),
    (2036, 1, 28, 6, "++-+--+--+-++"),
    (2037, 2, 15, 0, "++-+--+--+-+"),
    (2038, 2, 4, 0, "++-+-+-+--+-"),
    (2039, 1, 24, 5, "++-++-+-+-+--"),
    (2040, 2, 12, 0, "+-++-+-++-+-"),
    (2041, 2, 1, 0, "-+-+-++-++-+"),
    (2042, 1, 22, 2, "-+--+-+-++-++"),
    (2043, 2, 10, 0, "-+--+--++-++"),
    (2044, 1, 30, 7, "+-+--+--+-+++"),
    (2045, 2, 17, 0, "+-+--+--+-++"),
    (2046, 2, 6, 0, "+-+-+-+--+-+"),
    (2047, 1, 26, 5, "+-++-+-+--+-+"),
    (2048, 2, 14, 0, "-++-++-+--+-"),
    (2049, 2, 2, 0, "+-+-++-++-+-"),
    (2050, 1, 23, 3, "-+-+-+-++-++-"),
    (2051, 2, 11, 0, "+--+--++-+++"),
    (2052, 2, 1, 8, "-+--+--+-++++"),
    (2053, 2, 19, 0, "-+--+--+-+++"),
    (2054, 2, 8, 0, "-++--+--+-++"),
    (2055, 1, 28, 6, "-++-+-+--+-+-"),
    (2056, 2, 15, 0, "+++-+-+--+-+"),
    (2057, 2, 4, 0, "-++-+-++--+-"),
    (2058, 1, 24, 4, "+-+-+-++-++--"),
    (2059, 2, 12, 0, "+-+-+-+-+++-"),
    (2060, 2, 2, 0, "+--+--+-+++-"),
)
"""Source: GB/T 33661-2017: a month begins on the day of the new moon at UTC+8; new moons after J. Meeus, ch. 49."""

FIRST_YEAR = _YEARS[0][0]
LAST_YEAR = _YEARS[-1][0]


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
    assert 1 <= month <= 12 and 1 <= day <= LONG_MONTH
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    _, first_month, first_day, leap, lengths = _YEARS[year - FIRST_YEAR]
    position = month - 1 + (1 if leap and month > leap else 0)
    days_before = sum(LONG_MONTH if length == "+" else SHORT_MONTH for length in lengths[:position])
    length_of_month = LONG_MONTH if lengths[position] == "+" else SHORT_MONTH
    return date(year, first_month, first_day) + timedelta(days=days_before + min(day, length_of_month) - 1)
