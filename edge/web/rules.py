"""Promotions written by their shopkeeper: list, form with the sentence that customers read, publishing, versions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge import rule_desk, rule_drafts
from edge.loop import TillBusyError
from edge.rule_fields import Section, Widget, fields_of, kind_named, scope_is_asked, tag_of
from edge.rule_forms import fill_form, read_form
from edge.rule_problems import problem_text
from edge.rule_programme import COLOURS
from edge.rule_reading import ROWS_MAX, Values, row_numbers
from edge.rule_room import RuleRoom, Thing
from edge.rule_sentences import sentence, suggested_names
from edge.rule_words import (
    CHOICES,
    KINDS,
    SECTIONS,
    SOURCES,
    field_words,
    slip_text,
)
from edge.screen import Refusal, Stage, TillView
from edge.store.rulebook import NOTE_MAX
from edge.texts import Texts
from edge.web.house import House
from edge.web.rule_list import changes, home_of, listed, names_known, other_changes
from edge.web.speech import Speech
from rules.basket import Names
from rules.promotions import KINDS as KIND_TYPES
from rules.table_reader import Problem

QUERY_MAX = 60
CHANGES: Mapping[str, Callable[..., rule_drafts.DraftRules | None]] = {
    "off": rule_drafts.switch_off,
    "on": rule_drafts.switch_on,
    "delete": rule_drafts.take_out,
}


@dataclass(slots=True)
class Form:
    """A form as it is shown: what was typed, and what is wrong by the path of its key."""

    kind: type[Any]
    """Of the promotion; Tier for the form of tiers and points."""
    values: Values
    instead_of: str = ""
    wrong: dict[str, list[str]] = field(default_factory=dict)
    refusal: str = ""
    more: str = ""
    """The list that gets one more row."""
    _numbers: tuple[Values | None, Mapping[str, frozenset[int]]] = field(default_factory=lambda: (None, {}))

    def one(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "")

    def rows(self, name: str, least: int) -> list[int]:
        """Return the numbers of the rows that are shown, a new one among them; one that was taken out left a gap."""
        if self._numbers[0] is not self.values:
            self._numbers = (self.values, row_numbers(self.values))
        numbers = self._numbers[1].get(name, frozenset())
        filled = min(max(numbers, default=-1) + 1, ROWS_MAX)
        shown = range(max(filled + (self.more == name), least))
        return [row for row in shown if row >= filled or row in numbers]


def manager_at(house: House, lane: int) -> TillView:
    """Return the newest view of a lane at which a manager is signed in; anybody else is turned away."""
    try:
        view = house.screens.newest(lane)
    except KeyError:
        abort(404)
    if view.stage is Stage.LOCKED or view.staff is None or view.staff.role not in rule_desk.MANAGERS:
        abort(403)
    return view


def blueprint(house: House, room: RuleRoom, speech: Speech) -> Blueprint:
    """Return the pages that write the rules."""
    pages = Blueprint("rules", __name__, url_prefix="/lane/<int:lane>/rules")
    desk = Desk(house, room, speech)

    @pages.before_request
    def only_managers() -> None:
        manager_at(house, (request.view_args or {})["lane"])

    pages.context_processor(lambda: form_words(room, speech.texts()))
    _add_list(pages, desk)
    _add_form(pages, desk)
    _add_versions(pages, desk)
    return pages


def form_words(room: RuleRoom, texts: Texts) -> dict[str, Any]:
    """Return what the templates of forms say and show."""
    return {
        "label": lambda each: texts.t(field_words(each)[0]),
        "help": lambda each: texts.t(field_words(each)[1]),
        "choice": lambda each, value: texts.t(CHOICES.get(f"{each.key}:{value}", value)),
        "called": lambda what, key: _called(room, what, key, texts),
        "add": lambda _: texts.t("Row"),
        "slug": lambda path: re.sub(r"[^a-z0-9]+", "-", path),
        "zhe": texts.language != "en",
        "kind_words": {tag_of(kind): KINDS.get(tag_of(kind), (tag_of(kind), "")) for kind in KIND_TYPES},
        "COLOURS": list(COLOURS),
    }


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages work on."""

    house: House
    room: RuleRoom
    speech: Speech

    def ask(self, lane: int, method: Callable[..., Refusal | None], **arguments: Any) -> str:
        """Ask the till and return why not, in words; empty when it was done."""
        texts = self.speech.texts()
        try:
            answer = self.house.ask(lane, method, **arguments)
        except TillBusyError:
            answer = Refusal("till_busy")
        return texts.refusal(answer.code, answer.params) if isinstance(answer, Refusal) else ""

    def list_page(self, lane: int, *, refusal: str = "", done: str = "") -> str:
        texts = self.speech.texts()
        state = self.room.draft(checked=True)
        rows = listed(state, self.house.clock.now_local(), texts, self.room)
        others = other_changes(state, texts, self.room)
        return render_template(
            "rules/list.html", lane=lane, rows=rows, state=state, newest=self.room.newest(), refusal=refusal, done=done,
            others=others, file_problems=self.file_problems(), tab="list",
            changed=sum(row.change != "" for row in rows) + len(others),
        )  # fmt: skip

    def file_problems(self) -> tuple[str, ...]:
        """Return what is wrong with the promotions file, which therefore was not taken."""
        name = self.house.config.rules.promotions
        found = self.house.health.strip().problems
        return tuple(each for each in found if name in each or each.startswith("promotions:"))

    def form_page(self, lane: int, form: Form) -> str:
        fields = fields_of(form.kind)
        sections = [(each, [one for one in fields if one.section is each]) for each in Section]
        template = "rules/fields.html" if form.more else "rules/edit.html"
        return render_template(
            template, lane=lane, form=form, tag=tag_of(form.kind), Widget=Widget, tab="list",
            sections=[(each, SECTIONS[each], found) for each, found in sections if found],
            is_off=self.room.draft().rules.is_off(form.instead_of), is_asked=scope_is_asked(form.kind),
        )  # fmt: skip

    @property
    def decimals(self) -> int:
        return self.speech.texts().decimals


