"""The check of a whole store, in transfers a second, beside bare sqlite3 that only reads the same rows.

The floor fetches every row that the check has to look at and does nothing with it: no sum, no hash, no comparison. Both
take turns, so that a noisy machine is noisy to both.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.durable_sale import make_store, sale_of
from edge.clock import Clock
from edge.store.auditing import check
from edge.store.database import open_store
from edge.store.sales import SaleContext, write_sale

GOAL_PER_S = 200_000
SALES, SALES_AT_ONCE = 5_000, 500
ROUNDS = 5
TABLES = ("audit", "transfer", "balance", "lot", "sale", "sale_line", "sale_tender", "receipt_counter")


def fill(path: Path) -> None:
    make_store(path).close()
    store, clock = open_store(path, synchronous="OFF"), Clock()
    context = SaleContext(store_id="S001", currency="CNY", points_expire_ms=clock.now_ms() + 10**10, printers=("p",))
    for start in range(0, SALES, SALES_AT_ONCE):
        with store.transaction():
            for number in range(start, start + SALES_AT_ONCE):
                write_sale(store.db, sale_of(clock, number), context)
    store.close()


def read_all(path: Path) -> float:
    db = sqlite3.connect(path)
    began = time.perf_counter()
    for table in TABLES:
        for _ in db.execute(f"SELECT * FROM {table}"):
            pass
    took = time.perf_counter() - began
    db.close()
    return took


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        fill(path)
        store = open_store(path)
        ours_s, floor_s, transfers = [], [], 0
        for round_number in range(ROUNDS + 1):
            began = time.perf_counter()
            report = check(store.reads)
            ours = time.perf_counter() - began
            assert report.problems == (), report.problems
            transfers = report.transfers
            floor = read_all(path)
            if round_number:  # the first round warms both up
                ours_s.append(ours)
                floor_s.append(floor)
        store.close()
    ours, floor = statistics.median(ours_s), statistics.median(floor_s)
    print(
        f"audit of {SALES:,} sales: {transfers / ours:,.0f} transfers/s ({ours * 1e3:.0f} ms for {transfers:,};"
        f" goal at least {GOAL_PER_S:,}); bare sqlite3 reading the same rows: {transfers / floor:,.0f} /s"
        f" ({floor * 1e3:.0f} ms); ratio of rates {floor / ours:.2f}"
    )
    return 0 if transfers / ours >= GOAL_PER_S else 1


if __name__ == "__main__":
    sys.exit(main())
