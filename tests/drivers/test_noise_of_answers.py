"""Whatever a printer's line brings back: sorted, bounded, and the next good answer is read."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import PrinterState
from drivers.escpos_status import KEPT_MAX, Answers, state_of, state_when_done
from drivers.pn532_frames import read_targets

GOOD = b"\x12\x12\x12\x12"
"""Answers to DLE EOT 1 to 4 of a printer that is ready."""


def is_read_after(answers: Answers) -> bool:
    # An automatic message that has begun takes at most three bytes along.
    answers.feed(GOOD * 2)
    return answers.realtime[-4:] == [0x12] * 4


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=8))
def test_any_bytes_are_sorted_and_bounded(reads: list[bytes]) -> None:
    answers = Answers()
    for data in reads:
        answers.feed(data)
        assert len(answers.realtime) <= KEPT_MAX and len(answers.done) <= KEPT_MAX
        for online in answers.realtime[-3:]:
            assert state_of(online=online, cause=online, paper=online) in PrinterState
        assert all(state_when_done(each) in PrinterState for each in answers.done)
    assert is_read_after(answers)


def test_fault_39_a_million_random_bytes_from_a_printer() -> None:
    noise, answers = random.Random(39), Answers()
    for _ in range(1_000):
        answers.feed(noise.randbytes(1_000))
        assert len(answers.realtime) <= KEPT_MAX and len(answers.done) <= KEPT_MAX
    assert is_read_after(answers)


def test_fault_39_a_million_random_bytes_of_card_lists() -> None:
    noise = random.Random(40)
    for _ in range(20_000):
        found = read_targets(noise.randbytes(50))
        assert found is None or len(found) <= 2
    assert read_targets(bytes.fromhex("0101000408049eb36e66")) is not None
