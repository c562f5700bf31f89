"""Papers that a printer took which never says whether it printed: `sent` beside `printed`.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

from typing import Any

TABLES = """
CREATE TABLE print_job_new (
    job_id INTEGER PRIMARY KEY, printer TEXT NOT NULL, kind TEXT NOT NULL, sale_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'printed', 'sent', 'doubtful', 'dropped')),
    document BLOB NOT NULL, created_ms INTEGER NOT NULL, done_ms INTEGER
) STRICT;
INSERT INTO print_job_new SELECT job_id, printer, kind, sale_id, state, document, created_ms, done_ms FROM print_job;
DROP TABLE print_job;
ALTER TABLE print_job_new RENAME TO print_job;
CREATE INDEX print_job_open ON print_job (printer, job_id) WHERE state IN ('queued', 'sending');
CREATE INDEX print_job_sale ON print_job (sale_id) WHERE sale_id IS NOT NULL
"""


def up(migrator: Any, db: Any) -> None:
    """Make the table anew. The runner wraps this in one transaction."""
    del migrator
    for statement in TABLES.split(";"):
        db.execute_sql(statement)
