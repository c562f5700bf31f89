"""What a basket costs: the cheapest legal combination of promotions, shared over every unit and explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from rules import tax
from rules.accrual import AccrualRules
from rules.awards import awards
from rules.basket import LINES_MAX, Basket, Line, Names
from rules.budget import NODE_BUDGET
from rules.by_hand import NAMES, take_by_hand
from rules.combination import Cheapest, cheapest
from rules.eligibility import missing_years, situation_of
from rules.explain import missed, next_steps
from rules.extras import gifts_of, points_of, points_taken
from rules.loyalty import Member
from rules.money import AMOUNT_MAX, Minor
from rules.promotion_kinds import HAND_BASKET_ID, HAND_LINE_ID, POINTS_ID, RESERVED_IDS
from rules.promotions import RuleSet
from rules.quote import AppliedPromotion, Gift, LineDiscount, PricedLine, Quote
from rules.rule_index import RuleIndex, index_of
from rules.scopes import in_scope
from rules.screening import Refused, Screened, screen
from rules.settle import Tally, after_units, lane_order, settle
from rules.usage import NO_USAGE, Usage, code_given

NOTHING_MORE = AccrualRules()
POINTS_NAMES = Names(zh_hans="积分抵现", zh_hant="點數折抵", en="Points as cash")


class Found(msgspec.Struct, frozen=True):
    """What the search for a basket found, before it is shared out over the units."""

    lines: tuple[Line, ...]
    """Those of the basket, in the fixed order."""
    screened: Screened
    solution: Cheapest
    nodes: int
    """The bound of the search."""


def price(
    basket: Basket,
    promotions: RuleSet,
    member: Member | None,
    now_local: datetime,
    usage: Usage = NO_USAGE,
) -> Quote:
    """Return the quote for a basket, one member or none, and one store-local moment.

    The same arguments give the same quote everywhere; the order of lines, of codes and of promotions changes no price.

    Args:
        basket: at most LINES_MAX lines.
        promotions: the rules in force.
        member: the basket's member; None sells to anybody.
        now_local: store-local time without a zone.
        usage: how often promotions were used before.
    """
    return price_within(basket, promotions, member, now_local, usage, nodes=NODE_BUDGET)


def price_within(
    basket: Basket,
    promotions: RuleSet,
    member: Member | None,
    now_local: datetime,
    usage: Usage = NO_USAGE,
    *,
    nodes: int,
) -> Quote:
    """Return the quote that a search bounded by so many nodes finds; see `price`."""
    found = search(basket, promotions, member, now_local, usage, nodes=nodes)
    quote = settled(found, basket, promotions, member, now_local, usage=usage)
    return with_own(quote, basket, promotions, member, now_local, usage=usage)


def search(
    basket: Basket,
    promotions: RuleSet,
    member: Member | None,
    now_local: datetime,
    usage: Usage = NO_USAGE,
    *,
    nodes: int = NODE_BUDGET,
) -> Found:
    """Return the cheapest legal combination for a basket.

    Of basket, member and uses it follows from what `searched_by` returns, and from nothing else.
    """
    assert len(basket.lines) <= LINES_MAX
    # Scanning in another order must not move a fen from one item to another, so ties go by item and not by line.
    lines = _in_order(basket.lines)
    screened = screen(lines, promotions, situation_of(basket, promotions, member, now_local, usage))
    solution = cheapest(screened.problem, promotions.exclusive_groups, nodes=nodes, is_bound=screened.is_bound)
    return Found(tuple(lines), screened, solution, nodes)


def searched_by(basket: Basket, promotions: RuleSet, member: Member | None, usage: Usage) -> tuple[object, ...]:
    """Return all that the search asks for of a basket, its member and its uses: not who they are, nor their points.

    Two members of one tier who buy the same, each with a coupon of the same promotion, ask the same.
    """
    codes = [_asked_of(given.strip().casefold(), promotions, usage) for given in basket.codes]
    who = member and (member.tier_id, member.visits > 0, member.birthday, member.tags)
    uses = usage.in_all, usage.by_member, usage.today, usage.spent_codes
    # Lines last and their number first: most baskets differ in that, and lines take long to compare.
    return len(basket.lines), codes, who, basket.lane, basket.channel, uses, basket.lines


def _asked_of(code: str, promotions: RuleSet, usage: Usage) -> tuple[object, ...]:
    """Return what the search asks of a code: of an issued coupon what it is for, and whether it holds."""
    coupon = usage.issued.get(code)
    if coupon is None:
        return (code,)
    is_own = code in index_of(promotions).own_codes
    return code if is_own else "", coupon.promotion_id, coupon.reason


def settled(
    found: Found,
    basket: Basket,
    promotions: RuleSet,
    member: Member | None,
    now_local: datetime,
    *,
    usage: Usage,
) -> Quote:
    """Return the quote but for what is the buyer's own, from what a search for the same question found.

    Beside the search it follows from what `settled_by` returns, and from nothing else.
    """
    screened = found.screened
    quote = _quote(basket, promotions, member, found.lines, screened=screened, solution=found.solution)
    index = screened.index
    if index.is_forcing:
        freely = _without_force(promotions, quote)
        if freely is not None:
            least = price_within(basket, freely, member, now_local, usage, nodes=found.nodes).total
            quote = replace(quote, cheaper_by=max(0, quote.total - least))
    if index.asks_for_workdays:
        warnings = tuple(f"calendar_year_missing:{year}" for year in missing_years(promotions, now_local))
        quote = replace(quote, warnings=warnings)
    return quote


def settled_by(basket: Basket, member: Member | None) -> tuple[object, ...]:
    """Return what is settled with a basket after the search: points that pay, discounts by hand and chosen gifts."""
    points = min(basket.points_to_redeem, member.points) if member else 0
    return points, basket.off_bp, basket.gift_choices


def with_own(
    quote: Quote,
    basket: Basket,
    promotions: RuleSet,
    member: Member | None,
    now_local: datetime,
    *,
    usage: Usage,
) -> Quote:
    """Return a settled quote with what is the buyer's own: points beyond the rate, and the codes that are spent."""
    if member is not None and promotions.accrual != NOTHING_MORE:
        quote = _with_awards(quote, basket, promotions, member, now_local)
    if basket.codes:
        quote = replace(quote, spent_codes=_spent(basket, quote, index_of(promotions), usage))
    return quote


