"""An exchange killed before each SQL statement of its payment; run as a program by test_exchanges_killed.py.

`one_exchange.py DIR` prints a line of JSON for each kill with what a restart finds, and what pressing PAY again makes of it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

from edge.exchanging import put_back, put_back_loose
from edge.returning_plan import WantedBack
from edge.screen import Stage
from edge.store import auditing
from edge.store.database import Store, scalar
from edge.till import Till
from tests.crash.one_sale import CODES, KILLS_MAX, PIN, make_store, open_till

DEARER, DUE = CODES[2], 350


def prepare(folder: Path) -> None:
    """Sell three pieces, put one of them and one without a receipt into a basket with something dearer."""
    make_store(folder)
    store, till, screens = open_till(folder)
    with store.transaction():
        store.db.execute_sql("UPDATE staff SET role = 'manager'")
    assert till.sign_in("zhang", PIN) is None
    for code in CODES:
        assert till.scan(code) is None
    assert till.attach_member("m1") is None
    assert till.to_pay() is None
    sale_id = screens.newest(1).sale_id
    assert till.pay(sale_id, "cash", 2_050) is None
    wanted = [WantedBack(1, 1)]
    assert put_back(till, sale_id, wanted, "not_wanted") is None
    assert put_back_loose(till, sku=CODES[0], reason="not_wanted") is None
    assert till.scan(DEARER) is None
    assert till.to_pay() is None
    assert screens.newest(1).due == DUE
    store.close()


def pay(till: Till, sale_id: str) -> None:
    assert till.pay(sale_id, "cash", DUE) is None


def work(folder: Path, kill_at: int) -> None:
    store, till, screens = open_till(folder)
    if screens.newest(1).stage is not Stage.PAYING:
        assert till.to_pay() is None
    sale_id = screens.newest(1).sale_id
    statements = count(1)

    def step(_statement: str) -> None:
        if next(statements) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    store.db.connection().set_trace_callback(step)
    pay(till, sale_id)
    os._exit(0)


def books(store: Store) -> list[int]:
    """Count what an exchange is made of: sales, returns, without a receipt, links, cash in the drawer, messages."""
    return [
        int(scalar(store.db, sql) or 0)
        for sql in (
            "SELECT count(*) FROM sale",
            "SELECT count(*) FROM sale_return",
            "SELECT count(*) FROM loose_return",
            "SELECT count(*) FROM exchange",
            "SELECT amount FROM balance WHERE account = 'drawer/1' AND unit = 'cash'",
            "SELECT count(*) FROM outbox WHERE kind IN ('sale', 'refund')",
            "SELECT sum(takings) - sum(refunded) FROM day_stat",
        )
    ]


def examine(folder: Path) -> dict[str, object]:
    store, till, screens = open_till(folder)
    before = books(store)
    if before[0] == 1:
        assert till.to_pay() is None
        view = screens.newest(1)
        assert (view.total, view.back_amount, view.due) == (1_200, 850, DUE)
        pay(till, view.sale_id)
    found = {"before": before, "after": books(store), "audit": auditing.check(store.db).problems}
    store.close()
    return found


def main(folder: Path) -> None:
    template = folder / "template"
    prepare(template)
    for kill_at in range(1, KILLS_MAX):
        copy = folder / f"killed-{kill_at}"
        shutil.copytree(template, copy)
        child = os.fork()
        if child == 0:
            work(copy, kill_at)
        _, status = os.waitpid(child, 0)
        was_killed = os.WIFSIGNALED(status)
        print(json.dumps({"kill_at": kill_at, "was_killed": was_killed, **examine(copy)}), flush=True)
        shutil.rmtree(copy)
        if not was_killed:
            assert os.WEXITSTATUS(status) == 0
            return
    raise AssertionError("it never came to its end")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
