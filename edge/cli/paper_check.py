"""taptill doctor --print: a test page past the queue, for a printer that is not in service yet."""

from __future__ import annotations

from msgspec import structs

from drivers.base import Outcome
from drivers.pen import LatePen
from edge.cli.device_checks import Finding, Verdict
from edge.config import DeviceConfig
from edge.config_checks import LABEL_KINDS
from edge.config_file import Loaded
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
        "look at the paper: if nothing came, look at path and baud",
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
