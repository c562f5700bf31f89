"""What the tabs of a member's file stand on: who may look, how a deed is asked for, and the frame that they hang in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, render_template

from edge.loop import TillBusyError
from edge.member_room import MemberRoom
from edge.screen import Refusal, Stage, TillView
from edge.web.house import House
from edge.web.speech import Speech


@dataclass(frozen=True, slots=True)
class Tab:
    """A subject of the file."""

    name: str
    """In the address, and the noun of its template."""
    words: str
    look: Callable[[MemberRoom, str], Mapping[str, Any]]
    """What its template shows of a member; runs on a web thread and reads only."""


@dataclass(frozen=True, slots=True)
class MemberPages:
    """What the pages of members' files work on."""

    house: House
    room: MemberRoom
    speech: Speech
    tabs: Sequence[Tab]
    """In the order of the screen; the first is shown when a file is opened."""

    def staff_at(self, lane: int) -> TillView:
        """Return the newest view of a lane at which somebody is signed in; anybody else is turned away."""
        return signed_in(self.house, lane)

    def ask(self, lane: int, deed: Callable[..., Any], **arguments: Any) -> str:
        """Ask the till of a lane for a deed and return why not, in words; empty when it was done."""
        texts = self.speech.texts()
        try:
            answer = self.house.ask(lane, deed, **arguments)
        except TillBusyError:
            answer = Refusal("till_busy")
        return texts.refusal(answer.code, answer.params) if isinstance(answer, Refusal) else ""

    def page(self, lane: int, member_id: str, tab: str, *, refusal: str = "", done: str = "", **more: Any) -> str:
        """Return a tab of a member's file.

        Args:
            refusal: why a deed was not done, in words; shown above the tab.
            done: what was done, in words.
            more: what the template shows beside what the tab looks up.
        """
        view = self.staff_at(lane)
        chosen = next((each for each in self.tabs if each.name == tab), None) or abort(404)
        member = self.room.view(member_id) or abort(404)
        found = {**chosen.look(self.room, member.member_id), **more}
        return render_template(
            f"panels/member_{chosen.name}.html", lane=lane, view=view, member=member, tab=chosen.name, tabs=self.tabs,
            refusal=refusal, done=done, **found,
        )  # fmt: skip


def signed_in(house: House, lane: int) -> TillView:
    """Return the newest view of a lane at which somebody is signed in; anybody else is turned away."""
    try:
        view = house.screens.newest(lane)
    except KeyError:
        abort(404)
    if view.stage is Stage.LOCKED or view.staff is None:
        abort(403)
    return view
