"""Messages that head office has not acknowledged: put in with what they tell of, taken out on its word alone."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.messages import Ack, body_hash
from edge.store.database import execute, execute_many, row, rows, scalar


@dataclass(frozen=True, slots=True)
class OutboxRow:
    seq: int
    epoch: str
    kind: str
    subject: str
    body: bytes
    prev_hash: str
    created_ms: int


def put(db: SqliteDatabase, *, kind: str, subject: str, body: bytes, at_ms: int) -> int:
    """Add a message within the caller's transaction and return its sequence; there is never a gap."""
    head = row(db, "SELECT epoch, seq, hash FROM outbox_head")
    assert head is not None, "the store was not opened by open_store"
    epoch, last, prev_hash = head
    execute(
        db, "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)", last + 1, epoch, kind, subject, body, prev_hash, at_ms
    )
    execute(db, "UPDATE outbox_head SET seq = ?, hash = ?", last + 1, body_hash(body))
    return int(last + 1)


def unacked(db: SqliteDatabase, after_seq: int, limit: int) -> list[OutboxRow]:
    """Return at most `limit` messages beyond a sequence, in order."""
    found = rows(
        db,
        "SELECT seq, epoch, kind, subject, body, prev_hash, created_ms FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?",
        after_seq,
        limit,
    )
    return [OutboxRow(*each) for each in found]


def epoch(db: SqliteDatabase) -> str:
    return str(scalar(db, "SELECT epoch FROM outbox_head"))


def waiting(db: SqliteDatabase) -> int:
    """Return how many messages head office has not acknowledged, from the oldest of them on.

    While it misses one, the few that it has beyond that gap count as well. This is asked every second: the sequence has
    no gaps, so its two ends tell what a count of a month's backlog would take the disk to find out.
    """
    return int(scalar(db, "SELECT coalesce((SELECT seq FROM outbox_head) - (SELECT min(seq) FROM outbox) + 1, 0)"))


def is_acknowledged(db: SqliteDatabase, subject: str) -> bool:
    return scalar(db, "SELECT 1 FROM outbox WHERE subject = ?", subject) is None


def apply_ack(db: SqliteDatabase, ack: Ack) -> None:
    """Delete what head office has, and set aside what it refused; an ack of another epoch changes nothing.

    Called within the writer's transaction.
    """
    if ack.epoch != epoch(db):
        return
    for nack in ack.nack:
        execute(
            db,
            "INSERT OR IGNORE INTO outbox_set_aside"
            " SELECT epoch, seq, kind, subject, body, ? FROM outbox WHERE seq = ?",
            nack.reason[:500],
            nack.sequence,
        )
    execute(db, "DELETE FROM outbox WHERE seq <= ?", ack.upto)
    beyond = [(seq,) for seq in ack.also] + [(nack.sequence,) for nack in ack.nack]
    if beyond:
        execute_many(db, "DELETE FROM outbox WHERE seq = ?", beyond)


def new_life(db: SqliteDatabase, new_epoch: str) -> None:
    """Begin a new epoch, after a restore: what still waits is told again under it, in the same order."""
    waiting_rows = unacked(db, 0, 2**31)
    execute(db, "DELETE FROM outbox")
    execute(db, "UPDATE outbox_head SET epoch = ?, seq = 0, hash = ''", new_epoch)
    for message in waiting_rows:
        put(db, kind=message.kind, subject=message.subject, body=message.body, at_ms=message.created_ms)
