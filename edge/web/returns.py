"""Taking back what was sold, over the sale: lines and pieces that may come back, what is paid back, and the deed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge.exchanging import put_back
from edge.ids import new_id
from edge.loop import TillBusyError
from edge.member_room import MemberRoom
from edge.returning import REASON_MAX, give_back
from edge.returning_plan import WantedBack, preview
from edge.returning_reasons import reasons_of
from edge.screen import Refusal
from edge.store import returns
from edge.store.sales import stored_sale
from edge.texts import Texts
from edge.web.house import House
from edge.web.member_pages import signed_in
from edge.web.speech import Speech
from rules.sale import Sale, SaleLine

ID_LENGTH = 26


@dataclass(frozen=True, slots=True)
class LineBack:
    """A line of the sale as the page shows it."""

    at: int
    line: SaleLine
    left: int
    """Pieces that have not come back."""
    wanted: int
    is_aside: bool


def blueprint(house: House, room: MemberRoom, speech: Speech) -> Blueprint:
    """Return the pages of returns. They open only to staff who signed in."""
    pages = Blueprint("returns", __name__, url_prefix="/lane/<int:lane>/receipts/<sale_id>/return")

    def shown(
        lane: int, sale_id: str, wanted: Sequence[WantedBack], *, refusal: str = "", template: str = "return"
    ) -> str:
        sale = stored_sale(room.db, sale_id) or abort(404)
        plan = preview(room.shop, sale_id, wanted, lane=lane) if any(each.quantity for each in wanted) else None
        texts = speech.texts()
        if isinstance(plan, Refusal):
            refusal, plan = refusal or texts.refusal(plan.code, plan.params), None
        return render_template(
            f"panels/{template}.html", lane=lane, sale=sale, lines=_lines(room, sale, wanted), plan=plan,
            reasons=reasons_of(room.shop.rules, texts), refusal=refusal, before=returns.returns_of(room.db, sale_id),
            return_id=_given_id() or new_id(house.clock), reason=_reason(room),
        )  # fmt: skip

    @pages.get("")
    def page(lane: int, sale_id: str) -> ResponseReturnValue:
        signed_in(house, lane)
        return shown(lane, sale_id, ())

    @pages.post("/preview")
    def look(lane: int, sale_id: str) -> ResponseReturnValue:
        signed_in(house, lane)
        return shown(lane, sale_id, _wanted(request.form), template="return_sum")

    @pages.post("")
    def do(lane: int, sale_id: str) -> ResponseReturnValue:
        signed_in(house, lane)
        wanted, return_id = _wanted(request.form), _given_id()
        if not return_id:
            abort(400)
        texts = speech.texts()
        try:
            answer = house.ask(
                lane, give_back, return_id=return_id, sale_id=sale_id, wanted=wanted, reason=_reason(room)
            )
        except TillBusyError:
            answer = Refusal("till_busy")
        if isinstance(answer, Refusal):
            return shown(lane, sale_id, wanted, refusal=texts.refusal(answer.code, answer.params))
        back = returns.stored(room.db, return_id)
        return render_template("panels/return_done.html", lane=lane, back=back)

    @pages.post("/basket")
    def into_basket(lane: int, sale_id: str) -> ResponseReturnValue:
        signed_in(house, lane)
        wanted, texts = _wanted(request.form), speech.texts()
        try:
            answer = house.ask(lane, put_back, sale_id=sale_id, wanted=wanted, reason=_reason(room))
        except TillBusyError:
            answer = Refusal("till_busy")
        if isinstance(answer, Refusal) and answer.code != "approval_needed":
            return shown(lane, sale_id, wanted, refusal=texts.refusal(answer.code, answer.params))
        return render_template("panels/shut.html")

    return pages


def _lines(room: MemberRoom, sale: Sale, wanted: Sequence[WantedBack]) -> list[LineBack]:
    gone = {each.line: len(each.units) for each in returns.so_far(room.db, sale.sale_id).lines}
    asked = {each.line: each for each in wanted}
    return [
        LineBack(
            at,
            line,
            len(line.unit_nets) - gone.get(at, 0),
            asked[at].quantity if at in asked else 0,
            at in asked and not asked[at].is_restocked,
        )
        for at, line in enumerate(sale.lines)
    ]


def _wanted(form: Mapping[str, str]) -> tuple[WantedBack, ...]:
    """Return what a form asks to take back: fields `pieces-0`, and `aside-0` where it is not sold again."""
    found = []
    for name, value in form.items():
        kind, _, at = name.partition("-")
        if kind == "pieces" and at.isdecimal() and len(at) <= 3 and value.isdecimal() and len(value) <= 4:
            found.append(WantedBack(int(at), int(value), f"aside-{at}" not in form))
    return tuple(found)


def _given_id() -> str:
    found = request.form.get("return_id", "")
    return found if len(found) == ID_LENGTH and found.isalnum() else ""


def _reason(room: MemberRoom) -> str:
    typed = request.form.get("words", "")[:REASON_MAX].strip()
    chosen = request.form.get("reason", "")
    known = reasons_of(room.shop.rules, Texts("en"))
    return typed or (chosen if chosen in {each.reason_id for each in known} else "")
