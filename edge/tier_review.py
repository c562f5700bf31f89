"""Tiers whose term has ended: kept, or taken down, as the shop decided."""

from __future__ import annotations

from datetime import timedelta

from edge.shop import Shop
from edge.store import tiers
from edge.store.clock_trust import is_steady
from edge.tier_standing import review_tier
from rules.tiers import is_for_all


def review_tiers(shop: Shop, after: str) -> str | None:
    """Look at the next members whose term has ended, within the writer's transaction; a job of `edge.jobs`."""
    shop.rulebook.look()
    rules, db, now_ms = shop.rules, shop.store.db, shop.clock.now_ms()
    if not after and not is_steady(db, "review_tiers", now_ms=now_ms):
        return None
    today = shop.clock.business_date(now_ms)
    has_terms = rules.tier_rules.holds != "always"
    adopted = [tier.id for tier in rules.tiers if not is_for_all(tier)] if has_terms else []
    ended_by = today - timedelta(days=rules.tier_rules.grace_days)
    found = tiers.to_review(db, ended_by=ended_by, adopted=adopted, after=after)
    for member_id in found:
        review_tier(db, rules, member_id, today=today, at_ms=now_ms)
    return found[-1] if len(found) == tiers.REVIEW_BATCH else None
