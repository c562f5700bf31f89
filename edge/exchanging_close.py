"""Closing a basket in which something comes back: returns and sale in one transaction, and the drawer sees the rest."""

from __future__ import annotations

from edge.checkout import close_sale
from edge.desk import Desk, Told
from edge.exchanging import may_give_back
from edge.exchanging_loose import needs_member, planned_loose
from edge.exchanging_plan import planned_back, return_id, wanted_of
from edge.returning import carry_out
from edge.returning_plan import WantedBack, planned
from edge.screen import Refusal
from edge.store import baskets, entries, exchanges, loose_returns, printjobs
from edge.store.baskets import StoredBack, StoredBasket
from edge.store.entries import Entry
from edge.store.loose_returns import LooseReturn
from edge.store.returns import Return
from rules.basket import Basket
from rules.exchange import CREDIT, EXCHANGE, Leg, merged, netted
from rules.money import Minor
from rules.quote import Quote
from rules.sale import Sale, SaleLine
from rules.tender import Settlement, Tender


class WorthChangedError(Exception):
    """Raised inside the writer's transaction: one return changed what another one is worth."""


def worth_of(desk: Desk, basket: StoredBasket, *, pays: bool) -> Minor | Refusal:
    """Return what the goods that come back are worth, or why they cannot come back at this lane now.

    Args:
        pays: it is paid now, so whoever may give money back is asked for.
    """
    if not basket.back:
        return 0
    refusal = needs_member(desk.shop, basket.back, basket.member_id)
    refusal = refusal or (may_give_back(desk, basket) if pays else None)
    if refusal:
        return refusal
    found = planned_back(desk.shop, basket, lane=desk.lane)
    return found if isinstance(found, Refusal) else found.amount


def changed_worth(told: Told, worth: Minor) -> Refusal | None:
    """Say that what comes back is worth something else than the customer was told."""
    return None if told.back == worth else Refusal("return_changed", {"back_minor": worth})


def close_with_back(
    desk: Desk,
    stored: StoredBasket,
    basket: Basket,
    quote: Quote,
    settlement: Settlement,
    *,
    printer: str,
    lines: tuple[SaleLine, ...],
) -> str | None:
    """Record the returns of a basket, and its sale where anything is bought; return the tier that it raises to.

    Args:
        settlement: of what is due beyond the worth of what comes back.

    From the return on all of it is a fact. Raises the store's errors, InsufficientError and WorthChangedError when not.
    """
    person, shop, db = desk.memory.staff, desk.shop, desk.shop.store.db
    assert person is not None, "a lane without staff is locked"
    has_sale = bool(basket.lines or stored.times)
    new_tier_id = None
    with shop.store.transaction():
        backs = _record_returns(desk, stored, total=quote.total, paid_for=basket.sale_id if has_sale else "")
        paid_by = [(back.entry.entry_id, _carry(back)) for back in backs]
        if has_sale:
            sale, new_tier_id = close_sale(
                shop, basket, quote, _with_exchange(settlement, sum(part for _, part in paid_by)),
                lines=lines, staff_id=person.staff_id, printer=printer, keeps_change=stored.keeps_change,
            )  # fmt: skip
            exchanges.link(db, sale.sale_id, paid_by, _carried(sale, backs))
        else:
            sale = None
            baskets.clear(db, desk.lane)
            desk.put_state(tenders=())
        _queue_papers(desk, backs, sale, printer=printer)
    return new_tier_id


def _record_returns(desk: Desk, stored: StoredBasket, *, total: Minor, paid_for: str) -> list[Return | LooseReturn]:
    """Write every return of a basket, one after the other: each is planned from what the one before it has left."""
    shop = desk.shop
    told = planned_back(shop, stored, lane=desk.lane)
    assert not isinstance(told, Refusal), "what comes back was asked before"
    carry = netted(total, told.amounts) if paid_for else (0,) * len(told.amounts)
    backs: list[Return | LooseReturn] = []
    for at, (sale_id, some) in enumerate(wanted_of(stored).items()):
        wanted = [WantedBack(each.line, each.quantity, each.is_restocked) for each in some]
        entry = _entry(desk, stored, at + 1, some, of_id=sale_id, member_id=told.parts[at].sale.member_id)
        back = planned(shop, sale_id, wanted, entry, carry=carry[at], paid_for=paid_for)
        if isinstance(back, Refusal) or back.amount != told.parts[at].amount:
            raise WorthChangedError("a return before it changed what this one is worth")
        carry_out(desk, back)
        backs.append(back)
    loose = [each for each in stored.back if not each.sale_id]
    if loose:
        entry = _entry(desk, stored, len(backs) + 1, loose, of_id="", member_id=stored.member_id)
        last = planned_loose(shop, loose, stored.member_id, entry, carry=carry[-1], paid_for=paid_for)
        loose_returns.record(shop.store.db, last, currency=shop.config.store.currency)
        backs.append(last)
    return backs


def _entry(
    desk: Desk, stored: StoredBasket, number: int, some: list[StoredBack], *, of_id: str, member_id: str | None
) -> Entry:
    shop, person, now_ms = desk.shop, desk.memory.staff, desk.now_ms()
    assert person is not None, "a lane without staff is locked"
    day = shop.clock.business_date(now_ms).isoformat()
    approver = next((each.approved_by for each in some if each.approved_by), "")
    return Entry(
        return_id(stored.sale_id, number), "return", now_ms, day, (), member_id=member_id, lane=desk.lane,
        staff_id=person.staff_id, approver_id=approver or desk.approver_id, reason=some[0].reason, of_id=of_id,
        number=entries.next_number(
            shop.store.db, store_id=shop.config.store.id, lane=desk.lane, business_date=day, letter="R"
        ),
    )  # fmt: skip


def _carry(back: Return | LooseReturn) -> Minor:
    return dict(back.tenders).get(EXCHANGE, 0)


def _with_exchange(settlement: Settlement, carry: Minor) -> Settlement:
    """Return a settlement with what the returns pay for as its first tender."""
    if not carry:
        return settlement
    tenders = (Tender(EXCHANGE, carry, carry), *settlement.tenders)
    return Settlement(tenders, settlement.due + carry, settlement.paid + carry, settlement.change)


def _carried(sale: Sale, backs: list[Return | LooseReturn]) -> tuple[Leg, ...]:
    """Return what the exchange tender of a sale stands for."""
    legs: list[Leg] = []
    for back in backs:
        if isinstance(back, Return):
            legs += back.carried
        elif _carry(back):
            # Without a receipt nobody knows how it was paid: it goes the way that the shop chose for such returns.
            legs.append(Leg(sale.sale_id, _loose_kind(back), _carry(back)))
    return merged(legs)


def _loose_kind(back: LooseReturn) -> str:
    return CREDIT if back.is_credit else "cash"


def _queue_papers(desk: Desk, backs: list[Return | LooseReturn], sale: Sale | None, *, printer: str) -> None:
    """Let the drawer open for what is given back, and print what has no receipt of a sale to stand on."""
    if not printer:
        return
    db, now_ms = desk.shop.store.db, desk.now_ms()
    is_open = sale is not None and any(tender.kind == "cash" for tender in sale.tenders)
    is_cash = any(kind == "cash" for back in backs for kind, _ in back.tenders)
    if is_cash and not is_open and desk.shop.has_drawer(printer):
        printjobs.put(db, printer=printer, kind="drawer", at_ms=now_ms)
    for back in backs if sale is None else ():
        printjobs.put(db, printer=printer, kind="return", sale_id=back.entry.entry_id, at_ms=now_ms)
