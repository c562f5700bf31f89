"""What basket promotions make of sums, where only sums count, and which of their levels are still open.

Sets of classes are the bits of one integer. Everything here rests on one fact: as long as the levels stay, the total
never falls when a sum rises. So at given levels the least sums that reach them are the cheapest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from rules.basket_lanes import PERCENTAGES, Candidate
from rules.money import BASIS_POINTS, Minor
from rules.regions import Component, mask_of

ROUNDS_MAX = 12
"""Most times that the reach of the levels is worked out anew; each round can only bring it closer."""


class Lane(msgspec.Struct, frozen=True):
    """The candidates of a basket, with what they cover as bits."""

    candidates: tuple[Candidate, ...]
    parts: tuple[int, ...]
    counted: tuple[int, ...]
    inside: tuple[tuple[int, ...], ...]
    """For each candidate the earlier ones whose parts lie inside its own."""
    before: tuple[tuple[int, ...], ...]
    """And those whose parts lie inside what it counts, where it counts what is left."""
    known: tuple[bool, ...]
    """Whether what its parts still cost follows from the sums alone."""
    fractions: tuple[int, ...]
    """For each class the percentages that take a part of it, as bits."""


class Sums(msgspec.Struct, frozen=True):
    """What the candidates see of the prices of the units."""

    total: Minor
    bases: tuple[Minor, ...]
    parts: tuple[Minor, ...]


def lane_of(candidates: Sequence[Candidate], classes: int) -> Lane | None:
    """Return the lane, or None where it matters how some promotion is shared over its parts."""
    parts, counted = [_bits(each.parts) for each in candidates], [_bits(each.counted) for each in candidates]
    inside, before, known = [], [], []
    for number, candidate in enumerate(candidates):
        mine, ours = parts[number], counted[number]
        within, is_known = [], True
        for earlier in range(number):
            other = parts[earlier]
            if not other & ~mine:
                within.append(earlier)
            elif other & mine:
                if candidate.is_percentage:
                    return None
                is_known = False
        counts = candidate.counts_previous and candidate.threshold > 0
        taken = [earlier for earlier in range(number) if counts and parts[earlier] & ours]
        if any(parts[earlier] & ~ours for earlier in taken):
            return None
        inside.append(tuple(within))
        before.append(tuple(taken))
        known.append(is_known)
    fractions = [0] * classes
    for number, candidate in enumerate(candidates):
        if candidate.is_percentage:
            for position in candidate.parts:
                fractions[position] |= 1 << number
    return Lane(
        tuple(candidates),
        tuple(parts),
        tuple(counted),
        tuple(inside),
        tuple(before),
        tuple(known),
        tuple(fractions),
    )


def _bits(positions: Sequence[int]) -> int:
    bits = 0
    for position in positions:
        bits |= 1 << position
    return bits


def sums_of(lane: Lane, amounts: Sequence[Minor]) -> Sums:
    """Return what the candidates see where classes cost these amounts."""
    bases, parts = [], []
    for candidate in lane.candidates:
        part = 0
        for position in candidate.parts:
            part += amounts[position]
        parts.append(part)
        if candidate.counts_list:
            bases.append(candidate.listed)
        elif candidate.counted == candidate.parts:
            bases.append(part)
        else:
            bases.append(sum([amounts[position] for position in candidate.counted]))
    return Sums(sum(amounts), tuple(bases), tuple(parts))


def total_of(lane: Lane, sums: Sums, levels: Sequence[int] | None = None) -> tuple[Minor, tuple[int, ...]]:
    """Return the total and the levels, at levels that are given or those that the sums reach."""
    offs: list[Minor] = []
    reached = []
    total = sums.total
    for number, candidate in enumerate(lane.candidates):
        if levels is not None:
            level = levels[number]
        else:
            base = sums.bases[number]
            for earlier in lane.before[number]:
                base -= offs[earlier]
            level = candidate.level(base)
        off = 0
        if level:
            left = sums.parts[number]
            for earlier in lane.inside[number]:
                left -= offs[earlier]
            off = candidate.off(level, left) if lane.known[number] else candidate.wanted(level)
        offs.append(off)
        reached.append(level)
        total -= off
    return total, tuple(reached)


class Drift(msgspec.Struct, frozen=True):
    """By how much the amount that a candidate counts, or its parts, may move while no unit is left dearer.

    Bundles can shift amounts between regions: one way to use them leaves one region dearer and another cheaper.
    """

    down: Minor = 0
    """By how much it may be lower than at the least sums."""
    up: Minor = 0
    """By how much it may be higher, for as little in all."""
    torn: Minor | None = None
    """What of it belongs to regions that are only partly in it, of which anything may become; None without such."""


NO_DRIFT = Drift()
"""Of classes that are not connected with any outside."""


class Room(msgspec.Struct, frozen=True):
    """How sums may move."""

    counted: tuple[Drift, ...]
    parts: tuple[Drift, ...]
    touched: tuple[int, ...]
    """For each candidate the classes that it counts and those connected with them, as bits."""


class Reach(msgspec.Struct, frozen=True):
    """Which levels the candidates may have in anything that costs no more than what was found."""

    levels: tuple[int, ...]
    """The lowest at the least sums, however bundles are used."""
    tops: tuple[int, ...]
    """The highest that may still pay."""
    gains: tuple[Minor, ...]
    """What each may take off more at its top, at the most."""

    @property
    def open(self) -> tuple[int, ...]:
        """The candidates whose level is not settled."""
        return tuple([at for at, (low, top) in enumerate(zip(self.levels, self.tops, strict=True)) if low < top])


def reach_of(lane: Lane, sums: Sums, most: Sequence[Minor], room: Room) -> Reach | None:
    """Return the levels within reach, or None where sums of regions do not tell.

    Leaving units dearer by some amount costs at least its part that all percentages leave; it can pay no more than the
    levels gain that count some of the same units.

    Args:
        lane: the candidates.
        sums: at the least sums.
        most: list price of every class.
        room: how sums may move.
    """
    candidates = lane.candidates
    highest = [each.listed if each.counts_list else sum([most[at] for at in each.counted]) for each in candidates]
    listed = [sum([most[at] for at in each.parts]) for each in candidates]
    tops = [candidate.level(high) for candidate, high in zip(candidates, highest, strict=True)]
    levels = list(tops)
    is_movable = False
    for number, candidate in enumerate(candidates):
        if candidate.is_percentage and room.parts[number] is not NO_DRIFT:
            # What a unit costs weighs differently inside and outside.
            return None
        if candidate.counts_list:
            continue
        low = sums.bases[number] - room.counted[number].down - (room.counted[number].torn or 0)
        for earlier in lane.before[number]:
            low -= candidates[earlier].off(tops[earlier], listed[earlier])
        level = candidate.level(low)
        if level != tops[number]:
            if lane.before[number] or room.counted[number].torn is not None:
                return None
            levels[number] = level
            is_movable = True
    gains = [0] * len(candidates)
    if is_movable:
        keeps, _ = kept(candidates)
        if keeps == 0:
            return None
        gains = _bring_closer(lane, sums, room, levels, tops, _Most(highest, listed))
    reach = Reach(tuple(levels), tuple(tops), tuple(gains))
    return None if _runs_dry(lane, sums, reach, room, listed) else reach


def kept(candidates: Sequence[Candidate]) -> tuple[int, int]:
    """Return the part (basis points) that all percentages leave of an amount, and what rounding may take more."""
    keeps, slack = BASIS_POINTS, 0
    for candidate in candidates:
        promotion = candidate.promotion
        if isinstance(promotion, PERCENTAGES):
            keeps = keeps * (BASIS_POINTS - promotion.off_bp) // BASIS_POINTS
            slack += 1
    return keeps, slack


def worth_shifting(candidates: Sequence[Candidate], components: Sequence[Component]) -> list[Minor]:
    """Return by how much dearer than its least each component may be at the most and pay by shifting amounts inside.

    Only what some candidates count in part, and others not, is worth shifting, and only between regions.
    """
    keeps, slack = kept(candidates)
    counted = [_bits(each.counted) for each in candidates]
    found = []
    for component in components:
        if len(component.regions) < 2:
            found.append(0)
            continue
        mask = mask_of(component)
        is_cut, worth = False, slack
        for each, bits in zip(candidates, counted, strict=True):
            if bits & mask:
                is_cut = is_cut or (bool(mask & ~bits) and not each.counts_list)
                worth += each.off(each.level(each.listed), each.parts_listed)
        found.append(-(-worth * BASIS_POINTS // max(1, keeps)) if is_cut else 0)
    return found


class _Most(NamedTuple):
    """By candidate, what nothing can be above: list prices."""

    counted: list[Minor]
    parts: list[Minor]


def _bring_closer(  # noqa: PLR0917 - all of it changes together
    lane: Lane, sums: Sums, room: Room, levels: Sequence[int], tops: list[int], most: _Most
) -> list[Minor]:
    """Lower the tops to what may pay, given what all others may gain, until nothing changes; return the gains."""
    candidates = lane.candidates
    highest, listed = most
    gains = [0] * len(candidates)
    movable = [number for number, level in enumerate(levels) if level < tops[number]]
    keeps, slack = kept(candidates)
    for _ in range(ROUNDS_MAX):
        changed = False
        for number in movable:
            candidate, low = candidates[number], levels[number]
            gains[number] = candidate.off(tops[number], listed[number]) if tops[number] > low else 0
            if gains[number] and low and not candidate.is_percentage:
                gains[number] -= candidate.off(low, listed[number])
        for number in movable:
            if tops[number] == levels[number]:
                continue
            mine = room.touched[number]
            worth = slack + sum([gains[other] for other in movable if lane.counted[other] & mine])
            # To pay, it must cost less than it is worth.
            further = max(0, -(-worth * BASIS_POINTS // keeps) - 1) + room.counted[number].up
            top = candidates[number].level(min(highest[number], sums.bases[number] + further))
            if top < tops[number]:
                tops[number], changed = max(top, levels[number]), True
        if not changed:
            break
    return gains


def _runs_dry(lane: Lane, sums: Sums, reach: Reach, room: Room, listed: Sequence[Minor]) -> bool:
    """Tell whether some amount off might find less left than it takes, where that makes sums tell too little."""
    is_open = bool(reach.open)
    for number, candidate in enumerate(lane.candidates):
        wanted = candidate.wanted(reach.tops[number])
        if not wanted:
            continue
        drift = room.parts[number]
        left = sums.parts[number] - drift.down - (drift.torn or 0)
        mine = lane.parts[number]
        for earlier in range(number):
            if lane.parts[earlier] & mine:
                other = lane.candidates[earlier]
                # Of a sum that is left dearer a percentage takes no more than the rise.
                left -= other.off(reach.tops[earlier], sums.parts[earlier] if other.is_percentage else listed[earlier])
        if left < wanted and (is_open or drift is not NO_DRIFT or not lane.known[number]):
            return True
    return False
