"""The demo shop's catalogue: items, codes and quick keys from the files in config/demo."""

from __future__ import annotations

import csv
import hashlib
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rules.basket import Item, Names
from rules.gtin import gtin_check_digit
from rules.money import Minor

ANY_MEMBER: Final = ""
"""Key of the price for any member in `Item.tier_prices`."""
PRICE_LABEL_PREFIX: Final = "21"
"""First digits of a scale label that bears the amount."""
WEIGHT_LABEL_PREFIX: Final = "20"
"""First digits of a scale label that bears the grams."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code that an item is found by, as the catalogue keeps it."""

    text: str
    """A GTIN of 14 digits, or the flag and item digits of a scale label."""
    quantity: int = 1
    """Pieces that one scan stands for."""


@dataclass(frozen=True, slots=True)
class DemoItem:
    """An item with what finds it."""

    item: Item
    codes: tuple[Code, ...]
    initials: str
    pinyin: str

    @property
    def member_price(self) -> Minor | None:
        return self.item.tier_prices.get(ANY_MEMBER)


@dataclass(frozen=True, slots=True)
class Category:
    category_id: str
    names: Names
    sort: int


@dataclass(frozen=True, slots=True)
class QuickKeyPage:
    page_id: int
    names: Names
    keys: tuple[tuple[str, str], ...]
    """(SKU, colour) in the order of the keys."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that the demo shop sells."""

    categories: tuple[Category, ...]
    items: tuple[DemoItem, ...]
    quick_pages: tuple[QuickKeyPage, ...]


def demo_folder() -> Path:
    """Return the folder of the demo's files: of the repository, or where an installed package has put them."""
    for root in (Path(__file__).resolve().parents[2], Path(sysconfig.get_path("data")) / "share" / "taptill"):
        folder = root / "config" / "demo"
        if (folder / "items.csv").is_file():
            return folder
    raise FileNotFoundError("config/demo/items.csv: neither beside the packages nor under share/taptill")


def read_catalogue(folder: Path) -> Catalogue:
    """Return the catalogue that the files of a folder hold."""
    categories = tuple(Category(row["id"], _names(row), int(row["sort"])) for row in _rows(folder / "categories.csv"))
    items = tuple(_item(row) for row in _rows(folder / "items.csv"))
    pages: dict[int, tuple[Names, list[tuple[str, str]]]] = {}
    for row in _rows(folder / "quick_keys.csv"):
        pages.setdefault(int(row["page"]), (_names(row), []))[1].append((row["sku"], row["colour"]))
    return Catalogue(
        categories,
        items,
        tuple(QuickKeyPage(page_id, names, tuple(keys)) for page_id, (names, keys) in sorted(pages.items())),
    )


def gtin13(sku: str) -> str:
    """Return the made-up GTIN-13 of a SKU: always the same one, with a prefix of China and a right check digit.

    >>> gtin13("1001")
    '6955415854998'
    """
    number = int.from_bytes(hashlib.sha256(f"taptill-demo/{sku}".encode()).digest()[:8])
    body = f"{690 + number % 6}{number // 6 % 10**9:09d}"
    return f"{body}{gtin_check_digit(body)}"


def carton_gtin14(sku: str) -> str:
    """Return the GTIN-14 of the carton that holds several pieces of a SKU."""
    body = "1" + gtin13(sku)[:12]
    return f"{body}{gtin_check_digit(body)}"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def _names(row: dict[str, str]) -> Names:
    return Names(row["zh_hans"], row["zh_hant"], row["en"])


def _item(row: dict[str, str]) -> DemoItem:
    item = Item(
        sku=row["sku"],
        names=_names(row),
        price=int(row["price"]),
        category=row["category"],
        brand=row["brand"],
        tags=frozenset(tag for tag in row["tags"].split(";") if tag),
        is_weighed=bool(row["scale"]),
        tier_prices={ANY_MEMBER: int(row["member_price"])} if row["member_price"] else {},
        tax_bp=int(row["tax_bp"]),
        unit=row["unit"],
    )
    return DemoItem(item, _codes(row), row["initials"], row["pinyin"])


def _codes(row: dict[str, str]) -> tuple[Code, ...]:
    sku = row["sku"]
    if row["scale"]:
        prefix = {"price": PRICE_LABEL_PREFIX, "weight": WEIGHT_LABEL_PREFIX}[row["scale"]]
        return (Code(f"{prefix}{sku.zfill(5)}"),)
    piece = Code(gtin13(sku).zfill(14))
    return (piece, Code(carton_gtin14(sku), int(row["carton"]))) if row["carton"] else (piece,)
