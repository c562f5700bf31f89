"""The daemon's own start and stop: what it leaves behind, and how long it takes its leave."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from drivers.fake_printer import FakePrinterServer
from edge.app import why_not
from edge.app_files import KEY_BYTES, secret_key
from edge.printing import STOP_S
from edge.store.database import Store, StoreError, execute, execute_many, open_store, rows
from edge.till import Till
from tests.shops import CONFIG, TestShop

REPOSITORY = Path(__file__).parents[2]


def test_session_key_stays_from_start_to_start(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert len(key) >= KEY_BYTES and secret_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "session.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("left", [b"", b"half"])
def test_session_key_that_a_power_cut_left_empty_is_made_anew(tmp_path: Path, left: bytes) -> None:
    """With an empty key no page opens, and a terminal's cookie can be signed by anybody."""
    shop = TestShop(tmp_path)
    (shop.loaded.data_dir / "session.key").write_bytes(left)
    with shop:
        with urllib.request.urlopen(shop.parts.url + "lane/1") as page:
            assert page.status == 200
        key = (shop.loaded.data_dir / "session.key").read_bytes()
        assert len(key) >= KEY_BYTES and not (left and key.startswith(left))


def test_stop_waits_once_for_all_printers_that_are_at_it(tmp_path: Path) -> None:
    """Two that do not say when they are done: one wait after the other is more than a service manager grants."""
    with ExitStack() as stack:
        config = CONFIG
        servers = [FakePrinterServer(), FakePrinterServer()]
        for server in servers:
            server.trouble = "no_gs_r"
            config = config.replace('"fake_printer"', f'"escpos_printer"\npath = "tcp://127.0.0.1:{server.serve()}"', 1)
            stack.callback(server.stop)
        shop = TestShop(tmp_path, config=config)
        store = shop.start().store
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, Till.print_test, printer="printer-1")
        shop.ask(1, Till.print_test, printer="printer-2")
        until = time.monotonic() + 5
        while time.monotonic() < until and _states(store) != ["sending", "sending"]:
            time.sleep(0.02)
        assert _states(store) == ["sending", "sending"]
        began = time.monotonic()
        shop.stop()
        assert time.monotonic() - began < STOP_S + 2
        assert _states(store) == ["doubtful", "doubtful"]


def run_once(shop: TestShop) -> tuple[int, str]:
    """Start the daemon as a process that cannot stay, and return its exit code and its last words."""
    command = [sys.executable, "-m", "edge", "run", "--config", str(shop.folder / "taptill.toml")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr.splitlines()[-1]


def write_over(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * 4_096)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "file is not a database"),  # its first page
        ("outbox_head", "database disk image is malformed"),  # read when the file is opened
        ("lane_state", "database disk image is malformed"),  # read when the lanes are
        ("print_job", "database disk image is malformed"),  # read once the lanes are there
    ],
)
def test_a_damaged_database_is_one_sentence_that_says_what_to_do(tmp_path: Path, table: str, words: str) -> None:
    shop = TestShop(tmp_path)
    path = shop.loaded.database
    page = 1
    if table:
        with closing(sqlite3.connect(path)) as db:
            (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    write_over(path, (page - 1) * 4_096)
    code, said = run_once(shop)
    assert code == 1
    assert said.endswith(
        f"cannot start: {path}: {words}; keep a copy of {path.parent}, then put the newest sound backup in its place;"
        " taptill doctor says more"
    )


def test_no_room_at_the_start_is_one_sentence(tmp_path: Path) -> None:
    shop = TestShop(tmp_path)
    # The session's key is written at the first start; here, onto a device that has no room.
    (shop.loaded.data_dir / ".session.key.partial").symlink_to("/dev/full")
    code, said = run_once(shop)
    assert code == 1
    assert said.endswith(
        f"cannot start: there is no room left in {tmp_path / 'data'}: make room, and it starts by itself"
    )


def test_no_room_in_the_database_is_the_same_sentence(tmp_path: Path) -> None:
    shop = TestShop(tmp_path)
    store = open_store(shop.loaded.database)
    execute(store.db, "PRAGMA max_page_count = 1")
    with pytest.raises(StoreError) as found, store.transaction():
        execute_many(store.db, "INSERT INTO meta VALUES (?, ?)", [(str(n), "x" * 1_000) for n in range(1_000)])
    store.close()
    assert why_not(found.value, shop.loaded).startswith(f"there is no room left in {tmp_path / 'data'}: make room")


def _states(store: Store) -> list[str]:
    return [state for (state,) in rows(store.reads, "SELECT state FROM print_job")]
