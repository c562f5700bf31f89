"""A tier given to a member by hand, and taken back."""

from __future__ import annotations

from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound
from edge.store import members
from edge.tier_standing import give_tier as give
from edge.till import Till

REASON_MAX = 120
MONTHS_MAX = 120


def give_tier(till: Till, *, member_id: str, tier_id: str, months: int, reason: str) -> Refusal | None:
    """Give a member a tier; an empty one takes back what was given.

    Args:
        months: how long it holds, 1..MONTHS_MAX; 0 for good.
    """
    desk, shop = till.desk, till.desk.shop
    db, now_ms = shop.store.db, desk.now_ms()
    shop.rulebook.look()
    refusal = refuses(desk, Permission.GIVE_TIER)
    file = members.member(db, member_id)
    tier = shop.rules.tier(tier_id)
    if refusal is None and (file is None or file.status != "active"):
        refusal = Refusal("member_unknown")
    if refusal is None and tier_id and tier is None:
        refusal = Refusal("tier_unknown")
    if refusal is None and not 0 <= months <= MONTHS_MAX:
        refusal = Refusal("amount_range")
    if refusal is None and not reason.strip():
        refusal = Refusal("reason_missing")
    if refusal:
        return desk.refuse(refusal)
    assert desk.memory.staff is not None, "a lane without staff is locked"
    with shop.store.transaction():
        change = give(
            db, shop.rules, member_id, tier, months=months, today=shop.clock.business_date(now_ms), at_ms=now_ms,
            staff_id=desk.memory.staff.staff_id, reason=reason.strip()[:REASON_MAX],
        )  # fmt: skip
        detail = {"tier": tier_id, "months": months, "from": change.from_tier if change else ""}
        desk.note("give_tier", member_id, detail)
    desk.show(sound=Sound.TAP)
    return None
