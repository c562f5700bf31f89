"""What a basket costs: the cheapest legal combination of promotions, shared over every unit and explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rules import loyalty, tax
from rules.basket import LINES_MAX, Basket, Line
from rules.basket_lanes import Candidate, run
from rules.best import Best, cells_of
from rules.block_search import NODE_BUDGET
from rules.combination import cheapest
from rules.explain import missed
from rules.loyalty import Member
from rules.money import AMOUNT_MAX, Minor, share
from rules.promotions import EverySpendOff, RuleSet
from rules.quote import AppliedPromotion, LineDiscount, PricedLine, Quote
from rules.screening import Screened, screen


@dataclass(slots=True)
class _Taking:
    """What one promotion has taken so far."""

    amount: Minor = 0
    times: int = 0


class _Tally:
    """The units of a basket while promotions are taken off them one after the other."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.nets = [list(line.unit_grosses) for line in lines]
        self.taken: list[dict[str, Minor]] = [{} for _ in lines]
        self.takings: dict[str, _Taking] = {}

    def take(self, promotion_id: str, position: int, unit: int, amount: Minor) -> None:
        self.nets[position][unit] -= amount
        assert self.nets[position][unit] >= 0
        line = self.taken[position]
        line[promotion_id] = line.get(promotion_id, 0) + amount
        self.takings.setdefault(promotion_id, _Taking()).amount += amount


def price(basket: Basket, promotions: RuleSet, member: Member | None, now_local: datetime) -> Quote:
    """Return the quote for a basket, one member or none, and one store-local moment.

    The same arguments give the same quote everywhere; the order of lines, of codes and of promotions changes no price.

    Args:
        basket: at most LINES_MAX lines.
        promotions: the rules in force.
        member: the basket's member; None sells to anybody.
        now_local: store-local time without a zone.
    """
    return price_within(basket, promotions, member, now_local, nodes=NODE_BUDGET)


def price_within(
    basket: Basket, promotions: RuleSet, member: Member | None, now_local: datetime, *, nodes: int
) -> Quote:
    """Return the quote that a search bounded by so many nodes finds; see `price`."""
    assert len(basket.lines) <= LINES_MAX and basket.gross <= AMOUNT_MAX
    # Scanning in another order must not move a fen from one item to another, so ties go by item and not by line.
    lines = sorted(basket.lines, key=_canonical)
    screened = screen(lines, promotions, basket, member, now_local)
    tier = promotions.tier(member.tier_id) if member else None
    price_key = tier.price_key if tier else ""
    solution = cheapest(lines, screened.offers, screened.candidates, price_key=price_key, nodes=nodes)
    tally, bases = _settle(lines, screened, solution.best)
    priced = _priced_lines(lines, tally)
    by_id = {line.line_id: line for line in priced}
    total = sum(line.net for line in priced)
    assert total == solution.best.total
    return Quote(
        lines=tuple(by_id[line.line_id] for line in basket.lines),
        gross=basket.gross,
        discount=basket.gross - total,
        total=total,
        tax=sum(line.tax for line in priced),
        applied=_applied(promotions, tally),
        missed=missed(promotions, screened, frozenset(tally.takings), bases),
        points=0 if member is None else loyalty.accrual(total, tier, base_bp=promotions.points.per_yuan_bp),
        certified=solution.certified,
        gap=solution.gap,
        rules_version=promotions.version,
    )


def _canonical(line: Line) -> tuple[str, Minor, int, Minor, str]:
    return (line.item.sku, line.unit_price, line.weight_g or 0, line.label_amount or 0, line.line_id)


def _settle(lines: Sequence[Line], screened: Screened, best: Best) -> tuple[_Tally, dict[str, Minor]]:
    """Return what is left of every unit, and the amount on which each basket promotion counted its threshold."""
    tally = _Tally(lines)
    for position, chosen in enumerate(best.chosen):
        for unit, option in enumerate(chosen):
            for promotion_id, amount in option.taken:
                tally.take(promotion_id, position, unit, amount)
                tally.takings[promotion_id].times += 1
    after_unit = [sum(nets) for nets in tally.nets]
    shares = _cell_shares(after_unit, best.applied)
    bases: dict[str, Minor] = {}
    for candidate in screened.measured:
        promotion = candidate.promotion
        if promotion.amount_base == "list":
            base = candidate.listed
        elif promotion.amount_base == "after_unit":
            base = sum(after_unit[position] for position in candidate.parts)
        else:
            base = sum(sum(tally.nets[position]) for position in candidate.parts)
        bases[promotion.id] = base
        for positions, amount in shares.get(promotion.id, ()):
            _take_off(tally, promotion.id, positions, amount)
        if promotion.id in tally.takings:
            tally.takings[promotion.id].times = candidate.level(base) if isinstance(promotion, EverySpendOff) else 1
    return tally, bases


def _cell_shares(after_unit: Sequence[Minor], applied: Sequence[Candidate]) -> dict[str, list[tuple[list[int], Minor]]]:
    """Return for each basket promotion what it takes off each group of lines that the search treated as one."""
    by_cover = cells_of(len(after_unit), applied)
    covers = list(by_cover)
    amounts = [sum(after_unit[position] for position in by_cover[cover]) for cover in covers]
    over_cells = [
        Candidate(
            candidate.promotion,
            tuple(cell for cell, cover in enumerate(covers) if index in cover),
            candidate.listed,
        )
        for index, candidate in enumerate(applied)
    ]
    outcome = run(amounts, over_cells)
    return {
        candidate.promotion.id: [
            (by_cover[covers[cell]], part) for cell, part in zip(candidate.parts, parts, strict=True) if part
        ]
        for candidate, parts in zip(over_cells, outcome.shares, strict=True)
    }


def _take_off(tally: _Tally, promotion_id: str, positions: Sequence[int], amount: Minor) -> None:
    units = [(position, unit) for position in positions for unit in range(len(tally.nets[position]))]
    parts = share(amount, [tally.nets[position][unit] for position, unit in units])
    for (position, unit), part in zip(units, parts, strict=True):
        if part:
            tally.take(promotion_id, position, unit, part)


def _priced_lines(lines: Sequence[Line], tally: _Tally) -> list[PricedLine]:
    nets = [sum(units) for units in tally.nets]
    taxes = tax.contained_by_line([(net, line.item.tax_bp) for net, line in zip(nets, lines, strict=True)])
    priced = []
    for line, units, net, taken, contained in zip(lines, tally.nets, nets, tally.taken, taxes, strict=True):
        discounts = tuple(LineDiscount(promotion_id, amount) for promotion_id, amount in taken.items())
        assert line.gross - sum(discount.amount for discount in discounts) == net >= 0
        priced.append(PricedLine(line.line_id, line.gross, net, tuple(units), discounts, contained))
    return priced


def _applied(promotions: RuleSet, tally: _Tally) -> tuple[AppliedPromotion, ...]:
    # Takings were made lane by lane; within the unit lane they follow the lines, so they are put in order here.
    ordered = sorted(
        (promotion for promotion in promotions.promotions if promotion.id in tally.takings),
        key=lambda promotion: promotion.lane_rank,
    )
    return tuple(
        AppliedPromotion(
            promotion.id, promotion.names, tally.takings[promotion.id].amount, tally.takings[promotion.id].times
        )
        for promotion in ordered
    )
