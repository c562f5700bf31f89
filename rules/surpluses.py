"""All sums that connected units can cost, up to a limit above the least: for levels that must be reached exactly.

As in `least`, units are walked one after the other; but instead of the least sum, a state holds every sum that leads to
it: the bits of one integer above an offset.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from rules.begun import Begun, Unfinished, ended
from rules.budget import Budget
from rules.group_lane import Play
from rules.money import Minor
from rules.problem import Problem, entry_of
from rules.regions import Way, is_inner, option_in
from rules.states import STATES_CUT, TOO_MUCH, Move, after
from rules.unit_lane import Option

STATES_MAX = 6_000
NETS: Final = 3
"""Where a move has its costs."""
MOVES_A_STEP = 3
"""Moves from one state to the next that count as one step of the budget."""


class Reached(NamedTuple):
    """Sums: bit n stands for offset + n."""

    offset: Minor
    bits: int


States = dict[int, Reached]


class Put(msgspec.Struct, frozen=True):
    """What became of one unit."""

    position: int
    play: int
    """Number of the play; -1 for a price of its own."""
    slot: int
    option: Option
    """With a price for the use, what the unit costs before it."""


class _Field(NamedTuple):
    """Where a slot stands in a state."""

    shift: int
    mask: int
    wrap: int
    """Units of a use, where a complete use is done with; 0 where all units are counted."""
    most: int


class _Move(NamedTuple):
    """One way of a unit, with its costs by place in the use."""

    way: Way | None
    step: Move
    """With the least that it costs by place; a unit by itself moves nothing and has one cost."""
    costs: tuple[tuple[tuple[Minor, Option], ...], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Classes that are looked at together."""

    positions: tuple[int, ...]
    """The dearest first."""
    plays: tuple[int, ...]
    """Plays that connect them, or in which some of them are; all others are left out."""
    filled: Mapping[tuple[int, int], int]
    """(play, slot) of plays that reach beyond the group: how many of its units are in them."""
    extra: Mapping[int, tuple[Option, ...]]
    """By class, prices that count as prices of its own although others would have to go along."""


