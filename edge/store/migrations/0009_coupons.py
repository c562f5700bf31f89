"""Issued coupons: batches, coupons, their uses, and what events brought already.

Frozen once released: what changes later is a migration of its own. Moments in UTC milliseconds.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # `rule_id` is the rule of the rules file that issues by itself; empty for what a person made.
    """CREATE TABLE coupon_batch (
        batch_id INTEGER PRIMARY KEY, name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL DEFAULT '',
        name_en TEXT NOT NULL DEFAULT '', promotion_id TEXT NOT NULL, rule_id TEXT NOT NULL DEFAULT '',
        is_bearer INTEGER NOT NULL CHECK (is_bearer IN (0, 1)),
        is_revived INTEGER NOT NULL CHECK (is_revived IN (0, 1)),
        most INTEGER NOT NULL CHECK (most >= 0), valid_from_ms INTEGER, valid_until_ms INTEGER,
        valid_days INTEGER NOT NULL DEFAULT 0, is_void INTEGER NOT NULL DEFAULT 0 CHECK (is_void IN (0, 1)),
        created_ms INTEGER NOT NULL, staff_id TEXT NOT NULL DEFAULT '', lane INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    """CREATE UNIQUE INDEX coupon_batch_rule ON coupon_batch (rule_id, promotion_id, is_bearer, is_revived)
        WHERE rule_id <> '' AND is_void = 0""",
    # The code with capitals folded. `issued_sale_no` is the sale that brought it.
    """CREATE TABLE coupon (
        code TEXT PRIMARY KEY, batch_id INTEGER NOT NULL REFERENCES coupon_batch (batch_id),
        member_id TEXT REFERENCES member (member_id), issued_ms INTEGER NOT NULL, valid_from_ms INTEGER NOT NULL,
        valid_until_ms INTEGER NOT NULL CHECK (valid_until_ms > valid_from_ms),
        state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'void')),
        issued_sale_no INTEGER REFERENCES sale (sale_no)
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX coupon_of_batch ON coupon (batch_id, state)",
    "CREATE INDEX coupon_of_member ON coupon (member_id, state, valid_until_ms) WHERE member_id IS NOT NULL",
    "CREATE INDEX coupon_of_sale ON coupon (issued_sale_no) WHERE issued_sale_no IS NOT NULL",
    """CREATE VIEW issued_coupon AS
        SELECT c.code, c.batch_id, c.member_id, c.issued_ms, c.valid_from_ms, c.valid_until_ms, c.state,
            b.promotion_id, b.is_bearer, b.name_zh_hans, b.name_zh_hant, b.name_en, c.issued_sale_no
        FROM coupon c JOIN coupon_batch b ON b.batch_id = c.batch_id""",
    # A use stays when the sale is returned and the coupon is open again: `revived_ms` says since when.
    """CREATE TABLE coupon_use (
        sale_no INTEGER NOT NULL REFERENCES sale (sale_no), code TEXT NOT NULL REFERENCES coupon (code),
        amount INTEGER NOT NULL CHECK (amount >= 0), revived_ms INTEGER, PRIMARY KEY (sale_no, code)
    ) WITHOUT ROWID, STRICT""",
    # The key is what lets a coupon be used once, whoever writes.
    "CREATE UNIQUE INDEX coupon_use_once ON coupon_use (code) WHERE revived_ms IS NULL",
    # What an event brought to a member: once a rule and a key, such as the year of a birthday.
    """CREATE TABLE coupon_grant (
        rule_id TEXT NOT NULL, member_id TEXT NOT NULL, key TEXT NOT NULL, at_ms INTEGER NOT NULL,
        PRIMARY KEY (rule_id, member_id, key)
    ) WITHOUT ROWID, STRICT""",
)


def up(migrator: Any, db: Any) -> None:
    """Make the tables. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
