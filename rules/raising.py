"""The search among units that no group promotion connects: which of them to leave dearer, so that a level is reached.

Cells whose units count alike for every level within reach are one region: only the sum of what its units are left
dearer matters. All sums of all regions but the widest are tried as long as they could still pay; of the widest only the
least sum at each level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rules.basket_lanes import Candidate, run
from rules.budget import Budget
from rules.floor import ONE, Event, Floor, Pool
from rules.money import Minor
from rules.reachable import Priceable, reachable, rising

SURPLUS_MAX = 65_535
"""Most minor units that a region is left dearer."""


@dataclass(slots=True)
class Found:
    """The cheapest so far."""

    total: Minor
    surpluses: dict[tuple[int, ...], Minor] = field(default_factory=dict)
    """How much dearer the units of a region's cells are left."""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Connected units whose cells are put together: only the sum of what they cost matters."""

    cells: frozenset[int]
    room: Minor
    """How much dearer they can be left at the most."""
    bits_to: Callable[[Minor], int]
    """Sums above the cheapest that can be reached, up to a limit, as bits."""
    number: int
    """Of the component."""


@dataclass(frozen=True, slots=True)
class _At:
    """How far a walk has got."""

    cost: int
    amounts: list[Minor]
    chosen: dict[tuple[int, ...], Minor]
    found: Found


