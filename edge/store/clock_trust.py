"""Whether the clock runs as it should: what is taken away by the clock is taken only by one that can be trusted."""

from __future__ import annotations

from peewee import SqliteDatabase

from edge.store.database import execute, scalar

HOUR_MS = 3_600_000
BACK_MAX_MS = 2 * HOUR_MS
"""Farthest that a clock may be set back without a doubt."""
AHEAD_MAX_MS = 45 * 24 * HOUR_MS
"""Longest that a box is off and its clock believed at once: a shop that closes for more is a day late with expiry."""
TRUST_AFTER_MS = 20 * HOUR_MS
"""A clock that jumped is believed when it ran for so long: in the night after, when somebody saw the wrong date."""


def is_steady(db: SqliteDatabase, job: str, *, now_ms: int) -> bool:
    """Tell whether the clock can be trusted, and remember this moment for a job; within the caller's transaction."""
    seen_ms, doubted_ms = _kept(db, f"job_seen/{job}"), _kept(db, f"job_doubted/{job}")
    if seen_ms is not None and not -BACK_MAX_MS <= now_ms - seen_ms <= AHEAD_MAX_MS:
        doubted_ms = now_ms
    is_trusted = doubted_ms is None or now_ms - doubted_ms >= TRUST_AFTER_MS
    _keep(db, f"job_seen/{job}", now_ms)
    _keep(db, f"job_doubted/{job}", None if is_trusted else doubted_ms)
    return is_trusted


def _kept(db: SqliteDatabase, key: str) -> int | None:
    found = scalar(db, "SELECT value FROM meta WHERE key = ?", key)
    return int(found) if found is not None else None


def _keep(db: SqliteDatabase, key: str, value: int | None) -> None:
    if value is None:
        execute(db, "DELETE FROM meta WHERE key = ?", key)
    else:
        execute(db, "INSERT OR REPLACE INTO meta VALUES (?, ?)", key, str(value))
