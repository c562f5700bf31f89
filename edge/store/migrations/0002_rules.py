"""The rules: every version that was ever in force, and the draft of the next one.

Frozen once released: what changes later is a migration of its own. Moments in UTC milliseconds.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # The newest entry is in force. `body` is the rules file as JSON; `shelved` are promotions that were switched off.
    """CREATE TABLE rules_entry (
        entry_no INTEGER PRIMARY KEY, version TEXT NOT NULL, body TEXT NOT NULL, shelved TEXT NOT NULL DEFAULT '[]',
        source TEXT NOT NULL CHECK (source IN ('file', 'editor', 'command', 'rollback')),
        file_hash TEXT NOT NULL DEFAULT '', at_ms INTEGER NOT NULL, staff_id TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT '', based_on INTEGER REFERENCES rules_entry (entry_no)
    ) STRICT""",
    "CREATE INDEX rules_entry_version ON rules_entry (version)",
    # History is only added to, whoever writes.
    """CREATE TRIGGER rules_entry_kept BEFORE UPDATE ON rules_entry
        BEGIN SELECT RAISE(ABORT, 'a version of the rules is never changed'); END""",
    """CREATE TRIGGER rules_entry_never_gone BEFORE DELETE ON rules_entry
        BEGIN SELECT RAISE(ABORT, 'a version of the rules is never deleted'); END""",
    """CREATE TABLE rules_draft (
        only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL, shelved TEXT NOT NULL,
        based_on INTEGER REFERENCES rules_entry (entry_no), revision INTEGER NOT NULL,
        at_ms INTEGER NOT NULL, staff_id TEXT NOT NULL
    ) STRICT""",
)


def up(migrator: Any, db: Any) -> None:
    """Make the tables. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
