"""Members' files: what the form about them says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.rule_drafts import DraftRules
from edge.rule_tables import Changes, Rows, RuleTable, Saying
from edge.text_marks import N_
from rules.membership import CustomField, Membership

WORDS: Mapping[str, tuple[str, str]] = {
    "fields": (N_("Fields of your own"), N_("Asked for in every member’s file, such as shoe size or hair colour.")),
    "fields/names": (N_("Name of the field"), N_("One language is enough; it is shown in the others too.")),
    "kind": (N_("What it holds"), ""),
    "choices": (N_("What can be chosen"), N_("One in each line.")),
    "purposes": (N_("What members agree to"), N_("Each is asked for by itself, and may be taken back.")),
    "purposes/names": (N_("What the member is asked"), N_("One language is enough; it is shown in the others too.")),
    "forget_after_months": (
        N_("Forget members after months without a visit"),
        N_("Only without points, money or times. Empty: never."),
    ),
    "drop_notes_after_months": (N_("Drop notes after months"), N_("Empty: never.")),
}
CHOICES: Mapping[str, str] = {
    "kind:text": N_("a text"),
    "kind:number": N_("a number"),
    "kind:date": N_("a day"),
    "kind:choice": N_("one of several"),
}


def _changes(draft: DraftRules) -> Changes:
    del draft
    return {"fields/choices": {"only": "kind", "only_where": ("choice",)}}


def _say(membership: Membership, saying: Saying) -> Sequence[str]:
    t = saying.texts.t
    said = []
    if membership.fields:
        said.append(t("own fields: {names}", names=saying.listed([_field(each, saying) for each in membership.fields])))
    asked = [saying.texts.name(each.names) or each.id for each in membership.purposes]
    said.append(t("members are asked for: {names}", names=saying.listed(asked)) if asked else t("nothing is asked for"))
    months = membership.forget_after_months
    said.append(
        t("forgotten after {count} months without a visit", count=months)
        if months
        else t("nobody is forgotten by itself")
    )
    if membership.drop_notes_after_months:
        said.append(t("notes are dropped after {count} months", count=membership.drop_notes_after_months))
    return said


def _field(field: CustomField, saying: Saying) -> str:
    name = saying.texts.name(field.names) or field.id
    if not field.choices:
        return name
    return saying.texts.t("{name} ({choices})", name=name, choices="/".join(field.choices))


MEMBERSHIP = RuleTable(
    key="membership",
    title=N_("Members’ files"),
    note=N_("What stands in a member’s file, what they are asked to agree to, and how long it is kept."),
    shape=Membership,
    words=WORDS,
    choices=CHOICES,
    say=_say,
    changes=_changes,
    rows={
        "fields": Rows(N_("Field"), "field", joint="_"),
        "purposes": Rows(N_("Purpose"), "purpose", joint="_"),
    },
)
