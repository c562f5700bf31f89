"""Paying a sale with stored value: what is refused, and whether the change is kept."""

from __future__ import annotations

import msgspec

from edge.cards import proof_refusal
from edge.desk import Desk
from edge.screen import Refusal, Sound, Stage
from edge.stored_value_view import money_of, most_now, tendered
from rules.card_policy import Spending
from rules.money import Minor


def may_pay(desk: Desk, member_id: str | None, given: Minor) -> Refusal | None:
    """Say why so much more stored value cannot be taken, or why what was taken is not there any more.

    Args:
        given: 0 looks at what was tendered before.
    """
    before = tendered(desk.memory.tenders)
    if not given and not before:
        return None
    if member_id is None:
        return Refusal("stored_value_no_member")
    shop, amount = desk.shop, before + given
    left = money_of(shop, member_id).whole
    if amount > left:
        return Refusal("stored_value_short", {"left_minor": max(left - before, 0)})
    most = most_now(shop, member_id)
    if amount > most:
        return Refusal("stored_value_limit", {"most_minor": max(most - before, 0)})
    return proof_refusal(desk, member_id, Spending.STORED_VALUE, amount) if given else None


def keep_change(desk: Desk, *, keeps: bool) -> Refusal | None:
    """Say whether the change of this sale stays with the member as stored value; while it is being paid."""
    memory = desk.memory
    rules = desk.shop.rules.stored_value
    if memory.stage is not Stage.PAYING or memory.basket is None:
        return desk.refuse(Refusal("locked" if memory.stage is Stage.LOCKED else "stale_sale"))
    if keeps and memory.basket.member_id is None:
        return desk.refuse(Refusal("stored_value_no_member"))
    if keeps and not (rules.on and rules.keep_change_below):
        return desk.refuse(Refusal("stored_value_off"))
    changed = msgspec.structs.replace(memory.basket, keeps_change=keeps)
    with desk.shop.store.transaction():
        steps = desk.put_basket(changed)
    desk.set(basket=changed, steps=steps)
    desk.show(sound=Sound.TAP)
    return None
