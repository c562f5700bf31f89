"""Tax contained in tax-inclusive prices: rounded once a rate over the basket, then shared over its lines."""

from __future__ import annotations

from collections.abc import Sequence

from rules.money import BASIS_POINTS, Minor, round_half_up, share


def contained(amount: Minor, *, tax_bp: int) -> Minor:
    """Return the tax contained in an amount that includes it, halves up.

    Args:
        amount: zero or more.
        tax_bp: 1 300 is 13 %; zero or more.

    >>> contained(11_300, tax_bp=1_300)
    1300
    """
    assert amount >= 0 and tax_bp >= 0
    return round_half_up(amount * tax_bp, BASIS_POINTS + tax_bp)


def contained_by_line(lines: Sequence[tuple[Minor, int]]) -> tuple[Minor, ...]:
    """Return the tax contained in each (net, tax_bp) line; all lines of one rate sum to that rate's tax exactly.

    Rounding line by line would let ten lines of one fen carry no tax at all; an inspector adds up the rate.

    >>> contained_by_line([(1, 1_300), (1, 1_300), (1, 1_300), (1, 1_300)])
    (0, 0, 0, 0)
    >>> contained_by_line([(5, 1_300)] * 4)
    (1, 1, 0, 0)
    """
    taxes = [0] * len(lines)
    rates = {tax_bp for _, tax_bp in lines}
    if len(rates) == 1:
        nets = [net for net, _ in lines]
        return share(contained(sum(nets), tax_bp=rates.pop()), nets)
    for rate in sorted(rates):
        members = [index for index, (_, tax_bp) in enumerate(lines) if tax_bp == rate]
        nets = [lines[index][0] for index in members]
        for index, part in zip(members, share(contained(sum(nets), tax_bp=rate), nets), strict=True):
            taxes[index] = part
    return tuple(taxes)


def by_rate(lines: Sequence[tuple[Minor, int]]) -> tuple[tuple[int, Minor, Minor], ...]:
    """Return (tax_bp, net, tax contained) for each rate among (net, tax_bp) lines, lowest rate first."""
    nets: dict[int, Minor] = {}
    for net, tax_bp in lines:
        nets[tax_bp] = nets.get(tax_bp, 0) + net
    return tuple((rate, nets[rate], contained(nets[rate], tax_bp=rate)) for rate in sorted(nets))
