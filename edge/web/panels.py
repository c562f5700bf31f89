"""What opens over the sale: finding items and members, receipts, settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import segno
from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from drivers.document import Line, QrCode, layout
from edge.rule_desk import MANAGERS
from edge.screen import Stage, TillView
from edge.till_voids import REASONS
from edge.web.door import Pairing, is_from_lan
from edge.web.house import House
from edge.web.speech import Speech
from rules.quote import MissedPromotion, MissReason

QUERY_MAX = 60
"""Characters of the longest search."""
RESULTS = 16
"""Items of one search: a screen and a half. Another letter finds what is not among them sooner than looking on."""
NEAR = frozenset({MissReason.AMOUNT_SHORT, MissReason.QUANTITY_SHORT, MissReason.PART_MISSING})
OUTDONE = frozenset({MissReason.BETTER_USED, MissReason.EXCLUDED})
COLUMNS = 42
"""Columns of a receipt on the screen."""


def blueprint(house: House, speech: Speech, pairing: Pairing) -> Blueprint:
    """Return the panels of a lane. Those that show people or takings open only to staff who signed in."""
    pages = Blueprint("panels", __name__)
    _finding(pages, house)
    _receipts(pages, house, speech)
    _settings(pages, house, pairing)
    return pages


def _newest(house: House, lane: int) -> TillView:
    try:
        return house.screens.newest(lane)
    except KeyError:
        abort(404)


def _signed_in(house: House, lane: int) -> TillView:
    view = _newest(house, lane)
    if view.stage is Stage.LOCKED or view.staff is None:
        abort(403)
    return view


def _query() -> str:
    return request.args.get("q", "")[:QUERY_MAX].strip()


def _finding(pages: Blueprint, house: House) -> None:
    @pages.get("/lane/<int:lane>/items")
    def items(lane: int) -> ResponseReturnValue:
        _signed_in(house, lane)
        text = _query()
        found = house.reads_of(lane).search_items(text, limit=RESULTS + 1) if text else ()
        return render_template(
            "panels/items.html",
            items=found[:RESULTS],
            are_more=len(found) > RESULTS,
            text=text,
            is_code=_may_be_code(text),
        )

    @pages.get("/lane/<int:lane>/member")
    def member(lane: int) -> ResponseReturnValue:
        _signed_in(house, lane)
        return render_template("panels/member.html", lane=lane)

    @pages.get("/lane/<int:lane>/members")
    def members(lane: int) -> ResponseReturnValue:
        _signed_in(house, lane)
        text = _query()
        found = house.reads_of(lane).find_members(text) if text else ()
        return render_template("panels/members.html", members=found, text=text)

    @pages.get("/lane/<int:lane>/gifts")
    def gifts(lane: int) -> ResponseReturnValue:
        view = _signed_in(house, lane)
        return render_template("panels/gifts.html", gifts=[gift for gift in view.gifts if gift.choices])

    @pages.get("/lane/<int:lane>/times")
    def times(lane: int) -> ResponseReturnValue:
        return render_template("panels/times.html", view=_signed_in(house, lane))

    @pages.get("/lane/<int:lane>/why")
    def why(lane: int) -> ResponseReturnValue:
        view = _signed_in(house, lane)
        near, far = _reasons(view.quote.missed if view.quote else ())
        return render_template("panels/why.html", view=view, quote=view.quote, near=near, far=far)

    @pages.get("/lane/<int:lane>/void")
    def void(lane: int) -> ResponseReturnValue:
        _signed_in(house, lane)
        return render_template("panels/void.html", reasons=REASONS)


def _reasons(
    missed: Sequence[MissedPromotion],
) -> tuple[Sequence[MissedPromotion], Sequence[MissedPromotion]]:
    """Return the promotions that a little more would reach, and the others: what concerns this basket first."""
    near = [each for each in missed if each.reason in NEAR]
    far = [each for each in missed if each.reason not in NEAR]
    far.sort(key=lambda each: (each.reason is MissReason.NO_ITEM, each.reason not in OUTDONE))
    return near, far


def _may_be_code(text: str) -> bool:
    """Tell whether a text looks more like a coupon code than like a name that somebody types to find an item."""
    return text.isascii() and (text.isupper() or "-" in text)


def _receipts(pages: Blueprint, house: House, speech: Speech) -> None:
    @pages.get("/lane/<int:lane>/receipts")
    def receipts(lane: int) -> ResponseReturnValue:
        _signed_in(house, lane)
        return render_template("panels/receipts.html", lane=lane, receipts=house.reads_of(lane).receipts())

    @pages.get("/lane/<int:lane>/receipts/list")
    def receipt_list(lane: int) -> ResponseReturnValue:
        _signed_in(house, lane)
        try:
            day = date.fromisoformat(request.args.get("day", ""))
        except ValueError:
            day = None
        found = house.reads_of(lane).receipts(text=_query(), business_date=day)
        return render_template("panels/receipt_list.html", lane=lane, receipts=found)

    @pages.get("/lane/<int:lane>/receipts/<sale_id>")
    def receipt(lane: int, sale_id: str) -> ResponseReturnValue:
        _signed_in(house, lane)
        document = house.reads_of(lane).receipt_document(sale_id, language=speech.texts().language, copy=True)
        if document is None:
            abort(404)
        lines = layout(document, columns=COLUMNS)
        return render_template(
            "panels/receipt.html", lane=lane, sale_id=sale_id, lines=lines, is_line=is_line, symbol=symbol
        )


def _settings(pages: Blueprint, house: House, pairing: Pairing) -> None:
    @pages.get("/lane/<int:lane>/settings")
    def settings(lane: int) -> ResponseReturnValue:
        view = _newest(house, lane)
        return render_template(
            "panels/settings.html",
            lane=lane,
            view=view,
            strip=house.health.strip(),
            may_pair=_may_pair(view),
            rules=house.rules.newest() if house.rules else None,
            may_rule=house.rules is not None and view.staff is not None and view.staff.role in MANAGERS,
            may_office=house.members is not None and view.staff is not None and view.staff.role in MANAGERS,
            ppi=house.config.screen.ppi,
        )

    @pages.post("/lane/<int:lane>/settings/pairing")
    def new_pairing(lane: int) -> ResponseReturnValue:
        if not _may_pair(_signed_in(house, lane)):
            abort(403)
        return render_template("panels/pairing.html", code=pairing.new_code())


def _may_pair(view: TillView) -> bool:
    # Only at the box itself: a terminal that was let in must not let others in.
    return view.staff is not None and view.staff.role in MANAGERS and not is_from_lan()


def is_line(block: object) -> bool:
    """Tell whether a part of a paper that was laid out is a line of text."""
    return isinstance(block, Line)


def symbol(block: object) -> str:
    """Return a QR code as an address that an image shows; the other symbols of a receipt are for paper only."""
    return str(segno.make(block.text).svg_data_uri(scale=3)) if isinstance(block, QrCode) else ""
