"""Festivals of the Chinese calendar, and which days the State Council made holidays and make-up workdays.

Festivals are computed for every year of the lunar calendar. Holidays and make-up workdays are announced a year at a
time; they stand in data/calendar-cn.toml, and where a year is missing Saturday and Sunday are the days off, with a
warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, get_args

import msgspec

from rules.lunar import solar_day

SATURDAY = 5
"""As `date.weekday` counts."""
Festival = Literal[
    "new_year",
    "new_years_eve",
    "spring_festival",
    "lantern",
    "valentines",
    "womens_day",
    "labour_day",
    "childrens_day",
    "dragon_boat",
    "qixi",
    "mid_autumn",
    "double_ninth",
    "national_day",
    "singles_day",
    "christmas",
]
FESTIVALS: tuple[Festival, ...] = get_args(Festival)
SOLAR: Mapping[Festival, tuple[int, int]] = {
    "new_year": (1, 1),
    "valentines": (2, 14),
    "womens_day": (3, 8),
    "labour_day": (5, 1),
    "childrens_day": (6, 1),
    "national_day": (10, 1),
    "singles_day": (11, 11),
    "christmas": (12, 25),
}
LUNAR: Mapping[Festival, tuple[int, int]] = {
    "spring_festival": (1, 1),
    "lantern": (1, 15),
    "dragon_boat": (5, 5),
    "qixi": (7, 7),
    "mid_autumn": (8, 15),
    "double_ninth": (9, 9),
}
DATA = "calendar-cn.toml"


class OfficialDays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was announced for one year."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    """Saturdays and Sundays on which the country works."""


class Calendar(msgspec.Struct, frozen=True):
    """The official days by year."""

    years: dict[int, OfficialDays] = {}

    def is_workday(self, day: date) -> bool:
        """Tell whether the country works on a day; in a year without data, from Monday to Friday."""
        official = self.years.get(day.year)
        if official is not None and day in official.workdays:
            return True
        if official is not None and day in official.holidays:
            return False
        return day.weekday() < SATURDAY


def shipped_calendar() -> Calendar:
    """Return the calendar that comes with the program."""
    return read_calendar(Path(__file__).parent.joinpath("data", DATA).read_text(encoding="utf-8"))


def read_calendar(text: str) -> Calendar:
    """Return the calendar in a TOML text: a table a year, `holidays` and `workdays` as dates or [first, last] pairs.

    Raises:
        ValueError: it is no such file.
    """
    import tomllib  # whoever prices by no calendar does not carry its reader

    years: dict[int, OfficialDays] = {}
    for year, table in tomllib.loads(text).items():
        if set(table) - {"holidays", "workdays", "source"}:
            raise ValueError(f"calendar {year}: unknown key")
        days = {key: frozenset(_days(table.get(key, []))) for key in ("holidays", "workdays")}
        if not all(day.year == int(year) for each in days.values() for day in each):
            raise ValueError(f"calendar {year}: a day of another year")
        years[int(year)] = OfficialDays(days["holidays"], days["workdays"])
    return Calendar(years)


def _days(rows: list[date | list[date]]) -> list[date]:
    found: list[date] = []
    for row in rows:
        first, last = (row, row) if isinstance(row, date) else row
        found += [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return found


def festival_on(festival: Festival, year: int) -> date | None:
    """Return the day of a festival in a year (lunar ones by the lunar year that begins in it), or None where unknown.

    >>> [festival_on(name, 2027).isoformat() for name in ("spring_festival", "dragon_boat", "mid_autumn")]
    ['2027-02-06', '2027-06-09', '2027-09-15']
    """
    if festival == "new_years_eve":
        first = solar_day(year, 1, 1)
        return None if first is None else first - timedelta(days=1)
    if festival in LUNAR:
        return solar_day(year, *LUNAR[festival])
    return date(year, *SOLAR[festival])


def is_festival(festival: Festival, day: date, *, days_before: int = 0, days_after: int = 0) -> bool:
    """Tell whether a day lies in the window around a festival; windows reach across New Year."""
    for year in (day.year - 1, day.year, day.year + 1):
        on = festival_on(festival, year)
        if on and on - timedelta(days=days_before) <= day <= on + timedelta(days=days_after):
            return True
    return False
