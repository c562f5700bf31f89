"""What a member must prove before something of theirs is spent: what its form says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.rule_drafts import DraftRules
from edge.rule_sentences import shelf_money
from edge.rule_tables import Changes, RuleTable, Saying
from edge.text_marks import N_
from rules.card_policy import PROOFS, CardPolicy

WORDS: Mapping[str, tuple[str, str]] = {
    "points_up_to": (N_("Points that need no proof, up to"), N_("0: always ask. Empty: never ask.")),
    "stored_value_up_to": (N_("Stored value that needs no proof, up to"), N_("0: always ask. Empty: never ask.")),
    "times_up_to": (N_("Times that need no proof, up to"), N_("0: always ask. Empty: never ask.")),
    "accepts": (N_("What counts as proof"), N_("What is stronger than the weakest of these counts too.")),
    "tries": (N_("Wrong tries before a wait"), N_("Empty: 3.")),
}
CHOICES: Mapping[str, str] = {
    "accepts:proved": N_("member code or a card that proves itself"),
    "accepts:pin": N_("the member’s PIN"),
    "accepts:last_four": N_("card and last four of the phone"),
    "accepts:approved": N_("somebody of the staff who may"),
}
WAYS: Mapping[str, str] = {
    "proved": N_("the member code or a card that proves itself"),
    "pin": N_("the PIN"),
    "last_four": N_("the last four digits of the phone"),
    "approved": N_("the approval of the staff"),
}


def _changes(draft: DraftRules) -> Changes:
    del draft
    return {"accepts": {"choices": tuple(each.value for each in PROOFS)}}


def _say(policy: CardPolicy, saying: Saying) -> Sequence[str]:
    t = saying.texts.t
    limits = []
    if policy.points_up_to is not None:
        limits.append(
            t("more than {count} points", count=policy.points_up_to) if policy.points_up_to else t("points at all")
        )
    if policy.stored_value_up_to is not None:
        amount = shelf_money(policy.stored_value_up_to, saying.texts)
        limits.append(
            t("more than {amount} of stored value", amount=amount)
            if policy.stored_value_up_to
            else t("stored value at all")
        )
    if policy.times_up_to is not None:
        limits.append(
            t("more than {count} times of a card", count=policy.times_up_to)
            if policy.times_up_to
            else t("times cards at all")
        )
    if not limits:
        return [t("no proof is asked for")]
    ways = [t(WAYS[each.value]) for each in policy.accepts if each.value in WAYS]
    either = t(" or ").join(filter(None, (saying.listed(ways[:-1]), *ways[-1:])))
    said = [t("who spends {what} needs {ways}", what=each, ways=either) for each in limits]
    return [*said, t("a wait after {count} wrong tries", count=policy.tries)]


PROOF = RuleTable(
    key="proof",
    title=N_("Proof before spending"),
    note=N_("A plain card or a phone number is easily borrowed. Above these limits the till asks for proof."),
    shape=CardPolicy,
    words=WORDS,
    choices=CHOICES,
    say=_say,
    changes=_changes,
)
