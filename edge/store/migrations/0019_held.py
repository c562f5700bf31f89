"""Baskets on hold, exchanges with the tenders that they carry over, and returns without a receipt.

Frozen once released: what changes later is a migration of its own. Money in minor units, moments in UTC milliseconds.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # The row goes when its basket is taken or thrown away: the journal keeps what was done.
    """CREATE TABLE held_basket (
        hold_no INTEGER PRIMARY KEY AUTOINCREMENT, sale_id TEXT NOT NULL UNIQUE, lane INTEGER NOT NULL,
        staff_id TEXT NOT NULL, held_ms INTEGER NOT NULL, note TEXT NOT NULL, total INTEGER NOT NULL,
        item_count INTEGER NOT NULL, member_id TEXT, body BLOB NOT NULL
    ) STRICT""",
    # What of a return paid for a sale: an exchange is both in one transaction.
    """CREATE TABLE exchange (
        return_id TEXT PRIMARY KEY REFERENCES entry (entry_id), sale_no INTEGER NOT NULL REFERENCES sale (sale_no),
        amount INTEGER NOT NULL CHECK (amount >= 0)
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX exchange_sale ON exchange (sale_no)",
    # By which tenders of which sale a return was paid back, or carried over into the sale that it paid for. Only of
    # returns that carry, and of sales that something was carried into.
    """CREATE TABLE return_leg (
        return_no INTEGER NOT NULL REFERENCES sale_return (return_no),
        root_no INTEGER NOT NULL REFERENCES sale (sale_no),
        kind TEXT NOT NULL, is_carried INTEGER NOT NULL CHECK (is_carried IN (0, 1)),
        amount INTEGER NOT NULL CHECK (amount > 0 OR kind = 'rounding'),
        PRIMARY KEY (return_no, root_no, kind, is_carried)
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX return_leg_root ON return_leg (root_no)",
    # What an exchange tender stands for: where a sale that it paid for comes back, its money goes there.
    """CREATE TABLE carried (
        sale_no INTEGER NOT NULL REFERENCES sale (sale_no), root_no INTEGER NOT NULL REFERENCES sale (sale_no),
        kind TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0 OR kind = 'rounding'),
        PRIMARY KEY (sale_no, root_no, kind)
    ) WITHOUT ROWID, STRICT""",
    """CREATE TABLE loose_return (
        return_no INTEGER PRIMARY KEY, return_id TEXT NOT NULL UNIQUE REFERENCES entry (entry_id),
        amount INTEGER NOT NULL CHECK (amount >= 0)
    ) STRICT""",
    """CREATE TABLE loose_line (
        return_no INTEGER NOT NULL REFERENCES loose_return (return_no), line_no INTEGER NOT NULL, sku TEXT NOT NULL,
        name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL, name_en TEXT NOT NULL, unit TEXT NOT NULL,
        quantity INTEGER NOT NULL, weight_g INTEGER, unit_price INTEGER NOT NULL, net INTEGER NOT NULL,
        tax_bp INTEGER NOT NULL, tax INTEGER NOT NULL, is_restocked INTEGER NOT NULL CHECK (is_restocked IN (0, 1)),
        PRIMARY KEY (return_no, line_no)
    ) WITHOUT ROWID, STRICT""",
    """CREATE TABLE loose_tender (
        return_no INTEGER NOT NULL REFERENCES loose_return (return_no), kind TEXT NOT NULL,
        amount INTEGER NOT NULL CHECK (amount > 0 OR kind = 'rounding'), PRIMARY KEY (return_no, kind)
    ) WITHOUT ROWID, STRICT""",
)


def up(migrator: Any, db: Any) -> None:
    """Make the tables. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
