"""A tap asks by index alone: what it reads does not grow with the shop."""

from __future__ import annotations

from pathlib import Path

from edge.till import Till
from tests.shops import CARDS, TestShop, rules_with_coupons

GROWING = ("transfer", "lot", "sale", "sale_line", "entry", "member", "person", "card", "coupon", "promotion_use")
READS = ("SELECT", "WITH")


def test_a_tap_reads_no_growing_table_from_end_to_end(tmp_path: Path) -> None:
    asked: dict[str, None] = {}
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")

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
        shop.ask(1, Till.tap, uid=CARDS["card-li"])
        found = shop.ask(1, plans)
    assert len(asked) > 20
    tables = {f" {name} " for name in GROWING}
    whole = [
        sql
        for step, sql in found
        if step.startswith("SCAN")
        and "VIRTUAL" not in step
        and "USING" not in step
        and any(f"FROM{name}" in f"{sql} " or f"JOIN{name}" in f"{sql} " for name in tables)
        and step.split()[1] in {*GROWING, "t", "l", "p", "m", "e", "c"}
    ]
    assert whole == []
