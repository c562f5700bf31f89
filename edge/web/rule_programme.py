"""Member tiers, points and groups, written by their shopkeeper into the same draft as promotions."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from edge import rule_desk, rule_drafts
from edge.rule_fields import Widget
from edge.rule_problems import problem_text
from edge.rule_programme import (
    GROUP_MOST,
    POINTS,
    TABLES,
    TIERS,
    fill_programme,
    groups_of,
    is_of_programme,
    place_of,
    put_programme,
    read_programme,
)
from edge.rule_room import RuleRoom
from edge.rule_tables import new_problems
from edge.rule_words import PROGRAMME, slip_text
from edge.web.house import House
from edge.web.rule_list import elsewhere
from edge.web.rules import QUERY_MAX, Desk, Form, form_words, manager_at
from edge.web.speech import Speech
from rules.loyalty import Tier
from rules.promotions import RuleSet


def blueprint(house: House, room: RuleRoom, speech: Speech) -> Blueprint:
    """Return the page of tiers and points."""
    pages = Blueprint("rule_programme", __name__, url_prefix="/lane/<int:lane>/rules/programme")
    desk = Desk(house, room, speech)

    @pages.before_request
    def only_managers() -> None:
        manager_at(house, (request.view_args or {})["lane"])

    pages.context_processor(lambda: form_words(room, speech.texts()))

    @pages.get("")
    def show(lane: int) -> ResponseReturnValue:
        draft = room.draft().rules
        return _page(lane, Form(Tier, fill_programme(draft, decimals=desk.decimals)), draft)

    @pages.post("/rows")
    def rows(lane: int) -> ResponseReturnValue:
        desk.ask(lane, rule_desk.stay)
        form = _typed()
        form.more = request.form.get("more", "")[:QUERY_MAX]
        return _page(lane, form, room.draft().rules)

    @pages.post("")
    def keep(lane: int) -> ResponseReturnValue:
        form, draft, texts = _typed(), room.draft().rules, speech.texts()
        tables, slips = read_programme(form.values, draft, decimals=desk.decimals)
        form.wrong = {name: [slip_text(slip, texts)] for name, slip in slips.items()}
        if slips:
            return _page(lane, form, draft)
        changed = put_programme(draft, tables)
        form.wrong = _problems(changed, draft, desk)
        if form.wrong:
            # Rows that were emptied are gone from the table: the others move up, in the form too.
            form.values = fill_programme(changed, decimals=desk.decimals)
            return _page(lane, form, draft)
        form.refusal = desk.ask(lane, rule_desk.change_draft, change=partial(put_programme, tables=tables))
        if form.refusal:
            return _page(lane, form, draft)
        return desk.list_page(lane, done=texts.t("Kept in the draft. It counts once it is published."))

    return pages


def _problems(changed: rule_drafts.DraftRules, before: rule_drafts.DraftRules, desk: Desk) -> dict[str, list[str]]:
    """Return what is wrong in the form, and which promotions the change would break, by the name in the form."""
    texts, skus = desk.speech.texts(), desk.room.known_skus()
    found = rule_drafts.check_draft(changed, known_skus=skus)
    wrong: dict[str, list[str]] = {}
    for problem in () if isinstance(found, RuleSet) else found:
        if is_of_programme(problem):
            wrong.setdefault(place_of(problem), []).append(problem_text(problem, texts))
    others = [each for each in new_problems(changed, before, known_skus=skus) if not is_of_programme(each)]
    return wrong | ({"": [*wrong.get("", ()), *elsewhere(others, texts)]} if others else {})


def _typed() -> Form:
    return Form(Tier, {name: request.form.getlist(name) for name in request.form})


def _page(lane: int, form: Form, draft: rule_drafts.DraftRules) -> str:
    template = "rules/programme_fields.html" if form.more else "rules/programme.html"
    return render_template(
        template, lane=lane, tab="tables", form=form, Widget=Widget, tiers=TIERS, points=POINTS,
        groups=groups_of(draft), group_most=GROUP_MOST, tables=TABLES, headings=PROGRAMME,
    )  # fmt: skip
