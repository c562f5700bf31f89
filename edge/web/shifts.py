"""The panel of a shift: beginning it, cash in and out, the report so far, and the count that closes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from drivers.document import Document, Line, layout
from edge import shifts as deeds
from edge.ids import new_id
from edge.loop import TillBusyError
from edge.screen import Refusal, Stage
from edge.web.house import House
from edge.web.speech import Speech

COLUMNS = 42
"""Columns of a report on the screen."""


def blueprint(house: House, speech: Speech) -> Blueprint:
    """Return the panels; they open only to staff who signed in."""
    pages = Blueprint("shifts", __name__)

    def asked(lane: int, deed: Callable[..., Any], **arguments: Any) -> Any:
        try:
            view = house.screens.newest(lane)
        except KeyError:
            abort(404)
        if view.stage is Stage.LOCKED or view.staff is None:
            abort(403)
        try:
            return house.ask(lane, deed, **arguments)
        except TillBusyError:
            abort(503)

    def report(answer: Document | Refusal | None, *, is_open: bool) -> ResponseReturnValue:
        lines = layout(answer, columns=COLUMNS) if isinstance(answer, Document) else ()
        words = speech.texts().refusal(answer.code, answer.params) if isinstance(answer, Refusal) else ""
        return render_template("panels/shift_report.html", lines=lines, words=words, is_line=_is_line, is_open=is_open)

    @pages.get("/lane/<int:lane>/shift")
    def shift(lane: int) -> ResponseReturnValue:
        return render_template(
            "panels/shift.html",
            shift=asked(lane, deeds.read_shift),
            reasons=deeds.REASONS,
            float_amount=house.config.shift.float_minor,
            move_id=new_id(house.clock),
        )

    @pages.get("/lane/<int:lane>/shift/count")
    def count(lane: int) -> ResponseReturnValue:
        now = asked(lane, deeds.read_shift) or abort(404)
        worths = sorted(house.config.store.denominations, reverse=True)
        return render_template("panels/shift_count.html", shift=now, worths=worths, held=house.reads.held_sum())

    @pages.get("/lane/<int:lane>/shift/x")
    def x_report(lane: int) -> ResponseReturnValue:
        return report(asked(lane, deeds.read_x, language=speech.texts().language), is_open=True)

    @pages.get("/lane/<int:lane>/shift/z")
    def z_report(lane: int) -> ResponseReturnValue:
        return report(asked(lane, deeds.read_z, language=speech.texts().language), is_open=False)

    return pages


def _is_line(block: object) -> bool:
    return isinstance(block, Line)
