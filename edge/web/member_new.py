"""A new member in two fields over the sale, and a card that nobody knows: whose it is to be."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from edge import member_desk
from edge.loop import TillBusyError
from edge.screen import Refusal
from edge.web.member_pages import MemberPages, signed_in

TEXT_MAX = 200


def blueprint(file: MemberPages) -> Blueprint:
    """Return the panels of a new member and of a card that is offered."""
    pages = Blueprint("member_new", __name__, url_prefix="/lane/<int:lane>")

    def form(
        lane: int, *, refusal: Refusal | None = None, values: dict[str, str] | None = None, agreed: tuple[str, ...] = ()
    ) -> str:
        view = signed_in(file.house, lane)
        texts = file.speech.texts()
        taken = str(refusal.params.get("member_id", "")) if refusal and refusal.code == "phone_taken" else ""
        return render_template(
            "panels/member_new.html", lane=lane, view=view, values=values or {}, taken=taken, agreed=agreed,
            refusal=texts.refusal(refusal.code, refusal.params) if refusal else "",
            purposes=file.room.shop.rules.membership.purposes, may_scan=bool(file.house.config.privacy.page_url),
        )  # fmt: skip

    @pages.get("/member-new")
    def new(lane: int) -> ResponseReturnValue:
        return form(lane)

    @pages.post("/member-new")
    def register(lane: int) -> ResponseReturnValue:
        view = signed_in(file.house, lane)
        values = {key: request.form.get(key, "")[:TEXT_MAX] for key in ("phone", "name", "referrer")}
        agreed = tuple(request.form.getlist("purpose"))
        try:
            answer = file.house.ask(
                lane, member_desk.register, phone=values["phone"], name=values["name"], referrer=values["referrer"],
                purposes=agreed, with_card=bool(view.card_offered),
            )  # fmt: skip
        except TillBusyError:
            answer = Refusal("till_busy")
        if isinstance(answer, Refusal):
            return form(lane, refusal=answer, values=values, agreed=agreed)
        return render_template("panels/shut.html")

    @pages.get("/member-bind")
    def bind(lane: int) -> ResponseReturnValue:
        return render_template("panels/member_bind.html", lane=lane, view=signed_in(file.house, lane))

    @pages.get("/member-bind/find")
    def find(lane: int) -> ResponseReturnValue:
        signed_in(file.house, lane)
        text = request.args.get("q", "")[:60].strip()
        found = file.room.find(text, limit=12) if text else ()
        return render_template("panels/member_bind_list.html", members=found, text=text)

    return pages
