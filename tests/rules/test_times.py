"""Times cards: what a package grants, and what comes back of its price when it is returned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.basket import Names
from rules.ledger import ISSUER, Lot, LotUse, Transfer
from rules.promotions import RuleSet, load_rules
from rules.times import GIVEN, PAID, GrantedLot, Package, PackagePart, grants, unused

CUTS = Package(
    id="cut10",
    names=Names("剪发十次卡"),
    sku="cutcard",
    parts=(
        PackagePart(id="cut", skus=("cut",), times=10, gift_times=2),
        PackagePart(id="colour", skus=("colour",), times=1, worth=5),
    ),
)


def test_paid_times_are_older_than_those_on_top() -> None:
    assert grants(CUTS, 2, "li", expires_ms=9) == (
        Transfer("times:cut10.cut", ISSUER, "member/li", 20, PAID, 9),
        Transfer("times:cut10.colour", ISSUER, "member/li", 2, PAID, 9),
        Transfer("times:cut10.cut", ISSUER, "member/li", 4, GIVEN, 9),
    )


def lot(lot_id: int, remaining: int, granted: int, *, is_gift: bool = False, unit: str = "cut") -> GrantedLot:
    return GrantedLot(unit, Lot(lot_id, remaining, None), granted, is_gift)


@pytest.mark.parametrize(
    ("pieces", "sold", "lots", "kept", "taken"),
    [
        (1, 1, [lot(1, 10, 10)], 0, [("cut", 1, 10)]),  # nothing used: all of the price
        (1, 1, [lot(1, 4, 10)], 6_000, [("cut", 1, 4)]),  # six of ten used
        (1, 1, [lot(1, 0, 10)], 10_000, []),  # all used: nothing comes back
        (1, 1, [lot(1, 10, 10), lot(2, 2, 2, is_gift=True)], 0, [("cut", 1, 10), ("cut", 2, 2)]),  # on top: void
        (1, 2, [lot(1, 8, 20)], 2_000, [("cut", 1, 8)]),  # of two cards twelve are used: eight of ten come back
        (2, 2, [lot(1, 8, 20)], 6_000, [("cut", 1, 8)]),  # both cards: eight of twenty
        (1, 1, [lot(1, 10, 10), lot(3, 0, 1, unit="colour")], 3_333, [("cut", 1, 10)]),  # 100.00 are 66.67 and 33.33
    ],
)
def test_unused_times_are_paid_back(
    pieces: int, sold: int, lots: list[GrantedLot], kept: int, taken: list[tuple[str, int, int]]
) -> None:
    found = unused(10_000, pieces=pieces, sold=sold, lots=lots, worth={"colour": 5})
    assert found.kept == kept
    assert found.lots == tuple((unit, LotUse(lot_id, amount)) for unit, lot_id, amount in taken)


@given(
    st.integers(0, 10**6),
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50), st.booleans()), min_size=1, max_size=4),
)
def test_what_is_kept_is_part_of_the_price(net: int, pieces: int, parts: list[tuple[int, int, bool]]) -> None:
    lots = [
        GrantedLot(f"u{at}", Lot(at, min(remaining, granted * pieces), None), granted * pieces, is_gift)
        for at, (granted, remaining, is_gift) in enumerate(parts)
    ]
    found = unused(net, pieces=pieces, sold=pieces, lots=lots)
    assert 0 <= found.kept <= net
    assert all(use.amount <= lots[use.lot_id].lot.remaining for _, use in found.lots)
    if all(each.is_gift or each.lot.remaining == each.granted for each in lots) and not all(e.is_gift for e in lots):
        assert found.kept == 0


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("months = 3\ndays = 5", "give one of months, days and until"),
        ('parts = [{id="a",skus=["card"],times=1}]', "a package cannot pay for itself"),
        ('parts = [{id="a",skus=["x"],times=1},{id="a",skus=["y"],times=1}]', "two parts have one id"),
        ("parts = []", "length >= 1"),
        ('parts = [{id="a",skus=["x"],times=0}]', "`int` >= 1"),
    ],
)
def test_a_package_that_contradicts_itself_is_refused(change: str, problem: str) -> None:
    parts = "" if "parts" in change else 'parts = [{id="a",skus=["x"],times=1}]\n'
    text = f'[[times.packages]]\nid="p"\nnames={{zh_hans="卡"}}\nsku="card"\n{parts}{change}\n'
    found = load_rules(text)
    assert not isinstance(found, RuleSet)
    assert problem in str(found[0])
