"""How much each member may owe: limits of what is sold on account.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Make the table and the index. The runner wraps this in one transaction."""
    del migrator
    # What a member owes is read by either side of a transfer; that of 0014 is for what is paid off.
    db.execute_sql(
        "CREATE INDEX transfer_from_owed ON transfer (from_account)"
        " WHERE from_account >= 'owed/' AND from_account < 'owed0'"
    )
    db.execute_sql(
        "CREATE TABLE credit_limit (member_id TEXT PRIMARY KEY REFERENCES member (member_id),"
        " amount INTEGER NOT NULL CHECK (amount >= 0), staff_id TEXT NOT NULL, at_ms INTEGER NOT NULL)"
        " WITHOUT ROWID, STRICT"
    )