def _called(room: RuleRoom, what: str, key: str, texts: Texts) -> str:
    names = room.called(what, key)
    return (names.of(texts.language) if names else "") or key


# ------------------------------------------------------------------------------------------- the list


def _add_list(pages: Blueprint, desk: Desk) -> None:
    @pages.get("")
    def page(lane: int) -> ResponseReturnValue:
        return desk.list_page(lane)

    @pages.post("/change")
    def change(lane: int) -> ResponseReturnValue:
        verb, promotion_id = request.form.get("verb", ""), request.form.get("id", "")[:QUERY_MAX]
        if verb == "copy":
            copied = rule_drafts.copy(desk.room.draft().rules, promotion_id) or abort(404)
            raw = copied[0].find(copied[1]) or abort(404)
            return desk.form_page(lane, _form_of(raw, "", desk))
        made = CHANGES.get(verb) or abort(400)
        refusal = desk.ask(lane, rule_desk.change_draft, change=partial(made, promotion_id=promotion_id))
        return desk.list_page(lane, refusal=refusal)

    @pages.post("/discard")
    def discard(lane: int) -> ResponseReturnValue:
        return desk.list_page(lane, refusal=desk.ask(lane, rule_desk.discard_draft))

    @pages.get("/find")
    def find(lane: int) -> ResponseReturnValue:
        del lane
        what = request.args.get("what", "")
        text = request.args.get("q", "")[:QUERY_MAX]
        if what == "member":
            people = desk.house.reads.find_members(text) if text.strip() else ()
            found = [Thing(each.member_id, Names(f"{each.name} {each.phone}"), each.tier_id) for each in people]
        else:
            found = desk.room.find(what, text)
        return render_template("rules/found.html", found=found, text=request.args.get("q", ""))


