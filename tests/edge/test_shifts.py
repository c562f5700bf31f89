"""Shifts at a real till: what stories cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from peewee import IntegrityError

from edge import shifts, till_training
from edge.messages import ShiftBody
from edge.screen import Refusal, Stage
from edge.store import auditing
from edge.store import shifts as stored
from edge.store.database import execute, row, scalar
from edge.store.ledger import balance
from edge.till import Till
from edge.till_kitchen import paper_is_there
from rules.ledger import CASH
from tests.offices import wait_for
from tests.shops import CONFIG, TestShop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", config=CONFIG + "[shift]\nrequired = true\n") as made:
        made.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield made


def do(shop: TestShop, method: Any, **arguments: Any) -> str:
    answer = shop.ask(1, method, **arguments)
    return answer.code if isinstance(answer, Refusal) else "done"


def sell(shop: TestShop) -> None:
    assert do(shop, Till.scan, text="4006381333931") == "done"
    assert do(shop, Till.to_pay) == "done"
    assert do(shop, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=1_000) == "done"


def test_nothing_is_sold_without_the_shift_that_the_shop_wants(shop: TestShop) -> None:
    do(shop, Till.scan, text="4006381333931")
    assert do(shop, Till.to_pay) == "shift_needed"
    assert shop.view().stage is Stage.SELLING
    assert do(shop, shifts.begin_shift, float_amount=10_000) == "done"
    assert do(shop, Till.to_pay) == "done"


def test_whoever_practises_needs_no_shift(shop: TestShop) -> None:
    practice, whole = shop.parts.shop.practice, shop.parts.shop
    assert practice is not None and practice.prepare(whole)  # type: ignore[attr-defined]
    assert do(shop, till_training.begin_training) == "done"
    sell(shop)
    assert do(shop, till_training.end_training) == "done"
    do(shop, Till.sign_in, staff_id="zhang", pin="1234")
    do(shop, Till.scan, text="4006381333931")
    assert do(shop, Till.to_pay) == "shift_needed"


def test_a_second_press_moves_cash_once(shop: TestShop) -> None:
    do(shop, shifts.begin_shift, float_amount=10_000)
    for _ in range(2):
        assert do(shop, shifts.move_cash, kind="cash_in", amount=500, reason="other", move_id="m1") == "done"
    assert balance(shop.parts.store.reads, "drawer/1", CASH) == 10_500


def test_a_z_is_what_is_kept_told_and_chained(shop: TestShop) -> None:
    do(shop, shifts.begin_shift, float_amount=10_000)
    sell(shop)
    sell(shop)
    assert do(shop, shifts.close_shift, pieces="10000:1 500:1", other=5) == "done"
    db = shop.parts.store.reads
    kept, told = scalar(db, "SELECT report FROM shift"), scalar(db, "SELECT body FROM outbox WHERE kind = 'shift'")
    assert bytes(kept) == bytes(told)
    body = msgspec.json.decode(told, type=ShiftBody)
    assert (body.number, body.sales, body.total, body.expected, body.counted, body.difference) == (
        "S001-Z00001", 2, 500, 10_500, 10_505, 5,
    )  # fmt: skip
    assert body.tenders == (("cash", 500, 0),)
    assert body.drawer == (("sale", 500, 0), ("shift_float", 10_000, 0))
    assert body.pieces == ((500, 1), (10_000, 1))
    report = stored.closed_report(db, body.shift_id)
    assert report is not None and stored.shift_body(report, currency="CNY") == body
    sale = msgspec.json.decode(scalar(db, "SELECT body FROM outbox WHERE kind = 'sale' LIMIT 1"))
    assert sale["shift_id"] == body.shift_id


def test_a_closed_shift_is_never_changed_and_a_change_is_found(shop: TestShop) -> None:
    do(shop, shifts.begin_shift, float_amount=10_000)
    do(shop, shifts.close_shift, pieces="10000:1")
    writes = shop.parts.loop.write
    db = shop.parts.store.db
    with pytest.raises(IntegrityError, match="never changed"):
        writes(lambda: execute(db, "UPDATE shift SET report = x'00'"))
    with pytest.raises(IntegrityError, match="never deleted"):
        writes(lambda: execute(db, "DELETE FROM shift"))
    assert shop.audit() == ()
    writes(lambda: execute(db, "DROP TRIGGER shift_is_closed"))
    writes(lambda: execute(db, "UPDATE shift SET report = x'00'"))
    assert "Z report 1 is not what it was when its shift was closed" in auditing.check(shop.parts.store.reads).problems


def test_every_count_stands_in_the_journal(shop: TestShop) -> None:
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    do(shop, shifts.begin_shift, float_amount=10_000)
    assert do(shop, shifts.close_shift, pieces="1000:1") == "approval_needed"
    assert do(shop, shifts.close_shift, pieces="5000:1") == "approval_needed"
    counted = row(shop.parts.store.reads, "SELECT count(*) FROM audit WHERE action = 'shift_counted'")
    assert counted == (2,)
    assert shop.ask(1, shifts.read_shift) is not None


@pytest.mark.parametrize(
    "pieces", ["100", "100:-1", "100:1 100:2", "a:1", "100:1;", "1:99999", "100:1\n", " " * 30, "100:1 " * 21]
)
def test_a_count_that_cannot_be_read_closes_nothing(shop: TestShop, pieces: str) -> None:
    do(shop, shifts.begin_shift, float_amount=10_000)
    assert do(shop, shifts.close_shift, pieces=pieces) == "amount_range"
    assert do(shop, shifts.close_shift, pieces="100:1", left=101) == "amount_range"
    assert shop.ask(1, shifts.read_shift) is not None


def test_a_z_of_which_nobody_knows_is_asked_for_until_somebody_answers(shop: TestShop) -> None:
    reads, db = shop.parts.reads, shop.parts.store.reads
    do(shop, shifts.begin_shift, float_amount=10_000)
    # The fault is for the paper, and not for the drawer's kick that is on its way.
    wait_for(lambda: scalar(db, "SELECT count(*) = 0 FROM print_job WHERE state IN ('queued', 'sending')"))
    shop.printer("printer-1").fail_next("drop")
    assert do(shop, shifts.close_shift, pieces="10000:1") == "done"
    shift_id = stored.newest_closed(db, 1)
    assert wait_for(lambda: reads.doubtful_z("printer-1")) == (shift_id, "S001-Z00001")
    assert reads.doubtful_z("printer-2") is None
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    assert do(shop, paper_is_there, sale_id=shift_id, printer="printer-1") == "done"
    assert reads.doubtful_z("printer-1") is None
    assert shop.audit() == ()
