"""Papers once more: copies of slips and Z reports, each marked, and receipts without prices."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.document import document_json
from edge.desk import Desk, HasDesk
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound, Stage
from edge.shifts import z_paper
from edge.store import entries, printjobs, shifts
from edge.store.sales import stored_sale

PAPERS: Mapping[str, str] = {
    "return": "return",
    "return_loose": "return",
    "gift": "gift",
    "top_up": "slip",
    "top_up_refund": "slip",
}
"""The kind of paper of each kind of entry that has one."""
COPY = "_copy"
"""What a print job's kind ends with where the paper is to be marked."""


def reprint_slip(till: HasDesk, entry_id: str) -> Refusal | None:
    """Print a marked copy of the slip of something that is no sale."""
    desk = till.desk
    entry = entries.stored(desk.shop.store.db, entry_id)
    refusal = _cannot(desk) or (None if entry and entry.kind in PAPERS else Refusal("receipt_unknown"))
    if refusal or entry is None:
        return desk.refuse(refusal or Refusal("receipt_unknown"))
    with desk.shop.store.transaction():
        printjobs.put(
            desk.shop.store.db, printer=desk.printer, kind=PAPERS[entry.kind] + COPY, at_ms=desk.now_ms(),
            sale_id=entry_id,
        )  # fmt: skip
        desk.note("reprint", entry_id)
    desk.shop.committed()
    desk.show(sound=Sound.TAP)
    return None


def reprint_z(till: HasDesk, shift_id: str) -> Refusal | None:
    """Print a marked copy of the Z report of a shift."""
    desk = till.desk
    report = shifts.closed_report(desk.shop.store.db, shift_id)
    refusal = _cannot(desk) or (None if report else Refusal("receipt_unknown")) or refuses(desk, Permission.READ_SHIFT)
    if refusal or report is None:
        return desk.refuse(refusal or Refusal("receipt_unknown"))
    paper = document_json(z_paper(desk, report, desk.shop.config.store.language, copy=True))
    with desk.shop.store.transaction():
        printjobs.put(
            desk.shop.store.db, printer=desk.printer, kind="shift", at_ms=desk.now_ms(), sale_id=shift_id,
            document=paper,
        )  # fmt: skip
        desk.note("reprint", shift_id)
    desk.shop.committed()
    desk.show(sound=Sound.TAP)
    return None


def print_gift_receipt(till: HasDesk, sale_id: str) -> Refusal | None:
    """Print the receipt of a sale without prices."""
    desk = till.desk
    refusal = _cannot(desk) or (None if stored_sale(desk.shop.store.db, sale_id) else Refusal("receipt_unknown"))
    if refusal:
        return desk.refuse(refusal)
    with desk.shop.store.transaction():
        printjobs.put(
            desk.shop.store.db, printer=desk.printer, kind="gift_receipt", at_ms=desk.now_ms(), sale_id=sale_id
        )
        desk.note("gift_receipt", sale_id)
    desk.shop.committed()
    desk.show(sound=Sound.TAP)
    return None


def _cannot(desk: Desk) -> Refusal | None:
    if desk.memory.stage is Stage.LOCKED or desk.memory.staff is None:
        return Refusal("locked")
    return None if desk.printer else Refusal("no_printer")
