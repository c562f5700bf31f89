"""Which promotions may stand in one basket together, and the cheapest way to use those that may.

First everything may apply. Where the cheapest way breaks a rule (too many of an exclusive group, two that exclude each
other, something beside one that stands alone), one of those that broke it is banned, each in turn, and the rest is
searched again, cheapest first. A search with fewer bans can only be cheaper, so the first that breaks nothing is best.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.attempt import Best
from rules.basket_lanes import run
from rules.best import best
from rules.budget import Budget
from rules.money import Minor
from rules.problem import Problem, cells_of
from rules.promotion_kinds import PromotionBase

SETS_MAX = 400
"""Most sets of bans that are searched for one quote."""


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The cheapest combination, with its certificate."""

    best: Best
    certified: bool
    gap: Minor
    """How much cheaper something might be at the most; 0 when certified."""


def cheapest(problem: Problem, limits: Mapping[str, int], *, nodes: int, is_bound: bool = True) -> Cheapest:
    """Return the cheapest legal combination for a basket.

    Args:
        problem: all promotions that may play.
        limits: how many of an exclusive group may apply; 1 where it is not named.
        nodes: the bound of the search.
        is_bound: some rule may keep promotions apart; False spares looking for one.
    """
    budget = Budget(nodes)
    if not is_bound:
        only = best(problem, budget)
        gap = max(0, only.total - only.lowest)
        return Cheapest(only, certified=gap == 0, gap=gap)
    rules = _Rules(problem, limits)
    root = best(problem, budget)
    heap: list[tuple[Minor, int, frozenset[str], Best]] = [(root.lowest, 0, frozenset(), root)]
    seen = {frozenset[str]()}
    found: Best | None = None
    lowest: Minor | None = None
    count = 1
    while heap:
        bound, _, banned, attempt = heapq.heappop(heap)
        if found is not None and bound >= found.total:
            break
        broken = rules.broken(_taking(problem.without(banned), attempt))
        if not broken:
            if found is None or attempt.total < found.total:
                found = attempt
            # What was not proven there may hide something cheaper.
            lowest = attempt.lowest if lowest is None else min(lowest, attempt.lowest)
            continue
        if count >= SETS_MAX or budget.left == 0:
            heapq.heappush(heap, (bound, count, banned, attempt))
            break
        for ban in broken:
            more = banned | ban
            if more in seen:
                continue
            seen.add(more)
            count += 1
            tried = best(problem.without(more), budget)
            heapq.heappush(heap, (max(bound, tried.lowest), count, more, tried))
    if found is None:
        found = best(problem.without(rules.all_but_none()), budget)
    ends = [found.total, *(bound for bound, _, _, _ in heap)] + ([] if lowest is None else [lowest])
    gap = found.total - min(ends)
    return Cheapest(found, certified=gap <= 0, gap=max(0, gap))


def _taking(problem: Problem, attempt: Best) -> frozenset[str]:
    """Return the ids of what takes something off."""
    ids = {promotion_id for nets in attempt.nets for option in nets for promotion_id, _ in option.taken}
    cells = cells_of(problem.classes, attempt.applied)
    amounts = [0] * cells.count
    for position, options in enumerate(attempt.nets):
        for option in options:
            amounts[(cells.low if option.taken else cells.plain)[position]] += option.net
    outcome = run(amounts, cells.candidates)
    for candidate, parts in zip(attempt.applied, outcome.shares, strict=True):
        if any(parts):
            ids.add(candidate.promotion.id)
    return frozenset(ids)


class _Rules:
    """What may not stand together."""

    def __init__(self, problem: Problem, limits: Mapping[str, int]) -> None:
        playing: dict[str, PromotionBase] = {}
        for promotion in _everything(problem):
            playing[promotion.id] = promotion
        self._ids = frozenset(playing)
        self._rank = {promotion.id: promotion.rank for promotion in playing.values()}
        self._limits = limits
        self._groups: dict[str, list[PromotionBase]] = {}
        self._pairs: list[tuple[str, str]] = []
        self._alone = sorted(promotion.id for promotion in playing.values() if promotion.alone)
        for promotion in sorted(playing.values(), key=lambda promotion: promotion.rank):
            if promotion.exclusive_group:
                self._groups.setdefault(promotion.exclusive_group, []).append(promotion)
            self._pairs += [(promotion.id, other) for other in sorted(promotion.excludes & self._ids)]

    def broken(self, taking: frozenset[str]) -> list[frozenset[str]]:
        """Return the bans of which at least one holds in everything legal; nothing where no rule is broken."""
        for name in sorted(self._groups):
            members = self._groups[name]
            inside = [promotion for promotion in members if promotion.id in taking]
            most = self._limits.get(name, 1)
            forced = [promotion for promotion in inside if promotion.forced][:most]
            if len(inside) > most:
                if forced:
                    # A forced promotion that takes something off wins its group.
                    free = [promotion.id for promotion in inside if promotion not in forced]
                    return (
                        [frozenset(free)] if len(forced) == most else [frozenset({each}) for each in free[: most + 1]]
                    )
                # At a draw the one that ranks last is the one left out.
                return [frozenset({promotion.id}) for promotion in reversed(inside[: most + 1])]
        for one, other in self._pairs:
            if one in taking and other in taking:
                first, last = sorted((one, other), key=lambda name: self._rank[name])
                return [frozenset({last}), frozenset({first})]
        for alone in self._alone:
            if alone in taking and len(taking) > 1:
                return [frozenset({alone}), self._ids - {alone}]
        return []

    def all_but_none(self) -> frozenset[str]:
        """Return bans with which nothing can be broken: everything that stands in some rule."""
        bound = {promotion.id for members in self._groups.values() for promotion in members}
        return frozenset(bound | {name for pair in self._pairs for name in pair} | set(self._alone))


def _everything(problem: Problem) -> Iterator[PromotionBase]:
    lists: list[Sequence[PromotionBase]] = [
        *problem.on_class,
        [play.promotion for play in problem.plays],
        [candidate.promotion for candidate in problem.candidates],
    ]
    for promotions in lists:
        yield from promotions
