"""The one ledger: transfers of whole units between accounts, and the lots that expire.

A transfer moves a positive integer of one unit from one account to another, and nothing else changes a balance; so what
is taken from one side is always given to the other, and all balances of a unit sum to zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

AMOUNT_MAX = 2**53
"""Largest amount of one transfer: exact in every JSON reader."""

CASH = "cash"
POINTS = "points"
STORED_VALUE = "svc"
STORED_VALUE_GIFT = "svc_gift"
ON_ACCOUNT = "on_account"
"""Money that was bought for and not paid yet, in minor units: it stands below zero in what a member owes."""


def times_unit(package: str) -> str:
    """Return the unit in which times of a times card are counted."""
    return f"times:{package}"


def is_times(unit: str) -> bool:
    """Tell whether a unit counts times of a times card."""
    return unit.startswith("times:")


def stock_unit(sku: str) -> str:
    """Return the unit in which pieces, or grams where weighed, of an item are counted."""
    return f"stock:{sku}"


DRAWER = "drawer/"


def drawer_account(lane: int) -> str:
    """Return the account of a lane's cash. A shop that records no float may pay back more than it took."""
    return f"{DRAWER}{lane}"


def member_account(member_id: str) -> str:
    return f"member/{member_id}"


CUSTOMERS = "customers"
"""Where goods go and cash comes from: everybody outside the shop."""
SHELF = "shelf"
"""Goods in the store. It may go below zero: a count that is behind must not stop a sale."""
ISSUER = "issuer"
"""The shop as the giver of points, gifts and times: its balance is minus what members hold."""
TENDERS = "tenders"
"""Money taken other than in cash, to be settled by the payment service. Refunds may run ahead of what was taken."""
RECEIVABLES = "receivables"
"""What members owe for what they bought on account, all together."""
DAMAGED = "damaged"
"""Goods that were brought back and are not sold again."""
OWED = "owed/"

SAFE = "safe"
"""The shop's own cash outside the drawers: floats come from it, what is counted goes to it."""
CASH_BOOK = "cash_book"
"""Cash that came from elsewhere or was paid out of a drawer, with a reason."""
OVER_SHORT = "over_short"
"""What counts found too much or too little; above zero where money is missing."""

MAY_BE_NEGATIVE = frozenset({CUSTOMERS, SHELF, ISSUER, TENDERS, SAFE, CASH_BOOK, OVER_SHORT, RECEIVABLES})


def owed_account(member_id: str) -> str:
    """Return the account of what a member owes, such as points spent before the sale that brought them came back.

    It stands at zero or below; what the member is granted next goes here first.
    """
    return f"{OWED}{member_id}"


def may_be_negative(account: str) -> bool:
    """Tell whether the account may go below zero; all others are held at zero or more by the database itself."""
    return account in MAY_BE_NEGATIVE or account.startswith((OWED, DRAWER))


def lives_in_lots(unit: str, account: str) -> bool:
    """Tell whether a unit in an account is kept in lots: what a member was granted or has paid in."""
    is_kept = unit in (POINTS, STORED_VALUE, STORED_VALUE_GIFT) or is_times(unit)
    return is_kept and account.startswith("member/")


@dataclass(frozen=True, slots=True)
class LotUse:
    """How much of one lot a transfer used, or gives back to it."""

    lot_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """One append-only move of an integer amount between two accounts."""

    unit: str
    from_account: str
    to_account: str
    amount: int
    """Greater than zero, at most AMOUNT_MAX."""
    reason: str
    """Why it happened: sale, return, accrual, redemption, expiry, opening, adjustment …"""
    expires_ms: int | None = None
    """For units that live in lots: when the lot that this transfer makes for `to_account` expires (UTC ms)."""
    from_lots: tuple[LotUse, ...] = ()
    """Lots of `from_account` that are used first, expired or not; what they leave is drawn as usual."""
    into_lots: tuple[LotUse, ...] = ()
    """Lots of `to_account` that get back what they gave, all of the amount together; empty makes a new lot."""

    def __post_init__(self) -> None:
        assert 0 < self.amount <= AMOUNT_MAX
        assert self.from_account != self.to_account
        assert sum(use.amount for use in self.from_lots) <= self.amount
        assert not self.into_lots or sum(use.amount for use in self.into_lots) == self.amount


@dataclass(frozen=True, slots=True)
class Lot:
    """Points, gift money or times granted together, with one expiry."""

    lot_id: int
    remaining: int
    expires_ms: int | None
    """UTC ms; None never expires."""


def draw(lots: Sequence[Lot], amount: int, *, now_ms: int, first: Sequence[LotUse] = ()) -> tuple[LotUse, ...] | None:
    """Return which lots an amount is taken from: what expires first goes first, then what is older; None if too little.

    Lots that have expired are not touched, but for those that are named.

    Args:
        first: what is taken from certain lots before any others, expired or not; at most the amount in all.

    >>> draw([Lot(1, 100, 5_000), Lot(2, 100, None)], 120, now_ms=0)
    (LotUse(lot_id=1, amount=100), LotUse(lot_id=2, amount=20))
    >>> draw([Lot(1, 100, 5_000), Lot(2, 100, None)], 120, now_ms=9_000, first=[LotUse(1, 60)])
    (LotUse(lot_id=1, amount=60), LotUse(lot_id=2, amount=60))
    """
    assert amount > 0
    named = {use.lot_id: use.amount for use in first}
    held = {lot.lot_id: lot.remaining for lot in lots}
    if any(wanted > held.get(lot_id, 0) for lot_id, wanted in named.items()):
        return None
    if named:
        amount -= sum(named.values())
        others = [replace(lot, remaining=lot.remaining - named.get(lot.lot_id, 0)) for lot in lots]
        rest = draw(others, amount, now_ms=now_ms) if amount else ()
        return None if rest is None else _merged((*first, *rest))
    alive = [lot for lot in lots if lot.remaining > 0 and (lot.expires_ms is None or lot.expires_ms > now_ms)]
    alive.sort(key=lambda lot: (lot.expires_ms is None, lot.expires_ms or 0, lot.lot_id))
    uses = []
    for lot in alive:
        if amount == 0:
            break
        used = min(lot.remaining, amount)
        uses.append(LotUse(lot.lot_id, used))
        amount -= used
    return tuple(uses) if amount == 0 else None


def _merged(uses: Sequence[LotUse]) -> tuple[LotUse, ...]:
    amounts: dict[int, int] = {}
    for use in uses:
        amounts[use.lot_id] = amounts.get(use.lot_id, 0) + use.amount
    return tuple(LotUse(lot_id, amount) for lot_id, amount in amounts.items())


def balances(transfers: Iterable[Transfer]) -> dict[tuple[str, str], int]:
    """Return the balance of every (account, unit) that the transfers touch; for each unit they sum to zero.

    >>> balances([Transfer(POINTS, ISSUER, "member/a", 5, "accrual")])
    {('issuer', 'points'): -5, ('member/a', 'points'): 5}
    """
    totals: dict[tuple[str, str], int] = {}
    for transfer in transfers:
        for account, amount in ((transfer.from_account, -transfer.amount), (transfer.to_account, transfer.amount)):
            key = (account, transfer.unit)
            totals[key] = totals.get(key, 0) + amount
    return totals
