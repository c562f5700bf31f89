"""Returns of sales whose cash was rounded up: that part of what goes back is below zero.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    """CREATE TABLE return_tender_new (
        return_no INTEGER NOT NULL REFERENCES sale_return (return_no), tender_no INTEGER NOT NULL,
        kind TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0 OR kind = 'rounding'),
        PRIMARY KEY (return_no, tender_no)
    ) WITHOUT ROWID, STRICT""",
    "INSERT INTO return_tender_new SELECT return_no, tender_no, kind, amount FROM return_tender",
    "DROP TABLE return_tender",
    "ALTER TABLE return_tender_new RENAME TO return_tender",
)


def up(migrator: Any, db: Any) -> None:
    """Make the table anew. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
