"""Tabs of a member's file: the tier and its history, and the gifts that can be had for points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from edge.gift_desk import PAID_BY, redeem_gift, void_gift, why_not_gift
from edge.ids import new_id
from edge.member_room import MemberRoom
from edge.points_desk import CHANGE_MAX, adjust_points
from edge.store import benefits, tiers
from edge.store.tiers import TierChange
from edge.text_marks import N_
from edge.tier_desk import MONTHS_MAX, give_tier
from edge.web.member_pages import MemberPages
from rules.gift_catalogue import AT_ONCE_MAX

TEXT_MAX = 120
TAKEN_SHOWN = 12
CHANGES_SHOWN = 12
WHY: Mapping[str, str] = {
    "reached": N_("reached"),
    "bought": N_("bought"),
    "given": N_("by hand"),
    "returned": N_("after a return"),
    "review": N_("term ended"),
}
"""Why a tier changed, in the words of the history."""


def look_at_tier(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    """Return what the tab of the tier shows."""
    shop = room.shop
    names = shop.rulebook.tier_names()
    found = tiers.changes(room.db, member_id, limit=CHANGES_SHOWN)
    return {
        "tiers": shop.rules.tiers,
        "changes": [(each, names.get(each.from_tier), names.get(each.to_tier), _why(each)) for each in found],
        "entry_id": new_id(shop.clock),
        "local": shop.clock.local,
    }


def _why(change: TierChange) -> str:
    return WHY.get(change.why, change.why)


def look_at_gifts(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    """Return what the tab of the gifts shows: each with the reason where it cannot be had now."""
    shop = room.shop
    offers = shop.rules.gifts.offers
    today = shop.clock.business_date(shop.clock.now_ms()).isoformat()
    return {
        "gifts": [(offer, why_not_gift(shop, member_id, offer, count=1)) for offer in offers],
        "taken": [
            (each, shop.rules.gifts.find(each.gift_id), each.business_date == today and not each.voided_by)
            for each in benefits.gifts_of_member(room.db, member_id, limit=TAKEN_SHOWN)
        ],
        "entry_id": new_id(shop.clock),
        "paid_by": PAID_BY,
    }


def blueprint(pages_of: MemberPages) -> Blueprint:
    """Return the pages that take the presses of both tabs."""
    pages = Blueprint("member_benefits", __name__, url_prefix="/lane/<int:lane>/member/<member_id>")

    @pages.post("/tier")
    def tier(lane: int, member_id: str) -> ResponseReturnValue:
        texts = pages_of.speech.texts()
        refusal = pages_of.ask(
            lane, give_tier, member_id=member_id, tier_id=_text("tier_id"), months=_number("months", MONTHS_MAX),
            reason=_text("reason"),
        )  # fmt: skip
        return pages_of.page(lane, member_id, "tier", refusal=refusal, done="" if refusal else texts.t("Done"))

    @pages.post("/points")
    def points(lane: int, member_id: str) -> ResponseReturnValue:
        texts = pages_of.speech.texts()
        change = _number("points", CHANGE_MAX)
        refusal = pages_of.ask(
            lane, adjust_points, entry_id=_text("entry_id"), member_id=member_id,
            change=-change if _text("sign") == "take" else change, reason=_text("reason"),
        )  # fmt: skip
        return pages_of.page(lane, member_id, "tier", refusal=refusal, done="" if refusal else texts.t("Done"))

    @pages.post("/gifts")
    def gifts(lane: int, member_id: str) -> ResponseReturnValue:
        texts = pages_of.speech.texts()
        refusal = pages_of.ask(
            lane, redeem_gift, entry_id=_text("entry_id"), member_id=member_id, gift_id=_text("gift_id"),
            count=max(_number("count", AT_ONCE_MAX), 1), paid_by=_text("paid_by") or PAID_BY[0],
        )  # fmt: skip
        return pages_of.page(lane, member_id, "gifts", refusal=refusal, done="" if refusal else texts.t("Handed over"))

    @pages.post("/gifts/back")
    def gift_back(lane: int, member_id: str) -> ResponseReturnValue:
        texts = pages_of.speech.texts()
        refusal = pages_of.ask(
            lane, void_gift, void_id=_text("entry_id"), entry_id=_text("taken_id"), reason=_text("reason")
        )
        return pages_of.page(lane, member_id, "gifts", refusal=refusal, done="" if refusal else texts.t("Taken back"))

    return pages


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:TEXT_MAX]


def _number(name: str, most: int) -> int:
    """Return a whole number that was typed, 0 where it is none, one beyond the most where it is too large."""
    text = _text(name)
    return min(int(text), most + 1) if text.isascii() and text.isdigit() and len(text) <= 12 else 0
