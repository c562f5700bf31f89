"""Issued coupons in the store: one sale alone has each, what events bring, who is meant, and the books about it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from edge.coupon_desk import ISSUE_MAX, NewBatch, issue_to_segment, new_batch, use_coupon, void_batch
from edge.screen import Refusal
from edge.store import coupons, members, people
from edge.store.auditing import check
from edge.store.coupon_batches import Batch, put_batch
from edge.store.coupon_reports import reports, wrong_coupon
from edge.store.coupons import CouponSpentError, coupons_of_return, issue, of_codes, revive, used_at
from edge.store.database import Store, execute, open_store, rows, scalar
from edge.store.sales import SaleContext, record_sale, stored_sale
from edge.store.segments import Segment, segment_count, segment_members
from edge.till import Till
from rules.basket import Names
from rules.quote import MissReason
from rules.sale import Sale, SalePromotion
from tests.shops import TestShop, fill, moment_ms, rules_with_coupons, sale

CONTEXT = SaleContext(store_id="S001", currency="CNY")
NOW = moment_ms("2026-11-23 10:00")
DAY = 86_400_000
RACES = 1_000
BATCH = Batch(
    batch_id=0, names=Names("感谢"), promotion_id="five-off", rule_id="", is_bearer=False, is_revived=True, most=0,
    valid_from_ms=None, valid_until_ms=None, valid_days=0, is_void=False, created_ms=NOW, staff_id="zhang",
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store.db", synchronous="OFF")
    fill(opened)
    yield opened
    opened.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as opened:
        for lane, who, pin in ((1, "zhang", "1234"), (2, "chen", "5678")):
            opened.ask(lane, Till.sign_in, staff_id=who, pin=pin)
        yield opened


def put(store: Store, *owners: str | None, batch: Batch = BATCH) -> tuple[str, ...]:
    with store.transaction():
        number = put_batch(store.db, batch).batch_id
        return issue(store.db, number, owners, at_ms=NOW, valid_from_ms=NOW, valid_until_ms=NOW + DAY)


def using(sale_id: str, *codes: str, lane: int = 1, member_id: str | None = None) -> Sale:
    five = SalePromotion("five-off", Names(en="5.00 off"), 500)
    return replace(sale(sale_id, lane=lane, member_id=member_id), promotions=(five,), spent_codes=codes)


# --- single use -------------------------------------------------------------------------------------------------------


def test_of_two_connections_that_use_a_coupon_at_once_one_wins_each_time(store: Store, tmp_path: Path) -> None:
    codes = put(store, *[None] * RACES)
    lost: dict[int, list[str]] = {1: [], 2: []}
    start = threading.Barrier(2)

    def sell(lane: int) -> None:
        own = open_store(tmp_path / "store.db", synchronous="OFF")
        for number, code in enumerate(codes):
            start.wait(30)
            try:
                record_sale(own, using(f"{lane}-{number}", code, lane=lane), CONTEXT)
            except CouponSpentError:
                lost[lane].append(code)
        own.close()

    lanes = [threading.Thread(target=sell, args=(lane,)) for lane in (1, 2)]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join(300)
    assert len(lost[1]) + len(lost[2]) == RACES
    assert set(lost[1]) | set(lost[2]) == set(codes)
    assert scalar(store.db, "SELECT count(*) FROM sale") == RACES
    assert rows(store.db, "SELECT state, count(*) FROM coupon GROUP BY state") == [("used", RACES)]
    assert check(store.reads).problems == ()


def test_lanes_that_pay_with_one_coupon_at_once(shop: TestShop) -> None:
    pairs = 100
    number = shop.ask(
        1, new_batch, asked=NewBatch("传单", "five-off", is_bearer=True, count=pairs, last_day=date(2026, 12, 31))
    )
    codes = [each.code for each in coupons.batch_coupons(shop.parts.store.reads, number)]
    start, told = threading.Barrier(2), []

    def sell(lane: int) -> None:
        for code in codes:
            shop.ask(lane, Till.scan, text="6900000000021")
            shop.ask(lane, use_coupon, code=code)
            shop.ask(lane, Till.to_pay)
            start.wait(30)
            view = shop.view(lane)
            refusal = shop.ask(lane, Till.pay, sale_id=view.sale_id, kind="cash", given=view.due)
            if refusal is not None:
                told.append(refusal.code)
                shop.ask(lane, Till.pay, sale_id=view.sale_id, kind="cash", given=3_000)
            start.wait(30)

    lanes = [threading.Thread(target=sell, args=(lane,)) for lane in (1, 2)]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join(120)
    assert told == ["offer_gone"] * pairs
    assert rows(shop.parts.store.reads, "SELECT total, count(*) FROM sale GROUP BY total ORDER BY total") == [
        (2_500, pairs), (3_000, pairs),
    ]  # fmt: skip
    assert shop.audit() == ()


def test_a_sale_that_cannot_have_its_coupon_is_not_written(store: Store) -> None:
    (code,) = put(store, None)
    record_sale(store, using("a", code), CONTEXT)
    before = rows(store.db, "SELECT count(*), (SELECT count(*) FROM transfer) FROM sale")
    with pytest.raises(CouponSpentError):
        record_sale(store, using("b", code), CONTEXT)
    assert rows(store.db, "SELECT count(*), (SELECT count(*) FROM transfer) FROM sale") == before
    assert used_at(store.db, code) == coupons.UsedAt("S001-1-20261123-0001", 1, NOW)


# --- returns ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_revived", "reason", "revived", "kept"),
    [
        (True, None, 1, 0),  # open again, with the days that it had
        (False, MissReason.CODE_SPENT, 0, 1),  # the batch keeps it used
    ],
)
def test_a_return_gives_a_coupon_back_as_its_batch_says(
    store: Store, is_revived: bool, reason: MissReason | None, revived: int, kept: int
) -> None:
    (code,) = put(store, "li", batch=replace(BATCH, is_revived=is_revived))
    closed = record_sale(store, using("a", code, member_id="li"), CONTEXT)
    with store.transaction():
        back = revive(store.db, "a", NOW + 1)
    assert (len(back.revived), len(back.kept)) == (revived, kept)
    found = of_codes(store.db, [code])[code]
    assert (found.valid_from_ms, found.valid_until_ms) == (NOW, NOW + DAY)
    assert found.reason("li", NOW) == reason
    # The sale says of itself what it was.
    assert stored_sale(store.db, "a") == closed
    assert check(store.reads).problems == ()


def test_a_coupon_that_came_back_is_used_and_comes_back_again(store: Store) -> None:
    (code,) = put(store, None)
    for sale_id in ("a", "b", "c"):
        record_sale(store, using(sale_id, code), CONTEXT)
        with store.transaction():
            assert coupons_of_return(store.db, sale_id, at_ms=NOW).revived == (code,)
            assert coupons_of_return(store.db, sale_id, at_ms=NOW).revived == ()
    assert rows(store.db, "SELECT count(*), sum(revived_ms IS NULL) FROM coupon_use") == [(3, 0)]
    assert check(store.reads).problems == ()


def test_what_a_sale_brought_is_taken_back_while_nobody_used_it(store: Store) -> None:
    brought = coupons.NewCoupons(
        replace(BATCH, rule_id="thanks", is_bearer=True), None, 2, valid_from_ms=NOW, valid_until_ms=NOW + DAY
    )
    record_sale(store, sale("a"), replace(CONTEXT, coupons=(brought,)))
    used, other = (each.code for each in coupons.brought_by_sale(store.db, "a"))
    record_sale(store, using("b", used), CONTEXT)
    with store.transaction():
        assert coupons_of_return(store.db, "a", at_ms=NOW) == coupons.Returned(voided=(other,))
    assert [of_codes(store.db, [code])[code].state for code in (used, other)] == ["used", "void"]


# --- reasons ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "member_id", "at_ms", "reason"),
    [
        ({}, "li", NOW, None),
        ({}, None, NOW, MissReason.COUPON_MEMBER),  # nobody in particular
        ({}, "wang", NOW, MissReason.COUPON_OTHERS),
        ({"is_bearer": True}, "wang", NOW, None),  # whoever has it
        ({}, "li", NOW - 1, MissReason.COUPON_NOT_YET),
        ({}, "li", NOW + DAY - 1, None),  # the last moment
        ({}, "li", NOW + DAY, MissReason.COUPON_EXPIRED),
        ({"state": "void"}, "li", NOW + DAY, MissReason.COUPON_VOID),
        ({"state": "used"}, "li", NOW, MissReason.CODE_SPENT),
    ],
)
def test_why_a_coupon_cannot_be_used(
    store: Store, change: dict[str, object], member_id: str | None, at_ms: int, reason: MissReason | None
) -> None:
    (code,) = put(store, "li")
    coupon = replace(of_codes(store.db, [code])[code], **change)  # type: ignore[arg-type]
    assert coupon.reason(member_id, at_ms) == reason


def test_a_clock_that_was_never_set_refuses_no_coupon_as_too_early(store: Store) -> None:
    (code,) = put(store, "li")
    coupon = of_codes(store.db, [code])[code]
    assert coupon.reason("li", 0, is_clock_set=False) is None
    assert coupon.reason("li", 0) is MissReason.COUPON_NOT_YET


# --- segments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("segment", "meant"),
    [
        (Segment(), "li wang zhou"),  # all but the blocked one
        (Segment(tags=("vip",)), "li zhou"),
        (Segment(tags=("vi",)), ""),  # a whole tag
        (Segment(tags=("tea", "new")), "li wang"),  # one of them is enough
        (Segment(tiers=("gold",)), "wang"),
        (Segment(tiers=("", "gold")), "li wang zhou"),
        (Segment(visits_from=1), "li wang"),
        (Segment(visits_to=0), "zhou"),
        (Segment(visits_from=2, visits_to=2), "li"),
        (Segment(last_visit_before=date(2026, 11, 1)), "wang"),
        (Segment(last_visit_from=date(2026, 11, 20)), "li"),
        (Segment(spend_from=1_000), "li"),
        (Segment(spend_below=1_000), "wang zhou"),
        (Segment(birthday_month=11), "li wang"),  # wang's is lunar 10-18, the 26th of November
        (Segment(birthday_month=12), "zhou"),
        (Segment(birthday_month=11, tags=("vip",)), "li"),  # all of it must hold
        (Segment(tags=("'; DROP TABLE member; --",)), ""),
    ],
)
def test_who_is_meant(store: Store, segment: Segment, meant: str) -> None:
    members.put_member(
        store.db, member_id="zhou", code="M9", joined_ms=NOW, tags=frozenset({"vip"}), birth=(None, 12, 31)
    )
    execute(store.db, "UPDATE member SET tags = 'tea vip' WHERE member_id IN ('li', 'banned')")
    execute(store.db, "UPDATE member SET tags = 'new' WHERE member_id = 'wang'")
    people.put_person(store.db, people.Person("li", birth=(None, 11, 30)))
    people.put_person(store.db, people.Person("wang", birth=(None, 10, 18), is_birth_lunar=True))
    for sale_id, member_id, day in (("a", "wang", "2026-10-01"), ("b", "li", "2026-11-01"), ("c", "li", "2026-11-20")):
        record_sale(store, sale(sale_id, member_id=member_id, day=day), CONTEXT)
    today = date(2026, 11, 23)
    assert segment_members(store.db, segment, today=today, limit=9) == meant.split()
    assert segment_count(store.db, segment, today=today) == len(meant.split())


def test_a_large_segment_is_issued_to_in_turns_and_nobody_gets_two(shop: TestShop) -> None:
    many = ISSUE_MAX + 10

    def register(till: Till) -> None:
        db = till.desk.shop.store.db
        with till.desk.shop.store.transaction():
            execute(
                db,
                "INSERT INTO member (member_id, code, joined_ms, tags)"
                " WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT 'm' || i, 'c' || i, 0, 'x' FROM n",
                many,
            )
            execute(db, "INSERT INTO person (member_id) SELECT member_id FROM member WHERE tags = 'x'")

    shop.ask(1, register)
    number = shop.ask(1, new_batch, asked=NewBatch("全体", "five-off", valid_days=30))
    ask = {"batch_id": number, "segment": Segment(tags=("x",))}
    assert shop.ask(1, issue_to_segment, expected=many - 1, **ask) == Refusal("segment_changed", {"count": many})
    assert shop.ask(1, issue_to_segment, expected=many, **ask) == ISSUE_MAX
    assert shop.ask(1, issue_to_segment, expected=10, **ask) == 10
    assert shop.ask(1, issue_to_segment, expected=0, **ask) == Refusal("segment_empty")
    found = rows(shop.parts.store.reads, "SELECT count(*), count(DISTINCT code), count(DISTINCT member_id) FROM coupon")
    assert found == [(many, many, many)]
    assert shop.audit() == ()


# --- batches ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "batch_name"),
        ({"name": "x" * 61}, "batch_name"),
        ({"name": "a\x1bb"}, "batch_name"),
        ({"promotion_id": "five"}, "batch_promotion"),  # asks for a code, not for an issued coupon
        ({"promotion_id": "nothing"}, "batch_promotion"),
        ({"is_bearer": True}, "batch_count"),  # how many?
        ({"is_bearer": True, "count": ISSUE_MAX + 1}, "batch_count"),
        ({"count": -1}, "batch_count"),
        ({"valid_days": -1}, "batch_days"),
        ({"valid_days": 3, "last_day": date(2026, 12, 1)}, "batch_days"),  # one or the other
        ({"last_day": date(2026, 11, 22)}, "batch_days"),  # over already
        ({"first_day": date(2026, 12, 2), "last_day": date(2026, 12, 1)}, "batch_days"),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(shop: TestShop, change: dict[str, object], code: str) -> None:
    asked = replace(NewBatch("感谢", "five-off", valid_days=0), **change)  # type: ignore[arg-type]
    answer = shop.ask(1, new_batch, asked=asked)
    assert isinstance(answer, Refusal) and answer.code == code
    assert scalar(shop.parts.store.reads, "SELECT count(*) FROM coupon_batch") == 0


def test_a_batch_holds_no_more_than_it_may(shop: TestShop) -> None:
    number = shop.ask(1, new_batch, asked=NewBatch("感谢", "five-off", count=1))
    asked = {"batch_id": number, "segment": Segment(), "expected": 2}
    assert shop.ask(1, issue_to_segment, **asked) == Refusal("batch_full", {"count": 1})
    assert shop.ask(1, void_batch, batch_id=number) is None
    assert shop.ask(1, issue_to_segment, **asked) == Refusal("batch_void")
    assert shop.ask(1, issue_to_segment, **{**asked, "batch_id": 77}) == Refusal("batch_gone")
    # Everything that was done stands in the chain.
    links = rows(shop.parts.store.reads, "SELECT action, subject FROM audit WHERE action LIKE 'coupon%' ORDER BY 1")
    assert links == [("coupon_batch", str(number)), ("coupons_void", str(number))]


def test_a_report_counts_each_sale_once(store: Store) -> None:
    used, given_back, late, gone = put(store, None, None, None, None)
    record_sale(store, using("a", used), CONTEXT)
    record_sale(store, using("b", given_back), CONTEXT)
    with store.transaction():
        revive(store.db, "b", NOW)
        coupons.void_coupon(store.db, gone)
    (now,) = reports(store.db, now_ms=NOW)
    assert (now.issued, now.used, now.void, now.expired, now.open) == (4, 1, 1, 0, 2)
    assert (now.sales, now.takings, now.discount) == (1, 500, 500)
    (later,) = reports(store.db, now_ms=NOW + DAY)
    assert (later.expired, later.open) == (2, 0)
    assert late != gone


def test_a_coupon_that_lies_about_its_use_is_found(store: Store) -> None:
    (code,) = put(store, None)
    execute(store.db, "UPDATE coupon SET state = 'used' WHERE code = ?", code)
    assert wrong_coupon(store.db) == f"coupon {code}: state used, used by 0 sales"


def test_two_files_that_become_one_keep_their_coupons(store: Store) -> None:
    put(store, "li", "wang")
    coupons.grant(store.db, "birthday", "wang", "2026", NOW)
    coupons.move_coupons(store.db, "li", "wang")
    assert not coupons.grant(store.db, "birthday", "li", "2026", NOW)
    assert len(coupons.open_of_member(store.db, "li", now_ms=NOW)) == 2
