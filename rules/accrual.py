"""What points accrue beyond the rate: rates of some items, thresholds, gifts of points; and when points expire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec

from rules.basket import Item
from rules.conditions import Part, Scope, WindowDays
from rules.loyalty import FIGURE_MAX, POINTS_RATE_MAX_BP
from rules.money import AMOUNT_MAX, BASIS_POINTS, Minor
from rules.months import days_of_month
from rules.scopes import in_scope
from rules.windows import months_after

Points = Annotated[int, msgspec.Meta(ge=1, le=FIGURE_MAX)]
PointsOrNone = Annotated[int, msgspec.Meta(ge=0, le=FIGURE_MAX)]
AmountFrom = Annotated[Minor, msgspec.Meta(ge=0, le=AMOUNT_MAX)]
ROWS_MAX = 50


class PointsRate(Part, frozen=True):
    """Items that bring another number of points than others: so many times the member's own rate."""

    scope: Scope
    multiplier_bp: Annotated[int, msgspec.Meta(ge=0, le=POINTS_RATE_MAX_BP)]
    """20 000 doubles them, 0 gives none."""


class PointsBonus(Part, frozen=True):
    """Points on top from a spend on."""

    spend_from: Annotated[Minor, msgspec.Meta(ge=1, le=AMOUNT_MAX)]
    points: Points
    how: Literal["sale", "every", "day"] = "sale"
    """Once a purchase, for every so much of a purchase, or once a member and day. Of each of the three the best row
    counts, and the three add up."""


class BirthdayPoints(Part, frozen=True):
    """What a member gets once a year, at the first purchase around the birthday."""

    days_before: WindowDays = 0
    days_after: WindowDays = 0
    points: PointsOrNone = 0
    multiplier_bp: Annotated[int, msgspec.Meta(ge=BASIS_POINTS, le=POINTS_RATE_MAX_BP)] = BASIS_POINTS
    """Of that purchase."""
    min_amount: AmountFrom = 0


class Referral(Part, frozen=True):
    """What both get when a member who was brought by another buys for the first time."""

    referrer_points: PointsOrNone = 0
    friend_points: PointsOrNone = 0
    min_amount: AmountFrom = 0


class Welcome(Part, frozen=True):
    """Points for a new member."""

    points: Points
    at: Literal["first_sale", "registration"] = "first_sale"


class PointsExpiry(Part, frozen=True):
    """When points expire."""

    kind: Literal["never", "months", "fixed"] = "months"
    """`fixed`: on one day of the year for all that were granted up to then."""
    months: Annotated[int, msgspec.Meta(ge=1, le=120)] = 12
    month: Annotated[int, msgspec.Meta(ge=1, le=12)] = 12
    day: Annotated[int, msgspec.Meta(ge=1, le=31)] = 31
    """Last day on which they can be spent."""
    years: Annotated[int, msgspec.Meta(ge=0, le=10)] = 1
    """Of which year: 0 this one, or the next where the day is over; 1 next year …"""


class AccrualRules(Part, frozen=True):
    """How points accrue beside the rates of tiers and `[points]`."""

    rates: Annotated[tuple[PointsRate, ...], msgspec.Meta(max_length=ROWS_MAX)] = ()
    """The first row that names an item counts."""
    bonuses: Annotated[tuple[PointsBonus, ...], msgspec.Meta(max_length=ROWS_MAX)] = ()
    birthday: BirthdayPoints | None = None
    welcome: Welcome | None = None
    referral: Referral | None = None
    expiry: PointsExpiry | None = None
    """None: as the store's settings say."""
    notice_days: Annotated[int, msgspec.Meta(ge=0, le=366)] = 30
    """Points that expire within so many days are told; 0: never."""


def rate_of(rates: Sequence[PointsRate], item: Item) -> int:
    """Return how many times the points an item brings, in basis points."""
    return next((rate.multiplier_bp for rate in rates if in_scope(rate.scope, item)), BASIS_POINTS)


def bonus(bonuses: Sequence[PointsBonus], total: Minor, *, day_is_used: bool) -> tuple[int, int]:
    """Return the points on top of a purchase, and those on top of the day.

    Args:
        total: of what points accrue on.
        day_is_used: the day's points were given before.

    >>> steps = [PointsBonus(spend_from=10_000, points=10), PointsBonus(spend_from=5_000, points=3, how="every")]
    >>> bonus(steps, 12_000, day_is_used=False)
    (16, 0)
    """
    found = {"sale": 0, "every": 0, "day": 0}
    for each in bonuses:
        times = total // each.spend_from if each.how == "every" else min(total // each.spend_from, 1)
        found[each.how] = max(found[each.how], times * each.points)
    return found["sale"] + found["every"], 0 if day_is_used else found["day"]


def last_day(expiry: PointsExpiry, today: date) -> date | None:
    """Return the last day on which points that are granted today can be spent; None without an end.

    >>> last_day(PointsExpiry(kind="fixed"), date(2026, 11, 24)).isoformat()
    '2027-12-31'
    >>> last_day(PointsExpiry(kind="fixed", month=6, day=31, years=0), date(2026, 11, 24)).isoformat()
    '2027-06-30'
    """
    if expiry.kind == "never":
        return None
    if expiry.kind == "months":
        return months_after(today, expiry.months)
    year = today.year + expiry.years
    found = _day_of(expiry, year)
    return found if found >= today else _day_of(expiry, year + 1)


def _day_of(expiry: PointsExpiry, year: int) -> date:
    return date(year, expiry.month, min(expiry.day, days_of_month(year, expiry.month)))
