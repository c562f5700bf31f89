"""What the till can be told that a text is: the kinds of codes, their fields, and the shop's settings for its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from rules.gs1 import REGIONS, Elements
from rules.gtin import Flaw
from rules.money import Minor
from rules.scale_codes import ScaleFormat


class Step(StrEnum):
    """What the till is waiting for."""

    ITEM = "item"
    PAYMENT = "payment"
    MEMBER = "member"


class Kind(StrEnum):
    """What a text turned out to be."""

    GTIN = "gtin"
    GTIN_WITH_ADDON = "gtin_with_addon"
    VARIABLE = "variable"
    """An item with its amount, weight or count inside the code."""
    IN_STORE = "in_store"
    """A number of the shop's own, to be looked up as a whole."""
    GS1 = "gs1"
    DIGITAL_LINK = "digital_link"
    RECEIPT = "receipt"
    MEMBER = "member"
    ECARD = "ecard"
    """A member's code with what proves that their phone shows it now."""
    SUN = "sun"
    """The message of a card that proves itself, as a phone shows it."""
    COUPON = "coupon"
    STAFF = "staff"
    PAYMENT = "payment"
    URL = "url"
    UNKNOWN = "unknown"
    """A good text that means nothing to the rules; the catalogue or the member list may know it."""
    INVALID = "invalid"
    """Meant to be a code and damaged, or nothing that a code can be."""


@dataclass(frozen=True, slots=True)
class CodeSettings:
    """What the shop decided about its own codes."""

    scale_formats: tuple[ScaleFormat, ...] = ()
    region: str = ""
    """One of `rules.gs1.REGIONS`, to read prices and weights as that country does; empty: prefix 2 is our own."""
    member_prefixes: tuple[str, ...] = ("M",)
    coupon_prefixes: tuple[str, ...] = ()
    staff_prefixes: tuple[str, ...] = ("STAFF",)
    reference_year: int = 2026
    """A year near now: two-digit years lie between 49 years before and 50 after it."""
    currency_number: str = "156"
    """ISO 4217 number of the shop's currency; an amount in another one is told but not charged."""
    minor_digits: int = 2
    """Decimal places of the currency."""

    def __post_init__(self) -> None:
        assert self.region in ("", *REGIONS)
        assert all(p for p in (*self.member_prefixes, *self.coupon_prefixes, *self.staff_prefixes))


@dataclass(frozen=True, slots=True)
class Receipt:
    """The parts of a receipt number, `S001-1-20261122-0007`."""

    store: str
    lane: int
    business_date: date
    number: int


@dataclass(frozen=True, slots=True)
class Code:
    """A classified text. Fields that the kind does not have are empty."""

    kind: Kind
    text: str
    """The cleaned text; of a payment code only its first six and last four digits."""
    lookup: tuple[str, ...] = ()
    """Keys for the catalogue, in the order to ask it; also of unknown and invalid texts: a shop may use them."""
    flaw: Flaw | None = None
    gtin14: str = ""
    format: str = ""
    addon: str = ""
    item: str = ""
    """Item number inside a scale label or a variable-measure code."""
    amount: Minor | None = None
    """What the label costs. Zero means that the scale had no price: never sell at it."""
    weight_g: int | None = None
    """Net grams, 0..WEIGHT_MAX_G. Pounds are not converted: the item is weighed again."""
    count: int | None = None
    """Pieces, 1..QUANTITY_MAX."""
    elements: Elements | None = None
    region: str = ""
    price: Decimal | None = None
    """The amount as the code states it, in `currency` where that is given."""
    currency: str = ""
    """ISO 4217 number."""
    receipt: Receipt | None = None
    channel: str = ""
    """`wechat`, `alipay` or `unionpay`."""
    secret: str = field(default="", repr=False)
    """A whole payment code, at the payment step only: for the payment channel, never for a log or a screen."""