class Raising:
    """Finds the least total for fixed amounts of connected units, by leaving other units dearer."""

    def __init__(
        self,
        units: Sequence[Priceable],
        by_cell: Sequence[Sequence[int]],
        candidates: Sequence[Candidate],
        floor: Floor,
        budget: Budget,
        *,
        merges: bool,
        blocks: Sequence[Block] = (),
        live: frozenset[int] | None = None,
    ) -> None:
        """Prepare for some cells.

        Args:
            units: the classes of units.
            by_cell: for each cell the positions of its classes that are not connected.
            candidates: what applies to the cells.
            floor: the bound for them.
            budget: shared.
            merges: cells may be put together: nothing depends on how an amount off is shared.
            blocks: connected units that lie in cells which are put together.
            live: the candidates whose level may change; None works it out for each search.
        """
        self._units, self._by_cell, self._candidates = units, by_cell, candidates
        self.floor, self._budget, self._merges = floor, budget, merges
        self.room = [sum(units[p].most - units[p].least for p in positions) for positions in by_cell]
        self._blocks, self._live = blocks, live
        self.pools = self._pools_of(self.room, blocks)
        self._reach: dict[tuple[tuple[int, ...], Minor], int] = {}
        self._fractions = [
            tuple(number for number, each in enumerate(candidates) if each.is_percentage and cell in each.parts)
            for cell in range(len(by_cell))
        ]

    def spend(self) -> bool:
        """Take what one try of the basket promotions counts for; False when the budget is at its end."""
        return self._budget.spend(1 + len(self._candidates))

    def _pools_of(self, room: Sequence[Minor], blocks: Sequence[Block]) -> list[Pool]:
        pools = self.floor.cell_pools(room)
        for block in blocks:
            counted = frozenset(n for n, each in enumerate(self._candidates) if block.cells & set(each.counted))
            pools.append(Pool(block.room, min(self.floor.weights[cell] for cell in block.cells), counted))
        return pools

    def search(self, cost: int, amounts: Sequence[Minor], found: Found) -> None:
        """Look for less than `found` where cells cost these amounts at the least; `cost` is their weight."""
        sure, further = self.floor.events(self.floor.bases(amounts, amounts), self.pools)
        base = cost - sure - self.floor.slack
        spare = found.total * ONE - base
        live = worthwhile(further, spare)
        most = spare + sum(event.gain for event in live)
        if most <= 0:
            return
        regions = self._regions({event.number for event in live} if self._live is None else set(self._live))
        reach = []
        for cells in regions:
            weight = min(self.floor.weights[cell] for cell in cells)
            limit = sum(self.room[cell] for cell in cells) + sum(block.room for block in self._inside(cells))
            limit = limit if weight == 0 else min(limit, most // weight)
            if limit > SURPLUS_MAX:
                self._budget.exhausted = True
            reach.append(self._sums(cells, min(limit, SURPLUS_MAX)))
        if not any(bits > 1 for bits in reach):
            return
        widest = max(range(len(reach)), key=lambda place: (reach[place].bit_count(), -place))
        order = [place for place in range(len(reach)) if place != widest and reach[place] > 1]
        self._walk(
            [(regions[place], reach[place]) for place in order],
            regions[widest],
            reach[widest],
            _At(cost, list(amounts), {}, found),
        )

    def _regions(self, live: set[int]) -> list[tuple[int, ...]]:
        """Return groups of cells that matter alike, where leaving units dearer can gain anything."""
        regions: dict[object, list[int]] = {}
        blocked = {cell for block in self._blocks for cell in block.cells}
        for cell, space in enumerate(self.room):
            if not space and cell not in blocked:
                continue
            counts = tuple(sorted(number for number in live if cell in self._candidates[number].counted))
            rounded = bool(self._fractions[cell]) and self.floor.slack > 0
            if not counts and not rounded:
                continue
            key = (counts, self._fractions[cell]) if self._merges else cell
            regions.setdefault(key, []).append(cell)
        return [tuple(cells) for cells in regions.values()]

    def _inside(self, cells: Sequence[int]) -> list[Block]:
        return [block for block in self._blocks if block.cells <= set(cells)]

    def _sums(self, cells: tuple[int, ...], limit: Minor) -> int:
        key = (cells, limit)
        if key not in self._reach:
            self._reach[key] = self._layers(cells, limit)[-1]
        return self._reach[key]

    def _layers(self, cells: tuple[int, ...], limit: Minor) -> list[int]:
        """Return the sums of the units of some cells, then with one block after the other."""
        positions = [position for cell in cells for position in self._by_cell[cell]]
        layers = [reachable(self._units, positions, limit=limit)]
        mask = (1 << (limit + 1)) - 1
        for block in self._inside(cells):
            bits, sums = block.bits_to(limit) & mask, 0
            # The fewer bits are the ones to shift by.
            few, many = sorted((bits, layers[-1]), key=int.bit_count)
            for surplus in rising(few):
                sums |= many << surplus
            layers.append(sums & mask)
        return layers

    def parts_of(self, cells: tuple[int, ...], surplus: Minor) -> tuple[Minor, list[tuple[Block, Minor]]]:
        """Return how a surplus falls to single units, and to each block."""
        layers = self._layers(cells, surplus)
        parts = []
        for number, block in reversed(list(enumerate(self._inside(cells)))):
            part = next(part for part in rising(block.bits_to(surplus)) if layers[number] >> (surplus - part) & 1)
            parts.append((block, part))
            surplus -= part
        return surplus, parts

    def _walk(
        self,
        regions: Sequence[tuple[tuple[int, ...], int]],
        last: tuple[int, ...],
        last_reach: int,
        at: _At,
    ) -> None:
        cost, amounts, chosen, found = at.cost, at.amounts, at.chosen, at.found
        if not regions:
            self._finish(last, last_reach, at)
            return
        (cells, reach), rest = regions[0], regions[1:]
        open_cells = {cell for region, _ in rest for cell in region} | set(last)
        room = [space if cell in open_cells else 0 for cell, space in enumerate(self.room)]
        pools = self._pools_of(room, [block for block in self._blocks if block.cells <= open_cells])
        weight = min(self.floor.weights[cell] for cell in cells)
        first = cells[0]
        before = amounts[first]
        for surplus in rising(reach):
            if not self.spend():
                break
            amounts[first] = before + surplus
            spent = cost + weight * surplus
            if self.floor.lowest(spent, self.floor.bases(amounts, amounts), pools) >= found.total * ONE:
                # Dearer still may reach a further level, but never once the price alone is too much.
                if self._hopeless(spent, amounts, found):
                    break
                continue
            self._walk(rest, last, last_reach, _At(spent, amounts, {**chosen, cells: surplus}, found))
        amounts[first] = before

    def _hopeless(self, spent: int, amounts: Sequence[Minor], found: Found) -> bool:
        """Tell whether nothing pays any more, whatever is left dearer."""
        sure, further = self.floor.events(self.floor.bases(amounts, amounts), self.pools)
        return spent - sure - sum(event.gain for event in further) - self.floor.slack >= found.total * ONE

    def _finish(
        self,
        last: tuple[int, ...],
        reach: int,
        at: _At,
    ) -> None:
        cost, amounts, chosen, found = at.cost, at.amounts, at.chosen, at.found
        first = last[0]
        before = amounts[first]
        weight = min(self.floor.weights[cell] for cell in last)
        for surplus in self._worth_trying(last, reach, amounts):
            if not self.spend():
                break
            amounts[first] = before + surplus
            if cost + weight * surplus - self._most_gain(amounts) >= found.total * ONE:
                if surplus and not self._merges and self._hopeless(cost + weight * surplus, amounts, found):
                    break
                continue
            total = run(amounts, self._candidates).total
            if total < found.total:
                found.total, found.surpluses, found.is_new = total, {**chosen, last: surplus}, True
        amounts[first] = before

    def _most_gain(self, amounts: Sequence[Minor]) -> int:
        return self.floor.events(self.floor.bases(amounts, amounts), ())[0] + self.floor.slack

    def _worth_trying(self, last: tuple[int, ...], reach: int, amounts: Sequence[Minor]) -> Iterator[Minor]:
        inside = set(last)
        counting = [each for each in self._candidates if not each.counts_list and inside & set(each.counted)]
        if not self._merges or any(each.counts_previous and each.threshold > 0 for each in counting):
            yield from rising(reach)
            return
        tried = {0}
        top = reach.bit_length() - 1
        for candidate in counting:
            base = sum(amounts[cell] for cell in candidate.counted)
            level = candidate.level(base)
            while level < candidate.top:
                level += 1
                need = candidate.threshold_of(level) - base
                if need > top:
                    break
                # The least sum that reaches the level.
                upper = reach >> need
                tried.add(need + (upper & -upper).bit_length() - 1)
        yield from sorted(tried)


def worthwhile(further: Sequence[Event], spare: int) -> list[Event]:
    """Return the levels that all others together do not make too dear: (needed, candidate, gain)."""
    live = list(further)
    while True:
        most = spare + sum(event.gain for event in live)
        kept = [event for event in live if event.cost < most]
        if len(kept) == len(live):
            return live
        live = kept
