"""The file that a lane practises in: catalogue and staff of the store, members who do not exist, nothing else."""

from __future__ import annotations

from pathlib import Path

from peewee import SqliteDatabase

from edge.store import members
from edge.store.database import Store, execute, open_store, scalar

COPIED = (
    ("category", "*"),
    ("item", "*"),
    ("item_terms", "*"),
    ("item_code", "*"),
    ("price", "*"),
    ("quick_page", "*"),
    ("quick_key", "*"),
    ("staff", "*"),
    ("item_place", "*"),
    ("item_heads", "rowid, words"),
    ("item_words", "rowid, words"),
)
"""Tables, in an order that their references allow, with their columns. No person is among them but the staff."""
PRACTISED = (("practice1", "T0001", "练习会员甲", "13000000001"), ("practice2", "T0002", "练习会员乙", "13000000002"))
"""Members to practise with: id, code, name, phone."""


def make(path: Path, real: Store, *, now_ms: int) -> Store:
    """Return a new store at the path, the one before thrown away. It is read and written on any thread."""
    for each in (path, path.with_suffix(".db-wal"), path.with_suffix(".db-shm")):
        each.unlink(missing_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = open_store(path, synchronous="OFF")
    execute(store.db, "ATTACH DATABASE ? AS real", str(real.path))
    try:
        with store.transaction():
            for table, columns in COPIED:
                into = "" if columns == "*" else f" ({columns})"
                execute(store.db, f"INSERT INTO main.{table}{into} SELECT {columns} FROM real.{table}")  # noqa: S608 ours
            for member_id, code, name, phone in PRACTISED:
                members.put_member(store.db, member_id=member_id, code=code, joined_ms=now_ms, name=name, phone=phone)
    finally:
        execute(store.db, "DETACH DATABASE real")
    return store


def sales(db: SqliteDatabase, lane: int) -> int:
    """Return how many sales a lane has practised."""
    return int(scalar(db, "SELECT count(*) FROM sale WHERE lane = ?", lane))
