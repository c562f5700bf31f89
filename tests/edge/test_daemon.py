"""The daemon's own start and stop: what it leaves behind, and how long it takes its leave."""

from __future__ import annotations

import stat
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from drivers.fake import FakePrinterServer
from edge.app import KEY_BYTES, secret_key
from edge.printing import STOP_S
from edge.store.database import Store, rows
from edge.till import Till
from tests.shops import CONFIG, TestShop


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


def _states(store: Store) -> list[str]:
    return [state for (state,) in rows(store.reads, "SELECT state FROM print_job")]
