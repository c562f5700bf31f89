"""Stored value as a form, as words, and in a draft: what stands in the rules beside promotions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from edge.rule_drafts import DraftRules, Table
from edge.rule_fields import Field, Widget, fields_in
from edge.rule_forms import Reading, Slip, Values, fill_fields, read_fields
from edge.stored_value_words import Called, rules_said
from edge.text_marks import N_
from edge.texts import Texts
from rules.basket import Names
from rules.stored_value import TOP_UPS_MAX, StoredValueRules
from rules.table_reader import Problem

KEY = "stored_value"
WORDS: Mapping[str, tuple[str, str]] = {
    "id": ("", ""),
    "on": (N_("Members may pay money in"), ""),
    "top_ups": (N_("What is given for a top-up"), N_("A member gets the best of those that are open to them.")),
    "amount": (N_("Paid in, from"), ""),
    "gift": (N_("Gift money"), ""),
    "gift_bp": (N_("Gift money, in percent of what is paid in"), ""),
    "every": (N_("Once for each full amount"), ""),
    "points": (N_("Points"), ""),
    "times": (N_("Times cards"), ""),
    "package": (N_("Times card"), ""),
    "count": (N_("How many"), N_("Empty: one.")),
    "coupons": (N_("Coupons"), ""),
    "promotion": (N_("Coupon for"), ""),
    "valid_days": (N_("Valid for so many days"), N_("Empty: 30.")),
    "instalments": (N_("In so many monthly parts"), N_("Empty: all at once.")),
    "tiers": (N_("Member tiers"), N_("None chosen: everybody.")),
    "from_date": (N_("First day"), ""),
    "until_date": (N_("Last day"), ""),
    "order": (N_("Which money pays first"), ""),
    "gift_expires_months": (N_("Gift money is valid for so many months"), N_("Empty: for ever.")),
    "void": (N_("When money is refunded"), ""),
    "deduct_spent": (N_("Keep back gift money that was spent"), ""),
    "least_top_up": (N_("Least top-up"), ""),
    "most_top_up": (N_("Most top-up"), N_("Empty: no limit.")),
    "most_balance": (N_("Most that a member holds"), N_("Empty: no limit.")),
    "most_sale": (N_("Most for one sale"), N_("Empty: no limit.")),
    "most_day": (N_("Most that a member spends a day"), N_("Empty: no limit.")),
    "keep_change_below": (
        N_("Change below this may be kept"),
        N_("10 keeps 3.50 of 103.50. Empty: change is not kept."),
    ),
}
"""Label and help of each key."""
CHOICES: Mapping[str, str] = {
    "order:gift_first": N_("Gift money first"),
    "order:principal_first": N_("What was paid in first"),
    "order:proportional": N_("Both in proportion"),
    "void:all": N_("All of the gift is void"),
    "void:share": N_("The gift is void in proportion"),
}


def fields_for(draft: DraftRules) -> tuple[Field, ...]:
    """Return the keys of the form; what can be chosen is what the draft has."""
    packages = tuple(str(each.get("id", "")) for each in (draft.rest.get("times") or {}).get("packages", ()))
    issued = tuple(str(each.get("id", "")) for each in draft.promotions if each.get("issued"))
    found = []
    for field in fields_in(StoredValueRules):
        if field.path == "top_ups":
            columns = [_column(each, packages, issued) for each in field.columns]
            found.append(replace(field, columns=tuple(columns), most=TOP_UPS_MAX))
        else:
            found.append(field)
    return tuple(sorted(found, key=lambda field: field.path == "top_ups"))


def _column(field: Field, packages: Sequence[str], issued: Sequence[str]) -> Field:
    if field.path == "gift_bp":
        return replace(field, widget=Widget.SHARE)
    choices = {"times": ("package", packages), "coupons": ("promotion", issued)}.get(field.path)
    if choices is None:
        return field
    key, known = choices
    columns = tuple(
        replace(each, widget=Widget.CHOICE, choices=("", *known)) if each.path == key else each
        for each in field.columns
    )
    return replace(field, columns=columns)


def fill_stored_value(draft: DraftRules, *, decimals: int = 2) -> dict[str, list[str]]:
    """Return the values of the form that shows what a draft says."""
    values: dict[str, list[str]] = {}
    fill_fields(fields_for(draft), draft.rest.get(KEY) or {}, "", values, decimals=decimals, zhe=False)
    return values


def read_stored_value(values: Values, draft: DraftRules, *, decimals: int = 2) -> tuple[Table, dict[str, Slip]]:
    """Return the table as it stands in a rules file, and what cannot be read by the name in the form."""
    reading = Reading(values, decimals)
    table = read_fields(fields_for(draft), "", reading)
    taken: set[str] = set()
    for rule in table.get("top_ups", ()):
        wish = str(rule.get("id") or f"up-{rule.get('amount', 0) // 10**decimals}")[:32]
        names = (wish, *(f"{wish}-{number}" for number in range(2, TOP_UPS_MAX + 2)))
        rule["id"] = next(each for each in names if each not in taken)
        taken.add(rule["id"])
    return table, reading.slips


def put_stored_value(draft: DraftRules, table: Table) -> DraftRules:
    """Return the draft with these rules of stored value."""
    rest = {key: value for key, value in draft.rest.items() if key != KEY}
    return replace(draft, rest={**rest, KEY: table} if table else rest)


def is_of_stored_value(problem: Problem) -> bool:
    """Tell whether a problem is mended in the form of stored value."""
    return problem.where == "file" and (problem.key == KEY or problem.key.startswith(f"{KEY}."))


def place_of(problem: Problem) -> str:
    """Return the name in the form beside which a problem is shown; empty for its top."""
    return problem.key.removeprefix(f"{KEY}.") if problem.key != KEY else ""


def said_in(table: Table, draft: DraftRules, texts: Texts) -> str:
    """Return what a table says, in a sentence; empty for one that cannot be read."""
    try:
        rules = msgspec.convert(table, StoredValueRules)
    except msgspec.ValidationError:
        return ""
    return rules_said(rules, texts, names_in_draft(draft))


def names_in_draft(draft: DraftRules) -> Called:
    """Return the names of what a rule of top-ups may speak of, as the draft says them."""
    tiers = [("tier", each) for each in draft.rest.get("tiers") or ()]
    packages = [("package", each) for each in (draft.rest.get("times") or {}).get("packages", ())]
    promotions = [("promotion", each) for each in draft.promotions]
    return {f"{what}:{each.get('id', '')}": _names(each) for what, each in (*tiers, *packages, *promotions)}


def _names(table: Mapping[str, Any]) -> Names:
    names = table.get("names") or {}
    said = Names(*(str(names.get(key, "")) for key in ("zh_hans", "zh_hant", "en")))
    return said if any((said.zh_hans, said.zh_hant, said.en)) else Names(str(table.get("id", "")))


def is_changed(before: DraftRules, after: DraftRules) -> bool:
    """Tell whether stored value is another."""
    return _canonical(before.rest.get(KEY)) != _canonical(after.rest.get(KEY))


def _canonical(table: Any) -> str:
    try:
        return msgspec.json.encode(msgspec.convert(table or {}, StoredValueRules), order="deterministic").decode()
    except msgspec.ValidationError:
        return json.dumps(table, sort_keys=True, default=str)
