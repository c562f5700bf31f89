"""A closed sale: a quote that was paid. Never edited; what it moves in the ledger follows from it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from rules.basket import QUANTITY_MAX, Basket, Item, Line, Names
from rules.ledger import (
    CASH,
    CUSTOMERS,
    ISSUER,
    ON_ACCOUNT,
    POINTS,
    RECEIVABLES,
    SHELF,
    STORED_VALUE,
    STORED_VALUE_GIFT,
    TENDERS,
    Transfer,
    drawer_account,
    member_account,
    owed_account,
    stock_unit,
)
from rules.money import Minor
from rules.quote import Gift, PricedLine, Quote
from rules.tender import ACCOUNT, ROUNDING
from rules.tender import STORED_VALUE as STORED_VALUE_TENDER


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One line as it was sold; names and prices as they were at that moment."""

    sku: str
    names: Names
    unit: str
    quantity: int
    weight_g: int | None
    unit_price: Minor
    """What a piece or a kilogram cost before discounts."""
    gross: Minor
    net: Minor
    unit_nets: tuple[Minor, ...]
    """What each unit cost; a return gives back exactly these."""
    discounts: tuple[tuple[str, Minor], ...]
    """Promotion id and what it took off this line."""
    tax_bp: int
    tax: Minor
    code: str
    gift_of: str = ""
    """The promotion that gave it away; empty for what was bought."""
    times_of: str = ""
    """What of a times card paid for it, as `rules.ledger.times_unit` names it; empty for what was bought."""
    times_from: str = ""
    """The member whose card it was; empty where it was the sale's own."""
    list_price: Minor | None = None
    """What the item listed for, where a person changed its price to `unit_price`."""


@dataclass(frozen=True, slots=True)
class SaleTender:
    kind: str
    """cash, card, scan …"""
    amount: Minor
    """What it settled."""
    given: Minor
    """What was handed over; more than `amount` only in cash."""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class SalePromotion:
    promotion_id: str
    names: Names
    amount: Minor
    """What it took off; 0 for one that gave something else: a gift, more points."""


@dataclass(frozen=True, slots=True)
class Sale:
    """A closed sale. `receipt_number` is empty until it is recorded."""

    sale_id: str
    lane: int
    staff_id: str
    member_id: str | None
    business_date: str
    sold_at_ms: int
    gross: Minor
    discount: Minor
    total: Minor
    tax: Minor
    change: Minor
    item_count: int
    lines: tuple[SaleLine, ...]
    tenders: tuple[SaleTender, ...]
    promotions: tuple[SalePromotion, ...]
    """Everything that the sale used, each once: what uses are counted by."""
    rules_version: str
    points: int = 0
    points_after: int | None = None
    """The member's balance after this sale."""
    next_tier: str = ""
    next_tier_short: int = 0
    """What was missing to the next tier after this sale: minor units, purchases or points."""
    next_tier_by: str = "spend"
    """Which of them: spend, visits or points."""
    is_clock_unsure: bool = False
    receipt_number: str = ""
    points_paid: int = 0
    """Points that were taken as cash."""
    shift_id: str = ""
    """The shift that it was sold in; empty where none was open."""
    spent_codes: tuple[str, ...] = ()
    """Single-use codes that it spent, with capitals folded."""
    principal_paid: Minor = 0
    """What of its stored-value tender was principal."""
    gift_paid: Minor = 0
    """What of its stored-value tender was gift money."""
    change_kept: Minor = 0
    """What of the change the member kept as stored value (存零); it is no part of `change`."""
    balances_after: Mapping[str, int] = field(default_factory=dict)
    """What the member had after it of stored value and of the times it used, by unit."""


def receipt_number(*, store: str, lane: int, business_date: str, number: int) -> str:
    """Return the number of a receipt: store, lane, date and a count without gaps in that lane on that date.

    >>> receipt_number(store="S001", lane=1, business_date="2026-11-22", number=7)
    'S001-1-20261122-0007'
    """
    return f"{store}-{lane}-{business_date.replace('-', '')}-{number:04d}"


def runs(unit_nets: Sequence[Minor]) -> tuple[tuple[Minor, int], ...]:
    """Return what the units of a line cost as (net, pieces), in their order: how it is kept and told.

    >>> runs((250, 250, 249)), runs(())
    (((250, 2), (249, 1)), ())
    """
    return tuple((net, sum(1 for _ in same)) for net, same in groupby(unit_nets))


def unruns(pairs: Sequence[tuple[Minor, int]]) -> tuple[Minor, ...]:
    """Return what each unit of a line cost. Raises ValueError for pieces that no line can have.

    >>> unruns(((250, 2), (249, 1)))
    (250, 250, 249)
    """
    if any(pieces < 1 for _, pieces in pairs) or sum(pieces for _, pieces in pairs) > QUANTITY_MAX:
        raise ValueError(f"expected 1..{QUANTITY_MAX} pieces, found {list(pairs)[:5]}")
    return tuple(net for net, pieces in pairs for _ in range(pieces))


