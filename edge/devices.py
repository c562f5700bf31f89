"""From the configuration's kinds to drivers, and a thread for each reader that opens it again when it comes back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

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
    Unread,
)
from edge.clock import monotonic_s
from edge.config import DeviceConfig
from edge.config_readers import EVDEV_ENDS, SERIAL_ENDS
from edge.device_loan import Loan
from edge.health import Health
from rules.cards import normalise_uid

log = logging.getLogger(__name__)

READ_S = 0.5
"""Longest that a reader thread waits before it looks whether it is to stop."""
REOPEN_MIN_S, REOPEN_MAX_S = 0.25, 1.0
"""Back-off between two tries to open a device that is gone; a scanner that is plugged in works within a second."""
SERIAL_BYTES = {"cr": b"\r", "lf": b"\n", "tab": b"\t", "etx": b"\x03"}
"""What ends a code of a serial scanner, by the names that the configuration uses."""
UID_READERS = ("pn532_cards", "fake_pn532_cards", "pcsc_cards", "fake_pcsc_cards")
"""They give the card's bytes as they are; how a keyboard-type reader would print them says nothing of them."""
COMPLAIN_S = 1.0
"""A reader that loses codes says so this often at most: noise on a line is no alarm bell."""


def make_reader(device: DeviceConfig) -> LineReader | None:
    """Return the driver of a scanner or card reader; None for a device of another kind."""
    # Each driver brings its library along, so only what the store has is loaded.
    if device.kind in ("evdev_scanner", "evdev_cards"):
        from drivers.evdev_lines import EvdevLines

        return EvdevLines(
            device.name, device.path, layout=device.layout, terminators=_ends(device, EVDEV_ENDS),
            prefix=device.prefix, suffix=device.suffix, idle_ms=device.idle_ms,
            alt_codes=device.alt_codes, f8_is_gs=device.gs_key == "f8", grab=device.grab,
        )  # fmt: skip
    if device.kind == "serial_scanner":
        from drivers.serial_lines import SerialLines

        return SerialLines(
            device.name, device.path, baud=device.baud, encoding=device.text_encoding,
            terminators=b"".join(SERIAL_BYTES[name] for name in _ends(device, SERIAL_ENDS)),
            prefix=device.prefix, suffix=device.suffix, idle_ms=device.idle_ms,
        )  # fmt: skip
    if device.kind == "pn532_cards":
        from drivers.pn532 import Pn532

        return Pn532(device.name, device.path)
    if device.kind == "pcsc_cards":
        from drivers.pcsc import PcscCards

        return PcscCards(device.name, device.path)
    return _make_fake_reader(device) if device.kind.startswith("fake_") else None


def _make_fake_reader(device: DeviceConfig) -> LineReader | None:
    if device.kind in ("fake_scanner", "fake_cards"):
        from drivers.fake import FakeReader

        return FakeReader(device.name, faults=device.faults)
    if device.kind in ("fake_evdev_scanner", "fake_evdev_cards"):
        from drivers.fake_wires import keyboard_scanner

        return keyboard_scanner(device.name, faults=device.faults)
    if device.kind == "fake_serial_scanner":
        from drivers.fake_wires import serial_scanner

        return serial_scanner(device.name, faults=device.faults)
    if device.kind == "fake_pn532_cards":
        from drivers.fake_pn532 import pn532_cards

        return pn532_cards(device.name, faults=device.faults)
    if device.kind == "fake_pcsc_cards":
        from drivers.fake_pcsc import pcsc_cards

        return pcsc_cards(device.name, faults=device.faults)
    return None


def _ends(device: DeviceConfig, own: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in device.terminators if name in own) if device.terminators else own


def make_printer(device: DeviceConfig) -> Printer | None:
    """Return the driver of a printer; None for a device of another kind."""
    if device.kind == "escpos_printer":
        from drivers.escpos_printer import EscposPrinter

        return EscposPrinter(device.name, device.path)
    if device.kind == "tspl_printer":
        from drivers.tspl_printer import TsplPrinter

        return TsplPrinter(device.name, device.path)
    if device.kind in ("fake_printer", "fake_label_printer"):
        from drivers.fake_printer import FakePrinter

        return FakePrinter(
            device.name, device.columns, "gb18030" if device.encoding == "auto" else device.encoding,
            faults=device.faults, speaks="tspl" if device.kind == "fake_label_printer" else "escpos",
        )  # fmt: skip
    return None


