"""What the store sells, at its list prices: what the prices of promotions are held against."""

from __future__ import annotations

from peewee import SqliteDatabase

from edge.store.catalog import LIST_TIER, PRICE_NOW
from edge.store.database import rows
from rules.basket import Item, Names


def priced_items(db: SqliteDatabase, *, now_ms: int) -> tuple[Item, ...]:
    """Return everything that is still sold and has a list price now, without names and member prices."""
    found = rows(
        db,
        "SELECT sku, category_id, brand, tags, is_weighed, is_open_price, amount FROM (SELECT i.*,"  # noqa: S608 our own
        f" {PRICE_NOW.format(tier=LIST_TIER)} AS amount FROM item i WHERE i.is_active = 1) WHERE amount > 0",
        now_ms,
    )
    return tuple(
        Item(
            sku, Names(), amount, category=category, brand=brand, tags=frozenset(tags.split()),
            is_weighed=bool(is_weighed), is_open_price=bool(is_open_price),
        )
        for sku, category, brand, tags, is_weighed, is_open_price, amount in found
    )  # fmt: skip
