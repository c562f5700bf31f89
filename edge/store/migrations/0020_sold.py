"""An index of what was sold by item: a sale is found by what was in it, and what an item cost lately.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Make the index. The runner wraps this in one transaction."""
    del migrator
    db.execute_sql("CREATE INDEX sale_line_sku ON sale_line (sku)")