class ReaderThread:
    """One reader: its texts become events of its lane."""

    def __init__(
        self,
        device: DeviceConfig,
        reader: LineReader,
        *,
        post: Callable[[int, Event], bool],
        health: Health,
        is_claimed: Callable[[str], bool] = lambda _: False,
        loan: Loan | None = None,
    ) -> None:
        """Take a reader.

        Args:
            is_claimed: asked with the device's name for each text whether somebody else than the till waits for it.
            loan: through which somebody else may have the device for a while.
        """
        self._loan = loan or Loan()
        self._device = device
        self._reader = reader
        self._post = post
        self._health = health
        self._is_claimed = is_claimed
        self._lost = 0
        """Events that the full inbox did not take."""
        self._unread = 0
        """Texts that are no card's."""
        self._told_of = 0
        self._complained_s = -COMPLAIN_S
        self._newest = ("", 0.0)
        self._surprise = ""
        """What the driver failed with last: the same failure is in the log once."""
        self._uid_form = "hex_msb" if device.kind in UID_READERS else device.uid_form
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
                self._report_open()
                pause_s = REOPEN_MIN_S
                while not self._stopping.is_set() and not self._loan.is_asked_for(self._device.name):
                    self._take(self._reader.read(READ_S))
                    self._report_open()
            except DriverError as error:
                self._report(state_of(error), str(error))
            except Exception as error:
                # A driver's mistake takes its own device away and nobody else's.
                if self._surprise != repr(error):
                    self._surprise = repr(error)
                    log.exception("%s: its driver failed", self._device.name)
                self._report("problem", repr(error))
            finally:
                self._reader.close()
            self._loan.lend(self._device.name, self._stopping, self._tell_tried)
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, REOPEN_MAX_S)

    def _take(self, texts: Sequence[str]) -> None:
        is_card = self._device.kind.endswith("cards")
        for text in texts:
            if self._is_bounce(text) or self._is_claimed(self._device.name):
                continue
            event = self._tap(text) if is_card else Scan(self._device.name, text)
            if event is None:
                self._unread += 1
            elif not self._post(self._device.lane, event):
                self._lost += 1
        self._complain()

    def _tap(self, text: str) -> Tap | None:
        printed, _, sun = text.partition(SUN_MARK)
        uids = [normalise_uid(each, form=self._uid_form) for each in printed.split(CARDS_MARK)]
        known = [uid for uid in uids if uid is not None]
        return Tap(self._device.name, known[0], sun, tuple(known[1:])) if len(known) == len(uids) else None

    def _is_bounce(self, text: str) -> bool:
        """Tell whether a text is the one before once more, too soon for a second item."""
        if not self._device.debounce_ms:
            return False
        now_s, (before, at_s) = monotonic_s(), self._newest
        self._newest = (text, now_s)
        return text == before and now_s - at_s < self._device.debounce_ms / 1000

    def _complain(self) -> None:
        """Tell the lane when a code or card could not be read, so that the cashier presents it again."""
        lost, now_s = self._reader.dropped + self._unread, monotonic_s()
        if lost > self._told_of and now_s - self._complained_s >= COMPLAIN_S:
            self._complained_s = now_s
            self._post(self._device.lane, Unread(self._device.name))
        self._told_of = lost

    def _report_open(self) -> None:
        # A keyboard-type device of several nodes works on when somebody else has one of them, and says so.
        loose: Sequence[str] = getattr(self._reader, "loose", ())
        self._report("loose" if loose else "ok", "; ".join(loose))

    def _tell_tried(self) -> None:
        self._health.report(self._device.name, self._device.kind, "trying")

    def _report(self, state: str, detail: str = "") -> None:
        dropped = self._reader.dropped + self._lost + self._unread
        detail = detail or str(getattr(self._reader, "note", ""))
        self._health.report(self._device.name, self._device.kind, state, detail, dropped=dropped)


def state_of(error: DriverError) -> str:
    """Return what health calls a failure."""
    if isinstance(error, DeviceForbidden):
        return "forbidden"
    if isinstance(error, DeviceBusy):
        return "busy"
    return "gone" if isinstance(error, DeviceMissing) else "problem"
