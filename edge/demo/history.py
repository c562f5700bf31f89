"""Eight weeks of sales behind the demo's first day, each closed the way that a till closes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from edge.checkout import close_sale
from edge.demo.catalogue import DemoItem
from edge.demo.habits import Shoppers, Visit
from edge.demo.people import STAFF, DemoMember
from edge.ids import ALPHABET
from edge.shop import Shop
from edge.store import ledger, stored_value
from edge.stored_value_grants import record_top_up
from rules.basket import Basket, Line
from rules.ledger import CUSTOMERS, SHELF, Transfer, stock_unit
from rules.money import Minor
from rules.pricing import price
from rules.sale import sale_lines
from rules.tender import CARD, CASH, SCAN, STORED_VALUE, Offer, Settlement, next_notes, settle

DAYS: Final = 56
DELIVERY: Final = "delivery"
"""Reason of the transfer that brings goods to the shelf."""
TOP_UP_SHARE: Final = 0.03
"""Share of members' visits at which money is paid in."""
PAYS_SHARE: Final = 0.8
"""Share of the visits at which a member whose money is enough pays with it."""
NEAR_MIN, NEAR_MAX = 2_000, 8_000
"""How much, in minor units, the member who is close to the next tier has left at the most and at the least."""


def write_history(
    shop: Shop,
    shoppers: Shoppers,
    items: Sequence[DemoItem],
    members: Sequence[DemoMember],
    random: Random,
    *,
    today: date,
    days: int,
    progress: Callable[[int, int], None],
) -> int:
    """Record the sales of the days before today, each day one transaction, and return how many there are.

    Args:
        progress: called with the days done and the days in all.
    """
    count = 0
    for number in range(days):
        day = today - timedelta(days=days - number)
        visits = shoppers.day(day, today=today)
        with shop.store.transaction():
            if number % 7 == 0:
                _deliver(shop, items, random, day=day)
            for visit in visits:
                _sell(shop, random, visit, shoppers.lines(visit))
            if number == days - 1:
                count += _bring_close_to_next_tier(shop, items, members, random, day=day)
        count += len(visits)
        progress(number + 1, days)
    return count


def moment_ms(shop: Shop, at_local: datetime) -> int:
    """Return UTC milliseconds of a store-local moment."""
    return int(at_local.replace(tzinfo=ZoneInfo(shop.clock.timezone)).timestamp() * 1_000)


def _deliver(shop: Shop, items: Sequence[DemoItem], random: Random, *, day: date) -> None:
    """Bring a week's goods to the shelf."""
    at_ms = moment_ms(shop, datetime.combine(day, time(6, 10)))
    transfers = []
    for each in items:
        amount = random.randrange(20, 60) * (1_000 if each.item.is_weighed else 1)
        transfers.append(Transfer(stock_unit(each.item.sku), CUSTOMERS, SHELF, amount, DELIVERY))
    ledger.post(shop.store.db, transfers, sale_id=None, at_ms=at_ms, business_date=day.isoformat())


def _sell(shop: Shop, random: Random, visit: Visit, lines: tuple[Line, ...]) -> None:
    at_ms = moment_ms(shop, visit.at_local)
    then = replace(shop, clock=replace(shop.clock, fixed_ms=at_ms))
    hour = visit.at_local.hour
    lane = 2 if hour in (8, 12, 18, 19) and random.random() < 0.4 else 1
    member_id = visit.member.member_id if visit.member else None
    basket = Basket(sale_id=sale_id(random, at_ms), lines=lines, member_id=member_id, lane=lane)
    quote = price(basket, shop.rules, then.member(member_id), visit.at_local)
    paid = _pay(random, quote.total, shop.config.store.denominations)
    if member_id is not None:
        paid = _with_stored_value(
            then, member_id, quote.total, paid, lane=lane, staff_id=_cashier(hour=hour, lane=lane)
        )
    sold, who = sale_lines(basket, quote, then.gift_items(quote)), _cashier(hour=hour, lane=lane)
    close_sale(then, basket, quote, paid, lines=sold, staff_id=who, printer="", prints_slips=False)


def _with_stored_value(
    then: Shop, member_id: str, due: Minor, paid: Settlement, *, lane: int, staff_id: str
) -> Settlement:
    """Let some members pay money in, and those who have some pay with it; else it is paid as it would have been."""
    at_ms = then.clock.now_ms()
    # Dice of its own: what everybody buys does not hang on who pays how.
    dice = Random(f"{member_id} {at_ms}")  # noqa: S311 - nothing secret
    if then.rules.stored_value.on and dice.random() < TOP_UP_SHARE:
        amount, kind = dice.choice((20_000, 20_000, 50_000, 100_000)), dice.choice((CASH, SCAN, SCAN))
        money = settle(amount, [Offer(kind, amount)])
        assert isinstance(money, Settlement)
        record_top_up(
            then, entry_id=sale_id(dice, at_ms), member_id=member_id, paid=money, lane=lane, staff_id=staff_id
        )
    has_money = stored_value.money_of(then.store.db, member_id, now_ms=at_ms).whole >= due > 0
    if not has_money or dice.random() >= PAYS_SHARE:
        return paid
    settled = settle(due, [Offer(STORED_VALUE, due)])
    assert isinstance(settled, Settlement)
    return settled


def _cashier(*, hour: int, lane: int) -> str:
    early, late, extra = (person.staff_id for person in STAFF if person.role == "cashier")
    if lane == 2:
        return extra
    return early if hour < 15 else late


def _pay(random: Random, due: Minor, denominations: Sequence[Minor]) -> Settlement:
    kind = random.choices((SCAN, CASH, CARD), (64, 24, 12))[0]
    given = random.choice(next_notes(due, denominations)) if kind == CASH and due else due
    settled = settle(due, [Offer(kind, given)])
    assert isinstance(settled, Settlement)
    return settled


def _bring_close_to_next_tier(
    shop: Shop, items: Sequence[DemoItem], members: Sequence[DemoMember], random: Random, *, day: date
) -> int:
    """Let one member end just short of the next tier, by one more purchase at list price or less; return how many."""
    evening = datetime.combine(day, time(21, 40))
    then = replace(shop, clock=replace(shop.clock, fixed_ms=moment_ms(shop, evening)))
    short: list[tuple[Minor, int]] = []
    for number, member in enumerate(members):
        view = then.member_view(member.member_id)
        is_short = view is not None and view.next_tier_by == "spend" and view.next_tier_short > NEAR_MAX
        if view is not None and is_short and not member.is_card_blocked:
            short.append((view.next_tier_short, number))
    if not short:
        return 0
    missing, number = min(short)
    lines: list[Line] = []
    left = missing - NEAR_MIN
    for each in sorted(items, key=lambda each: (-each.item.price, each.item.sku)):
        if not each.item.is_weighed and each.item.price <= left and len(lines) < 12:
            quantity = min(2, left // each.item.price)
            lines.append(Line(f"{len(lines) + 1}", each.item, quantity=quantity, code=each.codes[0].text))
            left -= quantity * each.item.price
    if not lines:
        return 0
    _sell(shop, random, Visit(evening, members[number]), tuple(lines))
    return 1


def sale_id(random: Random, at_ms: int) -> str:
    """Return an id of the form of `edge.ids.new_id` that the seed alone decides."""
    digits = []
    for _ in range(10):
        at_ms, rest = divmod(at_ms, 32)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits)) + "".join(random.choices(ALPHABET, k=16))
