"""Tables of the rules, written by their shopkeeper into the same draft as promotions: one page for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from edge import rule_desk
from edge.rule_drafts import DraftRules, Table
from edge.rule_fields import Field, Widget
from edge.rule_problems import problem_text
from edge.rule_programme import changed_keys, said_of
from edge.rule_reading import Reading, Slip
from edge.rule_room import RuleRoom
from edge.rule_table_list import TABLES, table_of
from edge.rule_tables import (
    NAMED,
    Rows,
    RuleTable,
    choice_of,
    fill_table,
    is_changed,
    names_in_draft,
    new_problems,
    place_of,
    problems_of_table,
    put_table,
    raw_table,
    read_form_table,
    said_in,
    table_fields,
    words_of,
)
from edge.rule_words import slip_text
from edge.texts import Texts
from edge.web.house import House
from edge.web.rule_list import elsewhere, names_known
from edge.web.rules import QUERY_MAX, Desk, Form, form_words, manager_at
from edge.web.speech import Speech
from rules.basket import Names

ROW = Rows("")
"""How a row is called whose list says nothing of it."""


def blueprint(house: House, room: RuleRoom, speech: Speech) -> Blueprint:
    """Return the page that lists the tables, and the form of each."""
    pages = Blueprint("rule_tables", __name__, url_prefix="/lane/<int:lane>/rules")
    desk = Desk(house, room, speech)
    one = f"/<any({', '.join(TABLES)}):key>"

    @pages.before_request
    def only_managers() -> None:
        manager_at(house, (request.view_args or {})["lane"])

    pages.context_processor(lambda: form_words(room, speech.texts()))

    @pages.get("/tables")
    def tables(lane: int) -> ResponseReturnValue:
        return render_template("rules/tables.html", lane=lane, tab="tables", tiles=_tiles(room, speech.texts()))

    @pages.get(one)
    def show(lane: int, key: str) -> ResponseReturnValue:
        table, draft = TABLES[key], room.draft().rules
        form = Form(table.shape, fill_table(table, draft, decimals=desk.decimals))
        # Whoever comes from the page that publishes sees at once where it is wrong.
        raw, reading = read_form_table(table, form.values, draft, decimals=desk.decimals)
        form.wrong = _wrong(table, raw, reading, draft, desk, is_kept=True)
        return _page(lane, table, form, draft, desk)

    @pages.post(f"{one}/rows")
    def rows(lane: int, key: str) -> ResponseReturnValue:
        desk.ask(lane, rule_desk.stay)
        form = _typed(TABLES[key])
        form.more = request.form.get("more", "")[:QUERY_MAX]
        return _page(lane, TABLES[key], form, room.draft().rules, desk)

    @pages.post(f"{one}/preview")
    def preview(lane: int, key: str) -> ResponseReturnValue:
        desk.ask(lane, rule_desk.stay)
        table, draft, own = TABLES[key], room.draft().rules, speech.texts().language
        form = _typed(table)
        raw, reading = read_form_table(table, form.values, draft, decimals=desk.decimals)
        # Once somebody wanted to keep it, what is wrong is said for as long as it is wrong.
        wrong = _wrong(table, raw, reading, draft, desk, is_kept=bool(request.form.get("asked")))
        own_first = sorted(speech.all_texts(), key=lambda each: each.language != own)
        said = [
            (each.language, words)
            for each in own_first
            if (words := said_in(table, raw, draft, each, room, between="\n"))
        ]
        return render_template("rules/preview.html", said=said, wrong=wrong, suggestion={})

    @pages.post(one)
    def keep(lane: int, key: str) -> ResponseReturnValue:
        table, draft, texts = TABLES[key], room.draft().rules, speech.texts()
        form = _typed(table)
        raw, reading = read_form_table(table, form.values, draft, decimals=desk.decimals, taken=room.ids_ever(table))
        form.wrong = _wrong(table, raw, reading, draft, desk, is_kept=True)
        if not form.wrong:
            form.refusal = desk.ask(lane, rule_desk.change_draft, change=partial(put_table, raw=raw, table=table))
        if form.wrong or form.refusal:
            return _page(lane, table, form, draft, desk)
        return desk.list_page(lane, done=texts.t("Kept in the draft. It counts once it is published."))

    return pages


def _tiles(room: RuleRoom, texts: Texts) -> list[tuple[str, str, str, bool]]:
    """Return address, name and sentence of every table, and whether the draft changed it."""
    state = room.draft()
    changed = changed_keys(state.in_force, state.rules)
    between = "; " if texts.language == "en" else "；"
    programme = between.join(said_of(key, state.rules, texts, room) for key in ("tiers", "points"))
    tiles = [("programme", texts.t("Tiers and points"), programme, bool(changed))]
    for key, table in TABLES.items():
        said = said_in(table, raw_table(table, state.rules), state.rules, texts, room)
        tiles.append((key, texts.t(table.title), said, is_changed(table, state.in_force, state.rules)))
    return tiles


def _page(lane: int, table: RuleTable, form: Form, draft: DraftRules, desk: Desk) -> str:
    template = "rules/table_fields.html" if form.more else "rules/table.html"
    return render_template(
        template, lane=lane, tab="tables", table=table, form=form, Widget=Widget, fields=table_fields(table, draft),
        opened=frozenset(request.form.getlist("@open")), **_words(table, draft, desk.speech.texts()),
    )  # fmt: skip


def _typed(table: RuleTable) -> Form:
    return Form(table.shape, {name: request.form.getlist(name) for name in request.form})


def _wrong(
    table: RuleTable, raw: Table, reading: Reading, before: DraftRules, desk: Desk, *, is_kept: bool
) -> dict[str, list[str]]:
    """Return what is wrong by the name in the form: what cannot be read, or else what the rules do not allow."""
    texts, skus = desk.speech.texts(), desk.room.known_skus()
    wrong = {
        name: [slip_text(_in_words(table, name, slip, texts), texts)]
        for name, slip in reading.slips.items()
        if is_kept or slip.code != "missing"
    }
    if reading.slips or not is_kept:
        return wrong
    changed, fields = put_table(before, raw, table=table), table_fields(table, before)
    named = names_known((before, changed), texts, desk.room)
    for path, problem in problems_of_table(table, changed, known_skus=skus):
        wrong.setdefault(place_of(path, fields, reading), []).append(problem_text(problem, texts, named))
    others = [each for each in new_problems(changed, before, known_skus=skus) if table_of(each) is not table]
    return wrong | ({"": [*wrong.get("", ()), *elsewhere(others, texts, named)]} if others else {})


def _in_words(table: RuleTable, name: str, slip: Slip, texts: Texts) -> Slip:
    """Return a slip whose value is said as its choice is called, where it is one."""
    words = table.choices.get(f"{name.rpartition('.')[2]}:{slip.value}")
    return Slip(slip.code, texts.t(words)) if words else slip


def _words(table: RuleTable, draft: DraftRules, texts: Texts) -> Mapping[str, Any]:
    called = names_in_draft(draft)

    def choice(field: Field, value: str) -> str:
        if field.key in NAMED:
            return texts.name(called.get(f"{field.key}:{value}", Names(value))) or "–"
        words = choice_of(table, field, value)
        return value if words is None else texts.t(words)

    def said(field: Field) -> tuple[str, str]:
        return words_of(table, field) or (field.key, "")

    def add(field: Field) -> str:
        words = table.rows.get(f"{field.at}/{field.path}" if field.at else field.path, ROW).add
        return texts.t(words) if words else texts.t("Row")

    return {
        "label": lambda field: texts.t(said(field)[0]),
        "help": lambda field: texts.t(said(field)[1]) if said(field)[1] else "",
        "choice": choice,
        "add": add,
    }
