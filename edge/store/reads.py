"""Questions that the face asks: answered from a read-only connection, without the till."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from drivers.document import Document
from edge.clock import Clock
from edge.receipt import EReceipt
from edge.store import catalog, members, outbox, printjobs, sales, staff
from edge.store.database import Store, rows
from edge.store.rows import ItemRow, MemberRow, QuickPage, ReceiptRow, StaffRow
from rules.basket import Names
from rules.money import parse_amount
from rules.sale import Sale

LIMIT_MAX = 200
"""Most rows that one question gives."""


class Receipts(Protocol):
    """What lays out receipts."""

    def receipt_document(self, sale_id: str, *, language: str, copy: bool) -> Document | None: ...
    def e_receipt(self, sale_id: str, *, language: str) -> EReceipt | None: ...


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
        self.e_receipt = receipts.e_receipt

    def staff(self) -> Sequence[StaffRow]:
        return staff.all_staff(self._db)

    def quick_pages(self) -> Sequence[QuickPage]:
        return catalog.quick_pages(self._db, now_ms=self._clock.now_ms())

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
        """Return sale id and number of a printer's newest receipt while nobody knows whether it came out."""
        sale_id = printjobs.newest_if_doubtful(self._db, printer)
        found = sales.stored_sale(self._db, sale_id) if sale_id else None
        return (found.sale_id, found.receipt_number) if found else None

    def sale(self, sale_id: str) -> Sale | None:
        return sales.stored_sale(self._db, sale_id)

    def receipts(self, *, text: str = "", business_date: date | None = None, limit: int = 40) -> Sequence[ReceiptRow]:
        """Return closed sales, newest first; `text` is a receipt number or its end, or an amount."""
        wanted = text.strip()[:60]
        amount = parse_amount(wanted) if wanted else None
        found = rows(
            self._db,
            "SELECT s.sale_id, s.receipt_number, s.lane, s.sold_at_ms, s.business_date, s.total, s.item_count,"
            " coalesce(f.name, s.staff_id), coalesce(s.member_id, '') FROM sale s"
            " LEFT JOIN staff f ON f.staff_id = s.staff_id"
            " WHERE (? = '' OR s.receipt_number LIKE ? ESCAPE '\\' OR s.total = ?) AND (? = '' OR s.business_date = ?)"
            " ORDER BY s.sale_no DESC LIMIT ?",
            wanted,
            "%" + wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_"),
            -1 if amount is None else amount,
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
