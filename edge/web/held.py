"""Baskets on hold: the note that goes with one, the list of them, and why one is thrown away."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from edge.holding import NOTE_MAX, hold
from edge.loop import TillBusyError
from edge.screen import Refusal
from edge.store.rows import HeldRow
from edge.text_marks import N_
from edge.till_voids import HELD_REASONS
from edge.web.house import House
from edge.web.member_pages import signed_in
from edge.web.speech import Speech

NOTES: Final = (N_("Forgot something"), N_("Fetches money"), N_("Waits for somebody"), N_("Comes back later"))
"""Notes by touch; anything else is typed."""


def blueprint(house: House, speech: Speech) -> Blueprint:
    """Return the panels; they open only to staff who signed in."""
    pages = Blueprint("held", __name__, url_prefix="/lane/<int:lane>")

    def note_page(lane: int, refusal: str = "") -> str:
        return render_template("panels/hold.html", lane=lane, notes=NOTES, most=NOTE_MAX, refusal=refusal)

    @pages.get("/hold")
    def ask_note(lane: int) -> ResponseReturnValue:
        signed_in(house, lane)
        return note_page(lane)

    @pages.post("/hold")
    def do_hold(lane: int) -> ResponseReturnValue:
        signed_in(house, lane)
        try:
            answer = house.ask(lane, hold, note=request.form.get("note", "")[:NOTE_MAX])
        except TillBusyError:
            answer = Refusal("till_busy")
        if isinstance(answer, Refusal):
            return note_page(lane, speech.texts().refusal(answer.code, answer.params))
        return render_template("panels/shut.html")

    @pages.get("/held")
    def held(lane: int) -> ResponseReturnValue:
        signed_in(house, lane)
        return render_template("panels/held.html", lane=lane, held=house.reads_of(lane).held())

    @pages.get("/held/<sale_id>/discard")
    def discard(lane: int, sale_id: str) -> ResponseReturnValue:
        signed_in(house, lane)
        each = _of(house, lane, sale_id)
        if each is None:
            return render_template("panels/held.html", lane=lane, held=house.reads_of(lane).held())
        return render_template("panels/held_discard.html", lane=lane, each=each, reasons=HELD_REASONS)

    return pages


def _of(house: House, lane: int, sale_id: str) -> HeldRow | None:
    return next((each for each in house.reads_of(lane).held() if each.sale_id == sale_id), None)
