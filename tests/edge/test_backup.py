"""A copy made while the store sells: sound, whole, and there only when it is ready."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from edge.store.auditing import check
from edge.store.database import backup, open_store, scalar
from edge.store.sales import SaleContext, record_sale
from tests.shops import fill, sale

SALES = 60
CONTEXT = SaleContext(store_id="S001", currency="CNY", printers=("printer-1",))


def test_backup_while_selling_is_sound_and_complete(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db", synchronous="OFF")
    fill(store)
    for number in range(SALES):
        record_sale(store, sale(f"before {number}", member_id="li"), CONTEXT)
    stopping = threading.Event()
    sold = 0

    def sell() -> None:
        nonlocal sold
        while not stopping.is_set() and sold < 10 * SALES:
            record_sale(store, sale(f"meanwhile {sold}", lane=2), CONTEXT)
            sold += 1
        store.close_thread()

    seller = threading.Thread(target=sell)
    seller.start()
    told: list[tuple[int, int]] = []
    target = tmp_path / "copies/copy.db"
    backup(store, target, progress=lambda left, whole: told.append((left, whole)))
    stopping.set()
    seller.join(30)
    assert told[-1][0] == 0
    store.close()

    copy = open_store(target)
    # One moment of the store: all that was sold before, perhaps some of what was sold meanwhile, and the books agree.
    assert SALES <= scalar(copy.db, "SELECT count(*) FROM sale") <= SALES + sold
    assert check(copy.db).problems == ()
    copy.close()
    assert sorted(path.name for path in target.parent.iterdir()) == ["copy.db"]


def test_backup_never_goes_over_another_one(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db", synchronous="OFF")
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(FileExistsError):
        backup(store, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"
    store.close()


def test_backup_of_a_damaged_file_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_store(path, synchronous="OFF")
    fill(store)
    for number in range(SALES):
        record_sale(store, sale(str(number)), CONTEXT)
    store.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page_size = db.execute("PRAGMA page_size").fetchone()[0]
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sale'").fetchone()[0]
    db.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * page_size + 8)
        file.write(b"\xff" * 64)
    with pytest.raises(sqlite3.DatabaseError):
        backup(store, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    store.close()
