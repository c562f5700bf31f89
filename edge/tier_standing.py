"""Where a member stands: tier, until when, how far it is to the next; and what a sale or a return makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from edge.store import tiers as stored
from edge.store.database import Database
from edge.store.members import member as member_file
from edge.store.tiers import TierChange
from rules.loyalty import Tier
from rules.promotions import RuleSet
from rules.sale import Sale
from rules.tiers import (
    Distance,
    Figures,
    FiguresOf,
    Hold,
    Source,
    bought,
    counted_now,
    current,
    distance,
    is_for_all,
    queued,
    raised,
    reached,
    returned,
    reviewed,
    term_end,
)
from rules.windows import months_after

Move = tuple[tuple[Hold, ...], TierChange | None]
"""What a member holds from now on, and the change of the tier where it is one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands today."""

    tier: Tier | None
    until: date | None
    """First day on which the tier is looked at again; None where it holds for good."""
    next: Distance | None


def standing(db: Database, rules: RuleSet, member_id: str, tier_id: str, *, today: date) -> Standing:
    """Return where a member stands today."""
    # Where there are no tiers, nothing is counted towards one.
    done = stored.figures(db, member_id, *counted_now(rules.tier_rules, today)) if rules.tiers else Figures()
    tier = rules.tier(tier_id) or reached(done, rules.tiers)
    return Standing(tier, _until(db, rules, member_id, tier), distance(done, tier, rules.tiers))


def _until(db: Database, rules: RuleSet, member_id: str, tier: Tier | None) -> date | None:
    if tier is None or is_for_all(tier):
        return None
    ends = [hold.until for hold in stored.holds(db, member_id) if hold.tier_id == tier.id]
    known = [end for end in ends if end is not None]
    return max(known) + timedelta(days=rules.tier_rules.grace_days) if known and len(known) == len(ends) else None


def after_sale(db: Database, rules: RuleSet, sale: Sale) -> tuple[Move | None, Distance | None]:
    """Return what a sale that is about to be recorded makes of its member's tier, and how far the next one is then.

    It makes nothing of it where nothing is held and the shop has no tiers.
    """
    assert sale.member_id is not None
    today = date.fromisoformat(sale.business_date)
    before = _adopted(db, rules, sale.member_id, today)
    if not before and not rules.tiers:
        return None, None
    done_of = stored.figures_of(db, sale.member_id) if rules.tiers else lambda _start, _end: Figures()
    figures_of = _with_sale(done_of, sale, today)
    pieces = [(line.sku, line.quantity) for line in sale.lines if not line.gift_of and not line.times_of]
    passes = bought(rules.tier_rules, pieces, today=today, sale_id=sale.sale_id)
    holds = queued((*before, *passes)) if passes else before
    holds = raised(holds, rules.tier_rules, rules.tiers, today, figures_of, sale_id=sale.sale_id)
    why = "bought" if passes else "reached"
    change = _change(db, rules, sale.member_id, holds, today, why=why, at_ms=sale.sold_at_ms, sale_id=sale.sale_id)
    file = member_file(db, sale.member_id)
    tier = rules.tier(change.to_tier if change else file.tier_id if file else "")
    return (holds, change), distance(figures_of(*counted_now(rules.tier_rules, today)), tier, rules.tiers)


def _with_sale(figures_of: FiguresOf, sale: Sale, today: date) -> FiguresOf:
    def figures(start: date, end: date) -> Figures:
        done = figures_of(start, end)
        if not start <= today < end:
            return done
        return Figures(done.spend + sale.total, done.visits + 1, done.points + sale.points)

    return figures


def _adopted(db: Database, rules: RuleSet, member_id: str, today: date) -> tuple[Hold, ...]:
    """Return a member's holds; a tier that came from elsewhere, such as an import, begins its term today."""
    holds = stored.holds(db, member_id)
    file = member_file(db, member_id)
    tier = rules.tier(file.tier_id) if file else None
    if holds or tier is None or is_for_all(tier):
        return holds
    return (Hold(tier.id, Source.EARNED, today, term_end(rules.tier_rules, today)),)


def _change(
    db: Database,
    rules: RuleSet,
    member_id: str,
    holds: Sequence[Hold],
    today: date,
    *,
    why: str,
    at_ms: int,
    sale_id: str = "",
    staff_id: str = "",
    reason: str = "",
) -> TierChange | None:
    file = member_file(db, member_id)
    before = file.tier_id if file else ""
    if before and rules.tier(before) is None and not holds:
        # A tier that the rules in force do not know is kept until they do, or another one is reached.
        return None
    tier = current(holds, rules.tiers, today)
    after = tier.id if tier else ""
    if after == before:
        return None
    return TierChange(member_id, before, after, why, at_ms, today.isoformat(), sale_id, staff_id, reason)  # fmt: skip


def write(db: Database, member_id: str, move: Move) -> None:
    """Write what a member holds and the change of the tier, within the caller's transaction."""
    holds, change = move
    stored.put_holds(db, member_id, holds)
    if change is not None:
        stored.put_change(db, change)


def recompute_tier(
    db: Database, rules: RuleSet, member_id: str, *, today: date, at_ms: int, sale_id: str
) -> TierChange | None:
    """Look at a member's tier again after something of a sale came back, within the return's transaction.

    Call it once the return is recorded. What was reached or bought by that sale alone is gone; a tier that other sales
    reach as well, or that was given, stays.
    """
    before = stored.holds(db, member_id)
    sold = {each.sku: each.tier for each in rules.tier_rules.sold}
    kept = stored.pieces_kept(db, sale_id, tuple(sold)) if sold else {}
    pieces: dict[tuple[str, str], int] = {}
    for sku, count in kept.items():
        key = (sale_id, sold[sku])
        pieces[key] = pieces.get(key, 0) + count
    holds = returned(before, rules.tier_rules, rules.tiers, today, stored.figures_of(db, member_id), kept_pieces=pieces)
    if holds == before and not before:
        return None
    change = _change(db, rules, member_id, holds, today, why="returned", at_ms=at_ms, sale_id=sale_id)
    write(db, member_id, (holds, change))
    return change


def review_tier(db: Database, rules: RuleSet, member_id: str, *, today: date, at_ms: int) -> TierChange | None:
    """Look at a member's terms that have ended, within the caller's transaction."""
    before = _adopted(db, rules, member_id, today)
    holds = reviewed(before, rules.tier_rules, rules.tiers, today, stored.figures_of(db, member_id))
    change = _change(db, rules, member_id, holds, today, why="review", at_ms=at_ms)
    write(db, member_id, (holds, change))
    return change


def give_tier(
    db: Database,
    rules: RuleSet,
    member_id: str,
    tier: Tier | None,
    *,
    months: int,
    today: date,
    at_ms: int,
    staff_id: str,
    reason: str,
) -> TierChange | None:
    """Give a member a tier by hand, or take back all that was given; within the caller's transaction.

    Args:
        tier: None takes back.
        months: how long; 0 for good.
    """  # fmt: skip
    holds = tuple(each for each in _adopted(db, rules, member_id, today) if each.source is not Source.GIVEN)
    if tier is not None:
        holds = (*holds, Hold(tier.id, Source.GIVEN, today, months_after(today, months) if months else None))
    change = _change(db, rules, member_id, holds, today, why="given", at_ms=at_ms, staff_id=staff_id, reason=reason)
    write(db, member_id, (holds, change))
    return change
