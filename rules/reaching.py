"""Trying ways that may pay: which units to leave dearer, and the proof that nothing on a way is cheaper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rules.budget import Budget
from rules.fillings import Filling, Fills, Search
from rules.levels import Reach, sums_of, total_of
from rules.money import Minor
from rules.plan import Plan, put_in
from rules.raised import Node, Raise, Stocks
from rules.reachable import joined, rising
from rules.states import NEVER
from rules.stockroom import Stockroom
from rules.unit_lane import Option
from rules.ways_to_pay import WAYS_MAX, Tight, WaysToPay, WayToPay, is_sure

LARGE = 50
INNER_MAX = 5_000
"""Most that a node with others inside is left dearer for which all that is possible is worked out, in a basket of more
than LARGE units."""
INNER_MORE: Minor = 250
"""How much more than wanted such a node may be left dearer."""
INNER_SMALL: Minor = 250
"""Most that is missing for a level of such a node where all that it can be left dearer is put together."""
TIGHTENED_MAX = 40
"""Most times that a promise is made tighter before all ways are looked at."""


class Found(NamedTuple):
    """What was found."""

    plan: Plan | None
    total: Minor
    """Far too much where nothing was found."""
    bound: Minor
    """Nothing is below."""
    within: Minor = 0
    """By how much ways are dearer at the most that were left out and may be below; 0 without any."""


class Reaching:
    """Tries ways, and remembers what they have in common."""

    def __init__(self, field: Search, nodes: Sequence[Node], reach: Reach, spare: Minor, budget: Budget) -> None:
        """Prepare; see `WaysToPay`."""
        self._field, self._nodes = field, nodes
        self._ways = WaysToPay(field, nodes, reach, spare, budget)
        self._stocks = Stockroom(field, nodes, self._ways.limit, budget)
        self._worth: Minor = 0
        self._known: dict[tuple[Fills, int], dict[Minor, tuple[Minor, bool]]] = {}
        """By node, and what of a way to use bundles concerns it: what is known of needs, at what is worth now."""
        self._is_large = sum([each.count for each in field.problem.classes]) > LARGE

    @property
    def doubted(self) -> frozenset[int]:
        """Plays that would have to be taken along to settle what is in doubt."""
        return frozenset(self._stocks.doubted)

    def search(self, fillings: Sequence[Filling], total: Minor, least: Minor) -> Found:
        """Return the best below a total, and what nothing is below: `least` where there is too much to weigh."""
        best: Plan | None = None
        lowest = total
        shadows: list[tuple[Minor, Filling]] = []
        for filling in fillings:
            promise = self._ways.find(filling, total, 1, {})
            if promise == []:
                continue
            doubt = None if promise is None else self._doubt_about(filling, total, promise[0])
            if doubt is None or promise is None:
                return Found(best, total, min(lowest, least))
            if doubt.plan is not None:
                best, total = doubt.plan, doubt.total
            lowest = min(lowest, doubt.bound)
            if filling.others < NEVER:
                shadows.append((promise[0].bound, filling))
        bound = min(lowest, total)
        # What was left out, since something cheaper counts as much, may still be had where that cannot.
        within, cost_of = 0, self._ways.cost_of
        shadow = min([promised + cost_of(filling.others) for promised, filling in shadows], default=total)
        for promised, filling in shadows:
            if promised + cost_of(filling.others) < bound:
                within = max(within, filling.more + self._ways.units_for(total - promised))
        return Found(best, total, min(bound, shadow), within)

    def _doubt_about(self, filling: Filling, total: Minor, first: WayToPay) -> Found | None:
        """Return the best that is below a total where bundles are used in one way, and what nothing there is below.

        Args:
            filling: how bundles are used.
            total: what is to be beaten.
            first: the way that promises most.
        """
        best: Plan | None = None
        if first.bound >= total:
            return Found(None, total, total)
        if total - first.bound > self._worth:
            # What could only be had together with others was left out as far as it was not worth as much.
            self._worth = total - first.bound
            self._known.clear()
        tight = self._known_of(filling)
        is_known = bool(tight)
        for step in range(TIGHTENED_MAX):
            # The way that promises most is looked at alone: where it keeps its promise no other needs to be.
            ways = [first] if step == 0 and not is_known else self._ways.find(filling, total, 1, tight)
            if not ways:
                return None if ways is None else Found(best, total, total)
            way = ways[0]
            unsure = [each for each in way.needs if not self._nodes[each[0]].children and not is_sure(tight, each)]
            if step == 0 or not unsure:
                tried = self._try_way(way, is_full=not unsure)
                if tried.plan is not None and tried.total < total:
                    best, total = tried.plan, tried.total
                if tried.total <= way.bound:
                    return Found(best, total, total)
            for at, need in unsure:
                tight[at, need] = self._exact(filling, way, at, need)
            inner = [each for each in way.needs if each[1] <= INNER_SMALL and each not in tight]
            if not unsure and not inner:
                break
            for at, need in inner if not unsure else ():
                tight[at, need] = self._exact_inside(filling, at, need)
        return self._all_ways(filling, total, tight, best)

    def _all_ways(self, filling: Filling, total: Minor, tight: Tight, best: Plan | None) -> Found | None:
        """Try every way that may pay; what does not keep its promise stays a doubt."""
        ways = self._ways.find(filling, total, WAYS_MAX, tight)
        if ways is None:
            return None
        bound = total
        for way in ways:
            if way.bound >= total:
                break
            tried = self._try_way(way, is_full=True)
            if tried.plan is not None and tried.total < total:
                best, total = tried.plan, tried.total
            if tried.total > way.bound:
                bound = min(bound, way.bound)
        return Found(best, total, min(bound, total))

    def _known_of(self, filling: Filling) -> Tight:
        """Return what is known of the needs of nodes where bundles are used in a way that is alike for them."""
        if not self._known:
            return {}
        return {
            (at, need): least
            for at, node in enumerate(self._nodes)
            if not node.children
            for need, least in self._known.get((self._stocks.inside(filling.fills, at), at), {}).items()
        }

    def _exact(self, filling: Filling, way: WayToPay, at: int, need: Minor) -> tuple[Minor, bool]:
        """Return the least that a node can be left dearer to cover a need, or an amount that it is above, and which."""
        limit = self._ways.limit_on(way, at, self._worth)
        stocks, least = self._stocks.enough(filling.fills, at, need, limit, worth=self._worth, is_thinkable=True)
        found = least, stocks is None or least <= limit
        self._known.setdefault((self._stocks.inside(filling.fills, at), at), {})[need] = found
        return found

    def _exact_inside(self, filling: Filling, at: int, need: Minor) -> tuple[Minor, bool]:
        """Return what `_exact` does for a node with others inside: of all that it and they can be left dearer."""
        top = need + INNER_MORE
        mask = (1 << (top + 1)) - 1
        bits, inside = 1, [at]
        for number in inside:
            inside += self._nodes[number].children
            stocks = self._stocks.full(filling.fills, number, top, need=top, worth=self._worth, is_thinkable=True)
            if stocks is None:
                return need, True
            bits = joined(bits, stocks.own(number).bits & mask) & mask
        rest = bits >> need
        return (need + (rest & -rest).bit_length() - 1 if rest else top + 1), True

    def _try_way(self, way: WayToPay, *, is_full: bool) -> Found:
        """Return what is found on a way: with units that are by themselves alone, or with all that is possible."""
        full: dict[int, Stocks] = {}
        reached = self._reached(way, full)
        if tuple(reached) != way.raises:
            short = [at for at, amount in enumerate(way.raises) if reached[at] != amount]
            full = {at: self._stocks.loosened(way.fills, at) for at in short}
            reached = self._reached(way, full)
        for is_leaf in (True, False) if is_full else ():
            if tuple(reached) == way.raises:
                break
            for at, node in enumerate(self._nodes):
                if is_leaf != (not node.children) or reached[at] == way.raises[at]:
                    continue
                stocks = self._leaf_stocks(way, at) if is_leaf else self._inner_stocks(way, at, reached)
                if stocks is not None:
                    full[at] = stocks
            reached = self._reached(way, full)
        if is_full:
            reached = self._evened(way, reached, full)
        if max(reached) >= NEVER:
            return Found(None, NEVER, way.bound)
        return Found(*self._outcome(way, reached, full), way.bound)

    def _leaf_stocks(self, way: WayToPay, at: int) -> Stocks | None:
        limit = self._ways.limit_on(way, at, self._worth)
        need = way.raises[at]
        return self._stocks.enough(way.fills, at, need, limit, worth=self._worth, is_thinkable=False)[0]

    def _inner_stocks(self, way: WayToPay, at: int, reached: Sequence[Minor]) -> Stocks | None:
        wanted = way.raises[at]
        if wanted > INNER_MAX and self._is_large:
            return None
        need = max(0, wanted - sum([reached[child] for child in self._nodes[at].children]))
        # What cannot be had exactly may be had for little more.
        limit = min(self._ways.limit, wanted + INNER_MORE)
        return self._stocks.enough(way.fills, at, need, limit, worth=self._worth, is_thinkable=False)[0]

    def _reached(self, way: WayToPay, full: Mapping[int, Stocks]) -> list[Minor]:
        """Return the least by which each node can be left dearer, or NEVER; some nodes with all that is possible."""
        quick = self._stocks.quick(way.fills)
        reached: list[Minor] = []
        for at, node in enumerate(self._nodes):
            below = sum([reached[child] for child in node.children])
            least = full.get(at, quick).least(at, way.raises[at], below) if below < NEVER else NEVER
            reached.append(NEVER if least is None else least)
        return reached

    def _evened(self, way: WayToPay, reached: list[Minor], full: dict[int, Stocks]) -> list[Minor]:
        """Return the raises with those of leaves a little further up, where all that counts them then needs less."""
        quick = self._stocks.quick(way.fills)
        for at, node in enumerate(self._nodes):
            room = min(INNER_MORE, reached[at] - way.raises[at])
            leaves = [child for child in node.children if not self._nodes[child].children]
            if not room or not leaves or max([reached[child] for child in node.children]) >= NEVER:
                continue
            for child in leaves:
                top = reached[child] + room
                stocks = self._stocks.full(way.fills, child, top, need=top, worth=self._worth, is_thinkable=False)
                if stocks is not None:
                    full[child] = stocks
            # What the leaves can be dearer in all: of none of them, of the first, of the first two …
            layers, mask = [1], (1 << (room + 1)) - 1
            more = [full.get(child, quick).own(child).bits >> reached[child] & mask for child in leaves]
            for bits in more:
                layers.append(joined(layers[-1], bits) & mask)
            own, below = full.get(at, quick), sum([reached[child] for child in node.children])
            ends = [(own.least(at, way.raises[at], below + dearer) or NEVER, dearer) for dearer in rising(layers[-1])]
            least, dearer = min(ends)
            if least >= reached[at]:
                continue
            reached = list(reached)
            reached[at] = least
            for number in range(len(leaves) - 1, -1, -1):
                part = next(part for part in rising(more[number]) if layers[number] >> (dearer - part) & 1)
                reached[leaves[number]] += part
                dearer -= part
        return reached

    def _outcome(self, way: WayToPay, amounts: Sequence[Minor], full: Mapping[int, Stocks]) -> tuple[Plan, Minor]:
        """Return the prices with the classes of each node left dearer by some amounts, and the total."""
        field = self._field
        raises = Raise({}, [])
        quick = self._stocks.quick(way.fills)
        for at, node in enumerate(self._nodes):
            own = amounts[at] - sum([amounts[child] for child in node.children])
            full.get(at, quick).take(at, own, raises)
        puts = self._stocks.puts_of(raises)
        done = {put.position for put in puts}
        puts += [put for put in self._stocks.placed(way.fills) if put.position not in done]
        nets: list[list[Option]] = [[] for _ in field.problem.classes]
        uses: dict[str, int] = {}
        put_in(field.problem, puts, nets, uses)
        for position, each in enumerate(field.problem.classes):
            cheapest = field.problem.cheapest[position]
            if not nets[position]:
                nets[position] = [cheapest] * each.count
            if position in raises.units:
                used = [option for option in nets[position] if option is not cheapest]
                nets[position] = [*used, *raises.units[position]]
        sums = sums_of(field.lane, [sum([option.net for option in options]) for options in nets])
        return Plan(nets, uses), total_of(field.lane, sums)[0]
