"""How often promotions were used before: counts that the store keeps and hands to pricing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.promotion_kinds import PromotionBase


@dataclass(frozen=True, slots=True)
class Usage:
    """Uses so far, by promotion id; what is not named was not used."""

    in_all: Mapping[str, int] = field(default_factory=dict)
    by_member: Mapping[str, int] = field(default_factory=dict)
    """By the basket's member, ever."""
    today: Mapping[str, int] = field(default_factory=dict)
    """On the business date, by anybody."""
    spent_codes: frozenset[str] = frozenset()
    """Single-use codes that were used, with capitals folded."""

    def left(self, promotion: PromotionBase) -> int | None:
        """Return how many uses a promotion has left, zero or more; None is without a limit."""
        limits = (
            (promotion.uses.in_all, self.in_all),
            (promotion.uses.a_member, self.by_member),
            (promotion.uses.a_day, self.today),
        )
        left = [most - counts.get(promotion.id, 0) for most, counts in limits if most]
        return max(0, min(left)) if left else None


NO_USAGE = Usage()


def code_given(promotion: PromotionBase, codes: frozenset[str], usage: Usage) -> str | None:
    """Return the given code that lets a promotion apply, folded; "" where it is spent, None where none was given.

    >>> from rules.basket import Names
    >>> from rules.conditions import Scope
    >>> from rules.promotion_kinds import CouponAmountOff
    >>> five = CouponAmountOff(id="five", names=Names(), scope=Scope(all=True), off=500, code="FIVE", single_use=True)
    >>> code_given(five, frozenset({"five-0017"}), NO_USAGE)
    'five-0017'
    >>> code_given(five, frozenset({"five-0017"}), Usage(spent_codes=frozenset({"five-0017"})))
    ''
    """
    wanted = promotion.code.casefold()
    if not promotion.single_use:
        return wanted if wanted in codes else None
    given = sorted(code for code in codes if code.startswith(f"{wanted}-") and len(code) > len(wanted) + 1)
    unspent = [code for code in given if code not in usage.spent_codes]
    return unspent[0] if unspent else ("" if given else None)
