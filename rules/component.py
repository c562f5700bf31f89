"""Units that group promotions connect: what they cost at the least, and all that they can cost nearly as little.

Units are put one after the other to a price of their own or into a slot of a play. A state is how far each play has
got; two ways to the same state differ in nothing that follows, so only the cheaper one is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.budget import Budget
from rules.group_lane import Play
from rules.money import Minor, share
from rules.unit_lane import Option

State = tuple[int, ...]
STATES_MAX = 600
"""Most states that are kept between two units; beyond, only the cheapest stay and nothing is proven."""
STATES_KEPT = 12
"""How many stay then."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to put a unit into a slot, at each place of a use."""

    slot: int
    choices: tuple[tuple[Option, ...], ...]
    """Prices by place in the use, cheapest first; empty where the use has a price."""
    base: Option
    """What the unit costs where the use has a price."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit with all that may become of it."""

    unit_class: int
    solo: tuple[Option, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Prices for all units of a component."""

    amounts: tuple[tuple[int, Minor], ...]
    """(cell, what its units cost), rising by cell."""
    nets: tuple[Option, ...]
    """In the order of the units."""
    uses: tuple[tuple[str, int], ...]
    """(promotion id, times) of plays."""


class Component:
    """The pricing of connected units, given which cell a unit lies in once it is lowered or not."""

    def __init__(self, units: Sequence[Unit], plays: Sequence[Play], plain: Sequence[int], low: Sequence[int]) -> None:
        self.units = units
        self.plays = plays
        self._plain, self._low = plain, low
        self._slot_play = [number for number, play in enumerate(plays) for _ in play.slots]
        self._first_slot = [self._slot_play.index(number) for number in range(len(plays))]
        last_unit = [0] * len(plays)
        fitting = [0] * len(self._slot_play)
        for number, unit in enumerate(units):
            for entry in unit.entries:
                last_unit[self._slot_play[entry.slot]] = number
                fitting[entry.slot] += 1
        self._ends: list[list[int]] = [[] for _ in units]
        for number, unit_number in enumerate(last_unit):
            self._ends[unit_number].append(number)
        self._sizes = [slot.size for play in plays for slot in play.slots]
        self._caps = self._slot_caps(fitting)

    def _slot_caps(self, fitting: Sequence[int]) -> list[int]:
        caps = []
        for number, play in enumerate(self.plays):
            first = self._first_slot[number]
            possible = min(fitting[first + place] // slot.size for place, slot in enumerate(play.slots))
            times = min(play.times, possible) if play.times else possible
            caps += [slot.size * times for slot in play.slots]
        return caps

    def cell(self, unit: Unit, option: Option) -> int:
        return (self._low if option.taken else self._plain)[unit.unit_class]

    def _join(self, state: State, slot: int) -> tuple[State, int, bool] | None:
        """Return the state after a unit enters a slot, its place in the use, and whether that completes one."""
        play = self.plays[self._slot_play[slot]]
        count, size = state[slot], self._sizes[slot]
        if len(play.slots) == 1:
            if not play.times:
                after = count + 1 if count + 1 < size else 0
                return (*state[:slot], after, *state[slot + 1 :]), count, after == 0
            if count >= play.times * size:
                return None
            return (*state[:slot], count + 1, *state[slot + 1 :]), count % size, (count + 1) % size == 0
        if count >= self._caps[slot]:
            return None
        new = (*state[:slot], count + 1, *state[slot + 1 :])
        first = self._first_slot[self._slot_play[slot]]
        places = range(first, first + len(play.slots))
        uses = min(new[place] // self._sizes[place] for place in places)
        if play.times or not uses:
            return new, count % size, uses > min(state[place] // self._sizes[place] for place in places)
        # Complete uses are done with: what counts is only how far the next one has got.
        rest = (new[place] - self._sizes[place] for place in places)
        return (*new[:first], *rest, *new[first + len(play.slots) :]), count % size, True

    def _close(self, number: int, state: State) -> State | None:
        """Return the state once a unit was the last for some plays; None where one of them is left unfinished."""
        for ended in self._ends[number]:
            play, first = self.plays[ended], self._first_slot[ended]
            width = len(play.slots)
            if width == 1:
                count = state[first]
                if count == 0:
                    continue
                if play.whole and count % self._sizes[first]:
                    return None
                state = (*state[:first], 0, *state[first + 1 :])
                continue
            counts = state[first : first + width]
            if not any(counts):
                continue
            uses = counts[0] // self._sizes[first]
            if any(count != uses * self._sizes[first + place] for place, count in enumerate(counts)):
                return None
            state = (*state[:first], *(0,) * width, *state[first + width :])
        return state

    def prices_of(self, weights: Sequence[int]) -> list[int]:
        """Return for each play the least that one use with a price can weigh."""
        prices = []
        for play in self.plays:
            cells = {
                cell
                for slot in play.slots
                for position in slot.classes
                for cell in (self._plain[position], self._low[position])
            }
            prices.append((play.price or 0) * min((weights[cell] for cell in cells), default=0))
        return prices

    def _steps(
        self, weights: Sequence[int], number: int, state: State, prices: Sequence[int]
    ) -> list[tuple[int, State]]:
        """Return (cost, state after) of everything that can become of a unit, the cheapest price of each kind."""
        unit = self.units[number]
        ends = self._ends[number]
        found = []
        solo = min(option.net * weights[self.cell(unit, option)] for option in unit.solo)
        closed = self._close(number, state) if ends else state
        if closed is not None:
            found.append((solo, closed))
        for entry in unit.entries:
            joined = self._join(state, entry.slot)
            if joined is None:
                continue
            after, place, completes = joined
            if entry.choices:
                cost = min(option.net * weights[self.cell(unit, option)] for option in entry.choices[place])
            else:
                cost = prices[self._slot_play[entry.slot]] if completes else 0
            closed = self._close(number, after) if ends else after
            if closed is not None:
                found.append((cost, closed))
        return found

    def start(self) -> State:
        return (0,) * len(self._slot_play)

    def to_go(self, weights: Sequence[int], budget: Budget) -> tuple[list[dict[State, int]], bool]:
        """Return for every unit, and the end, the least cost from each state on, and whether all states were kept."""
        prices = self.prices_of(weights)
        layers: list[dict[State, list[tuple[int, State]]]] = []
        states: dict[State, int] = {self.start(): 0}
        is_exact = True
        for number in range(len(self.units)):
            if len(states) > STATES_MAX or not budget.spend(len(states) * (1 + len(self.units[number].entries))):
                is_exact = False
                kept = sorted(states, key=lambda state: (states[state], state))[:STATES_KEPT]
                # The state in which no play has begun leads on at every time.
                states = {state: states[state] for state in dict.fromkeys((self.start(), *kept)) if state in states}
            layer = {}
            after_unit: dict[State, int] = {}
            for state, so_far in states.items():
                steps = layer[state] = self._steps(weights, number, state, prices)
                for cost, after in steps:
                    if so_far + cost < after_unit.get(after, so_far + cost + 1):
                        after_unit[after] = so_far + cost
            layers.append(layer)
            states = after_unit
        costs: dict[State, int] = dict.fromkeys(states, 0)
        result = [costs]
        for layer in reversed(layers):
            costs = {
                state: min(found)
                for state, steps in layer.items()
                if (found := [cost + costs[after] for cost, after in steps if after in costs])
            }
            result.append(costs)
        result.reverse()
        return result, is_exact

    def least_thinkable(self, weights: Sequence[int]) -> int:
        """Return an amount below which the units cannot cost: each at its best share."""
        prices = self.prices_of(weights)
        total = 0
        for unit in self.units:
            shares = [option.net * weights[self.cell(unit, option)] for option in unit.solo]
            for entry in unit.entries:
                play = self.plays[self._slot_play[entry.slot]]
                if entry.choices:
                    shares += [o.net * weights[self.cell(unit, o)] for options in entry.choices for o in options]
                else:
                    shares.append(prices[self._slot_play[entry.slot]] // sum(slot.size for slot in play.slots))
            total += min(shares)
        return total

    def is_safe(self) -> bool:
        """Tell whether no use with a price could cost more than its units do at their list prices."""
        cheapest: dict[int, Minor] = {}
        for unit in self.units:
            for entry in unit.entries:
                cheapest[entry.slot] = min(cheapest.get(entry.slot, entry.base.net), entry.base.net)
        for number, play in enumerate(self.plays):
            if play.price is not None:
                first = self._first_slot[number]
                least = sum(slot.size * cheapest.get(first + place, 0) for place, slot in enumerate(play.slots))
                if least < play.price:
                    return False
        return True

    def dearer(
        self,
        weights: Sequence[int],
        to_go: Sequence[dict[State, int]],
        number: int,
        state: State,
        prices: Sequence[int],
    ) -> Iterator[tuple[int, State, tuple[int, int, Option]]]:
        """Yield everything that can become of a unit, with how much dearer than the best it is from here on."""
        best = to_go[number].get(state)
        if best is None:
            return
        for cost, after, move in self.moves(weights, number, state, prices):
            rest = to_go[number + 1].get(after)
            if rest is not None:
                yield cost + rest - best, after, move

    def moves(
        self, weights: Sequence[int], number: int, state: State, prices: Sequence[int]
    ) -> list[tuple[int, State, tuple[int, int, Option]]]:
        unit = self.units[number]
        ends = self._ends[number]
        found = []
        closed = self._close(number, state) if ends else state
        if closed is not None:
            for option in unit.solo:
                found.append((option.net * weights[self.cell(unit, option)], closed, (-1, 0, option)))
        for entry in unit.entries:
            joined = self._join(state, entry.slot)
            if joined is None:
                continue
            closed = self._close(number, joined[0]) if ends else joined[0]
            if closed is None:
                continue
            _, place, completes = joined
            if entry.choices:
                for option in entry.choices[place]:
                    cost = option.net * weights[self.cell(unit, option)]
                    found.append((cost, closed, (entry.slot, place, option)))
            else:
                cost = prices[self._slot_play[entry.slot]] if completes else 0
                found.append((cost, closed, (entry.slot, -1, entry.base)))
        return found

    def outcome(self, path: Sequence[tuple[int, int, Option]]) -> Outcome:
        nets = [option for _, _, option in path]
        counts: dict[int, int] = {}
        for slot, _, _ in path:
            if slot >= 0:
                counts[slot] = counts.get(slot, 0) + 1
        uses: dict[str, int] = {}
        for number, play in enumerate(self.plays):
            first = self._first_slot[number]
            if not counts.get(first):
                continue
            # A ladder that is cut short is a use too.
            times = -(-counts[first] // self._sizes[first])
            uses[play.promotion.id] = uses.get(play.promotion.id, 0) + times
            if play.price is not None:
                self._share_price(number, times * play.price, path, nets)
        amounts: dict[int, Minor] = {}
        for unit, option in zip(self.units, nets, strict=True):
            cell = self.cell(unit, option)
            amounts[cell] = amounts.get(cell, 0) + option.net
        return Outcome(tuple(sorted(amounts.items())), tuple(nets), tuple(uses.items()))

    def _share_price(
        self, number: int, price: Minor, path: Sequence[tuple[int, int, Option]], nets: list[Option]
    ) -> None:
        """Give every unit of a play with a price its part of what the play takes off."""
        first = self._first_slot[number]
        slots = range(first, first + len(self.plays[number].slots))
        inside = [index for index, (slot, _, _) in enumerate(path) if slot in slots]
        inside.sort(key=lambda index: (self.units[index].unit_class, nets[index].net))
        bases = [nets[index].net for index in inside]
        off = max(0, sum(bases) - price)
        promotion_id = self.plays[number].promotion.id
        for index, part in zip(inside, share(off, bases), strict=True):
            if part:
                option = nets[index]
                nets[index] = Option(option.net - part, (*option.taken, (promotion_id, part)))
