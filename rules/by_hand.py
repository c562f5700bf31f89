"""What a person takes off at the till, after everything that the rules give and before points pay."""

from __future__ import annotations

from collections.abc import Sequence

from rules.basket import Basket, Line, Names
from rules.money import BASIS_POINTS, Minor, round_half_up
from rules.promotion_kinds import HAND_BASKET_ID, HAND_LINE_ID
from rules.settle import Tally

NAMES = {
    HAND_LINE_ID: Names(zh_hans="单品折扣", zh_hant="單品折扣", en="Line discount"),
    HAND_BASKET_ID: Names(zh_hans="整单折扣", zh_hant="整單折扣", en="Basket discount"),
}
"""What receipts call a discount by hand."""


def take_by_hand(tally: Tally, lines: Sequence[Line], basket: Basket) -> None:
    """Take the discounts by hand off what promotions leave: first each line's own, then the basket's.

    Args:
        tally: with every promotion taken already.
        lines: in the tally's order.
    """
    for position, line in enumerate(lines):
        _take(tally, HAND_LINE_ID, [position], off_bp=line.off_bp, off_amount=line.off_amount)
    _take(tally, HAND_BASKET_ID, range(len(lines)), off_bp=basket.off_bp, off_amount=0)


def _take(tally: Tally, promotion_id: str, positions: Sequence[int], *, off_bp: int, off_amount: Minor) -> None:
    if not off_bp and not off_amount:
        return
    units = [(at, unit) for at in positions for unit in range(len(tally.nets[at]))]
    left = sum([tally.nets[at][unit] for at, unit in units])
    amount = min(left, off_amount + round_half_up(left * off_bp, BASIS_POINTS))
    if amount:
        tally.take_off(promotion_id, units, amount)
        tally.taking(promotion_id).times += 1


def off_bp_of(amount: Minor, of: Minor) -> int:
    """Return which part an amount is of another, in basis points, rounded up, so that no limit is passed by a rounding.

    >>> off_bp_of(1, 3), off_bp_of(250, 1_000), off_bp_of(5, 0)
    (3334, 2500, 0)
    """
    return -(-amount * BASIS_POINTS // of) if of > 0 else 0
