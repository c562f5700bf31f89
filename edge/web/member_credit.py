"""On account in a member's file: the limit, what is owed, every move of it, and settling it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from edge.credit import set_credit_limit, settle_account
from edge.ids import new_id
from edge.member_room import MemberRoom
from edge.rule_forms import plain
from edge.store import credit
from edge.stored_value import PAID_IN_BY
from edge.text_marks import N_
from edge.web.member_pages import MemberPages, Tab
from rules.money import parse_amount

MOVES_SHOWN = 30
ID_LENGTH = 26
TEXT_MAX = 120


def look(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    """Return what the tab shows of a member."""
    return {
        "credit": credit.credit_of(room.db, member_id),
        "moves": credit.moves_of(room.db, member_id, limit=MOVES_SHOWN),
        "kinds": PAID_IN_BY,
        "move_words": MOVE_WORDS,
        "entry_id": new_id(room.shop.clock),
        "typed": lambda amount, texts: plain(Decimal(amount).scaleb(-texts.decimals), places=texts.decimals),
    }


TAB = Tab("credit", N_("On account"), look)
MOVE_WORDS: Mapping[str, str] = {
    "sale": N_("Purchase"),
    "return": N_("Goods returned"),
    "settled": N_("Settled"),
    "merge": N_("Files merged"),
}


def blueprint(pages_of: MemberPages) -> Blueprint:
    """Return what the tab posts to."""
    pages = Blueprint("member_credit", __name__, url_prefix="/lane/<int:lane>/member/<member_id>/credit")

    def amount() -> int:
        found = parse_amount(request.form.get("amount", "")[:20], decimals=pages_of.speech.texts().decimals)
        return -1 if found is None else found

    @pages.post("/limit")
    def limit(lane: int, member_id: str) -> ResponseReturnValue:
        reason = request.form.get("reason", "")[:TEXT_MAX]
        refusal = pages_of.ask(lane, set_credit_limit, member_id=member_id, limit=amount(), reason=reason)
        said = "" if refusal else pages_of.speech.texts().t("Changed.")
        return pages_of.page(lane, member_id, "credit", refusal=refusal, done=said)

    @pages.post("/settle")
    def settle(lane: int, member_id: str) -> ResponseReturnValue:
        entry_id = request.form.get("entry_id", "")
        if len(entry_id) != ID_LENGTH or not entry_id.isalnum():
            abort(400)
        refusal = pages_of.ask(
            lane, settle_account, entry_id=entry_id, member_id=member_id, amount=amount(),
            kind=request.form.get("kind", "")[:20],
        )  # fmt: skip
        said = "" if refusal else pages_of.speech.texts().t("Settled.")
        return pages_of.page(lane, member_id, "credit", refusal=refusal, done=said)

    return pages
