"""What a code that somebody scanned or typed stands for: a promotion's own code, or an issued coupon and its state."""

from __future__ import annotations

from edge.coupons import promotions_of
from edge.finding import TEXT_SHOWN_MAX
from edge.screen import Refusal, named
from edge.shop import Shop
from edge.store.coupons import FOREVER_MS, Coupon, of_codes, used_at
from rules.coupon_codes import looks_like_code, read_code
from rules.promotion_kinds import Promotion
from rules.quote import MissReason


def coupon_given(shop: Shop, text: str, member_id: str | None) -> tuple[str, tuple[Promotion, ...]] | Refusal:
    """Return a code as the basket keeps it, with the promotions in force that it belongs to, or why it is of no use.

    Args:
        member_id: the basket's member.
    """
    code = read_code(text)
    coupon = of_codes(shop.store.db, [code]).get(code) if code else None
    if coupon is None:
        found = promotions_of(shop.rules, text)
        if not found and code is None and looks_like_code(text):
            return Refusal("coupon_misread", {"text": text[:TEXT_SHOWN_MAX]})
        return text, found
    refusal = coupon_refusal(shop, coupon, member_id)
    if refusal is not None:
        return refusal
    promotion = shop.rules.promotion(coupon.promotion_id)
    if promotion is None or not promotion.issued:
        return Refusal("coupon_promotion_gone", named(coupon.names))
    return coupon.code, (promotion,)


def coupon_refusal(shop: Shop, coupon: Coupon, member_id: str | None) -> Refusal | None:
    """Return why a coupon cannot be used now; one that waits for its member may be given before them."""
    reason = coupon.reason(member_id, shop.clock.now_ms(), is_clock_set=shop.clock.is_sane())
    if reason is None or reason is MissReason.COUPON_MEMBER:
        return None
    if reason is MissReason.COUPON_EXPIRED:
        return Refusal("coupon_expired", {"day": last_day(shop, coupon)})
    if reason is MissReason.COUPON_NOT_YET:
        return Refusal("coupon_not_yet", {"day": shop.clock.local(coupon.valid_from_ms).date().isoformat()})
    if reason is not MissReason.CODE_SPENT:
        return Refusal(reason.value)
    used = used_at(shop.store.db, coupon.code)
    assert used is not None, "a used coupon has its use"
    at = shop.clock.local(used.sold_at_ms)
    return Refusal(
        "coupon_used",
        {
            "day": at.date().isoformat(), "time": f"{at:%H:%M}", "lane": used.lane, "receipt": used.receipt_number,
        },
    )  # fmt: skip


def last_day(shop: Shop, coupon: Coupon) -> str:
    """Return the last day on which a coupon holds; empty without an end."""
    if coupon.valid_until_ms >= FOREVER_MS:
        return ""
    return shop.clock.local(coupon.valid_until_ms - 1).date().isoformat()
