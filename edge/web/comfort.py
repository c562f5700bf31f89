"""Panels of what makes selling easier: more deeds, a line's note, the quick keys and their editor."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge.permissions import Permission, allows
from edge.quick_keys import NAME_MAX
from edge.screen import Stage, TillView
from edge.store.quick_pages import COLOURS
from edge.text_marks import N_
from edge.till_notes import NOTE_MAX
from edge.web.house import House

PHRASES = (
    N_("Gift wrap"),
    N_("In a bag of its own"),
    N_("Warm it up"),
    N_("No ice"),
    N_("To go"),
    N_("Opened for the customer"),
)
"""Notes that are a touch away."""


def blueprint(house: House) -> Blueprint:
    """Return the panels; they open only to staff who signed in."""
    pages = Blueprint("comfort", __name__)

    def newest(lane: int) -> TillView:
        try:
            return house.screens.newest(lane)
        except KeyError:
            abort(404)

    def signed_in(lane: int) -> TillView:
        view = newest(lane)
        if view.stage is Stage.LOCKED or view.staff is None:
            abort(403)
        return view

    @pages.get("/lane/<int:lane>/quick")
    def quick(lane: int) -> ResponseReturnValue:
        newest(lane)
        return render_template("panels/quick.html", quick_pages=house.reads.quick_pages(lane))

    @pages.get("/lane/<int:lane>/more")
    def more(lane: int) -> ResponseReturnValue:
        return render_template("panels/more.html", view=signed_in(lane))

    @pages.get("/lane/<int:lane>/note/<line_id>")
    def note(lane: int, line_id: str) -> ResponseReturnValue:
        line = next((each for each in signed_in(lane).lines if each.line_id == line_id), None) or abort(404)
        return render_template("panels/note.html", line=line, phrases=PHRASES, most=NOTE_MAX)

    @pages.get("/lane/<int:lane>/quick-keys")
    def editor(lane: int) -> ResponseReturnValue:
        view = signed_in(lane)
        assert view.staff is not None
        found = house.reads.quick_pages(lane)
        wanted = request.args.get("page", 0, int)
        page = next((each for each in found if each.page_id == wanted), found[0] if found else None)
        return render_template(
            "panels/quick_keys.html",
            pages=found,
            page=page,
            lane=lane,
            colours=COLOURS,
            most=NAME_MAX,
            chosen=request.args.get("key", -1, int),
            may=allows(house.config, view.staff.role, Permission.EDIT_QUICK_KEYS, 0),
        )

    @pages.get("/lane/<int:lane>/quick-keys/items")
    def found_items(lane: int) -> ResponseReturnValue:
        signed_in(lane)
        text = request.args.get("q", "")[:60].strip()
        found = house.reads.search_items(text, limit=12) if text else ()
        return render_template("panels/quick_items.html", items=found, text=text)

    return pages
