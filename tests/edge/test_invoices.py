"""Invoice data: exact to the cent against the books, for sales and for what came back of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from edge.exchanging import put_back_loose
from edge.ids import new_id
from edge.invoices import read_buyer, set_invoice_buyer
from edge.returning import give_back
from edge.returning_plan import WantedBack
from edge.screen import Refusal
from edge.store.database import rows
from edge.store.invoices import Buyer
from edge.till import Till
from tests.shops import CONFIG, TestShop, rules_with_coupons

PEN, COLA, MILK, RICE, NASTY, HAIRCUT, TIMES_CARD = (
    "4006381333931", "6901234567892", "6900000000014", "6900000000021", "6900000000069", "6900000000083",
    "6900000000090",
)  # fmt: skip
DAY = "first=2026-11-23&last=2026-11-23"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    config = CONFIG.replace('thanks = "谢谢光临"', 'thanks = "谢谢光临"\ntax_number = "91330100MA00000000"')
    with TestShop(tmp_path / "shop", config=config, promotions=rules_with_coupons()) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running
        assert running.crashes == [] and running.audit() == ()


def sell(shop: TestShop, *codes: str, member: str = "") -> str:
    if member:
        shop.ask(1, Till.attach_member, member_id=member)
    for text in codes:
        assert shop.ask(1, Till.scan, text=text) is None
    shop.ask(1, Till.to_pay)
    view = shop.view()
    assert shop.ask(1, Till.pay, sale_id=view.sale_id, kind="card", given=view.due) is None
    shop.ask(1, Till.next_sale)
    return view.sale_id


def give(shop: TestShop, sale_id: str, *wanted: tuple[int, int]) -> None:
    lines = [WantedBack(line, pieces) for line, pieces in wanted]
    answer = shop.ask(1, give_back, return_id=new_id(shop.clock), sale_id=sale_id, wanted=lines, reason="broken")
    assert answer is None


def taken(shop: TestShop, form: str, query: str = DAY, lane: int = 1) -> str:
    with urlopen(f"{shop.parts.url}lane/{lane}/office/invoices/data.{form}?{query}", timeout=5) as answer:
        assert "attachment" in answer.headers["Content-Disposition"]
        return str(answer.read().decode())


def table(shop: TestShop, query: str = DAY) -> list[dict[str, str]]:
    text = taken(shop, "csv", query)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def fen(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    yuan, _, rest = text.lstrip("-").partition(".")
    assert len(rest) == 2
    return sign * (int(yuan) * 100 + int(rest))


def test_both_files_agree_with_the_books_to_the_cent(shop: TestShop) -> None:
    first = sell(shop, PEN, PEN, PEN, COLA, MILK, RICE, NASTY, member="li")
    sell(shop, COLA)
    sell(shop, HAIRCUT, TIMES_CARD, member="li")
    give(shop, first, (0, 2), (3, 1))
    give(shop, first, (0, 1))
    db = shop.parts.store.reads
    sales = {number: (total, tax) for number, total, tax in rows(db, "SELECT receipt_number, total, tax FROM sale")}
    backs = dict(rows(db, "SELECT e.number, r.amount FROM sale_return r JOIN entry e ON e.entry_id = r.return_id"))
    assert len(sales) == 3 and len(backs) == 2

    lines = table(shop)
    for number in sales.keys() | backs.keys():
        own = [line for line in lines if line["receipt"] == number]
        for line in own:
            assert fen(line["amount_without_tax"]) + fen(line["tax"]) == fen(line["amount"])
        amount, tax = sum(fen(line["amount"]) for line in own), sum(fen(line["tax"]) for line in own)
        assert {fen(line["receipt_amount"]) for line in own} == {amount}
        assert {fen(line["receipt_tax"]) for line in own} == {tax}
        if number in sales:
            assert (amount, tax) == sales[number]
        else:
            assert amount == -backs[number] and {line["original_receipt"] for line in own} == {"S001-1-20261123-0001"}
            assert all(line["quantity"].startswith("-") and line["kind"] == "return" for line in own)
    assert {line["seller_tax_number"] for line in lines} == {"91330100MA00000000"}
    assert {line["tax_rate"] for line in lines if line["sku"] == "cola"} == {"0.1300"}

    whole: dict[str, Any] = json.loads(taken(shop, "json"))
    assert whole["seller"] == "街角便利店" and whole["currency"] == "CNY"
    assert sum(each["amount"] for each in whole["documents"]) == sum(fen(line["amount"]) for line in lines)
    assert sum(len(each["lines"]) for each in whole["documents"]) == len(lines)
    by_receipt = {each["receipt"]: each for each in whole["documents"]}
    for number, (total, tax) in sales.items():
        assert (by_receipt[number]["amount"], by_receipt[number]["tax"]) == (total, tax)
        assert sum(by_receipt[number]["tenders"].values()) == total


def test_what_came_back_without_a_receipt_stands_apart(shop: TestShop) -> None:
    """A red invoice takes back one that was issued, and here nobody knows which; but the file sums to the books."""
    sell(shop, COLA, COLA)
    for back in ({"sku": "cola", "quantity": 2}, {"sku": "apple", "weight_g": 500}):
        assert shop.ask(1, put_back_loose, reason="not_wanted", **back) is None
    shop.ask(1, Till.to_pay)
    assert shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=0) is None
    total, taxed = rows(shop.parts.store.reads, "SELECT sum(net), sum(tax) FROM loose_line")[0]
    assert total == 700 + 640
    found = table(shop)
    assert [line["kind"] for line in found] == ["sale"] * len(found[:-2]) + ["return_loose"] * 2
    loose = found[-2:]
    assert {(line["original_receipt"], line["buyer_title"]) for line in loose} == {("", "")}
    assert [(line["sku"], line["quantity"], fen(line["amount"])) for line in loose] == [
        ("cola", "-2", -700), ("apple", "-0.500", -640)
    ]  # fmt: skip
    assert sum(fen(line["tax"]) for line in loose) == -taxed
    assert all("红字发票" in line["note"] for line in loose) and not any(line["note"] for line in found[:-2])
    assert sum(fen(line["amount"]) for line in found) == 700 - total

    whole: dict[str, Any] = json.loads(taken(shop, "json"))
    assert [each["kind"] for each in whole["documents"]] == ["sale"]
    (apart,) = whole["returns_without_receipt"]
    assert (apart["amount"], apart["tax"], apart["tenders"]) == (-total, -taxed, {"cash": -total})
    # Nobody's title was written down for it, and so it is not among those with a buyer.
    assert table(shop, DAY + "&only=asked") == []


def test_the_buyer_goes_along_and_may_be_what_is_asked_for(shop: TestShop) -> None:
    first, _ = sell(shop, PEN), sell(shop, COLA)
    title, number = "=杭州某某有限公司", "91330106ma27xxxxxx"
    assert shop.ask(1, set_invoice_buyer, sale_id=first, title=f" {title} ", tax_number=number) is None
    found = table(shop, DAY + "&only=asked")
    # No spreadsheet takes a title for a formula.
    assert [(line["sku"], line["buyer_title"], line["buyer_tax_number"]) for line in found] == [
        ("pen", "'" + title, number.upper())
    ]
    assert json.loads(taken(shop, "json"))["documents"][0]["buyer_title"] == title
    give(shop, first, (0, 1))
    assert [line["buyer_title"] for line in table(shop, DAY + "&only=asked")] == ["'" + title] * 2
    assert shop.ask(1, set_invoice_buyer, sale_id=first, title="", tax_number="") is None
    assert table(shop, DAY + "&only=asked") == []
    assert len(table(shop)) == 3


@pytest.mark.parametrize(
    ("title", "number", "says"),
    [
        ("", "", None),  # nobody: takes a buyer away
        ("张三", "", Buyer("张三")),  # a person has no number
        ("某公司", "9133 0100 MA00 0000 00", Buyer("某公司", "91330100MA00000000")),  # written in fours
        ("", "91330100MA00000000", Refusal("invoice_title", {"max": 100})),
        ("长" * 101, "", Refusal("invoice_title", {"max": 100})),
        ("某公司\x1b@", "", Refusal("invoice_title", {"max": 100})),  # printers obey that
        ("某公司", "123", Refusal("invoice_number")),
        ("某公司", "９１３３０１００ＭＡ００００００００", Refusal("invoice_number")),  # wide letters
        ("某公司", "91330100MA0000000<", Refusal("invoice_number")),
    ],
)
def test_who_an_invoice_can_be_made_out_to(title: str, number: str, says: object) -> None:
    assert read_buyer(title, number) == says


@pytest.mark.parametrize(
    "query", ["first=2026-11-24&last=2026-11-23", "first=2020-01-01&last=2026-11-23", "first=x", "last=2026-02-30"]
)
def test_days_that_cannot_be(shop: TestShop, query: str) -> None:
    with pytest.raises(HTTPError) as refused:
        taken(shop, "csv", query)
    assert refused.value.code == 400
    with urlopen(f"{shop.parts.url}lane/1/office/invoices?{query}", timeout=5) as page:
        assert 'role="alert"' in page.read().decode()


def test_it_is_for_managers_and_stands_in_the_journal(shop: TestShop) -> None:
    shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
    for path in ("", "/find?q=S001", f"/data.csv?{DAY}", f"/data.json?{DAY}"):
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{shop.parts.url}lane/2/office/invoices{path}", timeout=5)
        assert refused.value.code == 403
    taken(shop, "csv")
    found = rows(shop.parts.store.reads, "SELECT staff_id, subject FROM audit WHERE action = 'invoices_exported'")
    assert [tuple(each) for each in found] == [("zhang", "2026-11-23 2026-11-23")]
