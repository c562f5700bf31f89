"""A second person's yes, given at the lane itself: one deed waits for it, and it is good for that deed alone.

A deed that is refused with `approval_needed` is kept as it was asked. A badge or a PIN of somebody who may allow it
does it once, with their name beside that of whoever asked; anything else that is done at the lane drops it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from edge.desk import Asked, Desk, HasDesk
from edge.permissions import Permission, allows, approvers
from edge.screen import ApprovalView, Refusal, Sound, StaffView
from edge.store import staff
from edge.store.rows import StaffRow
from edge.till_voids import LINE_REASONS

WAITS_MS = 60_000
"""How long a deed waits for a second person."""
DEED_MAX = 64
"""Characters of a deed's name in the audit chain."""
REASON_MAX = 120


def ask(till: HasDesk, method: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Do a deed at a till; one that needs a second person waits for them, on the screen."""
    desk = till.desk
    desk.may_ask = method is not approve
    try:
        answer = method(till, **arguments)
    finally:
        desk.may_ask = False
    if isinstance(answer, Refusal) and answer.code == "approval_needed" and method is not approve:
        # Done again by way of this function: it may need a second yes, for something else.
        _wait(desk, answer, lambda: ask(till, method, arguments), getattr(method, "__name__", ""), arguments)
    return answer


def _wait(desk: Desk, refusal: Refusal, run: Callable[[], Any], deed: str, arguments: Mapping[str, Any]) -> None:
    permission, amount = Permission(str(refusal.params["permission"])), int(refusal.params["value"])
    people = approvers(desk, permission, amount)
    reason = str(arguments.get("reason", ""))[:REASON_MAX]
    view = ApprovalView(
        number=desk.shop.screens.newest(desk.lane).number + 1,
        permission=permission.value,
        amount=amount,
        limit=int(refusal.params["limit"]),
        reason=reason,
        people=tuple(StaffView(each.staff_id, each.name, each.role) for each in people),
        reasons=tuple(LINE_REASONS) if permission is Permission.VOID_LINE and not reason else (),
    )
    desk.asked = Asked(view, deed[:DEED_MAX], run, desk.now_ms())
    desk.show(sound=Sound.TAP, asks=True)


def give_reason(till: HasDesk, reason: str) -> Refusal | None:
    """Say why the deed that waits is to be done, where it was asked for without a reason."""
    desk = till.desk
    refusal = _gone(desk)
    if refusal or desk.asked is None:
        return refusal
    if reason not in desk.asked.view.reasons:
        return desk.refuse(Refusal("reason_missing"), asks=True)
    desk.asked = replace(desk.asked, view=replace(desk.asked.view, reason=reason, reasons=()))
    desk.show(sound=Sound.TAP, asks=True)
    return None


def approve(till: HasDesk, staff_id: str, pin: str) -> Refusal | None:
    """Let somebody approve the deed that waits, by their PIN; wrong ones are counted as at signing in."""
    desk = till.desk
    refusal = _gone(desk)
    if refusal:
        return refusal
    person = check_pin(desk, staff_id, pin)
    return desk.refuse(person, asks=True) if isinstance(person, Refusal) else _approved_by(desk, person)


def approve_by_badge(desk: Desk, person: StaffRow) -> Refusal | None:
    """Let somebody approve the deed that waits, by their badge."""
    return _gone(desk) or _approved_by(desk, person)


def decline(till: HasDesk) -> None:
    """Let go of the deed that waits."""
    till.desk.show()


def expire(desk: Desk) -> None:
    """Let go of a deed that nobody approved in time."""
    if desk.asked is not None and _is_late(desk, desk.asked):
        desk.refuse(Refusal("approval_gone"))


def _gone(desk: Desk) -> Refusal | None:
    if desk.asked is None or _is_late(desk, desk.asked):
        return desk.refuse(Refusal("approval_gone"))
    return None


def _is_late(desk: Desk, asked: Asked) -> bool:
    # Neither does a clock that was set back lengthen the wait.
    return not 0 <= desk.now_ms() - asked.asked_ms < WAITS_MS


def _approved_by(desk: Desk, person: StaffRow) -> Refusal | None:
    asked, here = desk.asked, desk.memory.staff
    assert asked is not None
    if asked.view.reasons:
        return desk.refuse(Refusal("reason_missing"), asks=True)
    if here is None or person.staff_id == here.staff_id:
        return desk.refuse(Refusal("approval_own"), asks=True)
    if not allows(desk.shop.config, person.role, Permission(asked.view.permission), asked.view.amount):
        return desk.refuse(Refusal("approver_may_not", {"name": person.name}), asks=True)
    with desk.shop.store.transaction():
        desk.note(
            "approved",
            asked.deed,
            {
                "permission": asked.view.permission,
                "amount": asked.view.amount,
                "reason": asked.view.reason,
                "approved_by": person.staff_id,
            },
        )
    desk.asked, desk.approver = None, person
    try:
        answer = asked.run()
    finally:
        desk.approver = None
    if desk.asked is None and desk.shop.screens.newest(desk.lane).approval is not None:
        # Not every deed of the back office paints the lane.
        desk.show(sound=Sound.TAP)
    return answer if isinstance(answer, Refusal) else None


def check_pin(desk: Desk, staff_id: str, pin: str) -> StaffRow | Refusal:
    """Return whose PIN it is, or why not; wrong ones are counted and make the next try wait, across restarts too."""
    shop, now_ms = desk.shop, desk.now_ms()
    rules = shop.config.staff
    with shop.store.transaction():
        answer = staff.check_pin(
            shop.store.db, staff_id, pin, now_ms=now_ms, tries=rules.pin_tries, wait_s=rules.pin_wait_s
        )
        # During a wait no PIN is looked at: the chain must not grow at the pace of whoever tries on.
        if isinstance(answer, staff.PinWrong) or (isinstance(answer, staff.PinWait) and answer.is_counted):
            desk.note("pin_wrong", staff_id[:64])
    if isinstance(answer, staff.PinWait):
        until_ms = now_ms + answer.seconds * 1_000
        return Refusal("pin_wait", {"seconds": answer.seconds, "until_ms": until_ms})
    return Refusal("wrong_pin", {"left": answer.tries_left}) if isinstance(answer, staff.PinWrong) else answer
