"""What there is to be left dearer: units that are by themselves, and all that is possible where that is too little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rules.budget import Budget
from rules.fillings import Fills, Search
from rules.group_lane import Play
from rules.levels import kept
from rules.loosened import Loosened
from rules.money import BASIS_POINTS, Minor
from rules.plan import placed_as
from rules.problem import Problem
from rules.raised import Block, Node, Raise, Stock, Stocks
from rules.reachable import Priceable
from rules.regions import components_among, is_inner
from rules.surpluses import Group, Put, Surpluses
from rules.unit_lane import Option

STOCK_NODES = 6_000
"""Most steps for working out all that is possible in one node."""
MORE_FIRST: Minor = 250
"""How much more than needed is looked at first,"""
MORE_TIMES = 4
"""and how many times as much then."""
LOOSE = "?"
"""Stands for the promotion of a price that a unit could only have together with others."""


class _Full(NamedTuple):
    """All that can be left dearer in a node."""

    limit: Minor
    worth: Minor
    stocks: Stocks | None

    def tells(self, limit: Minor, worth: Minor) -> bool:
        """Tell whether this is the answer up to a limit too: what was too much stays too much further up."""
        if self.stocks is None:
            return self.limit <= limit and self.worth <= worth
        return self.limit >= limit and self.worth >= worth

    def covers(self, at: int, need: Minor, worth: Minor) -> bool:
        """Tell whether something in it covers a need of the node: nothing that is further up does so for less."""
        return self.stocks is not None and self.worth >= worth and self.stocks.least(at, need, 0) is not None


class Stockroom:
    """Works out stocks, and keeps them."""

    def __init__(self, field: Search, nodes: Sequence[Node], limit: Minor, budget: Budget) -> None:
        """Prepare.

        Args:
            field: what is searched.
            nodes: the open candidates.
            limit: by how much any node may be left dearer.
            budget: shared.
        """
        self._field, self._nodes, self._limit, self._budget = field, nodes, limit, budget
        self._keeps, _ = kept(field.lane.candidates)
        self._quick: dict[Fills, Stocks] = {}
        self._loosened: dict[tuple[Fills, int], Stocks] = {}
        self._full: dict[tuple[Fills, int, bool], list[_Full]] = {}
        self._groups: list[Surpluses | Loosened] = []
        self._counted = 0
        for node in nodes:
            self._counted |= node.counted
        self.doubted: set[int] = set()
        """Plays that reach out of a node, of which prices were counted although others would have to go along."""
        self._puts: dict[tuple[int, tuple[int, ...]], list[Put]] = {}
        problem = field.problem
        self._all = [Priceable(each.count, own) for each, own in zip(problem.classes, problem.prices, strict=True)]
        """All units, by class."""

    def quick(self, fills: Fills) -> Stocks:
        """Return what units that are by themselves in the least sums could be left dearer."""
        if fills not in self._quick:
            units = self._by_themselves(fills)
            self._quick[fills] = Stocks(self._nodes, self._limit, lambda _: Stock(units, ()), self._budget)
        return self._quick[fills]

    def _by_themselves(self, fills: Fills) -> list[Priceable]:
        inside: dict[int, int] = {}
        for placed in self.placed(fills):
            if placed.play >= 0:
                inside[placed.position] = inside.get(placed.position, 0) + 1
        found = list(self._all)
        for position, count in inside.items():
            found[position] = Priceable(found[position].quantity - count, found[position].options)
        return found

    def loosened(self, fills: Fills, at: int) -> Stocks:
        """Return what could be left dearer in a node where connected units stay in their plays, or all leave them."""
        own = set(self._nodes[at].own)
        key = self.inside(fills, at), at
        if key not in self._loosened:
            stock = self._loosened_stock(fills, own)
            self._loosened[key] = Stocks(self._nodes, self._limit, lambda _: stock, self._budget, is_sample=True)
        return self._loosened[key]

    def _loosened_stock(self, fills: Fills, own: set[int]) -> Stock:
        field = self._field
        classes, kept_units = field.problem.classes, self._by_themselves(fills)
        in_plays: dict[int, list[Put]] = {}
        for put in self.placed(fills):
            if put.play >= 0:
                in_plays.setdefault(put.position, []).append(put)
        units, blocks = list(kept_units), []
        for positions, least in self._separable(fills, own):
            puts = [put for position in positions for put in in_plays.get(position, ())]
            if not puts:
                continue
            alone = sum([field.solo[position] * classes[position].count for position in positions])
            block = Loosened(kept_units, self._all, positions, puts, alone - least, self._limit)
            blocks.append(Block(len(self._groups), block.bits))
            self._groups.append(block)
            for position in positions:
                units[position] = Priceable(0, units[position].options)
        return Stock(units, tuple(blocks))

    def _separable(self, fills: Fills, own: set[int]) -> list[tuple[tuple[int, ...], Minor]]:
        """Return connected classes inside a node that could leave their plays, and what they cost in them."""
        field, other = self._field, dict(fills)
        found = []
        for number, (walk, least) in enumerate(zip(field.walks, field.least, strict=True)):
            if number not in other and own.issuperset(walk.component.positions):
                found.append((tuple(walk.component.positions), least.total))
                continue
            states = other.get(number, least.fills)
            for region, table, state in zip(walk.component.regions, walk.tables, states, strict=True):
                if state == 0 and own.issuperset(region):
                    found.append((region, table.states[0]))
        return found

    def placed(self, fills: Fills) -> list[Put]:
        """Return what becomes of all connected units at the least sums that the fills allow."""
        field, other = self._field, dict(fills)
        found: list[Put] = []
        for number, (walk, least) in enumerate(zip(field.walks, field.least, strict=True)):
            key = number, other.get(number, least.fills)
            if key not in self._puts:
                self._puts[key] = placed_as(field.problem, walk.placed(key[1]))
            found += self._puts[key]
        return found

    def puts_of(self, raises: Raise) -> list[Put]:
        """Return what becomes of the connected units that are left dearer."""
        return [put for number, amount in raises.blocks for put in self._groups[number].puts(amount)]

    def full(
        self, fills: Fills, at: int, limit: Minor, *, need: Minor, worth: Minor, is_thinkable: bool
    ) -> Stocks | None:
        """Return all that could be left dearer in a node, up to a limit or to what covers a need.

        Args:
            fills: how bundles are used.
            at: number of the node.
            limit: beyond it nothing matters.
            need: what covers it is enough.
            worth: how much could be gained at the most.
            is_thinkable: prices count that units could only have if others outside went along, as a bound.

        Returns:
            None where that is too much to work out.
        """
        own = set(self._nodes[at].own)
        extra = self._extra(own, limit, worth) if is_thinkable else {}
        answers = self._full.setdefault((self.inside(fills, at), at, bool(extra)), [])
        known = next((each for each in answers if each.tells(limit, worth) or each.covers(at, need, worth)), None)
        if known is None:
            # What turns out too much must not take the steps that others need.
            part = Budget(min(self._budget.left, STOCK_NODES))
            before = part.left
            stock = self._full_stock(fills, at, limit, extra, part)
            stocks = None
            if stock is not None:
                stocks = Stocks(self._nodes, limit, lambda _: stock, part)
                stocks.own(at)
            self._budget.spend(before - part.left)
            known = _Full(limit, worth, stocks if stocks is not None and stocks.is_exact else None)
            answers.append(known)
        return known.stocks

    def inside(self, fills: Fills, at: int) -> Fills:
        """Return what of a way to use bundles concerns the own classes of a node: the states of their regions."""
        own = set(self._nodes[at].own)
        found = []
        for number, states in fills:
            walk, least = self._field.walks[number], self._field.least[number]
            touching = [not own.isdisjoint(region) for region in walk.component.regions]
            mine = tuple([state if does else -1 for state, does in zip(states, touching, strict=True)])
            if mine != tuple([state if does else -1 for state, does in zip(least.fills, touching, strict=True)]):
                found.append((number, mine))
        return tuple(found)

    def enough(
        self, fills: Fills, at: int, need: Minor, limit: Minor, *, worth: Minor, is_thinkable: bool
    ) -> tuple[Stocks | None, Minor]:
        """Return all that could be left dearer in a node as far as to cover a need, and below what nothing covers it.

        What is little more than needed is nearly always there, and costs a part of what all up to the limit does.

        Args:
            fills: see `full`.
            at: see `full`.
            need: by how much the node is to be left dearer at the least.
            limit: beyond it nothing matters.
            worth: see `full`.
            is_thinkable: see `full`.

        Returns:
            None where that is too much to work out; else the least that covers the need, or more than the limit.
        """
        least, more = need, MORE_FIRST
        while True:
            top = min(limit, need + more)
            stocks = self.full(fills, at, top, need=need, worth=worth, is_thinkable=is_thinkable)
            if stocks is None:
                return None, least
            found = stocks.least(at, need, 0)
            if found is not None and found <= limit:
                return stocks, found
            least = max(least, top + 1)
            if top >= limit:
                return stocks, least
            more *= MORE_TIMES

    def _full_stock(
        self, fills: Fills, at: int, limit: Minor, extra: dict[int, tuple[Option, ...]], budget: Budget
    ) -> Stock | None:
        field = self._field
        plays = field.problem.plays
        own = set(self._nodes[at].own)
        units = [
            Priceable(each.quantity if position in own else 0, _with(each.options, extra.get(position, ())))
            for position, each in enumerate(self._all)
        ]
        inner = self._inner(own, limit)
        whole = [
            number
            for walk in field.walks
            if own.issuperset(walk.component.positions)
            for number in walk.component.plays
            if number not in walk.component.inner
        ]
        if not all(_is_safe(field.problem, plays[number]) for number in inner + whole):
            return None
        filled = self._filled(fills, own, set(whole))
        cut = {number for number, _ in filled}
        groups = components_among(field.problem, field.touched, sorted({*inner, *whole}), spread=sorted(cut))
        found = self._groups
        blocks = []
        for group in groups:
            positions = tuple(position for region in group.regions for position in region)
            if own.isdisjoint(positions):
                continue
            if not own.issuperset(positions):
                return None
            inside = {key: sum(counts.get(p, 0) for p in positions) for key, counts in filled.items()}
            mine = Group(positions, group.plays, {k: c for k, c in inside.items() if k[0] in group.plays}, extra)
            least = self._least_inside(fills, positions)
            surpluses = Surpluses(field.problem, mine, field.ways, budget, least=least, limit=limit)
            if not surpluses.is_exact:
                return None
            blocks.append(Block(len(found), surpluses.bits))
            found.append(surpluses)
            for position in positions:
                units[position] = Priceable(0, units[position].options)
        return Stock(units, tuple(blocks))

    def _inner(self, own: set[int], limit: Minor) -> list[int]:
        """Return the plays whose units are looked at together, as far as they can matter in some classes."""
        uses = self._field.uses
        found = []
        for number, play in enumerate(self._field.problem.plays):
            classes = play.slots[0].classes
            if not is_inner(play) or own.isdisjoint(classes) or sum(uses.more.get(number, (0,))) > limit:
                continue
            if number not in uses.more or number in uses.idle or own.issuperset(classes):
                found.append(number)
        return found

    def _filled(self, fills: Fills, own: set[int], whole: set[int]) -> dict[tuple[int, int], dict[int, int]]:
        """Return for each slot of bundles that reach beyond a node, how many units of each of its classes are in it."""
        found: dict[tuple[int, int], dict[int, int]] = {}
        for put in self.placed(fills):
            if put.position not in own or put.play < 0 or put.play in whole:
                continue
            if not is_inner(self._field.problem.plays[put.play]):
                counts = found.setdefault((put.play, put.slot), {})
                counts[put.position] = counts.get(put.position, 0) + 1
        return found

    def _least_inside(self, fills: Fills, positions: Sequence[int]) -> Minor:
        """Return what some classes cost at the least sums; a bundle with a price counts where it lies inside."""
        field, inside = self._field, set(positions)
        total, walked = 0, set[int]()
        other = dict(fills)
        for number, (walk, least) in enumerate(zip(field.walks, field.least, strict=True)):
            states = other.get(number, least.fills)
            if inside.issuperset(walk.component.positions) and states == least.fills:
                total += least.total
                walked.update(walk.component.positions)
                continue
            for region, table, state in zip(walk.component.regions, walk.tables, states, strict=True):
                if region[0] in inside:
                    total += table.states[state]
                    walked.update(region)
        return total + sum([field.solo[at] * field.problem.classes[at].count for at in inside - walked])

    def _extra(self, own: set[int], limit: Minor, worth: Minor) -> dict[int, tuple[Option, ...]]:
        """Return prices that units of a node could only have together with others, and never gain by.

        What the others then cost more must be worth it.
        """
        field = self._field
        plays = field.problem.plays
        loose = set()
        for number in field.uses.loose:
            slots = plays[number].slots
            if is_inner(plays[number]) and own.issuperset(slots[0].classes):
                continue
            more = field.uses.more[number]
            # What others cost more that no open candidate counts is paid for nothing; of what one counts, it may be
            # what that one needs.
            beyond = sum([each for slot, each in zip(slots, more, strict=True) if not self._is_counted(slot.classes)])
            if beyond * self._keeps < worth * BASIS_POINTS:
                loose.add(number)
        found: dict[int, tuple[Option, ...]] = {}
        for position in own if loose else ():
            solo = field.solo[position]
            mine = [way for way in field.ways[position] if way.play in loose]
            nets = {net for way in mine for net in way.nets if net <= solo + limit}
            nets -= {option.net for option in field.problem.prices[position]}
            if nets:
                self.doubted.update([way.play for way in mine if not is_inner(plays[way.play])])
                gross = field.problem.classes[position].gross
                found[position] = tuple([Option(net, ((LOOSE, gross - net),)) for net in sorted(nets)])
        return found

    def _is_counted(self, classes: Sequence[int]) -> bool:
        return any(self._counted >> at & 1 for at in classes)


def _with(options: tuple[Option, ...], extra: tuple[Option, ...]) -> tuple[Option, ...]:
    return tuple(sorted((*options, *extra), key=lambda option: option.net)) if extra else options


def _is_safe(problem: Problem, play: Play) -> bool:
    """Tell whether no use with a price could cost more than its units do at their list prices."""
    if play.price is None:
        return True
    least = 0
    for slot in play.slots:
        least += slot.size * min([problem.classes[at].gross for at in slot.classes])
    return least >= play.price
