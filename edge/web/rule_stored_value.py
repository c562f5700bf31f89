"""The rules of stored value, written by their shopkeeper into the same draft as promotions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from edge import rule_desk, rule_drafts
from edge.rule_fields import Field, Widget
from edge.rule_room import RuleRoom
from edge.rule_stored_value import (
    CHOICES,
    WORDS,
    fields_for,
    fill_stored_value,
    is_of_stored_value,
    names_in_draft,
    place_of,
    put_stored_value,
    read_stored_value,
    said_in,
)
from edge.rule_words import problem_text, slip_text
from edge.texts import Texts
from edge.web.house import House
from edge.web.rules import QUERY_MAX, Desk, Form, form_words, manager_at
from edge.web.speech import Speech
from rules.basket import Names
from rules.promotions import RuleSet
from rules.stored_value import StoredValueRules


def blueprint(house: House, room: RuleRoom, speech: Speech) -> Blueprint:
    """Return the page of stored value."""
    pages = Blueprint("rule_stored_value", __name__, url_prefix="/lane/<int:lane>/rules/stored_value")
    desk = Desk(house, room, speech)

    @pages.before_request
    def only_managers() -> None:
        manager_at(house, (request.view_args or {})["lane"])

    pages.context_processor(lambda: form_words(room, speech.texts()))

    def page(lane: int, form: Form, draft: rule_drafts.DraftRules) -> str:
        template = "rules/stored_value_fields.html" if form.more else "rules/stored_value.html"
        return render_template(
            template, lane=lane, tab="stored_value", form=form, Widget=Widget, fields=fields_for(draft),
            **_words(draft, speech.texts()),
        )  # fmt: skip

    @pages.get("")
    def show(lane: int) -> ResponseReturnValue:
        draft = room.draft().rules
        return page(lane, Form(StoredValueRules, fill_stored_value(draft, decimals=desk.decimals)), draft)

    @pages.post("/rows")
    def rows(lane: int) -> ResponseReturnValue:
        desk.ask(lane, rule_desk.stay)
        form = _typed()
        form.more = request.form.get("more", "")[:QUERY_MAX]
        return page(lane, form, room.draft().rules)

    @pages.post("/preview")
    def preview(lane: int) -> ResponseReturnValue:
        desk.ask(lane, rule_desk.stay)
        draft = room.draft().rules
        table, _ = read_stored_value(_typed().values, draft, decimals=desk.decimals)
        own = speech.texts().language
        own_first = sorted(speech.all_texts(), key=lambda each: each.language != own)
        said = [(each.language, words) for each in own_first if (words := said_in(table, draft, each))]
        return render_template("rules/preview.html", said=said, wrong={}, suggestion={})

    @pages.post("")
    def keep(lane: int) -> ResponseReturnValue:
        form, draft, texts = _typed(), room.draft().rules, speech.texts()
        table, slips = read_stored_value(form.values, draft, decimals=desk.decimals)
        form.wrong = {name: [slip_text(slip, texts)] for name, slip in slips.items()}
        if slips:
            return page(lane, form, draft)
        changed = put_stored_value(draft, table)
        found = rule_drafts.check_draft(changed, known_skus=room.known_skus())
        for problem in () if isinstance(found, RuleSet) else found:
            if is_of_stored_value(problem):
                form.wrong.setdefault(place_of(problem), []).append(problem_text(problem, texts))
        if form.wrong:
            # Rows that were emptied are gone from the table: the others move up, in the form too.
            form.values = fill_stored_value(changed, decimals=desk.decimals)
            return page(lane, form, draft)
        form.refusal = desk.ask(lane, rule_desk.change_draft, change=partial(put_stored_value, table=table))
        if form.refusal:
            return page(lane, form, draft)
        return desk.list_page(lane, done=texts.t("Kept in the draft. It counts once it is published."))

    return pages


def _words(draft: rule_drafts.DraftRules, texts: Texts) -> Mapping[str, Any]:
    called = names_in_draft(draft)

    def choice(field: Field, value: str) -> str:
        if field.key in ("package", "promotion"):
            return texts.name(called.get(f"{field.key}:{value}", Names(value))) or "–"
        return texts.t(CHOICES.get(f"{field.key}:{value}", value))

    return {
        "label": lambda field: texts.t(WORDS[field.key][0]),
        "help": lambda field: texts.t(WORDS[field.key][1]),
        "choice": choice,
    }


def _typed() -> Form:
    return Form(StoredValueRules, {name: request.form.getlist(name) for name in request.form})
