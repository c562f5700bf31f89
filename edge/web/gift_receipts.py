"""The receipt without prices over the sale: how it looks, on paper by a press, and on the guest's phone by its code."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from drivers.document import layout
from edge.member_passes import Passes
from edge.web.display_room import picture
from edge.web.house import House
from edge.web.member_pages import signed_in
from edge.web.panels import COLUMNS, is_line, symbol
from edge.web.speech import Speech

DAY_MS = 86_400_000


def blueprint(house: House, speech: Speech) -> Blueprint:
    """Return the panel; it opens only to staff who signed in."""
    pages = Blueprint("gift_receipts", __name__)
    passes = Passes(house.secret_key)

    def url_of(lane: int, sale_id: str) -> str:
        privacy = house.config.privacy
        if not privacy.page_url or not privacy.e_receipt_days or house.is_training(lane):
            return ""
        until_ms = house.clock.now_ms() + privacy.e_receipt_days * DAY_MS
        return f"{privacy.page_url}/gift/{passes.make('gift', sale_id, until_ms=until_ms)}"

    @pages.get("/lane/<int:lane>/receipts/<sale_id>/gift")
    def panel(lane: int, sale_id: str) -> ResponseReturnValue:
        signed_in(house, lane)
        paper = house.reads_of(lane).gift_receipt(sale_id, language=speech.texts().language) or abort(404)
        url = url_of(lane, sale_id)
        return render_template(
            "panels/gift_receipt.html", lane=lane, sale_id=sale_id, lines=layout(paper, columns=COLUMNS),
            is_line=is_line, symbol=symbol, picture=picture(url) if url else "",
        )  # fmt: skip

    return pages
