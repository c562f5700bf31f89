"""The one reason that a cashier can read out for every promotion that did not apply."""

from __future__ import annotations

from collections.abc import Mapping

from rules.money import Minor
from rules.promotions import Promotion, RuleSet
from rules.quote import MissedPromotion, MissReason
from rules.screening import Refused, Screened


def missed(
    rules: RuleSet, screened: Screened, applied: frozenset[str], bases: Mapping[str, Minor]
) -> tuple[MissedPromotion, ...]:
    """Return every promotion that did not apply with its reason, in the fixed order of the lanes.

    Args:
        rules: the rules in force.
        screened: what could have played.
        applied: ids of what did apply.
        bases: for basket promotions, the amount on which the threshold was counted.
    """
    ordered = sorted(rules.promotions, key=lambda promotion: promotion.lane_rank)
    groups = frozenset(promotion.exclusive_group for promotion in ordered if promotion.id in applied) - {""}
    first_offs = {candidate.promotion.id: candidate.at_first() for candidate in screened.measured}
    shorts = {
        candidate.promotion.id: candidate.threshold - bases[candidate.promotion.id] for candidate in screened.measured
    }
    playing = frozenset(candidate.promotion.id for candidate in screened.candidates)
    found = []
    for promotion in ordered:
        if promotion.id in applied:
            continue
        refused = screened.refused.get(promotion.id)
        short = shorts.get(promotion.id, 0)
        if refused is None and short > 0 and (promotion.id not in playing or promotion.exclusive_group not in groups):
            refused = Refused(MissReason.AMOUNT_SHORT, short)
        if refused is None:
            refused = Refused(_outdone(promotion, groups))
        saves = first_offs.get(promotion.id, 0) if refused.reason is MissReason.AMOUNT_SHORT else 0
        found.append(MissedPromotion(promotion.id, promotion.names, refused.reason, refused.short, saves))
    return tuple(found)


def _outdone(promotion: Promotion, groups: frozenset[str]) -> MissReason:
    return MissReason.EXCLUDED if promotion.exclusive_group in groups else MissReason.BETTER_USED
