"""Gifts taken for points at a till, and brought back on the same day."""

from __future__ import annotations

from edge.desk import Desk
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound, named
from edge.shop import Shop
from edge.store import benefits, entries, members, printjobs
from edge.store.benefits import TakenGift
from edge.store.entries import Entry
from edge.store.ledger import InsufficientError
from edge.till import Till
from rules.gift_catalogue import AT_ONCE_MAX, GiftOffer, Taker, why_not
from rules.ledger import (
    CASH,
    CUSTOMERS,
    ISSUER,
    POINTS,
    SHELF,
    TENDERS,
    Transfer,
    drawer_account,
    member_account,
    stock_unit,
)

REASON_MAX = 120
PAID_BY = ("cash", "card", "scan")
"""How what is paid on top of the points may be paid."""


def why_not_gift(shop: Shop, member_id: str, offer: GiftOffer, *, count: int) -> Refusal | None:
    """Say why a member cannot have so many of a gift now; None where they can."""
    db, now_ms = shop.store.db, shop.clock.now_ms()
    file = members.member(db, member_id)
    if file is None or file.status != "active":
        return Refusal("member_unknown")
    day = shop.clock.business_date(now_ms).isoformat()
    missed = why_not(
        offer, Taker(file.tier_id, shop.points(member_id)),
        benefits.gift_counts(db, offer.id, member_id, business_date=day), count=count,
        stock=benefits.counted_stock(db, offer.sku) if offer.sku else None, now_local=shop.clock.now_local(),
        calendar=shop.rules.calendar,
    )  # fmt: skip
    if missed is None:
        return None
    return Refusal(f"gift_{missed[0].value}", {**named(offer.names), "count": missed[1], "points": missed[1]})


def redeem_gift(
    till: Till, *, entry_id: str, member_id: str, gift_id: str, count: int = 1, paid_by: str = "cash"
) -> Refusal | None:
    """Hand over gifts for points; a second press with the same id changes nothing.

    Args:
        entry_id: made by the screen that asks.
        paid_by: how what is paid on top was paid, exactly; of no account where nothing is.
    """
    desk, shop = till.desk, till.desk.shop
    db, now_ms = shop.store.db, desk.now_ms()
    if entries.stored(db, entry_id) is not None:
        return None
    shop.rulebook.look()
    offer = shop.rules.gifts.find(gift_id)
    if desk.memory.staff is None:
        return desk.refuse(Refusal("locked"))
    if offer is None:
        return desk.refuse(Refusal("gift_gone"))
    if not 1 <= count <= AT_ONCE_MAX or paid_by not in PAID_BY:
        return desk.refuse(Refusal("quantity_range", {"max": AT_ONCE_MAX}))
    refusal = shop.refuses_sales() or why_not_gift(shop, member_id, offer, count=count)
    if refusal:
        return desk.refuse(refusal)
    day = shop.clock.business_date(now_ms).isoformat()
    try:
        with shop.store.transaction():
            number = entries.next_number(db, store_id=shop.config.store.id, lane=desk.lane, business_date=day)
            entry = Entry(
                entry_id, "gift", now_ms, day, _handed_over(offer, member_id, count, paid_by=paid_by, lane=desk.lane),
                member_id=member_id, lane=desk.lane, staff_id=desk.memory.staff.staff_id, number=number,
                detail={"gift": gift_id, "count": count, "money": offer.money * count,
                        "paid_by": paid_by if offer.money else ""},
            )  # fmt: skip
            entries.record(db, entry)
            benefits.put_gift(db, TakenGift(entry_id, gift_id, member_id, count, day, ""))
            _queue_papers(desk, entry)
    except InsufficientError as error:
        return desk.refuse(Refusal("balance_short", {"unit": error.insufficient.unit}))
    shop.committed()
    desk.show(sound=Sound.PAID, notice=Refusal("gift_given", {**named(offer.names), "count": count, "number": number}))
    return None


