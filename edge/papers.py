"""Receipts, copies and test pages laid out from what the store holds, for a printer or for the screen."""

from __future__ import annotations

from dataclasses import replace

from drivers.document import Align, Cut, Document, Feed, Size, Text, marked_copy
from edge.clock import Clock
from edge.config import Config, DeviceConfig
from edge.config_checks import LABEL_KINDS
from edge.exchanging_done import backs_of
from edge.labels import test_label
from edge.member_passes import Passes
from edge.receipt import EReceipt, ReceiptWords, printer_test, receipt
from edge.receipt_coupons import PaperCoupon
from edge.receipt_exchange import back_blocks, loose_receipt, paid_back_blocks
from edge.receipt_for_gift import gift_receipt
from edge.receipt_gift import gift_slip
from edge.receipt_kitchen import kitchen_slip
from edge.receipt_return import return_receipt
from edge.receipt_stored_value import SLIPS, STATEMENT_MAX, money_statement
from edge.rulebook import Rulebook
from edge.store import (
    benefits,
    catalog,
    coupons,
    entries,
    item_terms,
    ledger,
    loose_returns,
    members,
    returns,
    staff,
    stored_value,
)
from edge.store.database import Store
from edge.store.entries import Entry
from edge.store.printjobs import PrintJob
from edge.store.sales import stored_sale
from edge.texts import Texts
from edge.till_kitchen import shows
from rules.basket import Names
from rules.sale import Sale

COPY = "_copy"
"""What a job's kind ends with where its paper is to be marked."""
DAY_MS = 86_400_000


