"""What a lane remembers is what stands in its store, whatever was refused, failed or changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.screen import Refusal, Stage
from edge.store import catalog
from edge.store.database import execute, rows
from edge.till import Till
from tests.shops import CARDS, TestShop

PEN, COLA, UNKNOWN = "4006381333931", "6901234567892", "6909999999996"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield shop


def nothing_is_written(till: Till, table: str) -> None:
    execute(
        till._shop.store.db, f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )


def is_mended(till: Till) -> None:
    execute(till._shop.store.db, "DROP TRIGGER broken")


def test_sign_in_that_was_not_written_leaves_the_lane_to_whom_it_was(shop: TestShop) -> None:
    shop.ask(1, nothing_is_written, table="audit")
    assert shop.ask(1, Till.tap, uid=CARDS["badge-chen"]) == Refusal("store_failed")
    shop.ask(1, is_mended)
    shop.ask(1, Till.scan, text=PEN)
    shop.ask(1, Till.void_line, line_id="1")
    staff = shop.view().staff
    assert staff is not None and staff.staff_id == "zhang"
    assert rows(shop.parts.store.reads, "SELECT action, staff_id FROM audit") == [
        ("sign_in", "zhang"), ("void_line", "zhang")
    ]  # fmt: skip


def test_scans_that_waited_wait_on_when_they_cannot_be_written(shop: TestShop) -> None:
    """They lie in the customer's bag: until they are in the basket, the banner stands and nobody pays."""
    shop.ask(1, Till.scan, text=PEN)
    shop.ask(1, Till.scan, text=UNKNOWN)
    shop.ask(1, Till.scan, text=COLA)
    shop.ask(1, Till.scan, text=COLA)
    shop.ask(1, nothing_is_written, table="basket_step")
    assert shop.ask(1, Till.dismiss) == Refusal("store_failed")
    view = shop.view()
    assert (view.waiting_scans, view.blocked is not None, view.item_count) == (2, True, 1)
    assert shop.ask(1, Till.to_pay) == Refusal("blocked_banner")
    shop.ask(1, is_mended)
    assert shop.ask(1, Till.dismiss) is None
    view = shop.view()
    assert (view.waiting_scans, view.blocked, view.item_count) == (0, None, 3)


@pytest.mark.parametrize("left", ["nothing", "member"])
def test_idle_lane_without_lines_locks(shop: TestShop, left: str) -> None:
    """A basket whose lines were all voided is empty, and a member who went away must not stay on the screen."""
    if left == "member":
        shop.ask(1, Till.attach_member, member_id="li")
    shop.ask(1, Till.scan, text=PEN)
    shop.clock.hand.at_ms += 16 * 60_000
    shop.ask(1, Till.tick)
    assert shop.view().stage is Stage.SELLING
    shop.ask(1, Till.void_line, line_id="1")
    shop.clock.hand.at_ms += 16 * 60_000
    shop.ask(1, Till.tick)
    assert shop.view().stage is Stage.LOCKED


def test_member_stays_while_there_is_money_on_the_table(shop: TestShop) -> None:
    """What was paid so far was paid at the member's price."""
    shop.ask(1, Till.attach_member, member_id="wang")
    shop.ask(1, Till.add_item, sku="milk")
    shop.ask(1, Till.to_pay)
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="card", given=900)
    assert shop.ask(1, Till.detach_member) == Refusal("tenders_first")
    assert (shop.view().total, shop.view().due) == (990, 90)
    shop.ask(1, Till.sign_out)
    assert shop.ask(1, Till.detach_member) == Refusal("locked")
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    assert (shop.view().total, shop.view().due) == (990, 90)


def test_basket_that_a_new_price_makes_too_dear_can_be_changed_and_not_paid(shop: TestShop) -> None:
    """A price with too many digits must not keep the daemon from starting."""
    shop.ask(1, Till.scan, text=PEN)
    shop.ask(1, Till.change_quantity, line_id="1", quantity=9_999)
    shop.ask(1, Till.to_pay)
    sale_id = shop.view().sale_id
    store, now_ms = shop.parts.store, shop.clock.now_ms()
    shop.parts.loop.write(lambda: catalog.put_price(store.db, "pen", 2_500_000_00, effective_from_ms=now_ms))
    assert shop.ask(1, Till.pay, sale_id=sale_id, kind="cash", given=9_999 * 250) == Refusal("amount_range")
    shop.stop()
    shop.start()
    assert shop.view().blocked == Refusal("amount_range")
    assert shop.ask(1, Till.to_pay) == Refusal("amount_range")
    assert shop.ask(1, Till.undo) is None
    assert (shop.view().item_count, shop.view().total, shop.view().blocked) == (1, 2_500_000_00, None)
    assert shop.crashes == [] and shop.audit() == ()
