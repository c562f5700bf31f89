"""Tiers that are held for a while, their history, benefits that are given once, and gifts taken for points.

Frozen once released: what changes later is a migration of its own. Dates are business dates.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # The best tier among a member's rows is the one in the member's file. `until_date` is the first day on which it no
    # longer holds, grace aside; `counted_from` and `counted_to` are the days whose figures reached it.
    """CREATE TABLE tier_hold (
        hold_no INTEGER PRIMARY KEY, member_id TEXT NOT NULL REFERENCES member (member_id), tier_id TEXT NOT NULL,
        source TEXT NOT NULL CHECK (source IN ('earned', 'bought', 'given')), since_date TEXT NOT NULL, until_date TEXT,
        counted_from TEXT, counted_to TEXT, sale_id TEXT NOT NULL DEFAULT '', bought_on TEXT,
        months INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE INDEX tier_hold_member ON tier_hold (member_id)",
    "CREATE INDEX tier_hold_until ON tier_hold (until_date) WHERE until_date IS NOT NULL",
    """CREATE TABLE tier_change (
        change_no INTEGER PRIMARY KEY, member_id TEXT NOT NULL, from_tier TEXT NOT NULL, to_tier TEXT NOT NULL,
        why TEXT NOT NULL, at_ms INTEGER NOT NULL, business_date TEXT NOT NULL, sale_id TEXT NOT NULL DEFAULT '',
        staff_id TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX tier_change_member ON tier_change (member_id, change_no)",
    # The key lets a benefit be given once, whoever writes.
    """CREATE TABLE benefit_use (
        member_id TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, sale_id TEXT NOT NULL, points INTEGER NOT NULL,
        at_ms INTEGER NOT NULL, PRIMARY KEY (member_id, kind, key)
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX benefit_use_sale ON benefit_use (sale_id)",
    """CREATE TABLE gift_taken (
        entry_id TEXT PRIMARY KEY REFERENCES entry (entry_id), gift_id TEXT NOT NULL, member_id TEXT NOT NULL,
        pieces INTEGER NOT NULL CHECK (pieces > 0), business_date TEXT NOT NULL, voided_by TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX gift_taken_member ON gift_taken (member_id, gift_id)",
    "CREATE INDEX gift_taken_day ON gift_taken (gift_id, business_date)",
    # What was missing to the next tier: of spend, visits or points.
    "ALTER TABLE sale ADD COLUMN next_tier_by TEXT NOT NULL DEFAULT 'spend'",
    # Points that expired are found by their moment, not by going through every lot.
    "CREATE INDEX lot_expiring ON lot (expires_ms) WHERE remaining > 0 AND expires_ms IS NOT NULL",
)


def up(migrator: Any, db: Any) -> None:
    """Make the tables. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
