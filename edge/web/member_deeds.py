"""What is pressed in a member's file: profile, notes, consent, and what only managers may do with a whole file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge import member_desk, member_files
from edge.loop import TillBusyError
from edge.member_desk import CHANNELS, SEXES, Slips
from edge.member_files import Unmasked
from edge.member_room import MemberRoom
from edge.member_words import CHANNELS as CHANNEL_WORDS
from edge.member_words import PLACES, happened, moved
from edge.member_words import SEXES as SEX_WORDS
from edge.screen import Refusal
from edge.store import consents, members, people
from edge.store.timeline import timeline
from edge.text_marks import N_
from edge.web.member_pages import MemberPages, Tab

FIELDS = (
    "name", "phone", "sex", "birthday", "calendar", "region", "occupation", "channel", "tags", "referrer",
)  # fmt: skip
TEXT_MAX = 1_000
FOUND_MAX = 8


def _overview(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    standing = consents.standing(room.db, member_id)
    return {
        "purposes": [(each, standing.get(each.id)) for each in room.shop.rules.membership.purposes],
        "places": PLACES,
        "notes": list(reversed(_profile(room, member_id).profile.notes))[:3],
        "tags": sorted(_file(room, member_id).tags),
        "code": _file(room, member_id).code,
        "may_scan": bool(room.shop.config.privacy.page_url),
    }


def _form(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    person = _profile(room, member_id)
    profile = person.profile
    birthday = ""
    if person.birth:
        year, month, day = person.birth
        birthday = f"{year}-{month:02d}-{day:02d}" if year else f"{month:02d}-{day:02d}"
    values = {
        "sex": profile.sex, "birthday": birthday, "calendar": "lunar" if person.is_birth_lunar else "",
        "region": profile.region, "occupation": profile.occupation, "channel": profile.channel,
        "tags": " ".join(sorted(_file(room, member_id).tags)),
        **{f"custom.{key}": value for key, value in profile.custom.items()},
    }  # fmt: skip
    referrer = members.referrer_of(room.db, member_id)
    return {
        "values": values, "slips": {}, "fields": room.shop.rules.membership.fields,
        "sexes": [(each, SEX_WORDS[each]) for each in SEXES],
        "channels": [(each, CHANNEL_WORDS[each]) for each in CHANNELS],
        "referrer_name": members.name_of(room.db, referrer) if referrer else "",
    }  # fmt: skip


def _history(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    rules = room.shop.rules
    return {
        "events": timeline(room.db, member_id),
        "happened": lambda event, texts: happened(event, texts, rules),
        "moved": moved,
    }


def _manage(room: MemberRoom, member_id: str) -> Mapping[str, Any]:
    del room, member_id
    return {"clear": None, "found": (), "wanted": "", "code": ""}


def _profile(room: MemberRoom, member_id: str) -> people.Person:
    return people.person(room.db, member_id) or abort(404)


def _file(room: MemberRoom, member_id: str) -> members.MemberFile:
    return members.member(room.db, member_id) or abort(404)


TABS: tuple[Tab, ...] = (
    Tab("overview", N_("Overview"), _overview),
    Tab("profile", N_("Profile"), _form),
    Tab("history", N_("History"), _history),
)
LAST_TABS: tuple[Tab, ...] = (Tab("manage", N_("Manage"), _manage),)
"""After those of all other subjects."""


def blueprint(file: MemberPages) -> Blueprint:
    """Return the pages that the forms of a member's file post to."""
    pages = Blueprint("member_deeds", __name__, url_prefix="/lane/<int:lane>/member/<member_id>")
    _of_staff(pages, file)
    _of_managers(pages, file)
    return pages


