"""A daemon that was stopped leaves nothing of its shop behind in the process."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from tests.shops import TestShop


def test_nothing_holds_a_shop_that_was_stopped(tmp_path: Path) -> None:
    shop = TestShop(tmp_path / "shop")
    shop.start()
    held = weakref.ref(shop)
    shop.stop()
    del shop
    gc.collect()
    assert held() is None
