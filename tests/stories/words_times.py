"""What stories say of times cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.benefits import use_all
from edge.ids import new_id
from edge.screen import Refusal
from edge.store.ledger import spendable
from edge.times import adjust_times, drop_times, extend_times, leave_family, share_times, use_times
from rules.ledger import member_account

if TYPE_CHECKING:
    from tests.stories.player import Player


def use(player: Player, count: str, part: str, holder: str, sku: str) -> Refusal | None:
    member = player.view.member
    holder_id = holder or (member.member_id if member else "")
    return player.ask(use_times, unit=f"times:{part}", sku=sku, holder_id=holder_id, quantity=int(count))


def drop(player: Player, part: str, sku: str) -> Refusal | None:
    return player.ask(drop_times, unit=f"times:{part}", sku=sku)


def extend(player: Player, part: str, member: str, until: str, reason: str) -> Refusal | None:
    return player.ask(
        extend_times, entry_id=new_id(player.shop.clock), member_id=member, unit=f"times:{part}", until=until,
        reason=reason,
    )  # fmt: skip


def adjust(player: Player, change: str, part: str, member: str, reason: str) -> Refusal | None:
    sign, _, count = change.partition(" ")
    return player.ask(
        adjust_times, entry_id=new_id(player.shop.clock), member_id=member, unit=f"times:{part}", change=int(count) if sign == "add" else -int(count),
        reason=reason,
    )  # fmt: skip


def share(player: Player, member: str, head: str) -> Refusal | None:
    return player.ask(share_times, member_id=member, head_id=head)


def leave(player: Player, member: str) -> Refusal | None:
    return player.ask(leave_family, member_id=member)


def use_everything(player: Player) -> Refusal | None:
    return player.ask(use_all)


def expect_times(player: Player, member: str, count: str, part: str) -> None:
    left = spendable(
        player.shop.parts.store.reads, member_account(member), f"times:{part}", now_ms=player.shop.clock.now_ms()
    )
    player.equal(left, int(count))


def expect_times_cards(player: Player, cards: str) -> None:
    found = [f"{card.left} {card.unit.partition(':')[2]}" for card in player.view.times_cards]
    player.equal(", ".join(found) or "none", cards)


WORDS = (
    (r"use all that the member has", use_everything),
    (r"use (\d+) times of (\S+?)(?: of (\w+))? for (\w+)", use),
    (r"take the times of (\S+) for (\w+) back", drop),
    (r"extend (\S+) of (\w+) to (\S+) because (.+)", extend),
    (r"((?:add|take) \d+) times of (\S+) (?:to|from) (\w+) because (.+)", adjust),
    (r"share the times of (\w+) with (\w+)", lambda player, head, member: share(player, member, head)),
    (r"end the sharing of (\w+)", leave),
    (r"expect (\w+) has (\d+) times of (\S+)", expect_times),
    (r"expect times cards (.+)", expect_times_cards),
)
