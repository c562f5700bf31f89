"""The whole house: catalogue, members, staff, baskets, ledger, sales, printing, outbox, audit.

Frozen once released: what changes later is a migration of its own. Money in minor units, moments in UTC milliseconds.
"""

from __future__ import annotations

from typing import Any

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;

CREATE TABLE category (
    category_id TEXT PRIMARY KEY,
    name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL DEFAULT '', name_en TEXT NOT NULL DEFAULT '',
    sort INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID, STRICT;
CREATE TABLE item (
    sku TEXT PRIMARY KEY,
    name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL DEFAULT '', name_en TEXT NOT NULL DEFAULT '',
    category_id TEXT NOT NULL DEFAULT '', brand TEXT NOT NULL DEFAULT '', unit TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '', tax_bp INTEGER NOT NULL DEFAULT 0 CHECK (tax_bp BETWEEN 0 AND 10000),
    is_weighed INTEGER NOT NULL DEFAULT 0 CHECK (is_weighed IN (0, 1)),
    is_open_price INTEGER NOT NULL DEFAULT 0 CHECK (is_open_price IN (0, 1)),
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    initials TEXT NOT NULL DEFAULT '',
    search TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX item_initials ON item (initials);
CREATE TABLE item_code (
    code TEXT PRIMARY KEY, sku TEXT NOT NULL REFERENCES item (sku),
    quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity BETWEEN 1 AND 9999)
) WITHOUT ROWID, STRICT;
CREATE INDEX item_code_sku ON item_code (sku);
CREATE TABLE price (
    sku TEXT NOT NULL REFERENCES item (sku), tier_id TEXT NOT NULL DEFAULT '#list', effective_from_ms INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount BETWEEN 0 AND 10000000000),
    PRIMARY KEY (sku, tier_id, effective_from_ms)
) WITHOUT ROWID, STRICT;
CREATE TABLE quick_page (
    page_id INTEGER PRIMARY KEY,
    name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL DEFAULT '', name_en TEXT NOT NULL DEFAULT '',
    sort INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE quick_key (
    page_id INTEGER NOT NULL REFERENCES quick_page (page_id), position INTEGER NOT NULL,
    sku TEXT NOT NULL REFERENCES item (sku), colour TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (page_id, position)
) WITHOUT ROWID, STRICT;

CREATE TABLE member (
    member_id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, tier_id TEXT NOT NULL DEFAULT '',
    joined_ms INTEGER NOT NULL, tags TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked', 'erased'))
) WITHOUT ROWID, STRICT;
CREATE TABLE person (
    member_id TEXT PRIMARY KEY REFERENCES member (member_id),
    name TEXT NOT NULL DEFAULT '', phone TEXT NOT NULL DEFAULT '', phone_last4 TEXT NOT NULL DEFAULT '',
    birth_month INTEGER CHECK (birth_month BETWEEN 1 AND 12), birth_day INTEGER CHECK (birth_day BETWEEN 1 AND 31),
    birth_year INTEGER, birth_is_lunar INTEGER NOT NULL DEFAULT 0 CHECK (birth_is_lunar IN (0, 1))
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX person_phone ON person (phone) WHERE phone <> '';
CREATE INDEX person_last4 ON person (phone_last4);
CREATE TABLE card (
    uid TEXT PRIMARY KEY, member_id TEXT NOT NULL REFERENCES member (member_id),
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked')), since_ms INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX card_member ON card (member_id);
CREATE TABLE member_stat (
    member_id TEXT PRIMARY KEY, visits INTEGER NOT NULL DEFAULT 0, spend INTEGER NOT NULL DEFAULT 0,
    first_date TEXT NOT NULL, last_date TEXT NOT NULL, before_last_date TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID, STRICT;
CREATE TABLE member_sku (
    member_id TEXT NOT NULL, sku TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (member_id, sku)
) WITHOUT ROWID, STRICT;

CREATE TABLE staff (
    staff_id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('cashier', 'manager')),
    pin_hash TEXT NOT NULL, badge_uid TEXT UNIQUE, is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1))
) WITHOUT ROWID, STRICT;
CREATE TABLE pin_try (
    key TEXT PRIMARY KEY, failed INTEGER NOT NULL, blocked_until_ms INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE basket_step (
    lane INTEGER NOT NULL, step INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (lane, step)
) STRICT;
CREATE TABLE lane_state (
    lane INTEGER PRIMARY KEY, staff_id TEXT NOT NULL DEFAULT '', seen_ms INTEGER NOT NULL DEFAULT 0,
    tenders TEXT NOT NULL DEFAULT '[]', banner TEXT NOT NULL DEFAULT 'null', waiting TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE balance (
    account TEXT NOT NULL, unit TEXT NOT NULL, amount INTEGER NOT NULL, may_be_negative INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, unit), CHECK (may_be_negative = 1 OR amount >= 0)
) WITHOUT ROWID, STRICT;
CREATE TABLE transfer (
    transfer_id INTEGER PRIMARY KEY, unit TEXT NOT NULL, from_account TEXT NOT NULL, to_account TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), reason TEXT NOT NULL, sale_id TEXT, at_ms INTEGER NOT NULL,
    business_date TEXT NOT NULL
) STRICT;
CREATE INDEX transfer_sale ON transfer (sale_id) WHERE sale_id IS NOT NULL;
CREATE INDEX transfer_from_member ON transfer (from_account)
    WHERE from_account >= 'member/' AND from_account < 'member0';
CREATE INDEX transfer_to_member ON transfer (to_account)
    WHERE to_account >= 'member/' AND to_account < 'member0';
CREATE TABLE lot (
    lot_id INTEGER PRIMARY KEY REFERENCES transfer (transfer_id), account TEXT NOT NULL, unit TEXT NOT NULL,
    granted INTEGER NOT NULL CHECK (granted > 0), remaining INTEGER NOT NULL, expires_ms INTEGER,
    CHECK (remaining BETWEEN 0 AND granted)
) STRICT;
CREATE INDEX lot_open ON lot (account, unit, expires_ms) WHERE remaining > 0;
CREATE TABLE lot_use (
    transfer_id INTEGER NOT NULL REFERENCES transfer (transfer_id), lot_id INTEGER NOT NULL REFERENCES lot (lot_id),
    amount INTEGER NOT NULL CHECK (amount > 0), PRIMARY KEY (transfer_id, lot_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE receipt_counter (
    lane INTEGER NOT NULL, business_date TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (lane, business_date)
) WITHOUT ROWID, STRICT;
CREATE TABLE sale (
    sale_no INTEGER PRIMARY KEY, sale_id TEXT NOT NULL UNIQUE, receipt_number TEXT NOT NULL UNIQUE,
    lane INTEGER NOT NULL, staff_id TEXT NOT NULL, member_id TEXT,
    business_date TEXT NOT NULL, sold_at_ms INTEGER NOT NULL, is_clock_unsure INTEGER NOT NULL DEFAULT 0,
    gross INTEGER NOT NULL, discount INTEGER NOT NULL, total INTEGER NOT NULL CHECK (total >= 0), tax INTEGER NOT NULL,
    change_due INTEGER NOT NULL DEFAULT 0, points INTEGER NOT NULL DEFAULT 0, points_after INTEGER,
    next_tier TEXT NOT NULL DEFAULT '', next_tier_short INTEGER NOT NULL DEFAULT 0,
    item_count INTEGER NOT NULL, rules_version TEXT NOT NULL, promotions TEXT NOT NULL DEFAULT '[]',
    CHECK (gross - discount = total)
) STRICT;
CREATE INDEX sale_date ON sale (business_date, lane);
CREATE INDEX sale_member ON sale (member_id, business_date) WHERE member_id IS NOT NULL;
CREATE TABLE sale_line (
    sale_no INTEGER NOT NULL REFERENCES sale (sale_no), line_no INTEGER NOT NULL, sku TEXT NOT NULL,
    name_zh_hans TEXT NOT NULL, name_zh_hant TEXT NOT NULL, name_en TEXT NOT NULL, unit TEXT NOT NULL,
    quantity INTEGER NOT NULL, weight_g INTEGER, unit_price INTEGER NOT NULL,
    gross INTEGER NOT NULL, net INTEGER NOT NULL, unit_nets TEXT NOT NULL, discounts TEXT NOT NULL,
    tax_bp INTEGER NOT NULL, tax INTEGER NOT NULL, code TEXT NOT NULL,
    PRIMARY KEY (sale_no, line_no)
) WITHOUT ROWID, STRICT;
CREATE TABLE sale_tender (
    sale_no INTEGER NOT NULL REFERENCES sale (sale_no), tender_no INTEGER NOT NULL, kind TEXT NOT NULL,
    amount INTEGER NOT NULL, given INTEGER NOT NULL, ref TEXT NOT NULL DEFAULT '', PRIMARY KEY (sale_no, tender_no)
) WITHOUT ROWID, STRICT;
CREATE TABLE day_stat (
    business_date TEXT NOT NULL, lane INTEGER NOT NULL, sales INTEGER NOT NULL, takings INTEGER NOT NULL,
    discount INTEGER NOT NULL, member_sales INTEGER NOT NULL, PRIMARY KEY (business_date, lane)
) WITHOUT ROWID, STRICT;

CREATE TABLE print_job (
    job_id INTEGER PRIMARY KEY, printer TEXT NOT NULL, kind TEXT NOT NULL, sale_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'printed', 'doubtful', 'dropped')),
    document BLOB NOT NULL, created_ms INTEGER NOT NULL, done_ms INTEGER
) STRICT;
CREATE INDEX print_job_open ON print_job (printer, job_id) WHERE state IN ('queued', 'sending');
CREATE INDEX print_job_sale ON print_job (sale_id) WHERE sale_id IS NOT NULL;

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY, epoch TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, body BLOB NOT NULL,
    prev_hash TEXT NOT NULL, created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_subject ON outbox (subject);
CREATE TABLE outbox_head (
    only INTEGER PRIMARY KEY CHECK (only = 1), epoch TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TABLE outbox_set_aside (
    epoch TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, body BLOB NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY (epoch, seq)
) WITHOUT ROWID, STRICT;

CREATE TABLE audit (
    audit_no INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, staff_id TEXT NOT NULL, lane INTEGER NOT NULL,
    action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
"""


def up(migrator: Any, db: Any) -> None:
    """Make every table. The runner wraps this in one transaction."""
    del migrator
    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute_sql(statement)
