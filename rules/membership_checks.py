"""What tiers, points and gifts may not say although each of their keys is right: names that nobody knows …"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from rules.accrual import AccrualRules
from rules.conditions import Scope, When
from rules.gift_catalogue import GiftCatalogue
from rules.loyalty import Tier
from rules.promotion_checks import scope_problems, when_problems
from rules.table_reader import Problem, nearest
from rules.tiers import TierRules, ladder, needs


def ladder_problems(tiers: Sequence[tuple[str, Tier]]) -> Iterator[Problem]:
    """Yield where tiers (where, tier) stand in no order: a better one that asks for less than one below it."""
    places = {tier.id: where for where, tier in tiers}
    for lower, upper in pairwise(ladder([tier for _, tier in tiers])):
        below, above = needs(lower), needs(upper)
        for measure, least in above.items():
            if measure in below and least < below[measure]:
                problem = f"{least} is less than {lower.id} asks for, which stands below it by its rank"
                yield Problem(places[upper.id], f"{measure}_from", problem)


def free_problems(tiers: Sequence[tuple[str, Tier]], package_ids: Collection[str]) -> Iterator[Problem]:
    """Yield the services of tiers (where, tier) whose package the file does not have."""
    for where, tier in tiers:
        for place, service in enumerate(tier.free):
            if service.package not in package_ids:
                hint = nearest(service.package, package_ids)
                yield Problem(where, f"free[{place}].package", f"there is no package {service.package}", hint)


def membership_set_problems(
    subjects: Mapping[str, Any], *, tier_ids: Collection[str], known_skus: Collection[str] | None
) -> Iterator[Problem]:
    """Yield what is wrong with the tables of tiers, points and gifts, given the tiers of the file and the catalogue."""
    rules: TierRules = subjects.get("tier_rules", TierRules())
    accrual: AccrualRules = subjects.get("accrual", AccrualRules())
    gifts: GiftCatalogue = subjects.get("gifts", GiftCatalogue())
    if rules.holds == "next_window" and rules.window == "rolling":
        yield Problem("file", "tier_rules.holds", "a rolling window has no next one: give months, or a calendar window")
    for place, sold in enumerate(rules.sold):
        key = f"tier_rules.sold[{place}]"
        yield from _unknown(f"{key}.tier", [sold.tier], tier_ids, "no tier has the id")
        yield from _unknown(f"{key}.sku", [sold.sku], known_skus, "no item has the SKU")
    for place, kept in enumerate(rules.exclusive):
        key = f"tier_rules.exclusive[{place}]"
        yield from _unknown(f"{key}.tiers", kept.tiers, tier_ids, "no tier has the id")
        yield from _parts(kept.scope, kept.when, key, known_skus)
    for place, rate in enumerate(accrual.rates):
        yield from scope_problems(rate.scope, "file", f"accrual.rates[{place}].scope", known_skus=known_skus)
    for place, offer in enumerate(gifts.offers):
        key = f"gifts.offers[{place}]"
        yield from _unknown(f"{key}.tiers", offer.tiers, tier_ids, "no tier has the id")
        yield from _unknown(f"{key}.sku", [offer.sku] if offer.sku else (), known_skus, "no item has the SKU")
        yield from _parts(None, offer.when, key, known_skus)


def asks_for_workdays(subjects: Mapping[str, Any]) -> bool:
    """Tell whether the tables ask which days are workdays."""
    rules: TierRules = subjects.get("tier_rules", TierRules())
    gifts: GiftCatalogue = subjects.get("gifts", GiftCatalogue())
    whens = [*(each.when for each in rules.exclusive), *(each.when for each in gifts.offers)]
    return any(when.work for when in whens)


def _parts(scope: Scope | None, when: When, key: str, known_skus: Collection[str] | None) -> Iterator[Problem]:
    if scope is not None:
        yield from scope_problems(scope, "file", f"{key}.scope", known_skus=known_skus)
    for problem in when_problems(when, "file"):
        yield Problem("file", f"{key}.{problem.key}", problem.what, problem.nearest)


def _unknown(key: str, ids: Collection[str], known: Collection[str] | None, what: str) -> Iterator[Problem]:
    if known is not None:
        for each in sorted(set(ids) - set(known)):
            yield Problem("file", key, f"{what} {each}", nearest(each, known))
