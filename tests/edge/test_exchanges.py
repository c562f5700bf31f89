"""What the shop decides about returns: its own reasons, stored value without a receipt; and a lane that is pressed twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge import exchanging
from edge.ids import new_id
from edge.messages import ReturnBody
from edge.returning import give_back
from edge.returning_plan import WantedBack
from edge.returning_reasons import reasons_of
from edge.screen import Refusal
from edge.store import exchanges, ledger
from edge.store.database import execute, rows, scalar
from edge.store.exchanges import wrong_exchange
from edge.store.loose_returns import changed_loose, lowest_price, wrong_loose
from edge.texts import Texts
from edge.till import Till
from rules.ledger import CASH, STORED_VALUE, drawer_account, member_account
from tests.shops import TestShop, moment_ms

PEN, RICE, COLA = "4006381333931", "6900000000021", "6901234567892"
TO_STORED_VALUE = """
[stored_value]
on = true
[returns]
loose_to = "stored_value"
loose_days = 10
reasons = [
    { id = "torn", names = { zh_hans = "破损", zh_hant = "破損", en = "Torn" }, restock = false },
    { id = "unloved", names = { zh_hans = "不喜欢" } },
]
"""


def at(shop: TestShop, method: Any, **arguments: Any) -> Any:
    return shop.ask(1, method, **arguments)


def pay(shop: TestShop) -> Any:
    at(shop, Till.to_pay)
    view = shop.view(1)
    answer = at(shop, Till.pay, sale_id=view.sale_id, kind="cash", given=max(view.due, 0))
    return view.sale_id if answer is None else answer


def sold(shop: TestShop, *codes: str) -> str:
    for code in codes:
        assert at(shop, Till.scan, text=code) is None
    sale_id = pay(shop)
    assert isinstance(sale_id, str), sale_id
    at(shop, Till.next_sale)
    return sale_id


def test_the_shop_names_its_reasons(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop", promotions=TO_STORED_VALUE) as shop:
        found = at(shop, lambda till: reasons_of(till.desk.shop.rules, Texts("en")))
        assert [(each.reason_id, each.words, each.is_restocked) for each in found] == [
            ("torn", "Torn", False),
            ("unloved", "不喜欢", True),
        ]


def test_without_a_receipt_it_becomes_stored_value_and_stays_so(tmp_path: Path) -> None:
    """What came back without a receipt is exchanged and brought back again: no cash comes of it."""
    with TestShop(tmp_path / "shop", promotions=TO_STORED_VALUE) as shop:
        at(shop, Till.sign_in, staff_id="zhang", pin="1234")
        assert at(shop, exchanging.put_back_loose, sku="cola", reason="torn", quantity=3) is None
        assert at(shop, Till.to_pay) == Refusal("return_needs_member")
        assert at(shop, Till.attach_member, member_id="li") is None
        assert at(shop, Till.scan, text=PEN) is None
        sale_id = pay(shop)
        assert shop.view(1).done.back.paid_back == (("principal", 800),)
        at(shop, Till.next_sale)
        db = shop.parts.store.reads
        assert ledger.balance(db, member_account("li"), STORED_VALUE) == 800
        assert exchanges.carried_into(db, sale_id)[0].kind == "credit"
        back = {"return_id": new_id(shop.clock), "sale_id": sale_id, "wanted": [WantedBack(0, 1)], "reason": "torn"}
        assert at(shop, give_back, **back) is None
        assert ledger.balance(db, member_account("li"), STORED_VALUE) == 1_050
        assert ledger.balance(db, drawer_account(1), CASH) == 0
        assert shop.audit() == ()


def test_the_cap_is_the_least_of_so_many_days(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop", promotions=TO_STORED_VALUE) as shop:
        at(shop, Till.sign_in, staff_id="zhang", pin="1234")
        db, now_ms = shop.parts.store.reads, shop.clock.now_ms()
        day = 86_400_000

        def least(days: int) -> int | None:
            return lowest_price(db, "milk", since_ms=now_ms - days * day, now_ms=now_ms)

        # List price 12.00; any member pays 10.80, gold ones 9.90: whoever brings it may have paid that.
        assert least(10) == 990
        assert lowest_price(db, "nothing", since_ms=0, now_ms=now_ms) is None
        # Bread rises from 8.00 to 9.00 on the 24th: for ten days the old price still counts.
        assert (
            lowest_price(db, "bread", since_ms=moment_ms("2026-11-23 10:00"), now_ms=moment_ms("2026-11-30 10:00"))
            == 800
        )
        assert (
            lowest_price(db, "bread", since_ms=moment_ms("2026-11-25 10:00"), now_ms=moment_ms("2026-11-30 10:00"))
            == 900
        )


@pytest.mark.parametrize("deed", ["exchange", "alone"])
def test_a_second_press_gives_nothing_twice(tmp_path: Path, deed: str) -> None:
    with TestShop(tmp_path / "shop", promotions="") as shop:
        at(shop, Till.sign_in, staff_id="zhang", pin="1234")
        sale_id = sold(shop, RICE)
        asked = {"sale_id": sale_id, "wanted": [WantedBack(0, 1)], "reason": "not_wanted"}
        assert at(shop, exchanging.put_back, **asked) is None
        if deed == "exchange":
            at(shop, Till.scan, text=PEN)
        at(shop, Till.to_pay)
        view = shop.view(1)
        for _ in range(3):
            assert at(shop, Till.pay, sale_id=view.sale_id, kind="cash", given=0) is None
        left = 250 if deed == "exchange" else 0
        assert ledger.balance(shop.parts.store.reads, drawer_account(1), CASH) == left
        assert at(shop, exchanging.put_back, **asked).code == "return_too_many"
        assert shop.audit() == ()


def test_head_office_is_told_of_the_exchange_and_its_sale(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop", promotions="") as shop:
        at(shop, Till.sign_in, staff_id="zhang", pin="1234")
        first = sold(shop, RICE)
        at(shop, exchanging.put_back, sale_id=first, wanted=[WantedBack(0, 1)], reason="not_wanted")
        at(shop, exchanging.put_back_loose, sku="cola", reason="not_wanted")
        second = sold(shop, PEN)
        told = rows(shop.parts.store.reads, "SELECT kind, body FROM outbox ORDER BY seq DESC LIMIT 3")
        assert [kind for kind, _ in told] == ["sale", "refund", "refund"]
        loose, back = (msgspec.json.decode(body, type=ReturnBody) for _, body in told[1:])
        assert (back.sale_id, back.amount, back.exchange_sale_id) == (first, 3_000, second)
        assert {each.kind: each.amount for each in back.tenders} == {"exchange": 250, "cash": 2_750}
        assert (loose.sale_id, loose.amount, loose.exchange_sale_id) == ("", 350, second)
        assert (loose.lines[0].sku, loose.lines[0].quantity, loose.tenders[0].kind) == ("cola", 1, "cash")


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE exchange SET amount = amount + 1", "exchange of sale"),
        ("UPDATE carried SET amount = amount - 1", "exchange of sale"),
        ("DELETE FROM exchange", "exchange of sale"),
        ("UPDATE carried SET kind = 'card'", ""),
        ("UPDATE return_leg SET amount = 9999", "was given back in"),
        ("UPDATE loose_line SET net = net + 1", "return"),
        ("UPDATE loose_tender SET amount = amount + 1", "return"),
        ("UPDATE loose_line SET sku = 'pen'", "is not what it was"),
    ],
)
def test_a_changed_row_is_found(tmp_path: Path, statement: str, found: str) -> None:
    with TestShop(tmp_path / "shop", promotions="") as shop:
        at(shop, Till.sign_in, staff_id="zhang", pin="1234")
        first = sold(shop, RICE)
        at(shop, exchanging.put_back, sale_id=first, wanted=[WantedBack(0, 1)], reason="not_wanted")
        sold(shop, PEN)
        at(shop, exchanging.put_back_loose, sku="cola", reason="not_wanted")
        pay(shop)
        assert shop.audit() == ()

        def check(_: Till) -> str:
            db = shop.parts.store.db
            execute(db, statement)
            return wrong_exchange(db) or wrong_loose(db) or changed_loose(db)

        assert found in at(shop, check)
        assert bool(at(shop, check)) == bool(found)


def test_a_receipt_of_a_member_brings_the_member(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop", promotions="") as shop:
        at(shop, Till.sign_in, staff_id="zhang", pin="1234")
        at(shop, Till.attach_member, member_id="li")
        first = sold(shop, COLA, COLA)
        at(shop, exchanging.put_back, sale_id=first, wanted=[WantedBack(0, 2)], reason="not_wanted")
        assert shop.view(1).member.member_id == "li"
        # Asked again, it takes the place of what lay there of that receipt.
        at(shop, exchanging.put_back, sale_id=first, wanted=[WantedBack(0, 1)], reason="not_wanted")
        assert shop.view(1).back_amount == 350
        assert at(shop, exchanging.drop_back, line_id="nothing").code == "line_gone"


def test_found_by_item_member_and_day(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop", promotions="") as shop:
        at(shop, Till.sign_in, staff_id="zhang", pin="1234")
        rice = sold(shop, RICE)
        at(shop, Till.attach_member, member_id="li")
        cola = sold(shop, COLA)
        reads = shop.parts.reads

        def ids(text: str) -> list[str]:
            return [each.sale_id for each in reads.receipts(text=text)]

        assert ids(RICE) == ids("大米") == [rice]
        assert ids("13812345678") == ids("李小明") == [cola]
        assert ids("0002") == [cola]
        assert ids("30.00") == [rice]
        assert ids("可乐") == [cola]
        assert ids("nothing of the kind") == []
        assert int(scalar(shop.parts.store.reads, "SELECT count(*) FROM sale")) == 2
