"""Panels of what makes selling easier: more deeds, a line's note, the quick keys and their editor."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge.loop import TillBusyError
from edge.permissions import Permission, allows
from edge.quick_keys import NAME_MAX
from edge.screen import Refusal, Stage, TillView
from edge.store.quick_pages import COLOURS
from edge.text_marks import N_
from edge.till_notes import NOTE_MAX
from edge.till_training import begin_training
from edge.web.house import House
from edge.web.speech import Speech

PHRASES = (
    N_("Gift wrap"),
    N_("In a bag of its own"),
    N_("Warm it up"),
    N_("No ice"),
    N_("To go"),
    N_("Opened for the customer"),
)
"""Notes that are a touch away."""


PRACTISED = frozenset({
    "lane.page", "lane.stream", "actions.do", "panels.items", "panels.member", "panels.members", "panels.receipts",
    "panels.receipt_list", "panels.receipt", "panels.gifts", "panels.times", "panels.why", "panels.void",
    "panels.settings", "by_hand.basket", "by_hand.line", "by_hand.drawer", "shifts.shift",
    "shifts.count", "shifts.x_report", "shifts.z_report", "comfort.quick", "comfort.more", "comfort.note",
    "comfort.training", "comfort.begin", "gift_receipts.panel", "held.held", "held.discard",
    "display.page", "display.stream",
})  # fmt: skip
"""Pages that a lane that practises opens. Every other one would show or change what counts."""


def guard(app: Flask, house: House) -> None:
    """Keep a lane that practises away from whatever counts."""

    @app.before_request
    def check_practice() -> ResponseReturnValue | None:
        lane = (request.view_args or {}).get("lane")
        if lane is None or not house.is_training(lane) or request.endpoint in PRACTISED:
            return None
        return render_template("panels/practised.html"), 200 if request.method == "GET" else 403


def blueprint(house: House, speech: Speech) -> Blueprint:
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
        return render_template("panels/quick.html", quick_pages=house.reads_of(lane).quick_pages(lane))

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
        found = house.reads_of(lane).quick_pages(lane)
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
        found = house.reads_of(lane).search_items(text, limit=12) if text else ()
        return render_template("panels/quick_items.html", items=found, text=text)

    _training(pages, house, speech, signed_in)
    return pages


def _training(pages: Blueprint, house: House, speech: Speech, signed_in: Callable[[int], TillView]) -> None:
    @pages.get("/lane/<int:lane>/training")
    def training(lane: int) -> ResponseReturnValue:
        return render_template("panels/training.html", view=signed_in(lane), lane=lane, said="")

    @pages.post("/lane/<int:lane>/training")
    def begin(lane: int) -> ResponseReturnValue:
        view = signed_in(lane)
        said: object = Refusal("training_busy")
        # Copying many items takes longer than the till may be kept waiting, so it is done here.
        if house.prepare_practice():
            try:
                said = house.ask(lane, begin_training)
            except TillBusyError:
                abort(503)
        if isinstance(said, Refusal):
            words = speech.texts().refusal(said.code, said.params)
            return render_template("panels/training.html", view=view, lane=lane, said=words)
        return render_template("panels/shut.html")
