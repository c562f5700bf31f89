"""Trying ways that may pay: which units to leave dearer, and the proof that nothing on a way is cheaper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rules.budget import Budget
from rules.fillings import Field, Filling, Fills
from rules.group_lane import Play
from rules.levels import Lane, Reach, Sums, kept, sums_of, total_of
from rules.money import BASIS_POINTS, Minor
from rules.plan import Plan, placed_as, put_in
from rules.problem import Problem
from rules.raised import RAISE_MAX, Block, Node, Raise, Stock, Stocks
from rules.reachable import Priceable
from rules.regions import components_among, is_inner
from rules.surpluses import Group, Put, Surpluses
from rules.unit_lane import Option

WAYS_MAX = 400
"""Most ways that are looked at for one way to use bundles."""
TIGHTENED_MAX = 40
"""Most times that a promise is made tighter before all ways are looked at."""
LOOSE = "?"
"""Stands for the promotion of a price that a unit could only have together with others."""


class WayToPay(NamedTuple):
    """One way that may pay: how bundles are used, and which levels are reached."""

    bound: Minor
    """Nothing that goes this way costs less."""
    levels: tuple[int, ...]
    """Of all candidates."""
    raises: tuple[Minor, ...]
    """By node, the least that its classes must be left dearer."""
    fills: Fills
    """(number of the component, states of its regions) where they are not those of the least sums."""
    sums: Sums
    """All units at the least that the fills allow."""
    needs: tuple[tuple[int, Minor], ...]
    """(number of the node, what is missing for its levels)."""


class _Choice(NamedTuple):
    """One way to treat a node."""

    need: Minor
    """What is missing for the levels."""
    raised: Minor
    """By how much its classes are left dearer at the least."""
    gain: Minor
    """What the levels then take off more, at the most."""
    levels: tuple[tuple[int, int], ...]
    """(candidate, level) of those that reach a further one."""


class _Full(NamedTuple):
    """All that can be left dearer in a node."""

    limit: Minor
    worth: Minor
    stocks: Stocks | None


class Found(NamedTuple):
    """What was found."""

    plan: Plan | None
    total: Minor
    """Far too much where nothing was found."""
    bound: Minor
    """Nothing is below."""


class Reaching:
    """Tries ways, and remembers what they have in common."""

    def __init__(self, field: Field, nodes: Sequence[Node], reach: Reach, spare: Minor, budget: Budget) -> None:
        """Prepare.

        Args:
            field: what is searched.
            nodes: the open candidates.
            reach: their levels.
            spare: how much all levels together may be worth.
            budget: shared.
        """
        self._field, self._nodes, self._reach, self._budget = field, nodes, reach, budget
        self._keeps, self._slack = kept(field.lane.candidates)
        self._limit = min(RAISE_MAX, self._units_for(spare))
        self._quick: dict[Fills, Stocks] = {}
        self._full: dict[tuple[Fills, int, bool], _Full] = {}
        self._groups: list[Surpluses] = []
        self._puts: dict[tuple[int, tuple[int, ...]], list[Put]] = {}
        self._worth: Minor = 0

    def _units_for(self, amount: Minor) -> Minor:
        """Return by how much units may be left dearer until that costs an amount."""
        return -(-(amount + self._slack) * BASIS_POINTS // self._keeps)

    def search(self, fillings: Sequence[Filling], total: Minor) -> Found | None:
        """Return the best that is below a total, and what nothing is below; None where there is too much to weigh."""
        best: Plan | None = None
        lowest = total
        for filling in fillings:
            doubt = self._doubt_about(filling, total)
            if doubt is None:
                return None
            if doubt.plan is not None:
                best, total = doubt.plan, doubt.total
            lowest = min(lowest, doubt.bound)
        return Found(best, total, min(lowest, total))

    def _doubt_about(self, filling: Filling, total: Minor) -> Found | None:
        """Return the best that is below a total where bundles are used in one way, and what nothing there is below."""
        best: Plan | None = None
        tight: dict[tuple[int, Minor], Minor | None] = {}
        for step in range(TIGHTENED_MAX):
            # The way that promises most is looked at alone: where it keeps its promise no other needs to be.
            ways = self._ways(filling, total, 1, tight)
            if not ways:
                return None if ways is None else Found(best, total, total)
            way = ways[0]
            self._worth = max(self._worth, total - way.bound)
            unsure = [each for each in way.needs if each not in tight and not self._nodes[each[0]].children]
            if step == 0 or not unsure:
                tried = self._try_way(way, is_full=not unsure)
                if tried.plan is not None and tried.total < total:
                    best, total = tried.plan, tried.total
                if tried.total <= way.bound:
                    return Found(best, total, total)
            if not unsure:
                break
            for at, need in unsure:
                tight[at, need] = self._exact(filling, at, need, total - way.bound)
        return self._all_ways(filling, total, tight, best)

    def _all_ways(
        self, filling: Filling, total: Minor, tight: dict[tuple[int, Minor], Minor | None], best: Plan | None
    ) -> Found | None:
        """Try every way that may pay; what does not keep its promise stays a doubt."""
        ways = self._ways(filling, total, WAYS_MAX, tight)
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

    def _exact(self, filling: Filling, at: int, need: Minor, worth: Minor) -> Minor | None:
        """Return the least that a node can be left dearer to cover a need; None where that cannot be worth it."""
        stocks = self._full_stocks(filling.fills, at, need + self._units_for(worth), is_thinkable=True)
        return need if stocks is None else stocks.least(at, need, 0)

    def _ways(
        self, filling: Filling, total: Minor, most: int, tight: Mapping[tuple[int, Minor], Minor | None]
    ) -> list[WayToPay] | None:
        """Return the ways that may pay, the most promising first, or only that; None where there are too many."""
        lane, nodes = self._field.lane, self._nodes
        levels = self._levels_at(filling)
        start = total_of(lane, filling.sums, levels)[0]
        choices = [self._choices(filling, at, levels, tight) for at in range(len(nodes))]
        gains = [max([choice.gain for choice in each]) for each in choices]
        rest = [sum(gains[at:]) for at in range(len(gains) + 1)]
        # What looks best comes last, and so is looked at first.
        choices = [sorted(each, key=lambda choice: choice.gain - choice.raised) for each in choices]
        found: list[WayToPay] = []
        # (gains so far, what is left dearer so far, raises so far, choices so far)
        stack: list[tuple[Minor, Minor, tuple[Minor, ...], tuple[_Choice, ...]]] = [(0, 0, (), ())]
        while stack:
            gained, cost, raises, chosen = stack.pop()
            at = len(raises)
            if not self._budget.spend() or len(found) > WAYS_MAX:
                return None
            if at == len(nodes):
                wanted = list(levels)
                for choice in chosen:
                    for candidate, level in choice.levels:
                        wanted[candidate] = level
                bound = total_of(lane, raised(lane, nodes, filling.sums, raises), wanted)[0]
                if bound < total and (filling.fills or any(raises)):
                    needs = tuple([(number, choice.need) for number, choice in enumerate(chosen) if choice.need])
                    way = WayToPay(bound, tuple(wanted), raises, filling.fills, filling.sums, needs)
                    if most == 1:
                        found, total = [way], bound
                    else:
                        found.append(way)
                continue
            below = sum([raises[child] for child in nodes[at].children])
            for choice in choices[at]:
                more = max(choice.raised, below)
                spent = cost + more - below
                least = start + spent * self._keeps // BASIS_POINTS - self._slack - gained - choice.gain - rest[at + 1]
                if least < total:
                    stack.append((gained + choice.gain, spent, (*raises, more), (*chosen, choice)))
        return sorted(found)

    def _levels_at(self, filling: Filling) -> list[int]:
        """Return the levels of all candidates where bundles are used in some way, and nothing is left dearer."""
        levels = list(self._reach.tops)
        for node in self._nodes:
            for number in node.candidates:
                levels[number] = self._field.lane.candidates[number].level(filling.sums.bases[number])
        return levels

    def _choices(
        self, filling: Filling, at: int, levels: Sequence[int], tight: Mapping[tuple[int, Minor], Minor | None]
    ) -> list[_Choice]:
        """Return how much dearer a node may be left, so that a further level of some candidate is reached."""
        node, candidates = self._nodes[at], self._field.lane.candidates
        base = filling.sums.bases[node.candidates[0]]
        needs = {
            candidates[number].threshold_of(wish) - base
            for number in node.candidates
            for wish in range(levels[number] + 1, self._reach.tops[number] + 1)
        }
        found = [_Choice(0, 0, 0, ())]
        limit = self._limit_of(at)
        for need in sorted(needs):
            exact = tight.get((at, need), need)
            if exact is None or exact > limit:
                break
            reached, gain = [], 0
            for number in node.candidates:
                candidate = candidates[number]
                level = min(candidate.level(base + exact), max(levels[number], self._reach.tops[number]))
                if level > levels[number]:
                    now = 0 if candidate.is_percentage else candidate.off(levels[number], candidate.parts_listed)
                    gain += candidate.off(level, candidate.parts_listed) - now
                    reached.append((number, level))
            if gain > found[-1].gain:
                found.append(_Choice(need, exact, gain, tuple(reached)))
        return found

    def _limit_of(self, at: int) -> Minor:
        """Return by how much a node may be left dearer at the most: no more than is gained by all that count it."""
        mine = self._nodes[at].counted
        worth = sum([self._reach.gains[n] for node in self._nodes if node.counted & mine for n in node.candidates])
        return min(self._limit, self._units_for(worth))

    def _try_way(self, way: WayToPay, *, is_full: bool) -> Found:
        """Return what is found on a way: with units that are by themselves alone, or with all that is possible."""
        full: dict[int, Stocks] = {}
        reached = self._reached(way, full)
        for is_leaf in (True, False) if is_full else ():
            if reached is not None and tuple(reached) == way.raises:
                break
            for at, node in enumerate(self._nodes):
                if is_leaf == (not node.children) and (reached is None or reached[at] > way.raises[at]):
                    limit = way.raises[at] + self._units_for(self._worth) if is_leaf else way.raises[at]
                    stocks = self._full_stocks(way.fills, at, limit, is_thinkable=False)
                    if stocks is not None:
                        full[at] = stocks
            reached = self._reached(way, full)
        if reached is None:
            return Found(None, 1 << 60, way.bound)
        return Found(*self._outcome(way, reached, full), way.bound)

    def _reached(self, way: WayToPay, full: Mapping[int, Stocks]) -> list[Minor] | None:
        """Return the least by which the classes of each node can be left dearer, some nodes with all that is possible."""
        quick = self._quick_stocks(way.fills)
        reached: list[Minor] = []
        for at, node in enumerate(self._nodes):
            below = sum([reached[child] for child in node.children])
            least = full.get(at, quick).least(at, way.raises[at], below)
            if least is None:
                return None
            reached.append(least)
        return reached

    def _quick_stocks(self, fills: Fills) -> Stocks:
        """Return what units that are by themselves in the least sums could be left dearer."""
        if fills not in self._quick:
            counts = [each.count for each in self._field.problem.classes]
            for placed in self._placed(fills):
                if placed.play >= 0:
                    counts[placed.position] -= 1
            units = list(map(Priceable, counts, self._field.problem.prices))
            self._quick[fills] = Stocks(self._nodes, self._limit, lambda _: Stock(units, ()), self._budget)
        return self._quick[fills]

    def _placed(self, fills: Fills) -> list[Put]:
        """Return what becomes of all connected units at the least sums that the fills allow."""
        field, other = self._field, dict(fills)
        found: list[Put] = []
        for number, (walk, least) in enumerate(zip(field.walks, field.least, strict=True)):
            key = number, other.get(number, least.fills)
            if key not in self._puts:
                self._puts[key] = placed_as(field.problem, walk.placed(key[1]))
            found += self._puts[key]
        return found

    def _full_stocks(self, fills: Fills, at: int, limit: Minor, *, is_thinkable: bool) -> Stocks | None:
        """Return all that could be left dearer in a node, up to a limit; None where that is too much to work out.

        Args:
            fills: how bundles are used.
            at: number of the node.
            limit: beyond it nothing matters.
            is_thinkable: prices count that units could only have if others outside went along, as a bound.
        """
        own = set(self._nodes[at].own)
        extra = self._extra(own, limit) if is_thinkable else {}
        near = tuple([each for each in fills if not own.isdisjoint(self._field.walks[each[0]].component.positions)])
        known = self._full.get((near, at, bool(extra)))
        if known is None or known.limit < limit or known.worth < self._worth:
            stock = self._full_stock(near, at, limit, extra)
            stocks = None
            if stock is not None:
                stocks = Stocks(self._nodes, limit, lambda _: stock, self._budget)
                stocks.own(at)
            known = _Full(limit, self._worth, stocks if stocks is not None and stocks.is_exact else None)
            self._full[near, at, bool(extra)] = known
        return known.stocks

    def _full_stock(self, fills: Fills, at: int, limit: Minor, extra: dict[int, tuple[Option, ...]]) -> Stock | None:
        field = self._field
        plays = field.problem.plays
        own = set(self._nodes[at].own)
        units = [
            Priceable(each.count if position in own else 0, _with(options, extra.get(position, ())))
            for position, (each, options) in enumerate(zip(field.problem.classes, field.problem.prices, strict=True))
        ]
        inner = [
            number
            for number, play in enumerate(plays)
            if is_inner(play)
            and not own.isdisjoint(play.slots[0].classes)
            and sum(field.uses.more.get(number, (0,))) <= limit
            and (number not in field.uses.more or number in field.uses.idle or own.issuperset(play.slots[0].classes))
        ]
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
            least = self._least_inside(fills, positions, set(whole))
            surpluses = Surpluses(field.problem, mine, field.ways, least, limit, self._budget)
            if not surpluses.is_exact:
                return None
            blocks.append(Block(len(found), surpluses.bits))
            found.append(surpluses)
            for position in positions:
                units[position] = Priceable(0, units[position].options)
        return Stock(units, tuple(blocks))

    def _filled(self, fills: Fills, own: set[int], whole: set[int]) -> dict[tuple[int, int], dict[int, int]]:
        """Return for each slot of bundles that reach beyond a node, how many units of each of its classes are in it."""
        found: dict[tuple[int, int], dict[int, int]] = {}
        for put in self._placed(fills):
            if put.position in own and put.play >= 0 and put.play not in whole:
                if not is_inner(self._field.problem.plays[put.play]):
                    counts = found.setdefault((put.play, put.slot), {})
                    counts[put.position] = counts.get(put.position, 0) + 1
        return found

    def _least_inside(self, fills: Fills, positions: Sequence[int], whole: set[int]) -> Minor:
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

    def _extra(self, own: set[int], limit: Minor) -> dict[int, tuple[Option, ...]]:
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
            beyond = sum([each for slot, each in zip(slots, more, strict=True) if own.isdisjoint(slot.classes)])
            if beyond * self._keeps < self._worth * BASIS_POINTS:
                loose.add(number)
        found: dict[int, tuple[Option, ...]] = {}
        for position in own if loose else ():
            solo = field.solo[position]
            nets = {net for way in field.ways[position] if way.play in loose for net in way.nets if net <= solo + limit}
            nets -= {option.net for option in field.problem.prices[position]}
            if nets:
                gross = field.problem.classes[position].gross
                found[position] = tuple([Option(net, ((LOOSE, gross - net),)) for net in sorted(nets)])
        return found

    def _outcome(self, way: WayToPay, amounts: Sequence[Minor], full: Mapping[int, Stocks]) -> tuple[Plan, Minor]:
        """Return the prices with the classes of each node left dearer by some amounts, and the total."""
        field = self._field
        raises = Raise({}, [])
        quick = self._quick_stocks(way.fills)
        for at, node in enumerate(self._nodes):
            own = amounts[at] - sum([amounts[child] for child in node.children])
            full.get(at, quick).take(at, own, raises)
        puts = [put for number, amount in raises.blocks for put in self._groups[number].puts(amount)]
        done = {put.position for put in puts}
        puts += [put for put in self._placed(way.fills) if put.position not in done]
        nets: list[list[Option]] = [[] for _ in field.problem.classes]
        uses: dict[str, int] = {}
        put_in(field.problem, puts, nets, uses)
        for position, each in enumerate(field.problem.classes):
            cheapest = field.problem.prices[position][0]
            if not nets[position]:
                nets[position] = [cheapest] * each.count
            if position in raises.units:
                used = [option for option in nets[position] if option is not cheapest]
                nets[position] = [*used, *raises.units[position]]
        sums = sums_of(field.lane, [sum([option.net for option in options]) for options in nets])
        return Plan(nets, uses), total_of(field.lane, sums)[0]


def raised(lane: Lane, nodes: Sequence[Node], sums: Sums, raises: Sequence[Minor]) -> Sums:
    """Return what the candidates see where classes are left dearer by so much, as far as that can be to their good."""
    parts, total = list(sums.parts), sums.total
    for node, amount in zip(nodes, raises, strict=True):
        own = amount - sum([raises[child] for child in node.children])
        if own:
            total += own
            for number, bits in enumerate(lane.parts):
                if bits & node.counted:
                    parts[number] += own
    return Sums(total, sums.bases, tuple(parts))


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
