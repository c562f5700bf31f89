"""The writer's thread: every question gets an answer, every failure its place, and the inbox has an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base import Scan, Tap
from edge.loop import INBOX_MAX, TillBusyError
from edge.screen import Refusal
from edge.store.database import StoreError, execute, rows
from edge.till import Till
from tests.shops import CARDS, TestShop

PEN = "4006381333931"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path) as shop:
        yield shop


def fills_up(till: Till) -> None:
    execute(till._shop.store.db, "PRAGMA max_page_count = 1")


def has_room(till: Till) -> None:
    execute(till._shop.store.db, "PRAGMA max_page_count = 1000000")


def test_ask_gives_back_what_the_method_returns(shop: TestShop) -> None:
    assert shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234") is None
    assert shop.ask(1, Till.void_line, line_id="9") == Refusal("line_gone")
    assert shop.ask(2, lambda till: till.lane) == 2


def test_wrong_question_is_the_askers(shop: TestShop) -> None:
    with pytest.raises(KeyError):
        shop.ask(9, Till.undo)
    with pytest.raises(TypeError):
        shop.ask(1, Till.sign_in, nonsense=True)
    assert shop.crashes == []
    assert shop.parts.loop.is_alive()


def test_broken_promise_of_ours_ends_the_daemon(shop: TestShop) -> None:
    def broken(till: Till) -> None:
        raise AssertionError("ours")

    with pytest.raises(TillBusyError):
        shop.ask(1, broken)
    # The thread ends, the watchdog is fed no longer, and systemd starts the daemon again.
    deadline = time.monotonic() + 5
    while shop.parts.loop.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not shop.parts.loop.is_alive()
    assert [str(error) for error in shop.crashes] == ["ours"]
    with pytest.raises(TillBusyError):
        shop.ask(1, Till.undo)


def test_write_is_one_transaction(shop: TestShop) -> None:
    db = shop.parts.store.db

    def two_writes() -> None:
        execute(db, "INSERT INTO meta VALUES ('a', 'x')")
        execute(db, "INSERT INTO meta VALUES ('b', NULL)")

    with pytest.raises(StoreError):
        shop.parts.loop.write(two_writes)
    assert rows(shop.parts.store.reads, "SELECT * FROM meta WHERE key IN ('a', 'b')") == []
    shop.parts.loop.write(lambda: execute(db, "INSERT INTO meta VALUES ('a', 'x')"))
    assert rows(shop.parts.store.reads, "SELECT * FROM meta WHERE key IN ('a', 'b')") == [("a", "x")]


def sell(shop: TestShop) -> Refusal | None:
    """Sell a pen, from whatever step the lane is at, and return the first refusal."""
    if shop.view().stage != "paying":
        refusal = None if shop.view().lines else shop.ask(1, Till.scan, text=PEN)
        refusal = refusal or shop.ask(1, Till.to_pay)
        if refusal:
            return refusal
    return shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=shop.view().total)


def test_full_store_refuses_in_words_and_recovers(shop: TestShop) -> None:
    """SQLite itself says that there is no room, in the middle of whatever is being written."""
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    shop.ask(1, fills_up)
    sold = 0
    while sold < 200 and (refusal := sell(shop)) is None:
        sold += 1
    assert refusal == Refusal("disk_full")
    assert shop.view().notice == Refusal("disk_full")
    # Of the sale that found no room nothing is there; the books agree; the other lane answers.
    assert rows(shop.parts.store.reads, "SELECT count(*) FROM sale") == [(sold,)]
    assert shop.audit() == ()
    assert shop.ask(2, lambda till: till.lane) == 2
    shop.ask(1, has_room)
    assert sell(shop) is None
    assert shop.view().done is not None and shop.view().done.receipt_number.endswith(f"-{sold + 1:04d}")
    assert shop.audit() == ()
    assert shop.crashes == []


def test_scan_into_a_full_store_is_refused_on_the_screen(shop: TestShop) -> None:
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    shop.ask(1, fills_up)
    for _ in range(400):
        shop.parts.loop.post(1, Scan("scanner-1", PEN))
        shop.ask(1, lambda _: None)
        if shop.view().notice is not None:
            break
    assert shop.view().notice == Refusal("disk_full")
    pieces = shop.view().item_count
    shop.ask(1, has_room)
    shop.ask(1, Till.scan, text=PEN)
    assert shop.view().item_count == pieces + 1
    assert shop.crashes == []


def test_inbox_has_an_end_and_loses_only_what_came_last(shop: TestShop) -> None:
    gate = threading.Event()
    started = threading.Event()

    def hold(till: Till) -> None:
        started.set()
        gate.wait(10)

    asking = threading.Thread(target=lambda: shop.ask(1, hold))
    asking.start()
    started.wait(5)
    taken = [shop.parts.loop.post(1, Tap("cards-1", CARDS["card-li"])) for _ in range(INBOX_MAX + 10)]
    assert taken == [True] * INBOX_MAX + [False] * 10
    with pytest.raises(TillBusyError):
        shop.ask(1, Till.undo)
    gate.set()
    asking.join(10)
    # What was taken is worked off, and the till answers again.
    deadline = time.monotonic() + 10
    answer = None
    while answer is None and time.monotonic() < deadline:
        try:
            answer = shop.ask(1, lambda till: till.lane)
        except TillBusyError:
            time.sleep(0.05)
    assert answer == 1


def test_events_for_a_lane_that_is_not_there_are_dropped(shop: TestShop) -> None:
    assert not shop.parts.loop.post(9, Scan("scanner-9", PEN))
    assert shop.parts.loop.is_alive()


def test_stopping_finishes_what_was_asked_before(tmp_path: Path) -> None:
    shop = TestShop(tmp_path)
    shop.start()
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    for _ in range(20):
        assert shop.parts.loop.post(1, Scan("scanner-1", PEN))
    loop = shop.parts.loop
    shop.stop()
    with pytest.raises(TillBusyError):
        loop.ask(1, Till.undo)
    assert not loop.post(1, Scan("scanner-1", PEN))
    shop.start()
    assert shop.view().item_count == 20
    shop.stop()


@pytest.mark.slow
def test_clock_work_happens_by_itself(shop: TestShop) -> None:
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    shop.clock.hand.at_ms += 16 * 60_000
    deadline = time.monotonic() + 5
    while shop.view().stage != "locked" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert shop.view().stage == "locked"
