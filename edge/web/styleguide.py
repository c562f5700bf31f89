"""Every component of the screens on one page, in each theme: for whoever draws a new one. Only beside a bench."""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

THEMES: Final = ("light", "dark", "contrast")
COLOURS: Final = (
    "bg", "surface", "sunk", "ink", "soft", "line", "accent", "on-accent", "accent-soft", "save", "good", "warn",
    "warn-soft", "bad", "bad-soft",
)  # fmt: skip
"""The colours by their names in till.css."""
SIZES: Final = tuple(f"t{step}" for step in range(1, 9))
ICON = re.compile(r'id="i-([a-z-]+)"')


def blueprint() -> Blueprint:
    """Return the page. It shows nothing of the shop."""
    pages = Blueprint("styleguide", __name__)

    @pages.get("/styleguide")
    def page() -> ResponseReturnValue:
        theme = request.args.get("theme", "")
        loader = current_app.jinja_env.get_template("icons.html")
        return render_template(
            "styleguide.html", theme=theme if theme in THEMES else "", themes=THEMES, colours=COLOURS, sizes=SIZES,
            icons=ICON.findall(loader.render()),
        )  # fmt: skip

    return pages
