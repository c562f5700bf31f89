"""Times cards at a till: used by touch, extended, adjusted, shared in a family."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from edge.cards import proof_refusal
from edge.desk import Desk
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound
from edge.shop import Shop
from edge.store import entries, ledger, members, times
from edge.store.baskets import StoredBasket, StoredTimes
from edge.store.entries import Entry
from edge.store.ledger import InsufficientError
from edge.till import Till
from edge.times_grants import day_end_ms, may_use, package_expires_ms
from rules.basket import QUANTITY_MAX
from rules.ledger import ISSUER, LotUse, Transfer, member_account

EXTEND_DAYS_MAX = 3_650
REASON_MAX = 120


# ------------------------------------------------------------------------------------------------ using


def use_times(till: Till, *, unit: str, sku: str, holder_id: str, quantity: int = 1) -> Refusal | None:
    """Let a times card pay for some pieces of an item.

    Pieces that are in the basket already are taken out of their line, so that they are not sold as well.
    """
    desk = till.desk
    refusal, basket = desk.may_sell(), desk.memory.basket
    if refusal is None and (basket is None or basket.member_id is None):
        refusal = Refusal("times_no_member")
    if refusal or basket is None:
        return desk.refuse(refusal or Refusal("times_no_member"))
    use = StoredTimes(unit=unit, sku=sku, quantity=quantity, holder_id=holder_id)
    refusal = may_use(desk.shop, basket, use)
    here = sum(each.quantity for each in basket.times)
    refusal = refusal or proof_refusal(desk, basket.member_id or "", "times", here + quantity)
    if refusal:
        return desk.refuse(refusal)
    return desk.push(with_use(basket, use), sound=Sound.TAP)


def drop_times(till: Till, *, unit: str, sku: str) -> Refusal | None:
    """Take back that a times card pays for an item; what lay in the basket before is scanned again."""
    desk = till.desk
    refusal, basket = desk.may_sell(), desk.memory.basket
    if refusal or basket is None:
        return desk.refuse(refusal or Refusal("basket_empty"))
    kept = tuple(each for each in basket.times if (each.unit, each.sku) != (unit, sku))
    return desk.push(msgspec.structs.replace(basket, times=kept))


def _without_pieces(basket: StoredBasket, sku: str, quantity: int) -> StoredBasket:
    lines = []
    for line in basket.lines:
        gone = min(quantity, line.quantity) if line.sku == sku and line.weight_g is None else 0
        quantity -= gone
        if gone < line.quantity:
            lines.append(msgspec.structs.replace(line, quantity=line.quantity - gone) if gone else line)
    return msgspec.structs.replace(basket, lines=tuple(lines))


def with_use(basket: StoredBasket, use: StoredTimes) -> StoredBasket:
    """Return the basket with something that times pay for; pieces of it that lay there are not sold as well."""
    basket = _without_pieces(basket, use.sku, use.quantity)
    uses = list(basket.times)
    for at, each in enumerate(uses):
        if (each.unit, each.sku, each.holder_id) == (use.unit, use.sku, use.holder_id):
            uses[at] = msgspec.structs.replace(each, quantity=each.quantity + use.quantity)
            break
    else:
        uses.append(use)
    return msgspec.structs.replace(basket, times=tuple(uses))


# ------------------------------------------------------------------------------------------ the member file


def extend_times(till: Till, *, entry_id: str, member_id: str, unit: str, until: str, reason: str) -> Refusal | None:
    """Let what a member has left of a unit be valid to another day, expired times too; a second press changes nothing.

    Args:
        entry_id: made by the screen that asks.
        until: its last day, an ISO date.
    """
    desk, shop = till.desk, till.desk.shop
    db, now_ms = shop.store.db, desk.now_ms()
    if entries.stored(db, entry_id) is not None:
        return None
    refusal = refuses(desk, Permission.EXTEND_TIMES) or _bad_extension(shop, until, reason)
    account = member_account(member_id)
    lots = [] if refusal else ledger.open_lots(db, account, unit)
    if not refusal and not lots:
        refusal = Refusal("times_none")
    if refusal:
        return desk.refuse(refusal)
    assert desk.memory.staff is not None, "a lane without staff is locked"
    expires_ms = day_end_ms(shop, until)
    uses = tuple(LotUse(lot.lot_id, lot.remaining) for lot in lots)
    amount = sum(use.amount for use in uses)
    entry = Entry(
        entry_id, "extend_times", now_ms, shop.clock.business_date(now_ms).isoformat(),
        (
            Transfer(unit, account, ISSUER, amount, "extension", from_lots=uses),
            Transfer(unit, ISSUER, account, amount, "extension", expires_ms),
        ),
        member_id=member_id, lane=desk.lane, staff_id=desk.memory.staff.staff_id,
        approver_id=desk.approver_id, reason=reason.strip()[:REASON_MAX],
        detail={"until": until},
    )  # fmt: skip
    return _record(desk, entry)


def adjust_times(till: Till, *, entry_id: str, member_id: str, unit: str, change: int, reason: str) -> Refusal | None:
    """Add or take times by hand; a second press changes nothing. Added ones expire as if bought now."""
    desk, shop = till.desk, till.desk.shop
    db, now_ms = shop.store.db, desk.now_ms()
    if entries.stored(db, entry_id) is not None:
        return None
    refusal = refuses(desk, Permission.ADJUST_BALANCE, amount=abs(change))
    known = shop.rules.times.part_of(unit)
    if refusal is None and (known is None or change == 0 or abs(change) > QUANTITY_MAX):
        refusal = Refusal("amount_range")
    if refusal is None and not reason.strip():
        refusal = Refusal("reason_missing")
    if refusal is None and members.member(db, member_id) is None:
        refusal = Refusal("member_unknown")
    if refusal or known is None:
        return desk.refuse(refusal or Refusal("times_none"))
    assert desk.memory.staff is not None, "a lane without staff is locked"
    account = member_account(member_id)
    expires_ms = package_expires_ms(shop, known[0], now_ms)
    move = (
        Transfer(unit, ISSUER, account, change, "adjustment", expires_ms)
        if change > 0
        else Transfer(unit, account, ISSUER, -change, "adjustment")
    )
    entry = Entry(
        entry_id, "adjust_times", now_ms, shop.clock.business_date(now_ms).isoformat(), (move,),
        member_id=member_id, lane=desk.lane, staff_id=desk.memory.staff.staff_id,
        approver_id=desk.approver_id, reason=reason.strip()[:REASON_MAX],
    )  # fmt: skip
    return _record(desk, entry)


def share_times(till: Till, *, member_id: str, head_id: str) -> Refusal | None:
    """Let a member use another one's shared packages."""
    desk, db = till.desk, till.desk.shop.store.db
    found = [members.member(db, each) for each in (member_id, head_id)]
    if any(each is None or each.status != "active" for each in found):
        return desk.refuse(Refusal("member_unknown"))
    is_circle = member_id == head_id or times.head_of(db, head_id) is not None or bool(times.family_of(db, member_id))
    if is_circle:
        return desk.refuse(Refusal("family_circle"))
    if len(times.family_of(db, head_id)) >= times.FAMILY_MAX:
        return desk.refuse(Refusal("family_full", {"max": times.FAMILY_MAX}))
    with desk.shop.store.transaction():
        times.join(db, member_id, head_id, at_ms=desk.now_ms())
        desk.note("family_join", member_id, {"head": head_id})
    desk.show(sound=Sound.TAP)
    return None


def leave_family(till: Till, *, member_id: str) -> Refusal | None:
    """End that a member uses another one's packages."""
    desk = till.desk
    with desk.shop.store.transaction():
        times.leave(desk.shop.store.db, member_id)
        desk.note("family_leave", member_id)
    desk.show(sound=Sound.TAP)
    return None


def _bad_extension(shop: Shop, until: str, reason: str) -> Refusal | None:
    if not reason.strip():
        return Refusal("reason_missing")
    try:
        day = datetime.fromisoformat(until).date()
    except ValueError:
        return Refusal("date_range")
    today = shop.clock.now_local().date()  # the calendar's: at its end the times expire, whenever the shop's day ends
    return None if today <= day <= today + timedelta(days=EXTEND_DAYS_MAX) else Refusal("date_range")


def _record(desk: Desk, entry: Entry) -> Refusal | None:
    try:
        with desk.shop.store.transaction():
            entries.record(desk.shop.store.db, entry)
    except InsufficientError as error:
        return desk.refuse(Refusal("balance_short", {"unit": error.insufficient.unit}))
    desk.shop.committed()
    desk.show(sound=Sound.PAID)
    return None
