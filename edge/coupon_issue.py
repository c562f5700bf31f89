"""Coupons that come by themselves: on registration, birthdays, purchases and referrals, as the rules file says.

Everything here is called within the caller's transaction.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import msgspec

from edge.shop import Shop
from edge.store import coupons, members
from edge.store.coupon_batches import Batch, put_batch
from edge.store.coupons import FOREVER_MS, NewCoupons
from edge.store.database import rows
from edge.store.people import birth_tokens
from rules.basket import Basket
from rules.birthdays import birthdays_kept
from rules.coupon_events import earned, rules_for
from rules.coupon_rules import CouponRule, Event
from rules.quote import Quote

BIRTHDAYS_A_TURN = 500
"""Coupons for birthdays that are issued in one transaction: the lanes wait meanwhile."""


def issue_for(
    shop: Shop, event: Event, member_id: str, *, referrer_id: str | None = None, at_ms: int | None = None
) -> tuple[str, ...]:
    """Issue what an event brings and return the codes; what it brought to the member before, it does not bring again.

    Args:
        event: `registration`, or `referral` with the member who brought this one; purchases come with the sale,
            birthdays by the clock.
        referrer_id: gets what rules of referrals have for the referrer; once for each friend.
    """
    assert event in ("registration", "referral") and (event == "referral") == (referrer_id is not None)
    now_ms = shop.clock.now_ms() if at_ms is None else at_ms
    now_local = shop.clock.local(now_ms)
    found: list[str] = []
    for rule in rules_for(shop.rules.coupon_rules, event, now_local, shop.rules.calendar):
        owner, key = (referrer_id, member_id) if rule.to == "referrer" and referrer_id else (member_id, "")
        assert owner is not None
        if not rule.is_for(_tier_of(shop, owner)):
            continue
        if coupons.grant(shop.store.db, rule.id, owner, key, now_ms):
            found += _issue(shop, rule, owner, now_ms=now_ms, until_ms=until_ms(shop, rule, now_ms))
    return tuple(found)


def brought_by(shop: Shop, basket: Basket, quote: Quote, *, at_ms: int) -> tuple[NewCoupons, ...]:
    """Return what a purchase brings, to be issued in the sale's own transaction."""
    if not shop.rules.coupon_rules:
        return ()
    now_local = shop.clock.local(at_ms)
    return tuple(
        NewCoupons(
            batch=batch_of_rule(rule, at_ms), member_id=basket.member_id, count=rule.count,
            valid_from_ms=from_ms(shop, rule, at_ms), valid_until_ms=until_ms(shop, rule, at_ms),
        )
        for rule in earned(
            shop.rules.coupon_rules, basket, quote.total, now_local, shop.rules.calendar,
            tier_id=_tier_of(shop, basket.member_id),
        )
    )  # fmt: skip


def issue_birthdays(shop: Shop) -> int:
    """Issue what birthdays bring today, once a member, rule and year, and return how many: BIRTHDAYS_A_TURN at most.

    Days on which the daemon did not run are made up for while the window is open.
    """
    now_ms = shop.clock.now_ms()
    today, issued = shop.clock.local(now_ms).date(), 0
    for rule in rules_for(shop.rules.coupon_rules, "birthday", shop.clock.local(now_ms), shop.rules.calendar):
        first, last = today - timedelta(days=rule.days_after), today + timedelta(days=rule.days_before)
        kept_on = birthdays_kept(first, last)
        # The days themselves are sealed; the index of people knows them by tokens.
        for token, kept in zip(birth_tokens(shop.store.db, kept_on), kept_on.values(), strict=True):
            key = str(kept.year)
            due = rows(
                shop.store.db,
                "SELECT m.member_id FROM person_word w JOIN person p ON p.person_no = w.person_no"
                " JOIN member m ON m.member_id = p.member_id AND m.status = 'active'"
                " WHERE w.token = ? AND (? OR m.tier_id IN (SELECT value FROM json_each(?))) AND NOT EXISTS"
                " (SELECT 1 FROM coupon_grant g WHERE g.rule_id = ? AND g.member_id = m.member_id AND g.key = ?)"
                " ORDER BY 1 LIMIT ?",
                token, not rule.tiers, msgspec.json.encode(sorted(rule.tiers)).decode(), rule.id, key,
                BIRTHDAYS_A_TURN - issued,
            )  # fmt: skip
            end_ms = day_ms(shop, kept + timedelta(days=rule.days_after + 1))
            for (member_id,) in due:
                coupons.grant(shop.store.db, rule.id, member_id, key, now_ms)
                _issue(shop, rule, member_id, now_ms=now_ms, until_ms=end_ms)
            issued += len(due)
            if issued >= BIRTHDAYS_A_TURN:
                return issued
    return issued


def _tier_of(shop: Shop, member_id: str | None) -> str:
    return members.tier_of(shop.store.db, member_id) if member_id else ""


def _issue(shop: Shop, rule: CouponRule, owner: str, *, now_ms: int, until_ms: int) -> tuple[str, ...]:
    batch = put_batch(shop.store.db, batch_of_rule(rule, now_ms))
    return coupons.issue(
        shop.store.db, batch.batch_id, [owner] * rule.count, at_ms=now_ms,
        valid_from_ms=from_ms(shop, rule, now_ms), valid_until_ms=until_ms,
    )  # fmt: skip


def batch_of_rule(rule: CouponRule, at_ms: int) -> Batch:
    """Return the batch that a rule's coupons stand in, to be made with the first of them."""
    return Batch(
        batch_id=0, names=rule.names, promotion_id=rule.promotion, rule_id=rule.id, is_bearer=rule.bearer,
        is_revived=rule.revived, most=0, valid_from_ms=None, valid_until_ms=None, valid_days=rule.valid_days,
        is_void=False, created_ms=at_ms, staff_id="",
    )  # fmt: skip


def from_ms(shop: Shop, rule: CouponRule, at_ms: int) -> int:
    """Return since when a coupon of a rule that is issued now holds."""
    if not rule.starts_after_days:
        return at_ms
    return day_ms(shop, shop.clock.local(at_ms).date() + timedelta(days=rule.starts_after_days))


def until_ms(shop: Shop, rule: CouponRule, at_ms: int) -> int:
    """Return the first moment at which a coupon of a rule that is issued now holds no more."""
    return days_end_ms(shop, from_ms(shop, rule, at_ms), rule.valid_days)


def days_end_ms(shop: Shop, since_ms: int, days: int) -> int:
    """Return the end of the day so many days after a moment; without an end by a clock that was never set."""
    if not days or not shop.clock.is_sane():
        return FOREVER_MS
    return day_ms(shop, shop.clock.local(since_ms).date() + timedelta(days=days + 1))


def day_ms(shop: Shop, day: date) -> int:
    """Return the moment at which a day begins in the store."""
    return shop.clock.at_ms(datetime.combine(day, time(0)))
