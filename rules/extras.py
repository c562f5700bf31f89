"""What changes no price of a promotion: gifts, points that are multiplied, and points that pay."""

from __future__ import annotations

from collections.abc import Sequence

from rules import loyalty
from rules.accrual import PointsRate, rate_of
from rules.basket import Basket
from rules.loyalty import MINOR_PER_YUAN, Member, Tier
from rules.money import BASIS_POINTS, Minor
from rules.problem import UnitClass
from rules.promotion_kinds import GiftWith, PointsMultiplier
from rules.promotions import PointsRule
from rules.quote import Gift, MissReason, PointsPaid
from rules.scopes import in_scope
from rules.screening import Extra, Refused


def gifts_of(
    extras: Sequence[Extra], after_units: Sequence[Minor], basket: Basket
) -> tuple[tuple[Gift, ...], dict[str, Refused]]:
    """Return the gifts of a basket, and why other gifts are not given.

    Args:
        extras: gifts and multipliers that may apply.
        after_units: what each class costs after unit and group promotions.
        basket: with the gifts that were chosen.
    """
    chosen = dict(basket.gift_choices)
    gifts: list[Gift] = []
    refused: dict[str, Refused] = {}
    for extra in extras:
        promotion = extra.promotion
        if not isinstance(promotion, GiftWith):
            continue
        base = extra.listed if promotion.amount_base == "list" else sum(after_units[at] for at in extra.counted)
        times = extra.pieces // promotion.buy
        if base < promotion.min_amount:
            refused[promotion.id] = Refused(MissReason.AMOUNT_SHORT, promotion.min_amount - base)
        elif times == 0:
            refused[promotion.id] = Refused(MissReason.QUANTITY_SHORT, promotion.buy - extra.pieces)
        else:
            times = min(times, promotion.times_max) if promotion.times_max else times
            gifts += _given(promotion, times, chosen.get(promotion.id, ""))
    return tuple(gifts), refused


def _given(promotion: GiftWith, times: int, chosen: str) -> list[Gift]:
    if not promotion.choose:
        return [Gift(promotion.id, gift.sku, gift.quantity * times, promotion.names) for gift in promotion.gifts]
    gift = next((gift for gift in promotion.gifts if gift.sku == chosen), promotion.gifts[0])
    choices = tuple(each.sku for each in promotion.gifts)
    return [Gift(promotion.id, gift.sku, gift.quantity * times, promotion.names, choices)]


def points_of(
    classes: Sequence[UnitClass],
    nets: Sequence[Minor],
    extras: Sequence[Extra],
    tier: Tier | None,
    rule: PointsRule,
    *,
    rates: Sequence[PointsRate] = (),
) -> tuple[int, tuple[str, ...]]:
    """Return the points that a member accrues, and which promotions multiplied them.

    Whole yuan of what the rule counts accrue; on top, whole yuan of what a multiplier is best for accrue so many times
    more.

    Args:
        classes: the units of the basket.
        nets: what each class costs in the end.
        extras: gifts and multipliers that may apply.
        tier: the member's.
        rule: for members without a tier.
        rates: of items that bring more points than others, or fewer: their amount counts so many times.
    """
    counts = [in_scope(rule.scope, each.line.item) for each in classes]
    accruing = sum(net for net, is_counted in zip(nets, counts, strict=True) if is_counted)
    if rates:
        weights = [rate_of(rates, each.line.item) for each in classes]
        weighed = zip(nets, counts, weights, strict=True)
        accruing = sum(net * weight for net, is_counted, weight in weighed if is_counted) // BASIS_POINTS
    points = loyalty.accrual(accruing, tier, base_bp=rule.per_yuan_bp)
    multipliers = [
        (extra, promotion.multiplier_bp)
        for extra in extras
        if isinstance(promotion := extra.promotion, PointsMultiplier)
        and sum(nets[at] for at in extra.counted) >= promotion.min_amount
    ]
    multipliers.sort(key=lambda pair: (-pair[1], pair[0].promotion.rank))
    covered: set[int] = set()
    by: list[str] = []
    rate_bp = rule.per_yuan_bp if tier is None else tier.points_per_yuan_bp
    for extra, multiplier_bp in multipliers:
        mine = [at for at in extra.parts if at not in covered and counts[at]]
        covered.update(mine)
        yuan = sum(nets[at] for at in mine) // MINOR_PER_YUAN
        more = yuan * rate_bp * (multiplier_bp - BASIS_POINTS) // (BASIS_POINTS * BASIS_POINTS)
        if more:
            points += more
            by.append(extra.promotion.id)
    return points, tuple(by)


def points_taken(wanted: int, member: Member | None, rule: PointsRule, total: Minor) -> PointsPaid | None:
    """Return how many points are taken where so many are wanted, and for how much; None for none.

    Whole steps only, no more than the member has, no more than the rule's part of the total.

    >>> from rules.promotions import PointsCash
    >>> rule = PointsRule(cash=PointsCash(step=100, worth=100, most_bp=5_000))
    >>> points_taken(950, Member("m", points=800), rule, 1_399)
    PointsPaid(points=600, amount=600)
    """
    cash = rule.cash
    if cash is None or member is None or wanted <= 0:
        return None
    steps = min(wanted, member.points) // cash.step
    steps = min(steps, total * cash.most_bp // BASIS_POINTS // cash.worth)
    return PointsPaid(steps * cash.step, steps * cash.worth) if steps > 0 else None
