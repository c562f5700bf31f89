"""The kinds of promotion and their conditions, as they stand in the shop's file.

Fields are written as in the file. Amounts are minor units, rates basis points, times store-local; ranges
exclude their end.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Literal

import msgspec

from rules.basket import QUANTITY_MAX, Names
from rules.money import AMOUNT_MAX, BASIS_POINTS, Minor

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[0-9A-Za-z][0-9A-Za-z_.-]*$")]
Amount = Annotated[Minor, msgspec.Meta(ge=1, le=AMOUNT_MAX)]
AmountOrZero = Annotated[Minor, msgspec.Meta(ge=0, le=AMOUNT_MAX)]
RateOff = Annotated[int, msgspec.Meta(ge=1, le=BASIS_POINTS)]
LocalMoment = Annotated[datetime, msgspec.Meta(tz=False)]
LocalTime = Annotated[time, msgspec.Meta(tz=False)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DayOfMonth = Annotated[int, msgspec.Meta(ge=1, le=31)]
WindowDays = Annotated[int, msgspec.Meta(ge=0, le=31)]
AmountBase = Literal["list", "after_unit", "after_previous"]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A part of a promotion: immutable, and a key that it does not know is an error."""


class Scope(_Part, frozen=True):
    """Which items: `all`, or any item that one of the lists names; what an `exclude_` list names never takes part."""

    all: bool = False
    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    exclude_skus: frozenset[str] = frozenset()
    exclude_categories: frozenset[str] = frozenset()
    exclude_brands: frozenset[str] = frozenset()
    exclude_tags: frozenset[str] = frozenset()


class When(_Part, frozen=True):
    """At which moments; everything that is given must hold."""

    starts_local: LocalMoment | None = None
    """First moment; a date alone means its midnight."""
    ends_local: LocalMoment | None = None
    """First moment that is too late: to run through 31 October, write 1 November."""
    weekdays: frozenset[Weekday] = frozenset()
    days_of_month: frozenset[DayOfMonth] = frozenset()
    """Member days: the 8th, the 18th and the 28th, say."""
    from_time: LocalTime | None = None
    until_time: LocalTime | None = None
    """First time of day that is too late. Where it is before `from_time` the slot runs across midnight,
    and weekday and day of month are those of the evening on which it began."""


class BirthdayWindow(_Part, frozen=True):
    """Days around the member's birthday; 0 and 0 is the day alone."""

    days_before: WindowDays = 0
    days_after: WindowDays = 0


class Who(_Part, frozen=True):
    """Which customers; everything that is given must hold, and anything given asks for a member."""

    members_only: bool = False
    tiers: frozenset[str] = frozenset()
    new_member: bool = False
    """A member without a closed sale."""
    birthday: BirthdayWindow | None = None
    tags: frozenset[str] = frozenset()
    """Members with at least one of these."""

    @property
    def asks_for_member(self) -> bool:
        return self != Who()


class PromotionBase(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True, tag_field="kind"
):
    """What all kinds have in common."""

    id: Identifier
    names: Names
    scope: Scope
    when: When = When()
    who: Who = Who()
    lanes: frozenset[int] = frozenset()
    """Lane numbers; empty is any."""
    channels: frozenset[str] = frozenset()
    """Sales channels; empty is any."""
    code: Annotated[str, msgspec.Meta(max_length=60)] = ""
    """Coupon code that must be given; capitals do not matter."""
    exclusive_group: str = ""
    """At most one promotion of a group applies to a basket."""
    priority: int = 0
    """Higher first among equals; it never makes a basket dearer."""
    forced: bool = False
    """Applies wherever it can, even where something else would be cheaper for the customer."""
    combines_with: frozenset[str] = frozenset()
    """Ids of unit promotions that may lower the same unit; it is enough when one of the two says so."""
    amount_base: AmountBase = "after_unit"
    """What amounts are counted on: list prices, prices after the unit promotions, or what is left when its turn comes.
    A unit promotion has nothing before it and counts list prices."""
    min_quantity: Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_MAX)] = 0
    """Fewest pieces of the scope in the basket; a weighed portion is one."""
    min_amount: AmountOrZero = 0
    """Least amount of the scope in the basket."""

    @property
    def rank(self) -> tuple[int, str]:
        """The fixed order among promotions of one lane: priority, then id."""
        return (-self.priority, self.id)

    @property
    def lane_rank(self) -> tuple[int, tuple[int, str]]:
        """The fixed order of application: unit promotions, percentages of the basket, then 满减 and 每满."""
        return (_LANES[type(self)], self.rank)


class MemberPrice(PromotionBase, tag="member_price", frozen=True, kw_only=True):
    """Members pay the item's price for their tier, or for any member, whichever is lower."""


class PercentOff(PromotionBase, tag="percent_off", frozen=True, kw_only=True):
    """So much off each unit: 1 200 is 12 % off, 八八折."""

    off_bp: RateOff


class AmountOff(PromotionBase, tag="amount_off", frozen=True, kw_only=True):
    """So much off each piece, or off each kilogram of a weighed item."""

    off: Amount


class FixedPrice(PromotionBase, tag="fixed_price", frozen=True, kw_only=True):
    """A price for each piece, or for each kilogram of a weighed item; it never raises a price."""

    price: AmountOrZero


class BasketPercentOff(PromotionBase, tag="basket_percent_off", frozen=True, kw_only=True):
    """So much off what all units of the scope cost together."""

    off_bp: RateOff


class SpendStep(_Part, frozen=True):
    """Spend so much, get so much off."""

    spend: Amount
    off: Amount


class SpendOff(PromotionBase, tag="spend_off", frozen=True, kw_only=True):
    """满减: the highest step that the amount reaches, once."""

    steps: Annotated[tuple[SpendStep, ...], msgspec.Meta(min_length=1, max_length=20)]


class EverySpendOff(PromotionBase, tag="every_spend_off", frozen=True, kw_only=True):
    """每满: so much off for every so much spent."""

    every: Amount
    off: Amount
    off_max: AmountOrZero = 0
    """Most that it takes off a basket; 0 is without a cap."""


UnitPromotion = MemberPrice | PercentOff | AmountOff | FixedPrice
"""First lane: each lowers the price of single units."""
BasketPromotion = BasketPercentOff | SpendOff | EverySpendOff
"""Later lanes: each takes an amount off all units of its scope together."""
Promotion = UnitPromotion | BasketPromotion
UNIT_KINDS = (MemberPrice, PercentOff, AmountOff, FixedPrice)
BASKET_KINDS = (BasketPercentOff, SpendOff, EverySpendOff)
KINDS = (*UNIT_KINDS, *BASKET_KINDS)
_LANES = {**dict.fromkeys(UNIT_KINDS, 0), BasketPercentOff: 1, SpendOff: 2, EverySpendOff: 2}
