"""Opening a lane's cash drawer without a sale."""

from __future__ import annotations

from collections.abc import Mapping

from edge.desk import Desk, HasDesk
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound
from edge.store import printjobs
from edge.text_marks import N_

REASONS: Mapping[str, str] = {
    "change": N_("To give change for a note"),
    "wrong_change": N_("Change was given wrong"),
    "look": N_("To look after the cash"),
    "other": N_("Another reason"),
}
"""Why a drawer is opened without a sale; the code stands in the audit chain."""


def open_drawer(till: HasDesk, reason: str) -> Refusal | None:
    """Open the drawer without a sale."""
    desk = till.desk
    printer = printer_of(desk)
    refusal = None if desk.shop.has_drawer(printer) else Refusal("no_drawer")
    refusal = refusal or (None if reason in REASONS else Refusal("reason_missing"))
    refusal = refusal or refuses(desk, Permission.NO_SALE)
    if refusal:
        return desk.refuse(refusal)
    with desk.shop.store.transaction():
        kick(desk)
        desk.note("no_sale", detail={"reason": reason})
    desk.shop.committed()
    desk.show(sound=Sound.TAP)
    return None


def printer_of(desk: Desk) -> str:
    """Return the printer of a lane, which its drawer hangs on; empty without one."""
    return next((lane.printer for lane in desk.shop.config.lane if lane.number == desk.lane), "")


def kick(desk: Desk) -> None:
    """Let the lane's drawer open, where it has one, within the caller's transaction."""
    printer = printer_of(desk)
    if desk.shop.has_drawer(printer):
        printjobs.put(desk.shop.store.db, printer=printer, kind="drawer", at_ms=desk.now_ms())
