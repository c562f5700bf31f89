"""Shifts, their numbered reports, and which shift a sale belongs to.

Frozen once released: what changes later is a migration of its own. Money in minor units, moments in UTC milliseconds.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # What came after `…_from` in the ledger and the chain belongs to the shift: no clock is asked.
    """CREATE TABLE shift (
        shift_no INTEGER PRIMARY KEY, shift_id TEXT NOT NULL UNIQUE, lane INTEGER NOT NULL, business_date TEXT NOT NULL,
        opened_by TEXT NOT NULL, opened_ms INTEGER NOT NULL, float_amount INTEGER NOT NULL CHECK (float_amount >= 0),
        transfer_from INTEGER NOT NULL, entry_from INTEGER NOT NULL, audit_from INTEGER NOT NULL,
        closed_ms INTEGER, z_number INTEGER UNIQUE, report BLOB,
        CHECK ((closed_ms IS NULL) = (report IS NULL) AND (closed_ms IS NULL) = (z_number IS NULL))
    ) STRICT""",
    "CREATE UNIQUE INDEX shift_open ON shift (lane) WHERE closed_ms IS NULL",
    """CREATE TRIGGER shift_is_closed BEFORE UPDATE ON shift WHEN old.closed_ms IS NOT NULL
        BEGIN SELECT raise(ABORT, 'a closed shift is never changed'); END""",
    """CREATE TRIGGER shift_stays BEFORE DELETE ON shift
        BEGIN SELECT raise(ABORT, 'a shift is never deleted'); END""",
    "ALTER TABLE sale ADD COLUMN shift_id TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX sale_shift ON sale (shift_id) WHERE shift_id <> ''",
)


def up(migrator: Any, db: Any) -> None:
    """Make the tables. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
