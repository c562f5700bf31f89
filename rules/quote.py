"""A priced basket: what every unit costs, which promotion did it, and why the others did not."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from rules.awards import Award
from rules.basket import Names
from rules.money import Minor


class MissReason(StrEnum):
    """The one reason, fit to be read out by a cashier, why a promotion did not apply."""

    AMOUNT_SHORT = "amount_short"
    """`short` minor units are missing on the amount that the promotion counts."""
    QUANTITY_SHORT = "quantity_short"
    """`short` pieces are missing."""
    NO_ITEM = "no_item"
    """Nothing in the basket is in its scope."""
    MEMBERS_ONLY = "members_only"
    WRONG_TIER = "wrong_tier"
    NOT_BIRTHDAY = "not_birthday"
    NOT_NEW_MEMBER = "not_new_member"
    NOT_TAGGED = "not_tagged"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    WRONG_DAY = "wrong_day"
    WRONG_HOUR = "wrong_hour"
    WRONG_LANE = "wrong_lane"
    NO_CODE = "no_code"
    """It needs a coupon code that was not given."""
    CODE_SPENT = "code_spent"
    """The coupon code that was given has been used before."""
    COUPON_NOT_YET = "coupon_not_yet"
    """The issued coupon that was given holds from later on."""
    COUPON_EXPIRED = "coupon_expired"
    COUPON_OTHERS = "coupon_others"
    """The issued coupon that was given belongs to another member."""
    COUPON_MEMBER = "coupon_member"
    """The issued coupon that was given belongs to a member, and the basket is nobody's."""
    COUPON_VOID = "coupon_void"
    """The shop took the issued coupon that was given back."""
    PART_MISSING = "part_missing"
    """Of a bundle, or of what one gets on top, `short` pieces are not in the basket."""
    USED_UP = "used_up"
    """Its uses (in all, the member's, today's) are used up."""
    BETTER_USED = "better_used"
    """A better combination uses these items."""
    EXCLUDED = "excluded"
    """Another promotion applied that it does not go together with."""


# What a quote has many of are structs: a frozen dataclass takes ten times as long to make.
class LineDiscount(msgspec.Struct, frozen=True):
    """What one promotion took off one line."""

    promotion_id: str
    amount: Minor
    """Greater than zero."""


class PricedLine(msgspec.Struct, frozen=True):
    """One line of the basket with its prices."""

    line_id: str
    gross: Minor
    net: Minor
    """gross minus all discounts, its share of basket discounts included; 0..gross."""
    unit_nets: tuple[Minor, ...]
    """What each unit of the line costs in the end; they sum to `net`. A return gives back exactly these."""
    discounts: tuple[LineDiscount, ...]
    """In the order of the lanes (unit, group, basket, coupon); they sum to gross - net."""
    tax: Minor
    """Tax contained in `net`."""


class AppliedPromotion(msgspec.Struct, frozen=True):
    """One promotion that applied, over the whole basket."""

    promotion_id: str
    names: Names
    amount: Minor
    times: int = 1


class MissedPromotion(msgspec.Struct, frozen=True):
    """One promotion that did not apply, and why."""

    promotion_id: str
    names: Names
    reason: MissReason
    short: int = 0
    """How much is missing: minor units for AMOUNT_SHORT, pieces for QUANTITY_SHORT."""
    saves: Minor = 0
    """What it would take off once nothing is missing; 0 when unknown."""


@dataclass(frozen=True, slots=True)
class Gift:
    """Units handed over on top of the basket at price zero."""

    promotion_id: str
    sku: str
    quantity: int
    names: Names = field(default_factory=Names)
    """Of the promotion."""
    choices: tuple[str, ...] = ()
    """What could be taken instead, this one among them; empty where there is nothing to choose."""


class NextStep(msgspec.Struct, frozen=True):
    """How far the customer is from the next step of a promotion that applies already."""

    promotion_id: str
    names: Names
    short: Minor
    """Missing on the amount that it counts."""
    saves: Minor
    """What it would take off more."""


@dataclass(frozen=True, slots=True)
class PointsPaid:
    """Points taken as cash."""

    points: int
    amount: Minor
    """What they took off; part of the discount, under the promotion id `points`."""


class Quote(msgspec.Struct, frozen=True):
    """The price of a basket for one member at one moment."""

    lines: tuple[PricedLine, ...]
    """In the basket's order."""
    gross: Minor
    discount: Minor
    total: Minor
    """gross - discount, tax included, zero or more."""
    tax: Minor
    """Tax contained in the total."""
    applied: tuple[AppliedPromotion, ...] = ()
    missed: tuple[MissedPromotion, ...] = ()
    gifts: tuple[Gift, ...] = ()
    points: int = 0
    """Points that a member accrues when this is paid; 0 without a member."""
    certified: bool = True
    """True when no legal combination is cheaper; False when the search ran out of its budget."""
    gap: Minor = 0
    """How much cheaper a combination might be at the most, where not certified."""
    rules_version: str = ""
    next_steps: tuple[NextStep, ...] = ()
    """The nearest next step of each promotion with steps that applies."""
    points_paid: PointsPaid | None = None
    points_by: tuple[str, ...] = ()
    """Promotions that multiplied the points."""
    awards: tuple[Award, ...] = ()
    """Points beyond the rate; they are among `points`."""
    cheaper_by: Minor = 0
    """How much cheaper it would be if the shop had not forced a promotion."""
    spent_codes: tuple[str, ...] = ()
    """Single-use codes that this quote uses, with capitals folded."""
    warnings: tuple[str, ...] = ()
    """What somebody should look after: `calendar_year_missing:2028`."""

    def line(self, line_id: str) -> PricedLine:
        return next(line for line in self.lines if line.line_id == line_id)
