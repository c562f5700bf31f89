"""Questions that the face asks: answered from a read-only connection, without the till."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from drivers.document import Document
from edge.clock import Clock
from edge.receipt import EReceipt
from edge.store import catalog, charges, held, members, outbox, past, printjobs, sales, shifts, staff
from edge.store.database import Store, rows
from edge.store.held import HeldSum
from edge.store.rows import HeldRow, ItemRow, MemberRow, QuickPage, ReceiptRow, SlipRow, StaffRow
from edge.store.shifts import ClosedShift
from rules.basket import Names
from rules.money import parse_amount
from rules.sale import Sale

LIMIT_MAX = 200
"""Most rows that one question gives."""


class Receipts(Protocol):
    """What lays out receipts."""

    def receipt_document(self, sale_id: str, *, language: str, copy: bool) -> Document | None: ...
    def gift_receipt(self, sale_id: str, *, language: str) -> Document | None: ...
    def e_receipt(self, sale_id: str, *, language: str) -> EReceipt | None: ...
    def of_entry(self, entry_id: str, language: str) -> Document | None: ...


class StoreReads:
    """Read-only questions over one store; each thread that asks has a connection of its own."""

    def __init__(
        self, store: Store, clock: Clock, *, tier_names: Callable[[], Mapping[str, Names]], receipts: Receipts
    ) -> None:
        """Take the store.

        Args:
            tier_names: gives those of the rules in force.
            receipts: lays out receipts for the screen.
        """
        self._db = store.reads
        self._clock = clock
        self._tier_names = tier_names
        self.receipt_document = receipts.receipt_document
        self.gift_receipt = receipts.gift_receipt
        self.e_receipt = receipts.e_receipt
        self._receipts = receipts

    def staff(self) -> Sequence[StaffRow]:
        return staff.all_staff(self._db)

    def quick_pages(self, lane: int = 0) -> Sequence[QuickPage]:
        return catalog.quick_pages(self._db, now_ms=self._clock.now_ms(), lane=lane)

    def search_items(self, text: str, *, limit: int = 24) -> Sequence[ItemRow]:
        return catalog.search_items(self._db, text, now_ms=self._clock.now_ms(), limit=min(limit, LIMIT_MAX))

    def find_members(self, text: str, *, limit: int = 12) -> Sequence[MemberRow]:
        found = members.find_members(self._db, text, now_ms=self._clock.now_ms(), limit=min(limit, LIMIT_MAX))
        names = self._tier_names()
        return [replace(each, tier_names=names.get(each.tier_id, Names())) for each in found]

    def waiting(self) -> int:
        """Return how many messages head office has not acknowledged."""
        return outbox.waiting(self._db)

    def doubtful_receipt(self, printer: str) -> tuple[str, str] | None:
        """Return sale id and number of a printer's newest receipt of which nobody knows whether it came out."""
        sale_id = printjobs.doubtful_receipt(self._db, printer)
        found = sales.stored_sale(self._db, sale_id) if sale_id else None
        return (found.sale_id, found.receipt_number) if found else None

    def doubtful_z(self, printer: str) -> tuple[str, str] | None:
        """Return shift id and number of a printer's newest Z report of which nobody knows whether it came out."""
        shift_id = printjobs.doubtful_z(self._db, printer)
        found = shifts.closed_report(self._db, shift_id) if shift_id else None
        return (found.shift_id, found.number) if found else None

    def doubtful_slips(self, printers: Sequence[str], lane: int) -> Sequence[tuple[str, str, str]]:
        """Return sale id, receipt number and printer of each newest kitchen slip, of a lane, that is doubtful."""
        found = [
            (sales.stored_sale(self._db, sale_id), printer)
            for printer in printers
            if (sale_id := printjobs.doubtful_slip(self._db, printer))
        ]
        return [(sale.sale_id, sale.receipt_number, printer) for sale, printer in found if sale and sale.lane == lane]

    def held(self) -> Sequence[HeldRow]:
        """Return every basket on hold, the newest first."""
        return past.held_rows(self._db, now_ms=self._clock.now_ms())

    def held_sum(self) -> HeldSum:
        """Return how many baskets are on hold."""
        return held.sum_of(self._db)

    def slip_document(self, entry_id: str, *, language: str) -> Document | None:
        """Return the slip of something that is no sale, marked as a copy; None where it has none."""
        return self._receipts.of_entry(entry_id, language)

    def slips(self, *, limit: int = 60) -> Sequence[SlipRow]:
        """Return what has a slip and is no sale, the newest first."""
        return past.slip_rows(self._db, limit=min(limit, LIMIT_MAX))

    def closed_shifts(self, *, limit: int = 60) -> Sequence[ClosedShift]:
        """Return the Z reports of the store, the newest first."""
        return shifts.closed_shifts(self._db, limit=min(limit, LIMIT_MAX))

    def open_payments(self) -> tuple[int, int]:
        """Return how many payment codes are being undone or refunded, and how many need a person."""
        return charges.still_open(self._db)

    def sale(self, sale_id: str) -> Sale | None:
        return sales.stored_sale(self._db, sale_id)

    def receipts(self, *, text: str = "", business_date: date | None = None, limit: int = 40) -> Sequence[ReceiptRow]:
        """Return closed sales, newest first.

        Args:
            text: a receipt number or its end, an amount, an item that was sold, or a member whose sale it was.
        """
        wanted, now_ms = text.strip()[:60], self._clock.now_ms()
        amount = parse_amount(wanted) if wanted else None
        found = rows(
            self._db,
            "SELECT s.sale_id, s.receipt_number, s.lane, s.sold_at_ms, s.business_date, s.total, s.item_count,"
            " coalesce(f.name, s.staff_id), coalesce(s.member_id, '') FROM sale s"
            " LEFT JOIN staff f ON f.staff_id = s.staff_id"
            " WHERE (? = '' OR s.receipt_number LIKE ? ESCAPE '\\' OR s.total = ?"
            " OR s.sale_no IN (SELECT sale_no FROM sale_line WHERE sku IN (SELECT value FROM json_each(?)))"
            " OR s.member_id IN (SELECT value FROM json_each(?))) AND (? = '' OR s.business_date = ?)"
            " ORDER BY s.sale_no DESC LIMIT ?",
            wanted,
            "%" + wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_"),
            -1 if amount is None else amount,
            past.skus_of(self._db, wanted, now_ms=now_ms),
            past.members_of(self._db, wanted, now_ms=now_ms),
            business_date.isoformat() if business_date else "",
            business_date.isoformat() if business_date else "",
            min(limit, LIMIT_MAX),
        )
        return [
            ReceiptRow(
                sale_id=each[0],
                receipt_number=each[1],
                lane=each[2],
                sold_at_ms=each[3],
                business_date=each[4],
                total=each[5],
                item_count=each[6],
                staff_name=each[7],
                member=members.name_of(self._db, each[8]) if each[8] else "",
                print_state=printjobs.state_of_sale(self._db, each[0]),
                is_acknowledged=outbox.is_acknowledged(self._db, each[0]),
            )
            for each in found
        ]
