"""Messages, the sales in them, the state of each store, and what was set aside.

Frozen once released: what changes later is a migration of its own. Money in minor units, moments in UTC milliseconds.
The text is the same for SQLite and PostgreSQL, but for the automatic key and the type of bytes.
"""

from __future__ import annotations

from typing import Any

TABLES = """
CREATE TABLE store (
    store TEXT PRIMARY KEY, epoch TEXT NOT NULL, last_number TEXT NOT NULL DEFAULT '',
    last_total BIGINT NOT NULL DEFAULT 0, last_currency TEXT NOT NULL DEFAULT '', last_sold_ms BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE stream (
    store TEXT NOT NULL, epoch TEXT NOT NULL, upto BIGINT NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0,
    set_aside INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (store, epoch)
);
CREATE TABLE message (
    store TEXT NOT NULL, epoch TEXT NOT NULL, seq BIGINT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    time TEXT NOT NULL, hash TEXT NOT NULL, prev_hash TEXT NOT NULL, body TEXT NOT NULL, received_ms BIGINT NOT NULL,
    set_aside BOOLEAN NOT NULL, PRIMARY KEY (store, epoch, seq)
);
CREATE TABLE sale (
    store TEXT NOT NULL, sale_id TEXT NOT NULL, epoch TEXT NOT NULL, seq BIGINT NOT NULL, receipt_number TEXT NOT NULL,
    lane INTEGER NOT NULL, staff_id TEXT NOT NULL, member_id TEXT, business_date TEXT NOT NULL,
    sold_at_ms BIGINT NOT NULL, clock_unsure BOOLEAN NOT NULL, currency TEXT NOT NULL, gross BIGINT NOT NULL,
    discount BIGINT NOT NULL, total BIGINT NOT NULL, tax BIGINT NOT NULL, points BIGINT NOT NULL,
    change BIGINT NOT NULL, rules_version TEXT NOT NULL, PRIMARY KEY (store, sale_id)
);
CREATE INDEX sale_day ON sale (business_date, store);
CREATE TABLE sale_line (
    store TEXT NOT NULL, sale_id TEXT NOT NULL, line INTEGER NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL,
    quantity BIGINT NOT NULL, weight_g BIGINT, unit_price BIGINT NOT NULL, gross BIGINT NOT NULL, net BIGINT NOT NULL,
    tax_bp INTEGER NOT NULL, tax BIGINT NOT NULL, discounts TEXT NOT NULL, PRIMARY KEY (store, sale_id, line)
);
CREATE TABLE tender (
    store TEXT NOT NULL, sale_id TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, amount BIGINT NOT NULL,
    given BIGINT NOT NULL, PRIMARY KEY (store, sale_id, number)
);
CREATE TABLE store_day (
    store TEXT NOT NULL, business_date TEXT NOT NULL, currency TEXT NOT NULL, sales BIGINT NOT NULL,
    takings BIGINT NOT NULL, PRIMARY KEY (store, business_date, currency)
);
CREATE INDEX store_day_date ON store_day (business_date);
CREATE TABLE store_state (
    store TEXT PRIMARY KEY, is_online BOOLEAN NOT NULL, boot TEXT NOT NULL, version TEXT NOT NULL, epoch TEXT NOT NULL,
    at_ms BIGINT NOT NULL, waiting BIGINT NOT NULL, devices TEXT NOT NULL, received_ms BIGINT NOT NULL
);
CREATE TABLE set_aside (
    id {auto}, store TEXT NOT NULL, epoch TEXT NOT NULL DEFAULT '', seq BIGINT, topic TEXT NOT NULL,
    reason TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL, size BIGINT NOT NULL, head {blob} NOT NULL,
    received_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX set_aside_once ON set_aside (store, hash);
CREATE TABLE alarm (
    id {auto}, store TEXT NOT NULL, epoch TEXT NOT NULL, seq BIGINT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX alarm_once ON alarm (store, epoch, seq, kind);
"""
KEYED = ("stream", "sale", "sale_line", "tender", "store_day")
"""Tables of short rows that SQLite keeps in the tree of their key, which halves the writes of a sale."""


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 - the runner gives both
    """Make all tables."""
    is_sqlite = type(db).__name__ == "SqliteDatabase"
    words = (
        {"auto": "INTEGER PRIMARY KEY", "blob": "BLOB"}
        if is_sqlite
        else {"auto": "BIGSERIAL PRIMARY KEY", "blob": "BYTEA"}
    )
    for statement in TABLES.format(**words).split(";\n"):
        text = statement.strip()
        if not text:
            continue
        if is_sqlite and any(text.startswith(f"CREATE TABLE {name} (") for name in KEYED):
            text += " WITHOUT ROWID"
        db.execute_sql(text)
