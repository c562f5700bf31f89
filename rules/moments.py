"""Moments that rules ask for: read from a file, and held against the store's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from rules.calendar_cn import Calendar, is_festival
from rules.conditions import WEEKDAYS, When
from rules.quote import MissReason


def is_open(when: When, now_local: datetime, calendar: Calendar) -> bool:
    """Tell whether a moment is one of those that a `when` names."""
    return moment_reason(when, now_local, calendar) is None


def moment_reason(when: When, now_local: datetime, calendar: Calendar) -> MissReason | None:
    """Return why a moment is not one of those asked for, or None where it is."""
    if when.starts_local is not None and now_local < when.starts_local:
        return MissReason.NOT_STARTED
    if when.ends_local is not None and now_local >= when.ends_local:
        return MissReason.ENDED
    return _day_reason(when, _trading_day(when, now_local), calendar) or (
        None if _is_in_slot(when, now_local) else MissReason.WRONG_HOUR
    )


def _day_reason(when: When, day: date, calendar: Calendar) -> MissReason | None:
    if when.weekdays and WEEKDAYS[day.weekday()] not in when.weekdays:
        return MissReason.WRONG_DAY
    if when.days_of_month and day.day not in when.days_of_month:
        return MissReason.WRONG_DAY
    if when.work and calendar.is_workday(day) != (when.work == "workdays"):
        return MissReason.WRONG_DAY
    around = {"days_before": when.festival_days_before, "days_after": when.festival_days_after}
    if when.festivals and not any(is_festival(name, day, **around) for name in when.festivals):
        return MissReason.WRONG_DAY
    return None


def _trading_day(when: When, now_local: datetime) -> date:
    # A slot from Friday 22:00 to 02:00 is Friday's, also at one o'clock on Saturday.
    crosses = when.from_time is not None and when.until_time is not None and when.until_time < when.from_time
    if crosses and when.until_time is not None and now_local.time() < when.until_time:
        return now_local.date() - timedelta(days=1)
    return now_local.date()


def _is_in_slot(when: When, now_local: datetime) -> bool:
    if when.from_time is None or when.until_time is None:
        return True
    now = now_local.time()
    if when.from_time < when.until_time:
        return when.from_time <= now < when.until_time
    return now >= when.from_time or now < when.until_time


def plain_when(when: object) -> object:
    """Let a date stand for its midnight, `22:00` for 22:00:00 and `24:00` for the midnight that ends a day."""
    if not isinstance(when, Mapping):
        return when
    plain = dict(when)
    for key in ("starts_local", "ends_local"):
        value = plain.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            plain[key] = datetime(value.year, value.month, value.day)
        elif isinstance(value, str) and len(value) == len("2026-10-01"):
            plain[key] = f"{value}T00:00:00"
    for key in ("from_time", "until_time"):
        value = plain.get(key)
        if isinstance(value, str) and len(value) == len("22:00"):
            plain[key] = "00:00:00" if value == "24:00" else f"{value}:00"
    return plain


MOMENTS_OF = {"gifts": "offers", "tier_rules": "exclusive"}
"""Tables of a rules file beside promotions whose rows have a `when`."""


def with_plain_moments(data: Mapping[str, object]) -> dict[str, object]:
    """Return a rules file's tables with the moments of gifts and exclusive items in their normal form."""
    plain = dict(data)
    for key, rows in MOMENTS_OF.items():
        table = data.get(key)
        if isinstance(table, Mapping) and isinstance(table.get(rows), list):
            plain[key] = {**table, rows: [_plain_row(row) for row in table[rows]]}
    return plain


def _plain_row(row: object) -> object:
    return {**row, "when": plain_when(row["when"])} if isinstance(row, Mapping) and "when" in row else row
