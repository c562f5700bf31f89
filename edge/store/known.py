"""What a connection has read and what still holds: as long as nothing that it could depend on was written.

A price, a member's panel, a coupon follow from what stands in the file, from the rules and from the moment. What was
read of the file is kept beside the connection that read it, and thrown away as soon as anything was written: by this
connection (SQLite counts the rows that it changed) or by another one (SQLite numbers what it sees of those). Only open
baskets, those on hold and the audit are written without an end of that, since nothing that is kept is read from them.
Within a transaction nothing is kept and nothing that was kept is told, so that what is undone was never known.

So nobody has to say what depends on what, and nobody can forget to.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from operator import is_
from typing import Any, TypeVar

from peewee import DatabaseError, SqliteDatabase

T = TypeVar("T")
KEPT_MAX = 1_000
"""Answers that a connection keeps; then it begins anew."""
ALWAYS_MS = 1 << 62
"""Ends what no time passing changes."""


class World:
    """Stands for what is in the file: the same object as long as nothing was written."""


class Keeper:
    """What one connection knows, and the world in which that holds."""

    __slots__ = ("aside", "changes", "connection", "is_looking", "kept", "version", "world")

    def __init__(self) -> None:
        self.connection: sqlite3.Connection | None = None
        self.world = World()
        self.version = 0
        """Of the file as the connection sees it: another one once others have written."""
        self.changes = 0
        """Rows that the connection changed itself, but for those that are written aside."""
        self.kept: dict[Hashable, tuple[int, int, tuple[object, ...], Any]] = {}
        """By what was asked: from and until when it holds, what else it follows from, and the answer."""
        self.aside = 0
        """Rows that the connection changed aside."""
        self.is_looking = False

    def meet(self, connection: sqlite3.Connection) -> None:
        """Begin anew with another connection: what one numbers says nothing of what another does."""
        if connection is not self.connection:
            self.connection, self.aside, self.is_looking = connection, 0, False
            self._forget()

    def look(self, connection: sqlite3.Connection) -> World:
        """Return the world as it is, and forget what was read of another one."""
        self.meet(connection)
        version = self.version if self.is_looking else _version(connection)
        changes = connection.total_changes - self.aside
        if changes != self.changes or version != self.version:
            self.version, self.changes = version, changes
            self._forget()
        return self.world

    def _forget(self) -> None:
        self.kept.clear()
        self.world = World()


class Known(threading.local):
    """What the connections of one database know: each thread has one of its own, and its own keeper beside it."""

    def __init__(self) -> None:
        self.keeper = Keeper()


class KnowingDatabase(SqliteDatabase):
    """A database whose connections know what they have read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = Known()


def world(db: SqliteDatabase) -> World | None:
    """Return the world of this thread's connection, in which what is written aside does not count.

    It is the very same object as long as nothing was written; within a transaction there is none.
    """
    return _world(db, db.known.keeper) if isinstance(db, KnowingDatabase) else None


def _world(db: KnowingDatabase, keeper: Keeper) -> World | None:
    connection = keeper.connection
    if keeper.is_looking and connection is not None:
        # Asked at every question: the connection that a look began with is the thread's own until the look ends.
        if connection.in_transaction:
            return None
        if connection.total_changes - keeper.aside == keeper.changes:
            return keeper.world
    else:
        connection = _connection(db)
    return None if connection.in_transaction else keeper.look(connection)


def known(
    db: SqliteDatabase,
    about: tuple[object, ...],
    key: Hashable,
    now_ms: int,
    read: Callable[[], tuple[T, int]],
    *,
    most_ms: int = ALWAYS_MS,
) -> T:
    """Return what `read` gives; it is asked again only where that could be something else by now.

    Args:
        about: what else it follows from, such as the rules in force: these very objects, none of which ever changes.
        key: what is asked, the first part its name.
        now_ms: the moment for which; any where it does not follow from one.
        read: returns the value, and the first moment after `now_ms` at which time alone makes it another.
        most_ms: from then on it is asked again in any case.
    """
    if not isinstance(db, KnowingDatabase):
        return read()[0]
    keeper = db.known.keeper
    before = _world(db, keeper)
    if before is None:
        return read()[0]
    found = keeper.kept.get(key)
    if found is not None and found[0] <= now_ms < found[1] and all(map(is_, about, found[2])):
        value: T = found[3]
        return value
    value, until_ms = read()
    # What somebody wrote meanwhile may be in one half of it.
    if _world(db, keeper) is before:
        if len(keeper.kept) >= KEPT_MAX:
            keeper.kept.clear()
        keeper.kept[key] = (now_ms, min(until_ms, most_ms), about, value)
    return value


@contextmanager
def one_look(db: SqliteDatabase) -> Iterator[None]:
    """Look once for what other connections wrote, for all that is asked within; what this one writes counts at once."""
    keeper = db.known.keeper if isinstance(db, KnowingDatabase) and world(db) is not None else None
    if keeper is None or keeper.is_looking:
        yield
        return
    keeper.is_looking = True
    try:
        yield
    finally:
        keeper.is_looking = False


@contextmanager
def aside(db: SqliteDatabase) -> Iterator[None]:
    """Write open baskets, those on hold or the audit, and nothing else: nothing that is kept follows from these."""
    if not isinstance(db, KnowingDatabase):
        yield
        return
    keeper, connection = db.known.keeper, _connection(db)
    keeper.meet(connection)
    before = connection.total_changes
    try:
        yield
    finally:
        keeper.aside += connection.total_changes - before


def _version(connection: sqlite3.Connection) -> int:
    try:
        version: int = connection.execute("PRAGMA data_version").fetchone()[0]
    except sqlite3.Error as error:
        raise DatabaseError(*error.args) from error
    return version


def _connection(db: SqliteDatabase) -> sqlite3.Connection:
    connection: sqlite3.Connection = db.connection()  # type: ignore[no-untyped-call]
    return connection
