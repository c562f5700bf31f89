"""What comes to a file that was merged into another is brought on to the one that stays."""

from __future__ import annotations

from edge.desk import Desk
from edge.ids import new_id
from edge.store import entries, members
from edge.store.entries import Entry
from edge.store.member_merging import merge_transfers


def sweep_merged(desk: Desk, member_id: str | None, *, of_id: str) -> None:
    """Bring on to the file that stays what has come to a merged one since, within the caller's transaction.

    A return gives lots back to the account that they were drawn from, which may have been merged meanwhile.
    """
    db = desk.shop.store.db
    keep = members.surviving(db, member_id) if member_id else member_id
    if member_id is None or keep is None or keep == member_id:
        return
    moved = merge_transfers(db, keep=keep, gone=member_id)
    if moved:
        now_ms, staff = desk.now_ms(), desk.memory.staff
        entry = Entry(
            entry_id=new_id(desk.shop.clock), kind="merge", at_ms=now_ms,
            business_date=desk.shop.clock.business_date(now_ms).isoformat(), transfers=moved, member_id=keep,
            lane=desk.lane, staff_id=staff.staff_id if staff else "", of_id=of_id, detail={"gone": member_id},
        )  # fmt: skip
        entries.record(db, entry)
