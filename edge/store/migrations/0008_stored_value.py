"""Top-ups of stored value, their instalments to come, and what refunds took of them.

Frozen once released: what changes later is a migration of its own. Money in minor units.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # The money itself stands in the ledger, in lots of the entry of the same id. The member changes when files merge.
    """CREATE TABLE top_up (
        top_up_id TEXT PRIMARY KEY REFERENCES entry (entry_id), member_id TEXT NOT NULL REFERENCES member (member_id),
        paid INTEGER NOT NULL CHECK (paid > 0), gift INTEGER NOT NULL CHECK (gift >= 0), at_ms INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX top_up_member ON top_up (member_id, at_ms)",
    # Instalments of gift money: what is still to come of each, the day from which on it is given, and the entry that
    # gave it.
    """CREATE TABLE gift_to_come (
        top_up_id TEXT NOT NULL REFERENCES top_up (top_up_id), number INTEGER NOT NULL CHECK (number > 1),
        due_date TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount >= 0),
        given_by TEXT REFERENCES entry (entry_id), PRIMARY KEY (top_up_id, number)
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX gift_due ON gift_to_come (due_date) WHERE given_by IS NULL AND amount > 0",
    # What each refund took of a top-up, and how much of its gift it dealt with.
    """CREATE TABLE top_up_refund (
        refund_id TEXT NOT NULL REFERENCES entry (entry_id), top_up_id TEXT NOT NULL REFERENCES top_up (top_up_id),
        principal INTEGER NOT NULL CHECK (principal > 0), voided INTEGER NOT NULL CHECK (voided >= 0),
        PRIMARY KEY (refund_id, top_up_id)
    ) WITHOUT ROWID, STRICT""",
    # Coupons that a top-up gave, to be voided with it.
    """CREATE TABLE top_up_coupon (
        code TEXT PRIMARY KEY, top_up_id TEXT NOT NULL REFERENCES top_up (top_up_id)
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX top_up_coupon_of ON top_up_coupon (top_up_id)",
    "CREATE INDEX top_up_refund_of ON top_up_refund (top_up_id)",
)


def up(migrator: Any, db: Any) -> None:
    """Make the tables. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
