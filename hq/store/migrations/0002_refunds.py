"""What was given back, each once, and by business date: takings are what was sold less what came back.

Frozen once released: what changes later is a migration of its own.
"""

from __future__ import annotations

import json
from typing import Any

TABLES = (
    """CREATE TABLE refund (
        store TEXT NOT NULL, return_id TEXT NOT NULL, epoch TEXT NOT NULL, seq BIGINT NOT NULL,
        receipt_number TEXT NOT NULL, sale_id TEXT NOT NULL, lane INTEGER NOT NULL, staff_id TEXT NOT NULL,
        approver_id TEXT NOT NULL, business_date TEXT NOT NULL, at_ms BIGINT NOT NULL, currency TEXT NOT NULL,
        amount BIGINT NOT NULL, exchange_sale_id TEXT NOT NULL, PRIMARY KEY (store, return_id)
    )""",
    "CREATE INDEX refund_day ON refund (business_date, store)",
    "ALTER TABLE store_day ADD COLUMN returns BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE store_day ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0",
)
TEXTS = ("return_id", "receipt_number", "sale_id", "staff_id", "business_date", "currency")
FIGURES = ("lane", "at_ms", "amount")


def up(migrator: Any, db: Any) -> None:
    """Make the table, and take into it what was told before; what lies beyond a gap is taken when the gap is filled."""
    del migrator
    is_sqlite = type(db).__name__ == "SqliteDatabase"
    for statement in TABLES:
        db.execute_sql(statement)
    told = db.execute_sql(
        "SELECT m.store, m.epoch, m.seq, m.body FROM message m JOIN stream s ON s.store = m.store AND s.epoch = m.epoch"
        " WHERE m.kind = 'refund' AND NOT m.set_aside AND m.seq <= s.upto ORDER BY m.store, m.epoch, m.seq"
    ).fetchall()
    value = "?" if is_sqlite else "%s"
    for store, epoch, seq, text in told:
        body = json.loads(text)
        is_whole = isinstance(body, dict) and all(isinstance(body.get(name), str) for name in TEXTS)
        if not is_whole or not all(isinstance(body.get(name), int) for name in FIGURES):
            continue
        cursor = db.execute_sql(
            f"INSERT INTO refund VALUES ({', '.join([value] * 14)}) ON CONFLICT DO NOTHING",  # noqa: S608
            (store, body["return_id"], epoch, seq, body["receipt_number"], body["sale_id"], body["lane"],
             body["staff_id"], str(body.get("approver_id", "")), body["business_date"], body["at_ms"],
             body["currency"], body["amount"], str(body.get("exchange_sale_id", ""))),
        )  # fmt: skip
        if cursor.rowcount == 1:
            db.execute_sql(
                f"INSERT INTO store_day (store, business_date, currency, sales, takings, returns, refunded)"  # noqa: S608
                f" VALUES ({value}, {value}, {value}, 0, 0, 1, {value}) ON CONFLICT (store, business_date, currency)"
                " DO UPDATE SET returns = store_day.returns + 1, refunded = store_day.refunded + excluded.refunded",
                (store, body["business_date"], body["currency"], body["amount"]),
            )