class Surpluses:
    """The sums of one group."""

    def __init__(
        self,
        problem: Problem,
        group: Group,
        ways: Sequence[Sequence[Way]],
        budget: Budget,
        *,
        least: Minor,
        limit: Minor,
    ) -> None:
        """Work out the sums from `least` to `least + limit`; `is_exact` tells whether that came to its end."""
        self._problem, self._group, self._least, self._limit = problem, group, least, limit
        playing = set(group.plays)
        self._ways = {at: [way for way in ways[at] if way.play in playing] for at in group.positions}
        self._fields = self._lay_out()
        self._moves = {position: self._moves_of(position) for position in group.positions}
        self._begun = self._must_end()
        self._layers: list[tuple[int, States]] = []
        self._end: States = {}
        self._closing: Mapping[int, Minor] = {}
        """By state that can be the last one, what ending all plays then costs."""
        self.is_exact = True
        self.bits = 0
        self._run(budget)

    def _lay_out(self) -> dict[tuple[int, int], _Field]:
        fitting: dict[tuple[int, int], int] = {}
        for position, inside in self._ways.items():
            for way in inside:
                key = (way.play, way.slot)
                fitting[key] = fitting.get(key, 0) + self._problem.classes[position].count
        fields, shift = {}, 0
        for key, fit in fitting.items():
            play = self._problem.plays[key[0]]
            size = play.slots[key[1]].size
            wraps = is_inner(play) and not play.times
            most = self._group.filled.get(key, 0) if key in self._group.filled else self._most(play, key[0], fitting)
            width = (size if wraps else max(fit, most)).bit_length()
            fields[key] = _Field(shift, (1 << width) - 1, size if wraps else 0, most)
            shift += width
        return fields

    def _most(self, play: Play, number: int, fitting: Mapping[tuple[int, int], int]) -> int:
        uses = min(fitting.get((number, at), 0) // slot.size for at, slot in enumerate(play.slots))
        if not play.whole:
            uses = -(-fitting[number, 0] // play.slots[0].size)
        uses = min(uses, play.times) if play.times else uses
        return max(uses * slot.size for slot in play.slots)

    def _moves_of(self, position: int) -> list[_Move]:
        problem = self._problem
        # Whatever is that much dearer than the least takes the sum beyond the limit.
        most = problem.prices[position][0].net + self._limit
        own = [each for each in (*problem.prices[position], *self._group.extra.get(position, ())) if each.net <= most]
        moves = [_Move(None, (0, 0, 0, (own[0].net,), 0), (tuple([(each.net, each) for each in own]),))]
        for way in self._ways[position]:
            field = self._fields[way.play, way.slot]
            if not field.most:
                continue
            play = problem.plays[way.play]
            if play.price is not None:
                base = option_in(problem, way, 0, position)
                costs: tuple[tuple[tuple[Minor, Option], ...], ...] = tuple([((net, base),) for net in way.nets])
            elif way.is_plain:
                costs = tuple([((net, option_in(problem, way, at, position)),) for at, net in enumerate(way.nets)])
            else:
                entry = entry_of(problem, play, way.slot, 0, position)
                assert entry is not None
                costs = tuple([tuple([(o.net, o) for o in options]) for options in entry.choices])
            moves.append(_Move(way, _step(field, [each[0][0] for each in costs]), costs))
        return moves

    def _must_end(self) -> dict[tuple[int, int], Begun]:
        """Return the slots that end with units enough for a use, or with those that are in them."""
        found = {}
        for key, (shift, mask, wrap, _) in self._fields.items():
            if key in self._group.filled:
                found[key] = Begun(shift, mask, self._group.filled[key], is_optional=False)
            elif wrap and self._problem.plays[key[0]].whole:
                found[key] = Begun(shift, mask, wrap, is_optional=True)
            elif wrap:
                # With fewer units each costs what it also may by itself: that is left to units by themselves.
                alike = min([self._alike(position, key, wrap - 1) for position in self._ways])
                found[key] = Begun(shift, mask, 1 + alike, is_optional=True)
        return found

    def _alike(self, position: int, key: tuple[int, int], most: int) -> int:
        """Return how many places of a use cost a unit of a class nothing else than it may by itself, up to so many."""
        own = {option.net for option in self._problem.prices[position]}
        for move in self._moves[position]:
            if move.way is not None and (move.way.play, move.way.slot) == key:
                for place, costs in enumerate(move.costs[:most]):
                    if any(net not in own for net, _ in costs):
                        return place
        return most

    def _run(self, budget: Budget) -> None:
        limit = self._limit
        most = self._least + limit
        to_go = self._to_go(budget)
        if to_go is None:
            self.is_exact = False
            return
        states: States = {0: Reached(0, 1)}
        number = 0
        for position in self._group.positions:
            moves = self._moves[position]
            width = sum([len(move.costs[0]) for move in moves])
            for _ in range(self._problem.classes[position].count):
                number += 1
                if len(states) > STATES_MAX or not budget.spend(1 + len(states) * width // MOVES_A_STEP):
                    self.is_exact = False
                    return
                self._layers.append((position, states))
                states = _sums_after(states, moves, to_go[number], most)
        self._end = states
        # Only states that can be ended were kept, with what that costs.
        for state, reached in states.items():
            offset = reached.offset + self._closing[state] - self._least
            # What is below the least uses bundles in another way, which is looked at by itself.
            self.bits |= reached.bits << offset if offset >= 0 else reached.bits >> -offset
        self.bits &= (1 << (limit + 1)) - 1

    def _to_go(self, budget: Budget) -> list[dict[int, Minor]] | None:
        """Return, by number of units placed and by state, the least that is still to come; None where that is too much.

        States that cannot end within the limit are left out.
        """
        most, rest = self._least + self._limit, self._rest()
        layers: list[tuple[dict[int, Minor], Sequence[Move]]] = []
        states: dict[int, Minor] = {0: 0}
        last = {(way.play, way.slot): position for position in self._group.positions for way in self._ways[position]}
        unfinished = Unfinished(list(self._begun.values()))
        left = sum([self._problem.classes[position].count for position in self._group.positions])
        for position in self._group.positions:
            steps: Sequence[Move] = [move.step for move in self._moves[position]]
            for _ in range(self._problem.classes[position].count):
                left -= 1
                if len(states) > STATES_MAX or not budget.spend(1 + len(states) * len(steps) // MOVES_A_STEP):
                    return None
                layers.append((states, steps))
                states = after(states, steps[0][NETS][0], steps[1:], most=most - rest[len(layers)])
                if len(states) >= STATES_CUT:
                    states = unfinished.dropped(states, left)
            for key, begun in self._begun.items():
                if last[key] == position:
                    states = ended(states, begun)
        costs = self._closing = self._closings(states)
        result = [costs]
        for states, steps in reversed(layers):
            costs = _least_before(states, steps, costs)
            result.append(costs)
        result.reverse()
        return result

    def _rest(self) -> list[Minor]:
        """Return for each number of units placed an amount below which the others cannot cost."""
        each = []
        for position in self._group.positions:
            least = min([min(move.step[NETS]) for move in self._moves[position]])
            each += [least] * self._problem.classes[position].count
        rest = [0]
        for least in reversed(each):
            rest.append(rest[-1] + least)
        return rest[::-1]

    def _closings(self, states: Iterable[int]) -> dict[int, Minor]:
        """Return what ending all plays costs in each state; those left out in which that cannot be."""
        ending = list(states)
        bundles: dict[int, list[tuple[int, int, int]]] = {}
        for (number, slot), (shift, mask, _, _) in self._fields.items():
            play = self._problem.plays[number]
            if (number, slot) in self._begun:
                # Those that may not end were left out behind the last class that fits.
                continue
            if not is_inner(play):
                # A slot that nothing fits stays empty.
                bundles.setdefault(number, [(0, 0, each.size) for each in play.slots])
                bundles[number][slot] = shift, mask, play.slots[slot].size
            elif play.whole:
                size = play.slots[0].size
                ending = [state for state in ending if (state >> shift & mask) % size == 0]
        found = dict.fromkeys(ending, 0)
        for number, slots in bundles.items():
            play, (shift, mask, size) = self._problem.plays[number], slots[0]
            for state in ending:
                uses = (state >> shift & mask) // size
                is_whole = all(state >> shift & mask == uses * size for shift, mask, size in slots)
                if not is_whole or (play.times and uses > play.times):
                    found.pop(state, None)
                elif state in found:
                    found[state] += uses * (play.price or 0)
        return found

    def puts(self, surplus: Minor) -> list[Put]:
        """Return what becomes of every unit for a surplus that can be had."""
        state, amount = self._last(self._least + surplus)
        found: list[Put] = []
        for position, states in reversed(self._layers):
            put, state, amount = self._before(position, states, state, amount)
            found.append(put)
        return found

    def _last(self, amount: Minor) -> tuple[int, Minor]:
        for state, reached in self._end.items():
            rest = amount - self._closing[state]
            if _has(reached, rest):
                return state, rest
        raise AssertionError("a sum that nothing leads to")

    def _before(self, position: int, states: States, state: int, amount: Minor) -> tuple[Put, int, Minor]:
        for way, step, costs in self._moves[position]:
            before, place = state, 0
            if way is not None:
                shift, mask, wrap, _, _ = step
                at = state >> shift & mask
                if at == 0 and not wrap:
                    continue
                place = at - 1 if at else wrap - 1
                before = state + ((place - at) << shift)
            reached = states.get(before)
            if reached is None:
                continue
            for cost, option in costs[place % len(costs)]:
                if _has(reached, amount - cost):
                    play, slot = (-1, 0) if way is None else (way.play, way.slot)
                    return Put(position, play, slot, option), before, amount - cost
        raise AssertionError("a sum that nothing leads to")


def _step(field: _Field, nets: Sequence[Minor]) -> Move:
    """Return how a unit moves a state that costs so much by place, after the last of which the first one follows."""
    shift, mask, wrap, most = field
    return shift, mask, wrap, tuple(nets) * -(-(wrap or most) // len(nets)), most


def _into(state: int, step: Move) -> tuple[int, int] | None:
    """Return the state behind one more unit in a slot, and its place there; None where it has no room."""
    shift, mask, wrap, _, most = step
    place = state >> shift & mask
    if wrap:
        return state + (1 << shift) if place + 1 < wrap else state - (place << shift), place
    return (state + (1 << shift), place) if place < most else None


def _least_before(states: Mapping[int, Minor], steps: Sequence[Move], to_go: Mapping[int, Minor]) -> dict[int, Minor]:
    """Return the least that is still to come from each state before one more unit."""
    solo = steps[0][NETS][0]
    get = to_go.get
    before = {state: solo + get(state, TOO_MUCH) for state in states}
    for shift, mask, wrap, nets, room in steps[1:]:
        one, last = 1 << shift, (wrap or room + 1) - 1
        # One of the innermost loops of a search, as in `after`.
        for state, least in before.items():
            place = state >> shift & mask
            if place < last:
                into = state + one
            elif wrap:
                into = state - (place << shift)
            else:
                continue
            cost = nets[place] + get(into, TOO_MUCH)
            if cost < least:
                before[state] = cost
    return {state: cost for state, cost in before.items() if cost < TOO_MUCH}


def _sums_after(states: States, moves: Sequence[_Move], to_go: Mapping[int, Minor], most: Minor) -> States:
    """Return the sums behind one more unit, those left out that end above `most`."""
    sums: dict[int, tuple[Minor, int]] = {}
    for state, (offset, bits) in states.items():
        for way, step, costs in moves:
            found = (state, 0) if way is None else _into(state, step)
            if found is None or found[0] not in to_go:
                continue
            into, place = found
            room = most - to_go[into]
            for cost, _ in costs[place % len(costs)]:
                first = offset + cost
                if first > room:
                    continue
                old = sums.get(into)
                if old is None:
                    sums[into] = first, bits
                elif first < old[0]:
                    sums[into] = first, bits | old[1] << (old[0] - first)
                else:
                    sums[into] = old[0], old[1] | bits << (first - old[0])
    return {
        state: Reached(offset, bits & ((1 << (most - to_go[state] - offset + 1)) - 1))
        for state, (offset, bits) in sums.items()
    }


def _has(reached: Reached, amount: Minor) -> bool:
    return amount >= reached.offset and bool(reached.bits >> (amount - reached.offset) & 1)
