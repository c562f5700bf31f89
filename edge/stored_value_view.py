"""What a sale uses of a member's money, and what the screen shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.screen import MemberView, StoredValueView
from edge.shop import Shop
from edge.store import stored_value
from edge.store.baskets import StoredBasket, StoredTender
from edge.store.ledger import InsufficientError
from edge.store.stored_value import Money
from rules.ledger import STORED_VALUE as UNIT
from rules.ledger import STORED_VALUE_GIFT, member_account
from rules.money import AMOUNT_MAX, Minor
from rules.stored_value import kept_change, split
from rules.tender import STORED_VALUE, Settlement


@dataclass(frozen=True, slots=True)
class MoneyUsed:
    """What a sale moves of a member's money."""

    principal: Minor = 0
    gift: Minor = 0
    kept: Minor = 0
    """Change that stays as stored value."""


def tendered(tenders: Sequence[StoredTender]) -> Minor:
    """Return what of the tenders is stored value."""
    return sum(each.given for each in tenders if each.kind == STORED_VALUE)


def money_of(shop: Shop, member_id: str) -> Money:
    """Return what a member can spend now."""
    held = shop.held(member_id)
    return Money(held.get(UNIT, 0), held.get(STORED_VALUE_GIFT, 0))


def most_now(shop: Shop, member_id: str) -> Minor:
    """Return what the limits of a sale and of a day allow for one sale now."""
    rules, most = shop.rules.stored_value, AMOUNT_MAX
    if rules.most_sale:
        most = min(most, rules.most_sale)
    if rules.most_day:
        today = shop.clock.business_date(shop.clock.now_ms()).isoformat()
        most = min(most, rules.most_day - stored_value.spent_on(shop.store.db, member_id, today))
    return max(most, 0)


def money_used(shop: Shop, member_id: str | None, settlement: Settlement, *, keeps_change: bool) -> MoneyUsed:
    """Return what a settled sale moves of its member's money. Raises InsufficientError where it is not there."""
    amount = sum(each.amount for each in settlement.tenders if each.kind == STORED_VALUE)
    if member_id is None:
        assert amount == 0, "stored value without a member"
        return MoneyUsed()
    if not amount and not keeps_change:
        return MoneyUsed()
    rules = shop.rules.stored_value
    money = money_of(shop, member_id)
    parts = split(amount, principal=money.principal, gift=money.gift, order=rules.order)
    if parts is None:
        raise InsufficientError(member_account(member_id), UNIT)
    kept = kept_change(settlement.change, below=rules.keep_change_below) if keeps_change and rules.on else 0
    if rules.most_balance and money.whole - amount + kept > rules.most_balance:
        kept = 0
    return MoneyUsed(*parts, kept)


def stored_value_view(
    shop: Shop, member: MemberView | None, stored: StoredBasket, tenders: Sequence[StoredTender], due: Minor
) -> StoredValueView | None:
    """Return how the member's money can pay for a basket; None where there is neither money nor change to keep."""
    if member is None:
        return None
    rules, before, whole = shop.rules.stored_value, tendered(tenders), member.stored_value
    most = min(whole, most_now(shop, member.member_id)) - before if whole else 0
    keep_below = rules.keep_change_below if rules.on else 0
    if not whole and not keep_below:
        return None
    return StoredValueView(
        whole=whole, most=max(min(most, due), 0), keep_below=keep_below, keeps_change=stored.keeps_change
    )
