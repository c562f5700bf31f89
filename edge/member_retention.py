"""How long the shop keeps what it knows of people: asked once a night, by the rules in force."""

from __future__ import annotations

from datetime import date, datetime, time

from edge.shop import Shop
from edge.store import forgetting
from edge.store.vault import vault_of
from rules.windows import months_before

CLOCK_AHEAD_DAYS = 60
"""A clock that runs further ahead of the last sale is not believed: nobody is forgotten by a wrong year."""
DAY_MS = 86_400_000


def forget_members(shop: Shop, after: str) -> str | None:
    """Forget the next members who did not come for so many months; return where to go on, None at the end."""
    months = shop.rules.membership.forget_after_months
    if not _may(shop, months):
        return None
    before = months_before(_today(shop), months)
    return forgetting.forget_inactive(
        shop.store.db, after, before_date=before.isoformat(), before_ms=_midnight_ms(shop, before),
        at_ms=shop.clock.now_ms(),
    )  # fmt: skip


def drop_notes(shop: Shop, after: str) -> str | None:
    """Drop the next notes that are older than so many months; return where to go on, None at the end."""
    months = shop.rules.membership.drop_notes_after_months
    if not _may(shop, months):
        return None
    before_ms = _midnight_ms(shop, months_before(_today(shop), months))
    return forgetting.drop_old_notes(shop.store.db, after, before_ms=before_ms)


def _may(shop: Shop, months: int) -> bool:
    if not months or vault_of(shop.store.db).is_locked:
        return False
    ahead_ms = shop.clock.now_ms() - forgetting.last_activity_ms(shop.store.db)
    return ahead_ms <= CLOCK_AHEAD_DAYS * DAY_MS


def _today(shop: Shop) -> date:
    return shop.clock.business_date(shop.clock.now_ms())


def _midnight_ms(shop: Shop, day: date) -> int:
    return shop.clock.at_ms(datetime.combine(day, time()))
