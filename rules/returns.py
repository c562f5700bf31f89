"""Returns: what a customer gets back for some units of a sale, and what a broken threshold takes back.

Every unit's share of every discount was stored when it was sold, so a return gives back what that unit cost. Returning
all units one by one, in any order and in any parts, gives back exactly what was paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules.money import Minor, share
from rules.return_rules import Clawback
from rules.sale import Sale, SaleLine


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """Some units of one line of a sale that are brought back."""

    line: int
    """Position among the sale's lines."""
    units: tuple[int, ...]
    """Numbers of its units, from 0, rising; 0 alone for a weighed portion."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why units cannot be returned."""

    line: int
    reason: str
    """`unknown_line`, `unknown_unit`, `already_returned` or `nothing`."""


@dataclass(frozen=True, slots=True)
class RefundLine:
    """What is given back for one line."""

    line: int
    units: tuple[int, ...]
    net: Minor
    """What these units cost."""
    clawed_back: Minor
    """What is kept back of it; 0..net."""
    tax: Minor
    """Tax contained in what is given back."""

    @property
    def amount(self) -> Minor:
        return self.net - self.clawed_back


@dataclass(frozen=True, slots=True)
class Refund:
    """What is given back for a return."""

    lines: tuple[RefundLine, ...]
    points_reversed: int

    @property
    def amount(self) -> Minor:
        return sum(line.amount for line in self.lines)

    @property
    def clawed_back(self) -> Minor:
        return sum(line.clawed_back for line in self.lines)


def first_units(line: SaleLine, quantity: int, returned: Sequence[int] = ()) -> tuple[int, ...]:
    """Return the numbers of so many units of a line that were not returned yet, the cheapest first.

    Nobody can tell like pieces apart, so the shop names the order: what cost least comes back first.
    """
    left = [unit for unit in range(len(line.unit_nets)) if unit not in returned]
    return tuple(sorted(sorted(left, key=lambda unit: (line.unit_nets[unit], unit))[:quantity]))


def refund(
    sale: Sale,
    wanted: Sequence[ReturnedLine],
    returned: Sequence[ReturnedLine] = (),
    *,
    clawback: Minor = 0,
) -> Refund | Refused:
    """Return what is given back for some units of a sale.

    Args:
        sale: as it was closed.
        wanted: the units that are brought back now.
        returned: those that were brought back before, of whichever return.
        clawback: what is to be kept back, as `clawback_of` says; zero or more, at most what the units cost.
    """
    gone = {(each.line, unit) for each in returned for unit in each.units}
    refused = _why_not(sale, wanted, gone)
    if refused is not None:
        return refused
    nets = [sum(sale.lines[each.line].unit_nets[unit] for unit in each.units) for each in wanted]
    assert 0 <= clawback <= sum(nets)
    kept_back = share(clawback, nets) if clawback else (0,) * len(nets)
    lines = []
    for each, net, back in zip(wanted, nets, kept_back, strict=True):
        line = sale.lines[each.line]
        before = sum(line.unit_nets[unit] for at, unit in gone if at == each.line)
        gone.update((each.line, unit) for unit in each.units)
        lines.append(RefundLine(each.line, each.units, net, back, _between(line.tax, line.net, before, before + net)))
    before = sum(sale.lines[at].unit_nets[unit] for each in returned for at, unit in _units_of(each))
    points = _between(sale.points, sale.total, before, before + sum(nets))
    return Refund(tuple(lines), points)


def clawback_of(
    sale: Sale,
    wanted: Sequence[ReturnedLine],
    returned: Sequence[ReturnedLine],
    *,
    policy: Clawback,
    kept_total: Minor,
    clawed_before: Minor = 0,
) -> Minor:
    """Return what is kept back of a refund because the kept units would have cost more on their own.

    Args:
        sale: as it was closed.
        wanted: the units that are brought back now; `refund` must not refuse them.
        returned: those that were brought back before.
        policy: the shop's.
        kept_total: what the units that stay would cost by the rules of that day; only for RECOMPUTE.
        clawed_before: what earlier returns of this sale kept back.
    """
    if policy is Clawback.KEEP:
        return 0
    net = sum(sale.lines[at].unit_nets[unit] for each in wanted for at, unit in _units_of(each))
    gone = {pair for each in (*returned, *wanted) for pair in _units_of(each)}
    kept = sum(
        unit_net
        for at, line in enumerate(sale.lines)
        for unit, unit_net in enumerate(line.unit_nets)
        if (at, unit) not in gone
    )
    # What earlier returns kept back was paid for these units already.
    return max(0, min(net, kept_total - kept - clawed_before))


def _units_of(each: ReturnedLine) -> list[tuple[int, int]]:
    return [(each.line, unit) for unit in each.units]


def _why_not(sale: Sale, wanted: Sequence[ReturnedLine], gone: set[tuple[int, int]]) -> Refused | None:
    if not any(each.units for each in wanted):
        return Refused(-1, "nothing")
    seen = set(gone)
    for each in wanted:
        if not 0 <= each.line < len(sale.lines):
            return Refused(each.line, "unknown_line")
        for pair in _units_of(each):
            if not 0 <= pair[1] < len(sale.lines[each.line].unit_nets):
                return Refused(each.line, "unknown_unit")
            if pair in seen:
                return Refused(each.line, "already_returned")
            seen.add(pair)
    return None


def _between(whole: int, over: Minor, before: Minor, after: Minor) -> int:
    """Return the part of a whole that falls between two points of an amount: parts of any sequence sum to the whole."""
    if over == 0:
        return 0
    return whole * after // over - whole * before // over
