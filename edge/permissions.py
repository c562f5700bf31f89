"""Who may do what at a lane: the one question that every deed beyond plain selling asks first."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from edge.config import Config
from edge.config_roles import RoleConfig
from edge.desk import Desk
from edge.screen import Refusal
from edge.store import staff
from edge.store.rows import StaffRow
from rules.ledger import AMOUNT_MAX


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
    """Amount: minor units."""
    RETURN_LATE = "return_late"
    """Take back what was sold longer ago than the shop's days."""
    RETURN_LOOSE = "return_loose"
    """Take something back without a receipt; amount: minor units."""
    GIVE_TIER = "give_tier"
    """Give a member a tier by hand."""
    SET_CREDIT = "set_credit"
    """Let a member owe the shop for what they buy; amount: minor units."""
    OVER_CREDIT = "over_credit"
    """Sell on account above the member's limit; amount: minor units above it."""
    VOID_GIFT = "void_gift"
    """Take back a gift that was handed over for points."""
    WEIGHT_BY_HAND = "weight_by_hand"
    """Type a weight at a lane that has a scale."""
    EDIT_MEMBERSHIP = "edit_membership"
    """Change packages, gift catalogue, coupon batches, custom fields."""
    LINE_DISCOUNT = "line_discount"
    """Amount: basis points of what the line would cost."""
    BASKET_DISCOUNT = "basket_discount"
    """Amount: basis points."""
    PRICE_CHANGE = "price_change"
    """Amount: basis points below the list price; 0 for a price above it."""
    VOID_LINE = "void_line"
    """Amount: list price of what is taken out, in minor units."""
    VOID_BASKET = "void_basket"
    """Amount: list price of the basket, in minor units."""
    NO_SALE = "no_sale"
    """Open the drawer without a sale."""
    CASH_IN = "cash_in"
    """Put cash into the drawer that is no sale; amount: minor units."""
    CASH_OUT = "cash_out"
    """Take cash out of the drawer, a safe drop among it; amount: minor units."""
    SHIFT_DIFFERENCE = "shift_difference"
    """Close a shift whose count differs; amount: minor units, whichever way."""
    READ_SHIFT = "read_shift"
    """See what should be in the drawer before it is counted: the X report."""
    EDIT_QUICK_KEYS = "edit_quick_keys"
    """Change the pages of quick keys."""
    SELL_EXPIRED = "sell_expired"
    """Sell what is past the last day that its code says."""
    TRAIN = "train"
    """Let a lane practise."""


ANY = AMOUNT_MAX
"""Stands for no limit."""
IN_PARTS = frozenset({Permission.LINE_DISCOUNT, Permission.BASKET_DISCOUNT, Permission.PRICE_CHANGE})
"""Permissions whose amount is in basis points; that of all others with an amount is in minor units."""

Limits = Mapping[Permission, int]
"""What a role may do alone, and up to what amount."""

ROLES: Mapping[str, Limits] = {
    "cashier": {
        Permission.BLOCK_CARD: ANY,
        Permission.RETURN: ANY,
        Permission.LINE_DISCOUNT: 1_000,
        Permission.VOID_LINE: ANY,
        Permission.VOID_BASKET: ANY,
        Permission.CASH_IN: ANY,
        Permission.CASH_OUT: 20_000,
        Permission.SHIFT_DIFFERENCE: 1_000,
        Permission.READ_SHIFT: ANY,
        Permission.TRAIN: ANY,
    },
    "manager": dict.fromkeys(Permission, ANY)
    | {Permission.LINE_DISCOUNT: 5_000, Permission.BASKET_DISCOUNT: 3_000, Permission.PRICE_CHANGE: 5_000},
    "owner": dict.fromkeys(Permission, ANY),
}
"""The roles that ship; one that the configuration names takes the place of the one of its name."""


def roles_of(config: Config) -> Mapping[str, Limits]:
    """Return every role of a shop with what it may do alone."""
    return {**ROLES, **{role.name: _limits(role) for role in config.role}}


def _limits(role: RoleConfig) -> Limits:
    limits = {Permission(name): ANY for name in role.may}
    for permission in Permission:
        amount = getattr(role, f"{permission}_{'bp' if permission in IN_PARTS else 'minor'}", 0)
        if amount:
            limits[permission] = amount
    return limits


def limit_of(config: Config, role: str, permission: Permission) -> int:
    """Return up to what amount a role may do something alone; -1 where it may not at all."""
    return roles_of(config).get(role, {}).get(permission, -1)


def refuses(desk: Desk, permission: Permission, *, amount: int = 0) -> Refusal | None:
    """Say why the person at the lane may not do it, or None where they may: alone, or with who approved this deed.

    Where a second person could allow it the refusal is `approval_needed`: the deed is to return it before it has
    changed anything, and it is done once more, from its beginning, when somebody approves.

    Args:
        amount: how much it is about, in the unit of the permission; 0 where it has none.
    """
    person, config = desk.memory.staff, desk.shop.config
    if person is None:
        return Refusal("locked")
    if allows(config, person.role, permission, amount):
        return None
    if desk.approver is not None and allows(config, desk.approver.role, permission, amount):
        return None
    if not approvers(desk, permission, amount):
        return Refusal("not_allowed")
    limit = max(limit_of(config, person.role, permission), 0)
    return Refusal("approval_needed", {"permission": permission.value, "value": amount, "limit": limit})


def allows(config: Config, role: str, permission: Permission, amount: int) -> bool:
    """Tell whether a role may do something of that amount alone."""
    return amount <= limit_of(config, role, permission)


def approvers(desk: Desk, permission: Permission, amount: int) -> tuple[StaffRow, ...]:
    """Return everybody but the person at the lane who may allow it."""
    here = desk.memory.staff
    return tuple(
        person
        for person in staff.all_staff(desk.shop.store.db)
        if (here is None or person.staff_id != here.staff_id)
        and allows(desk.shop.config, person.role, permission, amount)
    )
