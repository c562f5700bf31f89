"""What a promotion may not say although each of its keys is right: contradictions, and names that nobody knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import time

from rules.loyalty import Tier
from rules.promotion_kinds import (
    UNIT_KINDS,
    EverySpendOff,
    PromotionBase,
    Scope,
    SpendOff,
    When,
)
from rules.table_reader import Problem, nearest


def tier_problems(tier: Tier, before: Sequence[Tier], *, where: str) -> Iterator[Problem]:
    """Yield what is wrong with a tier, given those that stand before it."""
    for other in before:
        if other.spend_from == tier.spend_from:
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
    yield from _scope_problems(promotion.scope, where)
    if known_skus is not None:
        for key, skus in (("scope.skus", promotion.scope.skus), ("scope.exclude_skus", promotion.scope.exclude_skus)):
            for sku in sorted(skus - frozenset(known_skus)):
                yield Problem(where, key, f"no item has the SKU {sku}", nearest(sku, known_skus))
    yield from _when_problems(promotion.when, where)
    for tier_id in sorted(promotion.who.tiers - frozenset(tier_ids)):
        yield Problem(where, "who.tiers", f"no tier has the id {tier_id}", nearest(tier_id, tier_ids))
    yield from _combination_problems(promotion, where, others)
    if promotion.code != promotion.code.strip():
        yield Problem(where, "code", "begins or ends with a space, so nobody could type it")
    if isinstance(promotion, SpendOff):
        yield from _step_problems(promotion, where)
    if isinstance(promotion, EverySpendOff):
        if promotion.off > promotion.every:
            yield Problem(where, "off", f"gives {promotion.off} for every {promotion.every} spent")
        if 0 < promotion.off_max < promotion.off:
            yield Problem(where, "off_max", f"{promotion.off_max} is below one step of {promotion.off}")


def _scope_problems(scope: Scope, where: str) -> Iterator[Problem]:
    lists = (scope.skus, scope.categories, scope.brands, scope.tags)
    if scope.all and any(lists):
        yield Problem(where, "scope", "says all and lists some: give one of the two")
    elif not scope.all and not any(lists):
        yield Problem(where, "scope", "empty: give all = true, or a list of skus, categories, brands or tags")
    pairs = zip(
        lists, (scope.exclude_skus, scope.exclude_categories, scope.exclude_brands, scope.exclude_tags), strict=True
    )
    if not scope.all and any(lists) and all(wanted <= excluded for wanted, excluded in pairs):
        yield Problem(where, "scope", "empty: everything that it lists is excluded again")


def _when_problems(when: When, where: str) -> Iterator[Problem]:
    if when.starts_local and when.ends_local and when.ends_local <= when.starts_local:
        yield Problem(where, "when.ends_local", f"{when.ends_local} is not after the start {when.starts_local}")
    if (when.from_time is None) != (when.until_time is None):
        yield Problem(where, "when", "give from_time and until_time together")
    elif when.from_time is not None and when.from_time == when.until_time:
        note = ": for the whole day leave both out" if when.from_time == time(0) else ""
        yield Problem(where, "when.until_time", f"the slot ends when it starts, at {when.from_time}{note}")


def _combination_problems(promotion: PromotionBase, where: str, others: Mapping[str, type | None]) -> Iterator[Problem]:
    is_unit = isinstance(promotion, UNIT_KINDS)
    if is_unit and promotion.amount_base == "after_previous":
        yield Problem(where, "amount_base", "nothing comes before a unit promotion: it counts list prices")
    if promotion.combines_with and not is_unit:
        yield Problem(
            where, "combines_with", "basket promotions combine by themselves; exclusive_group keeps them apart"
        )
        return
    for other in sorted(promotion.combines_with):
        if other == promotion.id:
            yield Problem(where, "combines_with", "names itself")
        elif other not in others:
            yield Problem(where, "combines_with", f"no promotion has the id {other}", nearest(other, others))
        elif (kind := others[other]) is not None and not issubclass(kind, UNIT_KINDS):
            yield Problem(where, "combines_with", f"{other} is a basket promotion and combines by itself")


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
