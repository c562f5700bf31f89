"""Words of approvals and of prices by hand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from edge import approvals, till_by_hand, till_drawer
from edge.screen import Refusal
from edge.store.database import row
from rules.money import parse_amount


def _parts(percent: str) -> int:
    return int(Decimal(percent) * 100)


def discount_line(player: Any, number: str, percent: str, amount: str, reason: str) -> Refusal | None:
    given = {"off_bp": _parts(percent)} if percent else {"off_amount": parse_amount(amount)}
    return player.ask(till_by_hand.discount_line, line_id=player.line_id(number), reason=reason, **given)


def discount_line_off(player: Any, number: str) -> Refusal | None:
    return player.ask(till_by_hand.discount_line, line_id=player.line_id(number), reason="other")


def discount_basket(player: Any, percent: str, reason: str) -> Refusal | None:
    return player.ask(till_by_hand.discount_basket, off_bp=_parts(percent), reason=reason)


def change_price(player: Any, number: str, amount: str, reason: str) -> Refusal | None:
    return player.ask(
        till_by_hand.change_price, line_id=player.line_id(number), reason=reason, amount=parse_amount(amount)
    )


def open_drawer(player: Any, reason: str) -> Refusal | None:
    return player.ask(till_drawer.open_drawer, reason=reason)


def approve(player: Any, who: str, pin: str) -> Refusal | None:
    return player.ask(approvals.approve, staff_id=who, pin=pin)


def decline(player: Any) -> None:
    player.ask(approvals.decline)


def expect_asked(player: Any, permission: str, amount: str) -> None:
    player.refusal = None
    asked = player.view.approval
    player.equal(f"{asked.permission} {asked.amount}" if asked else "nothing asked", f"{permission} {amount}")


def expect_nothing_asked(player: Any) -> None:
    player.equal(player.view.approval, None)


def expect_journal(player: Any, action: str, who: str, approver: str, reason: str) -> None:
    found = row(
        player.shop.parts.store.reads,
        "SELECT staff_id, detail FROM audit WHERE action = ? ORDER BY audit_no DESC LIMIT 1",
        action,
    )
    detail = msgspec.json.decode(found[1]) if found else {}
    said = (found[0], detail.get("approved_by", ""), detail.get("reason", "")) if found else None
    player.equal(said, (who, approver, reason))


WORDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"discount line (\d+) by (?:([\d.]+) %|([\d.]+)) because (\w+)", discount_line),
    (r"take the discount off line (\d+)", discount_line_off),
    (r"discount the basket by ([\d.]+) % because (\w+)", discount_basket),
    (r"sell line (\d+) at ([\d.]+) because (\w+)", change_price),
    (r"open the drawer because (\w+)", open_drawer),
    (r"approve as (\w+) (\d+)", approve),
    (r"let it be", decline),
    (r"expect asked (\w+) (\d+)", expect_asked),
    (r"expect nothing asked", expect_nothing_asked),
    (r"expect journal (\w+) by (\w+)(?: allowed by (\w+))?(?: because (\w+))?", expect_journal),
)
