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
    """The day until which it is at its best (AI 15) is over, and that is advice here."""
    EXPIRED = "expired"
    """Its last day (AI 17, of sale AI 16, AI 15 where that counts as one) or last moment (AI 7003) is over."""


@dataclass(frozen=True, slots=True)
class ShelfLife:
    """What was found, and the day that it is about; None where nothing is to be said."""

    freshness: Freshness
    day: date | None = None


GOOD = ShelfLife(Freshness.GOOD)


def shelf_life(
    elements: Elements | None, *, business_date: date, now_local: datetime, best_is_last: bool = False
) -> ShelfLife:
    """Return how an item stands to the dates of its code on a trading day.

    A day counts by the trading day, so that a bar sells until it closes; a moment counts by the clock.

    Args:
        elements: of the code; None where it carries none.
        business_date: the trading day.
        now_local: the shop's clock.
        best_is_last: what is past its best counts as expired. In China AI 15 is the 保质期 of the packet, and food past
            it must not be sold (食品安全法 第三十四条); in Europe "best before" is advice.

    Source: GS1 General Specifications, AI 16: the last day on which a retailer is to offer it, which says nothing of
    until when it is to be used up, so that on that day nothing is said.
    """
    if elements is None:
        return GOOD
    dates = dict(elements.dates)
    best, sold_by = dates.get("15"), dates.get("16")
    last_days: list[tuple[date, bool]] = []
    if isinstance(elements.expiry, datetime):
        last_days.append((elements.expiry.date(), now_local > elements.expiry))
    elif elements.expiry is not None:
        last_days.append((elements.expiry, business_date > elements.expiry))
    if best is not None and best_is_last:
        last_days.append((best, business_date > best))
    over = [day for day, is_over in last_days if is_over]
    if sold_by is not None and business_date > sold_by:
        over.append(sold_by)
    if over:
        return ShelfLife(Freshness.EXPIRED, min(over))
    ending = [day for day, _ in last_days if day <= business_date]
    if ending:
        return ShelfLife(Freshness.LAST_DAY, min(ending))
    if best is not None and business_date > best:
        return ShelfLife(Freshness.PAST_BEST, best)
    return GOOD
