"""Which promotions may play for a basket at all, and the plain reason for each that may not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from rules.basket import QUANTITY_MAX, Line
from rules.basket_lanes import Candidate
from rules.conditions import Scope
from rules.eligibility import Situation, is_unconditional, why_not
from rules.group_lane import Play, may_take, plays_of
from rules.money import Minor
from rules.problem import Problem, UnitClass
from rules.promotion_kinds import (
    BASKET_KINDS,
    EXTRA_KINDS,
    GROUP_KINDS,
    Bundle,
    FixedPrice,
    GroupPromotion,
    LimitedUnits,
    MemberPrice,
    Promotion,
    UnitPromotion,
)
from rules.promotions import RuleSet
from rules.quote import MissedPromotion, MissReason
from rules.scopes import ScopeIndex, bits_of, in_scope
from rules.unit_lane import lowers


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a promotion may not play."""

    reason: MissReason
    short: int = 0
    """Pieces or minor units that are missing."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A gift or a multiplier that may apply."""

    promotion: Promotion
    parts: tuple[int, ...]
    """Positions of the classes in its scope."""
    pieces: int
    counted: tuple[int, ...]
    listed: Minor


@dataclass(frozen=True, slots=True)
class RuleIndex:
    """A rule set made ready for many baskets."""

    ordered: tuple[Promotion, ...]
    """In the fixed order of the lanes."""
    scopes: ScopeIndex
    unconditional: tuple[bool, ...]
    no_item: tuple[MissedPromotion, ...]
    """What is said of each where nothing of its scope is in the basket."""
    by_id: dict[str, Promotion]
    part_scopes: ScopeIndex
    """The scopes of all parts of bundles."""
    part_bits: dict[str, int]
    """By bundle, which of them are its own."""


@dataclass(frozen=True, slots=True)
class Screened:
    """The promotions that may play, and those that may not."""

    problem: Problem
    measured: tuple[Candidate, ...]
    """Basket promotions that may apply, and those that only their amount keeps away; parts are classes."""
    extras: tuple[Extra, ...]
    refused: dict[str, Refused]
    index: RuleIndex


def index_of(rules: RuleSet) -> RuleIndex:
    """Return the index of a rule set; it is made once and kept with the set."""
    kept = rules.__dict__.get("index")
    if kept is None:
        ordered = tuple(sorted(rules.promotions, key=lambda promotion: promotion.lane_rank))
        by_id = {promotion.id: promotion for promotion in ordered}
        assert len(by_id) == len(ordered)
        kept = rules.__dict__["index"] = RuleIndex(
            ordered,
            ScopeIndex.of([promotion.scope for promotion in ordered]),
            tuple(is_unconditional(promotion) for promotion in ordered),
            tuple(MissedPromotion(promotion.id, promotion.names, MissReason.NO_ITEM) for promotion in ordered),
            by_id,
            *_parts_of(ordered),
        )
    return cast(RuleIndex, kept)


def _parts_of(ordered: Sequence[Promotion]) -> tuple[ScopeIndex, dict[str, int]]:
    scopes: list[Scope] = []
    bits: dict[str, int] = {}
    for promotion in ordered:
        if isinstance(promotion, Bundle):
            bits[promotion.id] = (1 << len(promotion.parts)) - 1 << len(scopes)
            scopes += [part.scope for part in promotion.parts]
    return ScopeIndex.of(scopes), bits


def classes_of(lines: Sequence[Line]) -> tuple[UnitClass, ...]:
    """Return the classes of like units on some lines, which stand in the fixed order."""
    classes: list[UnitClass] = []
    for position, line in enumerate(lines):
        gross = line.unit_grosses[0]
        before = classes[-1] if classes else None
        if (
            before is not None
            and before.gross == gross
            and before.line.item.sku == line.item.sku
            and before.line.weight_g == line.weight_g
            and before.line.label_amount == line.label_amount
            and before.line.open_price == line.open_price
            and before.line.item == line.item
        ):
            merged = (*before.positions, position)
            classes[-1] = UnitClass(before.line, merged, before.count + line.quantity, gross)
        else:
            classes.append(UnitClass(line, (position,), line.quantity, gross))
    return tuple(classes)


def screen(lines: Sequence[Line], rules: RuleSet, situation: Situation) -> Screened:
    """Return which promotions may play for the lines of a basket, which stand in the fixed order."""
    index = index_of(rules)
    classes = classes_of(lines)
    parts: dict[int, list[int]] = {}
    for position, unit_class in enumerate(classes):
        for number in bits_of(index.scopes.bits(unit_class.line.item)):
            parts.setdefault(number, []).append(position)
    work = _Screening(classes, index, situation.tier.price_key if situation.tier else "")
    for number in sorted(parts):
        promotion = index.ordered[number]
        inside = work.taking_part(promotion, parts[number])
        if not inside:
            continue
        reason = None if index.unconditional[number] else why_not(promotion, situation)
        if reason is None:
            work.admit(promotion, inside)
        else:
            work.refused[promotion.id] = Refused(reason)
    problem = Problem(
        classes, tuple(map(tuple, work.on_class)), tuple(work.plays), _placed(work.candidates), work.price_key
    )
    return Screened(problem, tuple(work.measured), tuple(work.extras), work.refused, index)


