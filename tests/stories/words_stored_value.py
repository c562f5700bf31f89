"""The words of stories about stored value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.ids import new_id
from edge.screen import Refusal
from edge.store import stored_value
from edge.store.ledger import balance
from edge.stored_value import keep_change, print_statement, refund, top_up
from rules.ledger import STORED_VALUE, STORED_VALUE_GIFT, member_account
from rules.money import parse_amount

if TYPE_CHECKING:
    from tests.stories.player import Player


def _minor(text: str) -> int:
    amount = parse_amount(text)
    assert amount is not None, f"no amount: {text}"
    return amount


def _money(amount: int) -> str:
    return f"{amount / 100:.2f}"


def pay_in(player: Player, amount: str, member: str, kind: str, given: str) -> Refusal | None:
    asked = {
        "entry_id": new_id(player.shop.clock), "member_id": member, "amount": _minor(amount), "kind": kind,
        "given": _minor(given) if given else None,
    }  # fmt: skip
    player.last_top_up = asked
    return player.ask(top_up, **asked)


def pay_in_again(player: Player) -> Refusal | None:
    return player.ask(top_up, **player.last_top_up)


def pay_out(player: Player, *words: str) -> Refusal | None:
    amount, which, member, kind, reason = words
    top_up_id = ""
    if which:
        found = stored_value.top_ups_of(player.shop.parts.store.reads, member)
        top_up_id = found[int(which) - 1].top_up_id
    return player.ask(
        refund, entry_id=new_id(player.shop.clock), member_id=member, top_up_id=top_up_id, kind=kind,
        amount=_minor(amount) if amount != "everything" else 0, reason=reason,
    )  # fmt: skip


def keep(player: Player, verb: str) -> Refusal | None:
    return player.ask(keep_change, keeps=1 if verb == "keep" else 0)


def night(player: Player) -> None:
    player.shop.parts.jobs.look()


def statement(player: Player, member: str) -> Refusal | None:
    return player.ask(print_statement, member_id=member)


def expect_money(player: Player, member: str, principal: str, gift: str) -> None:
    db, account = player.shop.parts.store.reads, member_account(member)
    found = (balance(db, account, STORED_VALUE), balance(db, account, STORED_VALUE_GIFT))
    player.equal(f"{_money(found[0])} and {_money(found[1])}", f"{principal} and {gift}")


def expect_to_come(player: Player, member: str, count: str, amount: str) -> None:
    found = stored_value.to_come(player.shop.parts.store.reads, member)
    player.equal(f"{len(found)} of {_money(sum(each for _, each in found))}", f"{count} of {amount}")


def expect_kept(player: Player, amount: str) -> None:
    player.equal(_money(player.view.done.change_kept if player.view.done else 0), amount)


def expect_can_pay(player: Player, amount: str) -> None:
    view = player.view.stored_value
    player.equal(_money(view.most) if view else "nothing", amount)


WORDS = (
    (r"top up (\S+) for (\w+) by (cash|card|scan)(?: given (\S+))?", pay_in),
    (r"press top up again", pay_in_again),
    (r"refund (\S+) (?:of top up (\d+) )?of (\w+) by (cash|card) because (.+)", pay_out),
    (r"(keep|hand back) the change", keep),
    (r"the night passes", night),
    (r"print the statement of (\w+)", statement),
    (r"expect (\w+) holds (\S+) and (\S+) gift", expect_money),
    (r"expect (\w+) gets (\d+) more gifts of (\S+) in all", expect_to_come),
    (r"expect kept (\S+)", expect_kept),
    (r"expect stored value can pay (\S+)", expect_can_pay),
)
