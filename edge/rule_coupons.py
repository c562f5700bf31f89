"""Coupons that the shop issues by itself: what their form says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

from edge.rule_drafts import DraftRules
from edge.rule_fields import Widget
from edge.rule_sentences import scope_words, shelf_money, when_said
from edge.rule_tables import Changes, Rows, RuleTable, Saying, issued_in
from edge.text_marks import N_
from rules.coupon_rules import COUPON_RULES_MAX, CouponRule


class CouponRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The list of the file, as the form has it."""

    rules: Annotated[tuple[CouponRule, ...], msgspec.Meta(max_length=COUPON_RULES_MAX)] = ()


WORDS: Mapping[str, tuple[str, str]] = {
    "rules": (N_("Coupons that are given by themselves"), ""),
    "names": (N_("Name of the coupon"), N_("One language is enough; it is shown in the others too.")),
    "event": (N_("Given"), ""),
    "promotion": (
        N_("What the coupon is for"),
        N_("An offer that asks for an issued coupon. Write it among the offers."),
    ),
    "to": (N_("Who gets it"), ""),
    "tiers": (N_("Only for these tiers"), N_("Empty: for everybody.")),
    "count": (N_("How many"), N_("Empty: one.")),
    "valid_days": (N_("Valid for so many days"), N_("Empty: 30.")),
    "starts_after_days": (N_("Begins after so many days"), N_("Empty: at once. 1: the next day.")),
    "bearer": (N_("Whoever has the code may use it"), N_("Otherwise only the member who got it.")),
    "revived": (N_("Given back when the sale is returned"), ""),
    "days_before": (N_("Given so many days before the birthday"), N_("Empty: on the day.")),
    "days_after": (N_("Valid for so many days after the birthday"), N_("Empty: to the end of the day.")),
    "min_total": (N_("Paid in the sale, from"), N_("Empty: any amount.")),
    "scope": (N_("Only when one of these was bought"), ""),
}
CHOICES: Mapping[str, str] = {
    "event:registration": N_("at registration"),
    "event:birthday": N_("for the birthday"),
    "event:purchase": N_("after a purchase"),
    "event:referral": N_("at a referral"),
    "to:member": N_("the new member"),
    "to:referrer": N_("who brought them"),
}
BIRTHDAY, PURCHASE, REFERRAL = ("birthday",), ("purchase",), ("referral",)
OTHERS = ("registration", "purchase", "referral")
"""Events whose coupons hold for some days; a birthday's hold by its window."""


def _changes(draft: DraftRules) -> Changes:
    only: dict[str, tuple[str, ...]] = {
        "to": REFERRAL,
        "days_before": BIRTHDAY,
        "days_after": BIRTHDAY,
        "min_total": PURCHASE,
        "scope": PURCHASE,
    }
    only |= dict.fromkeys(("valid_days", "starts_after_days"), OTHERS)
    changes: dict[str, Mapping[str, object]] = {
        f"rules/{key}": {"only": "event", "only_where": where, "is_kept": key == "valid_days"}
        for key, where in only.items()
    }
    changes["rules/promotion"] = {"widget": Widget.CHOICE, "choices": ("", *issued_in(draft))}
    return changes


def _say(rules: CouponRules, saying: Saying) -> Sequence[str]:
    return [_rule(each, saying) for each in rules.rules] or [saying.texts.t("no coupon is given by itself")]


def _rule(rule: CouponRule, saying: Saying) -> str:
    t = saying.texts.t
    name = saying.texts.name(rule.names) or saying.named("promotion", rule.promotion)
    said = [
        *when_said(rule.when, saying.texts),
        t("{event}: {count} × “{name}”", event=_event(rule, saying), count=rule.count, name=name),
    ]
    if rule.event == "birthday":
        said += [t("given {count} days before", count=rule.days_before)] if rule.days_before else []
        said.append(
            t("valid to {count} days after", count=rule.days_after)
            if rule.days_after
            else t("valid to the end of the day")
        )
    else:
        if rule.starts_after_days:
            said.append(t("from {count} days later on", count=rule.starts_after_days))
        said.append(t("valid for {count} days", count=rule.valid_days))
    if rule.tiers:
        said.append(t("for {tiers}", tiers=saying.listed([saying.named("tier", each) for each in sorted(rule.tiers)])))
    said += [t("whoever has the code may use it")] if rule.bearer else []
    said += [] if rule.revived else [t("a return does not give it back")]
    return saying.joined(said)


def _event(rule: CouponRule, saying: Saying) -> str:
    t = saying.texts.t
    if rule.event == "registration":
        return t("to a new member")
    if rule.event == "birthday":
        return t("for the birthday")
    if rule.event == "referral":
        return t("for bringing a new member") if rule.to == "referrer" else t("to a new member whom a member brought")
    items = scope_words(rule.scope, saying.texts, saying.glossary) if rule.scope else ""
    amount = shelf_money(rule.min_total, saying.texts)
    if items and rule.min_total:
        return t("for a purchase from {amount} with {items}", amount=amount, items=items)
    if items:
        return t("for a purchase of {items}", items=items)
    return t("for a purchase from {amount}", amount=amount) if rule.min_total else t("for each purchase")


COUPONS = RuleTable(
    key="coupon_rules",
    title=N_("Coupons by themselves"),
    note=N_(
        "Given to new members, for birthdays, after purchases and for bringing friends, without anybody pressing a key."
    ),
    shape=CouponRules,
    words=WORDS,
    choices=CHOICES,
    say=_say,
    changes=_changes,
    rows={"rules": Rows(N_("Coupon"), "coupon")},
    listed_as="rules",
    problem_rows=("coupon_rule", "rules"),
)
