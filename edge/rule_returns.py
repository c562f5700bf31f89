"""Returns: what their form says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.rule_tables import Rows, RuleTable, Saying
from edge.text_marks import N_
from rules.return_rules import Clawback, ReturnRules, SpentPoints

WORDS: Mapping[str, tuple[str, str]] = {
    "days": (N_("Without approval for so many days"), N_("Empty: always.")),
    "order": (N_("What is paid back first"), N_("Of a sale that was paid in several ways; others come last.")),
    "spent_points": (N_("When points of the sale are spent already"), ""),
    "clawback": (N_("When what is kept would have had no discount"), ""),
    "reasons": (N_("Reasons"), N_("What the cashier chooses from. None: those that come with the till.")),
    "reasons/names": (N_("Name of the reason"), N_("One language is enough; it is shown in the others too.")),
    "restock": (N_("Sold again"), ""),
    "loose_days": (
        N_("Without a receipt: lowest price of so many days"),
        N_("No more than that is given back. Empty: 90."),
    ),
    "loose_to": (N_("Without a receipt it is paid back as"), ""),
}
CHOICES: Mapping[str, str] = {
    "order:gift": N_("gift money"),
    "order:principal": N_("money paid in"),
    "order:scan": N_("payment by code"),
    "order:card": N_("bank card"),
    "order:cash": N_("cash"),
    "spent_points:owe": N_("the member owes them"),
    "spent_points:withhold": N_("their worth is kept back"),
    "spent_points:approve": N_("somebody has to agree"),
    "clawback:keep": N_("the customer keeps the discount"),
    "clawback:recompute": N_("what is kept is priced afresh"),
    "loose_to:cash": N_("cash"),
    "loose_to:stored_value": N_("stored value of the member"),
}
POINTS: Mapping[SpentPoints, str] = {
    SpentPoints.OWE: N_("points that are spent already are owed"),
    SpentPoints.WITHHOLD: N_("points that are spent already are kept back from the refund"),
    SpentPoints.APPROVE: N_("points that are spent already need an approval and are owed"),
}
DISCOUNTS: Mapping[Clawback, str] = {
    Clawback.KEEP: N_("discounts of what is kept stay"),
    Clawback.RECOMPUTE: N_("what is kept is priced afresh by the rules of that day"),
}


def _say(rules: ReturnRules, saying: Saying) -> Sequence[str]:
    t = saying.texts.t
    first, *rest = [t(CHOICES[f"order:{each}"]) for each in rules.order] or [""]
    if rest:
        order = t("{first} is paid back first, then {rest}", first=first, rest=saying.listed(rest))
    else:
        order = t("{first} is paid back first", first=first) if first else t("paid back as it was paid")
    days = t("within {count} days without approval", count=rules.days) if rules.days else t("at any time")
    loose = t(
        "without a receipt at most the lowest price of {count} days, as {money}", count=rules.loose_days,
        money=t(CHOICES[f"loose_to:{rules.loose_to}"]),
    )  # fmt: skip
    return [days, order, t(POINTS[rules.spent_points]), t(DISCOUNTS[rules.clawback]), loose]


RETURNS = RuleTable(
    key="returns",
    title=N_("Returns"),
    note=N_("How what was sold comes back: until when, to which money, and what becomes of points and discounts."),
    shape=ReturnRules,
    words=WORDS,
    choices=CHOICES,
    rows={"reasons": Rows(N_("Reason"), "reason", joint="_")},
    say=_say,
)
