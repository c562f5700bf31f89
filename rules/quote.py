"""A priced basket: what every unit costs, which promotion did it, and why the others did not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
    USED_UP = "used_up"
    BETTER_USED = "better_used"
    """A better combination uses these items."""
    EXCLUDED = "excluded"
    """Another promotion of its exclusive group applied."""


@dataclass(frozen=True, slots=True)
class LineDiscount:
    """What one promotion took off one line."""

    promotion_id: str
    amount: Minor
    """Greater than zero."""


@dataclass(frozen=True, slots=True)
class PricedLine:
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


@dataclass(frozen=True, slots=True)
class AppliedPromotion:
    """One promotion that applied, over the whole basket."""

    promotion_id: str
    names: Names
    amount: Minor
    times: int = 1


@dataclass(frozen=True, slots=True)
class MissedPromotion:
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


@dataclass(frozen=True, slots=True)
class Quote:
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

    def line(self, line_id: str) -> PricedLine:
        return next(line for line in self.lines if line.line_id == line_id)
