"""Roles, their limits, and a deed that waits for a second person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from edge import approvals, till_by_hand, till_drawer
from edge.config_roles import PermissionName, RoleConfig
from edge.permission_words import PERMISSIONS, amount_words
from edge.permissions import ANY, IN_PARTS, ROLES, Permission, refuses
from edge.screen import Refusal
from edge.store import staff
from edge.store.database import rows
from edge.texts import Texts
from edge.till import Till
from tests.shops import CONFIG, TestShop

ROLE = """
[[role]]
name = "cashier"
may = ["block_card", "void_basket"]
line_discount_bp = 500
void_line_minor = 300
[[role]]
name = "helper"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", config=CONFIG + ROLE) as made:
        made.parts.loop.write(lambda: _people(made))
        made.ask(1, Till.sign_in, staff_id="chen", pin="5678")
        made.ask(1, Till.scan, text="4006381333931")
        yield made


def _people(shop: TestShop) -> None:
    staff.add(shop.parts.store.db, staff_id="boss", name="老板", role="owner", pin="2222")
    staff.add(shop.parts.store.db, staff_id="ma", name="小马", role="helper", pin="3333")


def do(shop: TestShop, method: Any, **arguments: Any) -> str:
    answer = shop.ask(1, method, **arguments)
    return answer.code if isinstance(answer, Refusal) else "done"


def test_every_permission_has_its_words_its_key_and_a_manager() -> None:
    assert set(PERMISSIONS) == set(Permission) == set(get_args(PermissionName)) == set(ROLES["owner"])
    for permission in IN_PARTS:
        assert f"{permission}_bp" in RoleConfig.__struct_fields__


@pytest.mark.parametrize(
    ("off_bp", "code"),
    [
        (500, "done"),  # the role of the configuration takes the place of the one that ships
        (501, "approval_needed"),  # the manager may, up to half
        (5_001, "approval_needed"),  # the owner may
    ],
)
def test_a_limit_holds_to_the_last_part(shop: TestShop, off_bp: int, code: str) -> None:
    line = shop.view().lines[0].line_id
    assert do(shop, till_by_hand.discount_line, line_id=line, reason="other", off_bp=off_bp) == code


def test_an_amount_off_counts_as_the_part_that_it_is(shop: TestShop) -> None:
    line = shop.view().lines[0].line_id
    # 0.13 of 2.50 is 5.2 %, above five.
    assert do(shop, till_by_hand.discount_line, line_id=line, reason="other", off_amount=12) == "done"
    assert do(shop, till_by_hand.discount_line, line_id=line, reason="other", off_amount=13) == "approval_needed"


def test_who_may_not_either_cannot_allow_it_and_it_waits_on(shop: TestShop) -> None:
    before = shop.view().number
    assert do(shop, till_drawer.open_drawer, reason="look") == "approval_needed"
    assert shop.view().number == before + 1  # what is asked is all that is shown of it
    asked = shop.view().approval
    assert asked is not None and [person.staff_id for person in asked.people] == ["boss", "zhang"]
    assert do(shop, approvals.approve, staff_id="ma", pin="3333") == "approver_may_not"
    assert shop.view().approval == asked
    assert do(shop, approvals.approve, staff_id="boss", pin="2222") == "done"
    assert shop.view().approval is None
    assert do(shop, approvals.approve, staff_id="boss", pin="2222") == "approval_gone"  # it was good for once
    assert [who for (who,) in rows(shop.parts.store.reads, "SELECT staff_id FROM audit WHERE action = 'no_sale'")] == [
        "chen"
    ]


def test_goods_above_the_limit_are_not_taken_out_by_any_door(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text="6901234567892")
    pen, cola = (line.line_id for line in shop.view().lines)
    assert do(shop, Till.void_line, line_id=cola) == "approval_needed"
    assert do(shop, Till.undo) == "approval_needed"
    assert do(shop, Till.void_line, line_id=pen) == "done"
    assert do(shop, Till.change_quantity, line_id=cola, quantity=3) == "done"
    assert do(shop, Till.change_quantity, line_id=cola, quantity=1) == "approval_needed"
    assert do(shop, Till.void_basket, reason="the customer left") == "done"


@pytest.mark.parametrize("deed", ["void_line", "change_quantity", "undo"])
def test_goods_above_the_limit_are_taken_out_for_a_reason(shop: TestShop, deed: str) -> None:
    shop.ask(1, Till.scan, text="6901234567892")
    cola = shop.view().lines[1].line_id
    shop.ask(1, Till.change_quantity, line_id=cola, quantity=2)
    arguments = {"void_line": {"line_id": cola}, "change_quantity": {"line_id": cola, "quantity": 1}, "undo": {}}[deed]
    before = shop.view().total
    assert do(shop, getattr(Till, deed), **arguments) == "approval_needed"
    assert do(shop, approvals.approve, staff_id="boss", pin="2222") == "reason_missing"
    assert do(shop, approvals.give_reason, reason="because") == "reason_missing"
    assert do(shop, approvals.give_reason, reason="not_wanted") == "done"
    asked = shop.view().approval
    assert asked is not None and (asked.reason, asked.reasons) == ("not_wanted", ())
    assert do(shop, approvals.approve, staff_id="boss", pin="2222") == "done"
    assert shop.view().approval is None and shop.view().total < before
    ((who, detail),) = rows(shop.parts.store.reads, "SELECT staff_id, detail FROM audit WHERE action = 'approved'")
    told = msgspec.json.decode(detail)
    assert (who, told["approved_by"], told["reason"]) == ("chen", "boss", "not_wanted")
    assert do(shop, approvals.give_reason, reason="other") == "approval_gone"


def test_a_deed_that_needs_two_yeses_asks_for_both(shop: TestShop) -> None:
    def deed(till: Till, reason: str) -> Refusal | None:
        refusal = refuses(till.desk, Permission.NO_SALE) or refuses(till.desk, Permission.BASKET_DISCOUNT, amount=9_000)
        if refusal is None:
            done.append(reason)
        return refusal

    done: list[str] = []
    assert do(shop, deed, reason="other") == "approval_needed"
    # The manager may open the drawer, yet not give so much: the owner, who may do both, is asked for.
    assert do(shop, approvals.approve, staff_id="zhang", pin="1234") == "approval_needed"
    asked = shop.view().approval
    assert asked is not None and (asked.permission, asked.amount) == ("basket_discount", 9_000)
    assert done == []


def test_where_nobody_may_there_is_nobody_to_ask(shop: TestShop) -> None:
    def deed(till: Till) -> Refusal | None:
        return refuses(till.desk, Permission.CASH_OUT, amount=ANY + 1)

    assert do(shop, deed) == "not_allowed"
    assert shop.view().approval is None


@pytest.mark.parametrize(
    ("permission", "amount", "words"),
    [
        ("line_discount", 2_000, "20 %"),
        ("line_discount", 1_250, "12.50 %"),
        ("cash_out", 2_000, "¥20.00"),
        ("no_sale", 0, ""),
        ("cash_out", ANY, "no limit"),
    ],
)
def test_amounts_in_words(permission: str, amount: int, words: str) -> None:
    assert amount_words(Texts("en"), permission, amount) == words
