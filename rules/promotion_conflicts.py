"""What promotions may not say of each other: cycles of exclusions, and pairs that can never apply as they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from rules.conditions import Scope, When, Who
from rules.promotion_kinds import (
    EXTRA_KINDS,
    AmountOff,
    BasketAmountOff,
    BasketPercentOff,
    PercentOff,
    PromotionBase,
    Uses,
)
from rules.table_reader import Problem


def cycle_problems(placed: Sequence[tuple[str, PromotionBase]]) -> Iterator[Problem]:
    """Yield one problem for every cycle of `excludes` among (where, promotion): nobody could say which one wins."""
    excludes = {promotion.id: sorted(promotion.excludes) for _, promotion in placed}
    where = {promotion.id: place for place, promotion in placed}
    seen: set[str] = set()
    for start in where:
        path = _cycle_from(start, excludes, seen)
        if path:
            yield Problem(where[path[0]], "excludes", "a cycle of exclusions: " + " → ".join((*path, path[0])))


def _cycle_from(start: str, excludes: Mapping[str, Sequence[str]], seen: set[str]) -> list[str]:
    """Return a cycle that can be reached and was not seen before, or nothing."""
    path: list[str] = []
    # (promotion, how far its exclusions were followed): a stack, because a file may chain two thousand of them.
    stack = [(start, 0)]
    while stack:
        name, number = stack.pop()
        if number == 0:
            if name in path:
                return path[path.index(name) :]
            if name in seen:
                continue
            seen.add(name)
            path.append(name)
        others = excludes.get(name, ())
        if number < len(others):
            stack += [(name, number + 1), (others[number], 0)]
        else:
            path.remove(name)
    return []


def contradictions(placed: Sequence[tuple[str, PromotionBase]], groups: Mapping[str, int]) -> Iterator[Problem]:
    """Yield what two promotions (where, promotion) of a file say of each other and cannot both be.

    Args:
        placed: promotions of a file.
        groups: how many of an exclusive group may apply, where that is more than one.
    """
    by_id = {promotion.id: promotion for _, promotion in placed}
    for where, promotion in placed:
        for other in sorted(promotion.combines_with & by_id.keys()):
            yield from _apart(where, promotion, by_id[other], groups)
    forced = [(where, promotion) for where, promotion in placed if promotion.forced]
    for (_, first), (where, second) in combinations(forced, 2):
        if _overlap(first.when, second.when):
            yield from _both_forced(where, first, second, groups)
    for always in (promotion for _, promotion in forced if _always(promotion)):
        for where, promotion in placed:
            if not promotion.forced and _shut_out(promotion, always):
                yield Problem(where, "excludes", f"can never apply: {always.id} always does, and excludes it")


def _apart(where: str, promotion: PromotionBase, other: PromotionBase, groups: Mapping[str, int]) -> Iterator[Problem]:
    if promotion.alone or other.alone:
        one = promotion.id if promotion.alone else other.id
        yield Problem(where, "combines_with", f"{one} applies alone, so it combines with nothing")
    if promotion.id in other.excludes:
        yield Problem(where, "combines_with", f"{other.id} excludes it")
    if _share_one_place(promotion, other, groups):
        yield Problem(where, "combines_with", f"{other.id} stands in the same exclusive group")


def _both_forced(
    where: str, first: PromotionBase, second: PromotionBase, groups: Mapping[str, int]
) -> Iterator[Problem]:
    if first.alone or second.alone:
        one, other = (first, second) if first.alone else (second, first)
        yield Problem(where, "forced", f"{one.id} applies alone, and {other.id} is forced too")
    elif _exclude(first, second, groups):
        yield Problem(where, "forced", f"{first.id} is forced too, and the two exclude each other")


def _shut_out(promotion: PromotionBase, always: PromotionBase) -> bool:
    # Of a group the forced one wins: that is what the shop asked for, and the quote says what it costs.
    if isinstance(promotion, EXTRA_KINDS):
        return False  # It changes no price, so nothing excludes it.
    named = promotion.id in always.excludes or always.id in promotion.excludes
    return named or always.alone or promotion.alone


def _exclude(first: PromotionBase, second: PromotionBase, groups: Mapping[str, int]) -> bool:
    return first.id in second.excludes or second.id in first.excludes or _share_one_place(first, second, groups)


def _share_one_place(first: PromotionBase, second: PromotionBase, groups: Mapping[str, int]) -> bool:
    group = first.exclusive_group
    return bool(group) and group == second.exclusive_group and groups.get(group, 1) < 2


def _overlap(first: When, second: When) -> bool:
    # Two that never run at the same time, such as this month's and the next one's, do not contradict each other.
    starts = [each.starts_local for each in (first, second) if each.starts_local]
    ends = [each.ends_local for each in (first, second) if each.ends_local]
    return not starts or not ends or max(starts) < min(ends)


def _always(promotion: PromotionBase) -> bool:
    """Tell whether a forced promotion applies to every basket there is."""
    return (
        isinstance(promotion, PercentOff | AmountOff | BasketPercentOff | BasketAmountOff)
        and promotion.scope == Scope(all=True)
        and promotion.when == When()
        and promotion.who == Who()
        and not (promotion.lanes or promotion.channels or promotion.code or promotion.issued or promotion.min_quantity)
        and promotion.uses == Uses()
        and not (promotion.min_amount or getattr(promotion, "full_price_only", False))
    )
