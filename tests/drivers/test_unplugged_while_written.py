"""Displays and label printers whose plug comes out at every byte that is written to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from drivers.base import DeviceMissing, Outcome, PrinterState
from drivers.document import Document, Label
from drivers.escpos_printer import Timing
from drivers.fake_pole import PoleScreen
from drivers.fake_wires import Line
from drivers.pole_display import SerialPole
from drivers.pole_frames import POLES, Lamp, PoleFace
from drivers.tspl_printer import ASK, TsplPrinter
from drivers.tspl_render import LabelPaper, render_labels

TOTAL = PoleFace(("Cola", "3.50"), ("Total", "1234.50"), amount="1234.50", lamp=Lamp.TOTAL)
NEXT = PoleFace(("Tea", "4.20"), ("Total", "4.20"), amount="4.20", lamp=Lamp.PRICE)
PATIENT = Timing(status_s=2.0, write_s=2.0, finish_s=5.0, poll_s=0.02)
LABEL = render_labels(Document((Label("x", "1.00", count=1),)), LabelPaper(30, 20))


@contextmanager
def device_at(line: Line, *, gone_after: int | None = None, answer: bytes = b"") -> Iterator[bytearray]:
    """Be the device: take each byte as it comes, answer ESC ! ?, and pull the plug after so many bytes."""
    taken, ending = bytearray(), threading.Event()

    def take() -> None:
        while not ending.is_set() and len(taken) != gone_after:
            byte = line.received(1)
            taken.extend(byte)
            if byte and answer and taken.endswith(ASK):
                line.send(answer)
            if not byte:
                time.sleep(0.0005)
        if len(taken) == gone_after:
            line.unplug()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    yield taken
    ending.set()
    thread.join(5)


def until_missing(display: SerialPole) -> bool:
    """Look after a display, as its thread does, until it is missed."""
    end = time.monotonic() + 3
    while time.monotonic() < end:
        try:
            display.check()
        except DeviceMissing:
            return True
        time.sleep(0.001)
    return False


@pytest.mark.parametrize("protocol", POLES)
def test_fault_38_a_display_unplugged_at_every_byte(protocol: str) -> None:
    line = Line()
    display = SerialPole("pole", line.path, protocol=protocol)
    sent = POLES[protocol].start + POLES[protocol].encode(TOTAL, "ascii")
    for position in range(len(sent) + 1):
        with device_at(line, gone_after=position):
            # Whatever else than a DeviceMissing leaves the driver ends this test.
            try:
                display.open()
                display.show(TOTAL)
                is_missed = False
            except DeviceMissing:
                is_missed = True
            assert is_missed or until_missing(display), position
            with pytest.raises(DeviceMissing):
                display.show(TOTAL)
        with pytest.raises(DeviceMissing):
            display.open()
        line.plug()
        screen = PoleScreen(protocol)
        with device_at(line) as taken:
            display.open()
            display.show(NEXT)
            whole = POLES[protocol].start + POLES[protocol].encode(NEXT, "ascii")
            end = time.monotonic() + 3
            while len(taken) < len(whole) and time.monotonic() < end:
                time.sleep(0.001)
        screen.feed(bytes(taken))
        assert "4.20" in screen.picture.upper + screen.picture.lower and screen.unknown == 0, position
        assert taken == whole
        display.close()
    line.unplug()


def test_fault_38_a_label_printer_unplugged_at_every_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing disturbs this line, and six hundred questions are asked.
    monkeypatch.setattr("drivers.tspl_printer.QUIET_S", 0.001)
    line = Line()
    printer = TsplPrinter("labels", f"serial://{line.path}?baud=115200", timing=PATIENT)
    asked = len(ASK) * 2
    for position in range(asked + len(LABEL) + 1):
        with device_at(line, gone_after=position, answer=b"\0"):
            outcome = printer.print(LABEL)
        if position < asked:
            assert outcome is Outcome.REFUSED, position
        elif position > asked:
            assert outcome is Outcome.DOUBTFUL, position
        else:
            # The plug comes out between two bytes: nobody knows whether the next one was on its way.
            assert outcome in (Outcome.REFUSED, Outcome.DOUBTFUL)
        assert printer.last_error != ""
        assert printer.state() is PrinterState.OFFLINE
        line.plug()
        with device_at(line, answer=b"\0") as taken:
            assert printer.print(LABEL) is Outcome.PRINTED, position
            assert taken.replace(ASK, b"") == LABEL
    line.unplug()
