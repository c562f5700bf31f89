"""Payment codes over the sale: what is being charged, undone and refunded, and what a person does about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from edge.charging import REASON_MAX, ask_again, settle_by_hand
from edge.charging_refunds import refund_in_cash, retry_refund
from edge.loop import TillBusyError
from edge.member_room import MemberRoom
from edge.screen import Refusal
from edge.store import charges
from edge.web.house import House
from edge.web.member_pages import signed_in
from edge.web.speech import Speech

ID_MAX = 40
DEEDS: dict[str, tuple[Callable[..., Any], str]] = {
    "ask": (ask_again, "charge_id"),
    "settle": (settle_by_hand, "charge_id"),
    "retry": (retry_refund, "refund_id"),
    "cash": (refund_in_cash, "refund_id"),
}
"""What a press does, and what it calls the payment."""


def blueprint(house: House, room: MemberRoom, speech: Speech) -> Blueprint:
    """Return the pages of payment codes. They open only to staff who signed in."""
    pages = Blueprint("payments", __name__, url_prefix="/lane/<int:lane>/payments")

    def shown(lane: int, refusal: str = "") -> str:
        return render_template(
            "panels/payments.html", lane=lane, charges=charges.recent(room.db), refusal=refusal,
            refunds=charges.recent_refunds(room.db),
        )  # fmt: skip

    @pages.get("")
    def page(lane: int) -> ResponseReturnValue:
        signed_in(house, lane)
        return shown(lane)

    @pages.post("")
    def do(lane: int) -> ResponseReturnValue:
        signed_in(house, lane)
        method, name = DEEDS.get(request.form.get("do", ""), (ask_again, "charge_id"))
        arguments = {name: request.form.get("id", "")[:ID_MAX]}
        if method is settle_by_hand:
            arguments["reason"] = request.form.get("reason", "")[:REASON_MAX]
        try:
            answer = house.ask(lane, method, **arguments)
        except TillBusyError:
            answer = Refusal("till_busy")
        is_refused = isinstance(answer, Refusal)
        return shown(lane, speech.texts().refusal(answer.code, answer.params) if is_refused else "")

    return pages
