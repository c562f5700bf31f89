"""What is done with a member asks by index alone: what it reads does not grow with the shop."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.ids import new_id
from edge.store.database import rows
from edge.store.stored_value import statement
from edge.stored_value import top_up
from edge.till import Till
from edge.times import use_times
from tests.offices import wait_for
from tests.shops import CARDS, TestShop, rules_with_coupons

GROWING = ("transfer", "lot", "sale", "sale_line", "entry", "member", "person", "card", "coupon", "promotion_use")
READS = ("SELECT", "WITH")


def top_up_and_tap(shop: TestShop) -> None:
    asked = {"entry_id": new_id(shop.clock), "member_id": "li", "amount": 20_000, "kind": "card"}
    shop.ask(1, top_up, **asked)
    shop.ask(1, Till.tap, uid=CARDS["card-li"])


def buy_with_everything(shop: TestShop) -> None:
    for text in ("6900000000090", "6900000000014"):
        shop.ask(1, Till.scan, text=text)
    shop.ask(1, Till.tap, uid=CARDS["card-li"])
    shop.ask(1, Till.redeem_points)
    for kind, given in (("stored_value", 1_000), ("cash", 40_000)):
        shop.ask(1, Till.to_pay)
        assert shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind=kind, given=given) is None
    shop.ask(1, Till.next_sale)
    shop.ask(1, Till.tap, uid=CARDS["card-li"])
    assert shop.ask(1, use_times, unit="times:cut10.cut", sku="cut", holder_id="li") is None


def look_at_the_statement(shop: TestShop) -> None:
    shop.ask(1, lambda till: statement(till.desk.shop.store.db, "li"))


@pytest.mark.parametrize("deed", [top_up_and_tap, buy_with_everything, look_at_the_statement])
def test_it_reads_no_growing_table_from_end_to_end(tmp_path: Path, deed: Callable[[TestShop], None]) -> None:
    asked: dict[str, None] = {}
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, top_up, entry_id=new_id(shop.clock), member_id="li", amount=20_000, kind="card")

        def listen(till: Till) -> None:
            till.desk.shop.store.db.connection().set_trace_callback(asked.setdefault)

        def plans(till: Till) -> list[tuple[str, str]]:
            connection = till.desk.shop.store.db.connection()
            connection.set_trace_callback(None)
            return [
                (step[3], sql)
                for sql in asked
                if sql.lstrip().upper().startswith(READS)
                for step in connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
            ]

        shop.ask(1, listen)
        deed(shop)
        found = shop.ask(1, plans)
    assert asked
    tables = {f" {name} " for name in GROWING}
    whole = [
        sql
        for step, sql in found
        if step.startswith("SCAN")
        and "VIRTUAL" not in step
        and "USING" not in step
        and any(f"FROM{name}" in f"{sql} " or f"JOIN{name}" in f"{sql} " for name in tables)
        and step.split()[1] in {*GROWING, "t", "l", "p", "e", "c"}
    ]
    assert whole == []


def _printed(shop: TestShop) -> None:
    """Wait until the slips are out: the printer's thread writes that they are, and what was read begins anew."""
    wait_for(lambda: not rows(shop.parts.store.reads, "SELECT 1 FROM print_job WHERE state IN ('queued', 'sending')"))


def test_a_press_for_the_member_at_the_lane_asks_nothing_twice(tmp_path: Path) -> None:
    """What the tap read of the member, their money, coupons and the shelf holds until something is written."""
    seen: list[str] = []
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, top_up, entry_id=new_id(shop.clock), member_id="li", amount=20_000, kind="card")
        for text in ("6900000000090", "6900000000014"):
            shop.ask(1, Till.scan, text=text)

        _printed(shop)

        def reads_of(deed: Callable[..., object], **arguments: object) -> list[str]:
            shop.ask(1, lambda till: till.desk.shop.store.db.connection().set_trace_callback(seen.append))
            seen.clear()
            assert shop.ask(1, deed, **arguments) is None
            return [sql for sql in seen if sql.startswith(READS) and "FROM basket_step" not in sql]

        tapped = reads_of(Till.tap, uid=CARDS["card-li"])
        assert len(tapped) == len(set(tapped)) > 0
        # What is held, what of it is times and when the first of it expires is one answer.
        assert sum("FROM lot" in sql for sql in tapped) == 1, tapped
        assert reads_of(Till.change_quantity, line_id="1", quantity=2) == []
        assert reads_of(Till.to_pay) == []
        paid = {"sale_id": shop.view().sale_id, "kind": "stored_value"}
        assert reads_of(Till.pay, given=1_000, **paid) == []
        # What somebody else writes counts from the next press on.
        other = sqlite3.connect(shop.loaded.database, isolation_level=None)
        other.execute("INSERT INTO credit_limit VALUES ('li', 9900, 'zhang', 0)")
        other.close()
        assert reads_of(Till.pay, given=100, **paid) != []
        account = shop.view().account
        assert account is not None and account.left == 9_900
