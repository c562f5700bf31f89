"""The face of the till: a Flask application and the server that it runs on."""

from __future__ import annotations

import logging
import threading

from cheroot.wsgi import Server
from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from edge.clock import monotonic_s
from edge.display_slides import SlideFolder
from edge.member_passes import Passes
from edge.web import (
    actions,
    bench,
    bench_codes,
    by_hand,
    cards,
    comfort,
    coupon_pages,
    customers,
    devices,
    display,
    gift_receipts,
    held,
    identify,
    imports,
    invoice_pages,
    label_pages,
    lane,
    loose,
    member_benefits,
    member_credit,
    member_deeds,
    member_file,
    member_new,
    member_stored_value,
    office,
    panels,
    payments,
    returns,
    rule_programme,
    rule_tables,
    rule_trials,
    rules,
    shifts,
    slips,
    styleguide,
    times_pages,
    weigh,
)
from edge.web.display_room import DisplayRoom
from edge.web.door import UPLOAD_MAX, Pairing, protect
from edge.web.house import House
from edge.web.member_pages import MemberPages
from edge.web.speech import Speech, speak

log = logging.getLogger(__name__)

HEADER_MAX = 16 * 1024
"""Bytes of a request's headers."""
STOP_S = 1.5
"""Longest time that open streams have for their end."""
LOOK_S = 0.1
"""How often the server looks whether it is to stop."""


def create_app(house: House) -> Flask:
    """Return the application with every screen of the house."""
    app = Flask(__name__)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    speech = Speech(house)
    pairing = Pairing()
    stopping = threading.Event()
    app.extensions["taptill_stopping"] = stopping
    protect(app, house, pairing)
    speak(app, house, speech)
    streams = lane.places(house)
    app.register_blueprint(lane.blueprint(house, speech, stopping, streams))
    slides = SlideFolder(house.slide_folder, monotonic_s)
    app.register_blueprint(display.blueprint(DisplayRoom(house, speech, slides), stopping, streams))
    app.register_blueprint(actions.blueprint(house, speech))
    app.register_blueprint(panels.blueprint(house, speech, pairing))
    app.register_blueprint(gift_receipts.blueprint(house, speech))
    app.register_blueprint(by_hand.blueprint(house))
    app.register_blueprint(shifts.blueprint(house, speech))
    app.register_blueprint(held.blueprint(house, speech))
    app.register_blueprint(slips.blueprint(house, speech))
    app.register_blueprint(comfort.blueprint(house, speech))
    comfort.guard(app, house)
    app.register_blueprint(weigh.blueprint(house))
    app.register_blueprint(devices.blueprint(house))
    if house.rules is not None:
        app.register_blueprint(rules.blueprint(house, house.rules, speech))
        app.register_blueprint(rule_programme.blueprint(house, house.rules, speech))
        app.register_blueprint(rule_tables.blueprint(house, house.rules, speech))
        app.register_blueprint(rule_trials.blueprint(house, house.rules, speech))
    _add_members(app, house, speech)
    if house.identify is not None:
        app.register_blueprint(identify.blueprint(house, house.identify))
    if house.bench is not None:
        app.register_blueprint(bench.blueprint(house, speech))
        app.register_blueprint(styleguide.blueprint())
        if house.bench.gateway is not None:
            app.register_blueprint(bench_codes.blueprint(house, house.bench.gateway, speech))

    @app.get("/screen.css")
    def screen_css() -> Response:
        # Sizes that follow the configuration are a style sheet of their own, because none stands in the page.
        return Response(f":root {{ --ppi: {house.config.screen.ppi}; }}\n", mimetype="text/css")

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> ResponseReturnValue:
        return render_template("error.html", status=error.code), error.code or 500

    return app


def _add_members(app: Flask, house: House, speech: Speech) -> None:
    """Add the pages about members and the back office; a subject adds its line."""
    if house.members is None:
        return
    file = MemberPages(house, house.members, speech, member_file.TABS)
    back_office = office.OfficePages(house, house.members, speech)
    pages = [
        member_file.blueprint(file),
        member_deeds.blueprint(file),
        member_benefits.blueprint(file),
        member_new.blueprint(file),
        customers.blueprint(file, Passes(house.secret_key)),
        cards.blueprint(file),
        times_pages.blueprint(file),
        member_credit.blueprint(file),
        returns.blueprint(house, house.members, speech),
        loose.blueprint(house, house.members, speech),
        payments.blueprint(house, house.members, speech),
        coupon_pages.lane_blueprint(house, file),
        office.blueprint(back_office),
        label_pages.blueprint(back_office),
        invoice_pages.blueprint(back_office),
        coupon_pages.office_blueprint(back_office),
        member_stored_value.lane_blueprint(file),
        member_stored_value.office_blueprint(back_office),
    ]
    if house.imports is not None:
        pages.append(imports.blueprint(back_office, house.imports))
    for each in pages:
        app.register_blueprint(each)


class _Server(Server):
    """Cheroot, speaking through our log instead of printing."""

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:  # noqa: FBT001, FBT002
        log.log(level, "%s", msg.strip(), exc_info=traceback)


class WebServer:
    """Cheroot around an application, in threads of its own."""

    def __init__(self, app: Flask, host: str, port: int, threads: int) -> None:
        """Bind nothing yet. Port 0 takes any free one."""
        self._stopping: threading.Event = app.extensions["taptill_stopping"]
        self._server = _Server((host, port), app, numthreads=threads, max=threads, server_name="taptill")
        self._server.shutdown_timeout = STOP_S
        self._server.expiration_interval = LOOK_S
        self._server.max_request_body_size = UPLOAD_MAX
        self._server.max_request_header_size = HEADER_MAX
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen and serve. Raises OSError when the address is taken."""
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, name="web", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens on, once started."""
        return int(self._server.bind_addr[1])

    def stop(self) -> None:
        """End the streams, then the server; at most two seconds."""
        self._stopping.set()
        self._server.stop()
        if self._thread is not None:
            self._thread.join(STOP_S)
        # Cheroot hands its figures to all of the process, for good; through them it would keep the whole shop alive.
        getattr(logging, "statistics", {}).pop(f"Cheroot HTTPServer {id(self._server)}", None)
