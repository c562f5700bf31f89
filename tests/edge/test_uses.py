"""Uses of promotions are counted with the sale, once a basket, and read before pricing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from edge.store import uses
from edge.store.auditing import check
from edge.store.database import MIGRATIONS, Store, StoreError, execute, open_store, rows
from edge.store.sales import SaleContext, record_sale
from rules.basket import Names
from rules.conditions import Scope
from rules.promotion_kinds import POINTS_ID, CouponAmountOff, Uses
from rules.sale import Sale, SalePromotion
from rules.usage import NO_USAGE, Usage
from tests.shops import fill, sale

CONTEXT = SaleContext(store_id="S001", currency="CNY")
LIMITED = CouponAmountOff(id="five", names=Names(en="Five off"), scope=Scope(all=True), off=500, uses=Uses(in_all=9))
FREE = msgspec.structs.replace(LIMITED, id="free", uses=Uses())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store.db", synchronous="OFF")
    fill(opened)
    yield opened
    opened.close()


def used(sale_id: str, *ids: str, member_id: str | None = None, day: str = "2026-11-23", codes: str = "") -> Sale:
    promotions = tuple(SalePromotion(each, Names(en=each), 0) for each in ids)
    closed = sale(sale_id, member_id=member_id, day=day)
    return replace(closed, promotions=promotions, spent_codes=tuple(codes.split()))


def usage(store: Store, member_id: str | None, day: str, *codes: str) -> Usage:
    return uses.usage(store.db, [LIMITED, FREE], member_id=member_id, business_date=day, codes=codes)


@pytest.mark.parametrize(
    ("member_id", "day", "counts"),
    [
        ("li", "2026-11-23", (4, 2, 3)),  # in all, by the member, on the day
        ("li", "2026-11-24", (4, 2, 1)),  # another day begins anew
        ("wang", "2026-11-23", (4, 1, 3)),
        (None, "2026-11-23", (4, 0, 3)),  # nobody in particular
        ("banned", "2026-11-25", (4, 0, 0)),
    ],
)
def test_uses_are_counted_in_all_by_member_and_by_day(
    store: Store, member_id: str | None, day: str, counts: tuple[int, int, int]
) -> None:
    for closed in (
        used("a", "five", "free", member_id="li"),
        used("b", "five", POINTS_ID, member_id="li", day="2026-11-24"),
        used("c", "five", member_id="wang"),
        used("d", "five"),
        used("e", "free"),
    ):
        record_sale(store, closed, CONTEXT)
    found = usage(store, member_id, day)
    # What has no limit is counted for the day on which it gets one, and not read before.
    assert found.in_all.keys() == {"five"}
    assert tuple(each.get("five", 0) for each in (found.in_all, found.by_member, found.today)) == counts
    assert check(store.reads).problems == ()


def test_a_second_press_counts_nothing(store: Store) -> None:
    for _ in range(2):
        record_sale(store, used("a", "five"), CONTEXT)
    assert usage(store, None, "2026-11-23").in_all == {"five": 1}


def test_a_code_is_spent_once_whoever_writes(store: Store) -> None:
    record_sale(store, used("a", "five", codes="mail-1 mail-2"), CONTEXT)
    assert usage(store, None, "2026-11-23", "MAIL-1", " Mail-3 ").spent_codes == {"mail-1"}
    with pytest.raises(StoreError):
        record_sale(store, used("b", "five", codes="mail-1"), CONTEXT)
    assert rows(store.db, "SELECT baskets FROM promotion_use WHERE span = 'all'") == [(1,)]
    assert check(store.reads).problems == ()


def test_nothing_is_asked_where_nothing_depends_on_it(store: Store) -> None:
    assert uses.usage(store.db, [FREE], member_id="li", business_date="2026-11-23", codes=()) is NO_USAGE


def test_sales_of_the_version_before_count_as_well(tmp_path: Path) -> None:
    before = tmp_path / "before"
    shutil.copytree(MIGRATIONS, before, ignore=shutil.ignore_patterns("__pycache__", "0003_*"))
    store = open_store(tmp_path / "store.db", synchronous="OFF", migrations=before)
    execute(
        store.db,
        "INSERT INTO sale (sale_id, receipt_number, lane, staff_id, member_id, business_date, sold_at_ms, gross,"
        " discount, total, tax, item_count, rules_version, promotions)"
        " VALUES ('a', 'n', 1, 'zhang', 'li', '2026-11-20', 0, 0, 0, 0, 0, 1, 'v', ?)",
        '[["five", "五", "", "", 500], ["free", "", "", "", 1]]',
    )
    store.close()
    store = open_store(tmp_path / "store.db", synchronous="OFF")
    assert usage(store, "li", "2026-11-20") == Usage({"five": 1}, {"five": 1}, {"five": 1})
    assert uses.wrong_count(store.db) == ""
    store.close()
