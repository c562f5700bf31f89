"""Slips of what is no sale, and Z reports: found again, looked at, printed once more as copies."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from drivers.document import Line, layout
from edge import shifts as deeds
from edge.loop import TillBusyError
from edge.web.house import House
from edge.web.member_pages import signed_in
from edge.web.speech import Speech

COLUMNS = 42
"""Columns of a slip on the screen."""


def blueprint(house: House, speech: Speech) -> Blueprint:
    """Return the panels; they open only to staff who signed in."""
    pages = Blueprint("slips", __name__, url_prefix="/lane/<int:lane>")

    @pages.get("/slips")
    def slips(lane: int) -> ResponseReturnValue:
        signed_in(house, lane)
        return render_template("panels/slips.html", lane=lane, slips=house.reads.slips())

    @pages.get("/slips/<entry_id>")
    def slip(lane: int, entry_id: str) -> ResponseReturnValue:
        signed_in(house, lane)
        paper = house.reads.slip_document(entry_id, language=speech.texts().language) or abort(404)
        lines = layout(paper, columns=COLUMNS)
        return render_template(
            "panels/slip.html", lines=lines, is_line=_is_line, deed="reprint_slip", key="entry_id", subject=entry_id
        )

    @pages.get("/shift/reports")
    def reports(lane: int) -> ResponseReturnValue:
        signed_in(house, lane)
        names = {person.staff_id: person.name for person in house.reads.staff()}
        found = house.reads.closed_shifts()
        return render_template("panels/shift_reports.html", lane=lane, reports=found, names=names)

    @pages.get("/shift/reports/<shift_id>")
    def report(lane: int, shift_id: str) -> ResponseReturnValue:
        signed_in(house, lane)
        try:
            paper = house.ask(lane, deeds.read_z, language=speech.texts().language, shift_id=shift_id)
        except TillBusyError:
            abort(503)
        lines = layout(paper or abort(404), columns=COLUMNS)
        return render_template(
            "panels/slip.html", lines=lines, is_line=_is_line, deed="reprint_z", key="shift_id", subject=shift_id
        )

    return pages


def _is_line(block: object) -> bool:
    return isinstance(block, Line)
