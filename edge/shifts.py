"""A shift at a lane: its float, cash in and out, the report so far, and the blind count that closes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from drivers.document import Document, document_json
from edge.desk import Desk, HasDesk
from edge.ids import new_id
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound, Stage
from edge.shift_paper import shift_paper
from edge.store import entries, ledger, printjobs, shifts, staff
from edge.store.entries import Entry
from edge.store.shifts import OpenShift
from edge.text_marks import N_
from edge.texts import Texts
from edge.till_drawer import kick, printer_of
from rules.ledger import CASH, CASH_BOOK, SAFE, Transfer, drawer_account
from rules.money import AMOUNT_MAX, Minor
from rules.shift import ShiftReport, closing, count_of, opening

MOVES: Mapping[str, tuple[Permission, str]] = {
    "cash_in": (Permission.CASH_IN, CASH_BOOK),
    "cash_out": (Permission.CASH_OUT, CASH_BOOK),
    "safe_drop": (Permission.CASH_OUT, SAFE),
}
"""What moves cash beside sales: who may, and the account on the other side of the drawer."""
REASONS: Mapping[str, str] = {
    "change_brought": N_("Change from the bank"),
    "goods": N_("Paid for goods or delivery"),
    "expenses": N_("Small expenses"),
    "too_much": N_("Too much in the drawer"),
    "other": N_("Another reason"),
}
PIECES_TEXT = re.compile(r"(\d{1,9}:\d{1,4})?( \d{1,9}:\d{1,4}){0,19}")
"""A count as the screen sends it: `10000:3 500:2`, worth and pieces."""


def begin_shift(till: HasDesk, float_amount: Minor) -> Refusal | None:
    """Open a shift with so much in the drawer."""
    desk = till.desk
    refusal = _signed_in(desk)
    if refusal is None and shifts.open_shift(desk.shop.store.db, desk.lane) is not None:
        refusal = Refusal("shift_is_open")
    if refusal is None and not 0 <= float_amount <= AMOUNT_MAX:
        refusal = Refusal("amount_range")
    if refusal:
        return desk.refuse(refusal)
    db, now_ms = desk.shop.store.db, desk.now_ms()
    shift_id, today = new_id(desk.shop.clock), desk.shop.clock.business_date(now_ms).isoformat()
    held = ledger.balance(db, drawer_account(desk.lane), CASH)
    with desk.shop.store.transaction():
        shifts.begin(
            db, shift_id=shift_id, lane=desk.lane, business_date=today, staff_id=_who(desk), at_ms=now_ms,
            float_amount=float_amount,
        )  # fmt: skip
        _enter(
            desk, f"{shift_id}-open", "shift_open", opening(desk.lane, held=held, float_=float_amount), of_id=shift_id
        )
        kick(desk)
    return _done(desk)


def move_cash(till: HasDesk, kind: str, amount: Minor, reason: str, move_id: str = "") -> Refusal | None:
    """Put cash into the drawer or take it out, with a reason; a second press of the same move changes nothing.

    Args:
        kind: one of MOVES.
        move_id: made by the screen for each new move.
    """
    desk = till.desk
    refusal = _signed_in(desk) or (None if kind in MOVES and reason in REASONS else Refusal("reason_missing"))
    if refusal is None and shifts.open_shift(desk.shop.store.db, desk.lane) is None:
        refusal = Refusal("shift_needed")
    if refusal is None and not 0 < amount <= AMOUNT_MAX:
        refusal = Refusal("amount_range")
    drawer = drawer_account(desk.lane)
    if refusal is None and kind != "cash_in" and amount > ledger.balance(desk.shop.store.db, drawer, CASH):
        refusal = Refusal("drawer_short")
    refusal = refusal or refuses(desk, MOVES[kind][0], amount=amount)
    if refusal:
        return desk.refuse(refusal)
    other = MOVES[kind][1]
    move = (other, drawer) if kind == "cash_in" else (drawer, other)
    with desk.shop.store.transaction():
        entry_id = f"{move_id[:64]}-cash" if move_id else new_id(desk.shop.clock)
        if _enter(desk, entry_id, kind, (Transfer(CASH, *move, amount, kind),), reason=reason):
            kick(desk)
    return _done(desk)


def print_x(till: HasDesk) -> Refusal | None:
    """Print what the shift did so far."""
    desk = till.desk
    shift = shifts.open_shift(desk.shop.store.db, desk.lane)
    refusal = _signed_in(desk) or (None if shift else Refusal("shift_needed"))
    refusal = refusal or (None if printer_of(desk) else Refusal("no_printer")) or refuses(desk, Permission.READ_SHIFT)
    if refusal or shift is None:
        return desk.refuse(refusal or Refusal("shift_needed"))
    with desk.shop.store.transaction():
        _print(desk, shifts.report(desk.shop.store.db, shift, at_ms=desk.now_ms()))
        desk.note("x_report", shift.shift_id)
    return _done(desk)


def close_shift(till: HasDesk, pieces: str, other: Minor = 0, left: Minor = 0) -> Refusal | None:
    """Close the shift with what was counted, without being told what should be there; the lane is locked after it.

    Args:
        pieces: the count by denomination, as PIECES_TEXT.
        other: what was counted without its kinds.
        left: what stays in the drawer for whoever comes next; the rest goes to the safe.
    """
    desk = till.desk
    db = desk.shop.store.db
    shift = shifts.open_shift(db, desk.lane)
    refusal = _signed_in(desk) or (None if shift else Refusal("shift_needed"))
    if refusal is None and (desk.memory.basket is not None or desk.memory.waiting or desk.memory.tenders):
        refusal = Refusal("basket_not_empty")
    counts = _pieces(pieces)
    counted = count_of(counts, other) if counts is not None else None
    if refusal is None and (counted is None or not 0 <= left <= counted):
        refusal = Refusal("amount_range")
    if refusal or shift is None or counted is None or counts is None:
        return desk.refuse(refusal or Refusal("amount_range"))
    so_far = shifts.report(db, shift, at_ms=desk.now_ms())
    if desk.approver is None:
        # Each count stands in the journal, so that nobody counts until it fits.
        with desk.shop.store.transaction():
            desk.note("shift_counted", shift.shift_id, {"counted": counted})
    difference = counted - so_far.expected
    refusal = refuses(desk, Permission.SHIFT_DIFFERENCE, amount=abs(difference))
    if refusal:
        return desk.refuse(refusal)
    closed = replace(
        so_far, closed_by=_who(desk), counted=counted, left=left,
        pieces=tuple(sorted((worth, count) for worth, count in counts.items() if count)),
    )  # fmt: skip
    with desk.shop.store.transaction():
        _settle(desk, shift, closed)
        desk.put_state(staff=None)
    desk.set(stage=Stage.LOCKED, staff=None, quantity_next=1, done_sale_id="")
    return _done(desk)


def _settle(desk: Desk, shift: OpenShift, closed: ShiftReport) -> None:
    config = desk.shop.config
    moves = closing(desk.lane, expected=closed.expected, counted=closed.counted, left=closed.left)
    _enter(desk, f"{shift.shift_id}-close", "shift_close", moves, of_id=shift.shift_id)
    closed = shifts.close(desk.shop.store.db, shift, closed, store_id=config.store.id, currency=config.store.currency)
    if printer_of(desk):
        _print(desk, closed)


def _enter(
    desk: Desk, entry_id: str, kind: str, transfers: tuple[Transfer, ...], *, reason: str = "", of_id: str = ""
) -> bool:
    now_ms = desk.now_ms()
    entry = Entry(
        entry_id=entry_id, kind=kind, at_ms=now_ms, business_date=desk.shop.clock.business_date(now_ms).isoformat(),
        transfers=transfers, lane=desk.lane, staff_id=_who(desk), reason=reason, of_id=of_id,
        approver_id=desk.approver.staff_id if desk.approver else "",
    )  # fmt: skip
    return entries.record(desk.shop.store.db, entry) is not None


def _print(desk: Desk, report: ShiftReport) -> None:
    paper = document_json(_paper(desk, report, desk.shop.config.store.language))
    # A Z is looked for by its shift, so that the list of them says what became of its paper.
    subject = report.shift_id if report.number else None
    printjobs.put(
        desk.shop.store.db, printer=printer_of(desk), kind="shift", at_ms=desk.now_ms(), sale_id=subject, document=paper
    )


def _pieces(text: str) -> dict[Minor, int] | None:
    if not PIECES_TEXT.fullmatch(text):
        return None
    pairs = [pair.split(":") for pair in text.split()]
    counts = {int(worth): int(count) for worth, count in pairs}
    return counts if len(counts) == len(pairs) else None


def _signed_in(desk: Desk) -> Refusal | None:
    return Refusal("locked") if desk.memory.stage is Stage.LOCKED or desk.memory.staff is None else None


def _who(desk: Desk) -> str:
    assert desk.memory.staff is not None, "nobody works at a locked lane"
    return desk.memory.staff.staff_id


def _done(desk: Desk) -> None:
    desk.set(seen_ms=desk.now_ms())
    desk.shop.committed()
    desk.show(sound=Sound.TAP)


def read_shift(till: HasDesk) -> OpenShift | None:
    """Return the shift that is open at the lane; it changes nothing."""
    return shifts.open_shift(till.desk.shop.store.db, till.desk.lane)


def read_x(till: HasDesk, language: str) -> Document | Refusal:
    """Return what the shift did so far, for the screen; it changes nothing."""
    desk = till.desk
    shift = read_shift(till)
    if shift is None:
        return Refusal("shift_needed")
    if refuses(desk, Permission.READ_SHIFT):
        # Nobody is asked for what can be had on paper with a second person's yes.
        return Refusal("not_allowed")
    return _paper(desk, shifts.report(desk.shop.store.db, shift, at_ms=desk.now_ms()), language)


def read_z(till: HasDesk, language: str, shift_id: str = "") -> Document | None:
    """Return a Z for the screen, marked as a copy; it changes nothing.

    Args:
        shift_id: whose; empty for the newest of the lane.
    """
    db = till.desk.shop.store.db
    closed = shifts.closed_report(db, shift_id or shifts.newest_closed(db, till.desk.lane))
    return _paper(till.desk, closed, language, copy=True) if closed else None


def z_paper(desk: Desk, report: ShiftReport, language: str, *, copy: bool) -> Document:
    """Return a report as a document."""
    return _paper(desk, report, language, copy=copy)


def _paper(desk: Desk, report: ShiftReport, language: str, *, copy: bool = False) -> Document:
    config = desk.shop.config
    names = {person.staff_id: person.name for person in staff.all_staff(desk.shop.store.db)}
    texts = Texts(language, config.store.currency)
    return shift_paper(report, config.store, texts, clock=desk.shop.clock, names=names, copy=copy)
