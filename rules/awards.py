"""Points that a purchase brings once: a bonus of the day, a birthday, a welcome, for having been brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rules.accrual import AccrualRules, bonus
from rules.loyalty import Member, Tier, birthday_year
from rules.money import BASIS_POINTS, Minor

DAY, BIRTHDAY, WELCOME, FRIEND, REFERRER, SPEND = "day", "birthday", "welcome", "friend", "referrer", "spend"
ONCE = (DAY, BIRTHDAY, WELCOME, FRIEND)
"""What is given once for its key: a business date, a year, or ever."""


@dataclass(frozen=True, slots=True)
class Award:
    """Points beyond the rate."""

    kind: str
    """One of the words above."""
    points: int
    """Zero or more: a birthday's multiplier may come to nothing, and is used all the same."""
    key: str = ""
    """What it is given once for: the year of the birthday, `today` for the day's."""


def used_name(kind: str, key: str) -> str:
    """Return how a benefit that was given stands in `Member.used`."""
    return f"{kind}:{key}"


def awards(
    rules: AccrualRules, member: Member, tier: Tier | None, *, counted: Minor, accrued: int, today: date
) -> tuple[Award, ...]:
    """Return what a member gets beyond the rate with a purchase.

    Args:
        counted: what of the purchase points accrue on, after all offers.
        accrued: points by the rate.
        today: the store-local day; whether the business date's bonus was given, `member.used` tells as `day:today`.
    """
    found = []
    by_spend, by_day = bonus(rules.bonuses, counted, day_is_used=used_name(DAY, "today") in member.used)
    found += [Award(SPEND, by_spend)] if by_spend else []
    found += [Award(DAY, by_day, "today")] if by_day else []
    found += _birthday(rules, member, tier, counted=counted, accrued=accrued, today=today)
    if member.visits == 0:
        if rules.welcome is not None and rules.welcome.at == "first_sale" and not _had(member, WELCOME):
            found.append(Award(WELCOME, rules.welcome.points))
        referral = rules.referral
        if referral is not None and member.is_referred and counted >= referral.min_amount and not _had(member, FRIEND):
            found.append(Award(FRIEND, referral.friend_points))
    return tuple(found)


def _had(member: Member, kind: str) -> bool:
    return used_name(kind, "") in member.used


def _birthday(
    rules: AccrualRules, member: Member, tier: Tier | None, *, counted: Minor, accrued: int, today: date
) -> Sequence[Award]:
    everybodys = rules.birthday
    if member.birthday is None or everybodys is None or counted < everybodys.min_amount:
        return ()
    year = birthday_year(member.birthday, today, days_before=everybodys.days_before, days_after=everybodys.days_after)
    if year is None or used_name(BIRTHDAY, str(year)) in member.used:
        return ()
    points = max(everybodys.points, tier.birthday_points if tier else 0)
    multiplier_bp = max(everybodys.multiplier_bp, tier.birthday_multiplier_bp if tier else 0)
    points += accrued * (multiplier_bp - BASIS_POINTS) // BASIS_POINTS
    return (Award(BIRTHDAY, points, str(year)),) if points else ()
