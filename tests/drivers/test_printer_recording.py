"""Recordings of printers: over each way to one, what it answered comes back and is read the same again."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from drivers.base import PrinterState
from drivers.escpos_printer import EscposPrinter, Timing
from drivers.fake_printer import QUESTION, FakePrinterServer
from drivers.printer_recording import PlayedTransport, RecordedTransport, record_printer
from drivers.recording import Piece, Recorder, Recording, load, save
from drivers.tspl_printer import TsplPrinter

PATIENT = Timing(status_s=20.0)
"""For a printer that answers, on a machine that may be busy."""
SHORT = Timing(status_s=0.02)
"""For one that says nothing, and for what is played: it is there at once."""
TROUBLES = ("", "paper_low", "paper_out", "cover_open", "error", "")
STATES = (
    PrinterState.READY,
    PrinterState.PAPER_LOW,
    PrinterState.PAPER_OUT,
    PrinterState.COVER_OPEN,
    PrinterState.OFFLINE,
    PrinterState.READY,
)
TSPL_STATUS = {
    PrinterState.READY: 0x20,
    PrinterState.COVER_OPEN: 0x01,
    PrinterState.PAPER_OUT: 0x04,
    PrinterState.OFFLINE: 0x08,
}


@pytest.fixture
def server() -> Iterator[FakePrinterServer]:
    server = FakePrinterServer()
    yield server
    server.stop()


@contextmanager
def at_the_end_of_a_line(server: FakePrinterServer) -> Iterator[str]:
    """A printer that answers as the server does, at a character device as usblp and a serial port are."""
    near, far = pty.openpty()
    tty.setraw(far)
    ended, end = os.pipe()

    def answer() -> None:
        received, done = bytearray(), 0
        while ended not in select.select([near, ended], [], [])[0]:
            received += os.read(near, 256)
            for question in QUESTION.finditer(received, done):
                done = question.end()
                os.write(near, server.answer(question))

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield os.ttyname(far)
    finally:
        os.close(end)  # makes the other end readable
        thread.join()
        for each in (near, far, ended):
            os.close(each)


def played(path: Path, times: int) -> Sequence[PrinterState]:
    printer = EscposPrinter("p", "tcp://127.0.0.1:1", timing=SHORT)
    printer.transport = PlayedTransport(load(path))
    return tuple(printer.state() for _ in range(times))


@pytest.mark.parametrize("way", ["tcp", "serial", "file"])
def test_a_printers_answers_are_played_again(server: FakePrinterServer, way: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        if way == "tcp":
            url = f"tcp://127.0.0.1:{server.serve()}"
        else:
            server.serve()
            url = f"{way}://{stack.enter_context(at_the_end_of_a_line(server))}"
        printer, recorder = EscposPrinter("p", url, timing=PATIENT), Recorder("escpos_printer")
        printer.transport = RecordedTransport(printer.transport, recorder)
        found = []
        for trouble in TROUBLES:
            server.trouble = trouble
            found.append(printer.state())
    assert tuple(found) == STATES
    save(recorder.recording, tmp_path / "p.rec")
    assert load(tmp_path / "p.rec") == recorder.recording
    assert played(tmp_path / "p.rec", len(TROUBLES)) == STATES


def test_a_silent_printer_and_one_that_is_gone_are_played_again(server: FakePrinterServer, tmp_path: Path) -> None:
    port = server.serve()
    printer, recorder = EscposPrinter("p", f"tcp://127.0.0.1:{port}", timing=SHORT), Recorder("escpos_printer")
    printer.transport = RecordedTransport(printer.transport, recorder)
    server.trouble = "silent"
    assert printer.state() is PrinterState.UNKNOWN
    server.stop()
    assert printer.state() is PrinterState.OFFLINE
    save(recorder.recording, tmp_path / "p.rec")
    assert played(tmp_path / "p.rec", 2) == (PrinterState.UNKNOWN, PrinterState.OFFLINE)
    again = EscposPrinter("p", "tcp://127.0.0.1:1", timing=SHORT)
    again.transport = PlayedTransport(load(tmp_path / "p.rec"))
    again.state()
    again.state()
    assert again.last_error == printer.last_error  # the same words: which address, and why


@pytest.mark.parametrize(
    ("port", "state"), [(0x18, PrinterState.UNKNOWN), (0x38, PrinterState.PAPER_OUT), (0x10, PrinterState.OFFLINE)]
)
def test_the_status_of_the_port_is_played_again(port: int, state: PrinterState, tmp_path: Path) -> None:
    """A printer at usblp that answers nothing is known by its port alone."""
    pieces = (Piece(0, b"\x01", "opened"), Piece(1, b"\x10\x04\x01", "sent"), Piece(500, bytes((port,)), "port"))
    save(Recording("escpos_printer", pieces), tmp_path / "p.rec")
    assert played(tmp_path / "p.rec", 1) == (state,)


def test_a_line_that_broke_breaks_again(tmp_path: Path) -> None:
    pieces = (
        Piece(0, b"\x01", "opened"),
        Piece(1, b"\x10\x04\x01", "sent"),
        Piece(2, b"\x12", "hex"),
        Piece(3, b"waiting for an answer: gone", "broken"),
    )
    save(Recording("escpos_printer", pieces), tmp_path / "p.rec")
    printer = EscposPrinter("p", "tcp://127.0.0.1:1", timing=SHORT)
    printer.transport = PlayedTransport(load(tmp_path / "p.rec"))
    assert (printer.state(), printer.last_error) == (PrinterState.OFFLINE, "waiting for an answer: gone")
    assert (printer.state(), printer.last_error) == (PrinterState.OFFLINE, "the recording is over")


def test_a_printer_that_falls_silent_between_two_questions_is_offline_at_once(tmp_path: Path) -> None:
    """Else it would be ready until the next round has asked in vain as well: more than two seconds."""
    opened, online = Piece(0, b"\x01", "opened"), (Piece(0, b"\x10\x04\x01", "sent"), Piece(0, b"\x12"))
    cause, paper = Piece(0, b"\x10\x04\x02", "sent"), Piece(0, b"\x10\x04\x04", "sent")
    well = (opened, *online, cause, Piece(0, b"\x12"), paper, Piece(0, b"\x12"))
    silent_at_paper = (opened, *online, cause, Piece(0, b"\x12"), paper)
    silent_at_cause = (opened, *online, cause)
    another_printer = (opened, *online, cause, paper)
    save(
        Recording(
            "escpos_printer", (*well, *silent_at_paper, *well, *silent_at_cause, *silent_at_cause, *another_printer)
        ),
        tmp_path / "p.rec",
    )
    ready, offline = PrinterState.READY, PrinterState.OFFLINE
    # The second silence at one question is a printer that never answers it, where it answers the first one.
    assert played(tmp_path / "p.rec", 6) == (ready, offline, ready, offline, offline, ready)


@pytest.mark.parametrize(("state", "status"), TSPL_STATUS.items())
def test_a_label_printers_answers_are_played(state: PrinterState, status: int, tmp_path: Path) -> None:
    asked = (Piece(1, b"\x1b!?", "sent"), Piece(2, bytes((status,)), "hex"))
    save(Recording("tspl_printer", (Piece(0, b"\x01", "opened"), *asked, *asked)), tmp_path / "p.rec")
    printer = TsplPrinter("p", "tcp://127.0.0.1:1", timing=SHORT)
    printer.transport = PlayedTransport(load(tmp_path / "p.rec"))
    assert printer.state() is state


def test_recording_asks_for_the_font_and_says_each_change_once(server: FakePrinterServer, tmp_path: Path) -> None:
    server.font = b"CHINA GB18030"
    printer = EscposPrinter("p", f"tcp://127.0.0.1:{server.serve()}", timing=PATIENT)
    said: list[str] = []
    recording = record_printer(printer, "escpos_printer", seconds=1.2, tell=said.append)
    assert said == ["ready"]
    save(recording, tmp_path / "p.rec")
    again = EscposPrinter("p", "tcp://127.0.0.1:1", timing=SHORT)
    again.transport = PlayedTransport(load(tmp_path / "p.rec"))
    assert (again.encoding(), again.state()) == ("gb18030", PrinterState.READY)
