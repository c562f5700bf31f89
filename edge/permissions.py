"""Who may do what at a lane: the one question that every deed beyond plain selling asks first."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from edge.screen import Refusal

if TYPE_CHECKING:
    from edge.desk import Desk


class Permission(StrEnum):
    """Something that not everybody may do."""

    ADJUST_BALANCE = "adjust_balance"
    """Points, stored value or times changed by hand."""
    REFUND_STORED_VALUE = "refund_stored_value"
    EXTEND_TIMES = "extend_times"
    ISSUE_COUPONS = "issue_coupons"
    MERGE_MEMBERS = "merge_members"
    ERASE_MEMBER = "erase_member"
    EXPORT_MEMBERS = "export_members"
    IMPORT = "import"
    UNMASK = "unmask"
    BLOCK_CARD = "block_card"
    BIND_BADGE = "bind_badge"
    """Make a card the badge of a member of staff."""
    SKIP_PROOF = "skip_proof"
    """Let a member redeem above the limit without the proof that the shop asks for."""
    RETURN = "return"
    RETURN_LATE = "return_late"
    """Take back what was sold longer ago than the shop's days."""
    EDIT_MEMBERSHIP = "edit_membership"
    """Change packages, gift catalogue, coupon batches, custom fields."""


ROLES: Mapping[str, frozenset[Permission]] = {
    "cashier": frozenset({Permission.BLOCK_CARD, Permission.RETURN}),
    "manager": frozenset(Permission),
    "owner": frozenset(Permission),
}
"""What each role may do without anybody's approval."""


def refuses(desk: Desk, permission: Permission, *, amount: int = 0) -> Refusal | None:
    """Say why the person at the lane may not do it, or None where they may.

    Args:
        amount: how much it is about, in the unit of the deed; 0 where it has none.
    """
    del amount
    staff = desk.memory.staff
    if staff is None:
        return Refusal("locked")
    if permission not in ROLES.get(staff.role, frozenset()):
        return Refusal("not_allowed")
    return None
