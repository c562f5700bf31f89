"""Opening the file: pragmas, migrations, the writer and the readers, and a copy of it while it is in use."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any, Final

from peewee import DatabaseError, SqliteDatabase
from playhouse.migrations import Runner

from edge.ids import new_epoch
from edge.store import item_words
from edge.store.person_words import INDEX_VERSION
from edge.store.vault import TillDatabase

MIGRATIONS: Final = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 5_000
CACHE_KIB = 8_192
FAILURES_MAX = 10
"""How far back the first of several failures is looked for."""

Row = tuple[Any, ...]
Database = SqliteDatabase
"""What the functions of the store take; the name keeps peewee at home."""
StoreError = DatabaseError
"""The file could not be written or read: disk full, read-only, damaged."""


class StoreInUseError(Exception):
    """Another daemon holds the store."""


class StoreNewerError(Exception):
    """The file was written by a newer version of TapTill."""


class Store:
    """The store's database: `db` for the one writer thread, `reads` for all others.

    Both give each thread a connection of its own, opened when it is first used.
    """

    def __init__(self, path: Path, *, synchronous: str = "FULL") -> None:
        self.path = path
        common = {"journal_mode": "wal", "synchronous": synchronous, "foreign_keys": 1, "busy_timeout": BUSY_TIMEOUT_MS}
        self.db = TillDatabase(str(path), pragmas={**common, "cache_size": -CACHE_KIB}, lock_type="IMMEDIATE")
        self.reads = TillDatabase(str(path), pragmas={"query_only": 1, "busy_timeout": BUSY_TIMEOUT_MS})
        self._lock_fd: int | None = None

    def read_only(self) -> Store:
        """Return the same file with its read-only connections as `db`, for whoever asks and never writes."""
        twin = copy(self)
        twin.db = self.reads
        return twin

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold a `BEGIN IMMEDIATE` transaction for the writer: all or nothing, on the disk when it has ended."""
        try:
            with self.db.atomic():
                yield
        except DatabaseError as error:
            # A full disk makes SQLite undo the transaction itself; that undoing it once more fails is not the news.
            first = _first_failure(error)
            if first is error:
                raise
            raise first from None

    def hold(self) -> None:
        """Keep the store for this process alone until it ends. Raises StoreInUseError."""
        fd = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise StoreInUseError(f"another daemon holds {self.path}") from None
        self._lock_fd = fd

    def close_thread(self) -> None:
        """Close the connections of the thread that calls."""
        for db in (self.reads, self.db):
            if not db.is_closed():
                db.close()

    def close(self) -> None:
        """Close this thread's connections and let go of the store."""
        self.close_thread()
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None


def _first_failure(error: DatabaseError) -> DatabaseError:
    first, earlier = error, error.__context__
    for _ in range(FAILURES_MAX):
        if earlier is None:
            break
        if isinstance(earlier, DatabaseError):
            first = earlier
        earlier = earlier.__context__
    return first


def open_store(path: Path, *, synchronous: str = "FULL", hold: bool = False, migrations: Path = MIGRATIONS) -> Store:
    """Return the store of the file, made or brought up to date by the migrations, each one transaction.

    Args:
        hold: keep the store for this process alone, and that before anything is brought up to date under another one.

    Raises StoreNewerError, StoreInUseError, and peewee's DatabaseError for a file that is no database.
    """
    is_new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    if is_new:
        # Personal data: for the daemon's user alone, from the first byte on.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    store = Store(path, synchronous=synchronous)
    if hold:
        store.hold()
    runner = Runner(store.db, str(migrations))
    unknown = [migration.name for migration in runner.status() if migration.path is None]
    if unknown:
        store.close()
        raise StoreNewerError(f"{path} has migrations that this version does not know: {', '.join(unknown)}")
    runner.up()
    with store.transaction():
        if scalar(store.db, "SELECT count(*) FROM outbox_head") == 0:
            execute(store.db, "INSERT INTO outbox_head VALUES (1, ?, 0, '')", new_epoch())
        if is_new:
            # Nobody is in it: what comes is indexed as it comes.
            execute(store.db, "INSERT INTO meta VALUES ('people_index', ?)", f"{INDEX_VERSION}/")
            execute(store.db, "INSERT INTO meta VALUES ('item_index', ?)", item_words.INDEX_VERSION)
    return store


def pending_migrations(store: Store) -> list[str]:
    """Return the names of the migrations that a file still lacks; nothing is changed."""
    status = Runner(store.reads, str(MIGRATIONS)).status()
    return [migration.name for migration in status if migration.path is not None and migration.applied is None]


def execute(db: SqliteDatabase, sql: str, *params: object) -> sqlite3.Cursor:
    cursor: sqlite3.Cursor = db.execute_sql(sql, params)  # type: ignore[no-untyped-call]
    return cursor


def execute_many(db: SqliteDatabase, sql: str, rows: Sequence[Row]) -> int:
    """Run one statement for many rows and return how many it changed; peewee has no call for it, the connection has."""
    if not rows:
        return 0
    try:
        changed: int = db.connection().executemany(sql, rows).rowcount  # type: ignore[no-untyped-call]
    except sqlite3.Error as error:
        raise DatabaseError(*error.args) from error
    return changed


def rows(db: SqliteDatabase, sql: str, *params: object) -> list[Row]:
    return execute(db, sql, *params).fetchall()


def row(db: SqliteDatabase, sql: str, *params: object) -> Row | None:
    found: Row | None = execute(db, sql, *params).fetchone()
    return found


def scalar(db: SqliteDatabase, sql: str, *params: object) -> Any:
    """Return the first column of the first row, or None."""
    found = row(db, sql, *params)
    return None if found is None else found[0]


def backup(store: Store, target: Path, *, progress: Callable[[int, int], None] | None = None) -> None:
    """Copy the store, in use or not, to a new file that appears whole or not at all, and check the copy.

    Args:
        progress: called with pages still to copy, and pages in all.

    Raises FileExistsError when the target is there, and sqlite3.DatabaseError when the copy is not sound.
    """
    if target.exists():
        raise FileExistsError(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    source = sqlite3.connect(store.path)
    copy = sqlite3.connect(partial)
    try:
        source.backup(copy, pages=512, progress=(lambda _, left, whole: progress(left, whole)) if progress else None)
        copy.execute("PRAGMA journal_mode = DELETE")
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"the copy is not sound: {verdict}")
    finally:
        copy.close()
        source.close()
    sync_file(partial)
    partial.rename(target)
    sync_file(target.parent)


def is_full(error: StoreError) -> bool:
    """Tell whether the store could not be written because the disk is full."""
    return "full" in str(error)


def is_damaged(error: StoreError) -> bool:
    """Tell whether what the file holds is not, or no longer, a sound database."""
    return "malformed" in str(error) or "not a database" in str(error)


def sync_file(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
