"""A receipt printer made of nothing at a serial line, which may be set to another speed than the till."""

from __future__ import annotations

import threading
import weakref

from drivers.escpos_paper import Paper, decode
from drivers.fake_printer import QUESTION, AnsweringPrinter
from drivers.fake_wires import Line

LOOK_S = 0.01
"""Between two looks at what has come."""


def _serve(held: weakref.ref[FakePrinterLine], stopping: threading.Event) -> None:
    # Only who uses the printer holds it: it ends with them, and so does its thread.
    while not stopping.wait(LOOK_S) and (printer := held()) is not None:
        printer.turn()
        del printer


class FakePrinterLine(Line, AnsweringPrinter):
    """The far end: what it hears goes to paper, rubbish too, and questions are answered at its own speed."""

    def __init__(self) -> None:
        Line.__init__(self)
        AnsweringPrinter.__init__(self)
        self.heard = bytearray()
        """All that came, as it was heard."""
        self._answered = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=_serve, args=(weakref.ref(self), self._stopping), name="fake-printer-line", daemon=True
        )
        self._thread.start()

    def turn(self) -> None:
        with self.lock:
            self.heard += self.received()
            for question in QUESTION.finditer(self.heard, self._answered):
                self._answered = question.end()
                self.send(self.answer(question))

    def paper(self) -> Paper:
        """Return what stands on its paper."""
        with self.lock:
            return decode(bytes(self.heard))

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(1.0)
        self.unplug()
