"""Items that are kept for some members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rules.basket import Item
from rules.calendar_cn import Calendar
from rules.loyalty import Member
from rules.moments import moment_reason
from rules.scopes import in_scope
from rules.tiers import TierExclusive


def kept_from(
    exclusive: Sequence[TierExclusive], item: Item, member: Member | None, now_local: datetime, calendar: Calendar
) -> TierExclusive | None:
    """Return why an item may not be sold to somebody now, or None where it may.

    Where several rows keep it at this moment, it is enough that one of them lets the member have it.
    """
    rows = [
        each
        for each in exclusive
        if in_scope(each.scope, item) and moment_reason(each.when, now_local, calendar) is None
    ]
    allowed = member is not None and any(not each.tiers or member.tier_id in each.tiers for each in rows)
    return rows[0] if rows and not allowed else None
