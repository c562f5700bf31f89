"""Panels of what a person decides at the lane: a price by hand, the drawer, and a second person's yes to either."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from edge import till_by_hand, till_drawer
from edge.permission_words import amount_words, permission_words, reason_words
from edge.screen import Stage, TillView
from edge.texts import Texts
from edge.web.house import House


def blueprint(house: House) -> Blueprint:
    """Return the panels; they open only to staff who signed in."""
    pages = Blueprint("by_hand", __name__)

    def signed_in(lane: int) -> TillView:
        try:
            view = house.screens.newest(lane)
        except KeyError:
            abort(404)
        if view.stage is Stage.LOCKED or view.staff is None:
            abort(403)
        return view

    @pages.get("/lane/<int:lane>/by-hand")
    def basket(lane: int) -> ResponseReturnValue:
        view = signed_in(lane)
        return render_template("panels/by_hand.html", view=view, line=None, reasons=till_by_hand.REASONS)

    @pages.get("/lane/<int:lane>/by-hand/<line_id>")
    def line(lane: int, line_id: str) -> ResponseReturnValue:
        view = signed_in(lane)
        found = next((each for each in view.lines if each.line_id == line_id), None) or abort(404)
        return render_template("panels/by_hand.html", view=view, line=found, reasons=till_by_hand.REASONS)

    @pages.get("/lane/<int:lane>/drawer")
    def drawer(lane: int) -> ResponseReturnValue:
        signed_in(lane)
        return render_template("panels/drawer.html", reasons=till_drawer.REASONS)

    return pages


def second_yes(view: TillView, texts: Texts) -> str:
    """Return the panel of the deed that waits for a second person. It goes out with the view that asks."""
    asked = view.approval
    assert asked is not None
    return render_template(
        "panels/approval.html",
        view=view,
        asked=asked,
        what=permission_words(texts, asked.permission),
        amount=amount_words(texts, asked.permission, asked.amount),
        limit=amount_words(texts, asked.permission, asked.limit),
        reason=reason_words(texts, asked.reason),
        reasons=[(each, reason_words(texts, each)) for each in asked.reasons],
    )
