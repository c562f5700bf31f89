"""The back office of a lane, for managers: one panel with a segment for each subject, and the frame that they hang in.

A subject adds one line to SEGMENTS and a blueprint under `/lane/<n>/office/NAME` whose pages `only_managers` guards and
whose templates extend `office/frame.html`, rendered by `OfficePages.page(…)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from edge.loop import TillBusyError
from edge.member_room import MemberRoom
from edge.screen import Refusal
from edge.text_marks import N_
from edge.web.house import House
from edge.web.rules import manager_at
from edge.web.speech import Speech

QUERY_MAX = 60
LIST_MAX = 60
"""Members that one search shows."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A subject of the back office."""

    name: str
    """Under `/lane/<n>/office/`; empty for the first page."""
    words: str


SEGMENTS: tuple[Segment, ...] = (
    Segment("", N_("Members")),
    Segment("coupons", N_("Coupons")),
    Segment("stored_value", N_("Stored value")),
    Segment("labels", N_("Labels")),
    Segment("invoices", N_("Invoices")),
    Segment("imports", N_("Tables in and out")),
)
"""In the order of the screen."""


@dataclass(frozen=True, slots=True)
class OfficePages:
    """What the pages of the back office work on."""

    house: House
    room: MemberRoom
    speech: Speech

    def ask(self, lane: int, deed: Callable[..., Any], **arguments: Any) -> str:
        """Ask the till of a lane for a deed and return why not, in words; empty when it was done."""
        texts = self.speech.texts()
        try:
            answer = self.house.ask(lane, deed, **arguments)
        except TillBusyError:
            answer = Refusal("till_busy")
        return texts.refusal(answer.code, answer.params) if isinstance(answer, Refusal) else ""

    def page(self, template: str, lane: int, segment: str, *, refusal: str = "", done: str = "", **more: Any) -> str:
        """Return a page of the back office.

        Args:
            template: of `templates/office/`, without its ending.
            segment: the name of the segment that it belongs to.
            refusal: why a deed was not done, in words; shown above the page.
            done: what was done, in words.
        """
        return render_template(
            f"office/{template}.html", lane=lane, segment=segment, segments=SEGMENTS, refusal=refusal, done=done, **more
        )


def only_managers(pages: Blueprint, house: House) -> None:
    """Turn everybody but managers away from the pages of a blueprint whose address names a lane."""

    @pages.before_request
    def check_manager() -> None:
        manager_at(house, (request.view_args or {})["lane"])


def blueprint(office: OfficePages) -> Blueprint:
    """Return the first pages of the back office: the members."""
    pages = Blueprint("office", __name__, url_prefix="/lane/<int:lane>/office")
    only_managers(pages, office.house)

    @pages.get("")
    def members(lane: int) -> ResponseReturnValue:
        return office.page("members", lane, "")

    @pages.get("/find")
    def find(lane: int) -> ResponseReturnValue:
        text = request.args.get("q", "")[:QUERY_MAX].strip()
        found = office.room.find(text, limit=LIST_MAX) if text else ()
        return render_template("office/member_list.html", lane=lane, members=found, text=text)

    return pages
