from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.money import AMOUNT_MAX
from rules.tender import CashRounding, Offer, Overpaid, Settlement, Short, Tender, next_notes, settle


def cash(given: int) -> Offer:
    return Offer("cash", given)


def scan(given: int) -> Offer:
    return Offer("scan", given, "wx-1")


@pytest.mark.parametrize(
    ("due", "offers", "answer"),
    [
        # a note larger than the total: change
        (7_250, [cash(10_000)], Settlement((Tender("cash", 7_250, 10_000),), 7_250, 10_000, 2_750)),
        # exactly
        (7_250, [cash(7_250)], Settlement((Tender("cash", 7_250, 7_250),), 7_250, 7_250, 0)),
        # the phone pays part, cash the rest, whatever came first
        (
            7_250,
            [cash(3_000), scan(5_000)],
            Settlement((Tender("cash", 2_250, 3_000), Tender("scan", 5_000, 5_000, "wx-1")), 7_250, 8_000, 750),
        ),
        # cash handed over twice is one tender
        (7_250, [cash(5_000), cash(5_000)], Settlement((Tender("cash", 7_250, 10_000),), 7_250, 10_000, 2_750)),
        # nothing due needs no tender
        (0, [], Settlement((), 0, 0, 0)),
        (7_250, [], Short(7_250, 0, 7_250)),
        (7_250, [cash(7_000)], Short(7_250, 7_000, 250)),
        (7_250, [scan(5_000), cash(2_000)], Short(7_250, 7_000, 250)),
        # only cash gives change
        (7_250, [scan(8_000)], Overpaid(7_250, 8_000, 750, "scan")),
        # cash beside a phone that paid it all
        (7_250, [scan(7_250), cash(1_000)], Overpaid(7_250, 8_250, 1_000, "cash")),
        (0, [cash(100)], Overpaid(0, 100, 100, "cash")),
        # an offer of nothing is none
        (7_250, [cash(0), scan(7_250)], Settlement((Tender("scan", 7_250, 7_250, "wx-1"),), 7_250, 7_250, 0)),
        # more notes than any figure may hold
        (7_250, [cash(AMOUNT_MAX), cash(1)], Overpaid(7_250, AMOUNT_MAX + 1, AMOUNT_MAX - 7_249, "cash")),
    ],
)
def test_settle(due, offers, answer):
    assert settle(due, offers) == answer


JIAO, YUAN_DOWN, NEAREST = CashRounding(10), CashRounding(100), CashRounding(10, "half_up")


def rounding(amount: int) -> Tender:
    return Tender("rounding", amount, amount)


@pytest.mark.parametrize(
    ("due", "offers", "rule", "answer"),
    [
        # 抹零 to jiao: 4 fen are let go, the drawer holds 12.30
        (1_234, [cash(2_000)], JIAO, Settlement((rounding(4), Tender("cash", 1_230, 2_000)), 1_234, 2_000, 770)),
        (1_230, [cash(1_230)], JIAO, Settlement((Tender("cash", 1_230, 1_230),), 1_230, 1_230, 0)),
        # to yuan
        (1_299, [cash(1_200)], YUAN_DOWN, Settlement((rounding(99), Tender("cash", 1_200, 1_200)), 1_299, 1_200, 0)),
        # to the nearest: up, and down
        (1_236, [cash(2_000)], NEAREST, Settlement((rounding(-4), Tender("cash", 1_240, 2_000)), 1_236, 2_000, 760)),
        (1_234, [cash(1_230)], NEAREST, Settlement((rounding(4), Tender("cash", 1_230, 1_230)), 1_234, 1_230, 0)),
        # who has the fen pays no more than the price
        (1_236, [cash(1_236)], NEAREST, Settlement((Tender("cash", 1_236, 1_236),), 1_236, 1_236, 0)),
        # a phone pays to the fen
        (1_234, [scan(1_234)], JIAO, Settlement((Tender("scan", 1_234, 1_234, "wx-1"),), 1_234, 1_234, 0)),
        # only what is left for cash is rounded
        (
            1_234, [scan(1_000), cash(500)], JIAO,
            Settlement((Tender("scan", 1_000, 1_000, "wx-1"), rounding(4), Tender("cash", 230, 500)), 1_234, 1_500, 270),
        ),
        (1_234, [cash(1_000)], JIAO, Short(1_234, 1_000, 230)),
        # a rest below the least coin is settled by an empty hand, and by nothing else
        (4, [cash(0)], JIAO, Settlement((rounding(4),), 4, 0, 0)),
        (4, [], JIAO, Short(4, 0, 4)),
        (4, [cash(100)], JIAO, Overpaid(4, 100, 100, "cash")),
    ],
)  # fmt: skip
def test_cash_is_rounded(due, offers, rule, answer):
    assert settle(due, offers, rule) == answer


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.integers(0, 10**5),
    st.lists(st.builds(Offer, st.sampled_from(["cash", "card"]), st.integers(0, 10**5)), max_size=4),
    st.sampled_from([JIAO, YUAN_DOWN, NEAREST]),
)
def test_what_is_rounded_adds_up(due, offers, rule):
    answer = settle(due, offers, rule)
    if isinstance(answer, Settlement):
        off = sum(tender.amount for tender in answer.tenders if tender.kind == "rounding")
        assert sum(tender.amount for tender in answer.tenders) == due == answer.paid - answer.change + off
        assert abs(off) < rule.step and answer.change >= 0
        assert rule.mode == "half_up" or off >= 0
    elif isinstance(answer, Short):
        assert answer.missing > 0


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.integers(0, 10**6),
    st.lists(st.builds(Offer, st.sampled_from(["cash", "card", "scan"]), st.integers(0, 10**6)), max_size=4),
)
def test_what_is_settled_adds_up(due, offers):
    answer = settle(due, offers)
    given = sum(offer.given for offer in offers)
    if isinstance(answer, Settlement):
        assert sum(tender.amount for tender in answer.tenders) == due == answer.paid - answer.change
        assert sum(tender.given for tender in answer.tenders) == answer.paid == given
        assert all(tender.given == tender.amount or tender.kind == "cash" for tender in answer.tenders)
    elif isinstance(answer, Short):
        assert answer.missing == due - given > 0
    else:
        assert answer.given == given and answer.excess > 0


YUAN = [10, 50, 100, 500, 1_000, 2_000, 5_000, 10_000]


@pytest.mark.parametrize(
    ("due", "denominations", "notes"),
    [
        (7_250, YUAN[2:], (7_250, 7_300, 7_500, 8_000, 10_000)),
        (10_000, YUAN, (10_000,)),  # a whole hundred: nobody hands over more
        (320, YUAN, (320, 350, 400, 500, 10_000)),  # the least three and the large note
        (9_990, YUAN[2:], (9_990, 10_000)),  # every note rounds up to the same
        (23_450, YUAN[2:], (23_450, 23_500, 24_000, 25_000, 30_000)),  # several hundreds
        (500, [], (500,)),
        (0, YUAN, ()),  # nothing due
    ],
)
def test_next_notes(due, denominations, notes):
    assert next_notes(due, denominations) == notes


def test_next_notes_do_not_depend_on_the_order_of_denominations():
    assert next_notes(7_250, YUAN[::-1]) == next_notes(7_250, YUAN)
