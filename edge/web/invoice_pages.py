"""Invoice data at the back office: sums of some days, the files, and who an invoice is made out to."""

from __future__ import annotations

from datetime import date
from typing import Final

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge.invoices import (
    DOCUMENTS_MAX,
    LOOSE,
    TITLE_MAX,
    as_csv,
    as_json,
    documents,
    may_take_invoices,
    set_invoice_buyer,
)
from edge.screen import Refusal
from edge.store import invoices
from edge.store.sales import stored_sale
from edge.web.office import QUERY_MAX, OfficePages, only_managers

DAYS_MAX: Final = 366
SHOWN_MAX = 12
"""Receipts that one search shows."""
MIMES: Final = {"csv": "text/csv", "json": "application/json"}


def blueprint(office: OfficePages) -> Blueprint:
    """Return the pages of invoice data."""
    pages = Blueprint("invoices", __name__, url_prefix="/lane/<int:lane>/office/invoices")
    only_managers(pages, office.house)
    _period(pages, office)
    _buyers(pages, office)
    return pages


def _days(office: OfficePages) -> tuple[str, str] | Refusal:
    """Return the days that were asked for: today without any."""
    today = office.house.clock.business_date(office.house.clock.now_ms())
    try:
        first = date.fromisoformat(request.args.get("first", "") or today.isoformat())
        last = date.fromisoformat(request.args.get("last", "") or today.isoformat())
    except ValueError:
        return Refusal("invoice_days", {"max": DAYS_MAX})
    if not 0 <= (last - first).days < DAYS_MAX:
        return Refusal("invoice_days", {"max": DAYS_MAX})
    return first.isoformat(), last.isoformat()


def _period(pages: Blueprint, office: OfficePages) -> None:
    db, clock, store = office.room.db, office.house.clock, office.house.config.store

    def only_asked() -> bool:
        return request.args.get("only") == "asked"

    @pages.get("")
    def show(lane: int) -> ResponseReturnValue:
        texts, days = office.speech.texts(), _days(office)
        found, refusal = None, ""
        if isinstance(days, Refusal):
            refusal = texts.refusal(days.code, days.params)
            first, last = request.args.get("first", "")[:10], request.args.get("last", "")[:10]
        else:
            first, last = days
            found = documents(db, clock, texts, first=first, last=last, only_asked=only_asked())
            refusal = "" if found is not None else texts.refusal("invoice_many", {"max": DOCUMENTS_MAX})
        sold = [each for each in found or () if each.kind == "sale"]
        back = [each for each in found or () if each.kind == "return"]
        loose = [each for each in found or () if each.kind == LOOSE]
        return office.page(
            "invoices", lane, "invoices", refusal=refusal, first=first, last=last, only="asked" if only_asked() else "",
            is_good=found is not None, sold=sold, back=back, amount=sum(each.amount for each in sold + back),
            tax=sum(each.tax for each in sold + back), loose=loose, loose_amount=sum(each.amount for each in loose),
            has_number=bool(store.tax_number),
            receipts=office.house.reads.receipts(limit=SHOWN_MAX), buyer_of=lambda sale: invoices.buyer_of(db, sale),
        )  # fmt: skip

    @pages.get("/data.<any(csv, json):form>")
    def data(lane: int, form: str) -> ResponseReturnValue:
        texts, days = office.speech.texts(), _days(office)
        if isinstance(days, Refusal):
            abort(400)
        first, last = days
        found = documents(db, clock, texts, first=first, last=last, only_asked=only_asked())
        if found is None:
            abort(400)
        if office.ask(lane, may_take_invoices, first=first, last=last):
            abort(403)
        written: str | bytes = as_csv(found, store, texts)
        if form == "json":
            written = as_json(found, store, texts, first=first, last=last)
        answer = Response(written, mimetype=MIMES[form])
        answer.headers["Content-Disposition"] = f'attachment; filename="invoices-{store.id}-{first}-{last}.{form}"'
        return answer


def _buyers(pages: Blueprint, office: OfficePages) -> None:
    db, house = office.room.db, office.house

    def form(lane: int, sale_id: str, refusal: str = "", *, is_kept: bool = False) -> str:
        sale = stored_sale(db, sale_id) or abort(404)
        buyer = invoices.buyer_of(db, sale_id)
        return render_template(
            "office/invoice_buyer.html", lane=lane, sale=sale, buyer=buyer, refusal=refusal, is_kept=is_kept,
            most=TITLE_MAX,
        )  # fmt: skip

    @pages.get("/find")
    def find(lane: int) -> ResponseReturnValue:
        text = request.args.get("q", "")[:QUERY_MAX].strip()
        found = house.reads.receipts(text=text, limit=SHOWN_MAX)
        return render_template(
            "office/invoice_receipts.html", lane=lane, receipts=found,
            buyer_of=lambda sale: invoices.buyer_of(db, sale),
        )  # fmt: skip

    @pages.get("/of/<sale_id>")
    def buyer(lane: int, sale_id: str) -> ResponseReturnValue:
        return form(lane, sale_id)

    @pages.post("/of/<sale_id>")
    def keep(lane: int, sale_id: str) -> ResponseReturnValue:
        given = {key: request.form.get(key, "")[: 2 * TITLE_MAX] for key in ("title", "tax_number")}
        refusal = office.ask(lane, set_invoice_buyer, sale_id=sale_id, **given)
        return form(lane, sale_id, refusal, is_kept=not refusal)
