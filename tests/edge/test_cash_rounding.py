"""Cash that is rounded (抹零): one figure on the screen, the receipt, the report, in the drawer and at head office."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge.exchanging import put_back
from edge.returning import give_back
from edge.returning_plan import WantedBack
from edge.store.database import scalar
from edge.store.ledger import balance
from edge.store.sales import stored_sale
from edge.till import Till
from tests.shops import CONFIG, TestShop


@pytest.fixture(params=["down", "half_up"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestShop]:
    rounded = CONFIG.replace("[store]", f'[store]\ncash_step = 10\ncash_rounds = "{request.param}"')
    with TestShop(tmp_path / "shop", config=rounded) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running


def repair(shop: TestShop, amount: int) -> None:
    shop.ask(1, Till.add_item, sku="repair", open_price=amount)
    shop.ask(1, Till.to_pay)


def is_down(shop: TestShop) -> bool:
    return shop.loaded.config.store.cash_rounds == "down"


def test_the_same_figure_everywhere(shop: TestShop) -> None:
    repair(shop, 1_236)
    paid, off = (1_230, 6) if is_down(shop) else (1_240, -4)
    view = shop.view()
    assert (view.due, view.cash_due) == (1_236, paid)
    assert view.next_notes[0] == paid
    assert shop.ask(1, Till.pay, sale_id=view.sale_id, kind="cash", given=2_000) is None
    assert shop.ask(1, Till.pay, sale_id=view.sale_id, kind="cash", given=2_000) is None, "a second press is harmless"
    sale = stored_sale(shop.parts.store.reads, view.sale_id)
    assert sale is not None
    assert [(each.kind, each.amount) for each in sale.tenders] == [("rounding", off), ("cash", paid)]
    assert (sale.total, sale.change) == (1_236, 2_000 - paid)
    assert balance(shop.parts.store.reads, "drawer/1", "cash") == paid
    body = msgspec.json.decode(scalar(shop.parts.store.reads, "SELECT body FROM outbox WHERE kind = 'sale'"))
    assert [(each["kind"], each["amount"]) for each in body["tenders"]] == [("rounding", off), ("cash", paid)]
    done = shop.view().done
    assert done is not None and ("rounding", off) in [(each.kind, each.amount) for each in done.tenders]
    assert shop.audit() == ()


def test_a_return_gives_back_what_was_paid(shop: TestShop) -> None:
    shop.ask(1, Till.set_next_quantity, quantity=2)
    repair(shop, 618)
    sale_id, paid = shop.view().sale_id, shop.view().cash_due
    assert shop.ask(1, Till.pay, sale_id=sale_id, kind="cash", given=paid) is None
    for turn, left in enumerate((paid - 620, 0)):
        deed = {"return_id": f"R{turn}", "sale_id": sale_id, "wanted": (WantedBack(0, 1),), "reason": "broken"}
        assert shop.ask(1, give_back, **deed) is None
        assert balance(shop.parts.store.reads, "drawer/1", "cash") == left
    assert shop.audit() == ()


def test_an_exchange_gives_back_whole_coins(shop: TestShop) -> None:
    repair(shop, 727)
    sale_id, paid = shop.view().sale_id, shop.view().cash_due
    assert shop.ask(1, Till.pay, sale_id=sale_id, kind="cash", given=paid) is None
    assert shop.ask(1, put_back, sale_id=sale_id, wanted=(WantedBack(0, 1),), reason="size") is None
    repair(shop, 300)
    now = shop.view()
    assert shop.ask(1, Till.pay, sale_id=now.sale_id, kind="cash", given=0) is None
    left = balance(shop.parts.store.reads, "drawer/1", "cash")
    assert left % 10 == 0
    assert left == paid - 430
    assert shop.audit() == ()


def test_what_is_less_than_the_least_coin_is_settled_by_an_empty_hand(shop: TestShop) -> None:
    repair(shop, 4)
    view = shop.view()
    assert (view.due, view.cash_due, view.next_notes) == (4, 0, ())
    assert shop.ask(1, Till.pay, sale_id=view.sale_id, kind="card", given=0) is not None
    assert shop.ask(1, Till.pay, sale_id=view.sale_id, kind="cash", given=0) is None
    sale = stored_sale(shop.parts.store.reads, view.sale_id)
    assert sale is not None and [each.kind for each in sale.tenders] == ["rounding"]
    assert shop.audit() == ()


def test_a_phone_pays_to_the_fen(shop: TestShop) -> None:
    repair(shop, 1_236)
    assert shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="scan", given=1_236) is None
    assert balance(shop.parts.store.reads, "tenders", "cash") == 1_236
