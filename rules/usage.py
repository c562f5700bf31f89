"""How often promotions were used before: counts that the store keeps and hands to pricing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from msgspec import field

from rules.promotion_kinds import PromotionBase
from rules.quote import MissReason


@dataclass(frozen=True, slots=True)
class IssuedCoupon:
    """What pricing must know of an issued coupon that was given."""

    promotion_id: str
    """The promotion that it was issued for."""
    until_ms: int = 0
    """First moment at which it is too late; of several good ones the one that ends first is used."""
    reason: MissReason | None = None
    """Why it cannot be used now by this customer; None where it can."""


class Usage(msgspec.Struct, frozen=True):
    """Uses so far, by promotion id; what is not named was not used."""

    in_all: Mapping[str, int] = field(default_factory=dict)
    by_member: Mapping[str, int] = field(default_factory=dict)
    """By the basket's member, ever."""
    today: Mapping[str, int] = field(default_factory=dict)
    """On the business date, by anybody."""
    spent_codes: frozenset[str] = frozenset()
    """Single-use codes that were used, with capitals folded."""
    issued: Mapping[str, IssuedCoupon] = field(default_factory=dict)
    """Issued coupons among the codes of the basket, by code with capitals folded."""

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
    if promotion.issued:
        mine = _issued_for(promotion, codes, usage)
        good = sorted((coupon.until_ms, code) for code, coupon in mine if coupon.reason is None)
        return good[0][1] if good else ("" if mine else None)
    wanted = promotion.code.casefold()
    if not promotion.single_use:
        return wanted if wanted in codes else None
    given = sorted(code for code in codes if code.startswith(f"{wanted}-") and len(code) > len(wanted) + 1)
    unspent = [code for code in given if code not in usage.spent_codes]
    return unspent[0] if unspent else ("" if given else None)


def code_missing(promotion: PromotionBase, codes: frozenset[str], usage: Usage) -> MissReason | None:
    """Return why no code among those given lets a promotion apply; None where one does, or where it asks for none.

    >>> from rules.basket import Names
    >>> from rules.conditions import Scope
    >>> from rules.promotion_kinds import CouponAmountOff
    >>> five = CouponAmountOff(id="five", names=Names(), scope=Scope(all=True), off=500, issued=True)
    >>> late = Usage(issued={"cp1": IssuedCoupon("five", reason=MissReason.COUPON_EXPIRED)})
    >>> code_missing(five, frozenset(), late).value, code_missing(five, frozenset({"cp1"}), late).value
    ('no_code', 'coupon_expired')
    """
    if not promotion.code and not promotion.issued:
        return None
    code = code_given(promotion, codes, usage)
    if code:
        return None
    if code is None:
        return MissReason.NO_CODE
    reasons = sorted(coupon.reason for _, coupon in _issued_for(promotion, codes, usage) if coupon.reason)
    return reasons[0] if reasons else MissReason.CODE_SPENT


def _issued_for(promotion: PromotionBase, codes: frozenset[str], usage: Usage) -> list[tuple[str, IssuedCoupon]]:
    if not promotion.issued:
        return []
    return [
        (code, usage.issued[code])
        for code in codes & usage.issued.keys()
        if usage.issued[code].promotion_id == promotion.id
    ]
