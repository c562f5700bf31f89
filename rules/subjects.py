"""The subjects of a rules file beside promotions, tiers and points: each a table of its own with its checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rules.accrual import AccrualRules
from rules.card_policy import CardPolicy, policy_problems
from rules.gift_catalogue import GiftCatalogue, catalogue_problems
from rules.membership import Membership, membership_problems
from rules.return_rules import ReturnRules
from rules.stored_value import StoredValueRules, stored_value_problems
from rules.table_reader import Problem, read_table
from rules.tiers import TierRules
from rules.times import TimesRules, times_problems

SUBJECTS: Mapping[str, type[msgspec.Struct]] = {
    "accrual": AccrualRules,
    "gifts": GiftCatalogue,
    "membership": Membership,
    "returns": ReturnRules,
    "stored_value": StoredValueRules,
    "proof": CardPolicy,
    "tier_rules": TierRules,
    "times": TimesRules,
}
"""The struct of each table by its key, which is its field's name on RuleSet as well; every one has a default."""
CHECKS: Mapping[str, Callable[[Any], list[Problem]]] = {
    "gifts": catalogue_problems,
    "membership": membership_problems,
    "stored_value": stored_value_problems,
    "proof": policy_problems,
    "times": times_problems,
}
"""What a struct cannot say of itself: contradictions between its keys."""


def read_subjects(data: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Return the subject of every key that the file has, and add what is wrong with them to the problems."""
    found = {}
    for key, shape in SUBJECTS.items():
        if key not in data:
            continue
        subject = read_table(shape, data[key], problems, where="file", prefix=f"{key}.")
        if subject is not None:
            problems += CHECKS[key](subject) if key in CHECKS else []
            found[key] = subject
    return found


def spoken_subjects(rules: Any) -> dict[str, Any]:
    """Return the subjects of a set of rules that say anything: what a version is made of, so that older ones stay."""
    subjects = {key: getattr(rules, key) for key in SUBJECTS}
    return {key: subject for key, subject in subjects.items() if subject != SUBJECTS[key]()}
