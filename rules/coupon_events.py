"""What an event brings: the rules of automatic coupons that hold at a moment, and those that a purchase fulfils."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from rules.basket import Basket
from rules.calendar_cn import Calendar
from rules.coupon_rules import CouponRule, Event
from rules.moments import is_open
from rules.money import Minor
from rules.scopes import in_scope


def rules_for(rules: Collection[CouponRule], event: Event, now_local: datetime, calendar: Calendar) -> list[CouponRule]:
    """Return what an event of this moment brings."""
    return [each for each in rules if each.event == event and is_open(each.when, now_local, calendar)]


def earned(
    rules: Collection[CouponRule],
    basket: Basket,
    total: Minor,
    now_local: datetime,
    calendar: Calendar,
    *,
    tier_id: str = "",
) -> list[CouponRule]:
    """Return the rules of purchases that a basket fulfils, paid with so much by a member of a tier."""
    return [
        each
        for each in rules_for(rules, "purchase", now_local, calendar)
        if total >= each.min_total
        and (basket.member_id is not None or not each.needs_member)
        and each.is_for(tier_id)
        and (each.scope is None or any(in_scope(each.scope, line.item) for line in basket.lines))
    ]
