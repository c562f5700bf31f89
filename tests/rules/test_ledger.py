from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.ledger import (
    CUSTOMERS,
    ISSUER,
    POINTS,
    SHELF,
    Lot,
    LotUse,
    Transfer,
    balances,
    draw,
    drawer_account,
    may_be_negative,
    member_account,
    stock_unit,
    times_unit,
)

SOON, LATER = Lot(1, 100, 5_000), Lot(2, 100, 9_000)
NEVER = Lot(3, 100, None)
OLDER_NEVER = Lot(0, 10, None)


@pytest.mark.parametrize(
    ("lots", "amount", "uses"),
    [
        ([SOON], 40, (LotUse(1, 40),)),  # part of one lot
        ([NEVER, LATER, SOON], 150, (LotUse(1, 100), LotUse(2, 50))),  # what expires first goes first
        ([NEVER, OLDER_NEVER], 15, (LotUse(0, 10), LotUse(3, 5))),  # without expiry the older goes first
        ([SOON, NEVER], 200, (LotUse(1, 100), LotUse(3, 100))),  # all there is
        ([SOON, NEVER], 201, None),  # one too many: nothing is taken
        ([], 1, None),
        ([Lot(1, 0, None)], 1, None),  # an empty lot gives nothing
    ],
)
def test_draw(lots, amount, uses):
    assert draw(lots, amount, now_ms=1_000) == uses


def test_a_lot_has_expired_at_its_moment():
    assert draw([SOON], 1, now_ms=4_999) == (LotUse(1, 1),)
    assert draw([SOON], 1, now_ms=5_000) is None


def test_balances_take_from_one_side_what_they_give_to_the_other():
    transfers = [
        Transfer(POINTS, ISSUER, member_account("a"), 50, "accrual"),
        Transfer(POINTS, member_account("a"), ISSUER, 20, "redemption"),
        Transfer(stock_unit("1001"), SHELF, CUSTOMERS, 2, "sale"),
    ]
    assert balances(transfers) == {
        ("issuer", "points"): -30,
        ("member/a", "points"): 30,
        ("shelf", "stock:1001"): -2,
        ("customers", "stock:1001"): 2,
    }


ACCOUNTS = st.sampled_from([ISSUER, SHELF, CUSTOMERS, member_account("a"), drawer_account(1)])
TRANSFERS = st.tuples(st.sampled_from([POINTS, times_unit("swim")]), ACCOUNTS, ACCOUNTS, st.integers(1, 10**6)).filter(
    lambda made: made[1] != made[2]
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(TRANSFERS, max_size=20))
def test_all_balances_of_a_unit_sum_to_zero(made):
    totals = balances([Transfer(unit, giver, taker, amount, "x") for unit, giver, taker, amount in made])
    for unit in {unit for _, unit in totals}:
        assert sum(amount for (_, of), amount in totals.items() if of == unit) == 0


@pytest.mark.parametrize(
    ("account", "answer"),
    [
        (ISSUER, True),  # its balance is minus what members hold
        (SHELF, True),  # a count that is behind must not stop a sale
        (CUSTOMERS, True),
        (member_account("a"), False),  # nobody spends points that are not there
        (drawer_account(1), True),  # a shop that records no float may pay back more than it took
    ],
)
def test_may_be_negative(account, answer):
    assert may_be_negative(account) is answer
