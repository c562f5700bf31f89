"""Which tier a member has: what is reached, bought or given, how long it holds, and how far it is to the next one.

Everything goes by business dates, which are told. Ranges exclude their end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from rules.basket import Names
from rules.conditions import Part, Scope, When
from rules.loyalty import Tier
from rules.money import BASIS_POINTS
from rules.windows import ONE_DAY, Window, months_after, window_end, window_start

TERMS_MAX = 400
"""Most terms that one review works off: a box that was off for thirty years of monthly windows."""
Months = Annotated[int, msgspec.Meta(ge=1, le=120)]
SOLD_MAX, EXCLUSIVE_MAX = 20, 50


class TierSold(Part, frozen=True):
    """An item whose sale gives its buyer a tier."""

    sku: str
    tier: str
    months: Months = 12


class TierExclusive(Part, frozen=True):
    """Items that only some members may buy, always or at certain times."""

    names: Names
    scope: Scope
    tiers: frozenset[str] = frozenset()
    """Empty: any member."""
    when: When = When()
    """When they are kept for these members; outside of it everybody may buy them."""


class TierRules(Part, frozen=True):
    """How tiers are reached and kept."""

    window: Window = "rolling"
    """What is counted: the last months, or since the month, quarter, half-year or year began."""
    window_months: Months = 12
    """Of a rolling window."""
    holds: Literal["always", "months", "next_window"] = "always"
    """How long a reached tier holds: for good, so many months, or to the end of the calendar window after this one."""
    hold_months: Months = 12
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=366)] = 0
    """Days that a tier holds on beyond its term; what is bought in them still counts for it."""
    falls: Literal["one_step", "to_earned"] = "one_step"
    """Where a member goes who did not reach their tier again: one step down, or to what they reached."""
    sold: Annotated[tuple[TierSold, ...], msgspec.Meta(max_length=SOLD_MAX)] = ()
    exclusive: Annotated[tuple[TierExclusive, ...], msgspec.Meta(max_length=EXCLUSIVE_MAX)] = ()


class Source(StrEnum):
    """Where a tier comes from."""

    EARNED = "earned"
    BOUGHT = "bought"
    GIVEN = "given"
    """By hand."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a member did in a span of days."""

    spend: int = 0
    """Minor units paid, less what came back."""
    visits: int = 0
    points: int = 0
    """Accrued, less what was taken back."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A tier that a member has for a while. The best one of those that have not ended is the member's tier."""

    tier_id: str
    source: Source
    since: date
    until: date | None = None
    """First day on which it no longer holds, grace aside; None holds for good."""
    counted: tuple[date, date] | None = None
    """The days whose figures reached it; None where no figures did. A return in them is looked at again."""
    sale_id: str = ""
    """The sale that reached or bought it."""
    bought_on: date | None = None
    months: int = 0
    """Of one that was bought."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a member is from the next tier, by the figure that is nearest to it."""

    tier_id: str
    names: Names
    measure: Literal["spend", "visits", "points"]
    short: int
    """Minor units, purchases or points that are missing; above zero."""
    progress_bp: int
    """0..9 999 of the way."""


FiguresOf = Callable[[date, date], Figures]
"""Gives the figures of a member from a day on and before another."""


def needs(tier: Tier) -> dict[Literal["spend", "visits", "points"], int]:
    """Return the figures that reach a tier: one of them is enough."""
    wanted = {"spend": tier.spend_from, "visits": tier.visits_from, "points": tier.points_from}
    return {measure: least for measure, least in wanted.items() if least is not None}  # type: ignore[misc]


def order(tier: Tier) -> tuple[int, int, int, int, str]:
    """Return what tiers are ordered by, the best one last."""
    return (tier.rank, tier.spend_from or 0, tier.visits_from or 0, tier.points_from or 0, tier.id)


def ladder(tiers: Sequence[Tier]) -> list[Tier]:
    """Return the tiers from the lowest to the best."""
    return sorted(tiers, key=order)


def reaches(figures: Figures, tier: Tier) -> bool:
    return any(getattr(figures, measure) >= least for measure, least in needs(tier).items())


def reached(figures: Figures, tiers: Sequence[Tier]) -> Tier | None:
    """Return the best tier that the figures reach, or None; tiers may come in any order."""
    return max((tier for tier in tiers if reaches(figures, tier)), key=order, default=None)


def is_better(tier: Tier | None, other: Tier | None) -> bool:
    """Tell whether a tier stands above another; any stands above none."""
    return tier is not None and (other is None or order(tier) > order(other))


