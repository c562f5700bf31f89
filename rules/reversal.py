"""What a return moves: money back to the tenders of its sale, lots back to the member, points taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rules.ledger import (
    CASH,
    CUSTOMERS,
    DAMAGED,
    ISSUER,
    POINTS,
    SHELF,
    STORED_VALUE,
    STORED_VALUE_GIFT,
    TENDERS,
    Lot,
    LotUse,
    Transfer,
    drawer_account,
    member_account,
    owed_account,
    stock_unit,
)
from rules.money import Minor
from rules.return_rules import SpentPoints
from rules.returns import RefundLine
from rules.sale import Sale
from rules.tender import ACCOUNT, ROUNDING

GIFT = "gift"
PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True)
class PointsTaken:
    """How points that a sale brought are taken back."""

    from_member: int
    owed: int
    """What the member owes for them from now on."""
    withheld: Minor
    """What is kept back of the refund for them."""


@dataclass(frozen=True, slots=True)
class LotBack:
    """Some of a lot that was used and is given back."""

    use: LotUse
    is_own: bool
    """False where the lot stands in another account by now, as after a merge: then a new one takes its expiry."""
    expires_ms: int | None


def legs(sale: Sale) -> tuple[tuple[str, Minor], ...]:
    """Return how a sale was paid, kind by kind, with stored value parted into gift money and principal."""
    found: dict[str, Minor] = {}
    for tender in sale.tenders:
        if tender.kind != "stored_value":
            found[tender.kind] = found.get(tender.kind, 0) + tender.amount
    found |= {kind: amount for kind, amount in ((PRINCIPAL, sale.principal_paid), (GIFT, sale.gift_paid)) if amount}
    assert sum(found.values()) == sale.total
    return tuple(found.items())


def take_back(
    points: int, *, held: int, policy: SpentPoints, refund: Minor, step: int = 0, worth: Minor = 0
) -> PointsTaken:
    """Return how points that a sale brought are taken back, where some may be spent already.

    Args:
        points: to be taken back; zero or more.
        held: what the member can spend.
        policy: the shop's; APPROVE, once somebody agreed, is OWE.
        refund: what is paid back: no more can be withheld.
        step: so many points are worth `worth` as cash; 0 where points are not cash, and nothing can be withheld.

    >>> take_back(100, held=40, policy=SpentPoints.WITHHOLD, refund=1_000, step=100, worth=100)
    PointsTaken(from_member=40, owed=0, withheld=60)
    """
    assert points >= 0
    from_member = max(min(points, held), 0)
    missing = points - from_member
    if policy is not SpentPoints.WITHHOLD or not missing or not step or not worth:
        return PointsTaken(from_member, missing, 0)
    withheld = min(missing * worth // step, refund)
    settled = missing if withheld < refund else min(missing, withheld * step // worth)
    return PointsTaken(from_member, missing - settled, withheld)


def part_of(whole: int, over: int, before: int, after: int) -> int:
    """Return what of a whole falls between two points of an amount; the parts of any sequence sum to the whole.

    >>> part_of(10, 3, 0, 1), part_of(10, 3, 1, 2), part_of(10, 3, 2, 3), part_of(10, 0, 0, 0)
    (3, 3, 4, 0)
    """
    return whole * after // over - whole * before // over if over else 0


def lots_back(amount: int, used: Sequence[LotBack]) -> tuple[tuple[LotBack, ...], int]:
    """Return which of the used lots get an amount back, in the order given, and what none of them can take."""
    parts = []
    for each in used:
        part = min(each.use.amount, amount)
        if part:
            parts.append(LotBack(LotUse(each.use.lot_id, part), each.is_own, each.expires_ms))
            amount -= part
    return tuple(parts), amount


def units_to_member(unit: str, member_id: str, amount: int, used: Sequence[LotBack]) -> tuple[Transfer, ...]:
    """Return the transfers that give an amount back to the very lots it came from, with their own expiry."""
    account = member_account(member_id)
    parts, rest = lots_back(amount, used)
    own = tuple(part.use for part in parts if part.is_own)
    moves = []
    if own:
        moves.append(Transfer(unit, ISSUER, account, sum(use.amount for use in own), "return", into_lots=own))
    moves += [
        Transfer(unit, ISSUER, account, part.use.amount, "return", part.expires_ms) for part in parts if not part.is_own
    ]
    assert rest == 0, f"{rest} of {unit} came from no lot"
    return tuple(moves)


def points_from_member(member_id: str, taken: PointsTaken, of_sale: Sequence[Lot]) -> tuple[Transfer, ...]:
    """Return the transfers that take points back: from the lots that the sale made, then from any."""
    account, left = member_account(member_id), taken.from_member
    moves: list[Transfer] = []
    first: list[LotUse] = []
    for lot in of_sale:
        part = min(lot.remaining, left - sum(use.amount for use in first))
        if part > 0:
            first.append(LotUse(lot.lot_id, part))
    if left:
        moves.append(Transfer(POINTS, account, ISSUER, left, "return", from_lots=tuple(first)))
    if taken.owed:
        moves.append(Transfer(POINTS, owed_account(member_id), ISSUER, taken.owed, "return"))
    return tuple(moves)


def goods_back(sale: Sale, lines: Sequence[RefundLine], restocked: Mapping[int, bool]) -> tuple[Transfer, ...]:
    """Return the goods that come back: onto the shelf, or aside where they are not sold again."""
    moves = []
    for back in lines:
        line = sale.lines[back.line]
        moved = len(back.units) if line.weight_g is None else line.weight_g
        to = SHELF if restocked[back.line] else DAMAGED
        moves.append(Transfer(stock_unit(line.sku), CUSTOMERS, to, moved, "return"))
    return tuple(moves)


def money_back(parts: Sequence[tuple[str, Minor]], *, lane: int) -> tuple[Transfer, ...]:
    """Return the money that leaves the shop; stored value goes back to its lots instead."""
    return tuple(
        Transfer(CASH, drawer_account(lane) if kind == "cash" else TENDERS, CUSTOMERS, amount, "return")
        for kind, amount in parts
        if kind not in (GIFT, PRINCIPAL, "credit", ACCOUNT, ROUNDING)
    )


def unit_of_leg(kind: str) -> str:
    """Return the unit of a stored-value part of a refund."""
    return STORED_VALUE_GIFT if kind == GIFT else STORED_VALUE