def _quote(
    basket: Basket,
    promotions: RuleSet,
    member: Member | None,
    lines: Sequence[Line],
    *,
    screened: Screened,
    solution: Cheapest,
) -> Quote:
    classes = screened.problem.classes
    tally, bases = settle(lines, classes, solution.best)
    assert tally.total == solution.best.total
    gifts: tuple[Gift, ...] = ()
    refused: Mapping[str, Refused] = screened.refused
    if screened.extras:
        gifts, more = gifts_of(screened.extras, after_units(solution.best), basket)
        refused = {**refused, **more}
    applied = set(tally.takings)
    take_by_hand(tally, lines, basket)
    paid = points_taken(basket.points_to_redeem, member, promotions.points, tally.total)
    if paid is not None:
        units = [(at, unit) for at, nets in enumerate(tally.nets) for unit in range(len(nets))]
        tally.take_off(POINTS_ID, units, paid.amount)
        tally.takings[POINTS_ID].times = 1
    priced = _priced_lines(lines, tally, screened.index)
    by_id = {line.line_id: line for line in priced}
    total = sum([line.net for line in priced])
    gross = sum([line.gross for line in priced])
    assert gross <= AMOUNT_MAX
    points = 0
    points_by: tuple[str, ...] = ()
    if member is not None:
        nets = [sum(priced[line].net for line in each.positions) for each in classes]
        tier = promotions.tier(member.tier_id)
        rates = promotions.accrual.rates
        points, points_by = points_of(classes, nets, screened.extras, tier, promotions.points, rates=rates)
    answered = applied | {gift.promotion_id for gift in gifts} | set(points_by) if gifts or points_by else applied
    return Quote(
        lines=tuple([by_id[line.line_id] for line in basket.lines]),
        gross=gross,
        discount=gross - total,
        total=total,
        tax=sum([line.tax for line in priced]),
        applied=_applied(screened.index, tally),
        missed=missed(screened, refused, answered, bases, promotions.exclusive_groups),
        gifts=gifts,
        points=points,
        certified=solution.certified,
        gap=solution.gap,
        rules_version=promotions.version,
        next_steps=next_steps(screened, applied, bases),
        points_paid=paid,
        points_by=points_by,
    )


