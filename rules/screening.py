"""Which promotions may play for a basket at all, and the plain reason for each that may not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple, cast

import msgspec

from rules.basket import QUANTITY_MAX, Line
from rules.basket_lanes import Candidate
from rules.conditions import Scope
from rules.eligibility import Situation, why_not
from rules.group_lane import Play, Slot, may_take, plays_of
from rules.money import Minor
from rules.problem import Problem, UnitClass
from rules.promotion_kinds import (
    Bundle,
    GroupPromotion,
    LimitedUnits,
    MemberPrice,
    NForPrice,
    NthItem,
    Promotion,
    UnitPromotion,
)
from rules.promotions import RuleSet
from rules.quote import MissReason
from rules.rule_index import Ready, Role, RuleIndex, asks_for_list_price, index_of
from rules.scopes import in_scope
from rules.unit_lane import saving_of


class Refused(NamedTuple):
    """Why a promotion may not play."""

    reason: MissReason
    short: int = 0
    """Pieces or minor units that are missing."""


class Extra(msgspec.Struct, frozen=True):
    """A gift or a multiplier that may apply."""

    promotion: Promotion
    parts: tuple[int, ...]
    """Positions of the classes in its scope."""
    pieces: int
    counted: tuple[int, ...]
    listed: Minor


class Screened(msgspec.Struct, frozen=True):
    """The promotions that may play, and those that may not."""

    problem: Problem
    measured: tuple[Candidate, ...]
    """Basket promotions that may apply, and those that only their amount keeps away; parts are classes."""
    extras: tuple[Extra, ...]
    refused: dict[str, Refused]
    inside: frozenset[int]
    """Numbers of the promotions of which something is in the basket."""
    is_bound: bool
    """Some rule may keep promotions apart that play here."""
    index: RuleIndex


def classes_of(lines: Sequence[Line]) -> tuple[UnitClass, ...]:
    """Return the classes of like units on some lines, which stand in the fixed order."""
    classes: list[UnitClass] = []
    before: UnitClass | None = None
    for position, line in enumerate(lines):
        gross = line.unit_gross
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
            before = classes[-1] = UnitClass(before.line, merged, before.count + line.quantity, gross)
        else:
            before = UnitClass(line, (position,), line.quantity, gross)
            classes.append(before)
    return tuple(classes)


def screen(lines: Sequence[Line], rules: RuleSet, situation: Situation) -> Screened:
    """Return which promotions may play for the lines of a basket, which stand in the fixed order."""
    index = index_of(rules)
    classes = classes_of(lines)
    inside: dict[int, list[int]] = {}
    in_parts = []
    for position, unit_class in enumerate(classes):
        numbers, parts = index.places_of(unit_class.line.item)
        in_parts.append(parts)
        for number in numbers:
            if number in inside:
                inside[number].append(position)
            else:
                inside[number] = [position]
    work = _Screening(classes, index, in_parts, situation.tier.price_key if situation.tier else "")
    touched = []
    is_bound = False
    for number in sorted(inside):
        ready = index.ready[number]
        positions = inside[number]
        if not work.all_pieces or isinstance(ready.promotion, MemberPrice):
            positions = work.taking_part(ready, positions)
            if not positions:
                continue
        touched.append(number)
        reason = None if ready.is_free else why_not(ready.promotion, situation)
        if reason is None:
            is_bound = is_bound or ready.is_bound
            work.admit(ready, positions)
        else:
            work.refused[ready.promotion.id] = Refused(reason)
    candidates = tuple([candidate for _, candidate in sorted(work.candidates, key=itemgetter(0))])
    problem = Problem(classes, tuple(map(tuple, work.on_class)), tuple(work.plays), candidates, work.price_key)
    return Screened(
        problem, tuple(work.measured), tuple(work.extras), work.refused, frozenset(touched), is_bound, index
    )


class _Screening:
    """Sorts promotions into those that play and those that do not."""

    def __init__(
        self, classes: tuple[UnitClass, ...], index: RuleIndex, in_parts: Sequence[int], price_key: str
    ) -> None:
        self.classes, self.price_key, self._index, self._in_parts = classes, price_key, index, in_parts
        self.counts = [unit_class.count for unit_class in classes]
        self._amounts = [unit_class.gross * unit_class.count for unit_class in classes]
        self.lines = [unit_class.line for unit_class in classes]
        self.all_pieces = all(
            line.weight_g is None and line.label_amount is None and not _is_typed(line) for line in self.lines
        )
        self.on_class: list[list[UnitPromotion]] = [[] for _ in classes]
        self.plays: list[Play] = []
        self.candidates: list[tuple[tuple[tuple[int, int], Minor, str], Candidate]] = []
        """With their place in the order of application: lane, priority, the narrower scope first, id."""
        self.measured: list[Candidate] = []
        self.extras: list[Extra] = []
        self.refused: dict[str, Refused] = {}

    def taking_part(self, ready: Ready, inside: list[int]) -> list[int]:
        """Return the classes that a promotion is about, among those in its scope."""
        promotion = ready.promotion
        if isinstance(promotion, MemberPrice):
            inside = [at for at in inside if self.lines[at].item.tier_prices]
        if asks_for_list_price(promotion):
            return [at for at in inside if not _is_typed(self.lines[at])]
        if ready.role is Role.GROUP:
            taker = cast("GroupPromotion | LimitedUnits", promotion)
            return [at for at in inside if may_take(taker, self.lines[at])]
        return inside

    def admit(self, ready: Ready, inside: list[int]) -> None:
        """Let a promotion play that only pieces and amounts could still keep away."""
        promotion, role = ready.promotion, ready.role
        if ready.is_plain:
            self._admit_unit(cast(UnitPromotion, promotion), inside)
            return
        counted, pieces = inside, 0
        if not ready.counts_own or role is Role.EXTRA:
            pieces_of = inside if promotion.quantity_of is None else self._within(promotion.quantity_of)
            pieces = self._pieces(pieces_of)
            counted = inside if promotion.amount_of is None else self._within(promotion.amount_of)
            if pieces < promotion.min_quantity:
                short = promotion.min_quantity - pieces
                self.refused[promotion.id] = Refused(MissReason.QUANTITY_SHORT, short)
                return
        if role is Role.BASKET:
            self._admit_candidate(ready, inside, counted)
        elif role is Role.EXTRA:
            self.extras.append(Extra(promotion, tuple(inside), pieces, tuple(counted), self._listed(counted)))
        elif promotion.min_amount and self._listed(counted) < promotion.min_amount:
            short = promotion.min_amount - self._listed(counted)
            self.refused[promotion.id] = Refused(MissReason.AMOUNT_SHORT, short)
        elif role is Role.UNIT:
            self._admit_unit(cast(UnitPromotion, promotion), inside)
        elif ready.size:
            self._admit_simple(ready, inside)
        else:
            self._admit_plays(cast("GroupPromotion | LimitedUnits", promotion), inside)

    def _admit_candidate(self, ready: Ready, inside: list[int], counted: list[int]) -> None:
        promotion, listed = ready.promotion, self._listed(counted)
        parts = tuple(inside)
        own = counted is inside
        candidate = Candidate(
            promotion,  # type: ignore[arg-type]
            parts,
            parts if own else tuple(counted),
            listed,
            listed if own else self._listed(inside),
        )
        self.measured.append(candidate)
        if listed >= ready.first:
            self.candidates.append(((ready.lane_place, candidate.parts_listed, promotion.id), candidate))

    def _admit_unit(self, promotion: UnitPromotion, inside: list[int]) -> None:
        # One that lowers nothing must not stand in the way of the others of its exclusive group.
        is_useful = False
        lines, classes, price_key = self.lines, self.classes, self.price_key
        for at in inside:
            if saving_of(promotion, lines[at], classes[at].gross, price_key):
                self.on_class[at].append(promotion)
                is_useful = True
        if not is_useful:
            nothing = MissReason.NO_ITEM if isinstance(promotion, MemberPrice) else MissReason.BETTER_USED
            self.refused[promotion.id] = Refused(nothing)

    def _admit_simple(self, ready: Ready, inside: list[int]) -> None:
        """Let a group promotion over one scope play, whose pieces need nothing in common."""
        promotion = cast("NForPrice | NthItem", ready.promotion)
        pieces = self._pieces(inside)
        whole = not isinstance(promotion, NthItem)
        # A ladder gives something from the first piece on that it takes something off.
        least = ready.size if whole else next(at for at, rate in enumerate(ready.rates, 1) if rate)
        if pieces < least:
            self.refused[promotion.id] = Refused(MissReason.QUANTITY_SHORT, least - pieces)
            return
        price = promotion.price if isinstance(promotion, NForPrice) else None
        slot = Slot(ready.size, ready.rates, tuple(inside))
        self.plays.append(Play(promotion, (slot,), price, promotion.times_max, whole))

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
                there = 0
                for at in inside:
                    if self._in_parts[at] & bit:
                        there += self.counts[at]
                if there < part.quantity:
                    short += part.quantity - there
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
            # Pieces that are bought cannot be those that one gets, too.
            return Refused(MissReason.PART_MISSING, max(1, slots[1].size - self._pieces(slots[1].classes)))
        return Refused(MissReason.QUANTITY_SHORT, size - there)

    def _pieces(self, positions: Iterable[int]) -> int:
        return sum([self.counts[at] for at in positions])

    def _within(self, scope: Scope) -> list[int]:
        return [at for at, line in enumerate(self.lines) if in_scope(scope, line.item)]

    def _listed(self, positions: Sequence[int]) -> Minor:
        return sum([self._amounts[at] for at in positions])


def _is_typed(line: Line) -> bool:
    return line.item.is_open_price or line.open_price is not None
