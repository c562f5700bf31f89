"""The audit of the night: made once a day, and what is wrong is said until it is mended."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

from edge.store.database import execute, scalar
from edge.till import Till
from tests.shops import TestShop, moment_ms


def books(shop: TestShop) -> tuple[str, str]:
    found = shop.parts.health.device("books")
    return (found.state, found.detail) if found else ("", "")


def strip(shop: TestShop) -> str:
    with urlopen(f"{shop.parts.url}lane/1", timeout=5) as answer:
        return str(answer.read().decode())


def test_a_balance_that_was_changed_is_found_in_the_night(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop") as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, Till.scan, text="4006381333931")
        shop.ask(1, Till.to_pay)
        shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=1_000)
        shop.parts.jobs.look()
        assert books(shop) == ("ok", "")
        db = shop.parts.store.db
        shop.parts.loop.write(lambda: execute(db, "UPDATE balance SET amount = amount + 1 WHERE account = 'drawer/1'"))
        # It is made once a day.
        shop.parts.jobs.look()
        assert books(shop) == ("ok", "")
        assert scalar(shop.parts.store.reads, "SELECT value FROM meta WHERE key = 'job/audit'") == "2026-11-23"
        shop.clock.hand.at_ms = moment_ms("2026-11-24 04:10")
        shop.parts.jobs.look()
        assert books(shop) == ("problem", "balance of drawer/1 in cash: kept 251, transfers give 250")
        assert "账目不符" in strip(shop)
        shop.parts.loop.write(lambda: execute(db, "UPDATE balance SET amount = amount - 1 WHERE account = 'drawer/1'"))
        shop.clock.hand.at_ms = moment_ms("2026-11-25 04:10")
        shop.parts.jobs.look()
        assert books(shop) == ("ok", "")
        assert "账目不符" not in strip(shop)