# ------------------------------------------------------------------------------------------- the form


def _add_form(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/new")
    def kinds(lane: int) -> ResponseReturnValue:
        return render_template("rules/kinds.html", lane=lane, kinds=[tag_of(kind) for kind in KIND_TYPES], tab="list")

    @pages.get("/new/<tag>")
    def new(lane: int, tag: str) -> ResponseReturnValue:
        kind = kind_named(tag) or abort(404)
        return desk.form_page(lane, Form(kind, fill_form(kind, {}, zhe=False)))

    @pages.get("/edit")
    def edit(lane: int) -> ResponseReturnValue:
        promotion_id = request.args.get("id", "")
        raw = desk.room.draft().rules.find(promotion_id) or abort(404)
        return desk.form_page(lane, _form_of(raw, promotion_id, desk))

    @pages.post("/rows")
    def rows(lane: int) -> ResponseReturnValue:
        form = _typed()
        form.more = request.form.get("more", "")[:QUERY_MAX]
        return desk.form_page(lane, form)

    @pages.post("/preview")
    def preview(lane: int) -> ResponseReturnValue:
        form = _typed()
        desk.ask(lane, rule_desk.stay)
        # Once somebody wanted to keep it, what is missing is said for as long as it is missing.
        raw, wrong = _check(form, desk, is_kept=bool(request.form.get("asked")))
        return _preview(form.kind, raw, wrong, desk)

    @pages.post("/keep")
    def keep(lane: int) -> ResponseReturnValue:
        form = _typed()
        raw, form.wrong = _check(form, desk, is_kept=True)
        if form.wrong:
            return desk.form_page(lane, form)
        put = partial(rule_drafts.put, table=raw, instead_of=form.instead_of)
        form.refusal = desk.ask(lane, rule_desk.change_draft, change=put)
        if form.refusal:
            return desk.form_page(lane, form)
        return desk.list_page(
            lane, done=desk.speech.texts().t("Kept in the draft. Customers see it once it is published.")
        )


def _form_of(raw: Mapping[str, Any], instead_of: str, desk: Desk) -> Form:
    kind = kind_named(str(raw.get("kind", ""))) or abort(404)
    is_zhe = desk.speech.texts().language != "en"
    return Form(kind, fill_form(kind, raw, decimals=desk.decimals, zhe=is_zhe), instead_of=instead_of)


def _typed() -> Form:
    kind = kind_named(request.form.get("kind", "")) or abort(400)
    values = {name: request.form.getlist(name) for name in request.form}
    return Form(kind, values, instead_of=request.form.get("instead_of", "")[:QUERY_MAX])


def _check(form: Form, desk: Desk, *, is_kept: bool) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the promotion's table, named if it has no name, and what is wrong with it by the path of its key."""
    texts = desk.speech.texts()
    raw, slips = read_form(form.kind, form.values, decimals=desk.decimals)
    draft = desk.room.draft().rules
    raw["id"] = raw["id"] or rule_drafts.free_id(draft, tag_of(form.kind).replace("_", "-"))
    if not raw.get("names"):
        raw["names"] = _suggestion(form.kind, raw, desk) or {"en": " "}
    wrong = {path: [slip_text(slip, texts)] for path, slip in slips.items() if is_kept or slip.code != "missing"}
    if slips:
        return raw, wrong
    changed = rule_drafts.put(draft, raw, instead_of=form.instead_of)
    if changed is None:
        return raw, {"": [texts.refusal("promotion_gone")]}
    if changed.is_off(raw["id"]):
        changed = rule_drafts.switch_on(changed, raw["id"]) or changed
    skus, items = desk.room.known_skus(), desk.room.priced_items() if is_kept else None
    for problem in rule_drafts.problems_of(changed, raw["id"], known_skus=skus, known_items=items):
        if not is_kept and problem.what.startswith("empty: give all"):
            continue  # Nobody has come to the items yet.
        wrong.setdefault(_path_of(problem, form.kind), []).append(problem_text(problem, texts))
    return raw, wrong


def _path_of(problem: Problem, kind: type[Any]) -> str:
    """Return the path of the key beside which a problem is shown; empty for the top of the form."""
    key = re.sub(r"\[\d+\].*$", "", problem.key)
    paths = [each.path for each in fields_of(kind)]
    if key in paths:
        return key
    return next((path for path in paths if key and path.startswith(f"{key}.")), "")


def _struct(kind: type[Any], raw: Mapping[str, Any]) -> Any:
    """Return the promotion, or None while it cannot be read."""
    table = {key: value for key, value in raw.items() if key != "kind"}
    try:
        return msgspec.convert({**table, "names": table.get("names") or {}}, kind)
    except (msgspec.ValidationError, ValueError):
        return None


def _suggestion(kind: type[Any], raw: Mapping[str, Any], desk: Desk) -> dict[str, str] | None:
    promotion = _struct(kind, raw)
    if promotion is None:
        return None
    names = suggested_names(promotion, desk.speech.all_texts(), desk.room)
    return {"zh_hans": names.zh_hans, "zh_hant": names.zh_hant, "en": names.en}


def _preview(kind: type[Any], raw: Mapping[str, Any], wrong: dict[str, list[str]], desk: Desk) -> str:
    promotion, own = _struct(kind, raw), desk.speech.texts().language
    own_first = sorted(desk.speech.all_texts(), key=lambda each: each.language != own)
    said = [] if promotion is None else [
        (each.language, sentence(promotion, each, desk.room)) for each in own_first
    ]  # fmt: skip
    return render_template("rules/preview.html", said=said, wrong=wrong, suggestion=_suggestion(kind, raw, desk) or {})


# ------------------------------------------------------------------------------------------- publishing, versions


def _add_versions(pages: Blueprint, desk: Desk) -> None:
    def publish_page(lane: int, refusal: str = "", note: str = "") -> str:
        texts, state = desk.speech.texts(), desk.room.draft(checked=True)
        named = names_known((state.in_force, state.rules), texts, desk.room)
        homes = [(*home_of(each, texts), problem_text(each, texts, named)) for each in state.problems]
        return render_template(
            "rules/publish.html", lane=lane, tab="list", state=state, newest=desk.room.newest(), note=note,
            changes=changes(state, texts, desk.room), refusal=refusal,
            problems=[(path, named(home), words) for path, home, words in homes],
        )  # fmt: skip

    def versions_page(lane: int, refusal: str = "", chosen: int = 0) -> str:
        return render_template(
            "rules/versions.html", lane=lane, tab="versions", entries=desk.room.entries(), refusal=refusal,
            sources=SOURCES, chosen=chosen,
        )  # fmt: skip

    @pages.get("/publish")
    def show_publish(lane: int) -> ResponseReturnValue:
        return publish_page(lane)

    @pages.post("/publish")
    def publish(lane: int) -> ResponseReturnValue:
        note = _note()
        refusal = desk.ask(
            lane, rule_desk.publish_draft, revision=request.form.get("revision", 0, int), note=note,
            over=request.form.get("over", 0, int),
        )  # fmt: skip
        if refusal:
            return publish_page(lane, refusal, note)
        return desk.list_page(lane, done=desk.speech.texts().t("Published: every till sells by it now."))

    @pages.get("/versions")
    def show_versions(lane: int) -> ResponseReturnValue:
        return versions_page(lane, chosen=request.args.get("chosen", 0, int))

    @pages.post("/rollback")
    def roll_back(lane: int) -> ResponseReturnValue:
        refusal = desk.ask(
            lane, rule_desk.roll_back, number=request.form.get("number", 0, int), note=_note(),
            over=request.form.get("over", 0, int),
        )  # fmt: skip
        return versions_page(lane, refusal)


def _note() -> str:
    return request.form.get("note", "")[:NOTE_MAX].strip()
