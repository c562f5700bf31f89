"""The workload in our own engine, measured by the same loop as the peers."""

from __future__ import annotations

from random import Random

from benchmarks.peers.loop import ItemRow, Lines, Promotion
from benchmarks.pricing import NOON
from benchmarks.pricing_workload import items as catalogue
from rules.basket import Basket, Line
from rules.pricing import price
from rules.promotions import RuleSet, read_rules
from rules.quote import Quote


class OurShop:
    def __init__(self, items: list[ItemRow], promotions: list[Promotion]) -> None:
        self._items = {item.sku: item for item in catalogue(Random(7))}
        assert [item["sku"] for item in items] == list(self._items)
        found = read_rules({"promotions": promotions})
        assert isinstance(found, RuleSet), [str(problem) for problem in found[:3]]
        self._rules = found

    def fill(self, lines: Lines) -> Basket:
        return Basket("b", tuple(Line(f"l{n}", self._items[sku], pieces) for n, (sku, pieces) in enumerate(lines)))

    def price(self, basket: Basket) -> Quote:
        return price(basket, self._rules, None, NOON)

    def total(self, _basket: Basket, priced: Quote) -> int:
        return priced.total
