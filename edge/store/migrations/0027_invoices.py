"""Who an invoice of a sale is made out to, where the buyer said so.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    """CREATE TABLE invoice_buyer (
        sale_id TEXT PRIMARY KEY REFERENCES sale (sale_id), title TEXT NOT NULL CHECK (title <> ''),
        tax_number TEXT NOT NULL DEFAULT '', staff_id TEXT NOT NULL, at_ms INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT""",
)


def up(migrator: Any, db: Any) -> None:
    """Make the table. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