def sale_lines(basket: Basket, quote: Quote, gifts: Mapping[str, Item] | None = None) -> tuple[SaleLine, ...]:
    """Return the lines of a basket as they are sold at the prices of its quote, and what is handed over on top.

    Args:
        gifts: items of the quote's gifts by SKU; one that nobody knows goes by its SKU.
    """
    bought = tuple(_sale_line(line, priced) for line, priced in zip(basket.lines, quote.lines, strict=True))
    return bought + tuple(_gift_line(gift, (gifts or {}).get(gift.sku)) for gift in quote.gifts)


def sale_promotions(quote: Quote, names: Mapping[str, Names]) -> tuple[SalePromotion, ...]:
    """Return everything that a quote used, each promotion once.

    Args:
        names: of the promotions in force, by id.
    """
    used = {each.promotion_id: SalePromotion(each.promotion_id, each.names, each.amount) for each in quote.applied}
    for gift in quote.gifts:
        used.setdefault(gift.promotion_id, SalePromotion(gift.promotion_id, gift.names, 0))
    for promotion_id in quote.points_by:
        used.setdefault(promotion_id, SalePromotion(promotion_id, names.get(promotion_id, Names()), 0))
    return tuple(used.values())


def _sale_line(line: Line, priced: PricedLine) -> SaleLine:
    assert line.line_id == priced.line_id
    return SaleLine(
        sku=line.item.sku,
        names=line.item.names,
        unit=line.item.unit,
        quantity=line.quantity,
        weight_g=line.weight_g,
        unit_price=line.unit_price,
        gross=priced.gross,
        net=priced.net,
        unit_nets=priced.unit_nets,
        discounts=tuple((each.promotion_id, each.amount) for each in priced.discounts),
        tax_bp=line.item.tax_bp,
        tax=priced.tax,
        code=line.code,
        list_price=line.list_price,
    )


def _gift_line(gift: Gift, item: Item | None) -> SaleLine:
    quantity = min(gift.quantity, QUANTITY_MAX)
    return SaleLine(
        sku=gift.sku,
        names=item.names if item else Names(gift.sku),
        unit=item.unit if item else "",
        quantity=quantity,
        weight_g=None,
        unit_price=0,
        gross=0,
        net=0,
        unit_nets=(0,) * quantity,
        discounts=(),
        tax_bp=item.tax_bp if item else 0,
        tax=0,
        code="",
        gift_of=gift.promotion_id,
    )


def sale_transfers(sale: Sale, *, points_expire_ms: int | None, points_owed: int = 0) -> tuple[Transfer, ...]:
    """Return what a sale moves: goods off the shelf, gifts among them, money in, member's money out, points both ways.

    Points that paid come before those that the sale brings: it cannot pay with its own.

    Args:
        points_expire_ms: when the points of this sale expire; None never.
        points_owed: what the member owes; the points of this sale settle that first. Zero or more.
    """
    moved = [*_goods(sale.lines), *_money(sale)]
    if sale.member_id is None:
        return tuple(moved)
    member, owed = member_account(sale.member_id), min(points_owed, sale.points)
    used = [(POINTS, sale.points_paid), (STORED_VALUE, sale.principal_paid), (STORED_VALUE_GIFT, sale.gift_paid)]
    moved += [Transfer(unit, member, ISSUER, amount, "redemption") for unit, amount in used if amount > 0]
    for line in sale.lines:
        if line.times_of:
            holder = member_account(line.times_from or sale.member_id)
            moved.append(Transfer(line.times_of, holder, ISSUER, line.quantity, "redemption"))
    on_account = sum(tender.amount for tender in sale.tenders if tender.kind == ACCOUNT)
    if on_account:
        moved.append(Transfer(ON_ACCOUNT, owed_account(sale.member_id), RECEIVABLES, on_account, "sale"))
    if sale.change_kept:
        moved += [
            Transfer(CASH, CUSTOMERS, drawer_account(sale.lane), sale.change_kept, "change_kept"),
            Transfer(STORED_VALUE, ISSUER, member, sale.change_kept, "change_kept"),
        ]
    if owed:
        moved.append(Transfer(POINTS, ISSUER, owed_account(sale.member_id), owed, "accrual"))
    if sale.points > owed:
        moved.append(Transfer(POINTS, ISSUER, member, sale.points - owed, "accrual", points_expire_ms))
    return tuple(moved)


def _goods(lines: Sequence[SaleLine]) -> list[Transfer]:
    amounts: dict[str, int] = {}
    for line in lines:
        moved = line.quantity if line.weight_g is None else line.weight_g
        amounts[line.sku] = amounts.get(line.sku, 0) + moved
    return [Transfer(stock_unit(sku), SHELF, CUSTOMERS, amount, "sale") for sku, amount in amounts.items()]


def _money(sale: Sale) -> list[Transfer]:
    """Return the money of each tender; stored value was paid in before, and moves from the member instead.

    What the rounding of cash took off or put on is no money of its own: the cash is what was paid.
    """
    return [
        Transfer(
            CASH, CUSTOMERS, drawer_account(sale.lane) if tender.kind == "cash" else TENDERS, tender.amount, "sale"
        )
        for tender in sale.tenders
        if tender.amount > 0 and tender.kind not in (STORED_VALUE_TENDER, ACCOUNT, ROUNDING)
    ]
