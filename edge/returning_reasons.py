"""Why something comes back: the reasons that the shop named, or those that ship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.text_marks import N_
from edge.texts import Texts
from rules.promotions import RuleSet

SHIPPED: tuple[tuple[str, str, bool], ...] = (
    ("not_wanted", N_("Not wanted"), True),
    ("broken", N_("Broken or faulty"), False),
    ("wrong_item", N_("Wrong item"), True),
    ("expired", N_("Past its date"), False),
    ("wrong_price", N_("Wrong price"), True),
)
"""Id, words, and whether what comes back for it is sold again."""


@dataclass(frozen=True, slots=True)
class Reason:
    reason_id: str
    words: str
    is_restocked: bool


def reasons_of(rules: RuleSet, texts: Texts) -> Sequence[Reason]:
    """Return what may be chosen, in the order of the shop."""
    named = rules.returns.reasons
    if named:
        return [Reason(each.id, texts.name(each.names), each.restock) for each in named]
    return [Reason(reason_id, texts.t(words), is_restocked) for reason_id, words, is_restocked in SHIPPED]


def words_of(rules: RuleSet, texts: Texts, reason: str) -> str:
    """Return a reason in words; one that was typed stays as it is."""
    return next((each.words for each in reasons_of(rules, texts) if each.reason_id == reason), reason)
