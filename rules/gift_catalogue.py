"""Gifts that members take for points: what there is, for whom, when, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from rules.accrual import Points
from rules.basket import Names
from rules.calendar_cn import Calendar
from rules.conditions import Part, When
from rules.moments import moment_reason
from rules.money import AMOUNT_MAX, Minor
from rules.promotion_kinds import Count, GroupSize, Identifier
from rules.table_reader import Problem

GIFTS_MAX = 100
AT_ONCE_MAX = 99
"""Most of one gift that is handed over at once."""


class GiftOffer(Part, frozen=True):
    """Something that can be had for points."""

    id: Identifier
    names: Names
    points: Points
    money: Annotated[Minor, msgspec.Meta(ge=0, le=AMOUNT_MAX)] = 0
    """Paid on top of the points, for each."""
    sku: str = ""
    """The item that is handed over; empty for a service, which has no stock."""
    quantity: GroupSize = 1
    """Pieces of the item in one gift."""
    uncounted: bool = False
    """Nobody counts the item, so that nothing is refused for what the books say of the shelf."""
    tiers: frozenset[str] = frozenset()
    """Empty: every member."""
    a_member: Count = 0
    a_member_day: Count = 0
    a_day: Count = 0
    """Gifts that a member, a member in a day, and all members in a day may take; 0 is without a limit."""
    when: When = When()


class GiftCatalogue(Part, frozen=True):
    """Everything that can be had for points."""

    offers: Annotated[tuple[GiftOffer, ...], msgspec.Meta(max_length=GIFTS_MAX)] = ()

    def find(self, gift_id: str) -> GiftOffer | None:
        return next((offer for offer in self.offers if offer.id == gift_id), None)


class GiftMiss(StrEnum):
    """Why a gift cannot be had."""

    WRONG_TIME = "wrong_time"
    WRONG_TIER = "wrong_tier"
    POINTS_SHORT = "points_short"
    TAKEN_BEFORE = "taken_before"
    USED_UP_TODAY = "used_up_today"
    OUT_OF_STOCK = "out_of_stock"


@dataclass(frozen=True, slots=True)
class GiftCounts:
    """Gifts of one offer that were taken before and not brought back."""

    by_member: int = 0
    by_member_today: int = 0
    today: int = 0


@dataclass(frozen=True, slots=True)
class Taker:
    """What the catalogue asks of a member."""

    tier_id: str
    points: int


def why_not(
    offer: GiftOffer,
    taker: Taker,
    counts: GiftCounts,
    *,
    count: int,
    stock: int | None,
    now_local: datetime,
    calendar: Calendar,
) -> tuple[GiftMiss, int] | None:
    """Return why a member cannot have so many of a gift now and how much is missing, or None where they can.

    Args:
        stock: pieces on the shelf; None where nobody ever counted them, and for services.

    >>> offer = GiftOffer(id="cup", names=Names(en="Cup"), points=500, sku="cup", a_member=2)
    >>> ask = lambda points, count: why_not(offer, Taker("", points), GiftCounts(by_member=1), count=count, stock=9,
    ...                                     now_local=datetime(2026, 11, 24, 10), calendar=Calendar())
    >>> ask(500, 1), ask(400, 1), ask(9_000, 2)
    (None, (<GiftMiss.POINTS_SHORT: 'points_short'>, 100), (<GiftMiss.TAKEN_BEFORE: 'taken_before'>, 1))
    """  # fmt: skip
    assert 1 <= count <= AT_ONCE_MAX
    if moment_reason(offer.when, now_local, calendar) is not None:
        return GiftMiss.WRONG_TIME, 0
    if offer.tiers and taker.tier_id not in offer.tiers:
        return GiftMiss.WRONG_TIER, 0
    limits = (
        (offer.a_member, counts.by_member, GiftMiss.TAKEN_BEFORE),
        (offer.a_member_day, counts.by_member_today, GiftMiss.TAKEN_BEFORE),
        (offer.a_day, counts.today, GiftMiss.USED_UP_TODAY),
    )
    for most, taken, miss in limits:
        if most and taken + count > most:
            return miss, max(most - taken, 0)
    if offer.sku and not offer.uncounted and stock is not None and stock < offer.quantity * count:
        return GiftMiss.OUT_OF_STOCK, max(stock, 0) // offer.quantity
    short = offer.points * count - taker.points
    return (GiftMiss.POINTS_SHORT, short) if short > 0 else None


def catalogue_problems(catalogue: GiftCatalogue) -> list[Problem]:
    """Return what the struct cannot say of itself."""
    problems = []
    first: dict[str, int] = {}
    for place, offer in enumerate(catalogue.offers):
        if first.setdefault(offer.id, place) != place:
            problems.append(Problem("file", f"gifts.offers[{place}].id", f"already used by offers[{first[offer.id]}]"))
        if not (offer.names.zh_hans or offer.names.zh_hant or offer.names.en):
            problems.append(Problem("file", f"gifts.offers[{place}].names", "give the name in one language at least"))
    return problems
