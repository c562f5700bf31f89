"""Money as integers of the minor unit, rounded in one place and shared out exactly."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

Minor = int
"""Minor units of the shop's currency: fen for CNY. Never a float."""

BASIS_POINTS = 10_000
"""Denominator of every rate: 10 000 bp are 100 %."""

AMOUNT_MAX: Minor = 10_000_000_000
"""Largest amount that any single figure may have (100 million yuan): a bound, so that a broken scan cannot overflow."""


def round_half_up(numerator: int, denominator: int) -> int:
    """Return numerator / denominator as the nearest integer; halves round away from zero.

    Args:
        numerator: any integer.
        denominator: greater than zero.

    >>> [round_half_up(n, 2) for n in (3, 4, -3, -4)]
    [2, 2, -2, -2]
    """
    assert denominator > 0
    quotient, rest = divmod(abs(numerator), denominator)
    if 2 * rest >= denominator:
        quotient += 1
    return quotient if numerator >= 0 else -quotient


def rate_of(amount: Minor, *, rate_bp: int) -> Minor:
    """Return `rate_bp` of an amount, halves away from zero.

    >>> rate_of(999, rate_bp=1_000)
    100
    """
    return round_half_up(amount * rate_bp, BASIS_POINTS)


def share(amount: Minor, weights: Sequence[int]) -> tuple[Minor, ...]:
    """Return `amount` shared over `weights` by largest remainder, ties in the order given; the parts sum to the whole.

    Args:
        amount: zero or more.
        weights: each zero or more. No part exceeds its weight as long as `amount` is at most their sum, and a weight of
            zero gets nothing unless all are zero.

    >>> share(100, [1, 1, 1])
    (34, 33, 33)
    """
    assert amount >= 0 and (not weights or min(weights) >= 0)
    whole = sum(weights)
    if whole == 0:
        assert amount == 0, "nothing to share the amount over"
        return tuple([0 for _ in weights])
    parts = [amount * weight // whole for weight in weights]
    missing = amount - sum(parts)
    if missing:
        # The largest remainder first; sorting keeps the order of those that are alike.
        for index in sorted(range(len(parts)), key=[-(amount * weight % whole) for weight in weights].__getitem__)[
            :missing
        ]:
            parts[index] += 1
    return tuple(parts)


def parse_amount(text: str, *, decimals: int = 2) -> Minor | None:
    """Return a typed amount ("12.5", "１２，５") in minor units, or None when it is no amount.

    Both `.` and `,` are the decimal mark; no thousands marks; no sign; at most `decimals` places; at most AMOUNT_MAX.

    >>> parse_amount("12.5"), parse_amount("7,25"), parse_amount("1.234"), parse_amount("-1")
    (1250, 725, None, None)
    """
    plain = text.strip().replace("，", ".").replace(",", ".").replace("。", ".")
    if not plain or len(plain) > 14 or plain.count(".") > 1 or not all(c.isdigit() or c == "." for c in plain):
        return None
    try:
        scaled = Decimal(plain).scaleb(decimals)
    except InvalidOperation:
        return None
    if scaled != scaled.to_integral_value() or scaled > AMOUNT_MAX:
        return None
    return int(scaled)
