"""The chain of what was done: every row holds the hash of the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from peewee import SqliteDatabase

from edge.store.database import Row, execute


def chain_hash(prev_hash: str, *parts: object) -> str:
    """Return SHA-256 (hex) over the hash before and the canonical JSON of a row."""
    return hashlib.sha256(prev_hash.encode() + msgspec.json.encode(parts)).hexdigest()


def rows_hash(*tables: Sequence[Row]) -> str:
    """Return SHA-256 (hex) over rows as the file holds them, table by table: what a link keeps of its subject's rows.

    >>> rows_hash([(1, "a", None)], [])[:8]
    'a706044c'
    """
    return hashlib.sha256(msgspec.json.encode(tables)).hexdigest()


def note(
    db: SqliteDatabase, *, at_ms: int, staff_id: str, lane: int, action: str, subject: str = "", detail: object = None
) -> None:
    """Add a row to the chain within the caller's transaction. `detail` holds no personal data in clear."""
    text = msgspec.json.encode(detail).decode() if detail is not None else ""
    last = execute(db, "SELECT hash FROM audit ORDER BY audit_no DESC LIMIT 1").fetchone()
    digest = chain_hash(last[0] if last else "", at_ms, staff_id, lane, action, subject, text)
    execute(
        db,
        "INSERT INTO audit (at_ms, staff_id, lane, action, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
        at_ms, staff_id, lane, action, subject, text, digest,
    )  # fmt: skip
