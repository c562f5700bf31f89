"""What a lane's screen shows of goods that come back in the open basket."""

from __future__ import annotations

from dataclasses import dataclass

from rules.basket import Names
from rules.money import Minor


@dataclass(frozen=True, slots=True)
class BackLineView:
    """A line with a minus: something that comes back."""

    line_id: str
    names: Names
    unit: str
    quantity: int
    weight_g: int | None
    amount: Minor
    """What it is worth; zero or more."""
    number: str
    """Of the receipt that it is of; empty without one."""
    is_restocked: bool
    is_gone: bool = False
    """It cannot come back any more, as when another lane took it back meanwhile: nobody pays before it is taken out."""


@dataclass(frozen=True, slots=True)
class DoneBackView:
    """What came back in a basket that was closed."""

    amount: Minor = 0
    number: str = ""
    """Of the first return's receipt; empty where nothing came back."""
    entry_id: str = ""
    paid_back: tuple[tuple[str, Minor], ...] = ()
    """Kind and amount of what is given to the customer; what paid for the sale is not among it."""


NOTHING_BACK = DoneBackView()
