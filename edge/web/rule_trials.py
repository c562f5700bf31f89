"""The bench for rules: a basket that nobody buys, two versions side by side, and a past day under other rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from edge.rule_room import DRAFT, RuleRoom
from edge.trials import PAST_S, Trial, TrialLine
from edge.web.house import House
from edge.web.rules import manager_at
from edge.web.speech import Speech
from rules.basket import QUANTITY_MAX, WEIGHT_MAX_G, Basket, Names
from rules.money import parse_amount
from rules.quote import Quote

LINES_MAX = 100
"""Most lines of a trial."""
CODES_MAX = 10
POINTS_MAX = 10_000_000
TEXT_MAX = 60


@dataclass(frozen=True, slots=True)
class Column:
    """One version's answer."""

    title: str
    basket: Basket
    quote: Quote
    names: dict[str, Any]
    """Names of the version's promotions by id."""


def blueprint(house: House, room: RuleRoom, speech: Speech) -> Blueprint:
    """Return the pages that try rules out; nothing here is written."""
    pages = Blueprint("rule_trials", __name__, url_prefix="/lane/<int:lane>/rules")

    @pages.before_request
    def only_managers() -> None:
        manager_at(house, (request.view_args or {})["lane"])

    def choices() -> list[tuple[str, str]]:
        """Return the versions that can be tried, the one in force first."""
        texts, entries = speech.texts(), room.entries()
        found = [
            ("", texts.t("in force: version {number}", number=entries[0].number) if entries else texts.t("in force"))
        ]
        if room.draft().revision:
            found.append((DRAFT, texts.t("the draft")))
        return found + [
            (str(each.number), texts.t("version {number}", number=each.number) + f" · {each.version}")
            for each in entries[1:]
        ]

    @pages.get("/trial")
    def trial(lane: int) -> ResponseReturnValue:
        now = house.clock.now_local()
        return render_template(
            "rules/trial.html", lane=lane, tab="trial", versions=choices(), now=now, tiers=room.tiers_known(),
            lanes=[each.number for each in house.config.lane], has_draft=bool(room.draft().revision),
        )  # fmt: skip

    @pages.post("/trial")
    def price(lane: int) -> ResponseReturnValue:
        del lane
        asked, texts = _read_trial(house, room), speech.texts()
        columns, broken = [], []
        wanted = [request.form.get("a", ""), request.form.get("b", "-")]
        titles = dict(choices())
        for which in [each for each in wanted if each != "-"]:
            rules = room.rules_of(which)
            if rules is None:
                broken.append(texts.t("The draft has problems; open “Publish” to see them."))
                continue
            basket, quote = room.try_out(asked, rules)
            names = {promotion.id: promotion.names for promotion in rules.promotions}
            columns.append(Column(titles.get(which, which), basket, quote, names))
        return render_template("rules/trial_result.html", columns=columns, broken=broken, trial=asked)

    @pages.get("/past")
    def past(lane: int) -> ResponseReturnValue:
        yesterday = house.clock.business_date(house.clock.now_ms()) - timedelta(days=1)
        return render_template("rules/past.html", lane=lane, tab="past", versions=choices(), day_chosen=yesterday)

    @pages.post("/past")
    def price_past(lane: int) -> ResponseReturnValue:
        del lane
        texts = speech.texts()
        day, which = _date(request.form.get("day", "")), request.form.get("a", "")
        rules = room.rules_of(which)
        if day is None or rules is None:
            said = (
                texts.t("Choose a day.")
                if day is None
                else texts.t("The draft has problems; open “Publish” to see them.")
            )
            return render_template("rules/past_result.html", result=None, broken=said)
        result = room.price_past(rules, day)
        title = dict(choices()).get(which, which)
        return render_template("rules/past_result.html", result=result, broken="", title=title, seconds=int(PAST_S))

    @pages.context_processor
    def words() -> dict[str, Any]:
        return {"item_name": lambda sku: ((item := room.item(sku)) and item.names) or Names(sku)}

    return pages


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _read_trial(house: House, room: RuleRoom) -> Trial:
    form, now = request.form, house.clock.now_local()
    day = _date(form.get("day", "")) or now.date()
    try:
        at = time.fromisoformat(form.get("time", "")).replace(tzinfo=None)
    except ValueError:
        at = now.time()
    moment = datetime.combine(day, at)
    rows = zip(form.getlist("sku"), form.getlist("quantity"), form.getlist("weight"), strict=False)
    who = form.get("who", "")[:TEXT_MAX]
    if form.get("member"):
        who = f"member:{form['member'][:TEXT_MAX]}"
    codes = [code for code in form.get("codes", "")[:400].replace("，", " ").replace(",", " ").split() if code]
    return Trial(
        lines=tuple(_line(*row) for row in list(rows)[:LINES_MAX]),
        now_local=moment,
        now_ms=room.moment_ms(moment),
        lane=form.get("lane", 1, int),
        codes=tuple(codes[:CODES_MAX]),
        points=min(max(form.get("points", 0, int), 0), POINTS_MAX),
        who=who or ("any" if form.get("is_new") or form.get("is_birthday") else ""),
        is_new=bool(form.get("is_new")),
        is_birthday=bool(form.get("is_birthday")),
    )


def _line(sku: str, quantity: str, weight: str) -> TrialLine:
    pieces = int(quantity) if quantity.isascii() and quantity.isdecimal() and len(quantity) < 6 else 1
    grams = parse_amount(weight, decimals=3) if weight else None
    return TrialLine(
        sku[:TEXT_MAX],
        min(max(pieces, 1), QUANTITY_MAX),
        min(max(grams, 1), WEIGHT_MAX_G) if grams is not None else None,
    )
