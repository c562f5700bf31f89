"""An index of what is paid off of what members owe: points of a tier's window are summed at every tap.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Make the index. The runner wraps this in one transaction."""
    del migrator
    db.execute_sql(
        "CREATE INDEX transfer_to_owed ON transfer (to_account) WHERE to_account >= 'owed/' AND to_account < 'owed0'"
    )
