"""A member's money on the screen: paying in, refunding, the statement, and the books of it in the back office."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from edge.ids import new_id
from edge.member_room import MemberRoom
from edge.receipt_stored_value import move_words, signed
from edge.screen import Refusal
from edge.store import members, stored_value
from edge.stored_value import EVERYTHING, plan_refund, refund, top_up
from edge.stored_value_grants import gift_of
from edge.stored_value_words import gift_said, names_in, rule_said
from edge.text_marks import N_
from edge.web.member_pages import MemberPages, Tab
from edge.web.office import OfficePages, only_managers
from rules.money import AMOUNT_MAX, Minor, parse_amount
from rules.stored_value import is_open
from rules.tender import next_notes

OFFERS_MAX = 8
MOVES_SHOWN = 60
REASON_MAX = 120
CSV_HEAD = ("time", "kind", "number", "principal", "gift", "principal_after", "gift_after")


def look(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    """Return what the tab of a member's file shows."""
    return {
        "is_on": room.shop.rules.stored_value.on,
        "moves": stored_value.statement(room.db, member_id, limit=MOVES_SHOWN),
        "top_ups": stored_value.top_ups_of(room.db, member_id),
        "coming": stored_value.to_come(room.db, member_id),
        "move_words": move_words,
        "signed": signed,
        "entry_id": new_id(room.shop.clock),
        "offers": (),
        "amount": 0,
        "plan": None,
    }


TAB = Tab("stored_value", N_("Stored value"), look)


def more_of(pages_of: MemberPages, member_id: str) -> dict[str, Any]:
    """Return what the tab shows for what was asked in its address: an amount to pay in, a refund, or offers."""
    texts = pages_of.speech.texts()
    typed, chosen = request.args.get("typed", ""), request.args.get("amount", 0, int)
    if typed:
        chosen = parse_amount(typed, decimals=texts.decimals) or 0
        if not chosen:
            return {"refusal": texts.refusal("amount_range"), **_offers(pages_of, member_id)}
    if 0 < chosen <= AMOUNT_MAX:
        return _to_pay(pages_of, member_id, chosen)
    if "refund" in request.args:
        which = request.args["refund"]
        return _to_refund(pages_of, member_id, EVERYTHING if which == "all" else which[:40])
    return _offers(pages_of, member_id)


def _offers(pages_of: MemberPages, member_id: str) -> dict[str, Any]:
    """Return an amount for each rule that is open to the member, with what it gives."""
    texts, shop = pages_of.speech.texts(), pages_of.room.shop
    file = members.member(shop.store.db, member_id)
    today = shop.clock.business_date(shop.clock.now_ms())
    rules = [
        rule
        for rule in shop.rules.stored_value.top_ups
        if is_open(rule, tier_id=file.tier_id if file else "", on=today)
    ]
    amounts = sorted({rule.amount for rule in rules})[:OFFERS_MAX]
    said = []
    for amount in amounts:
        gift = gift_of(shop, member_id, amount)
        said.append((amount, gift_said(gift, texts, names_in(shop.rules)) if gift else ""))
    return {"offers": said}


def _to_pay(pages_of: MemberPages, member_id: str, amount: Minor) -> dict[str, Any]:
    texts, shop = pages_of.speech.texts(), pages_of.room.shop
    gift = gift_of(shop, member_id, amount)
    return {
        "amount": amount, "gives": gift_said(gift, texts, names_in(shop.rules)) if gift else "",
        "notes": next_notes(amount, shop.config.store.denominations),
    }  # fmt: skip


def _to_refund(pages_of: MemberPages, member_id: str, top_up_id: str, *, reason: str = "") -> dict[str, Any]:
    plan = plan_refund(pages_of.room.shop, member_id, top_up_id)
    if isinstance(plan, Refusal):
        return {"refusal": pages_of.speech.texts().refusal(plan.code, plan.params), **_offers(pages_of, member_id)}
    return {"plan": plan, "top_up_id": top_up_id, "amount": 0, "reason": reason}


