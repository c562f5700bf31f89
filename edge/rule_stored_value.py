"""Stored value: what its form says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.rule_drafts import DraftRules, Table
from edge.rule_fields import Widget
from edge.rule_tables import Changes, Rows, RuleTable, Saying, issued_in
from edge.stored_value_words import rules_said
from edge.text_marks import N_
from rules.stored_value import TOP_UPS_MAX, StoredValueRules

WORDS: Mapping[str, tuple[str, str]] = {
    "on": (N_("Members may pay money in"), ""),
    "top_ups": (N_("What is given for a top-up"), N_("A member gets the best of those that are open to them.")),
    "amount": (N_("Paid in, from"), ""),
    "gift": (N_("Gift money"), ""),
    "gift_bp": (N_("Gift money, in percent of what is paid in"), ""),
    "every": (N_("Once for each full amount"), ""),
    "points": (N_("Points"), ""),
    "times": (N_("Times cards"), ""),
    "package": (N_("Times card"), ""),
    "promotion": (N_("Coupon for"), ""),
    "count": (N_("How many"), N_("Empty: one.")),
    "coupons": (N_("Coupons"), ""),
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
CHOICES: Mapping[str, str] = {
    "order:gift_first": N_("Gift money first"),
    "order:principal_first": N_("What was paid in first"),
    "order:proportional": N_("Both in proportion"),
    "void:all": N_("All of the gift is void"),
    "void:share": N_("The gift is void in proportion"),
}


def _changes(draft: DraftRules) -> Changes:
    packages = tuple(str(each.get("id", "")) for each in (draft.rest.get("times") or {}).get("packages", ()))
    return {
        "top_ups": {"most": TOP_UPS_MAX},
        "top_ups/gift_bp": {"widget": Widget.SHARE},
        "top_ups/times/package": {"widget": Widget.CHOICE, "choices": ("", *packages)},
        "top_ups/coupons/promotion": {"widget": Widget.CHOICE, "choices": ("", *issued_in(draft))},
    }


def _wish(rule: Table) -> str:
    return f"up-{rule.get('amount', 0) // 100}"


def _say(rules: StoredValueRules, saying: Saying) -> Sequence[str]:
    return rules_said(rules, saying.texts, saying.called)


STORED_VALUE = RuleTable(
    key="stored_value",
    title=N_("Stored value"),
    note=N_("Members pay money in beforehand and pay with it later. What you give on top is gift money."),
    shape=StoredValueRules,
    words=WORDS,
    choices=CHOICES,
    say=_say,
    changes=_changes,
    rows={
        "top_ups": Rows(N_("Top-up"), "up", wish=_wish),
        "top_ups/times": Rows(N_("Times card")),
        "top_ups/coupons": Rows(N_("Coupon")),
    },
)
