"""What staff do with issued coupons, asked of the till of their lane so that it happens on the writer thread.

Each changes the store in one transaction with its link in the audit chain, and answers with a refusal where it did not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from edge.coupon_issue import day_ms, days_end_ms
from edge.desk import Desk
from edge.permissions import Permission, refuses
from edge.screen import Refusal
from edge.store import coupons, members
from edge.store.coupon_batches import NAME_MAX, Batch, find_batch, issued_count, put_batch
from edge.store.segments import Segment, segment_count, segment_members
from edge.till import Till
from edge.till_extras import take_code
from rules.basket import Names
from rules.coupon_codes import read_code
from rules.coupon_rules import VALID_DAYS_MAX

ISSUE_MAX = 20_000
"""Coupons that are issued at once: the lanes wait meanwhile. A larger segment is issued to in turns."""


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What somebody typed of a new batch."""

    name: str
    promotion_id: str
    is_bearer: bool = False
    """For whoever has the code: as many as `count` are made at once. Else each is issued to a member."""
    is_revived: bool = True
    count: int = 0
    """How many there may be; 0 is without a limit, for members' coupons only."""
    first_day: date | None = None
    last_day: date | None = None
    valid_days: int = 0
    """Days that each holds from its issue, to the end of the day; beside it there are no fixed days."""


def use_coupon(till: Till, code: str) -> Refusal | None:
    """Put a coupon that the member has into the basket: what scanning it does."""
    return take_code(till.desk, code)


def new_batch(till: Till, *, asked: NewBatch) -> Refusal | int:
    """Make a batch, with its coupons where they are for whoever has them, and return its number."""
    desk = till.desk
    refusal = refuses(desk, Permission.ISSUE_COUPONS) or _wrong(desk, asked)
    if refusal:
        return refusal
    shop, now_ms = desk.shop, desk.now_ms()
    batch = Batch(
        batch_id=0, names=Names(asked.name.strip()), promotion_id=asked.promotion_id, rule_id="",
        is_bearer=asked.is_bearer, is_revived=asked.is_revived, most=asked.count,
        valid_from_ms=day_ms(shop, asked.first_day) if asked.first_day else None,
        valid_until_ms=day_ms(shop, asked.last_day + timedelta(days=1)) if asked.last_day else None,
        valid_days=asked.valid_days, is_void=False, created_ms=now_ms, staff_id=_who(desk),
    )  # fmt: skip
    with shop.store.transaction():
        made = put_batch(shop.store.db, batch, lane=desk.lane)
        desk.note(
            "coupon_batch", str(made.batch_id),
            {"promotion": made.promotion_id, "count": made.most, "bearer": made.is_bearer},
        )  # fmt: skip
        if made.is_bearer:
            _issue(desk, made, [None] * made.most)
    _stay(desk)
    return made.batch_id


def issue_to_segment(till: Till, *, batch_id: int, segment: Segment, expected: int) -> Refusal | int:
    """Issue a coupon of a batch to every member that is meant and has none of it; return to how many.

    Args:
        expected: how many the person was shown; when others are meant by now, nothing is issued.
    """
    desk = till.desk
    batch = find_batch(desk.shop.store.db, batch_id)
    refusal = refuses(desk, Permission.ISSUE_COUPONS) or _closed(batch)
    if refusal or batch is None:
        return refusal or Refusal("batch_gone")
    db, today = desk.shop.store.db, desk.shop.clock.now_local().date()  # for birthdays, which are the calendar's
    count = segment_count(db, segment, today=today, without_batch=batch_id)
    if count != expected:
        return Refusal("segment_changed", {"count": count})
    if not count:
        return Refusal("segment_empty")
    room = batch.most - issued_count(db, batch_id) if batch.most else count
    if room < min(count, ISSUE_MAX):
        return Refusal("batch_full", {"count": max(room, 0)})
    with desk.shop.store.transaction():
        owners = segment_members(db, segment, today=today, limit=ISSUE_MAX, without_batch=batch_id)
        _issue(desk, batch, owners)
    _stay(desk)
    return len(owners)


