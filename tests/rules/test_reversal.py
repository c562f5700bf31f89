"""What a return moves: money by tender, points, lots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.exchange import Leg, taken_of
from rules.ledger import ISSUER, LotUse, Transfer
from rules.return_rules import SpentPoints
from rules.reversal import LotBack, PointsTaken, part_of, take_back, units_to_member


@pytest.mark.parametrize(
    ("amount", "left", "order", "back"),
    [
        (300, [("cash", 500)], (), [("cash", 300)]),
        (700, [("cash", 500), ("gift", 300)], ("gift", "cash"), [("gift", 300), ("cash", 400)]),
        (200, [("cash", 500), ("gift", 300)], ("gift", "cash"), [("gift", 200)]),  # gift money first: it is no cash
        (600, [("scan", 500), ("card", 300)], (), [("scan", 500), ("card", 100)]),  # as they were taken
        (0, [("cash", 500)], (), []),
        # What is owed goes first, whatever the shop's order.
        (300, [("cash", 500), ("account", 200)], ("cash",), [("account", 200), ("cash", 100)]),
        # What cash was rounded by comes last: down, and up.
        (1_234, [("rounding", 4), ("cash", 1_230)], (), [("cash", 1_230), ("rounding", 4)]),
        (1_000, [("rounding", 4), ("cash", 1_230)], (), [("cash", 1_000)]),
        (1_236, [("rounding", -4), ("cash", 1_240)], (), [("cash", 1_240), ("rounding", -4)]),
        (1_000, [("rounding", -4), ("cash", 1_240)], (), [("cash", 1_000)]),
    ],
)
def test_a_refund_goes_back_tender_by_tender(
    amount: int, left: list[tuple[str, int]], order: tuple[str, ...], back: list[tuple[str, int]]
) -> None:
    parts = taken_of(amount, [Leg("sale", *each) for each in left], order)
    assert [(leg.kind, leg.amount) for leg in parts] == back


@pytest.mark.parametrize(
    ("held", "policy", "refund", "taken"),
    [
        (100, SpentPoints.OWE, 1_000, PointsTaken(100, 0, 0)),  # all there
        (40, SpentPoints.OWE, 1_000, PointsTaken(40, 60, 0)),  # sixty are owed
        (40, SpentPoints.WITHHOLD, 1_000, PointsTaken(40, 0, 60)),  # sixty are worth 0.60
        (40, SpentPoints.WITHHOLD, 30, PointsTaken(40, 30, 30)),  # no more than the refund; the rest is owed
        (-20, SpentPoints.OWE, 1_000, PointsTaken(0, 100, 0)),  # owed already
    ],
)
def test_points_that_are_spent(held: int, policy: SpentPoints, refund: int, taken: PointsTaken) -> None:
    assert take_back(100, held=held, policy=policy, refund=refund, step=100, worth=100) == taken


def test_lots_get_back_what_they_gave_and_a_lot_of_another_account_its_expiry() -> None:
    used = [LotBack(LotUse(2, 30), True, 5), LotBack(LotUse(1, 20), False, 7)]
    assert units_to_member("points", "li", 40, used) == (
        Transfer("points", ISSUER, "member/li", 30, "return", into_lots=(LotUse(2, 30),)),
        Transfer("points", ISSUER, "member/li", 10, "return", 7),
    )


@given(st.integers(0, 10**6), st.lists(st.integers(0, 500), min_size=1, max_size=8))
def test_parts_of_any_sequence_sum_to_the_whole(whole: int, steps: list[int]) -> None:
    over, at, found = sum(steps), 0, 0
    for step in steps:
        found += part_of(whole, over, at, at + step)
        at += step
    assert found == (whole if over else 0)
