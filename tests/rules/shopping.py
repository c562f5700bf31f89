"""Baskets and promotions in few words, for the tables of what each kind and condition does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rules.basket import Basket, Item, Line, Names
from rules.loyalty import Member
from rules.pricing import price
from rules.promotions import RuleSet, read_rules
from rules.quote import MissReason, Quote
from rules.usage import NO_USAGE, Usage

SUNDAY_NOON = datetime(2026, 11, 22, 12, 0)
MEMBER = Member("m1", visits=3)
TIERS = (
    {"id": "silver", "names": {"en": "Silver"}, "spend_from": 50_000, "points_per_yuan_bp": 12_500},
    {"id": "gold", "names": {"en": "Gold"}, "spend_from": 100_000, "points_per_yuan_bp": 15_000},
)
Table = dict[str, Any]


def offer(kind: str, **keys: Any) -> Table:
    """Return a promotion's table; it is for all items unless it says otherwise."""
    return {"kind": kind, "scope": {"all": True}} | keys


def rules_of(*promotions: Table, **others: Any) -> RuleSet:
    """Return rules with these promotions, called p0, p1 … unless they have an id."""
    named = [{"id": f"p{number}", "names": {"en": f"P{number}"}} | each for number, each in enumerate(promotions)]
    found = read_rules({"version": "v", "tiers": list(TIERS), "promotions": named, **others})
    assert isinstance(found, RuleSet), [str(problem) for problem in found]
    return found


def pieces(list_price: int, quantity: int = 1, sku: str = "", **others: Any) -> Line:
    """Return a line of pieces; the SKU is their price unless it is given."""
    name = sku or f"at-{list_price:05}"
    return Line(name, Item(name, Names(en=name), list_price, **others), quantity)


def portion(weight_g: int, kilogram: int, sku: str = "apples", **others: Any) -> Line:
    """Return a weighed portion."""
    item = Item(sku, Names(en=sku), kilogram, is_weighed=True, **others)
    return Line(f"{sku}-{weight_g}", item, weight_g=weight_g)


def label(amount: int, sku: str = "ham", **others: Any) -> Line:
    """Return a scale label's portion."""
    item = Item(sku, Names(en=sku), 2_000, is_weighed=True, **others)
    return Line(f"{sku}-{amount}", item, label_amount=amount)


def typed(amount: int, quantity: int = 1, sku: str = "flowers", **others: Any) -> Line:
    """Return pieces whose price the cashier typed."""
    item = Item(sku, Names(en=sku), 0, is_open_price=True, **others)
    return Line(f"{sku}-{amount}", item, quantity, open_price=amount)


def basket(*lines: Line, codes: tuple[str, ...] = (), **others: Any) -> Basket:
    return Basket("sale", lines, codes=codes, **others)


def quote(
    bought: Basket,
    *promotions: Table,
    member: Member | None = None,
    now: datetime = SUNDAY_NOON,
    usage: Usage = NO_USAGE,
    **others: Any,
) -> Quote:
    """Return the quote under these promotions; others are the file's own keys."""
    found = price(bought, rules_of(*promotions, **others), member, now, usage)
    assert found.certified
    return found


def total(lines: list[Line], *promotions: Table, member: Member | None = None, **others: Any) -> int:
    return quote(basket(*lines), *promotions, member=member, **others).total


def missed(found: Quote) -> dict[str, MissReason]:
    """Return why each promotion did not apply."""
    return {each.promotion_id: each.reason for each in found.missed}
