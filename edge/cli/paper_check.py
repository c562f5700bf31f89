"""taptill doctor --print and --speeds: a test page past the queue, for a printer that is not in service yet, and what
tells the speed of one that never answers.
"""

from __future__ import annotations

from msgspec import structs

from drivers.base import DriverError, Outcome
from drivers.escpos_transport import at_speed, speed_of
from drivers.pen import LatePen
from drivers.printer_speed import show_speed
from edge.cli.device_checks import ON_THE_PAGE, Finding, Holder, Verdict
from edge.config import DeviceConfig
from edge.config_checks import LABEL_KINDS
from edge.config_file import Loaded
from edge.device_guess import speeds
from edge.device_printers import Spoken, forget
from edge.devices import make_printer
from edge.labels import test_label
from edge.printing import ENCODING_UNTOLD, paper_bytes
from edge.receipt import ReceiptWords, printer_test
from edge.texts import Texts

SAID = {
    Outcome.PRINTED: (Verdict.OK, "the printer says that it printed the test page", ""),
    Outcome.SENT: (
        Verdict.NOTE,
        "the test page was sent; this printer never says whether it printed",
        "look at the paper: if nothing came, look at path and, on a serial line, at its speed (--speeds)",
    ),
    Outcome.REFUSED: (Verdict.BAD, "it does not print", "taptill doctor says how it is"),
    Outcome.DOUBTFUL: (Verdict.BAD, "it did not take the whole page", "look at its cable, paper and cover"),
}
LOOK = "the ruler must fill one line to its end, else set columns; Chinese that is rubbish: set encoding, try none"


def print_test(loaded: Loaded, device: DeviceConfig) -> Finding:
    """Print a test page with a ruler and both Chinese scripts, and return what became of it."""
    printer = make_printer(device)
    if printer is None:
        return Finding(device.name, Verdict.BAD, f"{device.kind} is no printer", "name one of the printers")
    try:
        if device.encoding == "auto":
            device = structs.replace(device, encoding=printer.encoding() or ENCODING_UNTOLD)
        store = loaded.config.store
        texts = Texts(device.language or store.language, store.currency)
        if device.kind in LABEL_KINDS:
            document = test_label(texts, device.name)
        else:
            words = ReceiptWords(store, texts, staff_name="")
            document = printer_test(words, printer=device.name, encoding=device.encoding, columns=device.columns)
        data = paper_bytes(document, device, logos={}, pen=LatePen(device.font, language=device.language))
        outcome = printer.print(data)
    finally:
        printer.close()
    verdict, found, advice = SAID[outcome]
    if printer.last_error:
        found += f" ({printer.last_error})"
    return Finding(device.name, verdict, f"{found}; {device.encoding}, {device.columns} columns", advice or LOOK)


def print_speeds(device: DeviceConfig, *, daemon: Holder | None) -> Finding:
    """Print each usual speed's figure at that speed, on a receipt printer at a serial line.

    Args:
        daemon: runs now and opens the printer whenever it likes; None where none does.
    """
    if daemon is not None:
        found = f"the daemon (process {daemon.pid}) has it"
        return Finding(device.name, Verdict.BAD, found, f"stop it first, or: {ON_THE_PAGE}")
    first = speed_of(device.path) if device.kind == "escpos_printer" else None
    if first is None:
        return Finding(device.name, Verdict.BAD, "it is no receipt printer at a serial line", "only those have a speed")
    try:
        for baud in speeds(first):
            show_speed(at_speed(device.path, baud), baud)
        forget(Spoken("escpos_printer", device.path))
    except DriverError as error:
        advice = "look at its cable, and who uses it: sudo taptill doctor"
        return Finding(device.name, Verdict.BAD, str(error), advice)
    advice = f"put the figure that can be read into its path: {at_speed(device.path, first)} has {first}"
    return Finding(device.name, Verdict.OK, "each speed was sent its figure; all but one come out as rubbish", advice)