def issue_to_member(till: Till, *, batch_id: int, member_id: str) -> Refusal | None:
    """Issue one coupon of a batch to one member by hand."""
    desk = till.desk
    db = desk.shop.store.db
    batch = find_batch(db, batch_id)
    refusal = refuses(desk, Permission.ISSUE_COUPONS) or _closed(batch)
    if refusal or batch is None:
        return refusal or Refusal("batch_gone")
    file = members.member(db, member_id)
    if file is None or file.status == "erased":
        return Refusal("member_unknown")
    if file.status == "blocked":
        return Refusal("member_blocked")
    if batch.most and issued_count(db, batch_id) >= batch.most:
        return Refusal("batch_full", {"count": 0})
    with desk.shop.store.transaction():
        _issue(desk, batch, [member_id], member_id=member_id)
    _stay(desk)
    desk.show()
    return None


def void_batch(till: Till, *, batch_id: int) -> Refusal | None:
    """Void a batch and every open coupon of it; what was used stays used."""
    desk = till.desk
    refusal = refuses(desk, Permission.ISSUE_COUPONS)
    if refusal:
        return refusal
    if find_batch(desk.shop.store.db, batch_id) is None:
        return Refusal("batch_gone")
    with desk.shop.store.transaction():
        count = coupons.void_batch(desk.shop.store.db, batch_id)
        desk.note("coupons_void", str(batch_id), {"count": count})
    _stay(desk)
    return None


def void_coupon(till: Till, code: str) -> Refusal | None:
    """Void one open coupon."""
    desk = till.desk
    refusal = refuses(desk, Permission.ISSUE_COUPONS)
    if refusal:
        return desk.refuse(refusal)
    known = read_code(code)
    with desk.shop.store.transaction():
        is_done = known is not None and coupons.void_coupon(desk.shop.store.db, known)
        if is_done:
            desk.note("coupon_void", known or "")
    if not is_done:
        return desk.refuse(Refusal("coupon_gone"))
    _stay(desk)
    desk.show()
    return None


def _issue(desk: Desk, batch: Batch, owners: Sequence[str | None], *, member_id: str = "") -> None:
    now_ms = desk.now_ms()
    since_ms = now_ms if batch.valid_from_ms is None else batch.valid_from_ms
    end_ms = days_end_ms(desk.shop, now_ms, batch.valid_days) if batch.valid_until_ms is None else batch.valid_until_ms
    coupons.issue(
        desk.shop.store.db, batch.batch_id, owners, at_ms=now_ms, valid_from_ms=since_ms, valid_until_ms=end_ms
    )
    detail = {"count": len(owners)} | ({"member_id": member_id} if member_id else {})
    desk.note("coupons_issued", str(batch.batch_id), detail)


def _wrong(desk: Desk, asked: NewBatch) -> Refusal | None:
    name = asked.name.strip()
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        return Refusal("batch_name", {"max": NAME_MAX})
    promotion = desk.shop.rules.promotion(asked.promotion_id)
    if promotion is None or not promotion.issued:
        return Refusal("batch_promotion")
    if not (1 if asked.is_bearer else 0) <= asked.count <= ISSUE_MAX:
        return Refusal("batch_count", {"max": ISSUE_MAX})
    first, last = asked.first_day, asked.last_day
    # The calendar's day, as every day of validity: a coupon to yesterday's date ended at midnight, the evening goes on.
    today = desk.shop.clock.now_local().date()
    if not 0 <= asked.valid_days <= VALID_DAYS_MAX or (asked.valid_days and (first or last)):
        return Refusal("batch_days")
    if last is not None and (last < today or (first is not None and last < first)):
        return Refusal("batch_days")
    return None


def _closed(batch: Batch | None) -> Refusal | None:
    if batch is None:
        return Refusal("batch_gone")
    if batch.is_void:
        return Refusal("batch_void")
    return Refusal("batch_of_bearers") if batch.is_bearer else None


def _stay(desk: Desk) -> None:
    # Work in the back office is work at the lane: it is not locked in the middle of a form.
    desk.set(seen_ms=desk.now_ms())


def _who(desk: Desk) -> str:
    assert desk.memory.staff is not None
    return desk.memory.staff.staff_id
