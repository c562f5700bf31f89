"""A basket put on hold and taken up again at another lane, killed before each SQL statement; run by test_holds_killed.py.

`one_hold.py DIR` prints a line of JSON for each kill with what a restart finds: where the basket is.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

from edge.config import LaneConfig
from edge.holding import hold, resume
from edge.store import auditing, held
from edge.store.database import scalar
from edge.till import Till
from tests.crash.one_sale import KILLS_MAX, PIN, TOTAL, make_store, open_till


def work(folder: Path, kill_at: int) -> None:
    """Hold at lane 1 and resume at lane 2, and be killed before the statement of that number."""
    store, till, _ = open_till(folder)
    other = Till(LaneConfig(number=2), till.desk.shop)
    assert other.sign_in("zhang", PIN) is None
    statements = count(1)

    def step(_statement: str) -> None:
        if next(statements) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    store.db.connection().set_trace_callback(step)
    assert hold(till, "红衣服") is None
    assert resume(other) is None
    os._exit(0)


def prepare(folder: Path) -> None:
    make_store(folder)
    store, till, _ = open_till(folder)
    assert till.sign_in("zhang", PIN) is None
    for code in ("06901234567892", "06901234567885", "06901234567878", "06901234567892"):
        assert till.scan(code) is None
    assert till.attach_member("m1") is None
    store.close()


def examine(folder: Path) -> dict[str, object]:
    """Say where the basket is, and what it comes to there once it is taken up."""
    store, till, screens = open_till(folder)
    other = Till(LaneConfig(number=2), till.desk.shop)
    for each in (till, other):
        if each.desk.memory.staff is None:
            assert each.sign_in("zhang", PIN) is None
    open_at = [lane for lane, each in ((1, till), (2, other)) if each.desk.memory.basket is not None]
    on_hold = held.sum_of(store.db).count
    if on_hold:
        assert resume(till) is None
    lane = open_at[0] if open_at else 1
    view = screens.newest(lane)
    found = {
        "open_at": open_at,
        "on_hold": on_hold,
        "is_whole": view.total == TOTAL and view.member is not None,
        "notes": scalar(store.db, "SELECT count(*) FROM audit WHERE action IN ('hold', 'resume')"),
        "audit": auditing.check(store.db).problems,
    }
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
