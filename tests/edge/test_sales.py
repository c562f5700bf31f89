"""A sale is recorded once, whole or not at all, under a number without a gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.messages import TENDERS_MAX, encode_body, up_topic
from edge.relay_wire import PAYLOAD_MAX_BYTES, envelope
from edge.store import baskets, ledger, members, outbox, printjobs, sales
from edge.store.auditing import check
from edge.store.baskets import LaneState, StoredBasket
from edge.store.database import Store, StoreError, execute, open_store, rows
from edge.store.sales import SaleContext, fits_message, record_sale, sale_body, stored_sale
from hq.envelope import read
from rules.basket import LINES_MAX, QUANTITY_MAX, Names
from rules.ledger import CASH, CUSTOMERS, ISSUER, POINTS, SHELF, Transfer, stock_unit
from rules.money import AMOUNT_MAX
from rules.sale import Sale, SalePromotion, SaleTender
from tests.shops import fill, moment_ms, sale

CONTEXT = SaleContext(
    store_id="S001", currency="CNY", points_expire_ms=moment_ms("2027-11-24 00:00"), printers=("printer-1",),
    drawer_printer="printer-1", new_tier_id="gold",
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store.db", synchronous="OFF")
    fill(opened)
    yield opened
    opened.close()


def everything(store: Store) -> dict[str, list[Any]]:
    """Return every row of every table."""
    tables = [name for (name,) in rows(store.db, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        table: sorted(rows(store.db, f"SELECT * FROM {table}"), key=repr)
        for table in tables
        if "migration" not in table
    }


def test_sale_comes_back_as_it_was_closed(store: Store) -> None:
    recorded = record_sale(store, sale("a", member_id="li"), CONTEXT)
    assert recorded.receipt_number == "S001-1-20261123-0001"
    assert recorded.points_after == 5
    assert stored_sale(store.reads, "a") == recorded
    assert sales.sale_id_of(store.reads, recorded.receipt_number) == "a"
    assert stored_sale(store.reads, "b") is None


def largest(lines: int, *, name: str, discounts: int) -> Sale:
    """Return a sale of full lines, each with its fen that could not be shared, and as many tenders as there may be."""
    line = replace(
        sale("a").lines[0], sku="S" * 20, names=Names(name), quantity=QUANTITY_MAX, unit_price=1_000_000_00,
        gross=AMOUNT_MAX, net=AMOUNT_MAX, unit_nets=(1_000_100,) * 5_000 + (1_000_099,) * 4_999,
        discounts=tuple((f"promotion-{number:02d}", AMOUNT_MAX) for number in range(discounts)), tax_bp=1_300,
        tax=AMOUNT_MAX, code="9" * 14,
    )  # fmt: skip
    tender = SaleTender("cash", AMOUNT_MAX, AMOUNT_MAX)
    return replace(
        sale("S" * 36), lines=(line,) * lines, tenders=(tender,) * TENDERS_MAX, gross=AMOUNT_MAX, discount=AMOUNT_MAX,
        total=AMOUNT_MAX, tax=AMOUNT_MAX, change=AMOUNT_MAX, points=AMOUNT_MAX, staff_id="s" * 64, member_id="m" * 36,
        rules_version="r" * 60, receipt_number="S" * 60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "name", "discounts"),
    [
        (10, "康师傅红烧牛肉面五连包 103g×5", 2),  # what ten full lines are made of
        (LINES_MAX, "康师傅红烧牛肉面五连包 103g×5", 3),  # a whole basket of them
        (30, "面" * 200, 200),  # few lines, and every promotion of a year on each
        (0, "", 0),  # as much as may be, see below
    ],
)
def test_largest_sale_goes_to_head_office_in_one_message(lines: int, name: str, discounts: int) -> None:
    tried = largest(lines or 1, name=name, discounts=discounts)
    if not lines:
        # One line whose name takes all the room that the lines may have.
        while fits_message(tried.lines):
            name += "m" * 100
            tried = largest(1, name=name, discounts=discounts)
        tried = largest(1, name=name[:-100], discounts=discounts)
    assert fits_message(tried.lines)
    body = encode_body(sale_body(tried, currency="CNY"))
    message = outbox.OutboxRow(2**53, "e" * 32, "sale", tried.sale_id, body, "f" * 64, tried.sold_at_ms)
    payload = envelope(message, tenant="t" * 32, store="s" * 32)
    assert len(payload) <= PAYLOAD_MAX_BYTES and not is_hollow(payload)
    received = read(up_topic("t" * 32, "s" * 32, "sale"), payload, "t" * 32)
    assert received is not None and received.reason is None, received
    assert received.sale is not None
    assert sum(pieces for line in received.sale.lines for _, pieces in line.unit_nets) == QUANTITY_MAX * (lines or 1)


def is_hollow(payload: bytes) -> bool:
    return payload.endswith(b'"data":null}')


def test_lines_that_do_not_fit_are_known_before() -> None:
    assert not fits_message(largest(LINES_MAX, name="面" * 120, discounts=3).lines)


def test_sale_brings_along_all_that_follows_from_it(store: Store) -> None:
    with store.transaction():
        baskets.push(store.db, 1, StoredBasket(sale_id="a"))
        baskets.put_lane_state(store.db, 1, LaneState(staff_id="zhang", seen_ms=1))
    record_sale(store, sale("a", member_id="li"), CONTEXT)
    assert ledger.balance(store.db, "drawer/1", CASH) == 500
    assert ledger.balance(store.db, CUSTOMERS, CASH) == -500
    assert ledger.balance(store.db, SHELF, stock_unit("pen")) == -2
    assert ledger.balance(store.db, "member/li", POINTS) == 5
    assert rows(store.db, "SELECT printer, kind, sale_id, state FROM print_job ORDER BY job_id") == [
        ("printer-1", "drawer", "a", "queued"), ("printer-1", "receipt", "a", "queued"),
    ]  # fmt: skip
    assert [message.subject for message in outbox.unacked(store.db, 0, 10)] == ["a"]
    assert baskets.newest(store.db, 1) == (None, 0)
    file = members.member(store.db, "li")
    assert file is not None and (file.visits, file.last_date, file.tier_id) == (1, "2026-11-23", "gold")
    assert check(store.reads).problems == ()


@pytest.mark.parametrize(
    ("tenders", "printer", "jobs"),
    [
        ((SaleTender("cash", 500, 1_000),), "printer-1", ["drawer", "receipt"]),
        ((SaleTender("cash", 500, 1_000),), "", ["receipt"]),  # no drawer hangs on the printer
        ((SaleTender("card", 500, 500),), "printer-1", ["receipt"]),  # nothing to put in it
        ((SaleTender("card", 200, 200), SaleTender("cash", 300, 300)), "printer-1", ["drawer", "receipt"]),
        ((SaleTender("cash", 200, 200), SaleTender("cash", 300, 300)), "printer-1", ["drawer", "receipt"]),  # once
    ],
)
def test_drawer_opens_for_cash(store: Store, tenders: tuple[SaleTender, ...], printer: str, jobs: list[str]) -> None:
    record_sale(store, replace(sale("a"), tenders=tenders), replace(CONTEXT, drawer_printer=printer))
    assert [kind for (kind,) in rows(store.db, "SELECT kind FROM print_job ORDER BY job_id")] == jobs
    # The list of receipts tells of the paper.
    with store.transaction():
        execute(store.db, "UPDATE print_job SET state = 'printed' WHERE kind = 'drawer'")
    assert printjobs.state_of_sale(store.db, "a") == "queued"


def test_a_receipt_is_offered_again_while_it_is_doubtful(store: Store) -> None:
    record_sale(store, sale("a"), CONTEXT)
    record_sale(store, sale("b"), replace(CONTEXT, printers=("printer-2",), drawer_printer="printer-2"))
    with store.transaction():
        execute(store.db, "UPDATE print_job SET state = 'doubtful' WHERE kind = 'receipt' AND sale_id = 'a'")
    assert [printjobs.doubtful_receipt(store.db, name) for name in ("printer-1", "printer-2", "none")] == ["a", "", ""]
    with store.transaction():
        # Someone asked for a copy: that is the newest now.
        printjobs.put(store.db, printer="printer-1", kind="copy", sale_id="a", at_ms=0)
    assert printjobs.doubtful_receipt(store.db, "printer-1") == ""


def test_a_z_report_is_offered_again_while_it_is_doubtful(store: Store) -> None:
    def put(shift_id: str | None, state: str) -> None:
        with store.transaction():
            printjobs.put(store.db, printer="printer-1", kind="shift", sale_id=shift_id, at_ms=0)
            execute(
                store.db, "UPDATE print_job SET state = ? WHERE job_id = (SELECT max(job_id) FROM print_job)", state
            )

    put("first", "doubtful")
    put(None, "doubtful")  # an X report: nobody can ask for it again, and it does not stand before the Z
    assert [printjobs.doubtful_z(store.db, name) for name in ("printer-1", "printer-2")] == ["first", ""]
    put("second", "doubtful")
    assert printjobs.doubtful_z(store.db, "printer-1") == "second"
    put("second", "queued")  # a copy: of the same kind
    assert printjobs.doubtful_z(store.db, "printer-1") == "first"
    assert printjobs.doubtful_receipt(store.db, "printer-1") == ""


def test_drawer_goes_before_the_papers_that_wait(store: Store) -> None:
    for sale_id in ("a", "b"):
        record_sale(store, sale(sale_id), CONTEXT)
    order = []
    while (job := printjobs.next_job(store.db, "printer-1")) is not None:
        order.append((job.kind, job.sale_id))
        with store.transaction():
            printjobs.set_state(store.db, job.job_id, "printed", at_ms=0)
    assert order == [("drawer", "a"), ("drawer", "b"), ("receipt", "a"), ("receipt", "b")]


def test_same_sale_id_changes_nothing(store: Store) -> None:
    first = record_sale(store, sale("a", member_id="li"), CONTEXT)
    before = everything(store)
    # Not even when the second one tells of another amount: the first is the fact.
    assert record_sale(store, sale("a", member_id="li", pens=3), CONTEXT) == first
    assert everything(store) == before


def test_receipt_numbers_have_no_gap_in_a_lane_and_a_day(store: Store) -> None:
    numbers = [
        record_sale(store, sale(f"{lane}{day}{count}", lane=lane, day=day), CONTEXT).receipt_number
        for count in range(3)
        for day in ("2026-11-23", "2026-11-24")
        for lane in (1, 2)
    ]
    assert sorted(numbers) == [
        f"S001-{lane}-{day}-{number:04d}" for lane in (1, 2) for day in ("20261123", "20261124") for number in (1, 2, 3)
    ]


# Each table that a sale touches, and what it does there.
TOUCHED = [
    ("receipt_counter", "INSERT"), ("sale", "INSERT"), ("sale_line", "INSERT"), ("sale_tender", "INSERT"),
    ("transfer", "INSERT"), ("lot", "INSERT"), ("balance", "INSERT"), ("balance", "UPDATE"), ("day_stat", "INSERT"),
    ("member_stat", "INSERT"), ("member_sku", "INSERT"), ("member", "UPDATE"), ("print_job", "INSERT"),
    ("outbox", "INSERT"), ("outbox_head", "UPDATE"), ("audit", "INSERT"), ("basket_step", "DELETE"),
    ("lane_state", "UPDATE"), ("promotion_use", "INSERT"), ("spent_code", "INSERT"), ("lot_use", "INSERT"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "does"), TOUCHED)
def test_sale_is_written_whole_or_not_at_all(store: Store, table: str, does: str) -> None:
    with store.transaction():
        baskets.push(store.db, 1, StoredBasket(sale_id="a"))
        baskets.put_lane_state(store.db, 1, LaneState(staff_id="zhang", seen_ms=1))
    put_points(store, 7)
    used = replace(
        sale("a", member_id="li"), promotions=(SalePromotion("coupon", Names(en="Coupon"), 0),), points_paid=7,
        spent_codes=("mail-1",),
    )  # fmt: skip
    before = everything(store)
    execute(store.db, f"CREATE TRIGGER broken BEFORE {does} ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END")
    with pytest.raises((StoreError, ledger.InsufficientError)):
        record_sale(store, used, CONTEXT)
    assert everything(store) == before
    # Mended, the same sale takes the number that the broken one never used.
    execute(store.db, "DROP TRIGGER broken")
    assert record_sale(store, used, CONTEXT).receipt_number.endswith("-0001")
    assert check(store.reads).problems == ()


def put_points(store: Store, points: int, *, expires_ms: int | None = None) -> None:
    granted = Transfer(POINTS, ISSUER, "member/li", points, "accrual", expires_ms)
    with store.transaction():
        ledger.post(store.db, [granted], sale_id=None, at_ms=0, business_date="2026-11-01")


def test_points_that_pay_are_taken_from_what_expires_first_and_never_from_the_same_sale(store: Store) -> None:
    put_points(store, 300)
    put_points(store, 100, expires_ms=moment_ms("2026-12-01 00:00"))
    paid = record_sale(store, replace(sale("a", member_id="li"), points_paid=200), CONTEXT)
    assert paid.points_after == 400 - 200 + 5
    assert rows(store.db, "SELECT granted, remaining FROM lot ORDER BY lot_id") == [(300, 200), (100, 0), (5, 5)]
    assert stored_sale(store.reads, "a") == paid
    assert sale_body(paid, currency="CNY").points_paid == 200
    # More than there is moves nothing, although the sale itself would bring the five that are missing.
    before = everything(store)
    with pytest.raises(ledger.InsufficientError):
        record_sale(store, replace(sale("b", member_id="li"), points_paid=206), CONTEXT)
    assert everything(store) == before
    assert check(store.reads).problems == ()


def test_gifts_leave_the_shelf_and_are_no_favourite(store: Store) -> None:
    bread = replace(sale("a").lines[0], sku="bread", unit_price=0, gross=0, net=0, unit_nets=(0, 0), gift_of="free")
    closed = sale("a", member_id="li")
    given = record_sale(store, replace(closed, lines=(*closed.lines, bread)), CONTEXT)
    assert ledger.balance(store.db, SHELF, stock_unit("bread")) == -2
    assert stored_sale(store.reads, "a") == given
    assert rows(store.db, "SELECT sku FROM member_sku") == [("pen",)]
    assert check(store.reads).problems == ()


def test_old_sales_keep_their_bytes() -> None:
    """A message that came with a later version names only what a sale has, or the chain of older ones would break."""
    body = encode_body(sale_body(sale("a"), currency="CNY"))
    assert not any(word in body for word in (b"gift_of", b"points_paid", b"spent_codes"))


def test_points_on_the_receipt_are_those_that_can_be_spent(store: Store) -> None:
    early = SaleContext(store_id="S001", currency="CNY", points_expire_ms=moment_ms("2026-11-24 00:00"))
    assert record_sale(store, sale("a", member_id="li"), early).points_after == 5
    # A day later the first five have expired; they still stand in the ledger.
    second = record_sale(store, sale("b", member_id="li", day="2026-11-24"), CONTEXT)
    assert second.points_after == 5
    assert ledger.balance(store.db, "member/li", POINTS) == 10
