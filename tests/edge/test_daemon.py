"""The daemon's own start and stop: what it leaves behind, and how long it takes its leave."""

from __future__ import annotations

import stat
import urllib.request
from pathlib import Path

import pytest

from edge.app import KEY_BYTES, secret_key
from tests.shops import TestShop


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
