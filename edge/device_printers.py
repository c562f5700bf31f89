"""How a printer is spoken to: its language, and its speed where it hangs on a serial line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from drivers import printer_speed
from drivers.base import PrinterError
from drivers.escpos_printer import EscposPrinter
from drivers.escpos_transport import at_speed, speed_of
from drivers.tspl_printer import TsplPrinter
from edge.config import DeviceConfig
from edge.device_guess import speeds

PrinterKind = Literal["tspl_printer", "escpos_printer"]
FORGETS = {"escpos_printer": printer_speed.INITIALISE, "tspl_printer": b"\r\n"}
"""What makes a printer forget rubbish that it has heard, by its kind: the end of a line is the end of a command of
TSPL, and an unknown one is left out."""
SETTLES_S = 0.1


@dataclass(frozen=True, slots=True)
class Spoken:
    """As what a printer answers, and where."""

    kind: PrinterKind
    path: str


def guess_printer(path: str) -> PrinterKind | None:
    """Return the kind as which a printer answers; None when as neither. Raises PrinterError when it is not reached.

    A label printer is asked first: ESC ! ? means nothing that prints to a receipt printer, while DLE EOT would stand
    before the next command of a label printer.
    """
    if _is_label_printer(path):
        return "tspl_printer"
    receipt = EscposPrinter("guess", path)
    receipt.state()
    return "escpos_printer" if receipt.has_answered else None


def find_printer(device: DeviceConfig, *, ask: Callable[[int], None] = lambda _: None) -> Spoken | None:
    """Return as what a printer answers, and at which speed of a serial line; None when it never does.

    The speed that it is set to is tried first. What it heard at others is rubbish that it is made to forget. Raises
    DriverError.

    Args:
        ask: is told each other speed at which it is asked; what it raises ends it.
    """
    kind, first = guess_printer(device.path), speed_of(device.path)
    if kind is not None:
        return Spoken(kind, device.path)
    if first is None:
        return None
    found = None
    try:
        for baud in (each for each in speeds(first) if each != first):
            ask(baud)
            path = at_speed(device.path, baud)
            other: PrinterKind | None = "tspl_printer" if _is_label_printer(path) else None
            if other is None and printer_speed.answers(path):
                other = "escpos_printer"
            if other is not None:
                found = Spoken(other, path)
                return found
    finally:
        forget(found or Spoken("tspl_printer" if device.kind == "tspl_printer" else "escpos_printer", device.path))
    return None


def forget(spoken: Spoken) -> None:
    """Make a printer forget what it has heard and not printed. Raises DriverError."""
    # So long nobody sets the line to another speed: it has to be through first.
    printer_speed.send(spoken.path, FORGETS[spoken.kind], rest_s=SETTLES_S)


def _is_label_printer(path: str) -> bool:
    label = TsplPrinter("guess", path)
    label.state()
    if label.last_error and not label.has_answered:
        raise PrinterError(label.last_error)
    return label.has_answered
