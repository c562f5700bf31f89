"""From a scanned text to what it adds to the basket, or to the reason why it adds nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.screen import Refusal, named
from edge.store import catalog, item_terms
from edge.store.database import Database
from edge.store.item_terms import Terms
from rules.basket import QUANTITY_MAX, WEIGHT_MAX_G, Item
from rules.codes import Code, Kind
from rules.money import AMOUNT_MAX, Minor, round_half_up
from rules.scanned_text import payment_channel

TEXT_SHOWN_MAX = 40
"""Characters of an unknown code that the banner shows."""


OPEN_PRICE_MAX: Minor = AMOUNT_MAX // QUANTITY_MAX
"""Dearest price a piece that a person may type."""
NO_ITEM = frozenset({"unknown_code", "unsellable_code", "bad_code"})
"""Refusals of a text that is no item; it may be something else."""


AGE_ASKED = "age_asked"
EXPIRED_ASKED = "expired_asked"
PRICE_ASKED = frozenset({"needs_price", "needs_price_between"})
"""Refusals that ask the cashier for what is missing."""


@dataclass(frozen=True, slots=True)
class Found:
    """An item with what the code says of it."""

    item: Item
    quantity: int = 1
    weight_g: int | None = None
    label_amount: Minor | None = None
    open_price: Minor | None = None
    code: str = ""
    age: int = 0
    """Years that the buyer must have."""


def find_item(db: Database, code: Code, *, now_ms: int) -> Found | Refusal:
    """Return the item that a code names. What the catalogue holds as it stands is sold whatever it looks like."""
    known = catalog.find_code(db, code.lookup)
    if known is None:
        return _refusal(code)
    sku, pieces = known
    return find_sku(
        db, sku, now_ms=now_ms, weight_g=code.weight_g, label_amount=code.amount, quantity=pieces * (code.count or 1),
        code=code.gtin14 or code.text,
    )  # fmt: skip


def find_sku(
    db: Database,
    sku: str,
    *,
    now_ms: int,
    weight_g: int | None = None,
    label_amount: Minor | None = None,
    open_price: Minor | None = None,
    quantity: int = 1,
    code: str = "",
) -> Found | Refusal:
    """Return an item as it can be sold, with what is known of its weight or price, or what is missing.

    Args:
        quantity: pieces; what is weighed, or has its price on its label, is one.
        code: what it was scanned as.
    """
    known = catalog.item(db, sku, now_ms=now_ms)
    if known is None:
        return Refusal("item_unknown", {"sku": sku})
    terms = item_terms.terms(db, sku)
    found = _as_sold(*known, terms, weight_g=weight_g, label_amount=label_amount, open_price=open_price)
    if isinstance(found, Refusal):
        if found.code not in PRICE_ASKED:
            return found
        return Refusal(found.code, {**found.params, "quantity": quantity, "code": code})
    is_portion = found.weight_g is not None or found.label_amount is not None
    return replace(found, quantity=1 if is_portion else quantity, code=code, age=terms.age or 0)


def _as_sold(
    item: Item,
    is_active: bool,  # noqa: FBT001 as the catalogue gives them
    terms: Terms,
    *,
    weight_g: int | None,
    label_amount: Minor | None,
    open_price: Minor | None,
) -> Found | Refusal:
    sku = item.sku
    params = {"name": item.names.zh_hans, "sku": sku}
    if not is_active:
        return Refusal("item_inactive", params)
    if label_amount == 0:
        return Refusal("scale_label_amount_zero", params)
    if item.is_open_price and label_amount is None:
        least, most = terms.price_least or 0, terms.price_most or OPEN_PRICE_MAX
        if open_price is None or not least <= open_price <= most:
            is_free = terms.price_least is None and terms.price_most is None
            bounds: dict[str, str | int] = {} if is_free else {"least_minor": least, "most_minor": most}
            asked = {**named(item.names), "sku": sku, **bounds}
            return Refusal("needs_price" if is_free else "needs_price_between", asked)
        return Found(item, open_price=open_price)
    if item.price < 0 and label_amount is None:
        return Refusal("no_price", params)
    # What has no price of its own costs what its label says, a piece as well.
    piece = label_amount if item.is_open_price or item.price < 0 else None
    if not item.is_weighed:
        # A price label on a piece is obeyed as it was printed; its weight means nothing.
        return Found(item, label_amount=label_amount, open_price=piece)
    if weight_g is None and label_amount is not None:
        weight_g = _weight_of(label_amount, item.price)
    if weight_g is None:
        if label_amount is None:
            return Refusal("needs_weight", params)
        return Found(item, label_amount=label_amount, open_price=piece)
    if not 1 <= weight_g <= WEIGHT_MAX_G:
        return Refusal("weight_range", params)
    return Found(item, weight_g=weight_g, label_amount=label_amount)


def _weight_of(amount: Minor, price_per_kg: Minor) -> int | None:
    """Return the grams that an amount stands for at a price a kilogram, where they make sense."""
    if price_per_kg <= 0:
        return None
    weight_g = round_half_up(amount * 1_000, price_per_kg)
    return weight_g if 1 <= weight_g <= WEIGHT_MAX_G else None


def may_be_payment(code: Code) -> bool:
    """Tell whether a code may be somebody's payment code, if only a torn one: it is neither shown nor kept."""
    if code.kind not in (Kind.INVALID, Kind.UNKNOWN):
        return bool(code.channel)
    digits = "".join(c for c in code.text if c.isascii() and c.isdecimal())
    return bool(code.channel or payment_channel(digits))


def _refusal(code: Code) -> Refusal:
    shown = {"text": code.text[:TEXT_SHOWN_MAX]}
    if may_be_payment(code):
        return Refusal("payment_code_not_here")
    if code.kind is Kind.INVALID:
        return Refusal("bad_code", shown)
    if code.kind in (Kind.URL, Kind.RECEIPT, Kind.COUPON, Kind.STAFF) or (code.kind is Kind.GS1 and not code.gtin14):
        return Refusal("unsellable_code", shown)
    return Refusal("unknown_code", shown)
