"""Coupon codes: which promotions a code belongs to, whether it is of any use now, and what became of it in a quote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.screen import CouponView, Refusal, named
from rules.basket import Basket, Names
from rules.coupon_codes import shown_code
from rules.eligibility import Situation, why_not
from rules.promotion_kinds import Promotion
from rules.promotions import RuleSet
from rules.quote import MissedPromotion, MissReason, Quote
from rules.usage import IssuedCoupon, Usage, code_given

MISSED = "missed_"
"""Begins the code of a refusal that tells why a promotion gives nothing; the reason follows."""
NEVER_TODAY = frozenset(
    {
        MissReason.ENDED,
        MissReason.NOT_STARTED,
        MissReason.WRONG_DAY,
        MissReason.WRONG_HOUR,
        MissReason.WRONG_LANE,
        MissReason.CODE_SPENT,
        MissReason.COUPON_EXPIRED,
        MissReason.COUPON_NOT_YET,
        MissReason.COUPON_OTHERS,
        MissReason.COUPON_VOID,
        MissReason.USED_UP,
    }
)
"""Reasons that nothing which the customer still buys or shows can change."""


NO_COUPONS: Mapping[str, IssuedCoupon] = {}


def promotions_of(rules: RuleSet, code: str, issued: Mapping[str, IssuedCoupon] = NO_COUPONS) -> tuple[Promotion, ...]:
    """Return the promotions that a code belongs to.

    Args:
        issued: the issued coupons among the codes that are asked for.
    """
    given, usage = folded(code), Usage(issued=issued)
    return tuple(
        each
        for each in rules.promotions
        if (each.code or (each.issued and issued)) and code_given(each, given, usage) is not None
    )


def folded(code: str) -> frozenset[str]:
    return frozenset({code.strip().casefold()})


def useless(promotions: Sequence[Promotion], situation: Situation) -> MissedPromotion | None:
    """Return why a code of these promotions is of no use today, whatever else the customer buys; None where it may be.

    Args:
        situation: with the code among those given.
    """
    reasons = [why_not(each, situation) for each in promotions]
    if any(reason not in NEVER_TODAY for reason in reasons):
        return None
    assert reasons[0] is not None
    return MissedPromotion(promotions[0].id, promotions[0].names, reasons[0])


def missed_refusal(missed: MissedPromotion) -> Refusal:
    """Return the reason why a promotion gives nothing, for the cashier to read out."""
    code = MISSED + missed.reason.value
    return Refusal(code, {**named(missed.names), "amount_minor": missed.short, "count": missed.short})


def coupon_views(
    rules: RuleSet, basket: Basket, quote: Quote, issued: Mapping[str, IssuedCoupon] = NO_COUPONS
) -> tuple[CouponView, ...]:
    """Return the codes of a basket with what each gives, or why it gives nothing yet."""
    return tuple([_view(code, promotions_of(rules, code, issued), basket, quote, issued) for code in basket.codes])


def _view(
    code: str, promotions: Sequence[Promotion], basket: Basket, quote: Quote, issued: Mapping[str, IssuedCoupon]
) -> CouponView:
    label = shown_code(code) if code in issued else ""
    if not promotions:
        # Its promotion was taken out of the rules while the basket was open.
        nowhere = MissedPromotion("", Names(code), MissReason.ENDED)
        return CouponView(code, nowhere.names, missed=nowhere, label=label)
    ids = {each.id for each in promotions}
    amount = sum(each.amount for each in quote.applied if each.promotion_id in ids)
    used = {each.promotion_id for each in quote.applied} | {gift.promotion_id for gift in quote.gifts}
    used |= set(quote.points_by)
    first = next((each for each in promotions if each.id in used), promotions[0])
    if ids & used:
        return CouponView(code, first.names, first.id, is_used=True, amount=amount, label=label)
    why = next((each for each in quote.missed if each.promotion_id in ids), None)
    return CouponView(code, first.names, first.id, missed=why if basket.lines else None, label=label)
