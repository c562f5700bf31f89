"""The file: made whole or not at all, never opened by an older version, written by one, read by many."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edge.store.database import (
    MIGRATIONS,
    Store,
    StoreError,
    StoreInUseError,
    StoreNewerError,
    execute,
    execute_many,
    is_full,
    open_store,
    rows,
    scalar,
)

REPOSITORY = Path(__file__).parents[2]

# Makes a table, writes a row, and is killed before it ends.
KILLED = """
import os, signal
def up(migrator, db):
    db.execute_sql("CREATE TABLE half (x INTEGER)")
    db.execute_sql("INSERT INTO half VALUES (1)")
    db.execute_sql("ALTER TABLE item ADD COLUMN half TEXT")
    os.kill(os.getpid(), signal.SIGKILL)
"""
FINE = """
def up(migrator, db):
    db.execute_sql("CREATE TABLE later (x INTEGER)")
"""


def migrations(folder: Path, **more: str) -> Path:
    """Return a folder with our migrations and some further ones."""
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in more.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def opened_elsewhere(path: Path, folder: Path) -> int:
    """Open the store in a process of its own and return how that ended."""
    code = (
        "import sys; from pathlib import Path; from edge.store.database import open_store\n"
        "open_store(Path(sys.argv[1]), migrations=Path(sys.argv[2])).close()"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path), str(folder)], cwd=REPOSITORY, timeout=60, check=False)
    return done.returncode


def tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as db:
        return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep/store.db"
    store = open_store(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert scalar(store.db, "PRAGMA journal_mode") == "wal"
    assert scalar(store.db, "PRAGMA synchronous") == 2
    assert scalar(store.db, "PRAGMA foreign_keys") == 1
    store.close()


def test_opening_again_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for _ in range(2):
        store = open_store(path)
        execute(store.db, "INSERT INTO meta VALUES (?, 'x')", f"key {scalar(store.db, 'SELECT count(*) FROM meta')}")
        head = rows(store.db, "SELECT * FROM outbox_head")
        store.close()
    store = open_store(path)
    assert scalar(store.db, "SELECT count(*) FROM meta WHERE key LIKE 'key %'") == 2
    # The epoch is the life of this file: opening it does not begin another one.
    assert rows(store.db, "SELECT * FROM outbox_head") == head
    store.close()


def test_migration_killed_in_the_middle_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    open_store(path).close()
    before = tables(path)
    assert opened_elsewhere(path, migrations(tmp_path / "killed", **{"0002_killed": KILLED})) == -signal.SIGKILL
    assert tables(path) == before
    # The old version still opens it, and so does a new one that comes through.
    open_store(path).close()
    assert opened_elsewhere(path, migrations(tmp_path / "fine", **{"0002_fine": FINE})) == 0
    assert tables(path) == before | {"later"}


def test_first_start_killed_in_the_middle_is_made_up_for(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    assert opened_elsewhere(path, migrations(tmp_path / "killed", **{"0002_killed": KILLED})) == -signal.SIGKILL
    store = open_store(path)
    assert scalar(store.db, "SELECT count(*) FROM outbox_head") == 1
    store.close()


def test_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    newer = migrations(tmp_path / "newer", **{"0002_later": FINE})
    open_store(path, migrations=newer).close()
    before = path.read_bytes()
    with pytest.raises(StoreNewerError, match="0002_later"):
        open_store(path)
    assert path.read_bytes() == before


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_text("not a database, but long enough to be taken for one by its size alone\n" * 20)
    with pytest.raises(StoreError):
        open_store(path)


def test_second_daemon_is_refused_before_it_changes_anything(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    first = open_store(path, hold=True)
    before = tables(path)
    with pytest.raises(StoreInUseError):
        open_store(path, hold=True, migrations=migrations(tmp_path / "newer", **{"0002_later": FINE}))
    assert tables(path) == before
    # Commands look into it meanwhile; and when the first one ends, the next one may start.
    open_store(path).close()
    first.close()
    open_store(path, hold=True).close()


def test_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    code = "import sys, os; from pathlib import Path; from edge.store.database import open_store\n"
    code += "open_store(Path(sys.argv[1]), hold=True); os.abort()"
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=REPOSITORY, timeout=60, check=False)
    open_store(path, hold=True).close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store.db", synchronous="OFF")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO meta VALUES ('a', 'b')",
        "UPDATE outbox_head SET seq = 9",
        "DELETE FROM outbox_head",
        "DROP TABLE sale",
        "CREATE TABLE x (y)",
        "PRAGMA user_version = 5",
    ],
)
def test_readers_cannot_write(store: Store, statement: str) -> None:
    with pytest.raises(StoreError, match="readonly"):
        execute(store.reads, statement)
    store.close()


def test_a_full_file_is_told_from_other_failures(store: Store) -> None:
    execute(store.db, "PRAGMA max_page_count = 1")
    for write in (
        lambda: execute(store.db, "INSERT INTO meta VALUES ('a', ?)", "x" * 100_000),
        lambda: execute_many(store.db, "INSERT INTO meta VALUES (?, ?)", [("b", "x" * 100_000)]),
    ):
        with pytest.raises(StoreError) as failed:
            write()
        assert is_full(failed.value)
    with pytest.raises(StoreError) as failed:
        execute(store.db, "INSERT INTO meta VALUES ('a', NULL)")
    assert not is_full(failed.value)
    store.close()


def test_readers_see_only_what_was_committed(store: Store) -> None:
    with store.transaction():
        execute(store.db, "INSERT INTO meta VALUES ('a', 'b')")
        assert rows(store.reads, "SELECT * FROM meta WHERE key = 'a'") == []
    assert rows(store.reads, "SELECT * FROM meta WHERE key = 'a'") == [("a", "b")]
    store.close()


def test_folder_that_may_not_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="File exists"):
        open_store(tmp_path / "file" / "store.db")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
