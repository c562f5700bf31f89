"""Whether an item may still be sold, by the dates that its code carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.gs1 import Elements


class Freshness(StrEnum):
    """How an item stands to its dates."""

    GOOD = "good"
    LAST_DAY = "last_day"
    """It may be sold, and used up today."""
    PAST_BEST = "past_best"
    """The day until which it is at its best (AI 15) is over."""
    EXPIRED = "expired"
    """Its last day (AI 17) or last moment (AI 7003) is over."""


@dataclass(frozen=True, slots=True)
class ShelfLife:
    """What was found, and the day that it is about; None where nothing is to be said."""

    freshness: Freshness
    day: date | None = None


GOOD = ShelfLife(Freshness.GOOD)


def shelf_life(elements: Elements | None, *, business_date: date, now_local: datetime) -> ShelfLife:
    """Return how an item stands to the dates of its code on a trading day.

    A day counts by the trading day, so that a bar sells until it closes; a moment counts by the clock.
    """
    if elements is None:
        return GOOD
    expiry = elements.expiry
    if expiry is not None:
        day = expiry.date() if isinstance(expiry, datetime) else expiry
        is_over = now_local > expiry if isinstance(expiry, datetime) else business_date > day
        if is_over:
            return ShelfLife(Freshness.EXPIRED, day)
        if day <= business_date:
            return ShelfLife(Freshness.LAST_DAY, day)
    best = dict(elements.dates).get("15")
    if best is not None and business_date > best:
        return ShelfLife(Freshness.PAST_BEST, best)
    return GOOD
