"""Receipt printers that speak ESC/POS: what became of a document's bytes, and how the printer is."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

from drivers.base import DriverError, Outcome, PrinterError, PrinterState
from drivers.escpos_render import pulse, pulse_at_once
from drivers.escpos_status import (
    ASK_FONT,
    ASK_OFFLINE_CAUSE,
    ASK_ONLINE,
    ASK_PAPER,
    ASK_TYPE,
    ASK_WHEN_DONE,
    TELL_CHANGES,
    TELL_NOTHING,
    Answers,
    encoding_of,
    state_of,
    state_of_line,
    state_when_done,
)
from drivers.escpos_transport import Transport, transport_for
from drivers.glyphs import Encoding

STALL_S = 0.25
"""How often a printer that takes no bytes is looked after."""
STALE_READS_MAX = 16


class StoppedError(PrinterError):
    """The printer said, while it was sent a job, that it cannot go on."""

    def __init__(self, state: PrinterState) -> None:
        super().__init__(f"it said within the job: {state.value.replace('_', ' ')}")
        self.state = state


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a printer may take, in seconds."""

    status_s: float = 0.5
    """To answer a real-time question."""
    write_s: float = 10.0
    """To take the next `CHUNK` bytes."""
    finish_s: float = 15.0
    """To print what it was sent."""
    poll_s: float = 1.0
    """Between questions while it prints."""
    settle_s: float = 2.0
    """So long a printer that does not say when it is done is looked at after the last byte: what it has taken still
    lies in its buffer, and the paper may end in the middle of it."""


CHUNK = 1024
TROUBLE = (PrinterState.PAPER_OUT, PrinterState.COVER_OPEN, PrinterState.OFFLINE)


