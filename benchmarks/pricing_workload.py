"""The fixed workload of the pricing benchmarks: the same baskets and promotions wherever they are measured."""

from __future__ import annotations

import random
from typing import Any

from rules.basket import Basket, Item, Line, Names
from rules.promotions import RuleSet, read_rules

SIZES = ((5, 10), (5, 50), (5, 200), (20, 10), (20, 50), (20, 200), (50, 10), (50, 50), (50, 200))
"""(lines, promotions)"""
CATEGORIES = 15
ITEMS = 300
KINDS = ("percent", "percent", "multibuy", "bogo", "bundle", "threshold")


def items(rng: random.Random) -> list[Item]:
    """Return a catalogue in which cheap things are more frequent than dear ones."""
    prices = [rng.choice((1, 2, 3, 5, 8, 12, 20, 35, 60)) * 100 + rng.choice((0, 50, 80, 90, 99)) for _ in range(ITEMS)]
    return [
        Item(f"i{n}", Names(en=f"i{n}"), prices[n], category=f"c{n % CATEGORIES}", tax_bp=1_300) for n in range(ITEMS)
    ]


def promotion(rng: random.Random, number: int, catalogue: list[Item]) -> dict[str, Any]:
    """Return one promotion as it stands in a file."""
    category = f"c{rng.randrange(CATEGORIES)}"
    shared: dict[str, Any] = {"id": f"p{number}", "names": {"en": f"P{number}"}, "scope": {"categories": [category]}}
    kind = KINDS[number % len(KINDS)]
    if kind == "percent":
        return shared | {"kind": "percent_off", "off_bp": rng.randrange(300, 3_001, 100)}
    if kind == "multibuy":
        # Neighbours in price, as shops do it: 3 for the price of about two and a half.
        some = sorted(
            (item for item in catalogue if item.category == category), key=lambda item: (item.price, item.sku)
        )
        first, quantity = rng.randrange(len(some) - 5), rng.choice((2, 3))
        shared["scope"] = {"skus": [item.sku for item in some[first : first + 6]]}
        price = some[first].price * quantity * rng.randrange(75, 96) // 100
        return shared | {"kind": "n_for_price", "quantity": quantity, "price": price}
    if kind == "bogo":
        if rng.random() < 0.5:
            return shared | {"kind": "buy_n_get_m", "buy": rng.choice((1, 2)), "get": 1, "off_bp": 10_000}
        return shared | {"kind": "nth_item", "ladder_bp": [0, rng.choice((2_000, 5_000))]}
    if kind == "bundle":
        one, other = rng.sample(catalogue, 2)
        parts = [{"scope": {"skus": [one.sku]}}, {"scope": {"categories": [other.category]}}]
        return shared | {
            "kind": "bundle",
            "scope": {"all": True},
            "parts": parts,
            "off_bp": rng.randrange(1_000, 3_001, 500),
        }
    spend = rng.choice((5_000, 10_000, 20_000, 30_000))
    if rng.random() < 0.15:
        shared["scope"] = {"all": True}
        spend *= 3
    if rng.random() < 0.3:
        return shared | {"kind": "every_spend_off", "every": spend, "off": spend // 20, "off_max": spend // 5}
    steps = [{"spend": spend * n, "off": spend * n * rng.randrange(5, 9) // 100 + n} for n in (1, 2)]
    return shared | {"kind": "spend_off", "steps": steps}


def promotion_rows(seed: int, promotions: int) -> list[dict[str, Any]]:
    """Return so many promotions of all kinds mixed, as they stand in a file."""
    rng = random.Random(seed)
    catalogue = items(random.Random(7))
    return [promotion(rng, number, catalogue) for number in range(promotions)]


def rule_set(seed: int, promotions: int) -> RuleSet:
    """Return so many promotions of all kinds mixed."""
    found = read_rules({"promotions": promotion_rows(seed, promotions)})
    assert isinstance(found, RuleSet), [str(problem) for problem in found[:3]]
    return found


def basket(seed: int, lines: int) -> Basket:
    """Return a basket of so many lines, one to three pieces each."""
    rng = random.Random(seed)
    chosen = rng.sample(items(random.Random(7)), lines) if lines <= ITEMS else items(random.Random(7))
    return Basket("b", tuple(Line(f"l{n}", item, rng.choice((1, 1, 1, 2, 2, 3))) for n, item in enumerate(chosen)))
