"""Members: who they are, what a tier is, what points a sale accrues, when their birthday falls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec

from rules import lunar
from rules.basket import Names
from rules.money import AMOUNT_MAX, BASIS_POINTS, Minor
from rules.months import days_of_month

MINOR_PER_YUAN = 100
"""Minor units of one whole unit of currency: what points are counted on."""
POINTS_RATE_MAX_BP = 1_000_000
"""Highest accrual rate: 100 points a yuan."""
VISITS_MAX = 100_000
FIGURE_MAX = 1_000_000_000
"""Most points that a rule may name."""


@dataclass(frozen=True, slots=True)
class Birthday:
    """A day of the year, solar or of the Chinese calendar."""

    month: int
    """1..12"""
    day: int
    """1..31 solar, 1..30 lunar"""
    lunar: bool = False
    year: int | None = None

    def __post_init__(self) -> None:
        assert 1 <= self.month <= 12
        assert 1 <= self.day <= (30 if self.lunar else 31)


@dataclass(frozen=True, slots=True)
class Member:
    """What pricing needs to know of a member."""

    member_id: str
    tier_id: str = ""
    """Empty, or no tier of the rules in force: a member without a tier."""
    birthday: Birthday | None = None
    joined_local: date | None = None
    tags: frozenset[str] = frozenset()
    visits: int = 0
    """Sales closed so far: 0 is a new member."""
    points: int = 0
    used: frozenset[str] = frozenset()
    """Benefits that are given once and were given before, as `rules.awards` names them."""
    is_referred: bool = False
    """Another member brought them."""


class FreeService(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that a tier gives its members again and again, as times of a times card."""

    package: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    """Id of the package whose times they are."""
    times: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1
    every: Literal["month", "quarter", "half_year", "year"] = "month"
    """They are given anew in each calendar window of this length, and end with it."""


class TierStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a tier says at least."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    names: Names
    spend_from: Annotated[Minor, msgspec.Meta(ge=0, le=AMOUNT_MAX)] | None = None
    """Spend that reaches the tier."""
    points_per_yuan_bp: Annotated[int, msgspec.Meta(ge=0, le=POINTS_RATE_MAX_BP)] = BASIS_POINTS
    """10 000 is one point for every whole yuan (100 minor units)."""
    colour: Annotated[str, msgspec.Meta(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    """`#rrggbb` of the tier's badge; empty takes the screen's own."""
    price_tier: str = ""
    """Key into `Item.tier_prices` for this tier; empty is the tier's own id."""

    @property
    def price_key(self) -> str:
        return self.price_tier or self.id


class Tier(TierStep, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One step of the membership programme.

    It is reached by any one of its figures over the window of `rules.tiers.TierRules`; without any figure it is only
    bought, or given by hand.
    """

    visits_from: Annotated[int, msgspec.Meta(ge=0, le=VISITS_MAX)] | None = None
    """Purchases that reach the tier."""
    points_from: Annotated[int, msgspec.Meta(ge=0, le=FIGURE_MAX)] | None = None
    """Points accrued that reach the tier, spent or not."""
    rank: Annotated[int, msgspec.Meta(ge=0, le=99)] = 0
    """Higher is better; tiers of one rank stand by their figures."""
    birthday_points: Annotated[int, msgspec.Meta(ge=0, le=FIGURE_MAX)] = 0
    """Points on the birthday, instead of those of `AccrualRules.birthday` where they are more."""
    birthday_multiplier_bp: Annotated[int, msgspec.Meta(ge=BASIS_POINTS, le=POINTS_RATE_MAX_BP)] = BASIS_POINTS
    """So many times the points on the birthday, where that is more than everybody's."""
    free: Annotated[tuple[FreeService, ...], msgspec.Meta(max_length=10)] = ()
    """Services that the tier gives for nothing."""


def step_of(tier: Tier) -> TierStep:
    """Return what a tier says at least."""
    return TierStep(**{key: getattr(tier, key) for key in TierStep.__struct_fields__})


def more_than_step(tier: Tier) -> dict[str, object]:
    """Return what a tier says beyond that, defaults left out."""
    plain = Tier(id=tier.id, names=tier.names)
    keys = [key for key in Tier.__struct_fields__ if key not in TierStep.__struct_fields__]
    return {key: getattr(tier, key) for key in keys if getattr(tier, key) != getattr(plain, key)}


def accrual(total: Minor, tier: Tier | None, *, base_bp: int = BASIS_POINTS, multiplier_bp: int = BASIS_POINTS) -> int:
    """Return the points that a paid total accrues: whole yuan times the rate, floored once at the end.

    Args:
        total: what the sale cost, zero or more; the fen that do not make a whole yuan earn nothing.
        tier: its rate counts; without a tier `base_bp` does.
        base_bp: points a yuan of a member without a tier, in basis points.
        multiplier_bp: 20 000 doubles the points of this sale.

    >>> silver = Tier(id="silver", names=Names(en="Silver"), points_per_yuan_bp=15_000)
    >>> accrual(3_380, None), accrual(3_380, silver), accrual(99, silver)
    (33, 49, 0)
    """
    assert total >= 0
    rate_bp = base_bp if tier is None else tier.points_per_yuan_bp
    return total // MINOR_PER_YUAN * rate_bp * multiplier_bp // (BASIS_POINTS * BASIS_POINTS)


def birthday_on(birthday: Birthday, year: int) -> date | None:
    """Return the day on which a birthday is kept in a solar, or for lunar birthdays a lunar, year.

    29 February falls back to the 28th, a lunar 30th to the 29th. None where the lunar calendar ends.

    >>> birthday_on(Birthday(2, 29), 2027).isoformat(), birthday_on(Birthday(8, 15, lunar=True), 2026).isoformat()
    ('2027-02-28', '2026-09-25')
    """
    if birthday.lunar:
        return lunar.solar_day(year, birthday.month, birthday.day)
    return date(year, birthday.month, min(birthday.day, days_of_month(year, birthday.month)))


def birthday_year(birthday: Birthday, today: date, *, days_before: int = 0, days_after: int = 0) -> int | None:
    """Return the year, lunar for lunar birthdays, of the birthday in whose window today lies; None outside.

    Windows reach across New Year: on 30 December a birthday of 2 January is next year's.
    """
    for year in (today.year - 1, today.year, today.year + 1):
        kept_on = birthday_on(birthday, year)
        if kept_on and kept_on - timedelta(days=days_before) <= today <= kept_on + timedelta(days=days_after):
            return year
    return None


def is_birthday(birthday: Birthday, today: date, *, days_before: int = 0, days_after: int = 0) -> bool:
    """Tell whether today lies in the window around the birthday."""
    return birthday_year(birthday, today, days_before=days_before, days_after=days_after) is not None
