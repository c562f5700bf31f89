"""Opening head office's database: several at once, and one that cannot be had."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hq.__main__ import main
from tests.offices import database

AT_ONCE = 4
ROUNDS = 3


@pytest.mark.parametrize("number", range(ROUNDS))
def test_several_make_a_new_database_at_the_same_instant(tmp_path: Path, number: int) -> None:
    """Two receivers of a new head office are started together: one makes the tables, the others find them."""
    gate = threading.Barrier(AT_ONCE)
    failed: list[Exception] = []

    def open_it() -> None:
        gate.wait()
        try:
            database(tmp_path).close()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must say it
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    db = database(tmp_path)
    assert db.db.execute_sql("SELECT count(*) FROM schema_migration").fetchone()[0] >= 1
    db.close()


def test_a_database_that_is_none_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hq.db").write_bytes(b"no database at all, and longer than a header of SQLite is" * 100)
    (tmp_path / "hq.toml").write_text('[office]\ntenant = "demo"\n')
    assert main(["run", "--config", str(tmp_path / "hq.toml")]) == 1
    assert capsys.readouterr().err == "database: file is not a database\n"
