"""From a quote that is paid to the sale that is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edge import tier_standing
from edge.coupon_issue import brought_by
from edge.points_grants import points_expire_ms, referrer_moves
from edge.shop import Shop
from edge.store import benefits, catalog, item_terms
from edge.store.baskets import StoredBasket
from edge.store.database import Database
from edge.store.known import ALWAYS_MS, known
from edge.store.sales import SaleContext, fits_message, record_sale
from edge.stored_value_view import money_used
from edge.tier_standing import Move, after_sale
from edge.till_kitchen import kitchen_printers
from edge.times_grants import granted_by, times_lines
from rules.basket import Basket
from rules.quote import Quote
from rules.sale import Sale, SaleLine, SaleTender, sale_lines, sale_promotions
from rules.tender import Settlement
from rules.tiers import is_better


def close_sale(
    shop: Shop,
    basket: Basket,
    quote: Quote,
    settlement: Settlement,
    *,
    lines: tuple[SaleLine, ...],
    staff_id: str,
    printer: str,
    keeps_change: bool = False,
    prints_slips: bool = True,
) -> tuple[Sale, str | None]:
    """Record the sale and return it with the id of the tier that the member reaches by it, or None.

    Args:
        lines: all that is sold: what the quote prices, gifts, and what times cards paid for.
        keeps_change: the member keeps what the shop allows of the change as stored value.
        prints_slips: False for a sale of long ago, for which nobody has to make anything.

    From the return on the sale is a fact. Raises the store's errors when it is not, InsufficientError among them.
    """
    now_ms = shop.clock.now_ms()
    money = money_used(shop, basket.member_id, settlement, keeps_change=keeps_change)
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
        change=settlement.change - money.kept,
        item_count=basket.item_count + sum(line.quantity for line in lines if line.times_of),
        lines=lines,
        tenders=tuple(SaleTender(t.kind, t.amount, t.given, t.ref) for t in settlement.tenders),
        promotions=sale_promotions(quote, shop.promotion_names()),
        rules_version=quote.rules_version,
        points=quote.points,
        points_paid=quote.points_paid.points if quote.points_paid else 0,
        spent_codes=quote.spent_codes,
        principal_paid=money.principal,
        gift_paid=money.gift,
        change_kept=money.kept,
        shift_id=shop.shift_id(basket.lane),
        is_clock_unsure=not shop.clock.is_sane(),
    )
    move: Move | None = None
    moves = granted_by(shop, sale)
    if sale.member_id is not None:
        move, above = after_sale(shop.store.db, shop.rules, sale)
        moves += referrer_moves(shop, quote, sale.member_id, now_ms)
        if above is not None:
            sale = replace(sale, next_tier=above.tier_id, next_tier_short=above.short, next_tier_by=above.measure)
    new_tier_id = _higher(shop, move)
    context = SaleContext(
        store_id=shop.config.store.id,
        currency=shop.config.store.currency,
        points_expire_ms=points_expire_ms(shop, now_ms),
        printers=(printer,) if printer else (),
        kitchen_printers=_kitchens(shop, sale) if prints_slips else (),
        drawer_printer=printer if shop.has_drawer(printer) else "",
        new_tier_id=new_tier_id,
        coupons=brought_by(shop, basket, quote, at_ms=now_ms),
        more=moves,
        beside=_beside(sale, quote, move, tuple(line.note for line in basket.lines)),
    )
    return record_sale(shop.store, sale, context), new_tier_id


def sold_lines(shop: Shop, basket: Basket, quote: Quote, stored: StoredBasket) -> tuple[tuple[SaleLine, ...], bool]:
    """Return the lines that a basket is sold as at a quote, and whether head office can be told of them at once."""

    def read() -> tuple[tuple[tuple[SaleLine, ...], bool], int]:
        lines = (*sale_lines(basket, quote, shop.gift_items(quote)), *times_lines(shop, stored))
        return (lines, fits_message(lines)), ALWAYS_MS

    # Asked before each tender, and once more as the sale is closed: of the very same quote they are the same.
    return known(shop.store.db, (shop, stored, basket, quote), ("sold", basket.lane), 0, read)


def _kitchens(shop: Shop, sale: Sale) -> tuple[str, ...]:
    """Return the printers for who makes what was sold, gifts and what times cards paid for among it."""
    if not any("kitchen" in device.prints for device in shop.config.device):
        return ()
    return kitchen_printers(shop.config, {catalog.category_of(shop.store.db, line.sku) for line in sale.lines})


def _beside(sale: Sale, quote: Quote, move: Move | None, notes: tuple[str, ...]) -> Callable[[Database], None]:
    """Return what writes the notes of a sale's lines, the member's tier and the benefits that were given with it."""

    def write(db: Database) -> None:
        item_terms.put_line_notes(db, sale.sale_id, notes)
        if sale.member_id is None:
            return
        if move is not None:
            tier_standing.write(db, sale.member_id, move)
        benefits.keep_awards(
            db, sale.member_id, quote.awards, sale_id=sale.sale_id, at_ms=sale.sold_at_ms,
            business_date=sale.business_date,
        )  # fmt: skip

    return write


def _higher(shop: Shop, move: Move | None) -> str | None:
    """Return the tier that a sale raised its member to, or None."""
    change = move[1] if move else None
    if change is None or not is_better(shop.rules.tier(change.to_tier), shop.rules.tier(change.from_tier)):
        return None
    return change.to_tier
