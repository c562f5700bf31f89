"""What an item may cost where it is asked for, who may buy it, notes of lines, quick keys of lanes, and search.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # No columns of `item`: most items have none of these.
    """CREATE TABLE item_terms (
        sku TEXT PRIMARY KEY REFERENCES item (sku),
        price_least INTEGER CHECK (price_least >= 0), price_most INTEGER CHECK (price_most >= 0),
        age INTEGER CHECK (age BETWEEN 1 AND 99), CHECK (price_least <= price_most)
    ) WITHOUT ROWID, STRICT""",
    """CREATE TABLE sale_note (
        sale_id TEXT NOT NULL, line_no INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (sale_id, line_no)
    ) WITHOUT ROWID, STRICT""",
    # Lane 0 is every lane of the store.
    "ALTER TABLE quick_page ADD COLUMN lane INTEGER NOT NULL DEFAULT 0",
    # The words of an item stand at its place; the shorter its name, the earlier it is listed.
    """CREATE TABLE item_place (
        place INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE REFERENCES item (sku), weight INTEGER NOT NULL
    ) STRICT""",
    # What an item begins with, and all of its words: two tables, so that neither is searched for the other's.
    "CREATE VIRTUAL TABLE item_heads USING fts5 (words, prefix = '1 2 3', detail = 'none', tokenize = 'unicode61')",
    "CREATE VIRTUAL TABLE item_words USING fts5 (words, prefix = '1 2 3', detail = 'none', tokenize = 'unicode61')",
    "CREATE INDEX item_code_end ON item_code (substr(code, -4))",
    # Whether stock of an item was ever brought in: what was never counted is never short.
    "CREATE INDEX transfer_to_shelf ON transfer (unit, reason) WHERE to_account = 'shelf'",
)


def up(migrator: Any, db: Any) -> None:
    """Make the changes. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
