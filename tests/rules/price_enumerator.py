"""The least total of a basket by trying everything: every price of every unit, every use of every group promotion, every
set of basket promotions. Written from docs/pricing.md alone; it shares with the engine the structs and `share`.

Nothing is left out because it looks dear; only ways that come to exactly the same are merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from rules.basket import Basket, Line
from rules.money import round_half_up, share
from rules.promotions import (
    AmountOff,
    BasketAmountOff,
    BasketPercentOff,
    Bundle,
    BuyNGetM,
    CouponAmountOff,
    CouponPercentOff,
    EverySpendOff,
    FixedPrice,
    MemberPrice,
    NForPrice,
    NthItem,
    PercentOff,
    Promotion,
    RuleSet,
    Scope,
    SpendOff,
)

UNIT = (MemberPrice, PercentOff, AmountOff, FixedPrice)
PERCENT = (BasketPercentOff, CouponPercentOff)
ORDER = {
    BasketPercentOff: 0,
    SpendOff: 1,
    EverySpendOff: 1,
    BasketAmountOff: 1,
    CouponPercentOff: 2,
    CouponAmountOff: 3,
}
STAGE = {MemberPrice: 0, FixedPrice: 0, PercentOff: 1, AmountOff: 2}


def covers(scope: Scope, line: Line) -> bool:
    return scope.all or line.item.category in scope.categories or line.item.sku in scope.skus


@dataclass(frozen=True)
class Slot:
    play: int
    size: int
    rates: tuple[int, ...]
    lines: frozenset[int]


@dataclass
class Play:
    promotion: Promotion
    price: int | None
    times: int
    whole: bool
    slots: list[int] = field(default_factory=list)


class Enumerator:
    def __init__(self, basket: Basket, rules: RuleSet) -> None:
        self.lines = sorted(basket.lines, key=lambda line: line.item.sku)
        self.rules = rules
        playing = [promotion for promotion in rules.promotions if self.may_play(promotion)]
        self.by_id = {promotion.id: promotion for promotion in playing}
        self.on_units = [p for p in playing if isinstance(p, UNIT) and not getattr(p, "units_max", 0)]
        ops = [p for p in playing if type(p) in ORDER]
        listed = {p.id: self.listed(p.scope) for p in ops}
        self.ops = sorted(ops, key=lambda p: (ORDER[type(p)], -p.priority, listed[p.id], p.id))
        self.plays: list[Play] = []
        self.slots: list[Slot] = []
        for promotion in sorted(playing, key=lambda p: p.id):
            if isinstance(promotion, NForPrice | BuyNGetM | NthItem | Bundle) or getattr(promotion, "units_max", 0):
                self.add_plays(promotion)

    def listed(self, scope: Scope) -> int:
        return sum(line.gross for line in self.lines if covers(scope, line))

    def may_play(self, promotion: Promotion) -> bool:
        if not any(covers(promotion.scope, line) for line in self.lines):
            return False
        counted = promotion.quantity_of or promotion.scope
        if sum(line.quantity for line in self.lines if self.counts(promotion, counted, line)) < promotion.min_quantity:
            return False
        amount = sum(
            line.gross for line in self.lines if self.counts(promotion, promotion.amount_of or promotion.scope, line)
        )
        return type(promotion) in ORDER or amount >= promotion.min_amount

    def counts(self, promotion: Promotion, scope: Scope, line: Line) -> bool:
        """Whether a line counts for a condition: own scopes leave out what can take no part."""
        if not covers(scope, line):
            return False
        if scope is not promotion.scope:
            return True
        if isinstance(promotion, MemberPrice) and not line.item.tier_prices:
            return False
        if isinstance(promotion, Bundle) and not any(covers(part.scope, line) for part in promotion.parts):
            return False
        return line.weight_g is None or not isinstance(promotion, NForPrice | BuyNGetM | NthItem | Bundle)

    def add_plays(self, promotion: Promotion) -> None:
        inside = [n for n, line in enumerate(self.lines) if covers(promotion.scope, line)]
        pieces = [n for n in inside if self.lines[n].weight_g is None]
        if isinstance(promotion, NForPrice):
            for fit in self.alike(promotion.alike, pieces):
                self.add(promotion, [(promotion.quantity, (), fit)], promotion.price, promotion.times_max)
        elif isinstance(promotion, NthItem):
            for fit in self.alike(promotion.alike, pieces):
                ladder = promotion.ladder_bp
                self.add(promotion, [(len(ladder), ladder, fit)], None, promotion.times_max, whole=False)
        elif isinstance(promotion, Bundle):
            parts = [
                (
                    part.quantity,
                    () if promotion.off_bp is None else (promotion.off_bp,) * part.quantity,
                    [n for n in pieces if covers(part.scope, self.lines[n])],
                )
                for part in promotion.parts
            ]
            self.add(promotion, parts, promotion.price, promotion.times_max)
        elif isinstance(promotion, BuyNGetM) and promotion.get_scope is not None:
            got = [
                n for n, line in enumerate(self.lines) if covers(promotion.get_scope, line) and line.weight_g is None
            ]
            bought = (promotion.buy, (0,) * promotion.buy, pieces)
            self.add(
                promotion,
                [bought, (promotion.get, (promotion.off_bp,) * promotion.get, got)],
                None,
                promotion.times_max,
            )
        elif isinstance(promotion, BuyNGetM):
            rates = (0,) * promotion.buy + (promotion.off_bp,) * promotion.get
            for fit in self.alike(promotion.alike, pieces):
                self.add(promotion, [(len(rates), rates, fit)], None, promotion.times_max)
        elif promotion.which == "cheapest":
            left = promotion.units_max
            for gross in sorted({self.lines[n].unit_grosses[0] for n in inside}):
                fit = [n for n in inside if self.lines[n].unit_grosses[0] == gross]
                if left > 0:
                    self.add(promotion, [(1, (), fit)], None, left)
                left -= sum(self.lines[n].quantity for n in fit)
        else:
            self.add(promotion, [(1, (), inside)], None, promotion.units_max)

    def alike(self, what: str, pieces: list[int]) -> list[list[int]]:
        keys: dict[str, list[int]] = {}
        for n in pieces:
            keys.setdefault(
                {"": "", "sku": self.lines[n].item.sku, "category": self.lines[n].item.category}[what], []
            ).append(n)
        return list(keys.values())

    def add(
        self,
        promotion: Promotion,
        slots: Sequence[tuple[int, tuple[int, ...], list[int]]],
        price: int | None,
        times: int,
        *,
        whole: bool = True,
    ) -> None:
        play = Play(promotion, price, times, whole)
        for size, rates, fit in slots:
            play.slots.append(len(self.slots))
            self.slots.append(Slot(len(self.plays), size, rates, frozenset(fit)))
        self.plays.append(play)

    # Prices of one unit ------------------------------------------------------------------------------------------

    def saving(self, promotion: Promotion, line: Line, left: int) -> int:
        def at(price: int) -> int:
            return price if line.weight_g is None else round_half_up(price * line.weight_g, 1_000)

        if isinstance(promotion, PercentOff):
            return round_half_up(left * promotion.off_bp, 10_000)
        if isinstance(promotion, AmountOff):
            return min(left, at(promotion.off))
        if isinstance(promotion, FixedPrice):
            return max(0, left - at(promotion.price))
        assert isinstance(promotion, MemberPrice)
        return max(0, left - at(line.item.tier_prices[""])) if "" in line.item.tier_prices else 0

    def unit_prices(self, line: Line, allowed: Sequence[Promotion]) -> set[tuple[int, frozenset[str]]]:
        useful = [p for p in allowed if covers(p.scope, line) and self.saving(p, line, line.unit_grosses[0]) > 0]
        found = set()
        for size in range(min(3, len(useful)) + 1):
            for together in combinations(useful, size):
                if all(combine(one, other) for one, other in combinations(together, 2)):
                    left, taken = line.unit_grosses[0], set()
                    for promotion in sorted(together, key=lambda p: (STAGE[type(p)], -p.priority, p.id)):
                        saving = self.saving(promotion, line, left)
                        left -= saving
                        taken |= {promotion.id} if saving else set()
                    found.add((left, frozenset(taken)))
        return found

    # All ways of pricing the units -------------------------------------------------------------------------------

    def cell(self, line: Line, *, lowered: bool) -> tuple[tuple[bool, bool], ...]:
        """What each basket promotion makes of a unit: is it taken off it, and is it counted."""
        return tuple(
            (False, False)
            if lowered and op.full_price_only
            else (covers(op.scope, line), covers(op.amount_of or op.scope, line))
            for op in self.ops
        )

    def outcomes(self) -> set[tuple[frozenset[str], tuple[tuple[int, int], ...]]]:
        """All (what takes something off, amounts by (line, lowered or not) merged into cells)."""
        units = [n for n, line in enumerate(self.lines) for _ in range(line.quantity)]
        units.sort(key=lambda n: (-self.lines[n].unit_grosses[0], n))
        # taken, amounts of cells, per slot how many units, per priced play the (line, base) of its units
        states: set[tuple[frozenset[str], tuple[int, ...], tuple[int, ...], tuple[tuple[int, ...], ...]]]
        cells: dict[object, int] = {}
        places = [
            [cells.setdefault(self.cell(line, lowered=lowered), len(cells)) for lowered in (False, True)]
            for line in self.lines
        ]
        self.cells = list(cells)
        solo = [self.unit_prices(line, self.on_units) for line in self.lines]
        states = {(frozenset(), (0,) * len(cells), (0,) * len(self.slots), ((),) * len(self.plays))}
        for n in units:
            states = {after for state in states for after in self.after_unit(n, state, places[n], solo[n])}
        return {done for state in states for done in [self.finished(state, places)] if done is not None}

    def after_unit(self, n, state, places, solo):
        taken, amounts, counts, pools = state
        line = self.lines[n]

        def put(net: int, ids: frozenset[str]) -> tuple[frozenset[str], tuple[int, ...]]:
            cell = places[bool(ids)]
            return taken | ids, (*amounts[:cell], amounts[cell] + net, *amounts[cell + 1 :])

        for net, ids in solo:
            yield (*put(net, ids), counts, pools)
        for number, slot in enumerate(self.slots):
            play = self.plays[slot.play]
            if n not in slot.lines or (play.times and counts[number] >= play.times * slot.size):
                continue
            more = (*counts[:number], counts[number] + 1, *counts[number + 1 :])
            if play.price is not None:
                yield taken, amounts, more, (*pools[: slot.play], (*pools[slot.play], n), *pools[slot.play + 1 :])
                continue
            allowed = [p for p in self.on_units if combine(p, play.promotion)]
            for base, ids in self.unit_prices(line, allowed):
                if slot.rates:
                    off = round_half_up(base * slot.rates[counts[number] % slot.size], 10_000)
                else:
                    off = self.saving(play.promotion, line, base)
                yield (*put(base - off, ids | {play.promotion.id} if off else ids), more, pools)

    def finished(self, state, places):
        taken, amounts, counts, pools = state
        left = list(amounts)
        for number, play in enumerate(self.plays):
            uses = {divmod(counts[slot], self.slots[slot].size) for slot in play.slots}
            if play.whole and (len(uses) > 1 or next(iter(uses))[1]):
                return None
            if play.price is None or not pools[number]:
                continue
            inside = sorted(pools[number])
            bases = [self.lines[n].unit_grosses[0] for n in inside]
            off = max(0, sum(bases) - next(iter(uses))[0] * play.price)
            for n, base, part in zip(inside, bases, share(off, bases), strict=True):
                left[places[n][part > 0]] += base - part
            taken |= {play.promotion.id} if off else set()
        return taken, tuple(left)

    # Basket promotions -------------------------------------------------------------------------------------------

    def legal(self, taken: frozenset[str]) -> bool:
        applied = [self.by_id[name] for name in taken]
        for group in {p.exclusive_group for p in applied} - {""}:
            if sum(p.exclusive_group == group for p in applied) > self.rules.exclusive_groups.get(group, 1):
                return False
        if any(p.excludes & taken for p in applied):
            return False
        return len(applied) == 1 or not any(p.alone for p in applied)

    def after_basket(self, amounts: Sequence[int], chosen: Sequence[int]) -> tuple[int, frozenset[str]]:
        merged: dict[tuple[tuple[bool, bool], ...], int] = {}
        for cell, amount in zip(self.cells, amounts, strict=True):
            key = tuple(cell[op] for op in chosen)
            merged[key] = merged.get(key, 0) + amount
        left = dict(merged)
        taken = set()
        for place, number in enumerate(chosen):
            op = self.ops[number]
            inside = [key for key in merged if key[place][0]]
            counted = [key for key in merged if key[place][1]]
            if op.amount_base == "list" and not op.full_price_only:
                base = self.listed(op.amount_of or op.scope)
            else:
                source = left if op.amount_base == "after_previous" else merged
                base = sum(source[key] for key in counted)
            now = sum(left[key] for key in inside)
            off = min(now, self.wanted(op, base, now))
            for key, part in zip(inside, share(off, [left[key] for key in inside]), strict=True):
                left[key] -= part
            taken |= {op.id} if off else set()
        return sum(left.values()), frozenset(taken)

    def wanted(self, op: Promotion, base: int, now: int) -> int:
        if base < op.min_amount:
            return 0
        if isinstance(op, PERCENT):
            off = round_half_up(now * op.off_bp, 10_000)
            return min(off, op.off_max) if op.off_max else off
        if isinstance(op, SpendOff):
            return max((step.off for step in op.steps if step.spend <= base), default=0)
        if isinstance(op, EverySpendOff):
            return min(base // op.every * op.off, op.off_max or 1 << 60)
        return op.off

    def subsets(self) -> Iterator[tuple[int, ...]]:
        for size in range(len(self.ops) + 1):
            yield from combinations(range(len(self.ops)), size)

    def most_off(self, total: int) -> int:
        """What the basket promotions could take off a sum, each at its most: what costs more above is not tried."""
        left = total
        for op in self.ops:
            most = self.wanted(op, 1 << 40, left) if not isinstance(op, EverySpendOff) else op.off_max
            left = max(0, left - most - 1)
        return total - left

    def least(self) -> int:
        outcomes = sorted(self.outcomes(), key=lambda outcome: (sum(outcome[1]), outcome[1]))
        least = sum(line.gross for line in self.lines)
        for taken, amounts in outcomes:
            total = sum(amounts)
            if total - self.most_off(total) >= least:
                continue
            for chosen in self.subsets():
                cost, by_basket = self.after_basket(amounts, chosen)
                if cost < least and self.legal(taken | by_basket):
                    least = cost
        return least


def combine(one: Promotion, other: Promotion) -> bool:
    return other.id in one.combines_with or one.id in other.combines_with


def least_total(basket: Basket, rules: RuleSet) -> int:
    """Return the least legal total of a small basket, all units at list price included."""
    return Enumerator(basket, rules).least()
