"""What may follow what when a payment code is charged: each rule by an example, and what holds of every course of events."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.charge_refunds import RefundDeed, RefundState, RefundTold, after_refund, refund_due
from rules.charges import (
    OPEN,
    RUNNING,
    ChargeState,
    Deed,
    Patience,
    Told,
    after,
    cancelled,
    due,
    resumed,
)

S, D, T = ChargeState, Deed, Told
PATIENCE = Patience()


@pytest.mark.parametrize(
    ("state", "deed", "told", "is_late", "expected"),
    [
        (S.PAYING, D.CHARGE, T.PAID, False, S.PAID),
        (S.PAYING, D.CHARGE, T.USER_PAYING, False, S.USER_PAYING),
        (S.PAYING, D.CHARGE, T.FAILED, False, S.FAILED),  # too little money, an old code
        (S.PAYING, D.CHARGE, T.NOT_SENT, False, S.FAILED),  # the gateway never heard of it
        (S.PAYING, D.CHARGE, T.UNCLEAR, False, S.PAYING),  # an error of theirs, no answer: it is asked
        (S.PAYING, D.ASK, T.UNCLEAR, False, S.PAYING),
        (S.PAYING, D.ASK, T.NOT_SENT, False, S.PAYING),  # the line went down since
        (S.PAYING, D.ASK, T.NOT_PAID, False, S.PAYING),  # it may still be on its way
        (S.PAYING, D.ASK, T.PAID, False, S.PAID),
        (S.USER_PAYING, D.ASK, T.USER_PAYING, False, S.USER_PAYING),
        (S.USER_PAYING, D.ASK, T.FAILED, False, S.FAILED),  # the customer said no
        (S.USER_PAYING, D.ASK, T.USER_PAYING, True, S.REVERSING),  # 45 s are over
        (S.PAYING, D.ASK, T.NOT_PAID, True, S.REVERSING),
        (S.PAYING, D.ASK, T.UNCLEAR, True, S.REVERSING),
        (S.PAYING, D.ASK, T.NOT_SENT, True, S.UNKNOWN),  # neither can it be undone now
        (S.PAYING, D.ASK, T.PAID, True, S.PAID),  # in the last moment
        (S.UNKNOWN, D.ASK, T.PAID, True, S.PAID),
        (S.UNKNOWN, D.ASK, T.NOT_SENT, True, S.UNKNOWN),
        (S.UNKNOWN, D.ASK, T.NOT_PAID, True, S.REVERSING),
        (S.REVERSING, D.REVERSE, T.REVERSED, True, S.REVERSED),
        (S.REVERSING, D.REVERSE, T.AGAIN, True, S.REVERSING),
        (S.REVERSING, D.REVERSE, T.NOT_SENT, True, S.REVERSING),
        (S.REVERSING, D.REVERSE, T.REFUSED, True, S.STUCK),
        (S.REVERSING, D.CHARGE, T.PAID, False, S.REVERSING),  # cancelled while the call was under way
        (S.REVERSING, D.ASK, T.PAID, False, S.REVERSING),
        (S.REVERSING, D.CHARGE, T.FAILED, False, S.FAILED),  # there is nothing to undo
        (S.REVERSING, D.CHARGE, T.NOT_SENT, False, S.FAILED),
        (S.STUCK, D.ASK, T.PAID, True, S.REVERSING),  # asked for by a person: tried once more
        (S.STUCK, D.ASK, T.FAILED, True, S.REVERSED),  # it is closed there by now
        (S.STUCK, D.ASK, T.UNCLEAR, True, S.STUCK),
    ],
)
def test_what_follows_from_an_answer(state, deed, told, is_late, expected):
    assert after(state, deed, told, is_late=is_late) is expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (S.CREATED, S.FAILED),  # nobody has heard of it
        (S.PAYING, S.REVERSING),
        (S.USER_PAYING, S.REVERSING),
        (S.UNKNOWN, S.REVERSING),
        (S.PAID, S.REVERSING),  # its tender was taken back
        (S.STUCK, S.REVERSING),
        (S.FAILED, S.FAILED),
        (S.REVERSED, S.REVERSED),
    ],
)
def test_what_a_person_no_longer_wants(state, expected):
    assert cancelled(state) is expected


def test_a_start_sends_nothing_again():
    assert {state: resumed(state) for state in S} == {**{state: state for state in S}, S.CREATED: S.FAILED}


@pytest.mark.parametrize("state", [S.PAID, S.FAILED, S.REVERSED])
def test_what_is_decided_stays_decided(state):
    assert {after(state, deed, told, is_late=late) for deed, told, late in product(D, T, (False, True))} == {state}


@pytest.mark.parametrize(
    ("state", "since_sent_ms", "since_last_ms", "tries", "expected"),
    [
        (S.CREATED, 0, 0, 0, (D.CHARGE, 0)),
        (S.PAYING, 0, 0, 0, (D.ASK, 3_000)),
        (S.PAYING, 2_000, 2_000, 0, (D.ASK, 1_000)),
        (S.PAYING, 86_400_000, 86_400_000, 0, (D.ASK, 0)),  # after a start: at once
        (S.USER_PAYING, 3_000, 0, 1, (D.ASK, 5_000)),
        (S.USER_PAYING, 40_000, 0, 9, (D.ASK, 10_000)),
        (S.UNKNOWN, 50_000, 0, 9, (D.ASK, 60_000)),
        (S.REVERSING, 2_000, 0, 0, (D.REVERSE, 13_000)),  # not within 15 s of the charge
        (S.REVERSING, 46_000, 0, 0, (D.REVERSE, 0)),
        (S.REVERSING, 60_000, 0, 99, (D.REVERSE, 60_000)),  # and it goes on
    ],
)
def test_when_a_gateway_is_called(state, since_sent_ms, since_last_ms, tries, expected):
    found = due(
        state, since_sent_ms=since_sent_ms, since_last_ms=since_last_ms, tries=tries, is_asked_for=False,
        patience=PATIENCE,
    )  # fmt: skip
    assert found is not None and (found.deed, found.wait_ms) == expected


@pytest.mark.parametrize("state", [state for state in S if state not in OPEN])
def test_what_is_over_is_left_alone(state):
    assert due(state, since_sent_ms=0, since_last_ms=0, tries=0, is_asked_for=False, patience=PATIENCE) is None


# --- every course of events ---------------------------------------------------------------------------------------

EVENTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(list(D)), st.sampled_from(list(T)), st.booleans()),
        st.just("cancel"),
        st.just("restart"),
    ),
    max_size=20,
)


@settings(max_examples=500)
@given(EVENTS)
def test_a_charge_that_is_to_be_undone_never_pays(events):
    """Whatever comes in whatever order, late answers of earlier calls among it."""
    state, was_undone, was_charged = S.PAYING, False, 1
    for event in events:
        if event == "cancel":
            state = cancelled(state)
        elif event == "restart":
            state = resumed(state)
        else:
            deed, told, late = event
            state = after(state, deed, told, is_late=late)
        was_undone = was_undone or state in (S.REVERSING, S.REVERSED, S.STUCK)
        assert not (was_undone and (state is S.PAID or state in RUNNING)), "it was to be undone, and pays again"
        next_ = due(state, since_sent_ms=10**9, since_last_ms=10**9, tries=0, is_asked_for=True, patience=PATIENCE)
        was_charged += next_ is not None and next_.deed is D.CHARGE
    assert was_charged == 1, "what was sent once is never sent again"


@given(st.lists(st.sampled_from([T.NOT_SENT, T.UNCLEAR, T.AGAIN]), max_size=20))
def test_what_may_have_been_paid_is_never_given_up(answers):
    """As long as nothing certain comes, it is asked about or undone, and never called decided."""
    state = S.PAYING
    for number, told in enumerate(answers):
        found = due(state, since_sent_ms=10**9, since_last_ms=10**9, tries=0, is_asked_for=False, patience=PATIENCE)
        assert found is not None
        state = after(state, found.deed, told, is_late=number > 2)
        assert state in OPEN


# --- refunds ------------------------------------------------------------------------------------------------------

R, RD, RT = RefundState, RefundDeed, RefundTold


@pytest.mark.parametrize(
    ("deed", "told", "expected"),
    [
        (RD.REFUND, RT.REFUNDED, R.REFUNDED),
        (RD.REFUND, RT.PROCESSING, R.REFUNDING),  # the bank needs a while
        (RD.REFUND, RT.UNCLEAR, R.REFUNDING),  # asked first, then perhaps sent again under the same number
        (RD.REFUND, RT.NOT_SENT, R.CREATED),
        (RD.REFUND, RT.REFUSED, R.REFUSED),
        (RD.ASK, RT.UNKNOWN_THERE, R.CREATED),
        (RD.ASK, RT.PROCESSING, R.REFUNDING),
        (RD.ASK, RT.REFUNDED, R.REFUNDED),
        (RD.ASK, RT.REFUSED, R.REFUSED),
    ],
)
def test_what_follows_for_a_refund(deed, told, expected):
    assert after_refund(R.REFUNDING, deed, told) is expected


@pytest.mark.parametrize("state", [R.REFUNDED, R.REFUSED, R.IN_CASH])
def test_a_refund_that_is_over_is_left_alone(state):
    assert refund_due(state, since_last_ms=10**9, tries=0, is_asked_for=False) is None
    assert {after_refund(state, deed, told) for deed, told in product(RD, RT)} == {state}
