"""On account (赊账): owed, settled once, merged, and kept apart from what a member has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.credit import set_credit_limit, settle_account
from edge.ids import new_id
from edge.member_files import erase, merge
from edge.shifts import begin_shift
from edge.store import entries
from edge.store.credit import credit_of, debtors, moves_of
from edge.store.ledger import balance
from edge.store.past import slip_rows
from edge.store.shifts import open_shift, report
from edge.till import Till
from tests.shops import TestShop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop") as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        running.ask(1, begin_shift, float_amount=0)
        for member in ("li", "wang"):
            running.ask(1, set_credit_limit, member_id=member, limit=5_000, reason="regular")
        yield running


def buy(shop: TestShop, member: str, amount: int) -> str:
    shop.ask(1, Till.attach_member, member_id=member)
    shop.ask(1, Till.add_item, sku="repair", open_price=amount)
    shop.ask(1, Till.to_pay)
    sale_id = shop.view().sale_id
    assert shop.ask(1, Till.pay, sale_id=sale_id, kind="account", given=amount) is None
    return sale_id


def test_what_is_owed_and_settled_stands_in_the_ledger_and_on_a_slip(shop: TestShop) -> None:
    buy(shop, "li", 4_000)
    reads = shop.parts.store.reads
    assert (credit_of(reads, "li").owed, credit_of(reads, "li").left) == (4_000, 1_000)
    assert (balance(reads, "receivables", "on_account"), balance(reads, "drawer/1", "cash")) == (4_000, 0)
    deed = {"entry_id": new_id(shop.clock), "member_id": "li", "amount": 2_500, "kind": "cash", "given": 3_000}
    assert shop.ask(1, settle_account, **deed) is None
    assert shop.ask(1, settle_account, **deed) is None, "a second press is harmless"
    assert (credit_of(reads, "li").owed, balance(reads, "drawer/1", "cash")) == (1_500, 2_500)
    entry = entries.stored(reads, deed["entry_id"])
    assert entry is not None and entry.detail["change"] == 500 and entry.detail["owed_after"] == 1_500
    moves = moves_of(reads, "li")
    assert [(each.reason, each.amount, each.owed_after) for each in moves] == [
        ("settled", -2_500, 1_500),
        ("sale", 4_000, 4_000),
    ]
    shift = open_shift(reads, 1)
    assert shift is not None
    found = report(reads, shift, at_ms=shop.clock.now_ms())
    assert ("settled", "cash", 2_500) in [(each.reason, each.kind, each.into) for each in found.beside]
    assert ("account", 4_000) in [(each.kind, each.taken) for each in found.tenders]
    assert [each.words for each in slip_rows(reads, limit=5)] == ["On account, settled"]
    assert debtors(reads) == [("li", 1_500)]
    assert shop.audit() == ()


def test_a_merged_file_brings_its_debt_and_the_higher_limit(shop: TestShop) -> None:
    shop.ask(1, set_credit_limit, member_id="wang", limit=9_000, reason="regular")
    buy(shop, "li", 4_000)
    buy(shop, "wang", 1_000)
    assert shop.ask(1, merge, keep="li", gone="wang") is None
    found = credit_of(shop.parts.store.reads, "li")
    assert (found.limit, found.owed) == (9_000, 5_000)
    assert credit_of(shop.parts.store.reads, "wang").owed == 0
    assert shop.audit() == ()


def test_who_owes_is_not_erased(shop: TestShop) -> None:
    buy(shop, "li", 4_000)
    refusal = shop.ask(1, erase, member_id="li", forfeit=True)
    assert refusal is not None and refusal.code == "member_owes"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"amount": 4_001}, "account_owes"),
        ({"amount": 0}, "account_owes"),
        ({"amount": -5}, "account_owes"),
        ({"kind": "stored_value"}, "amount_range"),
        ({"given": 3_999}, "tender_short"),
        ({"kind": "card", "given": 5_000}, "tender_over"),
        ({"entry_id": "x" * 65}, "amount_range"),
    ],
)
def test_odd_payments_are_refused_and_leave_what_is_owed(shop: TestShop, asked: dict[str, object], code: str) -> None:
    buy(shop, "li", 4_000)
    deed = {"entry_id": new_id(shop.clock), "member_id": "li", "amount": 4_000, "kind": "cash", **asked}
    refusal = shop.ask(1, settle_account, **deed)
    assert refusal is not None and refusal.code == code
    assert credit_of(shop.parts.store.reads, "li").owed == 4_000


def test_a_power_cut_in_the_middle_of_paying_keeps_what_was_put_on_the_account(shop: TestShop) -> None:
    shop.ask(1, Till.attach_member, member_id="li")
    shop.ask(1, Till.add_item, sku="repair", open_price=4_000)
    shop.ask(1, Till.to_pay)
    sale_id = shop.view().sale_id
    assert shop.ask(1, Till.pay, sale_id=sale_id, kind="account", given=1_000) is None
    shop.stop()
    shop.start()
    assert shop.view().due == 3_000
    assert shop.ask(1, Till.pay, sale_id=sale_id, kind="cash", given=3_000) is None
    assert credit_of(shop.parts.store.reads, "li").owed == 1_000
    assert shop.audit() == ()
