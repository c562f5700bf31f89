"""Cards on the screen: what a member proves, which of several cards is meant, and the cards in a member's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import segno
from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge import card_deeds, member_desk
from edge.card_keys import phone_address
from edge.card_room import card_rows, held_rows, ways
from edge.loop import TillBusyError
from edge.member_room import MemberRoom
from edge.rule_desk import MANAGERS
from edge.screen import Refusal
from edge.text_marks import N_
from edge.web.member_pages import MemberPages, Tab, signed_in
from rules.card_policy import Proof

TYPED_MAX = 20
"""Characters of the longest thing that is typed on these pages."""
REASON_WORDS: Mapping[str, str] = {
    "lost": N_("Lost"),
    "stolen": N_("Stolen"),
    "damaged": N_("Damaged"),
    "other": N_("Another reason"),
    "replaced": N_("Replaced"),
    "": N_("Blocked"),
}
PROVED_BY: Mapping[Proof, Callable[..., Any]] = {
    Proof.PIN: card_deeds.prove_pin,
    Proof.LAST_FOUR: card_deeds.prove_last_four,
    Proof.PROVED: card_deeds.prove_code,
    Proof.APPROVED: card_deeds.approve_proof,
}


def _look(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    return {"cards": card_rows(room, member_id), "reasons": REASON_WORDS, "ways": ways(room, member_id)}


TAB = Tab("cards", N_("Cards"), _look)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What these pages work on."""

    pages: MemberPages

    def proof(self, lane: int, *, refusal: str = "", proved: bool = False) -> str:
        view = signed_in(self.pages.house, lane)
        member = view.member
        accepted = self.pages.house.ask(lane, card_deeds.accepted_ways) if member else ()
        return render_template(
            "panels/proof.html", lane=lane, view=view, member=member, ways=accepted, refusal=refusal, is_done=proved
        )


def blueprint(pages_of: MemberPages) -> Blueprint:
    """Return the pages. They open only to staff who signed in."""
    pages = Blueprint("cards", __name__, url_prefix="/lane/<int:lane>")
    desk = _Desk(pages_of)
    _proofs(pages, desk)
    _file(pages, desk)

    @pages.get("/cards")
    def several(lane: int) -> ResponseReturnValue:
        view = signed_in(pages_of.house, lane)
        may_badge = view.staff is not None and view.staff.role in MANAGERS and bool(view.card_offered)
        return render_template(
            "panels/cards.html", view=view, held=held_rows(pages_of.room, view.cards_held),
            staff=pages_of.house.reads.staff() if may_badge else (),
        )  # fmt: skip

    return pages


def _proofs(pages: Blueprint, desk: _Desk) -> None:
    @pages.get("/proof")
    def proof(lane: int) -> ResponseReturnValue:
        return desk.proof(lane)

    @pages.post("/proof")
    def prove(lane: int) -> ResponseReturnValue:
        signed_in(desk.pages.house, lane)
        try:
            way = Proof(request.form.get("way", ""))
        except ValueError:
            abort(400)
        deed = PROVED_BY.get(way) or abort(400)
        typed = request.form.get("typed", "")[:TYPED_MAX].strip()
        named = {Proof.PIN: "pin", Proof.LAST_FOUR: "digits", Proof.PROVED: "digits"}
        arguments = {named[way]: typed} if way in named else {}
        refusal = desk.pages.ask(lane, deed, **arguments)
        return desk.proof(lane, refusal=refusal, proved=not refusal)


def _file(pages: Blueprint, desk: _Desk) -> None:
    verbs: Mapping[str, tuple[Callable[..., Any], tuple[str, ...], str]] = {
        "block": (card_deeds.block_card, ("uid", "reason"), N_("The card is blocked.")),
        "unblock": (card_deeds.unblock_card, ("uid",), N_("The card is good again.")),
        "replace": (card_deeds.replace_card, ("old_uid",), N_("The new card is bound; the old one is good no more.")),
    }

    @pages.post("/member/<member_id>/cards/<verb>")
    def change(lane: int, member_id: str, verb: str) -> ResponseReturnValue:
        signed_in(desk.pages.house, lane)
        texts = desk.pages.speech.texts()
        more: dict[str, Any] = {}
        if verb in verbs:
            deed, names, words = verbs[verb]
            given = {name: request.form.get(name, "")[:TYPED_MAX] for name in names}
            # A card of somebody else is none of this file's.
            mine = {row.uid for row in card_rows(desk.pages.room, member_id)}
            if given.get("uid", given.get("old_uid")) not in mine:
                abort(404)
            refusal = desk.pages.ask(lane, deed, **given)
        elif verb == "bind":
            refusal, words = desk.pages.ask(lane, member_desk.bind_card, member_id=member_id), N_("The card is bound.")
        elif verb == "pin":
            pin = request.form.get("pin", "")[:TYPED_MAX]
            refusal = desk.pages.ask(lane, card_deeds.set_member_pin, member_id=member_id, pin=pin)
            words = N_("The PIN is set.")
        elif verb == "ecard":
            refusal, more = _new_ecard(desk, lane, member_id)
            words = N_("Let the member scan this with an authenticator app.")
        else:
            abort(404)
        return desk.pages.page(
            lane, member_id, TAB.name, refusal=refusal, done="" if refusal else texts.t(words), **more
        )


def _new_ecard(desk: _Desk, lane: int, member_id: str) -> tuple[str, dict[str, Any]]:
    """Return why there is no e-card, in words, or the picture that a phone takes it from: shown once, kept nowhere."""
    texts, house = desk.pages.speech.texts(), desk.pages.house
    try:
        answer = house.ask(lane, card_deeds.issue_ecard, member_id=member_id)
    except TillBusyError:
        answer = Refusal("till_busy")
    if isinstance(answer, Refusal):
        return texts.refusal(answer.code, answer.params), {}
    file = desk.pages.room.file(member_id)
    address = phone_address(answer, code=file.code if file else "", shop=house.config.store.name_zh_hans)
    return "", {"ecard": segno.make(address).svg_data_uri(scale=4)}
