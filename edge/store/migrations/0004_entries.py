"""What moves in the ledger without being a sale, returns, and what sales say of stored value and times.

Frozen once released: what changes later is a migration of its own. Money in minor units, moments in UTC milliseconds.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # A top-up, an adjustment, an expiry, a return … `of_id` is the sale or entry that it follows or undoes.
    """CREATE TABLE entry (
        entry_no INTEGER PRIMARY KEY, entry_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, member_id TEXT,
        lane INTEGER NOT NULL, staff_id TEXT NOT NULL, approver_id TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '', of_id TEXT NOT NULL DEFAULT '', number TEXT NOT NULL DEFAULT '',
        detail TEXT NOT NULL DEFAULT '{}', at_ms INTEGER NOT NULL, business_date TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX entry_of ON entry (of_id) WHERE of_id <> ''",
    "CREATE INDEX entry_member ON entry (member_id, entry_no) WHERE member_id IS NOT NULL",
    "CREATE INDEX entry_date ON entry (business_date, lane, kind)",
    "CREATE UNIQUE INDEX entry_number ON entry (number) WHERE number <> ''",
    """CREATE TABLE entry_counter (
        lane INTEGER NOT NULL, business_date TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (lane, business_date)
    ) WITHOUT ROWID, STRICT""",
    "ALTER TABLE transfer ADD COLUMN entry_no INTEGER REFERENCES entry (entry_no)",
    "CREATE INDEX transfer_entry ON transfer (entry_no) WHERE entry_no IS NOT NULL",
    # What a return gave back to the very lots that were used.
    """CREATE TABLE lot_return (
        transfer_id INTEGER NOT NULL REFERENCES transfer (transfer_id),
        lot_id INTEGER NOT NULL REFERENCES lot (lot_id), amount INTEGER NOT NULL CHECK (amount > 0),
        PRIMARY KEY (transfer_id, lot_id)
    ) WITHOUT ROWID, STRICT""",
    # Stored value lives in lots from here on: nothing could be drawn from it before, so each lot is whole.
    """INSERT INTO lot SELECT transfer_id, to_account, unit, amount, amount, NULL FROM transfer
        WHERE unit = 'svc' AND to_account >= 'member/' AND to_account < 'member0'""",
    # Refunds may run ahead of what a drawer or a payment service took.
    """UPDATE balance SET may_be_negative = 1
        WHERE account = 'tenders' OR (account >= 'drawer/' AND account < 'drawer0')""",
    """CREATE TABLE sale_return (
        return_no INTEGER PRIMARY KEY, return_id TEXT NOT NULL UNIQUE REFERENCES entry (entry_id),
        sale_no INTEGER NOT NULL REFERENCES sale (sale_no), amount INTEGER NOT NULL CHECK (amount >= 0),
        clawed_back INTEGER NOT NULL CHECK (clawed_back >= 0), points_taken INTEGER NOT NULL,
        points_given INTEGER NOT NULL,
        points_excused INTEGER NOT NULL DEFAULT 0, withheld INTEGER NOT NULL DEFAULT 0 CHECK (withheld >= 0)
    ) STRICT""",
    "CREATE INDEX sale_return_sale ON sale_return (sale_no)",
    """CREATE TABLE return_line (
        return_no INTEGER NOT NULL REFERENCES sale_return (return_no), line_no INTEGER NOT NULL, units TEXT NOT NULL,
        net INTEGER NOT NULL, clawed_back INTEGER NOT NULL, tax INTEGER NOT NULL,
        is_restocked INTEGER NOT NULL CHECK (is_restocked IN (0, 1)), PRIMARY KEY (return_no, line_no)
    ) WITHOUT ROWID, STRICT""",
    # A unit comes back once, whoever writes.
    """CREATE TABLE returned_unit (
        sale_no INTEGER NOT NULL, line_no INTEGER NOT NULL, unit INTEGER NOT NULL, return_no INTEGER NOT NULL,
        PRIMARY KEY (sale_no, line_no, unit)
    ) WITHOUT ROWID, STRICT""",
    """CREATE TABLE return_tender (
        return_no INTEGER NOT NULL REFERENCES sale_return (return_no), tender_no INTEGER NOT NULL, kind TEXT NOT NULL,
        amount INTEGER NOT NULL CHECK (amount > 0), PRIMARY KEY (return_no, tender_no)
    ) WITHOUT ROWID, STRICT""",
    "ALTER TABLE sale ADD COLUMN principal_paid INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sale ADD COLUMN gift_paid INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sale ADD COLUMN change_kept INTEGER NOT NULL DEFAULT 0",
    # What the member had after it: stored value and times by unit.
    "ALTER TABLE sale ADD COLUMN balances_after TEXT NOT NULL DEFAULT '{}'",
    # The package whose times paid for a line; empty for what was bought.
    "ALTER TABLE sale_line ADD COLUMN times_of TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE day_stat ADD COLUMN returns INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE day_stat ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE member_stat ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0",
)


def up(migrator: Any, db: Any) -> None:
    """Make the tables. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