class Papers:
    """Lays out papers; reads the store through the read-only connection."""

    def __init__(  # noqa: PLR0917 wired once, by name of what it stands on
        self,
        store: Store,
        config: Config,
        rulebook: Rulebook,
        clock: Clock,
        passes: Passes | None = None,
        mark: str = "",
    ) -> None:
        """Take the store.

        Args:
            passes: makes the code of a member's balances on receipts; None leaves it out.
            mark: what stands on top and at the foot of every paper, such as that it is practice.
        """
        self._db = store.reads
        self._config = config
        self._clock = clock
        self._rulebook = rulebook
        self._passes = passes
        self._mark = mark

    def marked(self, job: PrintJob, device: DeviceConfig) -> Document | None:
        """Return the paper of a print job under the mark."""
        document = self.of_job(job, device)
        return self._with_mark(document, device.language or self._config.store.language) if document else None

    def _with_mark(self, document: Document, language: str) -> Document:
        if not self._mark:
            return document
        mark = Text(self._texts(language).t(self._mark), Align.CENTER, Size.DOUBLE, bold=True)
        body = tuple(each for each in document.lines if not isinstance(each, Cut))
        return Document((mark, *body, mark, Feed(1), Cut()))

    def of_job(self, job: PrintJob, device: DeviceConfig) -> Document | None:
        """Return the paper of a print job in the printer's language; None when its sale is not there."""
        language = device.language or self._config.store.language
        if job.kind == "test" and device.kind in LABEL_KINDS:
            return test_label(self._texts(language), device.name)
        if job.kind in ("kitchen", "kitchen_copy"):
            sale = stored_sale(self._db, job.sale_id or "")
            return self._kitchen_slip(sale, device, language, copy=job.kind == "kitchen_copy") if sale else None
        if job.kind.endswith(COPY):
            paper = self.of_job(replace(job, kind=job.kind.removesuffix(COPY)), device)
            return marked_copy(paper, self._texts(language).t("COPY")) if paper else None
        if job.kind == "test":
            words = ReceiptWords(self._config.store, self._texts(language), staff_name="")
            return printer_test(words, printer=device.name, encoding=device.encoding, columns=device.columns)
        if job.kind in ("return", "gift", "slip"):
            return self.of_entry(job.sale_id or "", language)
        if job.kind == "statement":
            return self.statement(job.sale_id or "", job.created_ms, language)
        if job.kind == "gift_receipt":
            return self.gift_receipt(job.sale_id or "", language=language)
        return self.receipt_document(job.sale_id or "", language=language, copy=job.kind == "copy")

    def of_entry(self, entry_id: str, language: str) -> Document | None:
        """Return the paper of something that is no sale: a return, a top-up, a gift; None for what has none."""
        entry = entries.stored(self._db, entry_id)
        if entry is None:
            return None
        words = self._words(entry.staff_id, entry.member_id, language)
        if entry.kind == "return":
            back = returns.stored(self._db, entry_id)
            return return_receipt(back, words, clock=self._clock) if back else None
        if entry.kind == loose_returns.KIND:
            loose = loose_returns.stored(self._db, entry_id)
            return loose_receipt(loose, words, clock=self._clock) if loose else None
        return self._gift_slip(entry, language) if entry.kind == "gift" else self.slip(entry, language)

    def _kitchen_slip(self, sale: Sale, device: DeviceConfig, language: str, *, copy: bool) -> Document | None:
        lines = [line for line in sale.lines if shows(device, catalog.category_of(self._db, line.sku))]
        return kitchen_slip(sale, lines, self._texts(language), clock=self._clock, copy=copy) if lines else None

    def receipt_document(self, sale_id: str, *, language: str, copy: bool) -> Document | None:
        """Return a receipt for the screen, or None for an unknown sale."""
        sale = stored_sale(self._db, sale_id)
        if sale is None:
            return None
        backs, texts = backs_of(self._db, sale_id), self._texts(language)
        document = receipt(
            sale, self._sale_words(sale, language), clock=self._clock, copy=copy, above=back_blocks(backs, texts),
            below=paid_back_blocks(backs, texts),
        )  # fmt: skip
        return self._with_mark(document, language)

    def gift_receipt(self, sale_id: str, *, language: str) -> Document | None:
        """Return a receipt without prices, or None for an unknown sale."""
        sale = stored_sale(self._db, sale_id)
        if sale is None:
            return None
        return self._with_mark(
            gift_receipt(sale, self._words(sale.staff_id, None, language), clock=self._clock), language
        )

    def e_receipt(self, sale_id: str, *, language: str) -> EReceipt | None:
        """Return a receipt for the customer's phone, with what came back since; None for an unknown sale."""
        sale = stored_sale(self._db, sale_id)
        if sale is None:
            return None
        words = self._sale_words(sale, language)
        back = returns.so_far(self._db, sale_id)
        # A phone opens the balances by a touch: a code would need a second phone.
        own = replace(
            words, balance_url="", returned={each.line: len(each.units) for each in back.lines}, refunded=back.paid
        )
        return EReceipt(receipt(sale, own, clock=self._clock), words.balance_url)

    def _gift_slip(self, entry: Entry, language: str) -> Document:
        offer = self._rulebook.rules.gifts.find(str(entry.detail.get("gift", "")))
        left = ledger.points_of(self._db, entry.member_id, now_ms=entry.at_ms) if entry.member_id else 0
        words = self._words(entry.staff_id, entry.member_id, language)
        return gift_slip(entry, words, clock=self._clock, names=offer.names if offer else Names(), points_left=left)

    def slip(self, entry: Entry, language: str) -> Document | None:
        """Return the paper of an entry that is no sale; None for one that has none."""
        lay_out = SLIPS.get(entry.kind)
        if lay_out is None:
            return None
        return lay_out(entry, self._words(entry.staff_id, entry.member_id, language), clock=self._clock)

    def statement(self, member_id: str, at_ms: int, language: str) -> Document | None:
        """Return the newest moves of a member's money."""
        moves = stored_value.statement(self._db, member_id, limit=STATEMENT_MAX)
        return money_statement(moves, self._words("", member_id, language), clock=self._clock, at_ms=at_ms)

    def _words(self, staff_id: str, member_id: str | None, language: str, *, at_ms: int = 0) -> ReceiptWords:
        person = staff.by_id(self._db, staff_id)
        member = members.member(self._db, members.surviving(self._db, member_id)) if member_id else None
        return ReceiptWords(
            self._config.store,
            self._texts(language),
            staff_name=person.name if person else staff_id,
            member_name=members.mask_name(member.name) if member else "",
            tier_names=self._rulebook.tier_names(),
            balance_url=self._balance_url(member.member_id, at_ms) if member and at_ms else "",
            package_names=self._rulebook.package_names(),
            expiring=self._expiring(member_id, language) if member else "",
        )

    def _expiring(self, member_id: str | None, language: str) -> str:
        days = self._rulebook.rules.accrual.notice_days
        if member_id is None or not days or not self._clock.is_sane():
            return ""
        soon = benefits.expiring_soon(self._db, member_id, now_ms=self._clock.now_ms(), days=days)
        if soon is None:
            return ""
        texts = self._texts(language)
        last = texts.date(self._clock.local(soon.first_ms - 1).date())
        return texts.t("{points} points expire after {day}", points=soon.points, day=last)

    def _sale_words(self, sale: Sale, language: str) -> ReceiptWords:
        brought = coupons.brought_by_sale(self._db, sale.sale_id)
        words = self._words(sale.staff_id, sale.member_id, language, at_ms=sale.sold_at_ms)
        notes = item_terms.line_notes(self._db, sale.sale_id) if self._config.store.receipt_notes else {}
        # A copy shows no coupon that is of no use any more.
        return replace(
            words, line_notes=notes, coupons=tuple(self._coupon(each) for each in brought if each.state == "open")
        )

    def _coupon(self, coupon: coupons.Coupon) -> PaperCoupon:
        promotion = self._rulebook.rules.promotion(coupon.promotion_id)
        return PaperCoupon(
            names=promotion.names if promotion else coupon.names,
            code=coupon.code,
            first_day=None
            if coupon.valid_from_ms <= coupon.issued_ms
            else self._clock.local(coupon.valid_from_ms).date(),
            last_day=None
            if coupon.valid_until_ms >= coupons.FOREVER_MS
            else self._clock.local(coupon.valid_until_ms - 1).date(),
            is_bearer=coupon.is_bearer,
        )

    def _balance_url(self, member_id: str, at_ms: int) -> str:
        privacy = self._config.privacy
        if self._passes is None or not privacy.page_url or not privacy.receipt_days:
            return ""
        # Counted from the sale, so that a copy of an old receipt opens nothing.
        until_ms = at_ms + privacy.receipt_days * DAY_MS
        return f"{privacy.page_url}/me/{self._passes.make('me', member_id, until_ms=until_ms)}"

    def _texts(self, language: str) -> Texts:
        return Texts(language, self._config.store.currency)
