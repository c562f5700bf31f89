"""The one reason that a cashier can read out for every promotion that did not apply, and how far the next step is."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rules.money import Minor
from rules.promotion_kinds import EverySpendOff, Promotion, SpendOff
from rules.quote import MissedPromotion, MissReason, NextStep
from rules.screening import Refused, RuleIndex, Screened


def missed(
    screened: Screened,
    refused: Mapping[str, Refused],
    applied: Collection[str],
    bases: Mapping[str, Minor],
    limits: Mapping[str, int],
) -> tuple[MissedPromotion, ...]:
    """Return every promotion that did not apply with its reason, in the fixed order of the lanes.

    Args:
        screened: what could have played.
        refused: why others could not.
        applied: ids of what did apply, gifts and multipliers among them.
        bases: for basket promotions, the amount on which the threshold was counted.
        limits: how many of an exclusive group may apply.
    """
    taken = _together(screened.index, applied, limits)
    measured = {candidate.promotion.id: candidate for candidate in screened.measured}
    playing = frozenset(candidate.promotion.id for candidate in screened.problem.candidates)
    there = {*playing, *measured, *refused}
    there |= {promotion.id for promotions in screened.problem.on_class for promotion in promotions}
    there |= {play.promotion.id for play in screened.problem.plays}
    there |= {extra.promotion.id for extra in screened.extras}
    found = []
    for promotion, nothing in zip(screened.index.ordered, screened.index.no_item, strict=True):
        if promotion.id in applied:
            continue
        if promotion.id not in there:
            found.append(nothing)
            continue
        why = refused.get(promotion.id)
        candidate = measured.get(promotion.id)
        saves = 0
        if why is None and candidate is not None:
            short = candidate.threshold - bases.get(promotion.id, candidate.listed)
            if short > 0 and (promotion.id not in playing or not _is_outdone(promotion, taken)):
                why = Refused(MissReason.AMOUNT_SHORT, short)
                saves = candidate.off(1, candidate.threshold) if not candidate.is_percentage else 0
                if isinstance(promotion, SpendOff | EverySpendOff):
                    saves = candidate.wanted(candidate.level(candidate.threshold))
        if why is None:
            why = Refused(MissReason.EXCLUDED if _is_outdone(promotion, taken) else MissReason.BETTER_USED)
        found.append(MissedPromotion(promotion.id, promotion.names, why.reason, why.short, saves))
    return tuple(found)


class _Together:
    """What applied, as far as it keeps others away."""

    __slots__ = ("alone", "excluded", "groups", "ids")

    def __init__(self, ids: Collection[str], groups: frozenset[str], excluded: frozenset[str], *, alone: bool) -> None:
        self.ids, self.groups, self.excluded, self.alone = ids, groups, excluded, alone


def _together(index: RuleIndex, applied: Collection[str], limits: Mapping[str, int]) -> _Together:
    counts: dict[str, int] = {}
    excluded: set[str] = set()
    alone = False
    for promotion_id in applied:
        promotion = index.by_id.get(promotion_id)
        if promotion is None:
            continue
        if promotion.exclusive_group:
            counts[promotion.exclusive_group] = counts.get(promotion.exclusive_group, 0) + 1
        excluded |= promotion.excludes
        alone = alone or promotion.alone
    full = frozenset(name for name, count in counts.items() if count >= limits.get(name, 1))
    return _Together(applied, full, frozenset(excluded), alone=alone)


def _is_outdone(promotion: Promotion, taken: _Together) -> bool:
    """Tell whether a rule keeps a promotion away from what applied."""
    if promotion.exclusive_group in taken.groups or promotion.id in taken.excluded or taken.alone:
        return True
    return any(other in taken.ids for other in promotion.excludes) or (promotion.alone and bool(taken.ids))


def next_steps(screened: Screened, applied: Collection[str], bases: Mapping[str, Minor]) -> tuple[NextStep, ...]:
    """Return how far the next step is of every promotion with steps that applied, in the order of application."""
    found = []
    for candidate in screened.problem.candidates:
        promotion = candidate.promotion
        if promotion.id not in applied or not isinstance(promotion, SpendOff | EverySpendOff):
            continue
        base = bases[promotion.id]
        level = candidate.level(base)
        if level >= candidate.top:
            continue
        saves = candidate.wanted(level + 1) - candidate.wanted(level)
        found.append(NextStep(promotion.id, promotion.names, candidate.threshold_of(level + 1) - base, saves))
    return tuple(found)
