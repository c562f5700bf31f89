"""What permissions, roles' limits and reasons are called on a screen."""

from __future__ import annotations

from collections.abc import Mapping

from edge import till_by_hand, till_drawer, till_voids
from edge.permissions import ANY, IN_PARTS, Permission
from edge.text_marks import N_
from edge.texts import Texts

PERMISSIONS: Mapping[Permission, str] = {
    Permission.ADJUST_BALANCE: N_("Change a balance by hand"),
    Permission.REFUND_STORED_VALUE: N_("Pay stored value back"),
    Permission.EXTEND_TIMES: N_("Extend a times card"),
    Permission.ISSUE_COUPONS: N_("Issue coupons"),
    Permission.MERGE_MEMBERS: N_("Merge two members"),
    Permission.ERASE_MEMBER: N_("Erase a member"),
    Permission.EXPORT_MEMBERS: N_("Export members"),
    Permission.IMPORT: N_("Import a list"),
    Permission.UNMASK: N_("See a name or phone in full"),
    Permission.BLOCK_CARD: N_("Block a card"),
    Permission.BIND_BADGE: N_("Make a card a staff badge"),
    Permission.SKIP_PROOF: N_("Redeem without the member's proof"),
    Permission.RETURN: N_("Take goods back"),
    Permission.RETURN_LATE: N_("Take goods back after the days for it"),
    Permission.RETURN_LOOSE: N_("Take goods back without a receipt"),
    Permission.EDIT_MEMBERSHIP: N_("Change the membership programme"),
    Permission.LINE_DISCOUNT: N_("Line discount"),
    Permission.BASKET_DISCOUNT: N_("Basket discount"),
    Permission.PRICE_CHANGE: N_("Price below the list price"),
    Permission.VOID_LINE: N_("Void goods"),
    Permission.VOID_BASKET: N_("Void the basket"),
    Permission.NO_SALE: N_("Open the drawer without a sale"),
    Permission.CASH_IN: N_("Put cash into the drawer"),
    Permission.CASH_OUT: N_("Take cash out of the drawer"),
    Permission.SHIFT_DIFFERENCE: N_("Close a shift with a difference"),
    Permission.READ_SHIFT: N_("See the X report"),
    Permission.GIVE_TIER: N_("Give a tier by hand"),
    Permission.WEIGHT_BY_HAND: N_("Type a weight beside the scale"),
    Permission.SET_CREDIT: N_("Let a member buy on account"),
    Permission.OVER_CREDIT: N_("Sell on account above the limit"),
    Permission.EDIT_QUICK_KEYS: N_("Change the quick keys"),
    Permission.SELL_EXPIRED: N_("Sell what has expired"),
    Permission.TRAIN: N_("Practise at a lane"),
    Permission.VOID_GIFT: N_("Take gifts for points back"),
}
"""What was asked for, as the person who may allow it reads it."""

REASONS: Mapping[str, str] = {
    **till_drawer.REASONS, **till_by_hand.REASONS, **till_voids.REASONS, **till_voids.HELD_REASONS,
    **till_voids.LINE_REASONS,
}  # fmt: skip


def permission_words(texts: Texts, permission: str) -> str:
    return texts.t(PERMISSIONS[Permission(permission)])


def amount_words(texts: Texts, permission: str, amount: int) -> str:
    """Return an amount as the permission counts it: money, or a percentage; empty for none."""
    if amount <= 0:
        return ""
    if amount >= ANY:
        return texts.t("no limit")
    if Permission(permission) not in IN_PARTS:
        return texts.money(amount)
    whole, rest = divmod(amount, 100)
    return f"{whole}.{rest:02d} %" if rest else f"{whole} %"


def reason_words(texts: Texts, reason: str) -> str:
    """Return a reason in words; one that was typed stays as it is."""
    return texts.t(REASONS[reason]) if reason in REASONS else reason
