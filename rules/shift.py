"""What a shift took and what should lie in its drawer: X while it runs, Z when it is closed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.ledger import CASH, OVER_SHORT, SAFE, Transfer, drawer_account
from rules.money import AMOUNT_MAX, Minor

PIECES_MAX = 9_999
"""Most notes or coins of one kind that a count takes."""


@dataclass(frozen=True, slots=True)
class TenderSum:
    kind: str
    taken: Minor
    returned: Minor = 0


@dataclass(frozen=True, slots=True)
class DrawerSum:
    """Cash that moved for one reason since the shift began."""

    reason: str
    into: Minor
    out: Minor


@dataclass(frozen=True, slots=True)
class BesideSum:
    """Money that was taken or given back in one kind for something that is no sale."""

    reason: str
    """top_up, top_up_refund, settled, gift, gift_void."""
    kind: str
    into: Minor
    out: Minor


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """A shift so far (X), or closed (Z, with number and count)."""

    shift_id: str
    lane: int
    business_date: str
    """Of its beginning."""
    opened_by: str
    opened_ms: int
    at_ms: int
    """When it was read or closed."""
    sales: int
    gross: Minor
    discount: Minor
    total: Minor
    tax: Minor
    returns: int
    refunded: Minor
    tenders: tuple[TenderSum, ...]
    drawer: tuple[DrawerSum, ...]
    events: tuple[tuple[str, int], ...]
    """How often what deserves a look happened: voids, discounts by hand, drawer openings, approvals."""
    expected: Minor
    """What should lie in the drawer: what the ledger says of its account."""
    number: str = ""
    closed_by: str = ""
    counted: Minor = 0
    pieces: tuple[tuple[Minor, int], ...] = ()
    """(worth, pieces) of the count."""
    left: Minor = 0
    """What stays in the drawer for the next shift."""
    beside: tuple[BesideSum, ...] = ()
    """Top-ups and gifts: what the terminal's own sums hold beside the sales."""

    @property
    def difference(self) -> Minor:
        """What was counted beyond what should be there; less than zero where it is short."""
        return self.counted - self.expected


def z_number(*, store: str, number: int) -> str:
    """Return the number of a Z report: a count without gaps in a store.

    >>> z_number(store="S001", number=7)
    'S001-Z00007'
    """
    return f"{store}-Z{number:05d}"


def count_of(pieces: Mapping[Minor, int], other: Minor = 0) -> Minor | None:
    """Return what notes and coins are worth together; None where that cannot be.

    Args:
        pieces: how many there are of each worth, 0..PIECES_MAX.
        other: what was counted without its kinds.

    >>> count_of({10_000: 3, 500: 2}, 30), count_of({100: -1})
    (31030, None)
    """
    if any(worth < 1 or not 0 <= count <= PIECES_MAX for worth, count in pieces.items()) or other < 0:
        return None
    total = sum(worth * count for worth, count in pieces.items()) + other
    return total if total <= AMOUNT_MAX else None


def opening(lane: int, *, held: Minor, float_: Minor) -> tuple[Transfer, ...]:
    """Return what makes a drawer hold its float: from the safe, or into it where more was left in the drawer."""
    return _moved(lane, float_ - held, SAFE, "shift_float")


def closing(lane: int, *, expected: Minor, counted: Minor, left: Minor) -> tuple[Transfer, ...]:
    """Return what a count settles: the difference, then what goes to the safe."""
    assert 0 <= left <= counted
    return (
        *_moved(lane, counted - expected, OVER_SHORT, "shift_difference"),
        *_moved(lane, left - counted, SAFE, "shift_close"),
    )


def _moved(lane: int, into: Minor, other: str, reason: str) -> tuple[Transfer, ...]:
    drawer = drawer_account(lane)
    if into == 0:
        return ()
    return (Transfer(CASH, other, drawer, into, reason) if into > 0 else Transfer(CASH, drawer, other, -into, reason),)
