"""Whoever pressed is answered after the view that shows what came of it, and nobody waits for a stream that is not there."""

from __future__ import annotations

import threading
import time

import pytest

from edge.screen import Stage, TillView
from edge.screens import Screens

LONG_S = 5.0
SHORT_S = 0.05


@pytest.fixture
def screens() -> Screens:
    made = Screens()
    made.show(TillView(lane=1))
    made.show(TillView(lane=2))
    return made


def waited_s(screens: Screens, lane: int, timeout_s: float) -> float:
    began = time.monotonic()
    screens.wait_sent(lane, timeout_s=timeout_s)
    return time.monotonic() - began


def test_without_a_stream_of_the_lane_nobody_waits(screens: Screens) -> None:
    with screens.streamed(2):
        assert waited_s(screens, 1, LONG_S) < LONG_S / 2
    assert waited_s(screens, 2, LONG_S) < LONG_S / 2


def test_the_newest_view_is_waited_for(screens: Screens) -> None:
    with screens.streamed(1) as sent:
        sent(screens.newest(1).number)
        assert waited_s(screens, 1, LONG_S) < LONG_S / 2
        newer = screens.show(TillView(lane=1, stage=Stage.SELLING))
        assert waited_s(screens, 1, SHORT_S) >= SHORT_S
        done: list[float] = []
        waiting = threading.Thread(target=lambda: done.append(waited_s(screens, 1, LONG_S)))
        waiting.start()
        time.sleep(SHORT_S)
        assert not done
        sent(newer.number)
        waiting.join(LONG_S)
        assert SHORT_S / 2 <= done[0] < LONG_S / 2


def test_a_stream_that_ends_lets_go_of_who_waits(screens: Screens) -> None:
    done: list[float] = []
    with screens.streamed(1):
        waiting = threading.Thread(target=lambda: done.append(waited_s(screens, 1, LONG_S)))
        waiting.start()
        time.sleep(SHORT_S)
        assert not done
    waiting.join(LONG_S)
    assert done[0] < LONG_S / 2


def test_the_slowest_stream_is_not_waited_for(screens: Screens) -> None:
    with screens.streamed(1) as sent, screens.streamed(1):
        sent(screens.newest(1).number)
        assert waited_s(screens, 1, LONG_S) < LONG_S / 2
