"""What the face may use of the house. It asks the till by the method itself and reads by a read-only connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from drivers.document import Document
from edge.clock import Clock
from edge.config import Config
from edge.device_loan import Loan
from edge.device_tries import DeviceTries
from edge.health import Health
from edge.identify import Identify
from edge.importing import ImportRoom
from edge.listening import Ears
from edge.member_room import MemberRoom
from edge.receipt import EReceipt
from edge.rule_room import RuleRoom
from edge.screens import Screens
from edge.store.held import HeldSum
from edge.store.rows import HeldRow, ItemRow, MemberRow, QuickPage, ReceiptRow, SlipRow, StaffRow
from edge.store.shifts import ClosedShift
from edge.weights import Weights


class Reads(Protocol):
    """Read-only questions; each is answered from the store's file without asking the till."""

    def staff(self) -> Sequence[StaffRow]: ...
    def quick_pages(self, lane: int = 0) -> Sequence[QuickPage]:
        """Return the pages that a lane shows; 0: all there are."""

    def search_items(self, text: str, *, limit: int = 24) -> Sequence[ItemRow]:
        """Find items by name in any language, pinyin initials, brand, code or SKU."""

    def find_members(self, text: str, *, limit: int = 12) -> Sequence[MemberRow]:
        """Find members by phone, its last four digits, name, or member code."""

    def receipts(self, *, text: str = "", business_date: date | None = None, limit: int = 40) -> Sequence[ReceiptRow]:
        """Return closed sales, newest first; `text` is a receipt number or its end, an amount, an item or a member."""

    def held(self) -> Sequence[HeldRow]:
        """Return every basket on hold, the newest first."""

    def held_sum(self) -> HeldSum:
        """Return how many baskets are on hold."""

    def slips(self, *, limit: int = 60) -> Sequence[SlipRow]:
        """Return what has a slip and is no sale, the newest first."""

    def slip_document(self, entry_id: str, *, language: str) -> Document | None:
        """Return the slip of something that is no sale; None where it has none."""

    def closed_shifts(self, *, limit: int = 60) -> Sequence[ClosedShift]:
        """Return the Z reports of the store, the newest first."""

    def doubtful_slips(self, printers: Sequence[str], lane: int) -> Sequence[tuple[str, str, str]]: ...

    def doubtful_receipt(self, printer: str) -> tuple[str, str] | None:
        """Return sale id and number of a printer's newest receipt while nobody knows whether it came out."""

    def doubtful_z(self, printer: str) -> tuple[str, str] | None:
        """Return the same of its Z reports: shift id and number."""

    def open_payments(self) -> tuple[int, int]:
        """Return how many payment codes are being undone or refunded, and how many need a person."""

    def receipt_document(self, sale_id: str, *, language: str, copy: bool) -> Document | None:
        """Return the receipt as it is printed, or None for an unknown sale."""

    def gift_receipt(self, sale_id: str, *, language: str) -> Document | None:
        """Return the receipt without prices, or None for an unknown sale."""

    def e_receipt(self, sale_id: str, *, language: str) -> EReceipt | None:
        """Return the receipt as a customer's phone shows it, with what came back since; None for an unknown sale."""


class PracticeRoom(Protocol):
    """What knows the lanes that practise."""

    def is_on(self, lane: int) -> bool: ...
    def reads(self, lane: int) -> Reads | None: ...


@dataclass(frozen=True, slots=True)
class House:
    """Wired once, in edge/app.py."""

    config: Config
    clock: Clock
    screens: Screens
    health: Health
    reads: Reads
    ask: Callable[..., Any]
    """`ask(lane, Till.method, **arguments)`: run a method of the lane's till on the writer thread and return its value.

    Raises `edge.loop.TillBusyError` when the till does not answer in time.
    """
    secret_key: bytes
    rules: RuleRoom | None = None
    """What the pages of the rules read; None leaves them out."""
    members: MemberRoom | None = None
    """What the pages about members read; None leaves them and the back office out."""
    imports: ImportRoom | None = None
    """What brings tables in; None leaves it out."""
    data_dir: Path | None = None
    """Where large files may lie for a moment; None: wherever the system puts them."""
    slide_folder: Path | None = None
    """Where the pictures of the customer displays lie; None: there are none."""
    identify: Identify | None = None
    """Tells scanners apart; None leaves that out."""
    ears: Ears = field(default_factory=Ears)
    tries: DeviceTries = field(default_factory=lambda: DeviceTries(Loan()))
    """Listens to devices for a technician."""
    practice: PracticeRoom | None = None
    """The lanes that practise; None: none can."""
    prepare_practice: Callable[[], bool] = lambda: False
    """Copies what a practice needs, and tells whether it is there."""
    weights: Weights = field(default_factory=Weights)
    """What lies on the lanes' scales."""
    bench: Any = None
    """The simulated devices (edge/bench.py), only where `screen.bench` is set."""
    version: str = ""

    def reads_of(self, lane: int) -> Reads:
        """Return what answers questions at a lane: one that practises sees what it practised, and nothing else."""
        practised = self.practice.reads(lane) if self.practice is not None else None
        return practised or self.reads

    def is_training(self, lane: int) -> bool:
        return self.practice is not None and self.practice.is_on(lane)
