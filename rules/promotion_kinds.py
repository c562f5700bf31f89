"""The kinds of promotion, as they stand in the shop's file.

Fields are written as in the file. Amounts are minor units, rates basis points. docs/pricing.md says what each key means
to a customer.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from rules.basket import QUANTITY_MAX, Names
from rules.conditions import Part, Scope, When, Who
from rules.money import AMOUNT_MAX, BASIS_POINTS, Minor

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[0-9A-Za-z][0-9A-Za-z_.-]*$")]
Amount = Annotated[Minor, msgspec.Meta(ge=1, le=AMOUNT_MAX)]
AmountOrZero = Annotated[Minor, msgspec.Meta(ge=0, le=AMOUNT_MAX)]
RateOff = Annotated[int, msgspec.Meta(ge=1, le=BASIS_POINTS)]
RateOrZero = Annotated[int, msgspec.Meta(ge=0, le=BASIS_POINTS)]
Count = Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_MAX)]
GroupSize = Annotated[int, msgspec.Meta(ge=1, le=100)]
AmountBase = Literal["list", "after_unit", "after_previous"]
Alike = Annotated[str, msgspec.Meta(pattern=r"^(sku|category|brand|tag:.+)?$")]
POINTS_ID = "points"
"""Id under which points taken as cash stand on a quote; no promotion may have it."""
HAND_LINE_ID, HAND_BASKET_ID = "hand_line", "hand_basket"
"""Ids under which discounts by hand stand on a quote; no promotion may have them."""
RESERVED_IDS = (POINTS_ID, HAND_LINE_ID, HAND_BASKET_ID)


class Uses(Part, frozen=True):
    """How often a promotion may be used; 0 is without a limit."""

    in_all: Count = 0
    a_member: Count = 0
    a_day: Count = 0


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
    single_use: bool = False
    """Every customer has a code of their own, `CODE-` and anything, and each may be used once."""
    issued: bool = False
    """Asks for a coupon that the shop issued for this promotion; each of them may be used once."""
    uses: Uses = Uses()
    exclusive_group: str = ""
    """At most one promotion of a group applies to a basket, or as many as the file's `exclusive_groups` say."""
    excludes: frozenset[str] = frozenset()
    """Ids of promotions that never apply to the same basket."""
    alone: bool = False
    """Where it applies, nothing else applies to the basket."""
    priority: int = 0
    """Higher first among equals; it never makes a basket dearer."""
    forced: bool = False
    """Applies wherever it can, even where something else would be cheaper for the customer."""
    combines_with: frozenset[str] = frozenset()
    """Ids of unit or group promotions that may lower the same unit; it is enough when one of the two says so."""
    amount_base: AmountBase = "after_unit"
    """What amounts are counted on: list prices, prices after the unit and group promotions, or what is left when its
    turn comes. Unit and group promotions count list prices."""
    min_quantity: Count = 0
    """Fewest pieces of the scope in the basket; a weighed portion is one."""
    min_amount: AmountOrZero = 0
    """Least amount of the scope in the basket."""
    quantity_of: Scope | None = None
    """Whose pieces `min_quantity` counts; left out: the scope's own."""
    amount_of: Scope | None = None
    """Whose amount `min_amount`, `steps` and `every` count; left out: the scope's own."""

    @property
    def spends_codes(self) -> bool:
        """True where the code that lets it apply is used up by that."""
        return self.single_use or self.issued

    @property
    def rank(self) -> tuple[int, str]:
        """The fixed order among promotions of one lane: priority, then id."""
        return (-self.priority, self.id)

    @property
    def lane_rank(self) -> tuple[int, tuple[int, str]]:
        """The fixed order of lanes: units, groups, percentages of the basket, amounts of the basket, coupons, gifts."""
        return (_LANES[type(self)], self.rank)


class MemberPrice(PromotionBase, tag="member_price", frozen=True, kw_only=True):
    """Members pay the item's price for their tier, or for any member, whichever is lower."""


