"""What a service for electronic invoices (电子发票) asks for, as tables and as JSON: sales, and returns below zero.

A return without a receipt stands apart. A red invoice (红字发票) takes back one that was issued, and nobody knows which
this would be; left out, the file would not sum to the books.

Amounts are text with two decimals in tables and minor units in JSON. They are those of the books to the cent: net and
tax of a line sum to what was paid for it, and lines to their receipt. TapTill issues no invoice itself.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

import msgspec

from edge.clock import Clock
from edge.config import StoreConfig
from edge.desk import HasDesk
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Stage
from edge.store import invoices, loose_returns, returns
from edge.store.database import Database
from edge.store.invoices import Buyer
from edge.store.loose_returns import LooseLine
from edge.store.returns import Return
from edge.store.sales import stored_sale
from edge.text_marks import N_
from edge.texts import Texts
from rules.sale import Sale, SaleLine

DOCUMENTS_MAX: Final = 5_000
"""Most receipts of one file."""
TITLE_MAX: Final = 100
TAX_NUMBER: Final = range(15, 21)
"""Characters of a taxpayer's number: 15, 17, 18 or 20 letters and digits have been given out. Source: GB 32100-2015."""
COLUMNS: Final = (
    "kind", "receipt", "original_receipt", "sold_at", "business_date", "seller", "seller_tax_number", "seller_address",
    "seller_phone", "buyer_title", "buyer_tax_number", "line", "sku", "name", "unit", "quantity", "tax_rate",
    "amount_without_tax", "tax", "amount", "paid_with_stored_value", "receipt_amount", "receipt_tax", "currency",
    "note",
)  # fmt: skip


LOOSE: Final = "return_loose"
"""Kind of a return without a receipt."""
LOOSE_NOTE: Final = N_("Came back without a receipt: no invoice is known that a red one could take back.")


class InvoiceLine(msgspec.Struct, frozen=True):
    """A line of goods. In a return every amount is below zero."""

    sku: str
    name: str
    unit: str
    quantity: str
    """Pieces, or kilograms with three decimals."""
    tax_bp: int
    amount: int
    """With tax, after every discount."""
    tax: int

    @property
    def net(self) -> int:
        return self.amount - self.tax


class InvoiceDocument(msgspec.Struct, frozen=True):
    """A receipt, or a return of some of one."""

    kind: str
    """sale, return or return_loose"""
    receipt: str
    original_receipt: str
    """Of a return: the receipt that it is of, where it is known."""
    sold_at: str
    business_date: str
    lines: tuple[InvoiceLine, ...]
    amount: int
    tax: int
    tenders: dict[str, int]
    """What was paid by kind, in minor units. Stored value may have had its invoice when it was paid in."""
    buyer_title: str = ""
    buyer_tax_number: str = ""
    note: str = ""


class InvoiceFile(msgspec.Struct, frozen=True):
    """What JSON holds."""

    seller: str
    seller_tax_number: str
    seller_address: str
    seller_phone: str
    currency: str
    first: str
    last: str
    documents: tuple[InvoiceDocument, ...]
    returns_without_receipt: tuple[InvoiceDocument, ...]
    """For the books: no invoice is made of them."""


def documents(
    db: Database, clock: Clock, texts: Texts, *, first: str, last: str, only_asked: bool
) -> tuple[InvoiceDocument, ...] | None:
    """Return the sales, the returns and last those without a receipt; None where they are more than `DOCUMENTS_MAX`."""
    most = DOCUMENTS_MAX + 1
    sold = invoices.sales_between(db, first, last, only_asked=only_asked, limit=most)
    back = invoices.returns_between(db, first, last, only_asked=only_asked, limit=most)
    loose = [] if only_asked else invoices.loose_between(db, first, last, limit=most)
    if len(sold) + len(back) + len(loose) > DOCUMENTS_MAX:
        return None
    found = [_of_sale(db, clock, texts, sale_id) for sale_id in sold]
    found += [_of_return(db, clock, texts, return_id) for return_id in back]
    return tuple(found + [_of_loose(db, clock, texts, return_id) for return_id in loose])


