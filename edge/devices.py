"""From the configuration's kinds to drivers, and a thread for each reader that opens it again when it comes back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from drivers.base import (
    CARDS_MARK,
    SUN_MARK,
    DeviceBusy,
    DeviceForbidden,
    DeviceMissing,
    DriverError,
    Event,
    LineReader,
    Printer,
    Scan,
    Tap,
)
from edge.config import DeviceConfig
from edge.health import Health
from rules.cards import normalise_uid

log = logging.getLogger(__name__)

READ_S = 0.5
"""Longest that a reader thread waits before it looks whether it is to stop."""
REOPEN_MIN_S, REOPEN_MAX_S = 0.25, 1.0
"""Back-off between two tries to open a device that is gone; a scanner that is plugged in works within a second."""


def make_reader(device: DeviceConfig) -> LineReader | None:
    """Return the driver of a scanner or card reader; None for a device of another kind."""
    # Each driver brings its library along, so only what the store has is loaded.
    if device.kind in ("evdev_scanner", "evdev_cards"):
        from drivers.evdev_lines import EvdevLines

        return EvdevLines(
            device.name, device.path, layout=device.layout,
            prefix=device.prefix, suffix=device.suffix, idle_ms=device.idle_ms,
        )  # fmt: skip
    if device.kind == "serial_scanner":
        from drivers.serial_lines import SerialLines

        return SerialLines(
            device.name, device.path, baud=device.baud,
            prefix=device.prefix, suffix=device.suffix, idle_ms=device.idle_ms,
        )  # fmt: skip
    if device.kind in ("fake_scanner", "fake_cards"):
        from drivers.fake import FakeReader

        return FakeReader(device.name, faults=device.faults)
    return None


def make_printer(device: DeviceConfig) -> Printer | None:
    """Return the driver of a printer; None for a device of another kind."""
    if device.kind == "escpos_printer":
        from drivers.escpos_printer import EscposPrinter

        return EscposPrinter(device.name, device.path)
    if device.kind == "fake_printer":
        from drivers.fake import FakePrinter

        return FakePrinter(device.name, device.columns, device.encoding, faults=device.faults)
    return None


class ReaderThread:
    """One reader: its texts become events of its lane."""

    def __init__(
        self, device: DeviceConfig, reader: LineReader, *, post: Callable[[int, Event], bool], health: Health
    ) -> None:
        self._device = device
        self._reader = reader
        self._post = post
        self._health = health
        self._lost = 0
        """Events that the full inbox did not take."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"reader:{device.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout_s: float = 2.0) -> None:
        self._stopping.set()
        # Closing wakes the thread out of its read.
        self._reader.close()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        pause_s = REOPEN_MIN_S
        while not self._stopping.is_set():
            try:
                self._reader.open()
                self._report("ok")
                pause_s = REOPEN_MIN_S
                while not self._stopping.is_set():
                    for text in self._reader.read(READ_S):
                        self._take(text)
                    self._report("ok")
            except DriverError as error:
                self._report(_state_of(error), str(error))
            finally:
                self._reader.close()
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, REOPEN_MAX_S)

    def _take(self, text: str) -> None:
        event: Event
        if self._device.kind.endswith("cards"):
            printed, _, sun = text.partition(SUN_MARK)
            uids = [normalise_uid(each, form=self._device.uid_form) for each in printed.split(CARDS_MARK)]
            known = [uid for uid in uids if uid is not None]
            if len(known) < len(uids):
                self._lost += 1
                return
            event = Tap(self._device.name, known[0], sun, tuple(known[1:]))
        else:
            event = Scan(self._device.name, text)
        if not self._post(self._device.lane, event):
            self._lost += 1

    def _report(self, state: str, detail: str = "") -> None:
        dropped = self._reader.dropped + self._lost
        self._health.report(self._device.name, self._device.kind, state, detail, dropped=dropped)


def _state_of(error: DriverError) -> str:
    if isinstance(error, DeviceForbidden):
        return "forbidden"
    if isinstance(error, DeviceBusy):
        return "busy"
    return "gone" if isinstance(error, DeviceMissing) else "problem"
