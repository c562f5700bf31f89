"""What promotions are held against: the list price of the moment, of what is still sold."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.store import catalog
from edge.store.database import execute, open_store
from edge.store.list_prices import priced_items
from rules.basket import Item, Names

TEA = Item("tea", Names(en="Tea"), 0, category="drinks", brand="Chenmu", tags=frozenset({"new", "size:s"}))


@pytest.mark.parametrize(
    ("now_ms", "price"),
    [
        (99, None),  # no price yet
        (100, 500),
        (199, 500),
        (200, 450),  # the newest of those that began
        (999, 450),  # what begins later does not count
        (1_000, 700),
    ],
)
def test_the_list_price_of_the_moment(tmp_path: Path, now_ms: int, price: int | None) -> None:
    store = open_store(tmp_path / "store.db", synchronous="OFF")
    with store.transaction():
        catalog.put_item(store.db, TEA)
        for amount, from_ms in ((500, 100), (450, 200), (700, 1_000)):
            catalog.put_price(store.db, "tea", amount, effective_from_ms=from_ms)
        catalog.put_price(store.db, "tea", 300, effective_from_ms=1, tier_id="gold")
        catalog.put_item(store.db, Item("gone", Names(en="Gone"), 0))
        catalog.put_price(store.db, "gone", 900, effective_from_ms=1)
        execute(store.db, "UPDATE item SET is_active = 0 WHERE sku = 'gone'")
        catalog.put_item(store.db, Item("unpriced", Names(en="Unpriced"), 0))
    found = priced_items(store.reads, now_ms=now_ms)
    store.close()
    assert [(each.sku, each.price) for each in found] == ([("tea", price)] if price else [])
    assert all((each.category, each.brand, each.tags) == (TEA.category, TEA.brand, TEA.tags) for each in found)
