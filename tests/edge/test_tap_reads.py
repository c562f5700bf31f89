"""What is done with a member asks by index alone: what it reads does not grow with the shop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.ids import new_id
from edge.store.stored_value import statement
from edge.stored_value import top_up
from edge.till import Till
from edge.times import use_times
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
