"""The end of a shift at a whole daemon, killed where it is told to be; run as a program by test_shift_crash.py.

`one_shift.py PORT DIR` plays the network printer, which outlives every kill, and kills a child before every SQL statement of
closing, printing and relaying, before each call of printer and broker, and at the end, one child a place. It prints a line
of JSON for each with what a restart finds and makes of it. PORT is the broker's; head office listens there.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from drivers.fake_printer import FakePrinterServer
from edge.screen import Stage
from edge.shifts import begin_shift, close_shift
from edge.store import auditing, outbox, shifts
from edge.store.database import row, rows, scalar
from edge.store.ledger import balance
from edge.till import Till
from rules.ledger import CASH
from tests.shops import CONFIG, TestShop

PEN, FLOAT, SOLD, LEFT, COUNTED = "4006381333931", 10_000, 250, 5_000, 10_240
"""Ten fen are missing."""
NUMBER = "Z00001"
KILLS_MAX = 300
WAIT_S = 30.0
IS_PAPER_OVER = "SELECT count(*) FROM print_job WHERE state IN ('queued', 'sending')"


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


def config(number: int, *, broker: int, printer: int) -> str:
    """Return a shop of its own for each kill: head office knows them apart, and the one printer serves them in turn."""
    text = CONFIG.replace('id = "S001"', f'id = "S{number:03d}"')
    text = text.replace(
        'kind = "fake_printer"', f'kind = "escpos_printer"\npath = "tcp://127.0.0.1:{printer}"\ndrawer_pin = 0', 1
    )
    return text + f'\n[broker]\nhost = "127.0.0.1"\nport = {broker}\n'


def is_quiet(shop: TestShop) -> bool:
    reads = shop.parts.store.reads
    return not scalar(reads, IS_PAPER_OVER) and outbox.waiting(reads) == 0


def close(shop: TestShop) -> None:
    answer = shop.ask(1, close_shift, pieces="10000:1", other=COUNTED - 10_000, left=LEFT)
    assert answer is None, answer


def prepare(folder: Path, text: str) -> None:
    """Begin a shift, sell, and let everything of before come to paper and to head office."""
    with TestShop(folder, config=text) as shop:
        assert shop.ask(1, Till.sign_in, staff_id="chen", pin="5678") is None
        assert shop.ask(1, begin_shift, float_amount=FLOAT) is None
        assert shop.ask(1, Till.scan, text=PEN) is None
        assert shop.ask(1, Till.to_pay) is None
        assert shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=SOLD) is None
        assert shop.ask(1, Till.next_sale) is None
        until(lambda: is_quiet(shop))


def opened(folder: Path) -> TestShop:
    shop = TestShop.__new__(TestShop)
    shop.reopen(folder)
    return shop


def close_and_die(folder: Path, kill_at: int) -> None:
    steps, lock = count(1), threading.Lock()

    def step(*_: object) -> None:
        with lock:
            if next(steps) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    shop = opened(folder)
    shop.start()
    until(lambda: is_quiet(shop))
    shop.parts.loop.write(lambda: shop.parts.store.db.connection().set_trace_callback(step))
    # A driver's and a broker's call are steps as well: killed before the first byte, and between two of them.
    sys.addaudithook(lambda event, _: step() if event == "socket.connect" else None)
    close(shop)
    until(lambda: is_quiet(shop))
    # Whether paper or head office is done first is chance; killed when both are is one more place.
    step()
    os._exit(0)


def examine(folder: Path) -> dict[str, object]:
    """Start again, close the shift where it is not closed, let everything come to its end, and say what is there."""
    shop = opened(folder)
    with shop:
        reads = shop.parts.store.reads
        found: dict[str, object] = {
            "at_start": scalar(reads, "SELECT count(*) FROM shift WHERE closed_ms IS NOT NULL"),
            "audit": list(auditing.check(reads).problems),
        }
        if not found["at_start"]:
            if shop.view().stage is Stage.LOCKED:
                assert shop.ask(1, Till.sign_in, staff_id="chen", pin="5678") is None
            close(shop)
        until(lambda: is_quiet(shop))
        report = shifts.closed_report(reads, shifts.newest_closed(reads, 1))
        assert report is not None
        found |= {
            "numbers": [number for (number,) in rows(reads, "SELECT z_number FROM shift")],
            "report": (report.number[-6:], report.expected, report.counted, report.difference, report.left),
            "jobs": [state for (state,) in rows(reads, "SELECT state FROM print_job WHERE kind = 'shift'")],
            "money": [balance(reads, each, CASH) for each in ("drawer/1", "over_short", "safe")],
            "audit_after": list(auditing.check(reads).problems),
            "listed": [each.print_state for each in shifts.closed_shifts(reads, limit=9)],
            "refused": shop.ask(1, close_shift, pieces="10000:1", other=240).code,
            "lane": row(reads, "SELECT count(*), sum(closed_ms IS NULL) FROM shift"),
        }
        assert not shop.crashes
    return found


def print_for_all(line: Connection) -> None:
    """Be the printer, and say how many Z reports came out since it was asked last."""
    server = FakePrinterServer()
    line.send(server.serve())
    seen = 0
    while True:
        try:
            line.recv()
        except EOFError:
            os._exit(0)
        time.sleep(0.2)
        jobs = [bytes(job) for job in server.jobs][seen:]
        server.jobs.clear()
        line.send(sum(NUMBER.encode() in job for job in jobs))


def run(child: Callable[[], Any]) -> int:
    """Run something in a child of its own, and return the status it ended with."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            child()
            sys.stdout.flush()
            status = 0
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)
    return os.waitpid(pid, 0)[1]


def main(broker: int, folder: Path) -> None:
    ours, theirs = Pipe()
    printer = os.fork()
    if printer == 0:
        ours.close()
        print_for_all(theirs)
    theirs.close()
    port = ours.recv()

    def tell(kill_at: int, *, was_killed: bool, papers: int) -> None:
        found = {"kill_at": kill_at, "was_killed": was_killed, **examine(place), "papers_before": papers}
        ours.send(None)
        print(json.dumps(found | {"papers": papers + ours.recv()}), flush=True)

    try:
        for kill_at in range(1, KILLS_MAX):
            place = folder / f"killed-{kill_at}"
            text = config(kill_at, broker=broker, printer=port)
            assert run(lambda: prepare(place, text)) == 0  # noqa: B023 - it is called at once
            status = run(lambda: close_and_die(place, kill_at))  # noqa: B023 - it is called at once
            was_killed = os.WIFSIGNALED(status)
            assert was_killed or status == 0, status
            ours.send(None)
            papers = ours.recv()
            assert run(lambda: tell(kill_at, was_killed=was_killed, papers=papers)) == 0  # noqa: B023 - it is called at once
            shutil.rmtree(place)
            if not was_killed:
                return
    finally:
        os.kill(printer, signal.SIGKILL)
        os.waitpid(printer, 0)
    raise AssertionError("it never came to its end")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
