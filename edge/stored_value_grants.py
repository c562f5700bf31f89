"""What a top-up gives on top, and when: at once, or month by month."""

from __future__ import annotations

from datetime import date

from edge.coupon_issue import days_end_ms
from edge.points_grants import points_expire_ms
from edge.shop import Shop
from edge.store import coupons, entries, ledger, members, stored_value
from edge.store.coupon_batches import Batch, put_batch
from edge.store.entries import Entry
from edge.store.stored_value import GRANT, Due
from edge.times_grants import day_end_ms, package_expires_ms
from rules.basket import Names
from rules.ledger import (
    CASH,
    CUSTOMERS,
    ISSUER,
    POINTS,
    STORED_VALUE,
    STORED_VALUE_GIFT,
    TENDERS,
    Transfer,
    drawer_account,
    member_account,
    owed_account,
)
from rules.money import Minor
from rules.stored_value import TopUpGift, gift_for
from rules.tender import Settlement
from rules.times import GIVEN, unit_of
from rules.windows import months_after

TOP_UP = "top_up"
"""Kind of the entry of a top-up, and reason of the transfers of what is paid in."""


def record_top_up(
    shop: Shop, *, entry_id: str, member_id: str, paid: Settlement, lane: int, staff_id: str, approver_id: str = ""
) -> None:
    """Write a top-up that was paid with one tender, and what it gives, within the caller's transaction."""
    db, now_ms = shop.store.db, shop.clock.now_ms()
    today = shop.clock.business_date(now_ms)
    gift, tender = gift_of(shop, member_id, paid.due), paid.tenders[0]
    codes = issue_coupons(shop, member_id, gift, now_ms=now_ms) if gift else ()
    moves = [
        Transfer(CASH, CUSTOMERS, money_account(lane, tender.kind), paid.due, TOP_UP),
        Transfer(STORED_VALUE, ISSUER, member_account(member_id), paid.due, TOP_UP),
        *(gift_moves(shop, member_id, gift, now_ms=now_ms) if gift else ()),
    ]
    days = instalment_days(gift, today) if gift else []
    before = stored_value.money_of(db, member_id, now_ms=now_ms)
    given_now = gift.instalments[0] if gift else 0
    detail: dict[str, str | int] = {
        "tender": tender.kind, "given": tender.given, "change": paid.change, "paid": paid.due,
        "rule": gift.rule.id if gift else "", "gift": gift.money if gift else 0, "gift_now": given_now,
        "points": gift.points if gift else 0, "coupons": len(codes), "instalments": 1 + len(days),
        "principal_after": before.principal + paid.due, "gift_after": before.gift + given_now,
    }  # fmt: skip
    number = entries.next_number(
        db, store_id=shop.config.store.id, lane=lane, business_date=today.isoformat(), letter="V"
    )
    entry = Entry(
        entry_id, TOP_UP, now_ms, today.isoformat(), tuple(moves), member_id=member_id, lane=lane,
        staff_id=staff_id, approver_id=approver_id, number=number, detail=detail,
    )  # fmt: skip
    entries.record(db, entry)
    stored_value.put_top_up(
        db, top_up_id=entry_id, member_id=member_id, paid=paid.due, gift=gift.money if gift else 0, at_ms=now_ms,
        to_come=days, codes=codes,
    )  # fmt: skip


def money_account(lane: int, kind: str) -> str:
    """Return where money of a tender lies."""
    return drawer_account(lane) if kind == "cash" else TENDERS


def gift_of(shop: Shop, member_id: str, amount: Minor) -> TopUpGift | None:
    """Return what a member gets for paying an amount in today, or None for nothing."""
    file = members.member(shop.store.db, member_id)
    today = shop.clock.business_date(shop.clock.now_ms())
    return gift_for(shop.rules.stored_value.top_ups, amount, tier_id=file.tier_id if file else "", on=today)


