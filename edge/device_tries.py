"""Finding out at the counter what a device is set to: its thread lets go of it, other settings are tried, and what was
found is said with the line for the configuration.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from msgspec import structs

from drivers.base import DriverError, Outcome
from drivers.document import Cut, Document, Feed, Rule, Size, Text
from drivers.escpos_transport import at_speed, speed_of
from drivers.glyphs import Encoding
from drivers.pen import LatePen
from drivers.pole_frames import Lamp, PoleFace
from drivers.printer_speed import show_speed
from edge.config import DeviceConfig
from edge.counter_devices import make_pole
from edge.device_guess import guess_scale, guess_scanner, hear_keys, speeds
from edge.device_loan import Loan
from edge.device_printers import Spoken, find_printer, forget
from edge.device_told import (
    Told,
    told_of_choice,
    told_of_keys,
    told_of_printer,
    told_of_scale,
    told_of_scanner,
    told_of_speed,
)
from edge.devices import make_printer, make_reader
from edge.printing import paper_bytes
from edge.text_marks import N_

log = logging.getLogger(__name__)

SCAN_S = 20.0
"""So long a scan at one setting is waited for."""
SHOWN_S = 3.0
"""So long a display shows each speed."""
CHOICE_S = 120.0
"""So long somebody may look at what was shown or printed before it is given up."""
LET_GO_S = 3.0
"""A device's own thread lets go of it within this time, or it is in the middle of something."""
ENCODINGS: tuple[Encoding, ...] = ("gb18030", "big5", "none")
SAMPLES: Mapping[Encoding, str] = {
    "gb18030": "简体中文 繁體中文 ￥12.50",
    "big5": "繁體中文 歡迎光臨 ￥12.50",
    "none": "简体中文 繁體中文 ￥12.50",
}


class EndedError(Exception):
    """Somebody ended it, or nobody answered."""


@dataclass(frozen=True, slots=True)
class Trying:
    """How far the trying of a device is."""

    is_possible: bool
    is_running: bool = False
    is_elsewhere: bool = False
    """Another device is being tried."""
    asks: str = ""
    """What somebody beside the device is to do now: a text, with the params put in."""
    params: Mapping[str, str | int] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    """What can be read, of which one is to be pressed."""
    told: Told | None = None
    """What came of it."""


class DeviceTries:
    """Tries one device at a time. Called by the web's threads; the device's own thread waits meanwhile."""

    def __init__(self, loan: Loan) -> None:
        self.loan = loan
        self._devices: dict[str, DeviceConfig] = {}
        self._changed = threading.Condition()
        self._name = ""
        self._now = Trying(is_possible=True)
        self._choice: str | None = None
        self._is_over = False
        self._thread: threading.Thread | None = None

    def attach(self, device: DeviceConfig) -> None:
        """Take a device; a simulated one has nothing to be found out."""
        if device.kind in HOW:
            self._devices[device.name] = device

    def state(self, name: str) -> Trying:
        with self._changed:
            if name == self._name:
                return self._now
            return Trying(is_possible=name in self._devices, is_elsewhere=self._now.is_running)

    def start(self, name: str) -> bool:
        """Begin; False for a device that cannot be tried, and while another one is."""
        with self._changed:
            if name not in self._devices or (self._thread is not None and self._thread.is_alive()):
                return False
            self._name, self._choice, self._is_over = name, None, False
            self._now = Trying(is_possible=True, is_running=True, asks=N_("One moment, the till lets go of it."))
            device = self._devices[name]
            self._thread = threading.Thread(target=self._run, args=(device,), name=f"try:{name}", daemon=True)
            self._thread.start()
        log.info("device %s: somebody tries its settings", name)
        return True

    def choose(self, name: str, choice: str) -> None:
        """Say which of the choices can be read; '' for none of them."""
        with self._changed:
            if name == self._name and (not choice or choice in self._now.choices):
                self._choice = choice
                self._changed.notify_all()

    def stop(self, name: str = "") -> None:
        """End it; without a name whatever runs, and wait for that."""
        with self._changed:
            if name in ("", self._name):
                self._is_over = True
                self._changed.notify_all()
        if not name and self._thread is not None:
            self._thread.join(2.0)

    @property
    def is_over(self) -> bool:
        return self._is_over

    def ask(self, text: str, *, choices: tuple[str, ...] = (), **params: str | int) -> None:
        """Say what is to be done now. Raises EndedError."""
        with self._changed:
            if self._is_over:
                raise EndedError
            self._now = replace(self._now, asks=text, params=params, choices=choices)

    def chosen(self, wait_s: float) -> str | None:
        """Return what somebody pressed within the time, once; None for nothing. Raises EndedError."""
        with self._changed:
            self._changed.wait_for(lambda: self._choice is not None or self._is_over, wait_s)
            if self._is_over:
                raise EndedError
            chosen, self._choice = self._choice, None
            return chosen

    def _run(self, device: DeviceConfig) -> None:
        told: Told | None = None
        try:
            with self.loan.of(device.name, wait_s=LET_GO_S) as is_lent:
                told = HOW[device.kind](device, self) if is_lent else BUSY
        except EndedError:
            pass
        except DriverError as error:
            told = Told("bad", N_("it could not be opened: {error}"), {"error": str(error)})
        except Exception as error:
            # A mistake in the trying leaves the device to its own thread again.
            log.exception("%s: trying it failed", device.name)
            told = Told("bad", N_("it could not be opened: {error}"), {"error": repr(error)})
        with self._changed:
            # What was heard of a try that somebody ended says nothing of the device.
            self._now = Trying(is_possible=True, told=None if self._is_over else told)


BUSY = Told("warn", N_("it is in the middle of something; try again"))


