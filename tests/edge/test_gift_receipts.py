"""A gift receipt shows what was bought and no figure of money: on paper, on the till's screen and on a phone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from edge.app_files import secret_key
from edge.member_passes import Passes
from edge.reprinting import print_gift_receipt
from edge.screen import Refusal
from edge.store.database import scalar
from edge.till import Till
from tests.shops import CONFIG, TestShop

PAGES = '\n[privacy]\npage_url = "https://shop.example"\ne_receipt_days = 30\n'
MONEY = re.compile(r"[¥￥]|\d+\.\d\d")


def until(holds: Callable[[], bool], wait_s: float = 6.0) -> bool:
    end = time.monotonic() + wait_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", config=CONFIG + PAGES) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running
        assert running.crashes == [] and running.audit() == ()


@pytest.fixture
def sale_id(shop: TestShop) -> str:
    shop.ask(1, Till.attach_member, member_id="li")
    for text in ("6900000000014", "6900000000014", "6900000000069"):
        assert shop.ask(1, Till.scan, text=text) is None
    shop.ask(1, Till.to_pay)
    view = shop.view()
    shop.ask(1, Till.pay, sale_id=view.sale_id, kind="cash", given=view.due)
    printer = shop.printer("printer-1")
    assert until(lambda: printer.printed == 1)
    return view.sale_id


def test_on_paper(shop: TestShop, sale_id: str) -> None:
    assert shop.ask(1, print_gift_receipt, sale_id=sale_id) is None
    printer = shop.printer("printer-1")
    assert until(lambda: printer.printed == 2)
    text = printer.paper(printer.jobs()[-1]).text()
    assert "礼品小票" in text and "鲜牛奶" in text and "× 2" in text and "S001-1-20261123-0001" in text
    assert not MONEY.search(text)
    for private in ("李", "积分", "现金", "138"):
        assert private not in text
    db = shop.parts.store.reads
    assert scalar(db, "SELECT count(*) FROM audit WHERE action = 'gift_receipt' AND subject = ?", sale_id) == 1
    # What the list of receipts says of the sale's own paper stays as it was.
    assert shop.parts.reads.receipts()[0].print_state == "printed"


@pytest.mark.parametrize(
    ("lane", "sale", "code"),
    [
        (1, "gone", "receipt_unknown"),
        (2, "", "locked"),
    ],
)
def test_what_is_refused(shop: TestShop, sale_id: str, lane: int, sale: str, code: str) -> None:
    assert shop.ask(lane, print_gift_receipt, sale_id=sale or sale_id) == Refusal(code)


def test_on_the_screen_and_on_a_phone(shop: TestShop, sale_id: str) -> None:
    passes = Passes(secret_key(shop.loaded.data_dir))
    until_ms = shop.clock.now_ms() + 60_000
    own = passes.make("receipt", sale_id, until_ms=until_ms)
    for path in (f"lane/1/receipts/{sale_id}/gift", f"gift/{passes.make('gift', sale_id, until_ms=until_ms)}"):
        with urlopen(shop.parts.url + path, timeout=5) as answer:
            page = answer.read().decode()
        shown = re.sub(r"<[^>]*>", " ", page)
        assert "鲜牛奶" in shown and not MONEY.search(shown) and "李" not in shown
        # A name with markup in it is text.
        assert "<b>饼</b>" not in page
    # The pass of a gift receipt opens no receipt with prices, and the other way round.
    for path in (f"gift/{own}", f"receipt/{passes.make('gift', sale_id, until_ms=until_ms)}", "gift/x"):
        with pytest.raises(HTTPError) as refused:
            urlopen(shop.parts.url + path, timeout=5)
        assert refused.value.code == 410
    with pytest.raises(HTTPError) as locked:
        urlopen(f"{shop.parts.url}lane/2/receipts/{sale_id}/gift", timeout=5)
    assert locked.value.code == 403


def test_its_code_finds_the_sale(shop: TestShop, sale_id: str) -> None:
    shop.ask(1, Till.next_sale)
    shop.ask(1, Till.scan, text="S001-1-20261123-0001")
    notice = shop.view().notice
    assert notice is not None and notice.code == "receipt_here" and notice.params["sale_id"] == sale_id
