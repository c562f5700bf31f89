"""What a lane remembers is what stands in its store, whatever was refused, failed or changed meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.base import Scan
from edge.screen import Refusal, Stage
from edge.store import catalog
from edge.store.database import execute, rows
from edge.till import Till
from tests.shops import CARDS, TestShop

PEN, COLA, UNKNOWN = "4006381333931", "6901234567892", "6909999999996"
MILK, RICE = "6900000000014", "6900000000021"


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
    assert shop.dismiss() == Refusal("store_failed")
    view = shop.view()
    assert (view.waiting_scans, view.blocked is not None, view.item_count) == (2, True, 1)
    assert shop.ask(1, Till.to_pay) == Refusal("blocked_banner")
    shop.ask(1, is_mended)
    assert shop.dismiss() is None
    view = shop.view()
    assert (view.waiting_scans, view.blocked, view.item_count) == (0, None, 3)


@pytest.mark.parametrize(
    "text",
    [
        "134567890123456789",  # a phone's payment code
        "1345 6789 0123 4567 89",  # with the spaces of the screen
        "\x01134567890123456789",  # read with noise around it
        "134567890123456789x",
    ],
)
@pytest.mark.parametrize("before", [PEN, UNKNOWN])
def test_payment_code_is_neither_shown_nor_written(shop: TestShop, before: str, text: str) -> None:
    """It is money: alone it makes the banner, behind another banner it leaves a mark and nothing else."""
    shop.ask(1, Till.scan, text=before)
    shop.ask(1, Till.scan, text=text)
    if before == UNKNOWN:
        assert (shop.view().waiting_scans, written(shop)) == (1, "")
        shop.dismiss()
    assert shop.view().blocked == Refusal("payment_code_not_here")
    assert written(shop) == ""


def written(shop: TestShop) -> str:
    """Return how the payment code stands in the store's files."""
    kept = b"".join(path.read_bytes() for path in shop.loaded.data_dir.glob("taptill.db*"))
    assert b"lane_state" in kept
    return "".join(part.decode() for part in (b"1345678", b"1345 67") if part in kept)


def test_scan_behind_a_banner_may_be_any_rubbish(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text=UNKNOWN)
    for text in ("\udcff\ud800", "7" * 4_000, "\x00", "'; DROP TABLE lane_state; --", ""):
        shop.ask(1, Till.scan, text=text)
    shop.stop()
    shop.start()
    assert shop.view().waiting_scans == 5
    for _ in range(6):
        shop.dismiss()
    assert (shop.view().blocked, shop.view().waiting_scans, shop.crashes) == (None, 0, [])


def test_scans_behind_a_banner_are_worked_off_once_wherever_the_power_goes(shop: TestShop) -> None:
    """After each commit of the dismissal, what the store holds is a whole customer."""
    for text in (PEN, UNKNOWN, COLA, PEN, COLA):
        shop.ask(1, Till.scan, text=text)
    seen = []

    def watch(till: Till) -> None:
        def after(statement: str) -> None:
            if statement.startswith("COMMIT"):
                seen.append(None)

        till._shop.store.db.connection().set_trace_callback(after)

    def held() -> tuple[int, int]:
        (body,) = rows(shop.parts.store.reads, "SELECT body FROM basket_step ORDER BY step DESC LIMIT 1")[0]
        (waiting,) = rows(shop.parts.store.reads, "SELECT waiting FROM lane_state WHERE lane = 1")[0]
        pieces = sum(line.get("quantity", 1) for line in json.loads(body)["lines"])
        return pieces, len(json.loads(waiting))

    assert held() == (1, 3)
    shop.ask(1, watch)
    shop.dismiss()
    assert held() == (4, 0) and len(seen) == 4


def test_scan_made_after_the_dismissal_comes_after_all_that_waited(shop: TestShop) -> None:
    """Each takes a turn of the loop of its own, and still goes before what is in the inbox."""
    for text in (UNKNOWN, COLA, MILK, UNKNOWN, RICE):
        shop.ask(1, Till.scan, text=text)

    def dismiss_and_scan(till: Till) -> None:
        assert till.dismiss() is None
        assert shop.parts.loop.post(1, Scan("scanner-1", PEN))

    shop.ask(1, dismiss_and_scan)
    shop.ask(1, lambda _till: None)
    view = shop.view()
    assert (view.blocked is not None, view.waiting_scans) == (True, 2)
    assert [line.sku for line in view.lines] == ["cola", "milk"]
    shop.dismiss()
    assert [line.sku for line in shop.view().lines] == ["cola", "milk", "rice", "pen"]


