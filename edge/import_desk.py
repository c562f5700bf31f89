"""Who may bring tables in and take them out: asked of the till of their lane."""

from __future__ import annotations

from edge.import_apply import Author
from edge.permissions import Permission, refuses
from edge.screen import Refusal
from edge.till import Till


def may_import(till: Till) -> Author | Refusal:
    """Return who brings a table in, or why they may not; it counts as work at the lane."""
    desk = till.desk
    refusal = refuses(desk, Permission.IMPORT)
    if refusal:
        return refusal
    assert desk.memory.staff is not None
    desk.set(seen_ms=desk.now_ms())
    return Author(desk.memory.staff.staff_id, desk.lane)


def may_export(till: Till) -> Refusal | None:
    """Say why everything may not be taken out; where it may, the journal says who did it."""
    desk = till.desk
    refusal = refuses(desk, Permission.EXPORT_MEMBERS)
    if refusal:
        return refusal
    with desk.shop.store.transaction():
        desk.note("exported_all")
    desk.set(seen_ms=desk.now_ms())
    return None
