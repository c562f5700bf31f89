"""One sale at a till over a real store, killed where it is told to be; run as a program by test_crash.py.

`one_sale.py statements DIR` kills a child before every SQL statement of the payment, one child a statement, and prints a
line of JSON for each with what was found afterwards. `one_sale.py stop DIR` makes the basket, stops itself with SIGSTOP
before it pays, pays, and says so.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

from edge.clock import Clock
from edge.config import BrokerConfig, Config, DeviceConfig, LaneConfig, StoreConfig
from edge.health import Health
from edge.rulebook import fixed
from edge.screen import Stage
from edge.screens import Screens
from edge.shop import Shop
from edge.store import auditing, catalog, members, staff
from edge.store.database import Store, open_store, row, scalar
from edge.store.sales import stored_sale
from edge.till import Till
from rules.basket import Item, Names
from rules.codes import CodeSettings
from rules.promotions import NO_RULES

CODES = ("06901234567892", "06901234567885", "06901234567878")
TOTAL = 350 + 500 + 1_200 + 350
PIN = "1234"
KILLS_MAX = 400
CONFIG = Config(
    store=StoreConfig(id="S001", name_zh_hans="店"),
    lane=(LaneConfig(number=1, printer="paper"),),
    device=(DeviceConfig(name="paper", kind="fake_printer"),),
    broker=BrokerConfig(host="localhost"),
)


def make_store(folder: Path) -> None:
    store = open_store(folder / "taptill.db")
    with store.transaction():
        for code, price in zip(CODES, (350, 500, 1_200), strict=True):
            catalog.put_item(store.db, Item(code, Names("货"), 0, unit="件", tax_bp=1_300))
            catalog.put_code(store.db, code, code)
            catalog.put_price(store.db, code, price, effective_from_ms=0)
        staff.add(store.db, staff_id="zhang", name="张", role="cashier", pin=PIN)
        members.put_member(store.db, member_id="m1", code="M0001", joined_ms=0, name="李")
    store.close()


def open_till(folder: Path) -> tuple[Store, Till, Screens]:
    clock = Clock()
    store = open_store(folder / "taptill.db")
    screens = Screens()
    shop = Shop(
        config=CONFIG, clock=clock, store=store, rulebook=fixed(NO_RULES), codes=CodeSettings(), screens=screens,
        health=Health(clock=clock, data_dir=folder), committed=lambda: None,
    )  # fmt: skip
    return store, Till(CONFIG.lane[0], shop), screens


def fill_basket(till: Till, screens: Screens) -> str:
    """Sign in, scan four pieces, name the member, take a first tender, and return the sale id."""
    assert till.sign_in("zhang", PIN) is None
    for code in (*CODES, CODES[0]):
        assert till.scan(code) is None
    assert till.attach_member("m1") is None
    assert till.to_pay() is None
    sale_id = screens.newest(1).sale_id
    assert till.pay(sale_id, "card", 1_000) is None
    return sale_id


def pay(till: Till, sale_id: str) -> None:
    assert till.pay(sale_id, "cash", 2_000) is None


def pay_and_die(folder: Path, kill_at: int) -> None:
    """Pay, and be killed before the SQL statement of that number, counted from the press of the button."""
    store, till, screens = open_till(folder)
    sale_id = fill_basket(till, screens)
    statements = count(1)

    def step(_statement: str) -> None:
        if next(statements) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    store.db.connection().set_trace_callback(step)
    pay(till, sale_id)
    os._exit(0)


def examine(folder: Path) -> dict[str, object]:
    """Say what a restart finds, press PAY once more where the basket is still there, and say what is there then."""
    store, till, screens = open_till(folder)
    view = screens.newest(1)
    found: dict[str, object] = {
        "sales": scalar(store.db, "SELECT count(*) FROM sale"),
        "audit": auditing.check(store.db).problems,
    }
    found["rows"] = rows_of_sale(store)
    found["basket"] = view.stage is Stage.PAYING and (view.total, view.due, view.member is not None) == (
        TOTAL,
        1_400,
        True,
    )
    if found["basket"]:
        pay(till, view.sale_id)
    else:
        newest = row(store.db, "SELECT sale_id FROM sale")
        assert newest is not None
        # The button was pressed again after the restart: the sale is there already.
        assert till.pay(newest[0], "cash", 2_000) is None
    found["after"] = (
        scalar(store.db, "SELECT count(*) FROM sale"),
        rows_of_sale(store),
        auditing.check(store.db).problems,
    )
    sale = stored_sale(store.db, str(scalar(store.db, "SELECT sale_id FROM sale")))
    assert sale is not None
    found["sale"] = (sale.total, sale.change, sale.receipt_number.rsplit("-", 1)[1], sale.points_after)
    found["quick_check"] = scalar(store.db, "PRAGMA quick_check")
    store.close()
    return found


def rows_of_sale(store: Store) -> tuple[int, ...]:
    """Count what a sale is made of: lines, tenders, goods and money moved, jobs, messages, links, numbers, points."""
    return tuple(
        int(scalar(store.db, sql) or 0)
        for sql in (
            "SELECT count(*) FROM sale_line",
            "SELECT count(*) FROM sale_tender",
            "SELECT count(*) FROM transfer",
            "SELECT count(*) FROM print_job",
            "SELECT count(*) FROM outbox",
            "SELECT count(*) FROM audit WHERE action = 'sale'",
            "SELECT last FROM receipt_counter",
            "SELECT sum(sales) FROM day_stat",
            "SELECT amount FROM balance WHERE account = 'member/m1' AND unit = 'points'",
        )
    )


def statements(folder: Path) -> None:
    template = folder / "template"
    make_store(template)
    for kill_at in range(1, KILLS_MAX):
        copy = folder / f"killed-{kill_at}"
        shutil.copytree(template, copy)
        child = os.fork()
        if child == 0:
            pay_and_die(copy, kill_at)
        _, status = os.waitpid(child, 0)
        was_killed = os.WIFSIGNALED(status)
        print(json.dumps({"kill_at": kill_at, "was_killed": was_killed, **examine(copy)}), flush=True)
        shutil.rmtree(copy)
        if not was_killed:
            assert os.WEXITSTATUS(status) == 0
            return
    raise AssertionError("the payment never came to its end")


def stop(folder: Path) -> None:
    _, till, screens = open_till(folder)
    sale_id = fill_basket(till, screens)
    os.kill(os.getpid(), signal.SIGSTOP)
    pay(till, sale_id)
    print("paid", flush=True)
    os._exit(0)


if __name__ == "__main__":
    {"statements": statements, "stop": stop}[sys.argv[1]](Path(sys.argv[2]))
