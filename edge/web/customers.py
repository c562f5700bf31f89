"""Pages for customers' own phones: becoming a member, and what one has. Each opens with a pass, and no other page does.

They are the only pages that a stranger in the shop's network sees, so they ask the till for little, tell nobody whether
a phone number is known, and are asked only so often.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

import segno
from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from drivers.document import layout
from edge.coupon_codes import last_day
from edge.loop import TillBusyError
from edge.member_join import join
from edge.member_passes import Kind, Passes
from edge.member_room import MemberRoom
from edge.screen import Refusal
from edge.store import coupons, members
from edge.texts import LANGUAGES
from edge.web.brake import Brake
from edge.web.door import is_from_lan
from edge.web.member_pages import MemberPages, signed_in
from edge.web.panels import is_line, symbol
from rules.basket import Names

EACH_MINUTE, ALL_MINUTE = 20, 120
"""Pages that one address, and all together, may ask for in a minute."""
JOINS_MAX = 5
"""Members that one code makes."""
PASSES_MAX = 1_000
"""Codes whose members are counted."""
TEXT_MAX = 200
SOON_DAYS = 30
RECEIPT_COLUMNS = 32
"""As on narrow paper: what a phone shows without being turned."""


class Counted:
    """How many members each code made; in memory, as long as codes live."""

    def __init__(self) -> None:
        self._made: dict[str, int] = {}

    def take(self, given: str) -> bool:
        """Tell whether a code may make one more."""
        if len(self._made) >= PASSES_MAX:
            self._made.pop(next(iter(self._made)))
        self._made[given] = self._made.get(given, 0) + 1
        return self._made[given] <= JOINS_MAX


def blueprint(file: MemberPages, passes: Passes) -> Blueprint:
    """Return the customers' pages, and the panels of the till that show their codes."""
    pages = Blueprint("customers", __name__)
    brake = Brake(each=EACH_MINUTE, together=ALL_MINUTE)

    def braked(page: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(page)
        def held(**values: Any) -> ResponseReturnValue:
            if not file.house.config.privacy.page_url:
                abort(404)
            # nginx names the address; at the box itself there is only the box.
            if not brake.lets(request.headers.get("X-Forwarded-For", "") if is_from_lan() else "box"):
                return render_template("customer/busy.html"), 429
            wanted = request.args.get("lang", "")
            if wanted in LANGUAGES:
                answer = redirect(request.path, code=303)
                answer.set_cookie("lang", wanted, max_age=86_400, samesite="Strict", secure=is_from_lan())
                return answer
            return page(**values)

        return held

    _join(pages, file, passes, braked)
    _me(pages, file, passes, braked)
    _receipt(pages, file, passes, braked)
    _codes(pages, file, passes)
    return pages


Braked = Callable[[Callable[..., ResponseReturnValue]], Callable[..., ResponseReturnValue]]


def _join(pages: Blueprint, file: MemberPages, passes: Passes, braked: Braked) -> None:
    counted = Counted()

    def lane_of(given: str) -> int | None:
        lane = passes.read("join", given, now_ms=file.house.clock.now_ms())
        return int(lane) if lane else None

    def form(given: str, **more: Any) -> str:
        return render_template(
            "customer/join.html", given=given, purposes=file.room.shop.rules.membership.purposes, **more
        )

    @pages.get("/join/<given>")
    @braked
    def form_page(given: str) -> ResponseReturnValue:
        if lane_of(given) is None:
            return render_template("customer/over.html"), 410
        return form(given, values={}, refusal="")

    @pages.post("/join/<given>")
    @braked
    def send(given: str) -> ResponseReturnValue:
        lane = lane_of(given)
        if lane is None:
            return render_template("customer/over.html"), 410
        values = {key: request.form.get(key, "")[:TEXT_MAX] for key in ("phone", "name")}
        texts = file.speech.texts()
        try:
            answer = file.house.ask(
                lane, join, phone=values["phone"], name=values["name"], purposes=tuple(request.form.getlist("purpose")),
                may_make=lambda: counted.take(given),
            )  # fmt: skip
        except (TillBusyError, KeyError):
            answer = Refusal("till_busy")
        if isinstance(answer, Refusal):
            return form(given, values=values, refusal=texts.refusal(answer.code, answer.params))
        return render_template("customer/joined.html")


def _me(pages: Blueprint, file: MemberPages, passes: Passes, braked: Braked) -> None:
    @pages.get("/me/<given>")
    @braked
    def balance(given: str) -> ResponseReturnValue:
        member_id = passes.read("me", given, now_ms=file.house.clock.now_ms())
        member = file.room.view(members.surviving(file.room.db, member_id)) if member_id else None
        if member is None:
            return render_template("customer/over.html"), 410
        until = file.house.clock.now_local() + timedelta(days=SOON_DAYS)
        soon = file.room.expiring(member.member_id, before_ms=file.house.clock.at_ms(until))
        return render_template(
            "customer/me.html", member=member, soon=soon, coupons=_coupons(file.room, member.member_id),
            package_names=file.room.shop.rulebook.package_names(),
        )  # fmt: skip


def _receipt(pages: Blueprint, file: MemberPages, passes: Passes, braked: Braked) -> None:
    @pages.get("/receipt/<given>")
    @braked
    def receipt(given: str) -> ResponseReturnValue:
        sale_id = passes.read("receipt", given, now_ms=file.house.clock.now_ms())
        found = file.house.reads.e_receipt(sale_id, language=file.speech.texts().language) if sale_id else None
        if found is None:
            return render_template("customer/over.html"), 410
        lines = layout(found.document, columns=RECEIPT_COLUMNS)
        return render_template(
            "customer/receipt.html", lines=lines, is_line=is_line, symbol=symbol, balance_url=found.balance_url
        )

    @pages.get("/gift/<given>")
    @braked
    def gift(given: str) -> ResponseReturnValue:
        sale_id = passes.read("gift", given, now_ms=file.house.clock.now_ms())
        paper = file.house.reads.gift_receipt(sale_id, language=file.speech.texts().language) if sale_id else None
        if paper is None:
            return render_template("customer/over.html"), 410
        lines = layout(paper, columns=RECEIPT_COLUMNS)
        return render_template("customer/receipt.html", lines=lines, is_line=is_line, symbol=symbol, is_gift=True)


def _coupons(room: MemberRoom, member_id: str) -> list[tuple[Names, str]]:
    """Return name and last day of each coupon that a member may use; its code is shown at the till alone."""
    names = room.shop.promotion_names()
    held = coupons.open_of_member(room.db, member_id, now_ms=room.shop.clock.now_ms())
    return [(names.get(each.promotion_id, each.names), last_day(room.shop, each)) for each in held]


def _codes(pages: Blueprint, file: MemberPages, passes: Passes) -> None:
    def code(kind: Kind, subject: str) -> str:
        privacy = file.house.config.privacy
        if not privacy.page_url:
            abort(404)
        until_ms = file.house.clock.now_ms() + privacy.page_minutes * 60_000
        return f"{privacy.page_url}/{kind}/{passes.make(kind, subject, until_ms=until_ms)}"

    @pages.get("/lane/<int:lane>/member-code")
    def join_code(lane: int) -> ResponseReturnValue:
        signed_in(file.house, lane)
        return _code_panel(code("join", str(lane)), "join", file)

    @pages.get("/lane/<int:lane>/member/<member_id>/code")
    def me_code(lane: int, member_id: str) -> ResponseReturnValue:
        signed_in(file.house, lane)
        member = file.room.view(member_id) or abort(404)
        return _code_panel(code("me", member.member_id), "me", file)


def _code_panel(url: str, kind: Kind, file: MemberPages) -> str:
    picture = str(segno.make(url, error="m", micro=False).svg_data_uri(scale=6, border=4))
    return render_template(
        "panels/customer_code.html", picture=picture, kind=kind, minutes=file.house.config.privacy.page_minutes
    )
