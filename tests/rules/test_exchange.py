"""Where the money of an exchange goes: kept apart by what took it, whatever is exchanged for what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.exchange import Leg, left_of, merged, netted, taken_of

ORDER = ("gift", "principal", "scan", "card", "cash")


@pytest.mark.parametrize(
    ("total", "backs", "carried"),
    [
        (3_000, (700,), (700,)),  # dearer goods: all of it pays, the customer adds 23.00
        (250, (3_000,), (250,)),  # cheaper goods: the rest is given back
        (350, (350,), (350,)),  # even
        (500, (300, 400), (300, 200)),  # two returns: the first one pays first
        (0, (300, 400), (0, 0)),  # nothing to pay for: all is given back
        (500, (0, 400), (0, 400)),  # a gift that comes back is worth nothing
    ],
)
def test_how_much_of_each_return_pays(total: int, backs: tuple[int, ...], carried: tuple[int, ...]) -> None:
    assert netted(total, backs) == carried


def test_gift_money_goes_back_first_and_cash_last() -> None:
    left = (Leg("a", "cash", 500), Leg("a", "gift", 300), Leg("b", "gift", 100))
    assert taken_of(350, left, ORDER) == (Leg("a", "gift", 300), Leg("b", "gift", 50))
    assert taken_of(900, left, ORDER) == (Leg("a", "gift", 300), Leg("b", "gift", 100), Leg("a", "cash", 500))
    # A kind that the shop does not name comes last, and an amount of nothing goes nowhere.
    assert taken_of(150, (Leg("a", "voucher", 100), Leg("a", "cash", 100)), ORDER)[0].kind == "cash"
    assert taken_of(0, left, ORDER) == ()


def test_what_is_left_of_legs() -> None:
    whole = (Leg("a", "cash", 500), Leg("b", "gift", 100))
    assert left_of(whole, (Leg("a", "cash", 200), Leg("b", "gift", 100))) == (Leg("a", "cash", 300),)
    with pytest.raises(AssertionError):
        left_of(whole, (Leg("a", "gift", 1),))


legs = st.lists(st.builds(Leg, st.sampled_from("abc"), st.sampled_from(ORDER), st.integers(1, 1_000)), max_size=8)


@given(found=legs, parts=st.lists(st.integers(0, 1_000), max_size=12))
def test_any_parts_take_each_leg_once(found: list[Leg], parts: list[int]) -> None:
    whole = left = merged(found)
    taken: list[Leg] = []
    for part in parts:
        amount = min(part, sum(leg.amount for leg in left))
        some = taken_of(amount, left, ORDER)
        assert sum(leg.amount for leg in some) == amount
        taken += some
        left = left_of(left, some)
    together = {(leg.root, leg.kind): leg.amount for leg in merged([*taken, *left])}
    assert together == {(leg.root, leg.kind): leg.amount for leg in whole}


@given(total=st.integers(0, 5_000), backs=st.lists(st.integers(0, 2_000), max_size=5))
def test_no_more_pays_than_there_is(total: int, backs: list[int]) -> None:
    carried = netted(total, backs)
    assert sum(carried) == min(total, sum(backs))
    assert all(0 <= part <= back for part, back in zip(carried, backs, strict=True))