class EscposPrinter:
    """A printer at an address of `transport_for`, which is opened for one job at a time.

    Three kinds of printers are told apart. One that answers DLE EOT is asked before a job and GS r after it, and only
    its answer makes the job PRINTED. One that answers DLE EOT but not GS r is PRINTED when it is ready afterwards. One
    that never answered anything gets its jobs all the same: they are SENT, and its state is UNKNOWN; a broken
    connection still makes them DOUBTFUL. A printer that answered once and falls silent is OFFLINE before a job
    (REFUSED) and DOUBTFUL after it.

    One that answers is told to say by itself when something changes, so that a job which it stops in the middle is
    known at once and not when the last time-out has passed.
    """

    def __init__(self, name: str, url: str, *, answers: bool | None = None, timing: Timing | None = None) -> None:
        """Take the printer at the address.

        Args:
            name: of the device in the configuration.
            url: see `transport_for`; ValueError when it is wrong.
            answers: True when it does answer status requests, False when it is not to be asked, None to find out.
            timing: shorter times for tests.
        """
        self.name = name
        self.last_state = PrinterState.UNKNOWN
        """What the last job or question found, without asking again."""
        self.last_error = ""
        """Why the last job or question failed; empty when it did not."""
        self.transport: Transport = transport_for(url)
        """The way to it; another one may stand in its place that keeps what passes, or plays it again."""
        self._ask = answers is not False
        self._answered = answers is True
        self._answers_done: bool | None = None
        self._known: set[bytes] = set()
        """Questions after the first that it has answered."""
        self._font: tuple[Encoding | None] | None = None
        """What it said of its font; None: it was not asked yet."""
        self._timing = timing or Timing()
        self._answers = Answers()

    def state(self) -> PrinterState:
        self.last_error = ""
        try:
            self._open()
            self.last_state = self._ask_state()
        except DriverError as error:
            self._failed(error)
        finally:
            self.transport.close()
        return self.last_state

    def print(self, data: bytes) -> Outcome:
        self.last_error = ""
        outcome = Outcome.REFUSED
        try:
            self._open()
            self.last_state = self._ask_state()
            if self.last_state not in TROUBLE:
                outcome = Outcome.DOUBTFUL
                tells = self._may_ask and self._answered
                self._send((TELL_CHANGES if tells else b"") + data, is_job=True)
                outcome = self._finish()
                if tells:
                    with contextlib.suppress(PrinterError):
                        self._send(TELL_NOTHING)
        except DriverError as error:
            self._failed(error)
        finally:
            self.transport.close()
        return outcome

    def open_drawer(self, pin: int) -> Outcome:
        self.last_error = ""
        outcome = Outcome.REFUSED
        try:
            self._open()
            self.last_state = self._ask_state()
            if self.last_state in (PrinterState.PAPER_OUT, PrinterState.COVER_OPEN):
                # What stands in the buffer waits for paper, and the drawer would open whenever somebody brings it.
                outcome = Outcome.DOUBTFUL
                self._send(pulse_at_once(pin))
                outcome = Outcome.DOUBTFUL if self._told_state() is None else Outcome.PRINTED
            elif self.last_state is not PrinterState.OFFLINE:
                outcome = Outcome.DOUBTFUL
                self._send(pulse(pin))
                outcome = self._finish()
        except DriverError as error:
            self._failed(error)
        finally:
            self.transport.close()
        return outcome

    @property
    def has_answered(self) -> bool:
        """Whether it ever answered a question of ESC/POS."""
        return self._answered

    @property
    def says_when_done(self) -> bool:
        return self._answers_done is not False

    def encoding(self) -> Encoding | None:
        if self._font is None:
            self._font = self._ask_font()
        return self._font[0] if self._font else None

    def close(self) -> None:
        self.transport.close()

    def _ask_font(self) -> tuple[Encoding | None] | None:
        """Return what the printer says of its font; None when it cannot be asked now."""
        try:
            self._open()
            if self._ask_state() in TROUBLE:
                return None
            if not self._may_ask or not self._answered:
                return (None,)
            self._hear()
            self._answers.done.clear()
            self._answers.awaits_text = True
            self._send(ASK_TYPE + ASK_FONT)
            deadline = time.monotonic() + self._timing.status_s
            while not self._answers.texts and (left := deadline - time.monotonic()) > 0:
                self._answers.feed(self.transport.read(left))
        except DriverError as error:
            self._failed(error)
            return None
        finally:
            self.transport.close()
        texts = self._answers.texts
        return (encoding_of(type_id=self._answers.agreed, font=texts[-1] if texts else None),)

    def _send(self, data: bytes, *, is_job: bool = False) -> None:
        """Hand over bytes. Raises PrinterError when they are not taken, StoppedError when a job is stopped."""
        rest, given_up_s = memoryview(data), time.monotonic() + self._timing.write_s
        while rest:
            taken = self.transport.write_some(bytes(rest[:CHUNK]), STALL_S)
            if taken:
                rest, given_up_s = rest[taken:], time.monotonic() + self._timing.write_s
            if is_job and self.transport.can_answer:
                self._answers.feed(self.transport.read(0))
                told = self._answers.automatic or PrinterState.UNKNOWN
                if not taken and told not in TROUBLE:
                    told = state_of_line(self.transport.line_status())
                if told in TROUBLE:
                    raise StoppedError(told)
            if rest and time.monotonic() >= given_up_s:
                raise PrinterError(f"sending: {len(rest)} bytes not taken within {self._timing.write_s:g} s")

    def _open(self) -> None:
        self._answers = Answers()
        self.transport.open()

    def _failed(self, error: DriverError) -> None:
        self.last_state = error.state if isinstance(error, StoppedError) else PrinterState.OFFLINE
        self.last_error = str(error)
        if self.last_state is PrinterState.OFFLINE:
            # Whatever comes back at this address may have another font.
            self._font = None

    @property
    def _may_ask(self) -> bool:
        return self._ask and self.transport.can_answer

    def _ask_state(self) -> PrinterState:
        """Return the state by DLE EOT. Raises PrinterError when the connection broke."""
        if not self._may_ask:
            return state_of_line(self.transport.line_status())
        state = self._told_state()
        if state is None:
            self.last_error = "no answer to a status request" if self._answered else ""
            return PrinterState.OFFLINE if self._answered else state_of_line(self.transport.line_status())
        self._answered = True
        return state

    def _told_state(self) -> PrinterState | None:
        online = self._question(ASK_ONLINE)
        if online is None:
            return None
        rest: list[int | None] = []
        for question in (ASK_OFFLINE_CAUSE, ASK_PAPER):
            answer = self._question(question)
            if answer is None and question in self._known:
                # It fell silent between two questions, which is to be said now and not at the next round. Should it
                # be another printer, which does not know the question, that is found in the next round.
                self._known.discard(question)
                return None
            if answer is not None:
                self._known.add(question)
            rest.append(answer)
        return state_of(online=online, cause=rest[0], paper=rest[1])

    def _hear(self) -> None:
        """Sort what stands in the line, so that it is no answer to what is asked next."""
        for _ in range(STALE_READS_MAX):
            data = self.transport.read(0)
            if not data:
                break
            self._answers.feed(data)

    def _question(self, question: bytes) -> int | None:
        self._hear()
        self._answers.realtime.clear()
        self._send(question)
        deadline = time.monotonic() + self._timing.status_s
        while not self._answers.realtime and (left := deadline - time.monotonic()) > 0:
            self._answers.feed(self.transport.read(left))
        return self._answers.realtime[-1] if self._answers.realtime else None

    def _finish(self) -> Outcome:
        """Return what became of a job whose last byte was sent. Raises PrinterError when the connection broke."""
        if not self._may_ask or not self._answered:
            # Nobody answers, but a connection that broke meanwhile shows here.
            if self.transport.can_answer:
                self.transport.read(self._timing.status_s)
            self.last_state = state_of_line(self.transport.line_status())
            return Outcome.DOUBTFUL if self.last_state in TROUBLE else Outcome.SENT
        if self._answers_done is False:
            self._look_on()
        else:
            outcome = self._await_done()
            if outcome is not None:
                return outcome
        self.last_state = self._ask_state()
        if self.last_state in TROUBLE or self._answers_done:
            return Outcome.DOUBTFUL
        # It is well and says nothing to GS r: it does not know the command, and will not be asked again.
        self._answers_done = False
        return Outcome.PRINTED

    def _look_on(self) -> None:
        """Hear what a printer says by itself while it prints what it has taken. Raises StoppedError when it stops."""
        deadline = time.monotonic() + self._timing.settle_s
        while (left := deadline - time.monotonic()) > 0:
            self._answers.feed(self.transport.read(left))
            if self._answers.automatic in TROUBLE:
                raise StoppedError(self._answers.automatic)

    def _await_done(self) -> Outcome | None:
        """Return the outcome by GS r; None when no answer came in time though nothing is wrong."""
        self._hear()
        self._answers.done.clear()
        self._send(ASK_WHEN_DONE)
        deadline = time.monotonic() + self._timing.finish_s
        next_poll = time.monotonic() + self._timing.poll_s
        while (now := time.monotonic()) < deadline:
            self._answers.feed(self.transport.read(min(next_poll, deadline) - now))
            # A line that breaks gives several NULs; an answer with fixed bits says that the printer still is there.
            if self._answers.done_twice and self._question(ASK_ONLINE) is not None:
                self._answers_done = True
                self.last_state = state_when_done(self._answers.done[-1])
                return Outcome.PRINTED
            if self._answers.automatic in TROUBLE:
                raise StoppedError(self._answers.automatic)
            if time.monotonic() >= next_poll:
                next_poll += self._timing.poll_s
                # Silence is no trouble here: some printers answer nothing while they print.
                told = self._told_state()
                if told in TROUBLE and not self._answers.done_twice:
                    self.last_state = told
                    return Outcome.DOUBTFUL
        return None
