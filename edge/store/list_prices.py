"""What the store sells, at its list prices: what the prices of promotions are held against."""

from __future__ import annotations

from peewee import SqliteDatabase

from edge.store.catalog import LIST_TIER
from edge.store.database import rows
from rules.basket import Item, Names

_NO_NAMES = Names()
# Of each group SQLite gives the amount that stands in the row of the maximum: one pass over the prices.
_SOLD = """
SELECT i.sku, i.category_id, i.brand, i.tags, i.is_weighed, i.is_open_price, p.amount
FROM (SELECT sku, amount, max(effective_from_ms) FROM price
      WHERE tier_id = ? AND effective_from_ms <= ? GROUP BY sku) p
JOIN item i ON i.sku = p.sku WHERE i.is_active = 1 AND p.amount > 0
"""


def priced_items(db: SqliteDatabase, *, now_ms: int) -> tuple[Item, ...]:
    """Return everything that is still sold and has a list price now, without names and member prices."""
    words: dict[str, frozenset[str]] = {}
    return tuple(
        Item(
            sku, _NO_NAMES, amount, category=category, brand=brand,
            tags=words.setdefault(tags, frozenset(tags.split())), is_weighed=bool(weighed), is_open_price=bool(typed),
        )
        for sku, category, brand, tags, weighed, typed, amount in rows(db, _SOLD, LIST_TIER, now_ms)
    )  # fmt: skip
