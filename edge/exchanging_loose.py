"""What comes back without a receipt: at most the least that it cost lately, as cash or as stored value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge.screen import Refusal, named
from edge.shop import Shop
from edge.store import catalog, members
from edge.store.baskets import StoredBack
from edge.store.entries import Entry
from edge.store.loose_returns import KIND, LooseLine, LooseReturn, lowest_price
from rules.basket import GRAMS_PER_KG, Item, Names
from rules.exchange import EXCHANGE
from rules.ledger import (
    CASH,
    CUSTOMERS,
    DAMAGED,
    ISSUER,
    SHELF,
    STORED_VALUE,
    TENDERS,
    Transfer,
    drawer_account,
    member_account,
    stock_unit,
)
from rules.money import Minor, round_half_up
from rules.return_rules import LooseTo
from rules.reversal import PRINCIPAL
from rules.tax import contained
from rules.tender import CASH as CASH_TENDER
from rules.tender import ROUNDING, cash_back

LOOSE_ID = "loose"
DAY_MS = 86_400_000


def most_for(shop: Shop, sku: str) -> Minor | None:
    """Return the most that is given for a piece or a kilogram of an item; None where it has no price."""
    now_ms = shop.clock.now_ms()
    since_ms = now_ms - shop.rules.returns.loose_days * DAY_MS
    return lowest_price(shop.store.db, sku, since_ms=since_ms, now_ms=now_ms)


def loose_refusal(shop: Shop, sku: str, *, amount: Minor, weight_g: int) -> Minor | Refusal:
    """Return what is given for a piece or a kilogram, or why it does not come back without a receipt."""
    found = catalog.item(shop.store.db, sku, now_ms=shop.clock.now_ms())
    if found is None:
        return Refusal("item_unknown", {"sku": sku})
    item = found[0]
    if any(package.sku == sku for package in shop.rules.times.packages):
        # What a package brought is known from its sale alone.
        return Refusal("return_not_loose", named(item.names))
    if item.is_weighed != bool(weight_g):
        return Refusal("needs_weight" if item.is_weighed else "quantity_of_weighed", named(item.names))
    most = most_for(shop, sku)
    if not most or most < 0:
        return Refusal("return_no_price")
    return Refusal("return_price_cap", {"most_minor": most}) if amount > most else amount or most


def planned_loose(
    shop: Shop,
    backs: Sequence[StoredBack],
    member_id: str | None,
    entry: Entry,
    *,
    carry: Minor = 0,
    paid_for: str = "",
) -> LooseReturn:
    """Return a return without a receipt with everything that moves because of it.

    Args:
        entry: with all but its transfers.
        carry: what of it pays for a sale instead of being given back.
        paid_for: that sale.
    """
    lines = tuple(_line(shop, each) for each in backs)
    amount = sum(line.net for line in lines)
    to = PRINCIPAL if shop.rules.returns.loose_to is LooseTo.STORED_VALUE else CASH_TENDER
    # In the order in which they are read back, which is what head office is told.
    handed = cash_back(amount - carry, shop.cash_rounding) if to == CASH_TENDER else amount - carry
    parts = ((to, handed), (ROUNDING, amount - carry - handed), (EXCHANGE, carry))
    tenders = tuple(sorted((kind, part) for kind, part in parts if part))
    moves = [
        Transfer(
            stock_unit(line.sku), CUSTOMERS, SHELF if line.is_restocked else DAMAGED,
            line.quantity if line.weight_g is None else line.weight_g, "return",
        )
        for line in lines
    ]  # fmt: skip
    keeper = members.surviving(shop.store.db, member_id) if member_id else ""
    for kind, part in tenders:
        if kind == PRINCIPAL and keeper:
            moves.append(Transfer(STORED_VALUE, ISSUER, member_account(keeper), part, "return"))
        elif kind not in (PRINCIPAL, ROUNDING):
            holder = drawer_account(entry.lane) if kind == CASH_TENDER else TENDERS
            moves.append(Transfer(CASH, holder, CUSTOMERS, part, "return"))
    detail: dict[str, str | int] = {"amount": amount, "to": to, "currency": shop.config.store.currency}
    kept = replace(entry, kind=KIND, transfers=tuple(moves), member_id=member_id, detail=detail)
    return LooseReturn(kept, lines, tenders, paid_for, is_credit=to == PRINCIPAL)


def needs_member(shop: Shop, backs: Sequence[StoredBack], member_id: str | None) -> Refusal | None:
    """Say that stored value is a member's, where that is what is given back and nobody is in the basket."""
    is_loose = any(not each.sale_id for each in backs)
    if is_loose and shop.rules.returns.loose_to is LooseTo.STORED_VALUE and member_id is None:
        return Refusal("return_needs_member")
    return None


def _line(shop: Shop, back: StoredBack) -> LooseLine:
    item = shop.item_as_sold(back.sku) or Item(back.sku, Names(back.sku), back.unit_price)
    net = (
        back.unit_price * back.quantity
        if back.weight_g is None
        else round_half_up(back.unit_price * back.weight_g, GRAMS_PER_KG)
    )
    return LooseLine(
        sku=back.sku, names=item.names, unit=item.unit, quantity=back.quantity, weight_g=back.weight_g,
        unit_price=back.unit_price, net=net, tax_bp=item.tax_bp, tax=contained(net, tax_bp=item.tax_bp),
        is_restocked=back.is_restocked,
    )  # fmt: skip