def _placed(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates in the order of application: lane, priority, the narrower scope first, id."""
    return tuple(
        sorted(
            candidates,
            key=lambda each: (
                each.promotion.lane_rank[0],
                -each.promotion.priority,
                each.parts_listed,
                each.promotion.id,
            ),
        )
    )


class _Screening:
    """Sorts promotions into those that play and those that do not."""

    def __init__(self, classes: tuple[UnitClass, ...], index: RuleIndex, price_key: str) -> None:
        self.classes, self.price_key, self._index = classes, price_key, index
        self._in_parts = (
            [index.part_scopes.bits(unit_class.line.item) for unit_class in classes] if index.part_bits else []
        )
        self.counts = [unit_class.count for unit_class in classes]
        self.lines = [unit_class.line for unit_class in classes]
        self.on_class: list[list[UnitPromotion]] = [[] for _ in classes]
        self.plays: list[Play] = []
        self.candidates: list[Candidate] = []
        self.measured: list[Candidate] = []
        self.extras: list[Extra] = []
        self.refused: dict[str, Refused] = {}

    def taking_part(self, promotion: Promotion, inside: list[int]) -> list[int]:
        """Return the classes that a promotion is about, among those in its scope."""
        if isinstance(promotion, MemberPrice):
            inside = [at for at in inside if self.lines[at].item.tier_prices]
        if isinstance(promotion, MemberPrice | FixedPrice):
            return [at for at in inside if not _is_typed(self.lines[at])]
        if isinstance(promotion, Bundle):
            bits = self._index.part_bits[promotion.id]
            inside = [at for at in inside if self._in_parts[at] & bits]
        if isinstance(promotion, GROUP_KINDS):
            inside = [at for at in inside if may_take(promotion, self.lines[at])]
        return inside

    def admit(self, promotion: Promotion, inside: list[int]) -> None:
        """Let a promotion play that only pieces and amounts could still keep away."""
        pieces_of = inside if promotion.quantity_of is None else self._within(promotion.quantity_of)
        pieces = self._pieces(pieces_of)
        counted = inside if promotion.amount_of is None else self._within(promotion.amount_of)
        listed = self._listed(counted)
        if pieces < promotion.min_quantity:
            self.refused[promotion.id] = Refused(MissReason.QUANTITY_SHORT, promotion.min_quantity - pieces)
        elif isinstance(promotion, BASKET_KINDS):
            candidate = Candidate(promotion, tuple(inside), tuple(counted), listed, self._listed(inside))
            self.measured.append(candidate)
            if listed >= candidate.threshold:
                self.candidates.append(candidate)
        elif isinstance(promotion, EXTRA_KINDS):
            self.extras.append(Extra(promotion, tuple(inside), pieces, tuple(counted), listed))
        elif listed < promotion.min_amount:
            self.refused[promotion.id] = Refused(MissReason.AMOUNT_SHORT, promotion.min_amount - listed)
        elif isinstance(promotion, GROUP_KINDS) or (isinstance(promotion, LimitedUnits) and promotion.units_max):
            self._admit_plays(cast("GroupPromotion | LimitedUnits", promotion), inside)
        else:
            self._admit_unit(promotion, inside)

    def _admit_unit(self, promotion: UnitPromotion, inside: list[int]) -> None:
        # One that lowers nothing must not stand in the way of the others of its exclusive group.
        useful = [at for at in inside if lowers(promotion, self.lines[at], price_key=self.price_key)]
        for at in useful:
            self.on_class[at].append(promotion)
        if not useful:
            nothing = MissReason.NO_ITEM if isinstance(promotion, MemberPrice) else MissReason.BETTER_USED
            self.refused[promotion.id] = Refused(nothing)

    def _admit_plays(self, promotion: GroupPromotion | LimitedUnits, inside: list[int]) -> None:
        if isinstance(promotion, Bundle):
            there = 0
            for at in inside:
                there |= self._in_parts[at]
            if self._index.part_bits[promotion.id] & ~there:
                self.refused[promotion.id] = self._missing_pieces(promotion, inside)
                return
        plays = plays_of(promotion, self.lines, self.counts, inside)
        self.plays += plays
        if not plays:
            self.refused[promotion.id] = self._missing_pieces(promotion, inside)

    def _missing_pieces(self, promotion: GroupPromotion | LimitedUnits, inside: list[int]) -> Refused:
        if isinstance(promotion, LimitedUnits):
            return Refused(MissReason.QUANTITY_SHORT, 1)
        if isinstance(promotion, Bundle):
            bits = self._index.part_bits[promotion.id]
            short, bit = 0, bits & -bits
            for part in promotion.parts:
                short += max(0, part.quantity - self._pieces(at for at in inside if self._in_parts[at] & bit))
                bit <<= 1
            return Refused(MissReason.PART_MISSING, max(1, short))
        # As if there were enough of everything: what one use would take.
        plenty = plays_of(promotion, self.lines, [QUANTITY_MAX] * len(self.lines), inside)
        if not plenty:
            return Refused(MissReason.PART_MISSING, getattr(promotion, "get", 1))
        slots = plenty[0].slots
        there = max(self._pieces(play.slots[0].classes) for play in plenty)
        size = slots[0].size
        if not plenty[0].whole:
            size = next(number for number, rate in enumerate(slots[0].rates, 1) if rate)
        if there >= size and len(slots) > 1:
            return Refused(MissReason.PART_MISSING, slots[1].size - self._pieces(slots[1].classes))
        return Refused(MissReason.QUANTITY_SHORT, size - there)

    def _pieces(self, positions: Iterable[int]) -> int:
        return sum(self.counts[at] for at in positions)

    def _within(self, scope: Scope) -> list[int]:
        return [at for at, line in enumerate(self.lines) if in_scope(scope, line.item)]

    def _listed(self, positions: Sequence[int]) -> Minor:
        return sum(self.classes[at].gross * self.counts[at] for at in positions)


def _is_typed(line: Line) -> bool:
    return line.item.is_open_price or line.open_price is not None
