"""A rule set made ready for many baskets: what can be known of each promotion before anything is bought."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import IntEnum
from typing import cast

from rules.basket import Item
from rules.basket_lanes import Candidate
from rules.conditions import Scope, When
from rules.eligibility import is_unconditional
from rules.money import Minor
from rules.promotion_kinds import (
    BASKET_KINDS,
    EXTRA_KINDS,
    GROUP_KINDS,
    BasketPromotion,
    Bundle,
    BuyNGetM,
    FixedPrice,
    LimitedUnits,
    MemberPrice,
    NForPrice,
    NthItem,
    Promotion,
)
from rules.promotions import RuleSet
from rules.quote import MissedPromotion, MissReason
from rules.scopes import ScopeIndex, bits_of

ITEMS_KEPT = 20_000
"""Items whose promotions are remembered; then the memory begins anew."""


class Role(IntEnum):
    """What a promotion does in the search."""

    UNIT = 0
    GROUP = 1
    """It takes up units: group promotions, and unit promotions for so many units."""
    BASKET = 2
    EXTRA = 3


@dataclass(frozen=True, slots=True)
class Ready:
    """One promotion, with what is asked of it for every basket."""

    promotion: Promotion
    role: Role
    is_free: bool
    """It asks for nothing but items."""
    counts_own: bool
    """It asks for no number of pieces, and for no amount but its scope's own."""
    is_plain: bool
    """A unit promotion that asks for no pieces and no amount at all."""
    is_bound: bool
    """Some rule may keep it from applying beside others."""
    rates: tuple[int, ...]
    """Of a group promotion over one scope whose pieces need nothing in common: off each piece of a use; else empty."""
    size: int
    """Pieces of such a use; else 0."""
    lane_place: tuple[int, int]
    """What decides its place in the order of application first: the lane, then the priority."""
    first: Minor
    """Of a basket promotion: the least amount at which it takes something off; else 0."""
    first_off: Minor
    """And what it then takes off; 0 for a percentage."""
    no_item: MissedPromotion
    better_used: MissedPromotion


@dataclass(frozen=True, slots=True)
class RuleIndex:
    """All promotions of a rule set."""

    ordered: tuple[Promotion, ...]
    """In the fixed order of the lanes."""
    ready: tuple[Ready, ...]
    """In the same order."""
    by_id: dict[str, Promotion]
    rank: dict[str, int]
    """Place in the order, by id."""
    scopes: ScopeIndex
    part_scopes: ScopeIndex
    """The scopes of all parts of bundles."""
    part_bits: dict[str, int]
    """By bundle, which of them are its own."""
    is_forcing: bool
    """Some promotion is forced."""
    asks_for_workdays: bool
    turns: tuple[tuple[datetime, ...], tuple[time, ...]]
    """Moments, and times of every day, at which some promotion begins or ends, in their order."""
    own_codes: frozenset[str]
    """Codes that promotions ask for, with capitals folded."""
    known: dict[tuple[str, str, str, frozenset[str]], tuple[tuple[int, ...], int]] = field(default_factory=dict)

    def places_of(self, item: Item) -> tuple[tuple[int, ...], int]:
        """Return the promotions that an item takes part in, by their number in the order, and its parts of bundles."""
        key = (item.sku, item.category, item.brand, item.tags)
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= ITEMS_KEPT:
                self.known.clear()
            parts = self.part_scopes.bits(item)
            numbers = [
                number
                for number in bits_of(self.scopes.bits(item))
                if not isinstance(self.ordered[number], Bundle) or self.part_bits[self.ordered[number].id] & parts
            ]
            found = self.known[key] = tuple(numbers), parts
        return found