def lane_blueprint(pages_of: MemberPages) -> Blueprint:
    """Return what is pressed in the tab."""
    pages = Blueprint("member_stored_value", __name__, url_prefix="/lane/<int:lane>/member/<member_id>/stored_value")

    @pages.post("/top_up")
    def top_up_page(lane: int, member_id: str) -> ResponseReturnValue:
        texts = pages_of.speech.texts()
        amount = request.form.get("amount", 0, int)
        kind, _, given = request.form.get("pay", "")[:40].partition(":")
        if not 0 < amount <= AMOUNT_MAX or not given.isascii() or not given.isdigit():
            abort(400)
        entry_id = request.form.get("entry_id", "")[:41]
        refusal = pages_of.ask(
            lane, top_up, entry_id=entry_id, member_id=member_id, amount=amount, kind=kind,
            given=min(int(given), AMOUNT_MAX),
        )  # fmt: skip
        if refusal:
            again = {**_to_pay(pages_of, member_id, amount), "entry_id": entry_id}
            return pages_of.page(lane, member_id, TAB.name, refusal=refusal, **again)
        change = max(int(given) - amount, 0)
        done = texts.refusal("topped_up", {"amount_minor": amount, "change_minor": change})
        return pages_of.page(lane, member_id, TAB.name, done=done, **_offers(pages_of, member_id))

    @pages.post("/refund")
    def refund_page(lane: int, member_id: str) -> ResponseReturnValue:
        texts, entry_id = pages_of.speech.texts(), request.form.get("entry_id", "")[:41]
        top_up_id, reason = request.form.get("top_up_id", "")[:40], request.form.get("reason", "")[:REASON_MAX]
        refusal = pages_of.ask(
            lane, refund, entry_id=entry_id, member_id=member_id, top_up_id=top_up_id,
            kind=request.form.get("kind", "")[:20], reason=reason,
        )  # fmt: skip
        if refusal:
            again = {**_to_refund(pages_of, member_id, top_up_id, reason=reason), "entry_id": entry_id}
            return pages_of.page(lane, member_id, TAB.name, **{**again, "refusal": refusal})
        return pages_of.page(
            lane, member_id, TAB.name, done=texts.t("The money is paid back."), **_offers(pages_of, member_id)
        )

    return pages


# ------------------------------------------------------------------------------------------------ back office


def office_blueprint(office: OfficePages) -> Blueprint:
    """Return the books of members' money: what is owed to them in all, who pays in what, and statements as files."""
    pages = Blueprint("office_stored_value", __name__, url_prefix="/lane/<int:lane>/office/stored_value")
    only_managers(pages, office.house)
    shop = office.room.shop

    @pages.get("")
    def books(lane: int) -> ResponseReturnValue:
        texts, rules = office.speech.texts(), shop.rules.stored_value
        return office.page(
            "stored_value", lane, "stored_value", totals=stored_value.totals(shop.store.db),
            holders=stored_value.holders(shop.store.db),
            name_of=lambda member_id: members.name_of(shop.store.db, member_id),
            said=[rule_said(rule, texts, names_in(shop.rules)) for rule in rules.top_ups],
        )  # fmt: skip

    @pages.get("/<member_id>.csv")
    def statement(lane: int, member_id: str) -> ResponseReturnValue:
        del lane
        if members.member(shop.store.db, member_id) is None:
            abort(404)
        return _csv(office, stored_value.statement(shop.store.db, member_id), f"stored-value-{member_id[:20]}.csv")

    return pages


def _csv(office: OfficePages, moves: list[stored_value.MoneyMove], file_name: str) -> Response:
    texts, clock = office.speech.texts(), office.room.shop.clock
    out = io.StringIO()
    # The mark tells spreadsheets that it is UTF-8.
    out.write("\ufeff")
    lines = csv.writer(out)
    lines.writerow(CSV_HEAD)
    for move in moves:
        amounts = (move.principal, move.gift, move.principal_after, move.gift_after)
        lines.writerow(
            (
                f"{clock.local(move.at_ms):%Y-%m-%d %H:%M:%S}",
                move_words(move.reason, texts),
                move.number,
                *(_plain(amount, texts.decimals) for amount in amounts),
            )
        )
    answer = Response(out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return answer


def _plain(amount: Minor, decimals: int) -> str:
    """Return an amount that a spreadsheet takes for a figure: `-1234.50`."""
    sign, whole = ("-", -amount) if amount < 0 else ("", amount)
    if not decimals:
        return f"{sign}{whole}"
    return f"{sign}{whole // 10**decimals}.{whole % 10**decimals:0{decimals}d}"