def _in_order(lines: Sequence[Line]) -> list[Line]:
    """Return lines in an order that does not depend on how they were scanned."""
    by_sku = {line.item.sku: line for line in lines}
    if len(by_sku) == len(lines):
        return [by_sku[sku] for sku in sorted(by_sku)]
    return sorted(lines, key=_canonical)


def _with_awards(quote: Quote, basket: Basket, promotions: RuleSet, member: Member, now_local: datetime) -> Quote:
    """Return the quote with the points that the member gets beyond the rate."""
    scope = promotions.points.scope
    pairs = zip(basket.lines, quote.lines, strict=True)
    counted = sum(priced.net for line, priced in pairs if in_scope(scope, line.item))
    tier = promotions.tier(member.tier_id)
    found = awards(promotions.accrual, member, tier, counted=counted, accrued=quote.points, today=now_local.date())
    return replace(quote, points=quote.points + sum(each.points for each in found), awards=found)


def _canonical(line: Line) -> tuple[str, Minor, int, Minor, str]:
    return (line.item.sku, line.unit_price, line.weight_g or 0, line.label_amount or 0, line.line_id)


def _priced_lines(lines: Sequence[Line], tally: Tally, index: RuleIndex) -> list[PricedLine]:
    nets = [sum(units) for units in tally.nets]
    taxes = tax.contained_by_line([(net, line.item.tax_bp) for net, line in zip(nets, lines, strict=True)])
    priced = []
    for line, gross, units, net, taken, contained in zip(
        lines, tally.grosses, tally.nets, nets, tally.taken, taxes, strict=True
    ):
        ordered = taken.items() if len(taken) == 1 else lane_order(taken, index.rank)
        discounts = tuple([LineDiscount(promotion_id, amount) for promotion_id, amount in ordered])
        assert gross - sum(taken.values()) == net >= 0
        priced.append(PricedLine(line.line_id, gross, net, tuple(units), discounts, contained))
    return priced


def _applied(index: RuleIndex, tally: Tally) -> tuple[AppliedPromotion, ...]:
    found = []
    ruled = [each for each in tally.takings if each not in RESERVED_IDS]
    for promotion_id in sorted(ruled, key=index.rank.__getitem__):
        taking = tally.takings[promotion_id]
        names = index.by_id[promotion_id].names
        found.append(AppliedPromotion(promotion_id, names, taking.amount, taking.times))
    for promotion_id in (HAND_LINE_ID, HAND_BASKET_ID, POINTS_ID):
        other = tally.takings.get(promotion_id)
        if other is not None:
            names = NAMES.get(promotion_id, POINTS_NAMES)
            found.append(AppliedPromotion(promotion_id, names, other.amount, other.times))
    return tuple(found)


def _without_force(promotions: RuleSet, quote: Quote) -> RuleSet | None:
    """Return the rules with every promotion free, to tell what force costs; None where nothing forced applied."""
    index = index_of(promotions)
    if not any(index.by_id[each.promotion_id].forced for each in quote.applied if each.promotion_id in index.by_id):
        return None
    free = tuple(msgspec.structs.replace(promotion, forced=False) for promotion in promotions.promotions)
    return msgspec.structs.replace(promotions, promotions=free)


def _spent(basket: Basket, quote: Quote, index: RuleIndex, usage: Usage) -> tuple[str, ...]:
    used = {each.promotion_id for each in quote.applied} | {gift.promotion_id for gift in quote.gifts}
    used |= set(quote.points_by)
    codes = frozenset(code.strip().casefold() for code in basket.codes)
    spent = {
        code_given(index.by_id[promotion_id], codes, usage)
        for promotion_id in used
        if promotion_id in index.by_id and index.by_id[promotion_id].spends_codes
    }
    return tuple(sorted(code for code in spent if code))
