"""What a promotion may not say although each of its keys is right: contradictions, and names that nobody knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import time
from itertools import pairwise

from rules.conditions import Scope, When
from rules.loyalty import Tier
from rules.promotion_conflicts import contradictions, cycle_problems
from rules.promotion_kinds import (
    BASKET_KINDS,
    EXTRA_KINDS,
    GROUP_KINDS,
    POINTS_ID,
    RESERVED_IDS,
    UNIT_KINDS,
    BasketAmountOff,
    Bundle,
    BuyNGetM,
    CouponAmountOff,
    EverySpendOff,
    GiftWith,
    LimitedUnits,
    NthItem,
    PromotionBase,
    SpendOff,
)
from rules.table_reader import Problem, nearest


def tier_problems(tier: Tier, before: Sequence[Tier], *, where: str) -> Iterator[Problem]:
    """Yield what is wrong with a tier, given those that stand before it."""
    for other in before:
        if other.spend_from == tier.spend_from is not None and other.rank == tier.rank:
            yield Problem(where, "spend_from", f"{tier.spend_from} is already where {other.id} begins")


def promotion_problems(
    promotion: PromotionBase,
    *,
    where: str,
    others: Mapping[str, type | None],
    tier_ids: Collection[str],
    known_skus: Collection[str] | None,
) -> Iterator[Problem]:
    """Yield every contradiction in a promotion.

    Args:
        promotion: one that could be read.
        where: how to name it.
        others: kind by id of all promotions of the file, itself included; None for one that could not be read.
        tier_ids: tiers of the file.
        known_skus: SKUs of the catalogue, or None.
    """
    if promotion.id in RESERVED_IDS:
        what = "points taken as cash stand" if promotion.id == POINTS_ID else "a discount by hand stands"
        yield Problem(where, "id", f"{promotion.id} is the name under which {what} on a receipt")
    for key, scope in scopes_of(promotion):
        yield from scope_problems(scope, where, key, known_skus=known_skus)
    yield from when_problems(promotion.when, where)
    for tier_id in sorted(promotion.who.tiers - frozenset(tier_ids)):
        yield Problem(where, "who.tiers", f"no tier has the id {tier_id}", nearest(tier_id, tier_ids))
    yield from _combination_problems(promotion, where, others)
    yield from _lane_problems(promotion, where)
    yield from _code_problems(promotion, where)
    yield from _amount_problems(promotion, where)
    if isinstance(promotion, GROUP_KINDS):
        yield from _group_problems(promotion, where)
    if isinstance(promotion, GiftWith) and known_skus is not None:
        for gift in promotion.gifts:
            if gift.sku not in known_skus:
                yield Problem(where, "gifts", f"no item has the SKU {gift.sku}", nearest(gift.sku, known_skus))


def _code_problems(promotion: PromotionBase, where: str) -> Iterator[Problem]:
    if promotion.code != promotion.code.strip():
        yield Problem(where, "code", "begins or ends with a space, so nobody could type it")
    if promotion.single_use and not promotion.code:
        yield Problem(where, "single_use", "needs a code that the customers' own codes begin with")
    if promotion.issued and promotion.code:
        yield Problem(where, "issued", "asks for a code and for an issued coupon: give one of the two")


def _amount_problems(promotion: PromotionBase, where: str) -> Iterator[Problem]:
    if isinstance(promotion, SpendOff):
        yield from _step_problems(promotion, where)
    if (
        isinstance(promotion, BasketAmountOff | CouponAmountOff)
        and promotion.amount_of is None
        and 0 < promotion.min_amount < promotion.off
    ):
        yield Problem(where, "off", f"gives {promotion.off} for {promotion.min_amount} spent")
    if isinstance(promotion, EverySpendOff):
        if promotion.off > promotion.every:
            yield Problem(where, "off", f"gives {promotion.off} for every {promotion.every} spent")
        if 0 < promotion.off_max < promotion.off:
            yield Problem(where, "off_max", f"{promotion.off_max} is below one step of {promotion.off}")


def set_problems(placed: Sequence[tuple[str, PromotionBase]], groups: Mapping[str, int]) -> Iterator[Problem]:
    """Yield what is wrong with promotions (where, promotion) taken together."""
    yield from cycle_problems(placed)
    yield from contradictions(placed, groups)
    used = {promotion.exclusive_group for _, promotion in placed}
    for name in sorted(set(groups) - used):
        yield Problem("file", f"exclusive_groups.{name}", "no promotion stands in this group", nearest(name, used))


def scopes_of(promotion: PromotionBase) -> Iterator[tuple[str, Scope]]:
    """Yield every scope of a promotion with its key."""
    yield "scope", promotion.scope
    if promotion.quantity_of is not None:
        yield "quantity_of", promotion.quantity_of
    if promotion.amount_of is not None:
        yield "amount_of", promotion.amount_of
    if isinstance(promotion, BuyNGetM) and promotion.get_scope is not None:
        yield "get_scope", promotion.get_scope
    if isinstance(promotion, Bundle):
        for number, part in enumerate(promotion.parts):
            yield f"parts[{number}].scope", part.scope


def scope_problems(
    scope: Scope, where: str, key: str, *, known_skus: Collection[str] | None = None
) -> Iterator[Problem]:
    """Yield why a scope can hold nothing, and which of its items nobody knows."""
    lists = (scope.skus, scope.categories, scope.brands, scope.tags)
    if scope.all and any(lists):
        yield Problem(where, key, "says all and lists some: give one of the two")
    elif not scope.all and not any(lists):
        yield Problem(where, key, "empty: give all = true, or a list of skus, categories, brands or tags")
    pairs = zip(
        lists, (scope.exclude_skus, scope.exclude_categories, scope.exclude_brands, scope.exclude_tags), strict=True
    )
    if not scope.all and any(lists) and all(wanted <= excluded for wanted, excluded in pairs):
        yield Problem(where, key, "empty: everything that it lists is excluded again")
    if known_skus is not None:
        for name, skus in (("skus", scope.skus), ("exclude_skus", scope.exclude_skus)):
            for sku in sorted(skus - frozenset(known_skus)):
                yield Problem(where, f"{key}.{name}", f"no item has the SKU {sku}", nearest(sku, known_skus))


def when_problems(when: When, where: str) -> Iterator[Problem]:
    """Yield what is wrong with the moments that something asks for."""
    if when.starts_local and when.ends_local and when.ends_local <= when.starts_local:
        yield Problem(where, "when.ends_local", f"{when.ends_local} is not after the start {when.starts_local}")
    if (when.from_time is None) != (when.until_time is None):
        yield Problem(where, "when", "give from_time and until_time together")
    elif when.from_time is not None and when.from_time == when.until_time:
        note = ": for the whole day leave both out" if when.from_time == time(0) else ""
        yield Problem(where, "when.until_time", f"the slot ends when it starts, at {when.from_time}{note}")
    if not when.festivals and (when.festival_days_before or when.festival_days_after):
        yield Problem(where, "when.festivals", "days around a festival, and no festival")


def _combination_problems(promotion: PromotionBase, where: str, others: Mapping[str, type | None]) -> Iterator[Problem]:
    for other in sorted(promotion.excludes):
        if other == promotion.id:
            yield Problem(where, "excludes", "names itself")
        elif other not in others:
            yield Problem(where, "excludes", f"no promotion has the id {other}", nearest(other, others))
        elif other in promotion.combines_with:
            yield Problem(where, "excludes", f"{other} is excluded, and combined with")
    if promotion.combines_with and not isinstance(promotion, UNIT_KINDS + GROUP_KINDS):
        yield Problem(
            where, "combines_with", "basket promotions combine by themselves; exclusive_group keeps them apart"
        )
        return
    for other in sorted(promotion.combines_with):
        if other == promotion.id:
            yield Problem(where, "combines_with", "names itself")
            continue
        if other not in others:
            yield Problem(where, "combines_with", f"no promotion has the id {other}", nearest(other, others))
            continue
        kind = others[other]
        if kind is not None and not issubclass(kind, UNIT_KINDS + GROUP_KINDS):
            yield Problem(where, "combines_with", f"{other} is a basket promotion and combines by itself")
        elif kind is not None and isinstance(promotion, GROUP_KINDS) and issubclass(kind, GROUP_KINDS):
            yield Problem(where, "combines_with", f"{other} is a group promotion too, and a unit takes one of those")


def _lane_problems(promotion: PromotionBase, where: str) -> Iterator[Problem]:
    if isinstance(promotion, UNIT_KINDS + GROUP_KINDS + EXTRA_KINDS) and promotion.amount_base == "after_previous":
        yield Problem(where, "amount_base", "nothing comes before a unit promotion: it counts list prices")
    if promotion.forced and not isinstance(promotion, UNIT_KINDS + BASKET_KINDS):
        yield Problem(where, "forced", "only a unit, basket or coupon promotion can be forced")
    if isinstance(promotion, EXTRA_KINDS) and (promotion.exclusive_group or promotion.excludes or promotion.alone):
        yield Problem(where, "exclusive_group", "it changes no price, so it excludes nothing")
    if isinstance(promotion, LimitedUnits):
        if promotion.which == "cheapest" and not promotion.units_max:
            yield Problem(where, "which", "cheapest needs units_max")
        if promotion.units_max and promotion.forced:
            yield Problem(where, "forced", "a promotion with units_max cannot be forced: it would have to name units")


def _group_problems(promotion: PromotionBase, where: str) -> Iterator[Problem]:
    if isinstance(promotion, NthItem):
        ladder = promotion.ladder_bp
        if any(later < earlier for earlier, later in pairwise(ladder)):
            yield Problem(where, "ladder_bp", "falls: a later piece may not get less off than an earlier one")
        elif not any(ladder):
            yield Problem(where, "ladder_bp", "takes nothing off")
    if isinstance(promotion, BuyNGetM) and promotion.get_scope is not None and promotion.alike:
        yield Problem(where, "alike", "get_scope names other items, which share nothing")
    if isinstance(promotion, Bundle) and (promotion.price is None) == (promotion.off_bp is None):
        yield Problem(where, "price", "give a price or off_bp, one of the two")
    if getattr(promotion, "alike", "") and getattr(promotion, "times_max", 0):
        yield Problem(where, "times_max", "counts over the basket, and alike counts by group: give one of the two")


def _step_problems(promotion: SpendOff, where: str) -> Iterator[Problem]:
    for number, step in enumerate(promotion.steps):
        if step.off > step.spend:
            yield Problem(where, f"steps[{number}]", f"gives {step.off} for {step.spend} spent")
        before = promotion.steps[number - 1] if number else None
        if before is not None and (step.spend <= before.spend or step.off <= before.off):
            yield Problem(
                where,
                f"steps[{number}]",
                f"spend {step.spend} off {step.off} does not rise above spend {before.spend} off {before.off}",
            )
