"""From a quote that is paid to the sale that is recorded."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from edge.coupon_issue import brought_by
from edge.shop import Shop, months_after
from edge.store.sales import SaleContext, record_sale
from edge.times_grants import granted_by
from rules.basket import Basket
from rules.loyalty import next_tier, tier_for
from rules.quote import Quote
from rules.sale import Sale, SaleLine, SaleTender, sale_lines, sale_promotions
from rules.tender import Settlement


def close_sale(
    shop: Shop,
    basket: Basket,
    quote: Quote,
    settlement: Settlement,
    *,
    staff_id: str,
    printer: str,
    more_lines: tuple[SaleLine, ...] = (),
) -> tuple[Sale, str | None]:
    """Record the sale and return it with the id of the tier that the member reaches by it, or None.

    Args:
        more_lines: what has no price in the quote: what times cards paid for.

    From the return on the sale is a fact. Raises the store's errors when it is not.
    """
    now_ms = shop.clock.now_ms()
    spend, tier_id = 0, ""
    new_tier_id = None
    if basket.member_id is not None:
        member = shop.member(basket.member_id)
        tier_id = member.tier_id if member else ""
        spend = shop.spend_12m(basket.member_id) + quote.total
        new_tier_id = _higher_tier(shop, spend, tier_id)
    tier = shop.rules.tier(new_tier_id or tier_id)
    above = next_tier(max(spend, tier.spend_from if tier else 0), shop.rules.tiers) if basket.member_id else None
    sale = Sale(
        sale_id=basket.sale_id,
        lane=basket.lane,
        staff_id=staff_id,
        member_id=basket.member_id,
        business_date=shop.clock.business_date(now_ms).isoformat(),
        sold_at_ms=now_ms,
        gross=quote.gross,
        discount=quote.discount,
        total=quote.total,
        tax=quote.tax,
        change=settlement.change,
        item_count=basket.item_count + sum(line.quantity for line in more_lines),
        lines=(*sale_lines(basket, quote, shop.gift_items(quote)), *more_lines),
        tenders=tuple(SaleTender(t.kind, t.amount, t.given, t.ref) for t in settlement.tenders),
        promotions=sale_promotions(quote, shop.promotion_names()),
        rules_version=quote.rules_version,
        points=quote.points,
        points_paid=quote.points_paid.points if quote.points_paid else 0,
        spent_codes=quote.spent_codes,
        shift_id=shop.shift_id(basket.lane),
        next_tier=above[0].id if above else "",
        next_tier_short=above[0].spend_from - spend if above else 0,
        is_clock_unsure=not shop.clock.is_sane(),
    )
    context = SaleContext(
        store_id=shop.config.store.id,
        currency=shop.config.store.currency,
        points_expire_ms=points_expire_ms(shop, now_ms),
        printers=(printer,) if printer else (),
        drawer_printer=printer if shop.has_drawer(printer) else "",
        new_tier_id=new_tier_id,
        coupons=brought_by(shop, basket, quote, at_ms=now_ms),
        more=granted_by(shop, sale),
    )
    return record_sale(shop.store, sale, context), new_tier_id


def points_expire_ms(shop: Shop, now_ms: int) -> int | None:
    """Return when points of this moment expire: at the end of the local day so many months on; None never."""
    months = shop.config.rules.points_expire_months
    # Counted from a clock that was never set, they would be gone as soon as it is.
    if not months or not shop.clock.is_sane():
        return None
    last_day = months_after(shop.clock.local(now_ms).date(), months)
    end = datetime.combine(last_day, time(23, 59, 59), ZoneInfo(shop.config.store.timezone))
    return int(end.timestamp() * 1_000) + 1_000


def _higher_tier(shop: Shop, spend: int, tier_id: str) -> str | None:
    reached, now = tier_for(spend, shop.rules.tiers), shop.rules.tier(tier_id)
    if reached is None or (now is not None and reached.spend_from <= now.spend_from):
        return None
    return reached.id
