"""The workload in pretix: a position for every piece, a Discount for every promotion, its cart's own function.

Run by the peers' Python, with the work on standard input. What was done in its favour: there is no database, all
discounts with their products are in memory before the clock starts, and so are the positions. `apply_discounts` is
called as the cart calls it; only its query is answered from memory. As it comes it reads discounts and their products
afresh for every cart, see `pretix_tables.py`.

A Discount takes a percentage off, of all that it matches or of the cheapest so many of each group, and a position takes
part in one discount. So of the workload's kinds

- `percent_off`, `buy_n_get_m` and a second piece at a reduced price (`nth_item`) have their counterpart;
- `n_for_price` has none: every full group gets the percentage that the price is off the mean list price;
- `bundle` has none that reduces both: one makes the other cheaper, see `bundle_as_pair`;
- `spend_off` and `every_spend_off` have none: from the amount on, a percentage of everything in scope without a cap,
  which is the same at the step and gives the customer more above it.

Where pretix is cheaper than ours, that comes of the last three; with the first three alone none of 240 baskets was.
"""

from __future__ import annotations

import os
import tempfile
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from benchmarks.peers.loop import ItemRow, Lines, Promotion, serve
from benchmarks.peers.mapping import Catalogue, bundle_as_pair, group_off_bp, money, percent

Position = tuple[int, None, None, Decimal, bool, bool, Decimal]


class Loaded(list[Any]):
    """Discounts in memory that answer a query as their table would: all of them hold at any time and everywhere."""

    def filter(self, *_conditions: object, **_fields: object) -> Loaded:
        return self

    def prefetch_related(self, *_names: str) -> Loaded:
        return self

    def order_by(self, *_names: str) -> Loaded:
        return self


def discount_fields(items: list[ItemRow], promotions: list[Promotion]) -> list[dict[str, Any]]:
    """Return the fields of all discounts, the first to be applied first; products under `condition` and `benefit`."""
    catalogue = Catalogue(items)
    found = []
    for promotion in promotions:
        for given in fields(catalogue, promotion):
            everything = len(given["condition"]) == len(items)
            given |= {"condition_all_products": everything, "benefit_same_products": "benefit" not in given}
            given |= {"condition": () if everything else given["condition"], "benefit": given.get("benefit", ())}
            found.append(given)
    return found


def fields(catalogue: Catalogue, promotion: Promotion) -> list[dict[str, Any]]:
    condition = catalogue.covered(promotion["scope"])
    match promotion["kind"]:
        case "percent_off":
            return [counted(condition, 1, promotion["off_bp"])]
        case "n_for_price":
            quantity = promotion["quantity"]
            return [counted(condition, quantity, group_off_bp(catalogue, promotion), cheapest=quantity)]
        case "buy_n_get_m":
            get = promotion["get"]
            return [counted(condition, promotion["buy"] + get, promotion["off_bp"], cheapest=get)]
        case "nth_item":
            return [counted(condition, len(promotion["ladder_bp"]), promotion["ladder_bp"][-1], cheapest=1)]
        case "bundle":
            pair = bundle_as_pair(catalogue, promotion)
            return [counted(pair.buy, 1, pair.off_bp, cheapest=1) | {"benefit": pair.get}] if pair else []
        case "spend_off":
            return [valued(condition, step["spend"], step["off"]) for step in reversed(promotion["steps"])]
        case "every_spend_off":
            return [valued(condition, promotion["every"], promotion["off"])]
        case kind:
            raise ValueError(f"the workload has a kind without a counterpart: {kind}")


def counted(condition: frozenset[int], pieces: int, off_bp: int, *, cheapest: int | None = None) -> dict[str, Any]:
    return {
        "condition": condition,
        "condition_min_count": pieces,
        "benefit_discount_matching_percent": percent(off_bp),
        "benefit_only_apply_to_cheapest_n_matches": cheapest,
    }


def valued(condition: frozenset[int], spend: int, off: int) -> dict[str, Any]:
    return {
        "condition": condition,
        "condition_min_value": money(spend),
        "benefit_discount_matching_percent": (Decimal(100 * off) / spend).quantize(Decimal("0.01")),
    }


class PretixShop:
    def __init__(self, items: list[ItemRow], promotions: list[Promotion]) -> None:
        from pretix.base.models import Discount, Event, Item
        from pretix.base.services.pricing import apply_discounts

        products = {number: Item(pk=number) for number in range(1, len(items) + 1)}
        event = Event(pk=1, currency="CNY")
        discounts = Loaded()
        for position, given in enumerate(discount_fields(items, promotions)):
            condition, benefit = given.pop("condition"), given.pop("benefit")
            discount = Discount(pk=position + 1, event=event, position=position, **given)
            discount.clean()
            discount._prefetched_objects_cache = {
                "condition_limit_products": [products[number] for number in condition],
                "benefit_limit_products": [products[number] for number in benefit],
            }
            discounts.append(discount)
        self._event: Any = SimpleNamespace(discounts=discounts)
        self._apply = apply_discounts
        self._numbers = {item["sku"]: number for number, item in enumerate(items, start=1)}
        self._prices = {item["sku"]: money(item["price"]) for item in items}

    def fill(self, lines: Lines) -> list[Position]:
        nothing = Decimal("0.00")
        return [
            (self._numbers[sku], None, None, self._prices[sku], False, False, nothing)
            for sku, pieces in lines
            for _ in range(pieces)
        ]

    def price(self, basket: list[Position]) -> list[tuple[Decimal, Any]]:
        found: list[tuple[Decimal, Any]] = self._apply(self._event, "web", basket)
        return found

    def total(self, _basket: list[Position], priced: list[tuple[Decimal, Any]]) -> int:
        return int(sum((price for price, _ in priced), Decimal(0)).scaleb(2))


def main() -> None:
    import django

    with tempfile.TemporaryDirectory() as folder:
        # Its settings make folders and a secret where they are told to; nothing of it is needed afterwards.
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "pretix.settings"}
        django.setup()
        serve(PretixShop, "pretix", "Django")


if __name__ == "__main__":
    main()
