"""The one loop that measures every engine, ours and the peers' alike, and the form in which the work reaches it.

Nothing of ours is imported here: a peer's process has the peer's libraries only.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Protocol, TypedDict

BASKETS_A_SET = 20
"""As in benchmarks/pricing.py."""


class ItemRow(TypedDict):
    sku: str
    price: int
    category: str


Promotion = dict[str, Any]
"""As it stands in a promotions file."""
Lines = list[tuple[str, int]]
"""SKU and pieces."""


class Size(TypedDict):
    sets: list[list[Promotion]]
    """One for every BASKETS_A_SET baskets, each in the order in which a peer is to use it."""
    baskets: list[Lines]


class Work(TypedDict):
    items: list[ItemRow]
    sizes: list[Size]
    seconds: float
    """After so long no further basket of a size is begun."""


class Measured(TypedDict):
    times_ms: list[float]
    totals: list[int]


class Answer(TypedDict):
    versions: dict[str, str]
    sizes: list[Measured]


class Shop(Protocol):
    """A catalogue and promotions, loaded; only `price` is timed."""

    def fill(self, lines: Lines) -> Any:
        """Return a basket in the engine's own form."""

    def price(self, basket: Any) -> Any:
        """Return whatever the engine makes of a basket."""

    def total(self, basket: Any, priced: Any) -> int:
        """Return what the customer pays, in minor units."""


OpenShop = Callable[[list[ItemRow], list[Promotion]], Shop]


def measure(open_shop: OpenShop, work: Work) -> list[Measured]:
    """Return times and totals for each size, as many baskets as the time allows."""
    return [measure_size(open_shop, work, size) for size in work["sizes"]]


def measure_size(open_shop: OpenShop, work: Work, size: Size) -> Measured:
    found = Measured(times_ms=[], totals=[])
    until = time.perf_counter() + work["seconds"]
    shop = None
    for number, lines in enumerate(size["baskets"]):
        if time.perf_counter() >= until:
            break
        if shop is None or number % BASKETS_A_SET == 0:
            shop = open_shop(work["items"], size["sets"][number // BASKETS_A_SET])
            # The first basket of a set warms what the engine keeps; a shop prices all day with one set.
            shop.price(shop.fill(lines[:1]))
            # What is loaded stays loaded: no engine pays for walking over its framework in the middle of a basket.
            gc.collect()
            gc.freeze()
        basket = shop.fill(lines)
        began = time.perf_counter()
        priced = shop.price(basket)
        found["times_ms"].append((time.perf_counter() - began) * 1_000)
        found["totals"].append(shop.total(basket, priced))
    return found


def serve(open_shop: OpenShop, *packages: str) -> None:
    """Read the work from standard input and write the answer to standard output, both as JSON."""
    # A framework may print while it works; only the answer goes to standard output.
    output, sys.stdout = sys.stdout, sys.stderr
    sizes = measure(open_shop, json.load(sys.stdin))
    json.dump(Answer(versions={name: version(name) for name in packages}, sizes=sizes), output)
