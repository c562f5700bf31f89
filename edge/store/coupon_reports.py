"""What became of coupons: the report of each batch, and the check that uses and states agree."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store.coupon_batches import Batch, batch_of
from edge.store.database import rows
from rules.money import Minor

BATCHES_MAX = 200
"""Batches that a report shows, newest first."""


@dataclass(frozen=True, slots=True)
class BatchReport:
    """A batch, and what became of its coupons up to now."""

    batch: Batch
    issued: int
    used: int
    void: int
    expired: int
    sales: int
    """Sales that used one, those apart whose coupon was given back."""
    takings: Minor
    """What was paid in those sales."""
    discount: Minor
    """What the coupons took off in them."""

    @property
    def open(self) -> int:
        return self.issued - self.used - self.void - self.expired


def reports(db: SqliteDatabase, *, now_ms: int, batch_id: int | None = None) -> list[BatchReport]:
    """Return the report of each batch, newest first; of one where its number is given."""
    found = rows(
        db,
        """
        WITH chosen AS (
            SELECT * FROM coupon_batch WHERE ?1 IS NULL OR batch_id = ?1 ORDER BY batch_id DESC LIMIT ?2
        ), counted AS (
            SELECT c.batch_id AS id, count(*) AS issued, sum(c.state = 'used') AS used, sum(c.state = 'void') AS void,
                sum(c.state = 'open' AND c.valid_until_ms <= ?3) AS expired
            FROM chosen b JOIN coupon c ON c.batch_id = b.batch_id GROUP BY c.batch_id
        ), used AS (
            SELECT c.batch_id AS id, u.sale_no, sum(u.amount) AS amount
            FROM chosen b JOIN coupon c ON c.batch_id = b.batch_id AND c.state = 'used'
            JOIN coupon_use u ON u.code = c.code AND u.revived_ms IS NULL GROUP BY c.batch_id, u.sale_no
        ), sold AS (
            SELECT u.id, count(*) AS sales, sum(s.total) AS takings, sum(u.amount) AS discount
            FROM used u JOIN sale s ON s.sale_no = u.sale_no GROUP BY u.id
        )
        SELECT b.*, coalesce(c.issued, 0), coalesce(c.used, 0), coalesce(c.void, 0), coalesce(c.expired, 0),
            coalesce(s.sales, 0), coalesce(s.takings, 0), coalesce(s.discount, 0)
        FROM chosen b LEFT JOIN counted c ON c.id = b.batch_id LEFT JOIN sold s ON s.id = b.batch_id
        ORDER BY batch_id DESC
        """,
        batch_id, BATCHES_MAX, now_ms,
    )  # fmt: skip
    return [BatchReport(batch_of(each[:-7]), *each[-7:]) for each in found]


def wrong_coupon(db: SqliteDatabase) -> str:
    """Return the first coupon whose state is not what its uses say, or an empty text."""
    found = rows(
        db,
        """
        SELECT c.code, c.state, count(u.code) FROM coupon c
        LEFT JOIN coupon_use u ON u.code = c.code AND u.revived_ms IS NULL
        GROUP BY c.code HAVING (c.state = 'used') <> (count(u.code) = 1) ORDER BY c.code LIMIT 1
        """,
    )
    return "".join(f"coupon {code}: state {state}, used by {uses} sales" for code, state, uses in found)


def issuable(db: SqliteDatabase) -> list[Batch]:
    """Return the batches that a member may be given a coupon of by hand, newest first."""
    found = rows(
        db,
        "SELECT * FROM coupon_batch WHERE is_void = 0 AND is_bearer = 0 AND rule_id = ''"
        " ORDER BY batch_id DESC LIMIT ?",
        BATCHES_MAX,
    )
    return [batch_of(each) for each in found]
