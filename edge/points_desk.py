"""Points changed by hand, and those that a new member is welcomed with."""

from __future__ import annotations

from edge.desk import Desk
from edge.permissions import Permission, refuses
from edge.points_grants import granted, points_expire_ms
from edge.screen import Refusal, Sound
from edge.store import benefits, entries, members
from edge.store.entries import Entry
from edge.store.ledger import InsufficientError
from edge.till import Till
from rules.awards import WELCOME, Award
from rules.ledger import ISSUER, POINTS, Transfer, member_account

REASON_MAX = 120
CHANGE_MAX = 1_000_000
"""Most points that are changed at once."""


def adjust_points(till: Till, *, entry_id: str, member_id: str, change: int, reason: str) -> Refusal | None:
    """Add or take points by hand; a second press with the same id changes nothing.

    Args:
        entry_id: made by the screen that asks.
        change: points, below zero to take; what is added expires as if accrued now.
    """
    desk, shop = till.desk, till.desk.shop
    db, now_ms = shop.store.db, desk.now_ms()
    if entries.stored(db, entry_id) is not None:
        return None
    refusal = refuses(desk, Permission.ADJUST_BALANCE, amount=abs(change))
    file = members.member(db, member_id)
    if refusal is None and (file is None or file.status == "erased"):
        refusal = Refusal("member_unknown")
    if refusal is None and (change == 0 or abs(change) > CHANGE_MAX):
        refusal = Refusal("points_change_range", {"max": CHANGE_MAX})
    if refusal is None and not reason.strip():
        refusal = Refusal("reason_missing")
    if refusal:
        return desk.refuse(refusal)
    assert desk.memory.staff is not None, "a lane without staff is locked"
    moves = (
        granted(db, member_id, change, reason="adjustment", expires_ms=points_expire_ms(shop, now_ms))
        if change > 0
        else (Transfer(POINTS, member_account(member_id), ISSUER, -change, "adjustment"),)
    )
    entry = Entry(
        entry_id, "adjust_points", now_ms, shop.clock.business_date(now_ms).isoformat(), moves, member_id=member_id,
        lane=desk.lane, staff_id=desk.memory.staff.staff_id, approver_id=desk.approver_id,
        reason=reason.strip()[:REASON_MAX],
    )  # fmt: skip
    try:
        with shop.store.transaction():
            entries.record(db, entry)
    except InsufficientError as error:
        return desk.refuse(Refusal("balance_short", {"unit": error.insufficient.unit}))
    shop.committed()
    desk.show(sound=Sound.TAP)
    return None


def welcome(desk: Desk, member_id: str) -> None:
    """Grant a new member the points that the shop gives at registration, within the caller's transaction, once."""
    shop = desk.shop
    rule = shop.rules.accrual.welcome
    if rule is None or rule.at != "registration":
        return
    db, now_ms = shop.store.db, desk.now_ms()
    day = shop.clock.business_date(now_ms).isoformat()
    entry = Entry(
        f"welcome-{member_id}", "welcome", now_ms, day,
        granted(db, member_id, rule.points, reason="welcome", expires_ms=points_expire_ms(shop, now_ms)),
        member_id=member_id, lane=desk.lane, staff_id=desk.memory.staff.staff_id if desk.memory.staff else "",
    )  # fmt: skip
    if entries.record(db, entry) is not None:
        award = Award(WELCOME, rule.points)
        benefits.keep_awards(db, member_id, (award,), sale_id="", at_ms=now_ms, business_date=day)
