from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.money import AMOUNT_MAX
from rules.tender import Offer, Overpaid, Settlement, Short, Tender, next_notes, settle


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
