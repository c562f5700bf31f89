"""Times cards in a member's file: what is left until when, more time, a change by hand, and the family that shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from edge.ids import new_id
from edge.member_room import MemberRoom
from edge.screen import Refusal
from edge.store import times
from edge.store.members import mask_name
from edge.text_marks import N_
from edge.times import adjust_times, extend_times, leave_family, share_times
from edge.times_view import last_day
from edge.web.member_pages import MemberPages, Tab
from rules.basket import Names
from rules.times import unit_of

REASON_MAX = 120
ID_LENGTH = 26
FOUND_MAX = 6


@dataclass(frozen=True, slots=True)
class HeldCard:
    """Some times that a member has."""

    unit: str
    names: Names
    part_names: Names
    left: int
    granted: int
    last_day: str
    """ISO date; empty where they never expire."""


def look(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    """Return what the tab shows of a member."""
    shop, rules = room.shop, room.shop.rules.times
    held = []
    for each in times.held(room.db, member_id, now_ms=shop.clock.now_ms()):
        known = rules.part_of(each.unit)
        names = known[0].names if known else Names(each.unit.partition(":")[2])
        part_names = known[1].names if known else Names()
        day = last_day(shop, each.first_expiry_ms)
        held.append(HeldCard(each.unit, names, part_names, each.left, each.granted, day))
    head = times.head_of(room.db, member_id)
    text = request.args.get("q", "").strip()[:60]
    return {
        "held": held,
        "parts": [(unit_of(p, part), p.names, part.names) for p in rules.packages for part in p.parts],
        "head": _name(room, head) if head else "",
        "family": [(each, _name(room, each)) for each in times.family_of(room.db, member_id)],
        "found": [each for each in room.find(text, limit=FOUND_MAX) if each.member_id != member_id] if text else [],
        "entry_id": new_id(shop.clock),
        "today": shop.clock.now_local().date().isoformat(),
    }


TAB = Tab("times", N_("Times cards"), look)


def blueprint(pages_of: MemberPages) -> Blueprint:
    """Return what the tab posts to."""
    pages = Blueprint("times", __name__, url_prefix="/lane/<int:lane>/member/<member_id>/times")

    def done(lane: int, of_id: str, words: str, deed: Callable[..., Refusal | None], /, **arguments: Any) -> str:
        refusal = pages_of.ask(lane, deed, **arguments)
        said = "" if refusal else pages_of.speech.texts().t(words)
        return pages_of.page(lane, of_id, "times", refusal=refusal, done=said)

    @pages.post("/extend")
    def extend(lane: int, member_id: str) -> ResponseReturnValue:
        form = request.form
        return done(
            lane, member_id, N_("Valid longer now."), extend_times, entry_id=_entry_id(), member_id=member_id,
            unit=form.get("unit", "")[:100], until=form.get("until", "")[:10], reason=_reason(),
        )  # fmt: skip

    @pages.post("/adjust")
    def adjust(lane: int, member_id: str) -> ResponseReturnValue:
        count = request.form.get("count", 0, int)
        change = -count if request.form.get("sign") == "take" else count
        return done(
            lane, member_id, N_("Changed."), adjust_times, entry_id=_entry_id(), member_id=member_id,
            unit=request.form.get("unit", "")[:100], change=change, reason=_reason(),
        )  # fmt: skip

    @pages.post("/share")
    def share(lane: int, member_id: str) -> ResponseReturnValue:
        other = request.form.get("other", "")[:40]
        return done(lane, member_id, N_("The family shares now."), share_times, member_id=other, head_id=member_id)

    @pages.post("/leave")
    def leave(lane: int, member_id: str) -> ResponseReturnValue:
        other = request.form.get("other", "")[:40] or member_id
        return done(lane, member_id, N_("Shared no longer."), leave_family, member_id=other)

    return pages


def _name(room: MemberRoom, member_id: str) -> str:
    file = room.file(member_id)
    return mask_name(file.name) if file else member_id


def _entry_id() -> str:
    found = request.form.get("entry_id", "")
    if len(found) != ID_LENGTH or not found.isalnum():
        abort(400)
    return found


def _reason() -> str:
    return request.form.get("reason", "")[:REASON_MAX].strip()
