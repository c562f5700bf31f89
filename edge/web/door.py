"""Who may come in: the box's own screens, and terminals of the LAN that were paired once.

The daemon listens on loopback; what comes from the LAN comes through nginx, which marks it. A page of another site that
runs in the same browser is kept out by the Host, the Origin and the token of each form.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.sansio.utils import host_is_trusted

from edge.clock import monotonic_s
from edge.import_sheets import FILE_MAX_BYTES
from edge.web.house import House

BODY_MAX = 1024 * 1024
"""Bytes of the largest request but one."""
UPLOADS = "imports.send"
"""The page that takes files; what it is sent may be larger."""
UPLOAD_MAX = FILE_MAX_BYTES + BODY_MAX
CODE_LIVES_S = 600.0
CODE_TRIES = 5
"""Wrong codes before the code is gone."""
CODE_PAUSE_S = 1.0
"""Least time between two tries, whoever makes them."""
TERMINAL_COOKIE = "taptill_terminal"
DISPLAY_COOKIE = "taptill_display"
TERMINAL_DAYS = 400
"""A browser keeps no cookie longer than that."""
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
OPEN_PATHS = ("/static/", "/pair", "/join/", "/me/", "/receipt/", "/gift/")
"""What a terminal that is not paired may ask for; customers' pages ask for a pass of their own."""
DISPLAY_PATHS = ("/display/", "/screen.css")
"""What a customer display of the LAN may ask for: customers stand before it, so it opens no lane."""
CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


@dataclass(slots=True)
class _Code:
    digits: str
    until_s: float
    tries_left: int


class Pairing:
    """The one pairing code that is in force, in memory only: a restart ends it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._code: _Code | None = None
        self._not_before_s = 0.0

    def new_code(self) -> str:
        """Return a fresh code of six digits; the one before is void."""
        with self._lock:
            self._code = _Code(f"{secrets.randbelow(1_000_000):06d}", monotonic_s() + CODE_LIVES_S, CODE_TRIES)
            return self._code.digits

    def redeem(self, digits: str) -> bool:
        """Tell whether the code is right, and use it up. Wrong, too fast and too late are all just no."""
        now = monotonic_s()
        with self._lock:
            code = self._code
            if code is None or now >= code.until_s or now < self._not_before_s:
                return False
            self._not_before_s = now + CODE_PAUSE_S
            if secrets.compare_digest(code.digits.encode(), digits.encode()):
                self._code = None
                return True
            code.tries_left -= 1
            if code.tries_left == 0:
                self._code = None
            return False


def is_from_lan() -> bool:
    return request.headers.get("X-TapTill-Door") == "lan"


class _Sessions(SecureCookieSessionInterface):
    """Session cookies for TLS only where the request came through the LAN's door; loopback has no TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        return is_from_lan()


def protect(app: Flask, house: House, pairing: Pairing) -> None:
    """Put every check before each request, and the headers of safety on each answer."""
    app.secret_key = house.secret_key
    app.session_interface = _Sessions()
    app.config.update(
        SESSION_COOKIE_NAME="taptill",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        MAX_CONTENT_LENGTH=BODY_MAX,
        # A till's page stays open for days; the token is bound to the session, which ends with the browser.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_CHECK_DEFAULT=True,
    )
    signer = URLSafeSerializer(house.secret_key, salt="terminal")
    displays = URLSafeSerializer(house.secret_key, salt="display")
    trusted = (*LOOPBACK, house.config.screen.host)

    @app.before_request
    def check_door() -> ResponseReturnValue | None:
        if request.endpoint == UPLOADS:
            request.max_content_length = UPLOAD_MAX
        # Through the LAN's door the name is whatever the shop's network calls the box; there the terminal's cookie,
        # which a browser sends to that name only, does what the list of names does here.
        if not is_from_lan() and not host_is_trusted(request.host, trusted):
            abort(400)
        origin = request.headers.get("Origin")
        scheme = "https" if is_from_lan() else "http"
        if origin is not None and origin != f"{scheme}://{request.host}":
            abort(403)
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            abort(403)
        if is_from_lan() and not request.path.startswith(OPEN_PATHS) and not is_paired(signer):
            is_display = request.path.startswith(DISPLAY_PATHS)
            if not (is_display and is_paired(displays, DISPLAY_COOKIE)):
                return render_template("pair/page.html", is_wrong=False, is_display=is_display), 401
        return None

    CSRFProtect(app)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response

    app.register_blueprint(_blueprint(pairing, signer, displays))


def is_paired(signer: URLSafeSerializer, cookie: str = TERMINAL_COOKIE) -> bool:
    try:
        signer.loads(request.cookies.get(cookie, ""))
    except BadSignature:
        return False
    return True


def _blueprint(pairing: Pairing, signer: URLSafeSerializer, displays: URLSafeSerializer) -> Blueprint:
    pages = Blueprint("pair", __name__)

    @pages.get("/pair")
    def page() -> ResponseReturnValue:
        return render_template("pair/page.html", is_wrong=False, is_display=False)

    @pages.post("/pair")
    def redeem() -> ResponseReturnValue:
        is_display = bool(request.form.get("display"))
        if not pairing.redeem(request.form.get("code", "")[:12].strip()):
            return render_template("pair/page.html", is_wrong=True, is_display=is_display), 401
        answer = redirect("/display/" if is_display else "/", code=303)
        if is_display:
            # What was a till's screen before is none any more.
            answer.delete_cookie(TERMINAL_COOKIE)
        answer.set_cookie(
            DISPLAY_COOKIE if is_display else TERMINAL_COOKIE,
            (displays if is_display else signer).dumps(secrets.token_urlsafe(12)),
            max_age=TERMINAL_DAYS * 86_400,
            httponly=True,
            secure=is_from_lan(),
            samesite="Strict",
        )
        return answer

    return pages
