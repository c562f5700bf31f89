"""Pages of quick keys while they are changed: whole pages in, whole pages out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from peewee import SqliteDatabase

from edge.store import catalog
from edge.store.database import execute, row, rows, scalar
from edge.store.known import ALWAYS_MS, known
from rules.basket import Names

COLOURS = ("amber", "green", "red", "blue", "violet", "teal", "brown", "grey")
"""The palette of quick keys."""


@dataclass(frozen=True, slots=True)
class Key:
    sku: str
    colour: str


@dataclass(frozen=True, slots=True)
class Page:
    page_id: int
    names: Names
    keys: tuple[Key, ...]
    sort: int
    lane: int
    """Whose page it is; 0: every lane's."""

    def with_keys(self, keys: tuple[Key, ...]) -> Page:
        return replace(self, keys=keys)


def page(db: SqliteDatabase, page_id: int) -> Page | None:
    found = row(db, "SELECT name_zh_hans, name_zh_hant, name_en, sort, lane FROM quick_page WHERE page_id = ?", page_id)
    if found is None:
        return None
    keys = rows(db, "SELECT sku, colour FROM quick_key WHERE page_id = ? ORDER BY position", page_id)
    return Page(page_id, Names(*found[:3]), tuple(Key(*each) for each in keys), found[3], found[4])


def new_page(db: SqliteDatabase) -> Page:
    """Return an empty page at the end; it is not written."""
    last_id, last_sort = row(db, "SELECT coalesce(max(page_id), 0), coalesce(max(sort), 0) FROM quick_page") or (0, 0)
    return Page(last_id + 1, Names(), (), last_sort + 1, 0)


def count(db: SqliteDatabase) -> int:
    return int(scalar(db, "SELECT count(*) FROM quick_page"))


def order(db: SqliteDatabase) -> list[int]:
    """Return the ids of all pages as they stand."""
    return [page_id for (page_id,) in rows(db, "SELECT page_id FROM quick_page ORDER BY sort, page_id")]


def put_order(db: SqliteDatabase, ids: list[int]) -> None:
    for place, page_id in enumerate(ids):
        execute(db, "UPDATE quick_page SET sort = ? WHERE page_id = ?", place, page_id)
    _changed(db)


def put(db: SqliteDatabase, given: Page) -> None:
    """Put a page in the place of the one with its id."""
    keys = [(key.sku, key.colour) for key in given.keys]
    catalog.put_quick_page(db, given.page_id, given.names, keys, sort=given.sort, lane=given.lane)
    _changed(db)


def drop(db: SqliteDatabase, page_id: int) -> None:
    execute(db, "DELETE FROM quick_key WHERE page_id = ?", page_id)
    execute(db, "DELETE FROM quick_page WHERE page_id = ?", page_id)
    _changed(db)


def changes(db: SqliteDatabase) -> int:
    """Return how often quick keys were changed: screens that know a lower number ask for them afresh."""

    def read() -> tuple[int, int]:
        return int(scalar(db, "SELECT value FROM meta WHERE key = 'quick_changes'") or 0), ALWAYS_MS

    return known(db, (), "quick changes", 0, read)


def _changed(db: SqliteDatabase) -> None:
    execute(db, "INSERT OR REPLACE INTO meta VALUES ('quick_changes', ?)", str(changes(db) + 1))