def _of_staff(pages: Blueprint, file: MemberPages) -> None:
    @pages.post("/profile")
    def profile(lane: int, member_id: str) -> ResponseReturnValue:
        file.staff_at(lane)
        given = {
            key: request.form[key][:TEXT_MAX]
            for key in request.form
            if key in FIELDS or key.startswith("custom.")
        }  # fmt: skip
        texts = file.speech.texts()
        answer = _asked(file, lane, member_desk.change_file, member_id=member_id, values=given)
        if isinstance(answer, Slips):
            slips = {key: texts.refusal(code, {"max": people.NAME_MAX}) for key, code in answer.codes.items()}
            return file.page(lane, member_id, "profile", values=given, slips=slips)
        refusal = texts.refusal(answer.code, answer.params) if answer else ""
        return file.page(lane, member_id, "profile", refusal=refusal, done="" if refusal else texts.t("Kept."))

    @pages.post("/note")
    def note(lane: int, member_id: str) -> ResponseReturnValue:
        file.staff_at(lane)
        text = request.form.get("text", "")[:TEXT_MAX]
        return file.page(
            lane, member_id, "overview", refusal=file.ask(lane, member_desk.add_note, member_id=member_id, text=text)
        )

    @pages.post("/consent")
    def consent(lane: int, member_id: str) -> ResponseReturnValue:
        file.staff_at(lane)
        refusal = file.ask(
            lane, member_desk.set_consent, member_id=member_id, purpose=request.form.get("purpose", "")[:60],
            is_given=request.form.get("given") == "1",
        )  # fmt: skip
        return file.page(lane, member_id, "overview", refusal=refusal)


def _of_managers(pages: Blueprint, file: MemberPages) -> None:
    @pages.post("/unmask")
    def unmask(lane: int, member_id: str) -> ResponseReturnValue:
        file.staff_at(lane)
        answer = _asked(file, lane, member_files.unmask, member_id=member_id)
        clear = answer if isinstance(answer, Unmasked) else None
        return file.page(lane, member_id, "manage", refusal=_words(file, answer), clear=clear)

    @pages.get("/merge")
    def candidates(lane: int, member_id: str) -> ResponseReturnValue:
        file.staff_at(lane)
        wanted = request.args.get("q", "")[:60].strip()
        found = file.room.find(wanted, limit=FOUND_MAX) if wanted else ()
        others = [each for each in found if each.member_id != member_id]
        return render_template(
            "panels/member_merge_list.html", lane=lane, member_id=member_id, found=others, wanted=wanted
        )

    @pages.post("/merge")
    def merge(lane: int, member_id: str) -> ResponseReturnValue:
        file.staff_at(lane)
        gone = request.form.get("gone", "")[:60]
        refusal = file.ask(lane, member_files.merge, keep=member_id, gone=gone)
        done = "" if refusal else file.speech.texts().t("The two files are one now.")
        return file.page(lane, member_id, "manage", refusal=refusal, done=done)

    @pages.post("/erase")
    def erase(lane: int, member_id: str) -> ResponseReturnValue:
        file.staff_at(lane)
        refusal = file.ask(
            lane, member_files.erase, member_id=member_id, forfeit=request.form.get("forfeit") == "1"
        )  # fmt: skip
        if refusal:
            return file.page(lane, member_id, "manage", refusal=refusal)
        return render_template("panels/member_erased.html")

    @pages.get("/export")
    def export(lane: int, member_id: str) -> ResponseReturnValue:
        file.staff_at(lane)
        answer = _asked(file, lane, member_files.export_member, member_id=member_id)
        if not isinstance(answer, bytes):
            abort(403)
        head = {"Content-Disposition": f"attachment; filename=member-{member_id[:16]}.json"}
        return Response(answer, mimetype="application/json", headers=head)


def _asked(file: MemberPages, lane: int, deed: Any, **arguments: Any) -> Any:
    try:
        return file.house.ask(lane, deed, **arguments)
    except TillBusyError:
        return Refusal("till_busy")


def _words(file: MemberPages, answer: object) -> str:
    return file.speech.texts().refusal(answer.code, answer.params) if isinstance(answer, Refusal) else ""
