"""What comes twice, late, or out of bounds where the till asks, practises or has its quick keys changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import quick_keys, till_asks, till_notes, till_training
from edge.store import catalog
from edge.store.database import rows
from edge.till import Till
from rules.basket import Names
from tests.shops import TestShop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop") as opened:
        opened.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield opened


def code(answer: object) -> str:
    return getattr(answer, "code", "done")


def test_an_answer_pressed_twice_adds_once(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text="6900000000106")
    assert code(shop.ask(1, till_asks.confirm_age)) == "done"
    assert code(shop.ask(1, till_asks.confirm_age)) == "nothing_asked"
    shop.ask(1, Till.scan, text="6900000000120")
    assert code(shop.ask(1, till_asks.answer_price, amount=2_000)) == "done"
    assert code(shop.ask(1, till_asks.answer_price, amount=2_000)) == "nothing_asked"
    assert [(line.sku, line.quantity) for line in shop.view().lines] == [("beer", 1), ("flowers", 1)]


@pytest.mark.parametrize("amount", [0, 999, 50_001, 10_000_000_000])
def test_a_price_out_of_bounds_leaves_the_question(shop: TestShop, amount: int) -> None:
    shop.ask(1, Till.scan, text="6900000000120")
    assert code(shop.ask(1, till_asks.answer_price, amount=amount)) in ("needs_price_between", "amount_range")
    blocked = shop.view().blocked
    assert blocked is not None and blocked.code == "needs_price_between" and shop.view().lines == ()
    assert code(shop.ask(1, Till.to_pay)) != "done"


def test_a_question_answers_to_nobody_while_the_lane_is_locked(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text="6901234567892")
    shop.ask(1, Till.scan, text="6900000000106")
    shop.ask(1, Till.sign_out)
    assert code(shop.ask(1, till_asks.confirm_age)) == "locked"
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    assert shop.view().blocked is not None
    assert code(shop.ask(1, till_asks.confirm_age)) == "done"
    said = rows(shop.parts.store.reads, "SELECT staff_id FROM audit WHERE action = 'age_confirmed'")
    assert said == [("chen",)]


@pytest.mark.parametrize("note", ["\x1b@", "a\x00b", "一" * 41, "\u202e" * 3 + "\ud800"])
def test_a_note_that_is_no_text_is_refused(shop: TestShop, note: str) -> None:
    shop.ask(1, Till.scan, text="6901234567892")
    assert code(shop.ask(1, till_notes.note_line, line_id=shop.view().lines[0].line_id, note=note)) == "note_wrong"
    assert shop.view().lines[0].note == ""


def test_a_stale_editor_changes_nothing_else(shop: TestShop) -> None:
    db = shop.parts.store.db
    keys = [("cola", "red"), ("milk", "blue")]
    shop.parts.loop.write(lambda: catalog.put_quick_page(db, 1, Names("饮料"), keys))
    move = {"page_id": 1, "at": 0, "sku": "cola", "to": 1}
    assert code(shop.ask(1, quick_keys.move_key, **move)) == "done"
    assert code(shop.ask(1, quick_keys.move_key, **move)) == "quick_key_gone"  # another key stands there now
    assert code(shop.ask(1, quick_keys.drop_key, page_id=1, at=9, sku="cola")) == "quick_key_gone"
    assert code(shop.ask(1, quick_keys.add_key, page_id=7, sku="cola")) == "quick_page_gone"
    assert code(shop.ask(1, quick_keys.add_key, page_id=1, sku="nothing")) == "item_unknown"
    assert code(shop.ask(1, quick_keys.colour_key, page_id=1, at=0, sku="milk", colour="url(x)")) == "value_wrong"
    assert code(shop.ask(1, quick_keys.put_page, page_id=0, name=" ", language="en")) == "quick_name"
    found = catalog.quick_pages(db, now_ms=shop.clock.now_ms())
    assert [key.item.sku for key in found[0].keys] == ["milk", "cola"]


def test_a_cashier_needs_a_second_person_for_the_quick_keys(shop: TestShop) -> None:
    shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
    assert code(shop.ask(2, quick_keys.put_page, page_id=0, name="新", language="zh-Hans")) == "approval_needed"
    assert catalog.quick_pages(shop.parts.store.reads, now_ms=shop.clock.now_ms()) == []


def test_practice_begins_once_and_never_over_a_basket_or_a_question(shop: TestShop) -> None:
    practice, whole = shop.parts.shop.practice, shop.parts.shop
    assert practice is not None
    assert code(shop.ask(1, till_training.begin_training)) == "training_busy"  # nothing was copied
    assert practice.prepare(whole) and practice.prepare(whole)  # type: ignore[attr-defined]
    shop.ask(1, Till.scan, text="NOBODY-KNOWS")
    assert code(shop.ask(1, till_training.begin_training)) == "blocked_banner"
    shop.dismiss()
    assert code(shop.ask(1, till_training.begin_training)) == "done"
    assert code(shop.ask(1, till_training.begin_training)) == "training_on"
    assert code(shop.ask(1, till_training.end_training)) == "done"
    assert code(shop.ask(1, till_training.end_training)) == "nothing_asked"
    assert not (shop.folder / "data" / "practice").exists()
    assert shop.audit() == ()
