"""What coupons do by the clock: birthdays, once a day."""

from __future__ import annotations

from edge.coupon_issue import BIRTHDAYS_A_TURN, issue_birthdays
from edge.desk import Desk
from edge.screen import Stage
from edge.store import audit
from edge.store.database import execute, scalar

DONE_KEY = "coupon_birthdays"
"""In the store's table `meta`: the day whose birthdays were looked at, and the version of the rules that said how."""


def tick(desk: Desk) -> None:
    """Issue what birthdays bring, some at a time, when this lane has nothing to do; until that is done for the day."""
    shop = desk.shop
    if not any(rule.event == "birthday" for rule in shop.rules.coupon_rules) or not shop.clock.is_sane():
        return
    if desk.memory.stage is Stage.PAYING or desk.memory.basket is not None:
        return
    db, now_ms = shop.store.db, desk.now_ms()
    done = f"{shop.clock.local(now_ms).date().isoformat()} {shop.rules.version}"
    if scalar(db, "SELECT value FROM meta WHERE key = ?", DONE_KEY) == done:
        return
    with shop.store.transaction():
        count = issue_birthdays(shop)
        if count:
            audit.note(
                db, at_ms=now_ms, staff_id="", lane=0, action="coupons_issued", subject="birthday",
                detail={"count": count},
            )  # fmt: skip
        if count < BIRTHDAYS_A_TURN:
            execute(db, "INSERT OR REPLACE INTO meta VALUES (?, ?)", DONE_KEY, done)
