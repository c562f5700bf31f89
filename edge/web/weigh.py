"""The panel of an item that waits for its weight, and the live figure in it."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from edge.screen import Stage, TillView
from edge.web.house import House
from edge.weights import LiveWeight, worth


def blueprint(house: House) -> Blueprint:
    """Return the panel; it opens only to staff who signed in, and shuts itself when nothing waits."""
    pages = Blueprint("weigh", __name__)

    @pages.get("/lane/<int:lane>/weigh")
    def panel(lane: int) -> ResponseReturnValue:
        try:
            view = house.screens.newest(lane)
        except KeyError:
            abort(404)
        if view.stage is Stage.LOCKED or view.staff is None:
            abort(403)
        if view.weighing is None:
            return render_template("panels/shut.html")
        live = live_weight(view, house.weights.live(lane))
        return render_template("panels/weigh.html", view=view, live=live, tares_g=house.weights.tares_g(lane))

    return pages


def live_weight(view: TillView, live: LiveWeight) -> str:
    """Return the figure, its state, its price and the button that takes it."""
    assert view.weighing is not None
    net_g = live.net_g
    amount = worth(view.weighing.price, net_g) if net_g is not None and net_g > 0 else None
    return render_template("panels/weigh_live.html", item=view.weighing, live=live, net_g=net_g, amount=amount)