def _of_sale(db: Database, clock: Clock, texts: Texts, sale_id: str) -> InvoiceDocument:
    sale = stored_sale(db, sale_id)
    assert sale is not None, f"sale {sale_id} is listed and not there"
    lines = tuple(
        _line(line, texts, quantity=_quantity(line, line.quantity), amount=line.net, tax=line.tax)
        for line in sale.lines
        if not line.times_of
    )
    tenders: dict[str, int] = {}
    for tender in sale.tenders:
        tenders[tender.kind] = tenders.get(tender.kind, 0) + tender.amount
    at = f"{clock.local(sale.sold_at_ms):%Y-%m-%d %H:%M:%S}"
    return _checked(db, sale, InvoiceDocument(
        "sale", sale.receipt_number, "", at, sale.business_date, lines, sale.total, sale.tax, tenders,
    ))  # fmt: skip


def _of_return(db: Database, clock: Clock, texts: Texts, return_id: str) -> InvoiceDocument:
    back: Return | None = returns.stored(db, return_id)
    assert back is not None, f"return {return_id} is listed and not there"
    lines = tuple(
        _line(
            back.sale.lines[each.line], texts, amount=-each.amount, tax=-each.tax,
            quantity="-" + _quantity(back.sale.lines[each.line], len(each.units)),
        )
        for each in back.lines
        if not back.sale.lines[each.line].times_of
    )  # fmt: skip
    tenders: dict[str, int] = {}
    for kind, amount in back.tenders:
        tenders[kind] = tenders.get(kind, 0) - amount
    at = f"{clock.local(back.entry.at_ms):%Y-%m-%d %H:%M:%S}"
    amount, tax = sum(line.amount for line in lines), sum(line.tax for line in lines)
    return _checked(db, back.sale, InvoiceDocument(
        "return", back.entry.number, back.sale.receipt_number, at, back.entry.business_date, lines, amount, tax,
        tenders,
    ))  # fmt: skip


def _of_loose(db: Database, clock: Clock, texts: Texts, return_id: str) -> InvoiceDocument:
    back = loose_returns.stored(db, return_id)
    assert back is not None, f"return {return_id} is listed and not there"
    lines = tuple(
        _line(line, texts, quantity="-" + _quantity(line, line.quantity), amount=-line.net, tax=-line.tax)
        for line in back.lines
    )
    at, tax = f"{clock.local(back.entry.at_ms):%Y-%m-%d %H:%M:%S}", sum(each.tax for each in lines)
    tenders = {kind: -paid for kind, paid in back.tenders}
    return InvoiceDocument(
        LOOSE, back.entry.number, "", at, back.entry.business_date, lines, -back.amount, tax, tenders,
        note=texts.t(LOOSE_NOTE),
    )  # fmt: skip


def _checked(db: Database, sale: Sale, document: InvoiceDocument) -> InvoiceDocument:
    """Return a document with its buyer. Its lines sum to it, or it is our own mistake."""
    assert sum(line.amount for line in document.lines) == document.amount, f"{document.receipt}: lines and amount"
    assert sum(line.tax for line in document.lines) == document.tax, f"{document.receipt}: lines and tax"
    buyer = invoices.buyer_of(db, sale.sale_id)
    if buyer is None:
        return document
    return msgspec.structs.replace(document, buyer_title=buyer.title, buyer_tax_number=buyer.tax_number)


def _line(line: SaleLine | LooseLine, texts: Texts, *, quantity: str, amount: int, tax: int) -> InvoiceLine:
    unit = "kg" if line.weight_g is not None else line.unit
    return InvoiceLine(line.sku, texts.name(line.names) or line.sku, unit, quantity, line.tax_bp, amount, tax)


def _quantity(line: SaleLine | LooseLine, pieces: int) -> str:
    return str(pieces) if line.weight_g is None else f"{line.weight_g // 1_000}.{line.weight_g % 1_000:03}"


