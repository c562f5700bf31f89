"""`taptill audit` names the first row that is wrong, whatever was changed behind the till's back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from edge.store import audit, entries, ledger
from edge.store.auditing import check
from edge.store.database import Store, execute, open_store, rows
from edge.store.entries import Entry
from edge.store.sales import LINE_COLUMNS, SALE_COLUMNS, TENDER_COLUMNS, SaleContext, record_sale
from rules.basket import Names
from rules.ledger import ISSUER, POINTS, Transfer
from rules.sale import SalePromotion
from tests.shops import fill, sale


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store.db", synchronous="OFF")
    fill(opened)
    context = SaleContext(store_id="S001", currency="CNY")
    used = SalePromotion("coupon", Names(en="Coupon"), 0)
    for sale_id in ("a", "b", "c"):
        closed = sale(sale_id, member_id="li")
        if sale_id == "a":
            closed = replace(closed, promotions=(used,), spent_codes=("mail-1",))
        record_sale(opened, closed, context)
    with opened.transaction():
        redeemed = Transfer(POINTS, "member/li", ISSUER, 7, "redemption")
        ledger.post(opened.db, [redeemed], sale_id=None, at_ms=0, business_date="2026-11-23")
        given = Transfer(POINTS, ISSUER, "member/li", 20, "adjust")
        entries.record(opened.db, Entry("e1", "adjust", 0, "2026-11-23", (given,), member_id="li", reason="sorry"))
    yield opened
    opened.close()


def test_untouched_books_agree(store: Store) -> None:
    report = check(store.reads)
    assert report.problems == ()
    assert (report.sales, report.audit_rows, report.transfers) == (3, 4, 11)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        # money out of a drawer
        ("UPDATE balance SET amount = amount - 1 WHERE account = 'drawer/1'",
         "balance of drawer/1 in cash: kept 1499, transfers give 1500"),
        # a balance that nothing ever moved
        ("INSERT INTO balance VALUES ('member/x', 'svc', 100, 0)",
         "balance of member/x in svc: kept 100, transfers give None"),
        ("DELETE FROM balance WHERE account = 'shelf'", "balance of shelf in stock:pen: kept None, transfers give -6"),
        # points from nowhere
        ("UPDATE lot SET remaining = remaining + 1 WHERE lot_id = (SELECT min(lot_id) FROM lot)",
         "lot 1: kept 1, its uses leave 0"),
        ("DELETE FROM lot_use WHERE lot_id = (SELECT min(lot_id) FROM lot)", "lot 1: kept 0, its uses leave 5"),
        # a transfer made smaller: the first account by name is told
        ("UPDATE transfer SET amount = 1 WHERE unit = 'cash' AND sale_id = 'a'",
         "balance of customers in cash: kept -1500, transfers give -1001"),
        # a sale that costs less than its lines
        ("UPDATE sale SET total = 1, gross = 1 WHERE sale_id = 'b'",
         "sale S001-1-20261123-0002: total 1, lines 500, tenders 500, links in the chain 1"),
        ("UPDATE sale_tender SET amount = 1 WHERE sale_no = 2",
         "sale S001-1-20261123-0002: total 500, lines 500, tenders 1, links in the chain 1"),
        # a line that still adds up
        ("UPDATE sale_line SET quantity = 3 WHERE sale_no = 2",
         "sale S001-1-20261123-0002 is not what it was when it was closed"),
        ("UPDATE sale_line SET name_zh_hans = 'x' WHERE sale_no = 3",
         "sale S001-1-20261123-0003 is not what it was when it was closed"),
        # what head office is not told of
        ("UPDATE sale_line SET name_zh_hant = 'x' WHERE sale_no = 3",
         "sale S001-1-20261123-0003 is not what it was when it was closed"),
        ("UPDATE sale_tender SET ref = 'x' WHERE sale_no = 3",
         "sale S001-1-20261123-0003 is not what it was when it was closed"),
        ("UPDATE entry SET reason = 'a wish'", "entry e1 (adjust) is not what it was when it was made"),
        # the same points under another name
        ("UPDATE transfer SET reason = 'gift' WHERE entry_no = 1",
         "entry e1 (adjust) is not what it was when it was made"),
        ("UPDATE sale SET staff_id = 'chen' WHERE sale_id = 'a'",
         "sale S001-1-20261123-0001 is not what it was when it was closed"),
        # the chain itself
        ("UPDATE audit SET staff_id = 'chen' WHERE audit_no = 2", "audit row 2 (sale b) does not match its hash"),
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE audit_no = 1", "audit row 1 (sale a) does not match its hash"),
        ("DELETE FROM audit WHERE audit_no = 2", "audit row 2 is missing"),
        # a link whose words are torn
        ("UPDATE audit SET detail = '{' WHERE audit_no = 2",
         "audit row 2 (sale b) cannot be read: Input data was truncated"),
        ("UPDATE audit SET detail = json_remove(detail, '$.in') WHERE audit_no = 2",
         "audit row 2 (sale b) cannot be read: Object missing required field `in`"),
        ("UPDATE audit SET detail = '{}' WHERE audit_no = 1", "audit row 1 (sale a) does not match its hash"),
        # and a sale's own
        ("UPDATE sale SET promotions = '[[1]]' WHERE sale_id = 'a'",
         "sale a cannot be read: not enough values to unpack (expected 5, got 1)"),
        ("UPDATE sale_line SET unit_nets = '[' WHERE sale_no = 2", "sale b cannot be read: Input data was truncated"),
        # the newest link leaves no gap behind; the sale that it told of does
        ("DELETE FROM audit WHERE audit_no = 3",
         "sale S001-1-20261123-0003: total 500, lines 500, tenders 500, links in the chain 0"),
        # uses of promotions, and a code that somebody wants to spend again
        ("UPDATE promotion_use SET baskets = 2 WHERE span = 'day'",
         "uses of coupon (day 2026-11-23): kept 2, sales give 1"),
        ("DELETE FROM promotion_use WHERE span = 'all'", "uses of coupon (all): kept 0, sales give 1"),
        ("INSERT INTO promotion_use VALUES ('coupon', 'member', 'wang', 1)",
         "uses of coupon (member wang): kept 1, sales give 0"),
        ("DELETE FROM spent_code", "sale S001-1-20261123-0001 is not what it was when it was closed"),
        # a counter that was set forward
        ("UPDATE receipt_counter SET last = 9", "lane 1 on 2026-11-23: 9 receipts numbered, 3 kept"),
    ],
)  # fmt: skip
def test_first_wrong_row_is_named(store: Store, damage: str, problem: str) -> None:
    execute(store.db, damage)
    assert problem in check(store.reads).problems


def without_hashes_of_rows(store: Store) -> None:
    """Make the chain what a version before made it."""
    links = rows(store.db, "SELECT at_ms, staff_id, lane, action, subject, json_remove(detail, '$.rows') FROM audit")
    execute(store.db, "DELETE FROM audit")
    for at_ms, staff_id, lane, action, subject, detail in links:
        audit.note(
            store.db, at_ms=at_ms, staff_id=staff_id, lane=lane, action=action, subject=subject,
            detail=msgspec.Raw(detail.encode()),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "problems"),
    [
        ("SELECT 1", ()),
        ("UPDATE sale_line SET quantity = 3 WHERE sale_no = 2",
         ("sale S001-1-20261123-0002 is not what it was when it was closed",)),
        ("UPDATE entry SET lane = 7", ("entry e1 (adjust) is not what it was when it was made",)),
        # nobody kept a hash of these then
        ("UPDATE sale_line SET name_zh_hant = 'x' WHERE sale_no = 3", ()),
    ],
)  # fmt: skip
def test_links_of_a_version_before_are_checked_by_what_head_office_was_told(
    store: Store, damage: str, problems: tuple[str, ...]
) -> None:
    without_hashes_of_rows(store)
    execute(store.db, damage)
    assert check(store.reads).problems == problems


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("100 % 'quoted' \"twice\" \\", -(2**63)),
        ("礦泉水 😀 \t\n", 2**63 - 1),
        ("", None),
        ("%s%d%n", 0),
    ],
)
def test_the_hash_of_rows_is_the_same_before_and_after_they_are_stored(
    store: Store, text: str, number: int | None
) -> None:
    execute(store.db, "CREATE TABLE odd (key INTEGER, place INTEGER, text TEXT, number INTEGER) STRICT")
    written = [(1, 1, text, number), (1, 2, text, 5)]
    for each in reversed(written):
        execute(store.db, "INSERT INTO odd VALUES (?, ?, ?, ?)", *each)
    found = audit.row_texts(store.db, "odd", "key, place, text, number", key="key", order="key, place", wanted=[1, 2])
    assert audit.texts_hash(found[1]) == audit.rows_hash(written) != ""


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("sale", "sale_no, " + SALE_COLUMNS),
        ("sale_line", LINE_COLUMNS),
        ("sale_tender", TENDER_COLUMNS),
        ("entry", "entry_no, " + entries.ENTRY_COLUMNS),
    ],
)
def test_the_hash_of_rows_leaves_no_column_out(store: Store, table: str, columns: str) -> None:
    named = {name for (name,) in rows(store.db, "SELECT name FROM pragma_table_info(?)", table)}
    assert set(columns.split(", ")) == named


def test_a_sale_whose_texts_end_fields_is_checked_by_what_head_office_was_told(store: Store) -> None:
    odd = replace(sale("d", member_id="li"), staff_id="zh\x1fang")
    record_sale(store, odd, SaleContext(store_id="S001", currency="CNY"))
    assert check(store.reads).problems == ()
    execute(store.db, "UPDATE sale SET staff_id = 'zhang' WHERE sale_id = 'd'")
    assert check(store.reads).problems == ("sale S001-1-20261123-0004 is not what it was when it was closed",)


def test_bytes_that_are_no_text_are_named(store: Store) -> None:
    execute(store.db, "UPDATE audit SET detail = CAST(x'ff' || detail AS TEXT) WHERE audit_no = 3")
    chain, against_chain = check(store.reads).problems
    assert chain.startswith("audit row 3 cannot be read: Could not decode to UTF-8")
    assert against_chain.startswith("sales against the chain cannot be read: Could not decode to UTF-8")


def test_a_sale_that_was_taken_out_is_missed(store: Store) -> None:
    execute(store.db, "PRAGMA foreign_keys = 0")
    for table in ("sale_line", "sale_tender", "sale"):
        execute(store.db, f"DELETE FROM {table} WHERE sale_no = 3")
    assert check(store.reads).problems == (
        "lane 1 on 2026-11-23: 3 receipts numbered, 2 kept",
        "sale c is in the chain and nowhere else",
    )


def test_progress_is_told(store: Store) -> None:
    told: list[str] = []
    check(store.reads, progress=told.append)
    assert told == [
        "chain", "balances", "lots", "sales", "receipt numbers", "uses of promotions", "coupons", "returns", "exchanges",
        "returns without a receipt", "top-ups", "sales against the chain", "entries against the chain", "returns against the chain",
        "returns without a receipt against the chain", "shifts against the chain",
    ]  # fmt: skip
