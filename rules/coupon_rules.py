"""Coupons that the shop issues by itself: on which event, for which promotion, how many, and how long they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Literal

import msgspec

from rules.basket import Names
from rules.conditions import Part, Scope, When, WindowDays
from rules.promotion_checks import scope_problems
from rules.promotion_kinds import AmountOrZero, Identifier, PromotionBase
from rules.table_reader import Problem, nearest

Event = Literal["registration", "birthday", "purchase", "referral"]
COUPON_RULES_MAX = 100
VALID_DAYS_MAX = 3_660
Days = Annotated[int, msgspec.Meta(ge=0, le=VALID_DAYS_MAX)]


class CouponRule(Part, frozen=True):
    """What happens by itself: an event, and the coupons that it brings."""

    id: Identifier
    names: Names
    """What the batch of these coupons is called."""
    event: Event
    promotion: str
    """Id of the promotion that asks for an issued coupon."""
    to: Literal["member", "referrer"] = "member"
    """Of a referral, who gets it: the new member, or who brought them."""
    tiers: frozenset[str] = frozenset()
    """Only for members of these tiers, such as the birthday of a gold member; empty: for anybody."""
    count: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=VALID_DAYS_MAX)] = 30
    """It holds to the end of the day so many days after the first one on which it holds; a birthday's by its window."""
    starts_after_days: Days = 0
    """0 holds at once, 1 from the next day on."""
    bearer: bool = False
    """Whoever has the code may use it; else only the member whom it was issued to."""
    revived: bool = True
    """The coupon is open again when the sale that used it is returned."""
    when: When = When()
    """At which moments the event counts."""
    days_before: WindowDays = 0
    """Of a birthday: how long before it the coupon is issued."""
    days_after: WindowDays = 0
    """Of a birthday: how long after it the coupon still holds."""
    min_total: AmountOrZero = 0
    """Of a purchase: what was paid at the least."""
    scope: Scope | None = None
    """Of a purchase: something of this was bought."""

    @property
    def needs_member(self) -> bool:
        return bool(self.tiers) or not (self.event == "purchase" and self.bearer)

    def is_for(self, tier_id: str) -> bool:
        """Tell whether a member of a tier, or of none, gets it."""
        return not self.tiers or tier_id in self.tiers


def coupon_rule_problems(
    rule: CouponRule,
    *,
    where: str,
    promotions: Mapping[str, PromotionBase | None],
    known_skus: Collection[str] | None,
    tier_ids: Collection[str],
) -> Iterator[Problem]:
    """Yield what is wrong with a rule although each of its keys is right.

    Args:
        promotions: those of the file by id; None for one that could not be read.
    """
    if rule.promotion not in promotions:
        yield Problem(
            where, "promotion", f"no promotion has the id {rule.promotion}", nearest(rule.promotion, promotions)
        )
    else:
        promotion = promotions[rule.promotion]
        if promotion is not None and not promotion.issued:
            yield Problem(where, "promotion", f"{rule.promotion} asks for no issued coupon: give it issued = true")
    for tier in sorted(rule.tiers - set(tier_ids)):
        yield Problem(where, "tiers", f"no tier has the id {tier}", nearest(tier, tier_ids))
    if rule.to == "referrer" and rule.event != "referral":
        yield Problem(where, "to", "only a referral has a referrer")
    if rule.event != "birthday" and (rule.days_before or rule.days_after):
        yield Problem(where, "days_before", "only a birthday has a window")
    if rule.event == "birthday" and rule.starts_after_days:
        yield Problem(where, "starts_after_days", "a birthday's coupon holds by its window, from its issue on")
    if rule.event != "purchase" and (rule.min_total or rule.scope is not None):
        yield Problem(where, "min_total", "only a purchase has an amount and items")
    if rule.scope is not None:
        yield from scope_problems(rule.scope, where, "scope", known_skus=known_skus)
    if rule.when.starts_local and rule.when.ends_local and rule.when.ends_local <= rule.when.starts_local:
        yield Problem(
            where, "when.ends_local", f"{rule.when.ends_local} is not after the start {rule.when.starts_local}"
        )
