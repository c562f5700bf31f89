"""Whether a promotion may apply at all: its items, its moment, its customer, its lane and its code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.basket import Basket, Item
from rules.loyalty import Member, Tier, is_birthday
from rules.promotions import WEEKDAYS, MemberPrice, Promotion, RuleSet, Scope, When, Who
from rules.quote import MissReason


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything around a basket that conditions ask for."""

    now_local: datetime
    member: Member | None
    tier: Tier | None
    """The member's tier among the rules in force; None where it has none."""
    lane: int
    channel: str
    codes: frozenset[str]
    """Codes that were given, with capitals folded."""


def situation_of(basket: Basket, rules: RuleSet, member: Member | None, now_local: datetime) -> Situation:
    """Return the situation of a basket."""
    assert now_local.tzinfo is None, "rules compare store-local time"
    codes = frozenset(code.strip().casefold() for code in basket.codes)
    tier = rules.tier(member.tier_id) if member else None
    return Situation(now_local, member, tier, basket.lane, basket.channel, codes)


def in_scope(scope: Scope, item: Item) -> bool:
    """Tell whether an item takes part in a scope."""
    if item.sku in scope.exclude_skus or item.category in scope.exclude_categories:
        return False
    if item.brand in scope.exclude_brands or item.tags & scope.exclude_tags:
        return False
    return bool(
        scope.all
        or item.sku in scope.skus
        or item.category in scope.categories
        or item.brand in scope.brands
        or item.tags & scope.tags
    )


def why_not(promotion: Promotion, situation: Situation) -> MissReason | None:
    """Return the first reason why a promotion may not apply, in the order moment, place, customer, code; or None."""
    moment = _moment_reason(promotion.when, situation.now_local)
    if moment is not None:
        return moment
    if promotion.lanes and situation.lane not in promotion.lanes:
        return MissReason.WRONG_LANE
    if promotion.channels and situation.channel not in promotion.channels:
        return MissReason.WRONG_LANE
    needs_member = promotion.who.asks_for_member or isinstance(promotion, MemberPrice)
    customer = _customer_reason(promotion.who, situation) if needs_member else None
    if customer is not None:
        return customer
    if promotion.code and promotion.code.casefold() not in situation.codes:
        return MissReason.NO_CODE
    return None


def _moment_reason(when: When, now_local: datetime) -> MissReason | None:
    if when.starts_local is not None and now_local < when.starts_local:
        return MissReason.NOT_STARTED
    if when.ends_local is not None and now_local >= when.ends_local:
        return MissReason.ENDED
    day = _trading_day(when, now_local)
    if when.weekdays and WEEKDAYS[day.weekday()] not in when.weekdays:
        return MissReason.WRONG_DAY
    if when.days_of_month and day.day not in when.days_of_month:
        return MissReason.WRONG_DAY
    return None if _is_in_slot(when, now_local) else MissReason.WRONG_HOUR


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


def _customer_reason(who: Who, situation: Situation) -> MissReason | None:
    member = situation.member
    if member is None:
        return MissReason.MEMBERS_ONLY
    if who.tiers and member.tier_id not in who.tiers:
        return MissReason.WRONG_TIER
    if who.new_member and member.visits > 0:
        return MissReason.NOT_NEW_MEMBER
    if who.birthday is not None and (
        member.birthday is None
        or not is_birthday(
            member.birthday,
            situation.now_local.date(),
            days_before=who.birthday.days_before,
            days_after=who.birthday.days_after,
        )
    ):
        return MissReason.NOT_BIRTHDAY
    if who.tags and not who.tags & member.tags:
        return MissReason.NOT_TAGGED
    return None