def as_json(found: Sequence[InvoiceDocument], store: StoreConfig, texts: Texts, *, first: str, last: str) -> bytes:
    """Return a file of JSON."""
    whole = InvoiceFile(
        _seller(store, texts), store.tax_number, store.address, store.phone, store.currency, first, last,
        tuple(each for each in found if each.kind != LOOSE), tuple(each for each in found if each.kind == LOOSE),
    )  # fmt: skip
    return msgspec.json.format(msgspec.json.encode(whole), indent=1)


def as_csv(found: Sequence[InvoiceDocument], store: StoreConfig, texts: Texts) -> str:
    """Return a table with a row for each line of each receipt."""
    out = io.StringIO()
    out.write("\ufeff")  # The mark tells spreadsheets that it is UTF-8.
    table = csv.writer(out)
    table.writerow(COLUMNS)
    digits = texts.decimals
    for each in found:
        stored = sum(amount for kind, amount in each.tenders.items() if kind in ("stored_value", "principal", "gift"))
        for number, line in enumerate(each.lines, 1):
            table.writerow([_calm(cell) for cell in (
                each.kind, each.receipt, each.original_receipt, each.sold_at, each.business_date,
                _seller(store, texts), store.tax_number, store.address, store.phone, each.buyer_title,
                each.buyer_tax_number, str(number), line.sku, line.name, line.unit, line.quantity,
                _plain(line.tax_bp, 4), _plain(line.net, digits), _plain(line.tax, digits), _plain(line.amount, digits),
                _plain(stored, digits), _plain(each.amount, digits), _plain(each.tax, digits), store.currency,
                each.note,
            )])  # fmt: skip
    return out.getvalue()


def _seller(store: StoreConfig, texts: Texts) -> str:
    names = {"zh-Hans": store.name_zh_hans, "zh-Hant": store.name_zh_hant, "en": store.name_en}
    return names.get(texts.language) or store.name_zh_hans


def _calm(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; figures below zero stay figures."""
    is_figure = cell[1:].replace(".", "", 1).isdecimal()
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell and not is_figure else cell


def _plain(amount: int, decimals: int) -> str:
    sign, whole = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{whole // 10**decimals}.{whole % 10**decimals:0{decimals}d}" if decimals else f"{sign}{whole}"


def read_buyer(title: str, tax_number: str) -> Buyer | Refusal | None:
    """Return what a form says of a buyer; None for nobody, a refusal for what cannot be."""
    title, number = " ".join(title.split()), "".join(tax_number.split()).upper()
    if not title and not number:
        return None
    if not title or len(title) > TITLE_MAX or not title.isprintable():
        return Refusal("invoice_title", {"max": TITLE_MAX})
    if number and (len(number) not in TAX_NUMBER or not (number.isascii() and number.isalnum())):
        return Refusal("invoice_number")
    return Buyer(title, number)


def set_invoice_buyer(till: HasDesk, sale_id: str, title: str, tax_number: str) -> Refusal | None:
    """Write down who the invoice of a sale is made out to; without title and number, nobody."""
    desk = till.desk
    db, memory = desk.shop.store.db, desk.memory
    if memory.stage is Stage.LOCKED or memory.staff is None:
        return Refusal("locked")
    if stored_sale(db, sale_id) is None:
        return Refusal("receipt_unknown")
    buyer = read_buyer(title, tax_number)
    if isinstance(buyer, Refusal):
        return buyer
    with desk.shop.store.transaction():
        invoices.put_buyer(db, sale_id, buyer, staff_id=memory.staff.staff_id, at_ms=desk.now_ms())
        desk.note("invoice_buyer", sale_id)
    return None


def may_take_invoices(till: HasDesk, first: str, last: str) -> Refusal | None:
    """Say why invoice data may not be taken out; where it may, the journal says who did it and of which days."""
    desk = till.desk
    refusal = Refusal("locked") if desk.memory.stage is Stage.LOCKED else refuses(desk, Permission.EXPORT_MEMBERS)
    if refusal:
        return refusal
    with desk.shop.store.transaction():
        desk.note("invoices_exported", f"{first} {last}")
    return None
