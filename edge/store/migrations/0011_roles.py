"""Roles that the shop names itself, and what an item listed for where a person changed its price.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # SQLite cannot loosen a check in place. Which roles there are stands in the configuration.
    """CREATE TABLE staff_of_roles (
        staff_id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL CHECK (role <> ''), pin_hash TEXT NOT NULL,
        badge_uid TEXT UNIQUE, is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1))
    ) WITHOUT ROWID, STRICT""",
    "INSERT INTO staff_of_roles SELECT staff_id, name, role, pin_hash, badge_uid, is_active FROM staff",
    "DROP TABLE staff",
    "ALTER TABLE staff_of_roles RENAME TO staff",
    "ALTER TABLE sale_line ADD COLUMN list_price INTEGER",
)


def up(migrator: Any, db: Any) -> None:
    """Make the changes. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