class LimitedUnits(PromotionBase, frozen=True, kw_only=True):
    """A unit promotion that may be bound to a number of units."""

    units_max: Count = 0
    """Most units of a basket that it lowers; 0 is without a limit."""
    which: Literal["any", "cheapest"] = "any"
    """With `cheapest` it is for the cheapest units of its scope by list price, and no others."""


class PercentOff(LimitedUnits, tag="percent_off", frozen=True, kw_only=True):
    """So much off each unit: 1 200 is 12 % off, 八八折."""

    off_bp: RateOff


class AmountOff(LimitedUnits, tag="amount_off", frozen=True, kw_only=True):
    """So much off each piece, or off each kilogram of a weighed item."""

    off: Amount


class FixedPrice(LimitedUnits, tag="fixed_price", frozen=True, kw_only=True):
    """A price for each piece, or for each kilogram of a weighed item; it never raises a price."""

    price: AmountOrZero


class GroupBase(PromotionBase, frozen=True, kw_only=True):
    """What all group promotions have in common: each use takes up some pieces."""

    times_max: Count = 0
    """Most times that it is used on a basket; 0 is without a limit."""


class AlikeBase(GroupBase, frozen=True, kw_only=True):
    """A group promotion over one scope."""

    alike: Alike = ""
    """What the pieces of one use must share: `sku`, `category`, `brand`, or `tag:` and the beginning of a tag."""


class NForPrice(AlikeBase, tag="n_for_price", frozen=True, kw_only=True):
    """So many pieces for one price: 3 for 10.00."""

    quantity: Annotated[int, msgspec.Meta(ge=2, le=100)]
    price: AmountOrZero


class BuyNGetM(AlikeBase, tag="buy_n_get_m", frozen=True, kw_only=True):
    """Buy so many, get so many more free or cheaper: the cheapest of the pieces, or pieces of `get_scope`."""

    buy: GroupSize
    get: GroupSize = 1
    off_bp: RateOff = BASIS_POINTS
    """What is taken off the pieces that one gets; left out: all."""
    get_scope: Scope | None = None
    """Where the pieces that one gets come from; left out: the same scope, and the cheapest are those that one gets."""


class NthItem(AlikeBase, tag="nth_item", frozen=True, kw_only=True):
    """第二件半价 is [0, 5000], 第二件8折第三件5折 is [0, 2000, 5000]: off each piece in turn, dearest first."""

    ladder_bp: Annotated[tuple[RateOrZero, ...], msgspec.Meta(min_length=2, max_length=10)]


class BundlePart(Part, frozen=True):
    """So many pieces of a scope."""

    scope: Scope
    quantity: GroupSize = 1


class Bundle(GroupBase, tag="bundle", frozen=True, kw_only=True):
    """Pieces of several items or categories together, for a price or at a percentage off."""

    scope: Scope = Scope(all=True)
    parts: Annotated[tuple[BundlePart, ...], msgspec.Meta(min_length=2, max_length=6)]
    price: AmountOrZero | None = None
    off_bp: RateOff | None = None


class GiftItem(Part, frozen=True):
    """Something that is given away."""

    sku: Annotated[str, msgspec.Meta(min_length=1)]
    quantity: GroupSize = 1


class GiftWith(PromotionBase, tag="gift", frozen=True, kw_only=True):
    """Something on top: for every so many pieces, or once from an amount. It uses up no pieces."""

    gifts: Annotated[tuple[GiftItem, ...], msgspec.Meta(min_length=1, max_length=10)]
    choose: bool = False
    """One of the gifts, as the customer likes; left out: all of them."""
    buy: GroupSize = 1
    times_max: Count = 1
    """Most times for one basket; 0 is without a limit."""


