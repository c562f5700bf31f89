"""What the configuration says of roles: who may do what alone, and up to what amount."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
Parts = Annotated[int, Meta(ge=0, le=10_000)]
Limit = Annotated[int, Meta(ge=0, le=1_000_000_000)]

PermissionName = Literal[
    "adjust_balance", "refund_stored_value", "extend_times", "issue_coupons", "merge_members", "erase_member",
    "export_members", "import", "unmask", "block_card", "skip_proof", "return", "return_late", "return_loose",
    "edit_membership", "line_discount", "basket_discount", "price_change", "void_line", "void_basket",
    "no_sale", "cash_in", "cash_out", "shift_difference", "read_shift", "bind_badge", "give_tier",
    "void_gift", "edit_quick_keys", "train", "weight_by_hand", "set_credit", "over_credit", "sell_expired",
]  # fmt: skip
"""The permissions of edge/permissions.py, which a test holds together."""


class RoleConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the people of one role may do alone; whatever is more needs a second person who may. It replaces the role
    of that name that ships: cashier, manager, owner."""

    name: Annotated[Name, Meta(description="Name of the role, as `taptill staff add` takes it.")]
    may: Annotated[tuple[PermissionName, ...], Meta(max_length=60, description="What it may do, without a limit.")] = ()
    line_discount_bp: Annotated[
        Parts, Meta(description="Most off a line by hand, in basis points: 1000 is a tenth.")
    ] = 0
    basket_discount_bp: Annotated[Parts, Meta(description="Most off a basket by hand, in basis points.")] = 0
    price_change_bp: Annotated[
        Parts, Meta(description="How far below its list price an item may go by hand, in basis points.")
    ] = 0
    void_line_minor: Annotated[Limit, Meta(description="Dearest line that it may void, in minor units.")] = 0
    void_basket_minor: Annotated[Limit, Meta(description="Dearest basket that it may void, in minor units.")] = 0
    return_minor: Annotated[Limit, Meta(description="Most that it may give back for a return, in minor units.")] = 0
    return_loose_minor: Annotated[
        Limit, Meta(description="Most that it may give back without a receipt, in minor units.")
    ] = 0
    cash_in_minor: Annotated[Limit, Meta(description="Most cash that it may put into the drawer at once.")] = 0
    cash_out_minor: Annotated[Limit, Meta(description="Most cash that it may take out of the drawer at once.")] = 0
    shift_difference_minor: Annotated[
        Limit, Meta(description="Largest difference with which it may close a shift, in minor units.")
    ] = 0
