"""Paying a sale on account: what is refused."""

from __future__ import annotations

from edge.desk import Desk
from edge.permissions import Permission, refuses
from edge.screen import Refusal
from edge.store import credit
from rules.money import Minor
from rules.tender import ACCOUNT


def may_pay(desk: Desk, member_id: str | None, given: Minor) -> Refusal | None:
    """Say why so much more cannot be put on a member's account, or why what was put there cannot stay.

    Above the limit a second person may allow it.

    Args:
        given: 0 looks at what was tendered before.
    """
    amount = given + sum(each.given for each in desk.memory.tenders if each.kind == ACCOUNT)
    if not amount:
        return None
    if member_id is None:
        return Refusal("account_no_member")
    found = credit.credit_of(desk.shop.store.db, member_id)
    if not found.limit:
        return Refusal("account_none")
    # What was allowed once is not asked for again when the sale is closed.
    if given and amount > found.left:
        return refuses(desk, Permission.OVER_CREDIT, amount=amount - found.left)
    return None