class BasketPercentOff(PromotionBase, tag="basket_percent_off", frozen=True, kw_only=True):
    """So much off what all units of the scope cost together."""

    off_bp: RateOff
    off_max: AmountOrZero = 0
    """Most that it takes off a basket; 0 is without a cap."""
    full_price_only: bool = False
    """Units that a unit or group promotion lowers take no part."""


class SpendStep(Part, frozen=True):
    """Spend so much, get so much off."""

    spend: Amount
    off: Amount


class SpendOff(PromotionBase, tag="spend_off", frozen=True, kw_only=True):
    """满减: the highest step that the amount reaches, once."""

    steps: Annotated[tuple[SpendStep, ...], msgspec.Meta(min_length=1, max_length=20)]
    full_price_only: bool = False


class EverySpendOff(PromotionBase, tag="every_spend_off", frozen=True, kw_only=True):
    """每满: so much off for every so much spent."""

    every: Amount
    off: Amount
    off_max: AmountOrZero = 0
    """Most that it takes off a basket; 0 is without a cap."""
    full_price_only: bool = False


class BasketAmountOff(PromotionBase, tag="basket_amount_off", frozen=True, kw_only=True):
    """So much off the scope, once; never below zero."""

    off: Amount
    full_price_only: bool = False


class CouponPercentOff(PromotionBase, tag="coupon_percent_off", frozen=True, kw_only=True):
    """A coupon, after all promotions: so much of what the scope still costs."""

    amount_base: AmountBase = "after_previous"
    off_bp: RateOff
    off_max: AmountOrZero = 0
    full_price_only: bool = False


class CouponAmountOff(PromotionBase, tag="coupon_amount_off", frozen=True, kw_only=True):
    """A coupon, after all promotions: money off what the scope still costs, never below zero."""

    amount_base: AmountBase = "after_previous"
    off: Amount
    full_price_only: bool = False


class PointsMultiplier(PromotionBase, tag="points_multiplier", frozen=True, kw_only=True):
    """Members accrue so many times the points on the scope; of several on one line the highest counts."""

    multiplier_bp: Annotated[int, msgspec.Meta(ge=BASIS_POINTS + 1, le=100 * BASIS_POINTS)]


UnitPromotion = MemberPrice | PercentOff | AmountOff | FixedPrice
"""First lane: each lowers the price of single units."""
GroupPromotion = NForPrice | BuyNGetM | NthItem | Bundle
"""Second lane: each use takes up several units."""
PercentPromotion = BasketPercentOff | CouponPercentOff
BasketPromotion = BasketPercentOff | SpendOff | EverySpendOff | BasketAmountOff | CouponPercentOff | CouponAmountOff
"""Later lanes: each takes an amount off all units of its scope together."""
ExtraPromotion = GiftWith | PointsMultiplier
"""They change no price."""
Promotion = UnitPromotion | GroupPromotion | BasketPromotion | ExtraPromotion
UNIT_KINDS = (MemberPrice, PercentOff, AmountOff, FixedPrice)
GROUP_KINDS = (NForPrice, BuyNGetM, NthItem, Bundle)
BASKET_KINDS = (BasketPercentOff, SpendOff, EverySpendOff, BasketAmountOff, CouponPercentOff, CouponAmountOff)
EXTRA_KINDS = (GiftWith, PointsMultiplier)
PERCENT_KINDS = (BasketPercentOff, CouponPercentOff)
COUPON_KINDS = (CouponPercentOff, CouponAmountOff)
KINDS = (*UNIT_KINDS, *GROUP_KINDS, *BASKET_KINDS, *EXTRA_KINDS)
_LANES = {
    **dict.fromkeys(UNIT_KINDS, 0),
    **dict.fromkeys(GROUP_KINDS, 1),
    BasketPercentOff: 2,
    SpendOff: 3,
    EverySpendOff: 3,
    BasketAmountOff: 3,
    CouponPercentOff: 4,
    CouponAmountOff: 5,
    **dict.fromkeys(EXTRA_KINDS, 6),
}
