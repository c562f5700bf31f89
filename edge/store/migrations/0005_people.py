"""People: their data in one table that can be sealed, an index of tokens to find them by, consent, merged files.

Frozen once released. The tokens are made when the store is opened, since they depend on its key.
"""

from __future__ import annotations

from typing import Any

TABLES = """
ALTER TABLE member ADD COLUMN referrer_id TEXT NOT NULL DEFAULT '';

CREATE TABLE people (
    person_no INTEGER PRIMARY KEY AUTOINCREMENT, member_id TEXT NOT NULL UNIQUE REFERENCES member (member_id),
    name TEXT NOT NULL DEFAULT '', phone TEXT NOT NULL DEFAULT '', birthday TEXT NOT NULL DEFAULT '',
    profile TEXT NOT NULL DEFAULT '', phone_key TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO people (member_id, name, phone, birthday, phone_key)
    SELECT member_id, name, phone,
        CASE WHEN birth_month IS NULL OR birth_day IS NULL THEN '' ELSE
            printf('%s%04d-%02d-%02d', CASE birth_is_lunar WHEN 1 THEN 'L' ELSE 'S' END, coalesce(birth_year, 0),
                birth_month, birth_day) END,
        phone
    FROM person ORDER BY member_id;
DROP TABLE person;
ALTER TABLE people RENAME TO person;
CREATE UNIQUE INDEX person_phone ON person (phone_key) WHERE phone_key <> '';
CREATE TABLE person_word (
    token INTEGER NOT NULL, person_no INTEGER NOT NULL, PRIMARY KEY (token, person_no)
) WITHOUT ROWID, STRICT;

CREATE TABLE consent (
    consent_no INTEGER PRIMARY KEY, member_id TEXT NOT NULL REFERENCES member (member_id), purpose TEXT NOT NULL,
    is_given INTEGER NOT NULL CHECK (is_given IN (0, 1)), place TEXT NOT NULL, lane INTEGER NOT NULL DEFAULT 0,
    staff_id TEXT NOT NULL DEFAULT '', at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_member ON consent (member_id, purpose, consent_no);

CREATE TABLE member_merge (
    gone_id TEXT PRIMARY KEY REFERENCES member (member_id), into_id TEXT NOT NULL REFERENCES member (member_id),
    at_ms INTEGER NOT NULL, staff_id TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID, STRICT;
CREATE INDEX member_merge_into ON member_merge (into_id);
"""


def up(migrator: Any, db: Any) -> None:
    """Move people into the new table. The runner wraps this in one transaction."""
    del migrator
    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute_sql(statement)
