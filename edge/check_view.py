"""What a price check shows of an item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rules.basket import Names
from rules.money import Minor


@dataclass(frozen=True, slots=True)
class CheckView:
    """An item whose price is told without selling it."""

    sku: str
    names: Names
    unit: str
    price: Minor
    """A piece, or a kilogram where weighed; -1: none now."""
    member_price: Minor | None
    is_weighed: bool
    is_open_price: bool
    is_sold: bool
    """False where it is no longer sold."""
    stock: int | None
    """None where nobody counts it."""
    age: int
    expired: date | None = None
    """Its last day, where the code that was scanned says that it is over."""
    last_day: date | None = None
    """Today, where that is its last day."""
    best_until: date | None = None
    """Until when it was at its best, where that is over and advice."""
