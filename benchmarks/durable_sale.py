"""A durable sale of five lines with everything in its transaction, beside the same rows by bare sqlite3 in WAL FULL.

The floor knows every row beforehand and only writes: no pricing, no look-ups, no JSON, no hashes. Both take turns, so
that a noisy machine is noisy to both.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from edge.clock import Clock
from edge.ids import new_id
from edge.store import catalog, members
from edge.store.database import Store, open_store
from edge.store.sales import SaleContext, record_sale
from rules.basket import Basket, Item, Line, Names
from rules.pricing import price
from rules.promotions import NO_RULES
from rules.sale import Sale, SaleTender, sale_lines

GOAL = 0.5
ROUNDS, SALES_A_ROUND = 20, 50
LINES = 5


def make_store(path: Path) -> Store:
    store = open_store(path)
    with store.transaction():
        for number in range(LINES):
            catalog.put_item(store.db, Item(f"sku-{number}", Names("矿泉水", "礦泉水", "Water"), 0, unit="瓶"))
        members.put_member(store.db, member_id="m1", code="M1", joined_ms=0, name="李")
    return store


def sale_of(clock: Clock, number: int) -> Sale:
    lines = tuple(
        Line(str(n), Item(f"sku-{n}", Names("矿泉水", "礦泉水", "Water"), 350, unit="瓶", tax_bp=1_300), quantity=n + 1)
        for n in range(LINES)
    )
    basket = Basket(new_id(clock), lines, member_id="m1")
    quote = price(basket, NO_RULES, None, clock.now_local())
    at_ms = clock.now_ms()
    return Sale(
        sale_id=basket.sale_id, lane=1, staff_id="zhang", member_id="m1",
        business_date=clock.business_date(at_ms).isoformat(), sold_at_ms=at_ms, gross=quote.gross,
        discount=quote.discount, total=quote.total, tax=quote.tax, change=number % 100, item_count=basket.item_count,
        lines=sale_lines(basket, quote), tenders=(SaleTender("cash", quote.total, quote.total + number % 100),),
        promotions=(), rules_version="none", points=52,
    )  # fmt: skip


class Bare:
    """The same tables, and the same rows written by sqlite3 alone."""

    def __init__(self, path: Path) -> None:
        make_store(path).close()
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        for account, unit in (
            *[("shelf", f"stock:sku-{n}") for n in range(LINES)],
            *[("customers", f"stock:sku-{n}") for n in range(LINES)],
            ("customers", "cash"),
            ("drawer/1", "cash"),
            ("issuer", "points"),
            ("member/m1", "points"),
        ):
            self.db.execute("INSERT INTO balance VALUES (?, ?, 0, 1)", (account, unit))
        self.db.execute("INSERT INTO receipt_counter VALUES (1, 'd', 0)")
        self.db.execute(
            "INSERT INTO day_stat (business_date, lane, sales, takings, discount, member_sales)"
            " VALUES ('d', 1, 0, 0, 0, 0)"
        )
        self.db.execute(
            "INSERT INTO member_stat (member_id, visits, spend, first_date, last_date) VALUES ('m1', 0, 0, 'd', 'd')"
        )
        for n in range(LINES):
            self.db.execute("INSERT INTO member_sku VALUES ('m1', ?, 0)", (f"sku-{n}",))

    def write(self, sale: Sale, number: int, body: bytes) -> None:
        db, at = self.db, sale.sold_at_ms
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE receipt_counter SET last = last + 1")
        db.execute(
            "INSERT INTO sale (sale_no, sale_id, receipt_number, lane, staff_id, member_id, business_date, sold_at_ms,"
            " is_clock_unsure, gross, discount, total, tax, change_due, points, points_after, next_tier,"
            " next_tier_short, item_count, rules_version, promotions)"
            " VALUES (?, ?, ?, 1, 'zhang', 'm1', 'd', ?, 0, 5250, 0, 5250, 600, 0, 52, 0, '', 0, 15,"
            " 'none', '[]')",
            (number, sale.sale_id, f"S001-1-20261122-{number}", at),
        )
        db.executemany(
            "INSERT INTO sale_line (sale_no, line_no, sku, name_zh_hans, name_zh_hant, name_en, unit, quantity,"
            " weight_g, unit_price, gross, net, unit_nets, discounts, tax_bp, tax, code)"
            " VALUES (?, ?, ?, '矿泉水', '礦泉水', 'Water', '瓶', ?, NULL, 350, ?, ?,"
            " '[350,350]', '[]', 1300, 40, '')",
            [(number, n, line.sku, line.quantity, line.gross, line.net) for n, line in enumerate(sale.lines)],
        )
        db.execute("INSERT INTO sale_tender VALUES (?, 1, 'cash', 5250, 5250, '')", (number,))
        db.executemany(
            "INSERT INTO transfer (unit, from_account, to_account, amount, reason, sale_id, at_ms, business_date)"
            " VALUES (?, ?, ?, ?, 'sale', ?, ?, 'd')",
            [(f"stock:sku-{n}", "shelf", "customers", n + 1, sale.sale_id, at) for n in range(LINES)]
            + [
                ("cash", "customers", "drawer/1", 5250, sale.sale_id, at),
                ("points", "issuer", "member/m1", 52, sale.sale_id, at),
            ],
        )
        db.execute("INSERT INTO lot VALUES (?, 'member/m1', 'points', 52, 52, ?)", (number * 7, at))
        db.executemany(
            "UPDATE balance SET amount = amount + ? WHERE account = ? AND unit = ?",
            [(n + 1, side, f"stock:sku-{n}") for n in range(LINES) for side in ("shelf", "customers")]
            + [
                (5250, "customers", "cash"),
                (5250, "drawer/1", "cash"),
                (52, "issuer", "points"),
                (52, "member/m1", "points"),
            ],
        )
        db.execute("UPDATE day_stat SET sales = sales + 1, takings = takings + 5250")
        db.execute("UPDATE member_stat SET visits = visits + 1, spend = spend + 5250")
        db.executemany("UPDATE member_sku SET times = times + 1 WHERE sku = ?", [(f"sku-{n}",) for n in range(LINES)])
        db.execute(
            "INSERT INTO print_job VALUES (?, 'p', 'receipt', ?, 'queued', x'', ?, NULL)", (number, sale.sale_id, at)
        )
        db.execute("INSERT INTO outbox VALUES (?, 'e', 'sale', ?, ?, '0', ?)", (number, sale.sale_id, body, at))
        db.execute("UPDATE outbox_head SET seq = seq + 1, hash = 'h'")
        db.execute(
            "INSERT INTO audit VALUES (?, ?, 'zhang', 1, 'sale', ?, ?, ?)",
            (number, at, sale.sale_id, "d" * 120, "h" * 64),
        )
        db.execute("DELETE FROM basket_step WHERE lane = 1")
        db.execute("UPDATE lane_state SET tenders = '[]', seen_ms = ? WHERE lane = 1", (at,))
        db.execute("COMMIT")


def main() -> int:
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        store, bare = make_store(Path(folder) / "ours.db"), Bare(Path(folder) / "bare.db")
        context = SaleContext(
            store_id="S001", currency="CNY", points_expire_ms=clock.now_ms() + 10**10, printers=("p",)
        )
        ours_s, bare_s = [], []
        number = 0
        body = b"x" * 1_600
        for round_number in range(ROUNDS):
            sales = [replace(sale_of(clock, n), business_date="2026-11-22") for n in range(SALES_A_ROUND)]
            began = time.perf_counter()
            for sale in sales:
                record_sale(store, sale, context)
            ours = (time.perf_counter() - began) / SALES_A_ROUND
            began = time.perf_counter()
            for sale in sales:
                number += 1
                bare.write(sale, number, body)
            if round_number:  # the first round warms both up
                ours_s.append(ours)
                bare_s.append((time.perf_counter() - began) / SALES_A_ROUND)
        store.close()
    ours, floor = statistics.median(ours_s), statistics.median(bare_s)
    ratio = floor / ours
    print(
        f"durable sale, 5 lines: {1 / ours:,.0f} /s ({ours * 1e3:.2f} ms); bare sqlite3, same rows: {1 / floor:,.0f} /s"
        f" ({floor * 1e3:.2f} ms); ratio of rates {ratio:.2f} (goal at least {GOAL})"
    )
    return 0 if ratio >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
