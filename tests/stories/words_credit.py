"""What stories say of buying on account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.credit import set_credit_limit, settle_account
from edge.ids import new_id
from edge.screen import Refusal
from edge.store.credit import credit_of
from tests.stories.words_stored_value import _minor, _money

if TYPE_CHECKING:
    from tests.stories.player import Player


def let_owe(player: Player, member: str, amount: str, reason: str) -> Refusal | None:
    return player.ask(set_credit_limit, member_id=member, limit=_minor(amount), reason=reason)


def settle(player: Player, amount: str, member: str, kind: str) -> Refusal | None:
    return player.ask(
        settle_account, entry_id=new_id(player.shop.clock), member_id=member, amount=_minor(amount), kind=kind
    )


def expect_owes(player: Player, member: str, amount: str) -> None:
    player.equal(_money(credit_of(player.shop.parts.store.reads, member).owed), amount)


WORDS = (
    (r"let (\w+) owe ([\d.]+) because (.+)", let_owe),
    (r"settle ([\d.]+) of (\w+) in (cash|card|scan)", settle),
    (r"expect (\w+) owes (-?[\d.]+)", expect_owes),
)
