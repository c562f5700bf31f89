"""Followers of the sale, one thread a printer: what was committed goes to paper, and nothing else ever does.

A job that may or may not be on paper is never sent again by itself: it is called doubtful, the screen says so, and what
a person asks for then is a marked copy. The drawer opens at once, with or without paper, or it stays shut.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import structs

from drivers.base import Outcome, Printer, PrinterState
from drivers.document import Document, document_from_json
from drivers.escpos_render import render
from drivers.glyphs import Encoding
from drivers.pen import LatePen
from drivers.tspl_render import LabelPaper, render_labels
from edge.clock import Clock, monotonic_s
from edge.config import DeviceConfig
from edge.config_checks import LABEL_KINDS
from edge.device_loan import Loan
from edge.health import Health
from edge.loop import Loop, TillBusyError
from edge.store import printjobs
from edge.store.database import Store, StoreError
from edge.store.printjobs import PrintJob

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

POLL_S = 1.0
"""How often an idle printer is asked how it is: what is wrong stands on the screen within two seconds."""
RETRY_S = 1.0
"""Pause before a job that the printer refused is tried again."""
STOP_S = 5.0
"""Longest wait for the paper at hand when the daemon stops."""
DOUBT_SHOWN_S = 5.0
"""How long the strip says that a paper is doubtful before it tells of the printer again; the list of receipts keeps
it."""

LATE_S = 10.0
"""Paper that ends so soon after a job was called printed, by a printer that does not say when it is done, makes the job
doubtful: what its buffer had taken may have been printed on nothing."""
DRAWER_LATE_MS = 20_000
"""A drawer that could not be opened for so long stays shut: whoever was to take the change is gone."""
DRAWER_SHOWN_S = 10.0
"""How long the strip says that the drawer did not open."""

HEALTH = {
    PrinterState.READY: "ok",
    PrinterState.PAPER_LOW: "paper_low",
    PrinterState.PAPER_OUT: "paper_out",
    PrinterState.COVER_OPEN: "cover_open",
    PrinterState.OFFLINE: "gone",
    PrinterState.UNKNOWN: "unknown",
}
STATE_AFTER = {
    Outcome.PRINTED: "printed",
    Outcome.SENT: "sent",
    Outcome.REFUSED: "queued",
    Outcome.DOUBTFUL: "doubtful",
}
ENCODING_UNTOLD: Encoding = "gb18030"
"""Of a printer that says nothing of its font: most are sold for the Chinese market."""
TROUBLE = (PrinterState.PAPER_OUT, PrinterState.COVER_OPEN, PrinterState.OFFLINE)


@dataclass(frozen=True, slots=True)
class PrintRoom:
    """What every printer's thread needs of the house."""

    store: Store
    loop: Loop
    health: Health
    clock: Clock
    document_of: Callable[[PrintJob, DeviceConfig], Document | None]
    """Lays out a receipt, a copy or a test page; None when its sale is gone."""
    logos: Mapping[str, bytes]
    """PNG pictures by name."""
    loan: Loan = field(default_factory=Loan)


