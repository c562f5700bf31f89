"""Whose times card paid for a line, and families that share one.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # The member whose card it was; empty where it was the sale's own member.
    "ALTER TABLE sale_line ADD COLUMN times_from TEXT NOT NULL DEFAULT ''",
    # A member may use the shared packages of one other member.
    """CREATE TABLE family (
        member_id TEXT PRIMARY KEY REFERENCES member (member_id),
        head_id TEXT NOT NULL REFERENCES member (member_id), since_ms INTEGER NOT NULL, CHECK (member_id <> head_id)
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX family_head ON family (head_id)",
)


def up(migrator: Any, db: Any) -> None:
    """Make the table. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
