"""The one reason that a cashier can read out for every promotion that did not apply, and how far the next step is."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rules.basket_lanes import Candidate
from rules.money import Minor
from rules.promotion_kinds import EverySpendOff, Promotion, SpendOff
from rules.quote import MissedPromotion, MissReason, NextStep
from rules.rule_index import Ready, RuleIndex
from rules.screening import Refused, Screened


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
    playing = frozenset([candidate.promotion.id for candidate in screened.problem.candidates])
    keeps_away, inside = taken.keeps_away, screened.inside
    found = []
    for number, ready in enumerate(screened.index.ready):
        if number not in inside:
            found.append(ready.no_item)
            continue
        promotion = ready.promotion
        if promotion.id in applied:
            continue
        why = refused.get(promotion.id)
        if why is None and promotion.id in measured:
            short = _short_of(measured[promotion.id], ready, bases, taken, is_playing=promotion.id in playing)
            if short is not None:
                found.append(short)
                continue
        if why is not None:
            found.append(MissedPromotion(promotion.id, promotion.names, why.reason, why.short))
        elif (keeps_away or ready.is_bound) and _is_outdone(promotion, taken):
            found.append(MissedPromotion(promotion.id, promotion.names, MissReason.EXCLUDED))
        else:
            found.append(ready.better_used)
    return tuple(found)


def _short_of(
    candidate: Candidate, ready: Ready, bases: Mapping[str, Minor], taken: _Together, *, is_playing: bool
) -> MissedPromotion | None:
    """Return that an amount is missing for a basket promotion; None where that is not what keeps it away."""
    promotion = ready.promotion
    short = ready.first - bases.get(promotion.id, candidate.listed)
    if short <= 0 or (is_playing and _is_outdone(promotion, taken)):
        return None
    return MissedPromotion(promotion.id, promotion.names, MissReason.AMOUNT_SHORT, short, ready.first_off)


class _Together:
    """What applied, as far as it keeps others away."""

    __slots__ = ("alone", "excluded", "groups", "ids")

    @property
    def keeps_away(self) -> bool:
        """True where something that applied keeps others away."""
        return self.alone or bool(self.groups) or bool(self.excluded)

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
