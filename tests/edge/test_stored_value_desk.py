"""Stored value at the till: policies of a refund, the last money at two lanes, what comes by itself, and the papers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.document import layout
from edge.ids import new_id
from edge.screen import Refusal
from edge.store import entries, stored_value
from edge.store.database import execute
from edge.store.ledger import balance
from edge.stored_value import keep_change, print_statement, refund, top_up
from edge.stored_value_grants import give_due
from edge.till import Till
from rules.ledger import POINTS, STORED_VALUE, STORED_VALUE_GIFT, member_account
from tests.shops import PROMOTIONS, TestShop, moment_ms

LI = member_account("li")


def rules(more: str = "") -> str:
    """Return the rules of a shop that gives 50 for 200."""
    table = f"""
[stored_value]
on = true
keep_change_below = 1_000
{more}
[[stored_value.top_ups]]
id = "up200"
amount = 20_000
gift = 5_000
"""
    return PROMOTIONS.read_text(encoding="utf-8") + table


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path, promotions=rules()) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running


def pay_in(shop: TestShop, amount: int = 20_000, *, lane: int = 1, entry_id: str = "") -> Refusal | None:
    answer: Refusal | None = shop.ask(
        lane, top_up, entry_id=entry_id or new_id(shop.clock), member_id="li", amount=amount, kind="card"
    )
    return answer


def spend(shop: TestShop, amount: int, *, lane: int = 1) -> Refusal | None:
    """Pay for a repair with stored value."""
    shop.ask(lane, Till.attach_member, member_id="li")
    shop.ask(lane, Till.add_item, sku="repair", open_price=amount)
    shop.ask(lane, Till.to_pay)
    view = shop.view(lane)
    answer: Refusal | None = shop.ask(lane, Till.pay, sale_id=view.sale_id, kind="stored_value", given=view.due)
    return answer


def held(shop: TestShop) -> tuple[int, int]:
    db = shop.parts.store.reads
    return balance(db, LI, STORED_VALUE), balance(db, LI, STORED_VALUE_GIFT)


@pytest.mark.parametrize(
    ("order", "void", "deduct", "left", "paid_back", "gift_kept"),
    [  # 200 + 50, 49 spent (no offer takes anything off it), everything refunded.
        ("gift_first", "all", "false", (20_000, 100), 20_000, 0),
        ("gift_first", "all", "true", (20_000, 100), 15_100, 0),
        ("principal_first", "all", "true", (15_100, 5_000), 15_100, 0),
        ("proportional", "all", "false", (16_080, 4_020), 16_080, 0),
        ("proportional", "all", "true", (16_080, 4_020), 15_100, 0),
        ("principal_first", "share", "false", (15_100, 5_000), 15_100, 1_225),  # 50 × 49/200 was earned by spending
    ],
)
def test_a_refund_follows_the_policy(  # noqa: PLR0917
    tmp_path: Path, order: str, void: str, deduct: str, left: tuple[int, int], paid_back: int, gift_kept: int
) -> None:
    more = f'order = "{order}"\nvoid = "{void}"\ndeduct_spent = {deduct}'
    with TestShop(tmp_path, promotions=rules(more)) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        assert pay_in(shop) is None
        assert spend(shop, 4_900) is None
        assert held(shop) == left
        asked = {"entry_id": "R1", "member_id": "li", "top_up_id": "", "kind": "cash", "reason": "moves away"}
        assert shop.ask(1, refund, **asked) is None
        assert shop.ask(1, refund, **asked) is None, "a second press changes nothing"
        assert held(shop) == (0, gift_kept)
        assert balance(shop.parts.store.reads, "drawer/1", "cash") == -paid_back
        assert shop.audit() == ()


def test_gift_money_that_expired_leaves_the_books_and_is_not_taken_again(tmp_path: Path) -> None:
    more = 'order = "principal_first"\ngift_expires_months = 1\ndeduct_spent = true'
    with TestShop(tmp_path, promotions=rules(more)) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        assert pay_in(shop) is None
        shop.clock.hand.at_ms = moment_ms("2026-12-24 04:10")
        assert held(shop) == (20_000, 5_000)
        shop.parts.jobs.look()
        assert held(shop) == (20_000, 0)
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        asked = {"entry_id": "R1", "member_id": "li", "top_up_id": "", "kind": "cash", "reason": "moves away"}
        assert shop.ask(1, refund, **asked) is None
        assert held(shop) == (0, 0)
        assert balance(shop.parts.store.reads, "drawer/1", "cash") == -20_000, "nothing was spent, nothing is kept back"
        assert shop.audit() == ()


def test_the_same_last_money_at_two_lanes(shop: TestShop) -> None:
    shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
    for turn in range(4):
        assert pay_in(shop, 1_000) is None
        for lane in (1, 2):
            shop.ask(lane, Till.attach_member, member_id="li")
            shop.ask(lane, Till.add_item, sku="repair", open_price=1_000)
            shop.ask(lane, Till.to_pay)
        first, second = (1, 2) if turn % 2 else (2, 1)
        answers = [
            shop.ask(lane, Till.pay, sale_id=shop.view(lane).sale_id, kind="stored_value", given=1_000)
            for lane in (first, second)
        ]
        assert answers[0] is None
        assert answers[1].code == "stored_value_short"
        shop.ask(second, Till.back_to_sale)
        shop.ask(second, Till.void_basket, reason="short")
        assert held(shop) == (0, 0)
    assert len(shop.parts.reads.receipts(limit=100)) == 4
    assert shop.audit() == ()


def test_pressing_at_two_lanes_at_once_pays_once_each_time(shop: TestShop) -> None:
    """A thousand times both lanes stand before the last of the money, and press for it from two threads."""
    from threading import Barrier, Thread

    shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
    wins, at_pay = [], set[int]()
    for _ in range(1_000):
        assert pay_in(shop, 100) is None
        for lane in {1, 2} - at_pay:
            shop.ask(lane, Till.attach_member, member_id="li")
            shop.ask(lane, Till.add_item, sku="repair", open_price=100)
            shop.ask(lane, Till.to_pay)
        ready, answers = Barrier(2), {}

        def press(lane: int, ready: Barrier = ready, answers: dict[int, Refusal | None] = answers) -> None:
            ready.wait(5)
            sale_id = shop.view(lane).sale_id
            answers[lane] = shop.ask(lane, Till.pay, sale_id=sale_id, kind="stored_value", given=100)

        threads = [Thread(target=press, args=(lane,)) for lane in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        won = [lane for lane, answer in answers.items() if answer is None]
        assert len(won) == 1, answers
        wins += won
        # The other one stays where it is, with its basket to pay, and tries again.
        at_pay = {3 - won[0]}
        assert held(shop) == (0, 0)
    assert len(wins) == 1_000
    assert shop.audit() == ()


def test_an_instalment_is_given_once_by_whoever_comes_first(tmp_path: Path) -> None:
    with TestShop(tmp_path, promotions=rules().replace("gift = 5_000", "gift = 5_000\ninstalments = 5")) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        assert pay_in(shop) is None
        assert held(shop) == (20_000, 1_000)
        shop.clock.hand.at_ms = moment_ms("2027-01-31 10:00")
        inside = shop.ask(1, lambda till: till.desk.shop)
        for _ in range(3):
            shop.parts.loop.write(lambda: give_due(inside, ""))
            shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
            shop.ask(1, Till.attach_member, member_id="li")
        assert held(shop) == (20_000, 3_000)
        assert stored_value.to_come(shop.parts.store.reads, "li") == [("2027-02-23", 1_000), ("2027-03-23", 1_000)]
        assert shop.audit() == ()


def test_by_a_clock_that_was_never_set_nothing_is_due_and_nothing_expires(tmp_path: Path) -> None:
    text = rules("gift_expires_months = 1").replace("gift = 5_000", "gift = 5_000\ninstalments = 5")
    with TestShop(tmp_path, promotions=text) as shop:
        shop.clock.hand.at_ms = moment_ms("1970-02-01 10:00")
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        assert pay_in(shop) is None
        shop.clock.hand.at_ms = moment_ms("1970-06-01 10:00")
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, Till.attach_member, member_id="li")
        assert held(shop) == (20_000, 1_000)
        assert spend(shop, 20_900) is None


def test_points_of_a_top_up_settle_what_is_owed_first(tmp_path: Path) -> None:
    from rules.ledger import ISSUER, Transfer, owed_account

    with TestShop(tmp_path, promotions=rules().replace("gift = 5_000", "points = 100")) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        owes = entries.Entry(
            "E1", "adjust", shop.clock.now_ms(), "2026-11-23",
            (Transfer(POINTS, owed_account("li"), ISSUER, 30, "return"),), member_id="li",
        )  # fmt: skip
        shop.parts.loop.write(lambda: entries.record(shop.parts.store.db, owes))
        assert pay_in(shop) is None
        db = shop.parts.store.reads
        assert (balance(db, LI, POINTS), balance(db, owed_account("li"), POINTS)) == (70, 0)
        assert shop.audit() == ()


def test_change_that_would_be_too_much_to_hold_is_handed_back(tmp_path: Path) -> None:
    with TestShop(tmp_path, promotions=rules("most_balance = 500")) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, Till.attach_member, member_id="li")
        for price, kept in ((600, 400), (700, 0)):
            shop.ask(1, Till.attach_member, member_id="li")
            shop.ask(1, Till.add_item, sku="repair", open_price=price)
            shop.ask(1, Till.to_pay)
            assert shop.ask(1, keep_change, keeps=1) is None
            assert shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=1_000) is None
            done = shop.view().done
            assert done is not None and (done.change_kept, done.change) == (kept, 1_000 - price - kept)
        assert held(shop) == (400, 0)


def test_the_statement_adds_up_line_by_line(shop: TestShop) -> None:
    assert pay_in(shop) is None
    assert spend(shop, 4_900) is None
    assert pay_in(shop, 1_000) is None
    moves = stored_value.statement(shop.parts.store.reads, "li")
    assert [(each.reason, each.principal, each.gift) for each in moves] == [
        ("top_up", 1_000, 0), ("redemption", -3_920, -980), ("top_up", 20_000, 5_000),
    ]  # fmt: skip
    assert (moves[0].principal_after, moves[0].gift_after) == held(shop)
    for newer, older in pairwise(moves):
        assert newer.principal_after - newer.principal == older.principal_after
        assert newer.gift_after - newer.gift == older.gift_after
    assert shop.ask(1, print_statement, member_id="nobody").code == "member_unknown"
    assert shop.ask(1, print_statement, member_id="li") is None


def test_audit_names_a_top_up_that_was_changed_by_hand(shop: TestShop) -> None:
    assert pay_in(shop, entry_id="T1") is None
    shop.parts.loop.write(lambda: execute(shop.parts.store.db, "UPDATE top_up SET paid = 30000"))
    assert shop.audit() == ("top-up T1: 30000 paid in, 20000 moved, 0 refunded, 0 of its gift is nowhere",)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"kind": "stored_value"}, "amount_range"),  # money would breed
        ({"kind": "cheque"}, "amount_range"),
        ({"kind": "cash", "given": 0}, "amount_range"),
        ({"kind": "cash", "given": 10**13}, "amount_range"),
        ({"amount": 0}, "top_up_range"),
        ({"amount": 10**13}, "top_up_range"),
        ({"entry_id": ""}, "amount_range"),
        ({"entry_id": "x" * 41}, "amount_range"),
        ({"member_id": "nobody"}, "member_unknown"),
    ],
)
def test_odd_top_ups_are_refused_and_leave_nothing(shop: TestShop, asked: dict[str, object], code: str) -> None:
    plain = {"entry_id": "T1", "member_id": "li", "amount": 1_000, "kind": "card", "given": None}
    assert shop.ask(1, top_up, **{**plain, **asked}).code == code
    assert held(shop) == (0, 0)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"kind": "scan"}, "amount_range"),
        ({"reason": " "}, "reason_missing"),
        ({"amount": 20_001, "top_up_id": "T1"}, "refund_range"),
        ({"amount": -1, "top_up_id": "T1"}, "refund_range"),
        ({"amount": 100}, "amount_range"),  # a part of everything is of what?
        ({"top_up_id": "T9"}, "nothing_to_refund"),
        ({"member_id": "wang"}, "nothing_to_refund"),
        ({"top_up_id": "T1", "member_id": "wang"}, "nothing_to_refund"),  # somebody else's
    ],
)
def test_odd_refunds_are_refused_and_leave_all(shop: TestShop, asked: dict[str, object], code: str) -> None:
    assert pay_in(shop, entry_id="T1") is None
    plain = {"entry_id": "R1", "member_id": "li", "top_up_id": "", "kind": "cash", "reason": "why"}
    assert shop.ask(1, refund, **{**plain, **asked}).code == code
    assert held(shop) == (20_000, 5_000)


def test_a_slip_is_laid_out_in_the_printers_width(shop: TestShop) -> None:
    from edge.papers import Papers

    assert pay_in(shop, entry_id="T1") is None
    parts = shop.parts
    entry = entries.stored(parts.store.reads, "T1")
    assert entry is not None
    inside = shop.ask(1, lambda till: till.desk.shop)
    papers = Papers(parts.store, parts.config, inside.rulebook, shop.clock)
    for language in ("zh-Hans", "zh-Hant", "en"):
        paper = papers.slip(entry, language)
        assert paper is not None
        assert layout(paper, columns=32)