def _scanner(device: DeviceConfig, room: DeviceTries) -> Told:
    def ask(baud: int) -> None:
        room.ask(N_("Scan any code now, once: {baud} baud"), baud=baud)

    heard = guess_scanner(device, ask=ask, wait_s=SCAN_S, is_over=lambda: room.is_over)
    return told_of_scanner(device, heard)


def _keyboard(device: DeviceConfig, room: DeviceTries) -> Told:
    room.ask(N_("Scan the EAN of any item now, once."))
    return told_of_keys(device, hear_keys(device, wait_s=SCAN_S, is_over=lambda: room.is_over))


def _scale(device: DeviceConfig, room: DeviceTries) -> Told:
    room.ask(N_("It is listened to at every speed. Put something on it; that takes up to half a minute."))
    return told_of_scale(device, guess_scale(device.path, baud=device.baud))


def _pole(device: DeviceConfig, room: DeviceTries) -> Told:
    """Write each speed's figure at that speed: the one that can be read is right, as a display never answers."""
    choices = tuple(str(each) for each in speeds(device.baud))
    for baud in speeds(device.baud):
        room.ask(N_("Look at the display: it shows its speed. Press the figure that it shows."), choices=choices)
        pole = make_pole(structs.replace(device, baud=baud))
        assert pole is not None, device.kind
        try:
            pole.open()
            pole.show(PoleFace((str(baud), ""), ("", str(baud)), amount=str(baud), lamp=Lamp.TOTAL))
            if (chosen := room.chosen(SHOWN_S)) is not None:
                return told_of_choice(str(device.baud), chosen, key="baud")
        finally:
            pole.close()
    return _wait(room, str(device.baud), key="baud")


def _printer(device: DeviceConfig, room: DeviceTries) -> Told:
    """Ask what it speaks; a receipt printer prints a sample in each encoding, and the one that can be read is right."""
    room.ask(N_("It is asked who it is."))
    spoken = find_printer(device, ask=lambda baud: room.ask(N_("It is asked at {baud} baud."), baud=baud))
    if device.kind == "tspl_printer" or (spoken is not None and spoken != Spoken("escpos_printer", device.path)):
        return told_of_printer(device, spoken)
    baud = speed_of(device.path)
    if spoken is None and baud is not None:
        chosen = _speed_on_paper(device, baud, room)
        if chosen != str(baud):
            return told_of_speed(device, chosen)
    return _encoding_on_paper(device, room)


def _speed_on_paper(device: DeviceConfig, first: int, room: DeviceTries) -> str:
    """Return the speed whose figure somebody read on the paper of a printer that never answers; '' for none."""
    choices = tuple(str(each) for each in speeds(first))
    read = first
    try:
        for baud in speeds(first):
            room.ask(
                N_(
                    "It never answers. It is sent each speed's figure at that speed: one comes out, the rest is "
                    "rubbish or nothing. Look at the paper and press the figure."
                ),
                choices=choices,
            )
            show_speed(at_speed(device.path, baud), baud)
            if (chosen := room.chosen(0)) is not None:
                break
        else:
            chosen = _chosen(room)
        read = int(chosen) if chosen else first
        return chosen
    finally:
        forget(Spoken("escpos_printer", at_speed(device.path, read)))


def _encoding_on_paper(device: DeviceConfig, room: DeviceTries) -> Told:
    printer = make_printer(device)
    assert printer is not None, device.kind
    pen = LatePen(device.font, language=device.language)
    data = b"".join(_sample(device, encoding, pen) for encoding in ENCODINGS)
    try:
        outcome = printer.print(data)
    finally:
        printer.close()
    if outcome is Outcome.REFUSED:
        return Told("bad", N_("it does not print: {error}"), {"error": printer.last_error or printer.state().value})
    room.ask(N_("Look at the paper. Press the name above the line whose Chinese is right."), choices=ENCODINGS)
    return _wait(room, device.encoding, key="encoding")


def _sample(device: DeviceConfig, encoding: Encoding, pen: LatePen) -> bytes:
    is_last = encoding == ENCODINGS[-1]
    end = (Feed(1), Cut()) if is_last else (Rule(),)
    page = Document((Text(encoding, size=Size.DOUBLE), Text(SAMPLES[encoding]), *end))
    return paper_bytes(page, structs.replace(device, encoding=encoding), logos={}, pen=pen)


def _wait(room: DeviceTries, configured: str, *, key: str) -> Told:
    chosen = _chosen(room)
    if configured == "auto" and chosen:
        # It is found out by itself at each start; a line fixes it.
        configured = ""
    return told_of_choice(configured, chosen, key=key)


def _chosen(room: DeviceTries) -> str:
    """Return what somebody pressed; '' for none of it. Raises EndedError."""
    chosen = room.chosen(CHOICE_S)
    if chosen is None:
        raise EndedError
    return chosen


def _answers(device: DeviceConfig, room: DeviceTries) -> Told:
    """Ask a card reader who it is: its speed is fixed, so it answers or its wiring is wrong."""
    room.ask(N_("It is asked who it is."))
    reader = make_reader(device)
    assert reader is not None, device.kind
    try:
        reader.open()
        return Told("good", N_("it answers: {note}"), {"note": str(getattr(reader, "note", "")) or device.name})
    finally:
        reader.close()


HOW: Mapping[str, Callable[[DeviceConfig, DeviceTries], Told]] = {
    "serial_scanner": _scanner,
    "evdev_scanner": _keyboard,
    "evdev_cards": _keyboard,
    "serial_scale": _scale,
    "pole_display": _pole,
    "escpos_printer": _printer,
    "tspl_printer": _printer,
    "pn532_cards": _answers,
    "pcsc_cards": _answers,
}
"""By the kinds of the configuration; the other kinds have nothing that could be set wrong unseen."""
