"""What the units of a line cost, as it is kept and told: runs of equal neighbours."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.basket import QUANTITY_MAX
from rules.sale import runs, unruns


@pytest.mark.parametrize(
    ("unit_nets", "pairs"),
    [
        ((), ()),
        ((500,), ((500, 1),)),
        ((250,) * QUANTITY_MAX, ((250, QUANTITY_MAX),)),  # as many pieces as a line may have: one pair
        ((839, 840), ((839, 1), (840, 1))),  # a fen that could not be shared
        ((100, 100, 0), ((100, 2), (0, 1))),  # the third one free
        ((2, 1, 2), ((2, 1), (1, 1), (2, 1))),  # the order of the units stays
    ],
)
def test_runs(unit_nets, pairs):
    assert runs(unit_nets) == pairs
    assert unruns(pairs) == unit_nets


@given(st.lists(st.integers(0, 3), max_size=40).map(tuple))
def test_runs_lose_nothing(unit_nets):
    pairs = runs(unit_nets)
    assert unruns(pairs) == unit_nets
    assert all(before[0] != after[0] for before, after in pairwise(pairs))


@pytest.mark.parametrize(
    "pairs",
    [
        ((250, 0),),  # pieces that are none
        ((250, -1), (250, 3)),
        ((250, QUANTITY_MAX + 1),),  # more than any line has: a flipped bit must not fill the memory
        ((250, QUANTITY_MAX), (249, 1)),
    ],
)
def test_pieces_that_no_line_can_have(pairs):
    with pytest.raises(ValueError, match="pieces"):
        unruns(pairs)
