"""Charges of customers' payment codes, every step of each, and what goes back to them.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # A payment code is money: only its first six and last four digits are kept.
    """CREATE TABLE charge (
        charge_id TEXT PRIMARY KEY, order_no TEXT NOT NULL UNIQUE, sale_id TEXT NOT NULL, lane INTEGER NOT NULL,
        staff_id TEXT NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), masked TEXT NOT NULL,
        state TEXT NOT NULL, reason TEXT NOT NULL, transaction_id TEXT NOT NULL, business_date TEXT NOT NULL,
        created_ms INTEGER NOT NULL, sent_ms INTEGER, done_ms INTEGER
    ) WITHOUT ROWID, STRICT""",
    """CREATE INDEX charge_open ON charge (lane)
        WHERE state IN ('created', 'paying', 'user_paying', 'unknown', 'reversing')""",
    "CREATE INDEX charge_stuck ON charge (charge_id) WHERE state = 'stuck'",
    "CREATE INDEX charge_sale ON charge (sale_id)",
    "CREATE INDEX charge_time ON charge (created_ms)",
    # Only added to: what became of each charge, and why.
    """CREATE TABLE charge_step (
        step_no INTEGER PRIMARY KEY, charge_id TEXT NOT NULL REFERENCES charge (charge_id), at_ms INTEGER NOT NULL,
        state TEXT NOT NULL, deed TEXT NOT NULL, told TEXT NOT NULL, reason TEXT NOT NULL, staff_id TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX charge_step_of ON charge_step (charge_id)",
    """CREATE TABLE charge_refund (
        refund_id TEXT PRIMARY KEY, charge_id TEXT NOT NULL REFERENCES charge (charge_id), return_id TEXT NOT NULL,
        lane INTEGER NOT NULL, staff_id TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),
        state TEXT NOT NULL, reason TEXT NOT NULL, transaction_id TEXT NOT NULL, created_ms INTEGER NOT NULL,
        done_ms INTEGER
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX charge_refund_of ON charge_refund (charge_id)",
    "CREATE INDEX charge_refund_refused ON charge_refund (refund_id) WHERE state = 'refused'",
    "CREATE INDEX charge_refund_open ON charge_refund (refund_id) WHERE state IN ('created', 'refunding')",
)


def up(migrator: Any, db: Any) -> None:
    """Make the tables. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
