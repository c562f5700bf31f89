"""Whether a promotion may apply at all: its moment, its place, its customer, its code and its uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules.basket import Basket
from rules.calendar_cn import Calendar
from rules.conditions import When, Who
from rules.loyalty import Member, Tier, is_birthday
from rules.moments import moment_reason
from rules.promotion_kinds import MemberPrice, PointsMultiplier, PromotionBase, Uses
from rules.promotions import RuleSet
from rules.quote import MissReason
from rules.usage import Usage, code_missing


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
    usage: Usage
    calendar: Calendar


def situation_of(basket: Basket, rules: RuleSet, member: Member | None, now_local: datetime, usage: Usage) -> Situation:
    """Return the situation of a basket."""
    assert now_local.tzinfo is None, "rules compare store-local time"
    codes = frozenset(code.strip().casefold() for code in basket.codes)
    tier = rules.tier(member.tier_id) if member else None
    return Situation(now_local, member, tier, basket.lane, basket.channel, codes, usage, rules.calendar)


def is_unconditional(promotion: PromotionBase) -> bool:
    """Tell whether a promotion asks for nothing but items: `why_not` then never has a reason."""
    return (
        promotion.when == When()
        and promotion.who == Who()
        and not promotion.lanes
        and not promotion.channels
        and not promotion.code
        and not promotion.issued
        and promotion.uses == Uses()
        and not isinstance(promotion, MemberPrice | PointsMultiplier)
    )


def why_not(promotion: PromotionBase, situation: Situation) -> MissReason | None:
    """Return the first reason why a promotion may not apply: moment, place, customer, code, uses; or None."""
    moment = moment_reason(promotion.when, situation.now_local, situation.calendar)
    if moment is not None:
        return moment
    if promotion.lanes and situation.lane not in promotion.lanes:
        return MissReason.WRONG_LANE
    if promotion.channels and situation.channel not in promotion.channels:
        return MissReason.WRONG_LANE
    needs_member = promotion.who.asks_for_member or isinstance(promotion, MemberPrice | PointsMultiplier)
    customer = _customer_reason(promotion.who, situation) if needs_member else None
    if customer is not None:
        return customer
    code = code_missing(promotion, situation.codes, situation.usage)
    if code is not None:
        return code
    if promotion.uses.a_member and situation.member is None:
        return MissReason.MEMBERS_ONLY
    return MissReason.USED_UP if situation.usage.left(promotion) == 0 else None


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


def missing_years(rules: RuleSet, now_local: datetime) -> tuple[int, ...]:
    """Return the year of a moment where some promotion asks for workdays and nobody has said yet which those are."""
    if now_local.year in rules.calendar.years:
        return ()
    asks = any(each.when.work for each in (*rules.promotions, *rules.tier_rules.exclusive, *rules.gifts.offers))
    return (now_local.year,) if asks else ()
