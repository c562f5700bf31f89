"""The index that items are found by, and what a search gives: the likeliest first, with price and stock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from peewee import SqliteDatabase

from edge.store.database import execute, row, rows, scalar
from edge.store.item_words import INDEX_VERSION, TYPED_MAX, typed_words, words_of
from edge.store.known import ALWAYS_MS, known
from edge.store.rows import ItemRow
from rules.basket import Item, Names
from rules.ledger import SHELF, stock_unit

CODE_END = 4
"""Digits at the end of a code by which an item is found."""
CANDIDATES_MAX = 1_000
"""Items that are looked at for one question: where more begin with it, a person types on."""
TEXT_MAX = 40
"""Characters of the longest search."""


def index_item(db: SqliteDatabase, item: Item, *, initials: str, search: str) -> None:
    """Put an item's words into the index, in the place of those that it had."""
    words = words_of(item, initials=initials, search=search)
    weight = len(item.names.zh_hans or item.names.zh_hant or item.names.en)
    place = scalar(db, "SELECT place FROM item_place WHERE sku = ?", item.sku)
    if place is None:
        place = execute(db, "INSERT INTO item_place (sku, weight) VALUES (?, ?)", item.sku, weight).lastrowid
    else:
        execute(db, "UPDATE item_place SET weight = ? WHERE place = ?", weight, place)
        execute(db, "DELETE FROM item_heads WHERE rowid = ?", place)
        execute(db, "DELETE FROM item_words WHERE rowid = ?", place)
    execute(db, "INSERT INTO item_heads (rowid, words) VALUES (?, ?)", place, words.head)
    execute(db, "INSERT INTO item_words (rowid, words) VALUES (?, ?)", place, f"{words.head} {words.tail}")


def index_all(db: SqliteDatabase) -> int:
    """Index every item of a store that was written before there was this index; return how many."""
    if scalar(db, "SELECT value FROM meta WHERE key = 'item_index'") == INDEX_VERSION:
        return 0
    found = rows(db, "SELECT sku, name_zh_hans, name_zh_hant, name_en, brand, initials, search FROM item")
    for sku, hans, hant, english, brand, initials, search in found:
        item = Item(sku, Names(hans, hant, english), 0, brand=brand)
        # What was written before as one text: its Latin words are the pinyin, and nothing else is lost by them.
        index_item(db, item, initials=initials, search=" ".join(each for each in search.split() if each.isascii()))
    execute(db, "INSERT OR REPLACE INTO meta VALUES ('item_index', ?)", INDEX_VERSION)
    return len(found)


def search_skus(db: SqliteDatabase, text: str, *, limit: int) -> list[str]:
    """Return what is sold and found by a text, the likeliest first.

    A whole code comes first, then what begins with the text, then what holds it, each by the length of its name; then
    what has a code that ends in the digits typed.
    """
    plain = text.strip()[:TEXT_MAX]
    words = typed_words(plain)[:TYPED_MAX]
    if not words:
        return []
    found: dict[str, None] = {}
    exact = row(db, "SELECT sku FROM item_code WHERE code IN (?, ?)", plain, plain.zfill(14))
    found.update(dict.fromkeys(_sold(db, [exact[0]] if exact else [])))
    query = " AND ".join(f'"{word}"*' for word in words)
    is_digits = plain.isascii() and plain.isdecimal() and len(plain) >= CODE_END
    steps: tuple[Callable[[], Iterable[str]], ...] = (
        lambda: _matches(db, "item_heads", query, limit),
        lambda: _matches(db, "item_words", query, limit),
        lambda: _by_code_end(db, plain, limit) if is_digits else (),
    )
    for step in steps:
        if len(found) >= limit:
            break
        found.update(dict.fromkeys(step()))
    return list(found)[:limit]


def _matches(db: SqliteDatabase, table: str, query: str, limit: int) -> list[str]:
    found = rows(
        db,
        f"SELECT p.sku FROM (SELECT rowid AS place FROM {table} WHERE {table} MATCH ? LIMIT ?) w"  # noqa: S608 our own
        " CROSS JOIN item_place p ON p.place = w.place ORDER BY p.weight, p.place LIMIT ?",
        query,
        CANDIDATES_MAX,
        2 * limit,
    )
    return _sold(db, [sku for (sku,) in found])


def _by_code_end(db: SqliteDatabase, digits: str, limit: int) -> list[str]:
    found = rows(
        db, "SELECT DISTINCT sku FROM item_code WHERE substr(code, -4) = ? AND code LIKE ? LIMIT ?",
        digits[-CODE_END:], f"%{digits}", limit,
    )  # fmt: skip
    return _sold(db, [sku for (sku,) in found])


def _sold(db: SqliteDatabase, skus: list[str]) -> list[str]:
    """Return those that are still sold, in their order."""
    marks = ", ".join("?" * len(skus))
    sold = {sku for (sku,) in rows(db, f"SELECT sku FROM item WHERE is_active = 1 AND sku IN ({marks})", *skus)}  # noqa: S608
    return [sku for sku in skus if sku in sold]


def with_stock(db: SqliteDatabase, items: list[ItemRow]) -> list[ItemRow]:
    """Return the items with what the books say is on the shelf; None for what was never brought in."""
    held = stock(db, [item.sku for item in items])
    return [replace(item, stock=held.get(item.sku)) for item in items]


def stock(db: SqliteDatabase, skus: list[str]) -> dict[str, int]:
    """Return pieces or grams on the shelf by SKU, for those items that were ever brought in."""
    units = {stock_unit(sku): sku for sku in skus}
    marks = ", ".join("?" * len(units))
    # A shop that keeps no stock is not warned of it. The words of the partial index stand here as they stand there.
    held = rows(
        db,
        f"SELECT b.unit, b.amount FROM balance b WHERE b.account = ? AND b.unit IN ({marks}) AND EXISTS"  # noqa: S608 our own marks
        " (SELECT 1 FROM transfer t WHERE t.to_account = 'shelf' AND t.unit = b.unit AND t.reason <> 'return')",
        SHELF,
        *units,
    )
    return {units[unit]: int(amount) for unit, amount in held}


def stock_of(db: SqliteDatabase, sku: str) -> int | None:
    """Return pieces or grams of an item on the shelf; None where it was never brought in."""
    return known(db, (), ("stock", sku), 0, lambda: (stock(db, [sku]).get(sku), ALWAYS_MS))
