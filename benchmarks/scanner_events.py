"""From the last byte of a scan to its event in the inbox, and ten thousand scans in a row from two scanners at once.

The scanners are simulated at the far end of a real pseudo terminal and a real pipe of the kernel's key records; reader
threads, drivers and the inbox's bound are those of the daemon. Both scanners send far faster than hands do. The floor
of the first figure is a thread that does nothing but wait for the same byte of the same line.
"""

from __future__ import annotations

import os
import queue
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.scan_to_paint import p99
from drivers.base import Event, LineReader, Scan
from drivers.evdev_lines import RECORD, EvdevLines
from drivers.fake_wires import KeyboardScanner, Line
from drivers.key_decoder import EV_KEY, EV_SYN, PRESS, RELEASE, SYN_REPORT
from drivers.key_layouts import KEY_ENTER
from drivers.serial_lines import SerialLines
from edge.clock import Clock
from edge.config import DeviceConfig, DeviceKind
from edge.devices import ReaderThread
from edge.health import Health
from edge.loop import INBOX_MAX

GOAL_P99_MS = 2.0
ROUNDS, A_ROUND, WARM_UP = 5, 300, 20
"""The middle one of the rounds' p99 counts, so that one bad moment of a busy machine does not."""
SCANS, SCANS_A_SECOND = 10_000, 400
PAUSE_S = 0.005
"""Between two timed scans: each finds its thread asleep, as a cashier's does."""
WAIT_S = 120.0

ENTER = b"".join(
    RECORD.pack(0, 0, *event)
    for value in (PRESS, RELEASE)
    for event in ((EV_KEY, KEY_ENTER, value), (EV_SYN, SYN_REPORT, 0))
)


class Scanner:
    """One scanner with its thread, and the far end of its line."""

    def __init__(self, name: str, kind: DeviceKind, lane: int, post: Callable[[int, Event], bool], health: Health):
        self.name, self.lane = name, lane
        self._keys = KeyboardScanner() if kind == "evdev_scanner" else None
        self._line = None if self._keys else Line()
        reader: LineReader
        if self._keys:
            reader = EvdevLines(name, self._keys.path)
        else:
            assert self._line is not None
            reader = SerialLines(name, self._line.path)
            # A scanner waits for nobody, but what is measured here is the reader, not how much a line holds.
            os.set_blocking(self._line.master, True)
        self.thread = ReaderThread(DeviceConfig(name=name, kind=kind, lane=lane), reader, post=post, health=health)
        self.thread.start()
        while (found := health.device(name)) is None or found.state != "ok":
            time.sleep(0.01)
        self._end = os.open(self._keys.path, os.O_WRONLY) if self._keys else self._line.master  # type: ignore[union-attr]

    def send(self, text: str) -> None:
        """Send a code without its end."""
        if self._keys is None:
            self._write(text.encode())
            return
        strokes = [event for character in text for event in self._keys._press(character)]
        self._write(b"".join(RECORD.pack(0, 0, *event) for event in strokes))

    def finish(self) -> None:
        """Send what ends a code."""
        self._write(ENTER if self._keys else b"\r")

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._end, data) :]


def code(scanner: int, number: int) -> str:
    return f"{scanner}{number:012d}"


def latency(scanner: Scanner, inbox: queue.Queue[tuple[float, int, Event]]) -> list[float]:
    """Return milliseconds from the end of each code to its event."""
    took = []
    for number in range(WARM_UP + A_ROUND):
        text = code(scanner.lane, number)
        scanner.send(text)
        time.sleep(PAUSE_S)
        began = time.perf_counter()
        scanner.finish()
        at, lane, event = inbox.get(timeout=WAIT_S)
        assert (lane, event) == (scanner.lane, Scan(scanner.name, text)), event
        if number >= WARM_UP:
            took.append((at - began) * 1_000)
    return took


def floor() -> list[float]:
    """Return milliseconds from a byte to a bare thread that waits for it."""
    line, seen = Line(), queue.Queue[float]()
    far = os.open(line.path, os.O_RDONLY)

    def read() -> None:
        while os.read(far, 64) != b"!":
            seen.put(time.perf_counter())

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    took = []
    for _ in range(WARM_UP + A_ROUND):
        time.sleep(PAUSE_S)
        began = time.perf_counter()
        line.send(b"\r")
        took.append((seen.get(timeout=WAIT_S) - began) * 1_000)
    line.send(b"!")
    thread.join(WAIT_S)
    os.close(far)
    line.unplug()
    return took[WARM_UP:]


def tell(what: str, rounds: list[list[float]]) -> None:
    every = [each for took in rounds for each in took]
    middle = statistics.median(p99(took) for took in rounds)
    p50, worst = statistics.median(every), max(every)
    print(f"{what}: p50 {p50:.3f} ms, p99 {middle:.3f} ms, worst {worst:.3f} ms of {len(every):,}")


def all_at_once(scanners: list[Scanner], inbox: queue.Queue[tuple[float, int, Event]]) -> tuple[float, int]:
    """Let every scanner send its codes in a row; return the seconds, and how many were lost, crossed or doubled."""

    def run(scanner: Scanner) -> None:
        began = time.perf_counter()
        for number in range(SCANS):
            time.sleep(max(0.0, began + number / SCANS_A_SECOND - time.perf_counter()))
            scanner.send(code(scanner.lane, number))
            scanner.finish()

    threads = [threading.Thread(target=run, args=(scanner,)) for scanner in scanners]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    came: dict[str, list[str]] = {scanner.name: [] for scanner in scanners}
    wrong = 0
    try:
        for _ in range(SCANS * len(scanners)):
            _, lane, event = inbox.get(timeout=10)
            assert isinstance(event, Scan), event
            came[event.device].append(event.text)
            wrong += lane != next(scanner.lane for scanner in scanners if scanner.name == event.device)
    except queue.Empty:
        pass
    took_s = time.perf_counter() - began
    for thread in threads:
        thread.join(WAIT_S)
    for scanner in scanners:
        expected = [code(scanner.lane, number) for number in range(SCANS)]
        if came[scanner.name] != expected:
            wrong += max(1, len(set(expected) ^ set(came[scanner.name])))
    return took_s, wrong


def main() -> int:
    inbox: queue.Queue[tuple[float, int, Event]] = queue.Queue(INBOX_MAX)

    def post(lane: int, event: Event) -> bool:
        try:
            inbox.put_nowait((time.perf_counter(), lane, event))
        except queue.Full:
            return False
        return True

    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        health = Health(clock=Clock(), data_dir=Path(folder))
        scanners = [
            Scanner("serial", "serial_scanner", 1, post, health),
            Scanner("keyboard", "evdev_scanner", 2, post, health),
        ]
        for scanner in scanners:
            rounds = [latency(scanner, inbox) for _ in range(ROUNDS)]
            middle = statistics.median(p99(took) for took in rounds)
            missed += middle > GOAL_P99_MS
            tell(f"{scanner.name}: last byte → event in the inbox", rounds)
            print(f"    goal: p99 below {GOAL_P99_MS} ms")
        tell("floor: last byte → a thread that waits for it", [floor() for _ in range(ROUNDS)])
        took_s, wrong = all_at_once(scanners, inbox)
        dropped = sum(found.dropped for each in scanners if (found := health.device(each.name)))
        missed += wrong + dropped > 0
        print(
            f"two scanners at once, {SCANS:,} scans each: {wrong} lost, crossed or doubled, {dropped} dropped"
            f" (goal 0) at {SCANS * 2 / took_s:,.0f} scans a second"
        )
        for scanner in scanners:
            scanner.thread.stop()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
