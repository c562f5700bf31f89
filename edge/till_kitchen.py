"""Which printers put slips on paper for who makes what was sold, and what a person answers to a doubtful paper."""

from __future__ import annotations

from collections.abc import Iterable

from edge.config import Config, DeviceConfig
from edge.desk import HasDesk
from edge.screen import Refusal, Stage
from edge.store import printjobs
from edge.store.sales import stored_sale


def kitchen_printers(config: Config, categories: Iterable[str]) -> tuple[str, ...]:
    """Return the printers whose slips show something of a sale with items of some categories."""
    sold = tuple(categories)
    return tuple(
        device.name
        for device in config.device
        if "kitchen" in device.prints and any(shows(device, category) for category in sold)
    )


def shows(device: DeviceConfig, category: str) -> bool:
    """Tell whether items of a category go on a printer's slips."""
    return not device.categories or category in device.categories


def reprint_kitchen_slip(till: HasDesk, sale_id: str, printer: str) -> Refusal | None:
    """Print a marked copy of a kitchen slip."""
    desk = till.desk
    if desk.memory.stage is Stage.LOCKED:
        return desk.refuse(Refusal("locked"))
    if printer not in {device.name for device in desk.shop.config.device if "kitchen" in device.prints}:
        return desk.refuse(Refusal("no_printer"))
    if stored_sale(desk.shop.store.db, sale_id) is None:
        return desk.refuse(Refusal("receipt_unknown"))
    with desk.shop.store.transaction():
        printjobs.put(desk.shop.store.db, printer=printer, kind="kitchen_copy", at_ms=desk.now_ms(), sale_id=sale_id)
        desk.note("reprint", sale_id, detail={"printer": printer})
    desk.shop.committed()
    desk.show()
    return None


def paper_is_there(till: HasDesk, sale_id: str, printer: str) -> Refusal | None:
    """Take a person's word that a doubtful paper came out."""
    desk = till.desk
    if desk.memory.stage is Stage.LOCKED:
        return desk.refuse(Refusal("locked"))
    with desk.shop.store.transaction():
        if not printjobs.believe(desk.shop.store.db, printer, sale_id):
            return desk.refuse(Refusal("receipt_unknown"))
        desk.note("paper_seen", sale_id, detail={"printer": printer})
    desk.shop.committed()
    desk.show()
    return None
