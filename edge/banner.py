"""The banner that stands until it is dismissed, and the scans that wait behind it: a restart loses neither.

What was scanned lies in the customer's bag already, so each of it ends in the basket or in a banner of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import TEXT_MAX
from edge.desk import Desk
from edge.finding import may_be_payment
from edge.screen import Refusal, Sound, Stage
from edge.store.database import StoreError
from rules.codes import Code

WAITING_SCANS_MAX = 50
"""Scans kept while a banner stands; a 51st is refused, so that the cashier notices."""
PAYMENT_CODE = ""
"""Stands among the waiting scans for a payment code: that is the customer's money, and is written nowhere."""


def block(desk: Desk, refusal: Refusal) -> Refusal:
    """Let a banner stand until it is dismissed: something that the customer wants is not in the basket."""
    desk.keep(blocked=refusal, quantity_next=1)
    if desk.memory.stage is Stage.DONE:
        desk.set(stage=Stage.SELLING, done_sale_id="", new_tier_id=None)
    desk.show(sound=Sound.ERROR)
    return refusal


def wait(desk: Desk, text: str, code: Code) -> Refusal | None:
    """Keep a scan until the banner is dismissed.

    Args:
        code: what the text is at this step.
    """
    waiting = desk.memory.waiting
    if len(waiting) >= WAITING_SCANS_MAX:
        return desk.refuse(Refusal("queue_full", {"max": WAITING_SCANS_MAX}))
    # One character more than a code may have: a text that is too long stays so. Lone surrogates cannot be written.
    kept = PAYMENT_CODE if may_be_payment(code) else text[: TEXT_MAX + 1].encode("utf-8", "replace").decode()
    desk.keep(waiting=(*waiting, kept))
    desk.show(sound=Sound.ERROR)
    return None


def refuse_payment_code(desk: Desk) -> Refusal:
    """Say that a payment code is of no use now: at the tenders it only passes by, before them it blocks."""
    if desk.memory.stage is Stage.PAYING:
        # It was not kept, so that it could be charged now: it is to be shown once more.
        return desk.refuse(Refusal("scan_again" if desk.shop.charges else "payment_code_not_charged"))
    return block(desk, Refusal("payment_code_not_here"))


def dismiss(desk: Desk, scan: Callable[[str], Refusal | None]) -> Refusal | None:
    """Take the banner away and begin with the scans that waited behind it, up to the next banner.

    The rest follows by `work_off`. Each leaves the queue with the commit that puts it into the basket, so a power cut
    in between does no harm.
    """
    if desk.memory.stage is Stage.LOCKED:
        return desk.refuse(Refusal("locked"))
    if not desk.memory.waiting:
        desk.keep(blocked=None)
        desk.show()
        return None
    desk.set(blocked=None, dismissed=desk.memory.blocked)
    desk.show()
    work_off(desk, scan)
    return None


def is_working_off(desk: Desk) -> bool:
    """Tell whether scans wait whose banner was dismissed."""
    memory = desk.memory
    return memory.dismissed is not None and memory.blocked is None and len(memory.waiting) > 0


def work_off(desk: Desk, scan: Callable[[str], Refusal | None]) -> None:
    """Take the oldest scan that waited behind the banner: it ends in the basket or in a banner of its own."""
    waiting, banner = desk.memory.waiting, desk.memory.dismissed
    desk.set(waiting=waiting[1:])
    try:
        if waiting[0] == PAYMENT_CODE:
            refuse_payment_code(desk)
        else:
            scan(waiting[0])
    except StoreError:
        # Nothing was written, so it waits on, and nobody pays before it is in the basket.
        desk.set(waiting=waiting, blocked=banner, dismissed=None)
        raise
    if not is_working_off(desk):
        # The last ones may have changed nothing, such as a member's code that nobody has.
        desk.keep(dismissed=None)
