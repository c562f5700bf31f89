"""What the items and members of the store can be named by: categories, brands and tags."""

from __future__ import annotations

from peewee import SqliteDatabase

from edge.store.database import row, rows
from rules.basket import Names

WORDS_MAX = 2_000
_WORDS = {
    "brand": "SELECT DISTINCT brand FROM item WHERE brand <> '' ORDER BY brand LIMIT ?",
    "tag": "SELECT DISTINCT tags FROM item WHERE tags <> '' ORDER BY tags LIMIT ?",
    "member_tag": "SELECT DISTINCT tags FROM member WHERE tags <> '' ORDER BY tags LIMIT ?",
}


def categories(db: SqliteDatabase) -> list[tuple[str, Names]]:
    """Return every category, in the shop's order; ids that only items know come last."""
    named = rows(db, "SELECT category_id, name_zh_hans, name_zh_hant, name_en FROM category ORDER BY sort, category_id")
    others = rows(
        db,
        "SELECT DISTINCT category_id FROM item WHERE category_id <> '' AND category_id NOT IN"
        " (SELECT category_id FROM category) ORDER BY category_id LIMIT ?",
        WORDS_MAX,
    )
    return [(each[0], Names(*each[1:])) for each in named] + [(each[0], Names(each[0])) for each in others]


def category_names(db: SqliteDatabase, category_id: str) -> Names | None:
    found = row(db, "SELECT name_zh_hans, name_zh_hant, name_en FROM category WHERE category_id = ?", category_id)
    return Names(*found) if found else None


def words(db: SqliteDatabase, what: str) -> list[str]:
    """Return the brands, tags of items or tags of members that there are; nothing for another word."""
    if what not in _WORDS:
        return []
    found = [text for (text,) in rows(db, _WORDS[what], WORDS_MAX)]
    return found if what == "brand" else sorted({word for text in found for word in text.split()})
