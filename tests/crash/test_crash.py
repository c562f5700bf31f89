"""A sale is whole or was never there, wherever the process is killed, and PAY pressed again makes it exactly once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.crash.one_sale import examine, make_store

pytestmark = pytest.mark.crash

PROGRAM = [sys.executable, "-m", "tests.crash.one_sale"]
ROOT = Path(__file__).parents[2]
NOTHING = [0, 0, 0, 0, 0, 0, 0, 0, 0]
# Three kinds of goods, two tenders, one lot of points; drawer and paper, one message, one link, one number, one sale.
WHOLE = [3, 2, 6, 2, 1, 1, 1, 1, 24]
SALE = [2400, 600, "0001", 24]
SYSCALL_KILLS_MAX = 200
EVERY_NTH_WRITE = 4


def assert_all_or_nothing(found: dict[str, object]) -> None:
    plain = json.loads(json.dumps(found))
    assert plain["audit"] == []
    assert plain["quick_check"] == "ok"
    assert plain["rows"] == (WHOLE if plain["sales"] else NOTHING)
    assert plain["basket"] is not bool(plain["sales"]), "either the sale is closed, or its basket and tender are open"
    assert plain["after"] == [1, WHOLE, []]
    assert plain["sale"] == SALE


def test_killed_before_every_statement(tmp_path):
    done = subprocess.run(
        [*PROGRAM, "statements", str(tmp_path)], check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for each in found:
        assert_all_or_nothing(each)
    closed = [each["sales"] for each in found]
    assert len(found) > 30
    assert closed == sorted(closed), "one statement, the COMMIT, turns nothing into a sale, and none turns it back"
    assert closed[0] == 0 and closed[-1] == 1
    assert not found[-1]["was_killed"]


@pytest.mark.parametrize(("syscall", "step"), [("fdatasync", 1), ("pwrite64", EVERY_NTH_WRITE)])
def test_killed_inside_the_commit(tmp_path, syscall, step):
    closed = []
    for number in range(1, SYSCALL_KILLS_MAX, step):
        folder = tmp_path / f"{syscall}-{number}"
        make_store(folder)
        was_killed = pay_under_strace(folder, syscall, number)
        found = examine(folder)
        assert_all_or_nothing(found)
        closed.append(found["sales"])
        if not was_killed:
            break
    assert not was_killed, "the payment never came to its end"
    assert closed == sorted(closed)
    assert closed[-1] == 1
    if syscall == "pwrite64":
        assert closed[0] == 0, "the first page that is written does not make a sale"


def pay_under_strace(folder: Path, syscall: str, number: int) -> bool:
    """Run a sale up to the payment, then pay with a SIGKILL at the syscall of that number; tell whether it came to it."""
    seller = subprocess.Popen([*PROGRAM, "stop", str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert seller.stdout is not None
    wait_until(lambda: state_of(seller.pid) == "T")
    tracer = subprocess.Popen(
        ["strace", "-qq", "-o", str(folder / "strace"), "-p", str(seller.pid),
         "-e", f"trace={syscall}", "-e", f"inject={syscall}:signal=SIGKILL:when={number}"],
    )  # fmt: skip
    wait_until(lambda: tracer_of(seller.pid) == tracer.pid)
    os.kill(seller.pid, signal.SIGCONT)
    output, _ = seller.communicate(timeout=20)
    tracer.wait(20)
    was_killed = seller.returncode == -signal.SIGKILL
    assert was_killed or output == "paid\n"
    return was_killed


def wait_until(is_so, timeout_s=20.0):
    until = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.005)


def field_of(pid: int, name: str) -> str:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(line.split(":", 1)[1].strip() for line in status.splitlines() if line.startswith(name + ":"))


def state_of(pid: int) -> str:
    return field_of(pid, "State")[0]


def tracer_of(pid: int) -> int:
    return int(field_of(pid, "TracerPid"))