def index_of(rules: RuleSet) -> RuleIndex:
    """Return the index of a rule set; it is made once and kept with the set."""
    kept = rules.__dict__.get("index")
    if kept is None:
        ordered = tuple(sorted(rules.promotions, key=lambda promotion: promotion.lane_rank))
        by_id = {promotion.id: promotion for promotion in ordered}
        assert len(by_id) == len(ordered)
        excluded = frozenset(name for promotion in ordered for name in promotion.excludes)
        kept = rules.__dict__["index"] = RuleIndex(
            ordered,
            tuple(_ready(promotion, excluded) for promotion in ordered),
            by_id,
            {promotion.id: number for number, promotion in enumerate(ordered)},
            ScopeIndex.of([promotion.scope for promotion in ordered]),
            *_parts_of(ordered),
            any(promotion.forced for promotion in ordered),
            any(promotion.when.work for promotion in ordered),
            _turns_of([promotion.when for promotion in ordered]),
            frozenset(promotion.code.casefold() for promotion in ordered if promotion.code),
        )
    return cast(RuleIndex, kept)


def span_of(rules: RuleSet, now_local: datetime) -> tuple[date, int, int]:
    """Return the span of time in which a moment lies: at all of its moments the same basket costs the same."""
    moments, times = index_of(rules).turns
    return now_local.date(), bisect_right(moments, now_local), bisect_right(times, now_local.time())


def _turns_of(whens: Sequence[When]) -> tuple[tuple[datetime, ...], tuple[time, ...]]:
    moments = {at for when in whens for at in (when.starts_local, when.ends_local) if at is not None}
    times = {at for when in whens for at in (when.from_time, when.until_time) if at is not None}
    return tuple(sorted(moments)), tuple(sorted(times))


def _ready(promotion: Promotion, excluded: frozenset[str]) -> Ready:
    role = Role.UNIT
    if isinstance(promotion, BASKET_KINDS):
        role = Role.BASKET
    elif isinstance(promotion, EXTRA_KINDS):
        role = Role.EXTRA
    elif isinstance(promotion, GROUP_KINDS) or (isinstance(promotion, LimitedUnits) and promotion.units_max):
        role = Role.GROUP
    rates: tuple[int, ...] = ()
    size = 0
    if isinstance(promotion, NForPrice | BuyNGetM | NthItem) and not promotion.alike:
        if isinstance(promotion, NForPrice):
            size = promotion.quantity
        elif isinstance(promotion, NthItem):
            rates = promotion.ladder_bp
        elif promotion.get_scope is None:
            rates = (0,) * promotion.buy + (promotion.off_bp,) * promotion.get
        size = size or len(rates)
    first = first_off = 0
    if role is Role.BASKET:
        alone = Candidate(cast(BasketPromotion, promotion), (), (), 0)
        first = alone.threshold
        first_off = alone.wanted(alone.level(first))
    counts_own = not promotion.min_quantity and not promotion.quantity_of and promotion.amount_of is None
    return Ready(
        promotion,
        role,
        is_unconditional(promotion),
        counts_own,
        role is Role.UNIT and counts_own and not promotion.min_amount,
        bool(promotion.exclusive_group or promotion.excludes or promotion.alone or promotion.id in excluded),
        rates,
        size,
        (promotion.lane_rank[0], -promotion.priority),
        first,
        first_off,
        MissedPromotion(promotion.id, promotion.names, MissReason.NO_ITEM),
        MissedPromotion(promotion.id, promotion.names, MissReason.BETTER_USED),
    )


def _parts_of(ordered: Sequence[Promotion]) -> tuple[ScopeIndex, dict[str, int]]:
    scopes: list[Scope] = []
    bits: dict[str, int] = {}
    for promotion in ordered:
        if isinstance(promotion, Bundle):
            bits[promotion.id] = (1 << len(promotion.parts)) - 1 << len(scopes)
            scopes += [part.scope for part in promotion.parts]
    return ScopeIndex.of(scopes), bits


def asks_for_list_price(promotion: Promotion) -> bool:
    """Tell whether a price stands in for the list price, so that one which the cashier types takes no part."""
    return isinstance(promotion, MemberPrice | FixedPrice)
