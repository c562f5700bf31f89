"""Which promotions may play for a basket at all, and the plain reason for each that may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rules.basket import Basket, Line
from rules.basket_lanes import Candidate
from rules.combination import UnitOffer
from rules.eligibility import in_scope, situation_of, why_not
from rules.loyalty import Member
from rules.promotions import BASKET_KINDS, FixedPrice, MemberPrice, Promotion, RuleSet
from rules.quote import MissReason
from rules.unit_lane import lowers


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a promotion may not play."""

    reason: MissReason
    short: int = 0
    """Pieces or minor units that are missing."""


@dataclass(frozen=True, slots=True)
class Screened:
    """The promotions that may play, in the fixed order of their lanes, and those that may not."""

    offers: tuple[UnitOffer, ...]
    candidates: tuple[Candidate, ...]
    measured: tuple[Candidate, ...]
    """The candidates, and the basket promotions that only their amount keeps away."""
    refused: dict[str, Refused]


def screen(
    lines: Sequence[Line], rules: RuleSet, basket: Basket, member: Member | None, now_local: datetime
) -> Screened:
    """Return which promotions may play for the lines of a basket."""
    situation = situation_of(basket, rules, member, now_local)
    price_key = situation.tier.price_key if situation.tier else ""
    offers, candidates, measured = [], [], []
    refused: dict[str, Refused] = {}
    ordered = sorted(rules.promotions, key=lambda promotion: promotion.lane_rank)
    assert len({promotion.id for promotion in ordered}) == len(ordered)
    for promotion in ordered:
        parts = tuple(position for position, line in enumerate(lines) if _takes_part(promotion, line))
        reason = why_not(promotion, situation) if parts else MissReason.NO_ITEM
        if reason is not None:
            refused[promotion.id] = Refused(reason)
            continue
        covered = [lines[position] for position in parts]
        pieces = sum(line.quantity for line in covered)
        listed = sum(line.gross for line in covered)
        if pieces < promotion.min_quantity:
            refused[promotion.id] = Refused(MissReason.QUANTITY_SHORT, promotion.min_quantity - pieces)
        elif isinstance(promotion, BASKET_KINDS):
            candidate = Candidate(promotion, parts, listed)
            measured.append(candidate)
            if listed >= candidate.threshold:
                candidates.append(candidate)
        elif listed < promotion.min_amount:
            refused[promotion.id] = Refused(MissReason.AMOUNT_SHORT, promotion.min_amount - listed)
        else:
            # One that lowers nothing must not stand in the way of the others of its exclusive group.
            useful = [part for part in parts if lowers(promotion, lines[part], price_key=price_key)]
            if useful:
                offers.append(UnitOffer(promotion, tuple(useful)))
            else:
                nothing = MissReason.NO_ITEM if isinstance(promotion, MemberPrice) else MissReason.BETTER_USED
                refused[promotion.id] = Refused(nothing)
    return Screened(tuple(offers), tuple(candidates), tuple(measured), refused)


def _takes_part(promotion: Promotion, line: Line) -> bool:
    if isinstance(promotion, MemberPrice) and not line.item.tier_prices:
        return False
    if isinstance(promotion, MemberPrice | FixedPrice) and (line.item.is_open_price or line.open_price is not None):
        return False
    return in_scope(promotion.scope, line.item)
