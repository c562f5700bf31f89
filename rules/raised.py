"""Which units to leave dearer so that open levels are reached: the least sums that can be had.

The open candidates are a tree: what one counts lies inside what another counts, or beside it. From the leaves up, the
least sums of a node are sought that are enough for its level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules.budget import Budget
from rules.levels import Lane
from rules.money import Minor
from rules.reachable import Priceable, choices_for, joined, reachable, rising
from rules.unit_lane import Option

RAISE_MAX = 1 << 20
"""Most minor units that the units of a level are left dearer."""
SAMPLE = 100
"""Sums of a block that are put together with others where some will do."""
SUMS_A_STEP = 10
"""Sums put together that count as one step of the budget."""


class Node(NamedTuple):
    """Open candidates that count the same classes."""

    candidates: tuple[int, ...]
    children: tuple[int, ...]
    """Numbers of the nodes that count a part of what these count."""
    counted: int
    """Classes, as bits."""
    own: tuple[int, ...]
    """Classes that no child counts."""
    is_root: bool


def nodes_of(lane: Lane, opened: Sequence[int]) -> list[Node] | None:
    """Return the open candidates as nodes, children first; None where two of them count parts of each other."""
    alike: dict[int, list[int]] = {}
    for number in opened:
        alike.setdefault(lane.counted[number], []).append(number)
    order = sorted(alike, key=lambda counted: (counted.bit_count(), counted))
    parents: list[int] = []
    for at, mine in enumerate(order):
        parent = -1
        for above in range(len(order) - 1, at, -1):
            if order[above] & mine:
                if mine & ~order[above]:
                    return None
                parent = above
        parents.append(parent)
    nodes = []
    for at, counted in enumerate(order):
        children = tuple([child for child, parent in enumerate(parents) if parent == at])
        own = counted
        for child in children:
            own &= ~order[child]
        nodes.append(Node(tuple(alike[counted]), children, counted, tuple(rising(own)), parents[at] < 0))
    return nodes


class Block(NamedTuple):
    """Connected units with the sums that they can have."""

    number: int
    """A name for whoever made it."""
    bits: int
    """Sums above the least: bit n stands for n."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is to be left dearer in the own classes of one node."""

    units: Sequence[Priceable]
    """By class, units that are by themselves."""
    blocks: tuple[Block, ...]


class _Own(NamedTuple):
    """The sums of one node."""

    stock: Stock
    layers: list[int]
    """Of none of its blocks, of the first, of the first two …, as bits."""
    bits: int
    """With its single units."""


@dataclass(slots=True)
class Raise:
    """What is left dearer, and by how much."""

    units: dict[int, tuple[Option, ...]]
    """For classes of single units, the prices of all of them."""
    blocks: list[tuple[int, Minor]]


class Stocks:
    """Sums of the own classes of every node; made once for every way to use bundles."""

    def __init__(
        self,
        nodes: Sequence[Node],
        limit: Minor,
        stock_of: Callable[[int], Stock],
        budget: Budget,
        *,
        is_sample: bool = False,
    ) -> None:
        """Prepare.

        Args:
            nodes: children first.
            limit: most by which the classes of a node are left dearer.
            stock_of: what there is, by the number of a node.
            budget: shared.
            is_sample: some of the sums will do.
        """
        self._nodes, self._limit, self._stock_of, self._budget = nodes, limit, stock_of, budget
        self._is_sample = is_sample
        self._mask = (1 << (limit + 1)) - 1
        self._own: dict[int, _Own] = {}
        self.is_exact = True

    def own(self, at: int) -> _Own:
        """Return the stock of a node, and its sums."""
        found = self._own.get(at)
        if found is None:
            stock = self._stock_of(at)
            layers = [1]
            for block in stock.blocks:
                layers.append(self._together(layers[-1], block.bits & self._mask))
            bits = reachable(stock.units, self._nodes[at].own, limit=self._limit, start=layers[-1])
            found = self._own[at] = _Own(stock, layers, bits)
        return found

    def least(self, at: int, need: Minor, children: Minor) -> Minor | None:
        """Return the least sum of a node from `need` on, where its children are at so much; None beyond the limit."""
        bits = self.own(at).bits >> max(0, need - children)
        return None if not bits else max(need, children) + (bits & -bits).bit_length() - 1

    def _together(self, one: int, other: int) -> int:
        """Return all sums of one number of each."""
        few, many = sorted((one, other), key=int.bit_count)
        if self._is_sample and few.bit_count() > SAMPLE:
            each = list(rising(few))
            few = sum([1 << each[at * (len(each) - 1) // (SAMPLE - 1)] for at in range(SAMPLE)])
        if not self._budget.spend(few.bit_count() // SUMS_A_STEP):
            self.is_exact = False
            few &= -few
        return joined(few, many) & self._mask

    def take(self, at: int, amount: Minor, into: Raise) -> None:
        """Leave own classes of a node dearer by an amount that can be had."""
        stock, layers, _ = self.own(at)
        units, amount = choices_for(stock.units, self._nodes[at].own, amount, start=layers[-1])
        into.units.update(units)
        for number in range(len(stock.blocks) - 1, -1, -1):
            block, before = stock.blocks[number], layers[number]
            if before.bit_count() < block.bits.bit_count():
                rest = next(each for each in rising(before) if each <= amount and block.bits >> (amount - each) & 1)
                share = amount - rest
            else:
                share = next(each for each in rising(block.bits) if each <= amount and before >> (amount - each) & 1)
            into.blocks.append((block.number, share))
            amount -= share
