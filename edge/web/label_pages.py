"""Labels at the back office: items are found, counted, printed. The page holds the list: no screen disturbs another."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from drivers.document import LABELS_MAX
from edge.labels import ITEMS_MAX, STYLES, Style, Wanted, label_printers, print_labels
from edge.store import catalog
from edge.store.rows import ItemRow
from edge.web.office import QUERY_MAX, OfficePages, only_managers

FOUND_MAX = 60
"""Items that one search shows."""
FRESH_DAYS = 7
"""How far back a price counts as new."""
DAY_MS = 86_400_000


def blueprint(office: OfficePages) -> Blueprint:
    """Return the pages of labels."""
    pages = Blueprint("labels", __name__, url_prefix="/lane/<int:lane>/office/labels")
    only_managers(pages, office.house)
    shop = office.room.shop

    def rows_of(chosen: tuple[Wanted, ...]) -> list[tuple[ItemRow, int]]:
        found = catalog.item_rows(shop.store.reads, [each.sku for each in chosen], now_ms=shop.clock.now_ms())
        return [(found[each.sku], each.count) for each in chosen if each.sku in found]

    @pages.get("")
    def show(lane: int) -> ResponseReturnValue:
        printers = label_printers(office.house.config)
        return office.page("labels", lane, "labels", printers=printers, styles=STYLES, chosen=(), most=LABELS_MAX)

    @pages.get("/find")
    def find(lane: int) -> ResponseReturnValue:
        text = request.args.get("q", "")[:QUERY_MAX].strip()
        now_ms = shop.clock.now_ms()
        if request.args.get("fresh"):
            items = catalog.priced_since(shop.store.reads, now_ms - FRESH_DAYS * DAY_MS, now_ms=now_ms, limit=FOUND_MAX)
        elif text:
            items = catalog.search_items(shop.store.reads, text, now_ms=now_ms, limit=FOUND_MAX)
        else:
            items = []
        return render_template("office/labels_found.html", lane=lane, items=items, text=text)

    @pages.post("/list")
    def change(lane: int) -> ResponseReturnValue:
        chosen = {each.sku: each for each in _chosen()}
        for sku in request.args.getlist("add"):
            chosen.setdefault(sku, Wanted(sku, 1))
        for sku in request.args.getlist("drop"):
            chosen.pop(sku, None)
        kept = tuple(chosen.values())[:ITEMS_MAX]
        return render_template("office/labels_chosen.html", lane=lane, chosen=rows_of(kept), most=LABELS_MAX)

    @pages.post("/print")
    def print_them(lane: int) -> ResponseReturnValue:
        chosen = _chosen()
        style: Style = "sticker" if request.form.get("style") == "sticker" else "shelf"
        language = office.house.config.store.language
        printers = label_printers(office.house.config)
        printer = next((each for each in printers if each.name == request.form.get("printer")), None)
        refusal = office.ask(
            lane, print_labels, printer=printer.name if printer else "", wanted=chosen, style=style,
            language=(printer.language if printer else "") or language,
        )  # fmt: skip
        count = sum(each.count for each in chosen)
        done = (
            "" if refusal else office.speech.texts().t("{count} labels are on their way to the printer.", count=count)
        )
        return office.page(
            "labels", lane, "labels", refusal=refusal, done=done, printers=printers, styles=STYLES,
            chosen=rows_of(chosen) if refusal else (), most=LABELS_MAX,
        )  # fmt: skip

    return pages


def _chosen() -> tuple[Wanted, ...]:
    """Return the list as the page sent it; a count that is none is 1."""
    skus, counts = request.form.getlist("sku")[:ITEMS_MAX], request.form.getlist("count")[:ITEMS_MAX]
    return tuple(Wanted(sku, _count(text)) for sku, text in zip(skus, counts, strict=False))


def _count(text: str) -> int:
    is_figure = text.isascii() and text.isdecimal() and len(text) <= 4
    return min(max(int(text), 1), LABELS_MAX) if is_figure else 1
