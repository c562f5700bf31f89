"""An exchange: what comes back pays for what is taken along, and only the rest changes hands. Pure.

What was paid once stays the money that it was. A tender `exchange` of a sale stands for tenders of earlier sales, its
legs; where that sale comes back in its turn, its money goes to them, so that gift money never turns into cash by a
detour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules.charges import CHANNELS
from rules.money import Minor
from rules.reversal import legs
from rules.sale import Sale
from rules.tender import ACCOUNT, CASH, ROUNDING, SCAN, CashRounding, cash_back

EXCHANGE = "exchange"
"""The tender by which a return pays for a sale."""
CREDIT = "credit"
"""What a return without a receipt gave as stored value: paid back, it becomes stored value."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Some of the money of a sale: what was taken for it in one kind, at it or at an earlier one."""

    root: str
    """The sale that took it."""
    kind: str
    amount: Minor


def legs_of(sale: Sale, carried: Sequence[Leg]) -> tuple[Leg, ...]:
    """Return what a sale was paid with: its own tenders, and those that exchanges carried into it.

    Args:
        carried: what its exchange tenders stand for; they sum to them.
    """
    own = [Leg(sale.sale_id, kind, amount) for kind, amount in legs(sale) if kind != EXCHANGE]
    whole = merged([*own, *carried])
    assert sum(leg.amount for leg in whole) == sale.total
    return whole


def merged(found: Sequence[Leg]) -> tuple[Leg, ...]:
    """Return legs with those of one root and kind put together, in the order in which they first came."""
    sums: dict[tuple[str, str], Minor] = {}
    for leg in found:
        sums[leg.root, leg.kind] = sums.get((leg.root, leg.kind), 0) + leg.amount
    return tuple(Leg(root, kind, amount) for (root, kind), amount in sums.items() if amount)


def left_of(whole: Sequence[Leg], gone: Sequence[Leg]) -> tuple[Leg, ...]:
    """Return what of legs is left after some was paid back."""
    left = merged([*whole, *(Leg(leg.root, leg.kind, -leg.amount) for leg in gone)])
    assert all(leg.amount > 0 or leg.kind == ROUNDING for leg in left), "more was paid back than was taken"
    return left


def taken_of(amount: Minor, left: Sequence[Leg], order: Sequence[str]) -> tuple[Leg, ...]:
    """Return to which legs an amount goes back, kind after kind in the shop's order.

    What is owed goes before all of them, so that nobody is handed money who owes it, and what cash was rounded by comes
    last: the drawer gives back what it got, no more and no less.

    Args:
        amount: zero up to the sum of what is left.
        left: rounding that was put on is below zero.

    >>> taken_of(700, [Leg("a", "cash", 500), Leg("b", "gift", 300)], ["gift", "cash"])
    (Leg(root='b', kind='gift', amount=300), Leg(root='a', kind='cash', amount=400))
    >>> taken_of(1_236, [Leg("a", "rounding", -4), Leg("a", "cash", 1_240)], [])
    (Leg(root='a', kind='cash', amount=1240), Leg(root='a', kind='rounding', amount=-4))
    """
    whole = sum(leg.amount for leg in left)
    assert 0 <= amount <= whole
    ranks = {kind: rank for rank, kind in enumerate(order)}
    # A payment code is a way of scan-to-pay, and goes back in its place.
    ranks = {**{kind: ranks.get(SCAN, len(ranks)) for kind in CHANNELS}, **ranks}
    parts = []

    def place(leg: Leg) -> tuple[bool, bool, int]:
        return leg.kind != ACCOUNT, leg.kind == ROUNDING, ranks.get(leg.kind, len(ranks))

    for leg in sorted(left, key=place):
        # Rounding that was put on comes back with the last of the money.
        part = leg.amount if amount == whole else max(min(leg.amount, amount), 0)
        if part:
            parts.append(Leg(leg.root, leg.kind, part))
            amount -= part
        whole -= leg.amount
    return tuple(parts)


def rounded_back(back: Sequence[Leg], held: Sequence[Leg], rounding: CashRounding) -> tuple[Leg, ...]:
    """Return what goes back with its cash rounded to the least coin, and what that makes of the money as rounding.

    Args:
        held: the legs that it is taken from: no more cash is handed back than they have, whatever the rounding says.

    >>> rounded_back([Leg("a", "cash", 618)], [Leg("a", "cash", 1_230), Leg("a", "rounding", 6)], CashRounding(10))
    (Leg(root='a', kind='cash', amount=620), Leg(root='a', kind='rounding', amount=-2))
    """
    most = {leg.root: leg.amount for leg in held if leg.kind == CASH}
    found: list[Leg] = []
    for leg in back:
        handed = min(cash_back(leg.amount, rounding), most.get(leg.root, 0)) if leg.kind == CASH else leg.amount
        found += [Leg(leg.root, leg.kind, handed), Leg(leg.root, ROUNDING, leg.amount - handed)]
    return merged(found)


def netted(total: Minor, backs: Sequence[Minor]) -> tuple[Minor, ...]:
    """Return how much of each return pays for what is taken along, the first ones first.

    >>> netted(500, [300, 400]), netted(0, [300]), netted(900, [300, 400])
    ((300, 200), (0,), (300, 400))
    """
    parts = []
    for back in backs:
        part = min(back, total)
        parts.append(part)
        total -= part
    return tuple(parts)