def distance(figures: Figures, now: Tier | None, tiers: Sequence[Tier]) -> Distance | None:
    """Return how far it is to the next tier that can be reached; None at the top.

    >>> gold = Tier(id="gold", names=Names(en="Gold"), spend_from=10_000, visits_from=4)
    >>> far = distance(Figures(spend=2_000, visits=3), None, [gold])
    >>> far.measure, far.short, far.progress_bp
    ('visits', 1, 7500)
    """
    above = [tier for tier in ladder(tiers) if needs(tier) and is_better(tier, now) and not reaches(figures, tier)]
    if not above:
        return None
    ways = [
        (getattr(figures, measure) * BASIS_POINTS // least, least - getattr(figures, measure), measure)
        for measure, least in needs(above[0]).items()
    ]
    # The first named of those equally near: spend, then visits, then points.
    progress_bp, short, measure = max(ways, key=lambda way: way[0])
    return Distance(above[0].id, above[0].names, measure, short, max(progress_bp, 0))


def counted_now(rules: TierRules, today: date) -> tuple[date, date]:
    """Return the days that count today: the first, and the day after today."""
    return window_start(rules.window, today, months=rules.window_months), today + ONE_DAY


def term_end(rules: TierRules, since: date) -> date | None:
    """Return the first day on which a tier that was reached on a day no longer holds; None for good.

    >>> term_end(TierRules(window="year", holds="next_window"), date(2026, 3, 1)).isoformat()
    '2028-01-01'
    >>> term_end(TierRules(holds="months", hold_months=6), date(2026, 8, 31)).isoformat()
    '2027-02-28'
    """
    if rules.holds == "always":
        return None
    if rules.holds == "months":
        return months_after(since, rules.hold_months)
    return window_end(rules.window, window_end(rules.window, since))


def current(holds: Sequence[Hold], tiers: Sequence[Tier], today: date) -> Tier | None:
    """Return the tier that a member has: the best that holds, or else one that asks for nothing."""
    known = {tier.id: tier for tier in tiers}
    held = [known[hold.tier_id] for hold in holds if hold.tier_id in known and _has_begun(hold, today)]
    return max([*held, *(tier for tier in tiers if is_for_all(tier))], key=order, default=None)


def is_for_all(tier: Tier) -> bool:
    """Tell whether every member reaches the tier without doing anything."""
    return any(least == 0 for least in needs(tier).values())


def raised(
    holds: Sequence[Hold], rules: TierRules, tiers: Sequence[Tier], today: date, figures_of: FiguresOf, *, sale_id: str
) -> tuple[Hold, ...]:
    """Return the holds with the tier that today's figures reach, where it is better than any that was reached."""
    counted = counted_now(rules, today)
    tier = reached(figures_of(*counted), tiers)
    known = {each.id: each for each in tiers}
    earned = [known[hold.tier_id] for hold in holds if hold.source is Source.EARNED and hold.tier_id in known]
    best = max(earned, key=order, default=None)
    if tier is None or is_for_all(tier) or not is_better(tier, best):
        return tuple(holds)
    return (*holds, Hold(tier.id, Source.EARNED, today, term_end(rules, today), counted, sale_id))


def reviewed(
    holds: Sequence[Hold], rules: TierRules, tiers: Sequence[Tier], today: date, figures_of: FiguresOf
) -> tuple[Hold, ...]:
    """Return the holds as they stand at the beginning of a day.

    A term that has ended is looked at as of the day on which it ended, whenever that is done: a box that was off for a
    week comes to the same as one that was not.
    """
    grace = timedelta(days=rules.grace_days)
    live = [_by_the_rules(hold, rules) for hold in holds]
    for _ in range(TERMS_MAX):
        ended = [hold for hold in live if hold.until is not None and hold.until + grace <= today]
        if not ended:
            break
        hold = min(ended, key=lambda each: (each.until or today, each.source, each.tier_id))
        live.remove(hold)
        if hold.source is Source.EARNED:
            after = _after_term(hold, rules, tiers, figures_of)
            live = _kept(live, after) if after else live
    return raised(live, rules, tiers, today, figures_of, sale_id="")


def returned(
    holds: Sequence[Hold],
    rules: TierRules,
    tiers: Sequence[Tier],
    today: date,
    figures_of: FiguresOf,
    *,
    kept_pieces: dict[tuple[str, str], int],
) -> tuple[Hold, ...]:
    """Return the holds after something came back: what was reached or bought only by it is gone.

    Args:
        kept_pieces: of every (sale id, tier) that the returned sale sold, how many pieces were kept.
    """
    known = {tier.id: tier for tier in tiers}
    now = figures_of(*counted_now(rules, today))
    live: list[Hold] = []
    left = dict(kept_pieces)
    for hold in holds:
        tier = known.get(hold.tier_id)
        if hold.source is Source.EARNED and tier is not None and hold.counted is not None:
            then = figures_of(*hold.counted)
            if not (reaches(then, tier) or reaches(now, tier)):
                continue
        if hold.source is Source.BOUGHT and (key := (hold.sale_id, hold.tier_id)) in left:
            left[key] -= 1
            if left[key] < 0:
                continue
        live.append(hold)
    return raised(queued(live), rules, tiers, today, figures_of, sale_id="")


def queued(holds: Sequence[Hold]) -> tuple[Hold, ...]:
    """Return the holds with those of one tier that were bought one behind the other: nobody pays twice for a day."""
    others = [hold for hold in holds if hold.source is not Source.BOUGHT]
    bought = [hold for hold in holds if hold.source is Source.BOUGHT]
    ends: dict[str, date] = {}
    for hold in sorted(bought, key=lambda each: (each.bought_on or each.since, each.since)):
        since = max(hold.bought_on or hold.since, ends.get(hold.tier_id, date.min))
        ends[hold.tier_id] = months_after(since, hold.months)
        others.append(replace(hold, since=since, until=ends[hold.tier_id]))
    return tuple(others)


def bought(rules: TierRules, pieces: Sequence[tuple[str, int]], *, today: date, sale_id: str) -> tuple[Hold, ...]:
    """Return what a sale's items (SKU, pieces) give of tiers, still to be queued behind those bought before."""
    return tuple(
        Hold(sold.tier, Source.BOUGHT, today, None, None, sale_id, today, sold.months)
        for sku, count in pieces
        for sold in rules.sold
        if sold.sku == sku
        for _ in range(count)
    )


def _has_begun(hold: Hold, today: date) -> bool:
    # Only what was bought ahead begins later; anything else that seems to is a clock that was set back.
    return hold.source is not Source.BOUGHT or hold.since <= today or hold.bought_on == hold.since


def _by_the_rules(hold: Hold, rules: TierRules) -> Hold:
    """Give a reached tier a term where the rules have one by now, or take it away where they have none."""
    if hold.source is not Source.EARNED or (hold.until is None) == (rules.holds == "always"):
        return hold
    return replace(hold, until=term_end(rules, hold.since))


def _after_term(hold: Hold, rules: TierRules, tiers: Sequence[Tier], figures_of: FiguresOf) -> Hold | None:
    assert hold.until is not None
    last, seen = hold.until - ONE_DAY, hold.until + timedelta(days=rules.grace_days)
    # With grace a rolling window goes on to its last day; a calendar one keeps its start and reaches into the next.
    counts_from = seen - ONE_DAY if rules.window == "rolling" else last
    start = window_start(rules.window, counts_from, months=rules.window_months)
    tier = next((each for each in tiers if each.id == hold.tier_id), None)
    earned = reached(figures_of(start, seen), tiers)
    if tier is not None and is_better(tier, earned):
        goes_to = _below(tier, earned, tiers) if rules.falls == "one_step" else earned
        counted = (start, seen) if goes_to == earned else None
    else:
        goes_to, counted = earned, (start, seen)
    if goes_to is None or is_for_all(goes_to):
        return None
    until = term_end(rules, last if rules.holds == "next_window" else hold.until)
    return Hold(goes_to.id, Source.EARNED, hold.until, until, counted)


def _below(tier: Tier, earned: Tier | None, tiers: Sequence[Tier]) -> Tier | None:
    """Return the step below a tier that can be reached, but none below what was earned."""
    lower = [each for each in ladder(tiers) if needs(each) and is_better(tier, each)]
    step = lower[-1] if lower else None
    return earned if is_better(earned, step) else step


def _kept(live: list[Hold], new: Hold) -> list[Hold]:
    """Add a reached tier; of one that is held already the longer term counts."""
    same = next((each for each in live if each.source is new.source and each.tier_id == new.tier_id), None)
    if same is None:
        return [*live, new]
    is_longer = new.until is None or (same.until is not None and new.until > same.until)
    return [new if each is same else each for each in live] if is_longer else live
