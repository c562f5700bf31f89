"""What both peers need of a promotion: which items it is about, and a set of several items as "buy one, get the other".

Items get numbers from 1, in the order of the catalogue: the peers know them by the key of a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from benchmarks.peers.loop import ItemRow, Promotion

BASIS_POINTS = 10_000


def money(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)


def percent(basis_points: int) -> Decimal:
    return Decimal(basis_points).scaleb(-2)


@dataclass(frozen=True)
class Catalogue:
    items: list[ItemRow]

    def covered(self, scope: dict[str, object]) -> frozenset[int]:
        """Return the numbers of the items that a scope of the workload covers."""
        assert set(scope) <= {"all", "skus", "categories"}, f"the workload has scopes of another kind: {scope}"
        skus, categories = scope.get("skus", ()), scope.get("categories", ())
        assert isinstance(skus, list | tuple) and isinstance(categories, list | tuple)
        return frozenset(
            number
            for number, item in enumerate(self.items, start=1)
            if scope.get("all") or item["sku"] in skus or item["category"] in categories
        )

    def mean_price(self, numbers: frozenset[int]) -> Decimal:
        """Return the mean list price in minor units."""
        return Decimal(sum(self.items[number - 1]["price"] for number in numbers)) / len(numbers)


@dataclass(frozen=True)
class BuyOneGetOther:
    """One piece of `buy` makes one piece of `get` cheaper."""

    buy: frozenset[int]
    get: frozenset[int]
    off_bp: int


def bundle_as_pair(catalogue: Catalogue, bundle: Promotion) -> BuyOneGetOther | None:
    """Return a set of two in the form that both peers have: only one of the two gets cheaper.

    It is the dearer one, by a rate that at mean prices takes off as much as the set does of both. Nothing where one
    part's items are all in the other.
    """
    one, other = (catalogue.covered(part["scope"]) for part in bundle["parts"])
    if not other - one:
        return None
    # Of an item in both parts a peer would count one piece as both.
    pair = sorted((one, other - one), key=catalogue.mean_price)
    cheap, dear = (catalogue.mean_price(part) for part in pair)
    return BuyOneGetOther(pair[0], pair[1], min(BASIS_POINTS, round(bundle["off_bp"] * (cheap + dear) / dear)))


def group_off_bp(catalogue: Catalogue, promotion: Promotion) -> int:
    """Return by what rate "so many for a price" is below list prices, at the mean price of its items."""
    several = catalogue.mean_price(catalogue.covered(promotion["scope"])) * int(promotion["quantity"])
    return BASIS_POINTS - round(int(promotion["price"]) * BASIS_POINTS / several)


def strongest_first(catalogue: Catalogue, promotions: list[Promotion]) -> list[Promotion]:
    """Return promotions in the order in which a careful shop would enter them.

    Both peers use promotions in the order given; ours does not depend on it. In the order of the workload they would
    save a good deal less.
    """
    return sorted(promotions, key=lambda promotion: -strength_bp(catalogue, promotion))


def strength_bp(catalogue: Catalogue, promotion: Promotion) -> int:
    """Return the rate that a promotion takes off what it uses, when it just applies."""
    match promotion["kind"]:
        case "percent_off" | "bundle":
            return int(promotion["off_bp"])
        case "n_for_price":
            return group_off_bp(catalogue, promotion)
        case "buy_n_get_m":
            return int(promotion["off_bp"] * promotion["get"] // (promotion["buy"] + promotion["get"]))
        case "nth_item":
            return int(sum(promotion["ladder_bp"]) // len(promotion["ladder_bp"]))
        case "spend_off":
            return max(int(BASIS_POINTS * step["off"] // step["spend"]) for step in promotion["steps"])
        case "every_spend_off":
            return int(BASIS_POINTS * promotion["off"] // promotion["every"])
        case kind:
            raise ValueError(f"the workload has a kind without a counterpart: {kind}")
