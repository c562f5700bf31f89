"""The search for one set of promotions that may play: the cheapest prices, and the least that anything could cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rules.attempt import Attempt, Best
from rules.basket_lanes import is_tangled, may_hurt
from rules.budget import Budget
from rules.money import Minor
from rules.plain import Plain
from rules.problem import Problem

GENERAL_MAX = 60
"""Most units that are searched in the general way."""
DOUBTS_MAX = 3
"""Most times that a search is begun anew with what was left in doubt."""
SUBSETS_MAX = 256
"""Most sets of basket promotions that are left out on trial."""


def best(problem: Problem, budget: Budget) -> Best:
    """Return the cheapest combination of unit, group and basket promotions.

    Args:
        problem: in an order that does not depend on the basket's.
        budget: shared with other searches for the same quote; at least one combination is always priced.
    """
    plain = Plain(problem, budget)
    by_sums = plain.result()
    if by_sums is not None:
        return _settled(problem, budget, plain, by_sums) if by_sums.lowest < by_sums.total else by_sums
    rough = plain.rough()
    if sum([each.count for each in problem.classes]) > GENERAL_MAX or budget.left == 0:
        return rough
    found = _in_general(problem, budget)
    return rough if rough.total < found.total else found


def _settled(problem: Problem, budget: Budget, plain: Plain, found: Best) -> Best:
    """Search again with the plays that were left in doubt, since they are of no use to any unit by itself."""
    taken_along = frozenset[int]()
    for _ in range(DOUBTS_MAX):
        if found.lowest >= found.total or plain.doubted == taken_along or budget.left == 0:
            break
        taken_along = plain.doubted
        plain = Plain(problem, budget, taken_along)
        again = plain.result()
        if again is None:
            break
        lowest = max(found.lowest, again.lowest)
        better = again if again.total < found.total else found
        found = replace(better, lowest=min(better.total, lowest))
    return found


def _in_general(problem: Problem, budget: Budget) -> Best:
    """Return the cheapest combination where sums alone do not tell."""
    prices = problem.prices
    first = Attempt(problem, prices, problem.candidates, budget, None)
    found = first.search()
    lowest = first.lowest
    tangled = is_tangled(problem.candidates)
    bar = [found.total]
    free = [
        number
        for number, candidate in enumerate(problem.candidates)
        if not candidate.promotion.forced and (tangled or may_hurt(problem.candidates, number))
    ]
    for tried, left_out in enumerate(_subsets(first, free, bar)):
        if tried >= SUBSETS_MAX or not budget.spend(len(problem.classes)):
            lowest = min(lowest, first.lowest_without_any())
            break
        applied = tuple(each for number, each in enumerate(problem.candidates) if number not in left_out)
        attempt = Attempt(problem, prices, applied, budget, found.total)
        better = attempt.search()
        lowest = min(lowest, attempt.lowest)
        if better.total < found.total:
            found = better
            bar.append(found.total)
    return replace(found, lowest=min(found.total, lowest))


def _subsets(first: Attempt, free: Sequence[int], bar: Sequence[Minor]) -> Iterator[frozenset[int]]:
    """Yield sets of candidates to leave out, as long as what they take off could be won back."""
    stack = [(frozenset[int](), 0)]
    while stack:
        left_out, start = stack.pop()
        if left_out:
            yield left_out
        for place in range(start, len(free)):
            more = left_out | {free[place]}
            if first.lowest_without(more) < bar[-1]:
                stack.append((more, place + 1))
