"""Opening head office's database by its url, and the statements that every batch uses, written once by peewee."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Final

from peewee import Database, DatabaseError, Model, SqliteDatabase
from peewee import __exception_wrapper__ as as_peewee_errors  # type: ignore[attr-defined]
from playhouse.db_url import connect, parse
from playhouse.migrations import Runner

from hq.store import tables
from hq.store.statements import statements

MIGRATIONS: Final = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000
CACHE_KIB = 16_384

OPEN_TRIES_MAX = 20
OPEN_PAUSE_S = 0.1
"""Another process may be making the tables at this very moment; what it has done, the next try finds done."""

Row = tuple[Any, ...]


class DatabaseDown(Exception):
    """The database took nothing; nothing was lost either, since nothing was acknowledged. Try again later."""


class HqDatabase:
    """Head office's database. Each thread has a connection of its own, opened when it is first used."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.statements = statements(db)
        self._inserts: dict[type[Model], str] = {
            model: self._insert_sql(model)
            for model in (tables.Message, tables.Sale, tables.SaleLine, tables.Tender, tables.Refund, tables.Alarm)
        }

    def transaction(self) -> AbstractContextManager[Any]:
        """Return a transaction for writing: all or nothing, on the disk when it has ended."""
        return self.db.atomic()

    def transaction_for_reading(self) -> AbstractContextManager[Any]:
        """Return a transaction whose reads show one moment, and which holds up no writer."""
        return self.db.atomic("DEFERRED") if isinstance(self.db, SqliteDatabase) else self.db.atomic()

    def run(self, query: Any) -> Any:
        """Run a peewee query on this database; a SELECT gives an iterable of its rows."""
        return query.bind(self.db).execute()

    def rows(self, query: Any) -> list[Row]:
        return list(query.bind(self.db).tuples())

    def execute(self, statement: str, *values: object) -> Any:
        """Run one of `statements`; returns the cursor."""
        return self.db.execute_sql(statement, values)  # type: ignore[no-untyped-call]

    def insert_new(self, model: type[Model], rows: Sequence[Row]) -> None:
        """Insert rows of all columns in their order, those that are there already left as they are."""
        if rows:
            # One prepared statement for all rows: peewee's own insert_many writes the whole SQL anew for every batch.
            # The cursor is the driver's own, so its errors become peewee's here, as they do below execute_sql.
            with as_peewee_errors:
                self.db.cursor().executemany(self._inserts[model], rows)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close this thread's connection."""
        if not self.db.is_closed():
            self.db.close()

    def drop_connection(self) -> None:
        """Let go of this thread's connection, broken or not, so that the next use opens another one."""
        with suppress(DatabaseError):
            self.db.close()

    def _insert_sql(self, model: type[Model]) -> str:
        fields = [field for field in model._meta.sorted_fields if field.name != "id"]
        query = model.insert_many([[0] * len(fields)], fields=fields).on_conflict_ignore().bind(self.db)
        return str(query.sql()[0]).split(" RETURNING ")[0]


def open_database(url: str, *, synchronous: str = "FULL") -> HqDatabase:
    """Return the database of the url, made or brought up to date by the migrations, each one transaction.

    Args:
        url: sqlite:////absolute/path or postgresql://user:password@host/name.

    Of several processes that start on a new database at once, one makes the tables and the others wait for it.

    Raises ValueError for an url that names no database, and DatabaseDown for one that cannot be had within 2 s.
    """
    if url.startswith("sqlite:"):
        path = parse(url)["database"]
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        pragmas = {
            "journal_mode": "wal",
            "synchronous": synchronous,
            "busy_timeout": BUSY_TIMEOUT_MS,
            "cache_size": -CACHE_KIB,
        }
        db: Database = SqliteDatabase(path, pragmas=pragmas, lock_type="IMMEDIATE")
    else:
        try:
            db = connect(url)
        except RuntimeError as error:
            raise ValueError(str(error)) from error
    found = HqDatabase(db)
    _bring_up_to_date(found)
    return found


def _bring_up_to_date(database: HqDatabase) -> None:
    pause = threading.Event()
    failure: DatabaseError | None = None
    for _ in range(OPEN_TRIES_MAX):
        try:
            Runner(database.db, str(MIGRATIONS)).up()
        except DatabaseError as error:
            failure = error
            database.drop_connection()
            pause.wait(OPEN_PAUSE_S)
        else:
            return
    raise DatabaseDown(str(failure)) from failure