def gift_moves(shop: Shop, member_id: str, gift: TopUpGift, *, now_ms: int) -> tuple[Transfer, ...]:
    """Return the transfers of what is given at once: the first part of the money, points, times."""
    account, money = member_account(member_id), gift.instalments[0]
    moves = []
    if money:
        moves.append(Transfer(STORED_VALUE_GIFT, ISSUER, account, money, GRANT, gift_expires_ms(shop, now_ms)))
    owed = min(-ledger.balance(shop.store.db, owed_account(member_id), POINTS), gift.points)
    if owed:
        moves.append(Transfer(POINTS, ISSUER, owed_account(member_id), owed, GRANT))
    if gift.points > owed:
        moves.append(Transfer(POINTS, ISSUER, account, gift.points - owed, GRANT, points_expire_ms(shop, now_ms)))
    packages = {package.id: package for package in shop.rules.times.packages}
    for each in gift.times:
        package = packages[each.package]
        expires_ms = package_expires_ms(shop, package, now_ms)
        moves += [
            Transfer(
                unit_of(package, part), ISSUER, account, (part.times + part.gift_times) * each.count, GIVEN, expires_ms
            )
            for part in package.parts
        ]
    return tuple(moves)


def issue_coupons(shop: Shop, member_id: str, gift: TopUpGift, *, now_ms: int) -> tuple[str, ...]:
    """Issue the coupons of a top-up, within the caller's transaction, and return their codes."""
    names, codes = shop.promotion_names(), list[str]()
    for each in gift.coupons:
        batch = put_batch(
            shop.store.db,
            Batch(
                batch_id=0, names=names.get(each.promotion, Names(each.promotion)), promotion_id=each.promotion,
                rule_id=f"top-up/{gift.rule.id}", is_bearer=False, is_revived=True, most=0, valid_from_ms=None,
                valid_until_ms=None, valid_days=each.valid_days, is_void=False, created_ms=now_ms, staff_id="",
            ),
        )  # fmt: skip
        codes += coupons.issue(
            shop.store.db, batch.batch_id, [member_id] * each.count, at_ms=now_ms, valid_from_ms=now_ms,
            valid_until_ms=days_end_ms(shop, now_ms, each.valid_days),
        )  # fmt: skip
    return tuple(codes)


def instalment_days(gift: TopUpGift, today: date) -> list[tuple[str, Minor]]:
    """Return day and amount of each part of the gift money after the first one."""
    return [
        (months_after(today, number).isoformat(), amount)
        for number, amount in enumerate(gift.instalments)
        if number and amount
    ]


def gift_expires_ms(shop: Shop, now_ms: int) -> int | None:
    """Return when gift money that is given now expires: at the end of a local day; None never."""
    months = shop.rules.stored_value.gift_expires_months
    # Counted from a clock that was never set, it would be gone as soon as it is.
    if not months or not shop.clock.is_sane():
        return None
    return day_end_ms(shop, months_after(shop.clock.local(now_ms).date(), months).isoformat())


def give_due_to(shop: Shop, member_id: str) -> None:
    """Give a member the instalments that are due by now, each once; a transaction of its own where there are any."""
    today = shop.clock.business_date(shop.clock.now_ms()).isoformat()
    if not shop.clock.is_sane():
        return
    found = stored_value.due(shop.store.db, today, member_id=member_id)
    if found:
        with shop.store.transaction():
            _give(shop, found, today)
        shop.committed()


def give_due(shop: Shop, place: str) -> str | None:
    """Give what is due to anybody, a part at a time within the caller's transaction; None when all is given.

    It is a step of a job of the night: the answer is where to go on.
    """
    del place
    today = shop.clock.business_date(shop.clock.now_ms()).isoformat()
    found = stored_value.due(shop.store.db, today)
    _give(shop, found, today)
    return "more" if len(found) == stored_value.DUE_MAX else None


def _give(shop: Shop, found: list[Due], today: str) -> None:
    db, now_ms = shop.store.db, shop.clock.now_ms()
    for each in found:
        # Its id follows from what it is, so that nobody can give it twice.
        entry_id = f"{each.top_up_id}.{each.number}"
        entry = Entry(
            entry_id, GRANT, now_ms, today,
            (
                Transfer(
                    STORED_VALUE_GIFT, ISSUER, member_account(each.member_id), each.amount, GRANT,
                    gift_expires_ms(shop, now_ms),
                ),
            ),
            member_id=each.member_id, of_id=each.top_up_id, detail={"instalment": each.number},
        )  # fmt: skip
        entries.record(db, entry)
        stored_value.mark_given(db, each, entry_id)
