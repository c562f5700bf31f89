"""What the reads give: plain values, without personal data in clear unless the name says so."""

from __future__ import annotations

from dataclasses import dataclass

from rules.basket import Names
from rules.money import Minor


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as search and quick keys show it."""

    sku: str
    names: Names
    price: Minor
    """List price now: a piece, or a kilogram where weighed."""
    member_price: Minor | None
    """Price for any member, where there is one."""
    unit: str
    is_weighed: bool
    is_open_price: bool
    category_id: str
    brand: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuickPage:
    page_id: int
    names: Names
    keys: tuple[QuickKey, ...]


@dataclass(frozen=True, slots=True)
class QuickKey:
    position: int
    colour: str
    """Name of a colour of the palette: amber, green, red, blue, violet, teal, brown, grey."""
    item: ItemRow


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member as search shows them; name and phone are masked."""

    member_id: str
    name: str
    phone: str
    tier_id: str
    tier_names: Names
    points: int
    card_uids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffRow:
    staff_id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A closed sale in the list of receipts."""

    sale_id: str
    receipt_number: str
    lane: int
    sold_at_ms: int
    business_date: str
    total: Minor
    item_count: int
    staff_name: str
    member: str
    """Masked name; empty without a member."""
    print_state: str
    """State of its newest print job: queued, printed, refused, doubtful, none."""
    is_acknowledged: bool
    """Head office has it."""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A basket on hold in the list of them."""

    sale_id: str
    note: str
    lane: int
    staff_name: str
    held_ms: int
    minutes: int
    """How long ago; 0 where the clock was set back since."""
    total: Minor
    item_count: int
    member: str
    """Masked name; empty without a member."""


@dataclass(frozen=True, slots=True)
class SlipRow:
    """Something that is no sale and has a slip."""

    entry_id: str
    number: str
    words: str
    """What it is, to be translated."""
    at_ms: int
    staff_name: str
    member: str
    """Masked name; empty without a member."""
    amount: Minor
    """What was paid in or back; 0 where no money moved."""
