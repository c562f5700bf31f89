"""Scan to identify, in the settings: which scanner on the counter is which, and what a new one is named by."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from edge.identify import Identify
from edge.screen import Stage
from edge.web.house import House


def blueprint(house: House, identify: Identify) -> Blueprint:
    """Return what the settings ask for by themselves while somebody scans. Only for staff who signed in."""
    pages = Blueprint("identify", __name__)

    def signed_in(lane: int) -> None:
        try:
            view = house.screens.newest(lane)
        except KeyError:
            abort(404)
        if view.stage is Stage.LOCKED or view.staff is None:
            abort(403)

    def answer() -> ResponseReturnValue:
        listening = identify.state()
        configured = {device.name: device for device in house.config.device}
        return render_template("panels/identify.html", listening=listening, device=configured.get(listening.named))

    @pages.post("/lane/<int:lane>/settings/identify")
    def start(lane: int) -> ResponseReturnValue:
        signed_in(lane)
        identify.start()
        return answer()

    @pages.get("/lane/<int:lane>/settings/identify")
    def state(lane: int) -> ResponseReturnValue:
        signed_in(lane)
        # 204 leaves the page as it is: nobody has asked yet.
        return answer() if identify.was_asked else ("", 204)

    return pages
