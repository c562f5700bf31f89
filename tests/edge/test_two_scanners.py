"""Two scanners at once, one on a serial line and one that types: nothing lost, nothing crossed. `python -m
benchmarks.scanner_events` does it ten thousand times."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from drivers.base import Event, Scan
from drivers.evdev_lines import EvdevLines
from drivers.fake_wires import KeyboardScanner, SerialScanner
from drivers.serial_lines import SerialLines
from edge.clock import Clock
from edge.config import DeviceConfig
from edge.devices import ReaderThread
from edge.health import Health

SCANS = 1_000
AHEAD_MAX = 10
"""Codes that a scanner may be ahead of the lane: a simulated line holds no more than a real one."""


def test_two_scanners_at_once_lose_and_cross_nothing(tmp_path: Path) -> None:
    health = Health(clock=Clock(), data_dir=tmp_path)
    came: dict[str, list[tuple[int, str]]] = {"serial": [], "keys": []}

    def post(lane: int, event: Event) -> bool:
        assert isinstance(event, Scan), event
        came[event.device].append((lane, event.text))
        return True

    wires = {"serial": SerialScanner(), "keys": KeyboardScanner()}
    readers = [
        ReaderThread(
            DeviceConfig(name="serial", kind="serial_scanner", lane=1), SerialLines("serial", wires["serial"].path),
            post=post, health=health,
        ),
        ReaderThread(
            DeviceConfig(name="keys", kind="evdev_scanner", lane=2), EvdevLines("keys", wires["keys"].path),
            post=post, health=health,
        ),
    ]  # fmt: skip
    for reader in readers:
        reader.start()
    states = [health.device(name) for name in wires]
    end = time.monotonic() + 5
    while not all(state and state.state == "ok" for state in states) and time.monotonic() < end:
        time.sleep(0.01)
        states = [health.device(name) for name in wires]

    def run(name: str) -> None:
        last = time.monotonic() + 60
        for number in range(SCANS):
            while number - len(came[name]) > AHEAD_MAX and time.monotonic() < last:
                time.sleep(0.0005)
            wires[name].give(f"{name}-{number}")

    threads = [threading.Thread(target=run, args=(name,)) for name in wires]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end = time.monotonic() + 5
    while sum(map(len, came.values())) < 2 * SCANS and time.monotonic() < end:
        time.sleep(0.01)
    for reader in readers:
        reader.stop()
    for lane, name in ((1, "serial"), (2, "keys")):
        assert came[name] == [(lane, f"{name}-{number}") for number in range(SCANS)]
        found = health.device(name)
        assert found is not None and found.dropped == 0