def test_scans_that_waited_are_worked_off_one_a_turn(shop: TestShop) -> None:
    """Fifty in a large basket take longer than the watchdog waits for a sign of life."""
    for text in (UNKNOWN, COLA, COLA, COLA):
        shop.ask(1, Till.scan, text=text)

    def by_hand(till: Till) -> list[tuple[int, int, bool]]:
        seen = []
        till.dismiss()
        for _ in range(3):
            view = shop.view()
            seen.append((view.item_count, view.waiting_scans, till.is_working_off()))
            if till.is_working_off():
                till.work_off()
        return seen

    assert shop.ask(1, by_hand) == [(1, 2, True), (2, 1, True), (3, 0, False)]


@pytest.mark.parametrize("left", ["nothing", "member", "line", "banner"])
def test_a_lane_left_alone_locks_with_what_lies_on_it(shop: TestShop, left: str) -> None:
    """Whoever passes by must not sell in the name of whoever left; what was scanned stays for whoever signs in."""
    if left == "member":
        shop.ask(1, Till.attach_member, member_id="li")
    for text in {"line": (PEN,), "banner": (UNKNOWN, COLA)}.get(left, ()):
        shop.ask(1, Till.scan, text=text)
    before = shop.view()
    shop.clock.hand.at_ms += 14 * 60_000
    shop.ask(1, Till.tick)
    assert shop.view().stage is Stage.SELLING
    shop.clock.hand.at_ms += 2 * 60_000
    shop.ask(1, Till.tick)
    locked = shop.view()
    assert (locked.stage, locked.staff, locked.lines, locked.member) == (Stage.LOCKED, None, (), None)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    view = shop.view()
    assert (view.lines, view.total, view.member) == (before.lines, before.total, before.member)
    assert (view.blocked, view.waiting_scans) == (before.blocked, before.waiting_scans)


@pytest.mark.parametrize("minutes", [16, -16])
def test_a_lane_that_is_paid_at_locks_too(shop: TestShop, minutes: int) -> None:
    """A clock that is set back far does not keep it open for as long."""
    shop.ask(1, Till.scan, text=PEN)
    shop.ask(1, Till.to_pay)
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="card", given=100)
    shop.clock.hand.at_ms += minutes * 60_000
    shop.ask(1, Till.tick)
    assert shop.view().stage is Stage.LOCKED
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    assert (shop.view().stage, shop.view().due) == (Stage.PAYING, 150)


@pytest.mark.parametrize(
    ("minutes", "staff"),
    [
        (10, "zhang"),  # since the last scan, not since the sign-in
        (16, None),  # longer than an idle lane stays open
    ],
)
def test_whoever_scanned_shortly_before_a_restart_stays(shop: TestShop, minutes: int, staff: str | None) -> None:
    shop.clock.hand.at_ms += 14 * 60_000
    shop.ask(1, Till.scan, text=PEN)
    shop.stop()
    shop.clock.hand.at_ms += minutes * 60_000
    shop.start()
    person = shop.view().staff
    assert (person.staff_id if person else None) == staff


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        (Till.undo, {}, "nothing_to_undo"),
        (Till.add_item, {"sku": "gone"}, "item_unknown"),
        (Till.attach_member, {"member_id": "banned"}, "member_blocked"),
    ],
)
def test_what_is_refused_leaves_the_change_on_the_screen(
    shop: TestShop, method: Callable[..., Any], arguments: dict[str, Any], code: str
) -> None:
    shop.ask(1, Till.scan, text=PEN)
    shop.ask(1, Till.to_pay)
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=1_000)
    refusal = shop.ask(1, method, **arguments)
    assert isinstance(refusal, Refusal) and refusal.code == code
    view = shop.view()
    assert view.stage is Stage.DONE and view.done is not None and view.done.change == 750


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
