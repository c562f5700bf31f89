"""The wall as a Flask application: one page, one fragment of it that is fetched again and again."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, Final

from flask import Flask, Response, g, render_template, request

from hq.clock import Clock
from hq.config import WallConfig
from hq.store.database import HqDatabase
from hq.store.wall import Wall, wall
from hq.web.words import DEVICE_STATES, LANGUAGES, REASONS, device_tone, moment, money, translator

THEMES: Final = ("auto", "light", "dark")
COOKIE_AGE_S: Final = 365 * 24 * 3_600
CSP: Final = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"


def create_app(*, database: HqDatabase, config: WallConfig, clock: Clock, is_receiving: Callable[[], bool]) -> Flask:
    """Return the wall.

    Args:
        is_receiving: tells whether head office is connected to the broker now.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1_024
    # A page of another site that has its name resolved to this machine must not read what the stores take.
    app.config["TRUSTED_HOSTS"] = trusted_hosts(config)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.before_request
    def choose() -> None:
        g.language = _choice("lang", config.languages, config.language)
        g.theme = _choice("theme", THEMES, "auto")

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in (("lang", g.get("language")), ("theme", g.get("theme"))):
            if value and request.args.get(name) == value:
                response.set_cookie(name, value, max_age=COOKIE_AGE_S, httponly=True, samesite="Strict")
        response.headers["Content-Security-Policy"] = CSP
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    def facts() -> dict[str, Any]:
        now_ms = clock.now_ms()
        now = clock.local(now_ms)
        business_date = clock.business_date().isoformat()
        shown = wall(database, business_date=business_date)
        text = translator(g.language)
        return {
            "wall": shown,
            "troubles": troubles(shown),
            "business_date": business_date,
            "now": f"{now:%H:%M}",
            "is_receiving": is_receiving(),
            "_": text,
            "money": money,
            "moment": lambda at_ms: moment(clock.local(at_ms), now),
            "reason": lambda kind: text(REASONS[kind]) if kind in REASONS else kind,
            "device_word": lambda state: text(DEVICE_STATES[state]) if state in DEVICE_STATES else state,
            "device_tone": device_tone,
        }

    @app.get("/")
    def page() -> str:
        languages = {tag: LANGUAGES[tag] for tag in config.languages}
        return render_template("page.html", languages=languages, language=g.language, theme=g.theme, **facts())

    @app.get("/wall")
    def fragment() -> str:
        return render_template("wall.html", **facts())

    @app.get("/health")
    def health() -> tuple[dict[str, bool], int]:
        is_up = is_receiving()
        return {"receiving": is_up}, 200 if is_up else 503

    return app


def troubles(shown: Wall) -> tuple[tuple[str, str, str], ...]:
    """Return store, device and state of what somebody should look at; of a store that is away nothing new is known."""
    return tuple(
        (card.store, name, state)
        for card in shown.stores
        if card.is_online
        for name, state in card.devices.items()
        if device_tone(state) == "bad"
    )


def trusted_hosts(config: WallConfig) -> list[str]:
    """Return the names under which the wall answers: this machine's, its address, and those of the configuration."""
    names = {"127.0.0.1", "localhost", "[::1]", *config.names}
    try:
        address = ipaddress.ip_address(config.host)
    except ValueError:
        names.add(config.host)
    else:
        if not address.is_unspecified:
            names.add(f"[{address}]" if address.version == 6 else str(address))
    return sorted(names)


def _choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    for found in (request.args.get(name), request.cookies.get(name)):
        if found in allowed:
            return str(found)
    return default
