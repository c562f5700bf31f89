"""What a promotion asks for: items, moment and customer, as written in the shop's file.

Amounts are minor units, times store-local; ranges exclude their end.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Literal

import msgspec

from rules.calendar_cn import Festival

LocalMoment = Annotated[datetime, msgspec.Meta(tz=False)]
LocalTime = Annotated[time, msgspec.Meta(tz=False)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DayOfMonth = Annotated[int, msgspec.Meta(ge=1, le=31)]
WindowDays = Annotated[int, msgspec.Meta(ge=0, le=31)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A part of a promotion: immutable, and a key that it does not know is an error."""


class Scope(Part, frozen=True):
    """Which items: `all`, or any item that one of the lists names; what an `exclude_` list names never takes part."""

    all: bool = False
    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    exclude_skus: frozenset[str] = frozenset()
    exclude_categories: frozenset[str] = frozenset()
    exclude_brands: frozenset[str] = frozenset()
    exclude_tags: frozenset[str] = frozenset()


class When(Part, frozen=True):
    """At which moments; everything that is given must hold."""

    starts_local: LocalMoment | None = None
    """First moment; a date alone means its midnight."""
    ends_local: LocalMoment | None = None
    """First moment that is too late: to run through 31 October, write 1 November."""
    weekdays: frozenset[Weekday] = frozenset()
    days_of_month: frozenset[DayOfMonth] = frozenset()
    """Member days: the 8th, the 18th and the 28th, say."""
    festivals: frozenset[Festival] = frozenset()
    """On one of these days of the Chinese calendar."""
    festival_days_before: WindowDays = 0
    festival_days_after: WindowDays = 0
    work: Literal["", "workdays", "days_off"] = ""
    """By the official calendar: make-up workdays are workdays, and holidays are days off."""
    from_time: LocalTime | None = None
    until_time: LocalTime | None = None
    """First time of day that is too late. Where it is before `from_time` the slot runs across midnight,
    and weekday, day of month, festival and workday are those of the evening on which it began."""


class BirthdayWindow(Part, frozen=True):
    """Days around the member's birthday; 0 and 0 is the day alone."""

    days_before: WindowDays = 0
    days_after: WindowDays = 0


class Who(Part, frozen=True):
    """Which customers; everything that is given must hold, and anything given asks for a member."""

    members_only: bool = False
    tiers: frozenset[str] = frozenset()
    new_member: bool = False
    """A member without a closed sale."""
    birthday: BirthdayWindow | None = None
    tags: frozenset[str] = frozenset()
    """Members with at least one of these."""

    @property
    def asks_for_member(self) -> bool:
        return self != Who()