def void_gift(till: Till, *, void_id: str, entry_id: str, reason: str) -> Refusal | None:
    """Take gifts back on the day on which they were taken: points return to the very lots, goods to the shelf.

    Args:
        void_id: made by the screen that asks; a second press with it changes nothing.
        entry_id: of the gifts that were handed over.
    """
    desk, shop = till.desk, till.desk.shop
    db, now_ms = shop.store.db, desk.now_ms()
    if entries.stored(db, void_id) is not None:
        return None
    refusal = refuses(desk, Permission.VOID_GIFT)
    taken, given = benefits.gift_taken(db, entry_id), entries.stored(db, entry_id)
    day = shop.clock.business_date(now_ms).isoformat()
    if refusal is None and (taken is None or given is None):
        refusal = Refusal("gift_entry_unknown")
    if refusal is None and taken is not None and (taken.voided_by or taken.business_date != day):
        refusal = Refusal("gift_voided" if taken.voided_by else "gift_not_today")
    if refusal is None and not reason.strip():
        refusal = Refusal("reason_missing")
    if refusal or taken is None or given is None:
        return desk.refuse(refusal or Refusal("gift_entry_unknown"))
    assert desk.memory.staff is not None, "a lane without staff is locked"
    try:
        with shop.store.transaction():
            entry = Entry(
                void_id, "gift_void", now_ms, day, _taken_back(shop, taken, given, lane=desk.lane),
                member_id=taken.member_id, lane=desk.lane, staff_id=desk.memory.staff.staff_id,
                approver_id=desk.approver_id, reason=reason.strip()[:REASON_MAX], of_id=entry_id,
                detail={"gift": taken.gift_id},
            )  # fmt: skip
            entries.record(db, entry)
            is_first = benefits.void_gift(db, entry_id, by=void_id)
            assert is_first, "it was asked before"
            if desk.printer and any(move.unit == CASH for move in given.transfers) and shop.has_drawer(desk.printer):
                printjobs.put(db, printer=desk.printer, kind="drawer", at_ms=now_ms)
    except InsufficientError as error:
        return desk.refuse(Refusal("balance_short", {"unit": error.insufficient.unit}))
    shop.committed()
    desk.show(sound=Sound.PAID, notice=Refusal("gift_taken_back", {"points": taken_points(given)}))
    return None


def taken_points(given: Entry) -> int:
    """Return the points that an entry of gifts cost."""
    return sum(move.amount for move in given.transfers if move.unit == POINTS)


def _handed_over(offer: GiftOffer, member_id: str, count: int, *, paid_by: str, lane: int) -> tuple[Transfer, ...]:
    moves = [Transfer(POINTS, member_account(member_id), ISSUER, offer.points * count, "gift")]
    if offer.sku:
        moves.append(Transfer(stock_unit(offer.sku), SHELF, CUSTOMERS, offer.quantity * count, "gift"))
    if offer.money:
        to = drawer_account(lane) if paid_by == "cash" else TENDERS
        moves.append(Transfer(CASH, CUSTOMERS, to, offer.money * count, "gift"))
    return tuple(moves)


def _taken_back(shop: Shop, taken: TakenGift, given: Entry, *, lane: int) -> tuple[Transfer, ...]:
    account = member_account(taken.member_id)
    moves = [
        Transfer(POINTS, ISSUER, account, used.use.amount, "gift_void", into_lots=(used.use,))
        if used.account == account
        # The file was merged meanwhile: a new lot with the old one's expiry.
        else Transfer(POINTS, ISSUER, account, used.use.amount, "gift_void", used.expires_ms)
        for used in benefits.points_used_by(shop.store.db, taken.entry_id)
    ]
    for move in given.transfers:
        if move.unit == POINTS:
            continue
        # Money comes out of the drawer that stands here, wherever it was put in.
        holder = drawer_account(lane) if move.to_account.startswith("drawer/") else move.to_account
        moves.append(Transfer(move.unit, holder, move.from_account, move.amount, "gift_void"))
    return tuple(moves)


def _queue_papers(desk: Desk, entry: Entry) -> None:
    if not desk.printer:
        return
    db = desk.shop.store.db
    is_cash = any(move.to_account.startswith("drawer/") for move in entry.transfers)
    if is_cash and desk.shop.has_drawer(desk.printer):
        printjobs.put(db, printer=desk.printer, kind="drawer", at_ms=entry.at_ms)
    printjobs.put(db, printer=desk.printer, kind="gift", sale_id=entry.entry_id, at_ms=entry.at_ms)
