"""What stories say of returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.ids import new_id
from edge.returning import give_back
from edge.returning_plan import WantedBack
from edge.screen import Refusal
from edge.store.database import scalar
from edge.store.ledger import balance
from rules.ledger import CASH, POINTS, drawer_account, owed_account
from rules.money import parse_amount

if TYPE_CHECKING:
    from tests.stories.player import Player


def bring_back(player: Player, lines: str, number: str, aside: str, reason: str) -> Refusal | None:
    """`return 2 of line 1, 1 of line 3 of 0001 because it is broken`."""
    wanted = []
    for part in lines.split(", "):
        quantity, _, line = part.partition(" of line ")
        wanted.append(WantedBack(int(line) - 1, int(quantity), not aside))
    player.last_return = {
        "return_id": new_id(player.shop.clock),
        "sale_id": sale_of(player, number),
        "wanted": wanted,
        "reason": reason,
    }
    return player.ask(give_back, **player.last_return)


def press_return_again(player: Player) -> Refusal | None:
    return player.ask(give_back, **player.last_return)


def sale_of(player: Player, number: str) -> str:
    found = scalar(player.shop.parts.store.reads, "SELECT sale_id FROM sale WHERE receipt_number LIKE ?", f"%{number}")
    assert found is not None, f"no receipt {number}"
    return str(found)


def expect_paid_back(player: Player, amount: str) -> None:
    notice = player.view.notice
    assert notice is not None and notice.code == "returned", f"nothing was paid back: {notice}"
    player.equal(notice.params["amount_minor"], parse_amount(amount))


def expect_drawer_holds(player: Player, amount: str) -> None:
    player.equal(balance(player.shop.parts.store.reads, drawer_account(player.lane), CASH), parse_amount(amount))


def expect_owes(player: Player, member: str, points: str) -> None:
    player.equal(-balance(player.shop.parts.store.reads, owed_account(member), POINTS), int(points))


WORDS = (
    (r"return (\d+ of line \d+(?:, \d+ of line \d+)*) of (\S+)( set aside)? because (.+)", bring_back),
    (r"press return again", press_return_again),
    (r"expect paid back ([\d.]+)", expect_paid_back),
    (r"expect drawer holds ([\d.]+)", expect_drawer_holds),
    (r"expect (\w+) owes (\d+) points", expect_owes),
)
