"""A simulator that nobody holds any more gives back its descriptors and ends its thread."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.fake_pn532 import FakePn532
from drivers.fake_scale import FakeScale
from drivers.fake_wires import SerialScanner

ENDS = 2
"""Descriptors of a line."""


def scale() -> FakeScale:
    made = FakeScale("toledo_8217")
    made.start()
    return made


@pytest.mark.parametrize("make", [SerialScanner, FakePn532, scale])
def test_nothing_of_it_stays(make: Callable[[], object]) -> None:
    gc.collect()
    files, threads = open_files(), threading.active_count()
    held = [make() for _ in range(5)]
    assert open_files() >= files + 5 * ENDS
    held.clear()
    until = time.monotonic() + 5
    while (open_files() > files or threading.active_count() > threads) and time.monotonic() < until:
        gc.collect()
        time.sleep(0.05)
    assert open_files() <= files
    assert threading.active_count() <= threads


@pytest.mark.parametrize("make", [SerialScanner, FakePn532, scale])
def test_a_thread_that_is_late_finds_it_unplugged(make: Callable[[], SerialScanner]) -> None:
    """Its weak reference gives it the line for as long as the line is being finalised."""
    line = make()
    line.__del__()
    assert not line.plugged
    line.send(b"to nobody")
    assert line.received() == b""
    assert not line.plugged


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
