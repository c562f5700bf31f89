"""Cards: why one is blocked and what took its place, counters of cards that prove themselves, e-cards, members' PINs.

Frozen once released: what changes later is a migration of its own. Moments in UTC milliseconds.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # lost, stolen, damaged, replaced or other; empty while the card is good.
    "ALTER TABLE card ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE card ADD COLUMN replaced_by TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE card ADD COLUMN bound_ms INTEGER NOT NULL DEFAULT 0",
    "UPDATE card SET bound_ms = since_ms",
    # The newest counter that was believed; also of cards that nobody has yet.
    """CREATE TABLE card_counter (
        uid TEXT PRIMARY KEY, counter INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 16777215), at_ms INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT""",
    # Whoever writes: a counter that was believed once is never believed again.
    """CREATE TRIGGER card_counter_rises BEFORE UPDATE OF counter ON card_counter WHEN NEW.counter <= OLD.counter
        BEGIN SELECT RAISE(ABORT, 'a counter of a card only rises'); END""",
    """CREATE TRIGGER card_counter_stays BEFORE DELETE ON card_counter
        BEGIN SELECT RAISE(ABORT, 'a counter of a card is never forgotten'); END""",
    # The secret itself is made from the master key, the member and this number: none stands here.
    """CREATE TABLE ecard (
        member_id TEXT PRIMARY KEY REFERENCES member (member_id), serial INTEGER NOT NULL CHECK (serial >= 1),
        last_step INTEGER NOT NULL DEFAULT -1, issued_ms INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT""",
    """CREATE TRIGGER ecard_step_rises BEFORE UPDATE OF last_step ON ecard
        WHEN NEW.serial = OLD.serial AND NEW.last_step <= OLD.last_step
        BEGIN SELECT RAISE(ABORT, 'a code of an e-card is good once'); END""",
    """CREATE TABLE member_pin (
        member_id TEXT PRIMARY KEY REFERENCES member (member_id), pin_hash TEXT NOT NULL, set_ms INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT""",
)


def up(migrator: Any, db: Any) -> None:
    """Make the tables. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
