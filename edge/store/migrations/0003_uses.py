"""How often promotions were used, which single-use codes were spent, gifts among the lines, points that paid.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any

STATEMENTS = (
    # Baskets that used a promotion: in all (key ''), by member, by business date. Kept by the sale's own transaction.
    """CREATE TABLE promotion_use (
        promotion_id TEXT NOT NULL, span TEXT NOT NULL CHECK (span IN ('all', 'member', 'day')), key TEXT NOT NULL,
        baskets INTEGER NOT NULL CHECK (baskets > 0), PRIMARY KEY (promotion_id, span, key)
    ) WITHOUT ROWID, STRICT""",
    # With capitals folded. The key is what lets a code be spent once, whoever writes.
    """CREATE TABLE spent_code (
        code TEXT PRIMARY KEY, sale_no INTEGER NOT NULL REFERENCES sale (sale_no)
    ) WITHOUT ROWID, STRICT""",
    "CREATE INDEX spent_code_sale ON spent_code (sale_no)",
    "ALTER TABLE sale ADD COLUMN points_paid INTEGER NOT NULL DEFAULT 0",
    # The promotion that gave a line away; empty for what was bought.
    "ALTER TABLE sale_line ADD COLUMN gift_of TEXT NOT NULL DEFAULT ''",
    # Sales that the version before recorded count as well.
    """INSERT INTO promotion_use
        WITH used AS (
            SELECT s.member_id, s.business_date, json_extract(p.value, '$[0]') AS id
            FROM sale s, json_each(s.promotions) p
        )
        SELECT id, 'all', '', count(*) FROM used GROUP BY id
        UNION ALL SELECT id, 'member', member_id, count(*) FROM used WHERE member_id IS NOT NULL GROUP BY id, member_id
        UNION ALL SELECT id, 'day', business_date, count(*) FROM used GROUP BY id, business_date""",
)


def up(migrator: Any, db: Any) -> None:
    """Make the tables and count what was sold before. The runner wraps this in one transaction."""
    del migrator
    for statement in STATEMENTS:
        db.execute_sql(statement)