class PrinterThread:
    """One printer with its durable queue."""

    def __init__(self, device: DeviceConfig, printer: Printer, room: PrintRoom) -> None:
        self._device = device
        self._printer = printer
        self._room = room
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._end_by_s = 0.0
        self._owed: tuple[PrintJob, str] | None = None
        """What became of a job, not yet in its row: nothing else is printed before it is."""
        self._unsure: tuple[PrintJob, float] | None = None
        """A job that was called printed without the printer's word for its end, and until when its paper may end."""
        self._drawer_said = ("", 0.0)
        """What the strip says of the drawer, and until when."""
        self._has_said = False
        self._surprise = ""
        """What the driver failed with last: the same failure is in the log once."""
        self._pen = LatePen(device.font, language=device.language)
        self._thread = threading.Thread(target=self._run, name=f"printer:{device.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Say that something may have been queued."""
        self._wake.set()

    def end_soon(self) -> None:
        """Say that it is to end after the paper at hand, and do not wait for it."""
        if not self._stopping.is_set():
            self._end_by_s = monotonic_s() + STOP_S
            self._stopping.set()
            self._wake.set()

    def stop(self) -> None:
        """End it, and wait for the paper at hand until `STOP_S` after it was told first; then that is doubtful."""
        self.end_soon()
        self._thread.join(max(0.0, self._end_by_s - monotonic_s()))
        self._printer.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            self._room.loan.lend(self._device.name, self._stopping, self._tell_tried)
            try:
                pause_s = self._turn()
            except (TillBusyError, StoreError) as error:
                # Nothing was sent without its row saying so, and what became of it is still owed to the row.
                log.warning("printer %s waits for the store: %s", self._device.name, error)
                pause_s = RETRY_S
            if pause_s:
                self._wake.wait(pause_s)
        self._room.store.close_thread()

    def _turn(self) -> float:
        """Do the next thing and return how long to pause after it."""
        self._settle()
        job = printjobs.next_job(self._room.store.reads, self._device.name)
        if job is None:
            return RETRY_S if self._report() in TROUBLE else POLL_S
        return self._open_drawer(job) if job.kind == "drawer" else self._print(job)

    def _settle(self) -> None:
        if self._owed is not None:
            self._put_state(*self._owed)
            self._owed = None

    def _tell_tried(self) -> None:
        self._room.health.report(self._device.name, self._device.kind, "trying")

    def _report(self) -> PrinterState:
        state = self._asked(self._printer.state, PrinterState.OFFLINE)
        if state is PrinterState.PAPER_OUT:
            self._doubt()
        said, until_s = self._drawer_said
        if not said or monotonic_s() >= until_s:
            said, self._drawer_said = HEALTH[state], ("", 0.0)
        self._room.health.report(self._device.name, self._device.kind, said, self._printer.last_error)
        return state

    def _doubt(self) -> None:
        """Call the last paper doubtful, where the roll has ended too soon after it: somebody looks at it."""
        unsure, self._unsure = self._unsure, None
        if unsure is None or monotonic_s() > unsure[1]:
            return
        log.info("printer %s: paper ended soon after job %d: doubtful", self._device.name, unsure[0].job_id)
        self._owed = (unsure[0], "doubtful")
        self._settle()

    def _asked(self, ask: Callable[[], Answer], otherwise: Answer) -> Answer:
        """Return what the driver answers; one that fails in no known way is a broken printer, never a broken till."""
        try:
            return ask()
        except Exception as error:
            if self._surprise != repr(error):
                self._surprise = repr(error)
                log.exception("printer %s: its driver failed", self._device.name)
            return otherwise

    def _open_drawer(self, job: PrintJob) -> float:
        """Open the cash drawer now or never, and return how long to pause before the next job."""
        pin = self._device.drawer_pin
        late_ms = abs(self._room.clock.now_ms() - job.created_ms)
        if not pin or late_ms > DRAWER_LATE_MS:
            self._put_state(job, "dropped")
            if pin:
                self._say_of_drawer("drawer_shut")
            return 0
        self._put_state(job, "sending")
        outcome = self._asked(lambda: self._printer.open_drawer(pin), Outcome.DOUBTFUL)
        log.info("printer %s: drawer of job %d: %s", self._device.name, job.job_id, outcome)
        self._owed = (job, STATE_AFTER[outcome])
        self._settle()
        if outcome is Outcome.REFUSED:
            self._report()
            return RETRY_S
        if outcome is Outcome.DOUBTFUL:
            self._say_of_drawer("drawer_doubtful")
        return 0

    def _say_of_drawer(self, state: str) -> None:
        self._drawer_said = (state, monotonic_s() + DRAWER_SHOWN_S)
        self._room.health.report(self._device.name, self._device.kind, state, self._printer.last_error)

    def _print(self, job: PrintJob) -> float:
        """Print one job and return how long to pause before the next."""
        if self._report() in TROUBLE:
            return RETRY_S
        try:
            data = self._laid_out(job)
        except Exception:
            # A paper that cannot be made is our mistake, but it must not stop the selling at each new start.
            log.exception("printer %s: job %d cannot be laid out", self._device.name, job.job_id)
            data = None
        if data is None:
            self._put_state(job, "dropped")
            return 0
        # The row says "sending" before the first byte goes out, so that a power cut leaves a doubt and not a double.
        self._put_state(job, "sending")
        self._unsure = None
        outcome = self._asked(lambda: self._printer.print(data), Outcome.DOUBTFUL)
        log.info("printer %s: job %d %s: %s", self._device.name, job.job_id, job.kind, outcome)
        self._owed = (job, STATE_AFTER[outcome])
        if outcome is Outcome.PRINTED and not self._printer.says_when_done:
            self._unsure = (job, monotonic_s() + LATE_S)
        self._settle()
        if outcome in (Outcome.PRINTED, Outcome.SENT):
            return 0
        if outcome is Outcome.REFUSED:
            self._report()
            return RETRY_S
        self._room.health.report(self._device.name, self._device.kind, "doubtful", self._printer.last_error)
        return DOUBT_SHOWN_S

    def _laid_out(self, job: PrintJob) -> bytes | None:
        device = self._device
        if device.encoding == "auto":
            device = structs.replace(device, encoding=self._asked(self._printer.encoding, None) or ENCODING_UNTOLD)
        document = document_from_json(job.document) if job.document else self._room.document_of(job, device)
        return None if document is None else self._bytes_of(document, device)

    def _bytes_of(self, document: Document, device: DeviceConfig) -> bytes:
        data = paper_bytes(document, device, logos=self._room.logos, pen=self._pen)
        if self._pen.problem:
            self._say_once(self._pen.problem)
        return data

    def _say_once(self, problem: str) -> None:
        if not self._has_said:
            self._has_said = True
            self._room.health.add_problem(f"{self._device.name}: {problem}")

    def _put_state(self, job: PrintJob, state: str) -> None:
        at_ms = self._room.clock.now_ms()
        self._room.loop.write(lambda: printjobs.set_state(self._room.store.db, job.job_id, state, at_ms=at_ms))


def paper_bytes(document: Document, device: DeviceConfig, *, logos: Mapping[str, bytes], pen: LatePen) -> bytes:
    """Return a document in the language of a printer, whose `encoding` must not be `auto` any more."""
    encoding = device.encoding
    assert encoding != "auto"
    if device.kind in LABEL_KINDS:
        across, _, down = device.label.partition("x")
        paper = LabelPaper(int(across), int(down), device.gap_mm, device.dots_per_mm)
        return render_labels(document, paper, encoding=encoding, pen=pen)
    return render(document, columns=device.columns, encoding=encoding, logos=logos, pen=pen)
