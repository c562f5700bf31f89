"""What is being bought, before payment: items, lines and the basket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from rules.money import AMOUNT_MAX, BASIS_POINTS, Minor, round_half_up

LINES_MAX = 500
"""Most lines that a basket may hold."""
QUANTITY_MAX = 9_999
"""Most pieces that one line may hold."""
PIECES_MAX = 9_999
"""Most pieces that a basket may hold: each has a price of its own, which takes time to find and room to keep."""
WEIGHT_MAX_G = 999_999
"""Heaviest weighed line, in grams."""
GRAMS_PER_KG = 1_000


@dataclass(frozen=True, slots=True)
class Names:
    """One name in the shop's three languages; an empty one falls back to 简体中文, then to any other."""

    zh_hans: str = ""
    zh_hant: str = ""
    en: str = ""

    def of(self, language: str) -> str:
        """Return the name for a language tag: `zh-Hans`, `zh-Hant` or `en`."""
        wanted = {"zh-Hans": self.zh_hans, "zh-Hant": self.zh_hant, "en": self.en}[language]
        return wanted or self.zh_hans or self.zh_hant or self.en


@dataclass(frozen=True, slots=True)
class Item:
    """A catalogue entry, with the prices that are in force at the moment of pricing."""

    sku: str
    """Our key; never parsed."""
    names: Names
    price: Minor
    """List price, tax included: a piece, or a kilogram where `is_weighed`."""
    category: str = ""
    brand: str = ""
    tags: frozenset[str] = frozenset()
    is_weighed: bool = False
    is_open_price: bool = False
    """True where the cashier types the price (services, fresh goods without a label)."""
    tier_prices: Mapping[str, Minor] = field(default_factory=dict)
    """Member price by tier id; the tier "" is any member."""
    tax_bp: int = 0
    unit: str = ""
    """What a piece is called on the receipt: 瓶, 包, kg."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the basket: some pieces of an item, or one weighed portion of it."""

    line_id: str
    item: Item
    quantity: int = 1
    """Pieces, 1..QUANTITY_MAX; always 1 for a weighed portion."""
    weight_g: int | None = None
    """Grams of a weighed portion, 1..WEIGHT_MAX_G."""
    label_amount: Minor | None = None
    """Amount printed on a scale label; it is what the customer was promised, so it is the line's gross as it stands."""
    open_price: Minor | None = None
    """Price a piece that the cashier typed, only for open-price items."""
    code: str = ""
    """The normalised code that was scanned; empty when the item was picked by hand."""
    note: str = ""
    list_price: Minor | None = None
    """What the item lists for where a person changed its price; `item.price` is the changed one then."""
    off_bp: int = 0
    """Taken off by hand, of what promotions leave, 0..10_000."""
    off_amount: Minor = 0
    """Taken off by hand, at most what promotions leave."""

    def __post_init__(self) -> None:
        assert 1 <= self.quantity <= QUANTITY_MAX
        assert self.weight_g is None or 1 <= self.weight_g <= WEIGHT_MAX_G
        assert self.label_amount is None or 0 <= self.label_amount <= AMOUNT_MAX
        assert self.open_price is None or 0 <= self.open_price <= AMOUNT_MAX
        assert 0 <= self.off_bp <= BASIS_POINTS and 0 <= self.off_amount <= AMOUNT_MAX
        assert self.quantity == 1 or (self.weight_g is None and self.label_amount is None)

    @property
    def unit_price(self) -> Minor:
        """List price of a piece, or of a kilogram."""
        return self.item.price if self.open_price is None else self.open_price

    @property
    def gross(self) -> Minor:
        """What the line costs before any promotion."""
        return self.unit_gross * self.quantity

    @property
    def unit_gross(self) -> Minor:
        """List price of each unit of the line; a weighed portion is one unit."""
        if self.label_amount is not None:
            return self.label_amount
        price = self.item.price if self.open_price is None else self.open_price
        return price if self.weight_g is None else round_half_up(price * self.weight_g, GRAMS_PER_KG)

    @property
    def unit_grosses(self) -> tuple[Minor, ...]:
        """List price of every unit of the line; a weighed portion is one unit."""
        return (self.unit_gross,) * self.quantity


# Quick to make, to change and to compare: a press changes one several times, and asks which one it was.
class Basket(msgspec.Struct, frozen=True):
    """Everything that pricing needs to know of an open sale, except the member and the moment."""

    sale_id: str
    """Made when the basket is opened, so that a second press of PAY changes nothing."""
    lines: tuple[Line, ...] = ()
    member_id: str | None = None
    codes: tuple[str, ...] = ()
    """Coupon codes that were entered or scanned."""
    lane: int = 1
    channel: str = "store"
    points_to_redeem: int = 0
    """Points that the member wants to pay with; the quote says how many are taken."""
    gift_choices: tuple[tuple[str, str], ...] = ()
    """(promotion id, SKU) where a gift was chosen; otherwise it is the first that the promotion names."""
    off_bp: int = 0
    """Taken off the whole basket by hand, of what promotions and discounts of lines leave, 0..10_000."""

    @property
    def gross(self) -> Minor:
        return sum([line.gross for line in self.lines])

    @property
    def item_count(self) -> int:
        """Pieces in the basket; a weighed portion counts as one."""
        return sum(line.quantity for line in self.lines)

    def line(self, line_id: str) -> Line | None:
        return next((line for line in self.lines if line.line_id == line_id), None)

    def with_line(self, line: Line) -> Basket:
        """Return the basket with the line added at the end, or put in the place of the one with its id."""
        assert line.gross <= AMOUNT_MAX
        if self.line(line.line_id) is None:
            return replace(self, lines=(*self.lines, line))
        return replace(self, lines=tuple(line if old.line_id == line.line_id else old for old in self.lines))

    def without_line(self, line_id: str) -> Basket:
        return replace(self, lines=tuple(line for line in self.lines if line.line_id != line_id))
