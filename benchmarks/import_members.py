"""Bringing in 50,000 members from a CSV, dry run and writing with progress, beside bare sqlite3 writing one row each.

The floor reads the same file and writes nothing but the person; the import checks every cell, finds doubles, seals and
indexes every name, writes cards and opening balances as entries of the ledger, and chains them.
"""

from __future__ import annotations

import csv
import sqlite3
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.start_and_memory import free_port
from edge import app
from edge.config_file import load_or_last_good
from edge.import_apply import Author
from edge.importing import Stage
from edge.store.database import scalar

GOAL_S = 30.0
MEMBERS = 50_000
WAIT_S, LOOK_S = 300, 0.02
HEAD = ("手机号", "姓名", "生日", "积分", "卡号")
CONFIG = """
[store]
id = "S001"
name_zh_hans = "基准店"
[[lane]]
number = 1
[screen]
port = {port}
"""


def write_table(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEAD)
        for n in range(MEMBERS):
            table.writerow((f"138{n:08d}", f"李小{chr(0x4E00 + n % 5_000)}", "1990-05-17", str(n % 900), f"04{n:012x}"))


def floor_s(folder: Path, table: Path) -> float:
    began = time.perf_counter()
    db = sqlite3.connect(folder / "bare.db")
    db.execute("CREATE TABLE person (phone TEXT PRIMARY KEY, name TEXT, birthday TEXT, points TEXT, card TEXT)")
    with table.open(encoding="utf-8", newline="") as file:
        db.executemany("INSERT INTO person VALUES (?, ?, ?, ?, ?)", csv.reader(file))
    db.commit()
    db.close()
    return time.perf_counter() - began


def main() -> int:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        table = folder / "members.csv"
        write_table(table)
        floor = floor_s(folder, table)
        (folder / "taptill.toml").write_text(CONFIG.format(port=free_port()), encoding="utf-8")
        loaded, problems = load_or_last_good(folder / "taptill.toml")
        assert loaded is not None, problems
        parts = app.start(loaded, stack=stack, on_crash=lambda error: sys.exit(repr(error)))
        seen: set[tuple[Stage, int]] = set()

        def wait(stage: Stage) -> None:
            until = time.monotonic() + WAIT_S
            while parts.imports.state.stage is not stage:
                state = parts.imports.state
                assert state.stage is not Stage.FAILED and time.monotonic() < until, state
                seen.add((state.stage, state.done))
                time.sleep(LOOK_S)

        began = time.perf_counter()
        assert parts.imports.begin("members", table.name, lambda to: to.write_bytes(table.read_bytes()))
        wait(Stage.PLANNED)
        planned = time.perf_counter()
        assert parts.imports.carry_out(Author("zhang", 1))
        wait(Stage.DONE)
        ended = time.perf_counter()
        assert scalar(parts.store.reads, "SELECT count(*) FROM person") == MEMBERS
    print(
        f"import of {MEMBERS:,} members: dry run {planned - began:.1f} s, writing {ended - planned:.1f} s,"
        f" {ended - began:.1f} s in all (goal below {GOAL_S:.0f}), {len(seen)} states of progress seen;"
        f" bare sqlite3, one row each: {floor:.2f} s"
    )
    return 0 if ended - began < GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
