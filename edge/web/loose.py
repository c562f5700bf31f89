"""What comes back without a receipt: the item is found, its price capped, and it goes into the basket with a minus."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge.exchanging import put_back_loose
from edge.exchanging_loose import most_for
from edge.loop import TillBusyError
from edge.member_room import MemberRoom
from edge.returning_reasons import reasons_of
from edge.screen import Refusal
from edge.web.house import House
from edge.web.member_pages import signed_in
from edge.web.speech import Speech
from rules.basket import Item
from rules.money import parse_amount

QUERY_MAX = 60


def blueprint(house: House, room: MemberRoom, speech: Speech) -> Blueprint:
    """Return the panels; they open only to staff who signed in."""
    pages = Blueprint("loose", __name__, url_prefix="/lane/<int:lane>/return-loose")

    def item_of(sku: str) -> Item:
        return room.shop.item_as_sold(sku) or abort(404)

    def shown(lane: int, sku: str, refusal: str = "") -> dict[str, object]:
        return {
            "lane": lane, "item": item_of(sku), "most": most_for(room.shop, sku), "refusal": refusal,
            "reasons": reasons_of(room.shop.rules, speech.texts()), "given": request.form,
            "days": room.shop.rules.returns.loose_days,
        }  # fmt: skip

    @pages.get("")
    def page(lane: int) -> ResponseReturnValue:
        signed_in(house, lane)
        return render_template("panels/loose.html", lane=lane, item=None, days=room.shop.rules.returns.loose_days)

    @pages.get("/items")
    def items(lane: int) -> ResponseReturnValue:
        signed_in(house, lane)
        text = request.args.get("q", "")[:QUERY_MAX].strip()
        found = house.reads.search_items(text) if text else ()
        return render_template("panels/loose_items.html", lane=lane, items=found, text=text)

    @pages.get("/<sku>")
    def item(lane: int, sku: str) -> ResponseReturnValue:
        signed_in(house, lane)
        return render_template("panels/loose_item.html", **shown(lane, sku))

    @pages.post("/<sku>")
    def do(lane: int, sku: str) -> ResponseReturnValue:
        signed_in(house, lane)
        answer = _put(house, room, lane, sku)
        if isinstance(answer, Refusal) and answer.code != "approval_needed":
            words = speech.texts().refusal(answer.code, answer.params)
            return render_template("panels/loose.html", **shown(lane, sku, words))
        return render_template("panels/shut.html")

    return pages


def _put(house: House, room: MemberRoom, lane: int, sku: str) -> Refusal | None:
    """Ask the till to take it back as the form says."""
    form = request.form
    quantity, typed = form.get("quantity", "1"), form.get("amount", "").strip()
    weight = parse_amount(form.get("weight", "")[:12].strip() or "0", decimals=3)
    amount = parse_amount(typed[:16]) if typed else 0
    if amount is None or weight is None or not (quantity.isdecimal() and len(quantity) <= 4):
        return Refusal("amount_range")
    if amount == most_for(room.shop, sku):
        amount = 0
    arguments = {"sku": sku, "reason": form.get("reason", "")[:120], "quantity": int(quantity), "weight_g": weight}
    try:
        answer = house.ask(lane, put_back_loose, **arguments, amount=amount, aside=int("aside" in form))
    except TillBusyError:
        return Refusal("till_busy")
    return answer if isinstance(answer, Refusal) else None
