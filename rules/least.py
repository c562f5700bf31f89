"""The least that units can cost together when only their sum counts: components walked unit by unit.

A state is how far each play has got, as fields of bits in one integer. Two ways to the same state differ in nothing
that follows, so only the cheaper is kept: that is exact as long as all states are kept. The slots of a bundle are
filled region by region; the tables of the regions are put together, and a bundle is closed behind the last region that
it touches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rules.begun import Begun, Unfinished, ended
from rules.budget import Budget
from rules.configurations import Configuration, worth_a_look
from rules.money import Minor
from rules.problem import Problem
from rules.regions import Component, Way
from rules.states import NEVER, STATES_CUT, TOO_MUCH, Move, States, after, cheapest
from rules.tables import Field, Layer, Placed, Table, trace

STATES_MAX = 12_000
"""Most states that are kept between two units; beyond, only the cheapest stay and nothing is proven."""
STATES_MANY = 150
"""From so many states on it pays to find first what can be saved for certain,"""
STATES_SURE = 16
"""with so many."""
NARROW_STEPS = 4_000
"""Most steps for a walk without the dearer ways, where there could be some."""
MOVES_A_STEP = 10
"""Moves from one state to the next that count as one step of the budget."""


class Least(NamedTuple):
    """The least sum of a component."""

    total: Minor
    fills: tuple[int, ...]
    """The state in which each region ends."""
    bound: Minor
    """Nothing costs less; the total itself where all states were kept."""


class Walk:
    """One component with its fields, ready to be walked."""

    def __init__(
        self,
        problem: Problem,
        component: Component,
        ways: Sequence[Sequence[Way]],
        solo: Sequence[Minor],
        saves: Sequence[Minor],
        *,
        worth: Minor,
    ) -> None:
        """Prepare.

        Args:
            problem: what is to be combined.
            component: some of its classes.
            ways: by class, how units may enter slots.
            solo: by class, the least price of a unit by itself.
            saves: by play, what a use saves at the most.
            worth: by how much dearer than the least ways may be at the most and pay.
        """
        self._worth = worth
        self._spare: Minor = 0
        """Ways that are so much dearer than the least are in the tables too."""
        self._problem, self.component, self._solo, self._saves = problem, component, solo, saves
        playing = set(component.plays)
        self._ways = {
            position: [way for way in ways[position] if way.play in playing]
            for region in component.regions
            for position in region
        }
        self._fields = self._lay_out()
        self._inner = tuple(sorted(component.inner))
        self._last = self._last_touch() if len(component.inner) < len(component.plays) else {}
        self.tables: list[Table] = []
        """By region, once searched."""

    def _lay_out(self) -> dict[tuple[int, int], Field]:
        fitting: dict[tuple[int, int], int] = {}
        for position, inside in self._ways.items():
            count = self._problem.classes[position].count
            for way in inside:
                key = (way.play, way.slot)
                fitting[key] = fitting.get(key, 0) + count
        fields, shift = {}, 0
        for number in self.component.plays:
            play = self._problem.plays[number]
            if play.whole:
                uses = min([fitting.get((number, at), 0) // slot.size for at, slot in enumerate(play.slots)])
            else:
                uses = -(-fitting.get((number, 0), 0) // play.slots[0].size)
            uses = min(uses, play.times) if play.times else uses
            for at, slot in enumerate(play.slots):
                wraps = number in self.component.inner and not play.times
                most = slot.size * uses
                width = (slot.size if wraps else fitting.get((number, at), 0)).bit_length()
                fields[number, at] = Field(shift, (1 << width) - 1, slot.size if wraps else 0, most)
                shift += width
        return fields

    def inner_in(self, region: Sequence[int]) -> tuple[int, ...]:
        """Return the plays whose uses are counted in a region."""
        if len(self.component.regions) == 1:
            return self._inner
        inside = {way.play for position in region for way in self._ways[position]}
        return tuple(sorted(inside & self.component.inner))

    def closed_behind(self, region: int) -> tuple[int, ...]:
        """Return the other plays for which a region, by its number, is the last."""
        return tuple(play for play, last in self._last.items() if last == region)

    def closed(self, state: int, plays: Sequence[int]) -> tuple[int, Minor] | None:
        """Return a state with some plays ended, and what they then cost; None where one is left unfinished."""
        cost = 0
        for number in plays:
            play = self._problem.plays[number]
            shift, mask, _, _ = self._fields[number, 0]
            count = state >> shift & mask
            if number in self.component.inner:
                if play.whole and count % play.slots[0].size:
                    return None
                state -= count << shift
                continue
            uses = count // play.slots[0].size
            if play.times and uses > play.times:
                return None
            for at, slot in enumerate(play.slots):
                shift, mask, _, _ = self._fields[number, at]
                count = state >> shift & mask
                if count != uses * slot.size:
                    return None
                state -= count << shift
            cost += uses * (play.price or 0)
        return state, cost

    def search(self, budget: Budget) -> Least:
        """Return the least sum and how it comes about."""
        if self._worth:
            # Dearer ways are seldom asked for, and `widen` finds them; what is long without them is little longer with.
            narrow = Budget(min(budget.left, NARROW_STEPS))
            steps = narrow.left
            least = self._search(narrow)
            budget.spend(steps - narrow.left)
            if not narrow.exhausted:
                return least
            self._spare, self.tables = self._worth, []
        return self._search(budget)

    def _search(self, budget: Budget) -> Least:
        merged: States = {0: 0}
        is_exact = True
        steps: list[tuple[States, dict[int, int]]] = []
        for number, region in enumerate(self.component.regions):
            found, exact = self._walk(region, budget)
            self.tables.append(found)
            before, merged = merged, {}
            if not budget.spend(1 + len(before) * len(found.states) // MOVES_A_STEP):
                exact, before = False, cheapest(before)
            if number == 0:
                merged = found.states
            else:
                for one, cost in before.items():
                    for other, more in found.states.items():
                        if cost + more < merged.get(one + other, TOO_MUCH):
                            merged[one + other] = cost + more
            merged, closed = self._close(merged, self.closed_behind(number))
            if len(merged) > STATES_MAX:
                exact, merged = False, cheapest(merged)
            is_exact = is_exact and exact
            steps.append((before, closed))
        total = merged[0]
        return Least(total, self._fills(steps), total if is_exact else self._thinkable())

    def widen(self, spare: Minor, budget: Budget) -> bool:
        """Keep ways that are so much dearer than the least too, and tell whether the tables hold all of them."""
        if spare <= self._spare:
            return True
        before, self._spare = self._spare, spare
        tables = []
        for region in self.component.regions:
            table, is_exact = self._walk(region, budget)
            if not is_exact:
                self._spare = before
                return False
            tables.append(table)
        self.tables = tables
        return True

    def _fills(self, steps: Sequence[tuple[States, dict[int, int]]]) -> tuple[int, ...]:
        """Return the state of each region in the cheapest way."""
        fills: list[int] = []
        state = 0
        for (before, closed), table in zip(reversed(steps), reversed(self.tables), strict=True):
            state = closed.get(state, state)
            # The cheapest split of a state over the regions so far and this one; the first where several are.
            own = state
            if len(fills) + 1 < len(steps):
                own = min([(before[state - o] + cost, o) for o, cost in table.states.items() if state - o in before])[1]
            fills.append(own)
            state -= own
        return tuple(reversed(fills))

    def placed(self, fills: Sequence[int]) -> list[Placed]:
        """Return what becomes of every unit when each region ends in a state of its table."""
        placed: list[Placed] = []
        for table, state in zip(self.tables, fills, strict=True):
            placed += trace(table, state, self._solo, self._ways, self._fields)
        return placed

    def configurations(
        self, most: Minor, counted: Sequence[Sequence[bool]], count: int, *, is_all: bool
    ) -> list[Configuration] | None:
        """Return the ways to fill the slots that cost at most so much, each state of the walk the cheapest first.

        Args:
            most: sums above it are left out.
            counted: by region, whether each of some candidates counts it.
            count: None is returned where there are more at any time.
            is_all: False leaves out those of which a cheaper one counts as much for every candidate.
        """
        rest = [0]
        for table in reversed(self.tables):
            rest.append(rest[-1] + table.least)
        rest.reverse()
        ways: dict[int, list[Configuration]] = {0: [Configuration(0, (0,) * len(counted[0]), (), NEVER)]}
        for number, (table, counts) in enumerate(zip(self.tables, counted, strict=True)):
            closing = self.closed_behind(number)
            after: dict[int, list[Configuration]] = {}
            for state, some in ways.items():
                for own, more in table.states.items():
                    closed = self.closed(state + own, closing)
                    if closed is None:
                        continue
                    for way in some:
                        cost = way.cost + more + closed[1]
                        if cost <= most - rest[number + 1]:
                            bases = tuple([base + more * does for base, does in zip(way.bases, counts, strict=True)])
                            into = after.setdefault(closed[0], [])
                            into.append(Configuration(cost, bases, (*way.fills, own), way.others))
            ways = {state: sorted(some) if is_all else worth_a_look(some) for state, some in after.items()}
            if sum([len(some) for some in ways.values()]) > count:
                return None
        return ways.get(0, [])

    def _last_touch(self) -> dict[int, int]:
        last = {}
        for number, region in enumerate(self.component.regions):
            for position in region:
                for way in self._ways[position]:
                    if way.play not in self.component.inner:
                        last[way.play] = number
        return last

    def _walk(self, region: Sequence[int], budget: Budget) -> tuple[Table, bool]:
        """Return the table of a region, and whether all states were kept."""
        states: States = {0: 0}
        layers: list[Layer] = []
        exact = True
        ends = self._must_end(region)
        unfinished = Unfinished([begun for some in ends.values() for begun in some])
        left = sum([self._problem.classes[position].count for position in region])
        moves_of = [[self._move(way) for way in self._ways[position]] for position in region]
        # What all units so far cost by themselves, and what those to come can save at the most: whatever is further
        # above that is never the cheapest. Of a bundle another region may have the good.
        so_far: Minor = 0
        saving: list[Minor] = []
        saved: Minor | None = None
        for position, moves in zip(region, moves_of, strict=True):
            solo = self._solo[position]
            for _ in range(self._problem.classes[position].count):
                if not budget.spend(1 + len(states) * (1 + len(moves)) // MOVES_A_STEP) or len(states) > STATES_MAX:
                    exact = False
                    states = cheapest(states)
                layers.append(Layer(position, states))
                states = after(states, solo, moves)
                so_far += solo
                left -= 1
                if len(states) >= STATES_CUT:
                    saving = saving or self._savings(region, moves_of)
                    if len(states) >= STATES_MANY and saved is None:
                        saved = self._saved_for_certain(region, moves_of, ends)
                    most = so_far + saving[len(layers)] - (saved or 0)
                    # Nothing begun stays: from there on there is always a way to the end.
                    states = {state: cost for state, cost in states.items() if cost <= most or state == 0}
                    states = unfinished.dropped(states, left)
            for begun in ends.get(position, ()):
                states = ended(states, begun)
        table, origin = self._close(states, self.inner_in(region))
        return Table(table, layers, origin), exact

    def _saved_for_certain(
        self,
        region: Sequence[int],
        moves_of: Sequence[Sequence[Move]],
        ends: Mapping[int, Sequence[Begun]],
    ) -> Minor:
        """Return what the units of a region save for certain without any bundle: few states are enough to find that."""
        inner = set(self.inner_in(region))
        states: States = {0: 0}
        alone = 0
        for position, moves in zip(region, moves_of, strict=True):
            inside = [move for way, move in zip(self._ways[position], moves, strict=True) if way.play in inner]
            for _ in range(self._problem.classes[position].count):
                states = after(states, self._solo[position], inside)
                alone += self._solo[position]
                if len(states) > STATES_SURE:
                    states = cheapest(states, STATES_SURE)
            for begun in ends.get(position, ()):
                states = ended(states, begun)
        return max(0, alone - self._close(states, tuple(sorted(inner)))[0][0])

    def _saved_elsewhere(self) -> Minor:
        """Return what bundles can save at the most, or what may be dearer."""
        total = self._spare
        for number in self.component.plays:
            if number not in self.component.inner:
                uses = self._fields[number, 0].most // self._problem.plays[number].slots[0].size
                total += uses * self._saves[number]
        return total

    def _savings(
        self, region: Sequence[int], moves_of: Sequence[Sequence[tuple[int, int, int, tuple[Minor, ...], int]]]
    ) -> list[Minor]:
        """Return for each number of units of a region placed what the others, and bundles, can save at the most."""
        each: list[Minor] = []
        for position, moves in zip(region, moves_of, strict=True):
            solo = self._solo[position]
            least = min([min(nets) for _, _, _, nets, _ in moves if nets], default=solo)
            each += [max(0, solo - least)] * self._problem.classes[position].count
        saving = [self._saved_elsewhere()]
        for more in reversed(each):
            saving.append(saving[-1] + more)
        saving.reverse()
        return saving

    def _move(self, way: Way) -> tuple[int, int, int, tuple[Minor, ...], int]:
        shift, mask, wrap, most = self._fields[way.play, way.slot]
        nets = way.nets
        if not wrap and len(nets) < most:
            nets *= -(-most // len(nets))
        return shift, mask, wrap, nets, most

    def _must_end(self, region: Sequence[int]) -> dict[int, list[Begun]]:
        """Return for each class the plays for which it is the last, where an unfinished use gives nothing."""
        last = {way.play: position for position in region for way in self._ways[position]}
        found: dict[int, list[Begun]] = {}
        for number, position in last.items():
            whole = self._problem.plays[number].whole
            shift, mask, wrap, _ = self._fields[number, 0]
            if number in self.component.inner and wrap:
                enough = wrap if whole else 1 + self._of_no_use(region, number, wrap - 1)
                if enough > 1:
                    found.setdefault(position, []).append(Begun(shift, mask, enough, is_optional=True))
        return found

    def _of_no_use(self, region: Sequence[int], number: int, most: int) -> int:
        """Return in how many places of a use no unit costs less than by itself, up to so many."""
        for position in region:
            for way in self._ways[position]:
                if way.play == number:
                    solo = self._solo[position]
                    most = next((place for place, net in enumerate(way.nets[:most]) if net < solo), most)
        return most

    def _close(self, states: States, plays: Sequence[int]) -> tuple[States, dict[int, int]]:
        """Return the states once some plays have seen all of their units, and where they came from."""
        if not plays or (len(states) == 1 and 0 in states):
            return states, {}
        after: States = {}
        origin: dict[int, int] = {}
        for state, cost in states.items():
            closed = self.closed(state, plays) if state else (0, 0)
            if closed is not None and cost + closed[1] < after.get(closed[0], TOO_MUCH):
                after[closed[0]] = cost + closed[1]
                origin[closed[0]] = state
        return after, origin

    def _thinkable(self) -> Minor:
        """Return an amount below which the units cannot cost: each at its best share."""
        total = 0
        for position, ways in self._ways.items():
            shares = [self._solo[position]]
            for way in ways:
                play = self._problem.plays[way.play]
                if play.price is None:
                    shares += way.nets
                else:
                    shares.append(play.price // sum(slot.size for slot in play.slots))
            total += min(shares) * self._problem.classes[position].count
        return total
