"""Labels in TSPL: what stands on them, read by an interpreter that shares no code; and what became of them, over real sockets."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import Outcome, PrinterState
from drivers.document import Document, Label, Text
from drivers.escpos_paper import Kind, Paper, decode
from drivers.escpos_printer import Timing
from drivers.escpos_render import render
from drivers.fake_label_server import FakeLabelServer
from drivers.pen import Pen, open_pen
from drivers.tspl_paper import decode_labels
from drivers.tspl_printer import TsplPrinter, state_of_status
from drivers.tspl_render import LabelPaper, render_labels

PAPER = LabelPaper(40, 30)
COLA = Label("可口可乐 330ml", "¥3.50", "瓶", "会员价 ¥3.00", "6901234567892", "ean13", 2)
QUICK = Timing(status_s=0.2, write_s=0.5, finish_s=1.0, poll_s=0.05)
PATIENT = Timing(status_s=2.0, write_s=2.0, finish_s=5.0, poll_s=0.05)
"""For a printer that does answer, on a machine that may be busy."""


@pytest.fixture(scope="module")
def pen() -> Pen:
    found = open_pen("")
    assert found is not None, "make test installs fonts-noto-cjk"
    return found


def labels(*wanted: Label, paper: LabelPaper = PAPER, pen: Pen | None = None, encoding: str = "gb18030") -> Paper:
    data = render_labels(Document(wanted), paper, encoding=encoding, pen=pen)  # type: ignore[arg-type]
    return decode_labels(data, dots_per_mm=paper.dots_per_mm)


def test_a_label_as_it_is_sent():
    """Without a font on the box the printer's own writes, so every byte is a command that can be read here."""
    data = render_labels(Document((COLA,)), PAPER)
    assert data.startswith(b"SIZE 40 mm,30 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 1\r\nCODEPAGE 437\r\nCLS\r\n")
    assert '"TSS24.BF2",0,1,1,"可口可乐 330ml"'.encode("gbk") in data
    assert b'"EAN13",72,1,0,2,2,"6901234567892"\r\n' in data
    assert data.endswith(b"PRINT 2,1\r\n")


@pytest.mark.parametrize("size", ["30x20", "40x30", "58x40", "100x50"])
@pytest.mark.parametrize("dots", [8, 12])
def test_everything_is_on_the_label(pen: Pen, size: str, dots: int):
    across, down = map(int, size.split("x"))
    found = labels(COLA, paper=LabelPaper(across, down, 2, dots), pen=pen)
    assert found.unknown == ()  # nothing beyond the edge
    assert [line.kind for line in found.lines[:3]] == [Kind.IMAGE, Kind.BARCODE, Kind.CUT]
    assert len(found.of(Kind.CUT)) == 2
    image = found.lines[0]
    black = sum(byte.bit_count() for byte in image.raster) / (image.width * image.height)
    assert 0.005 < black < 0.5


@pytest.mark.parametrize(
    ("label", "bars"),
    [
        (Label("x", code="6901234567892", kind="ean13"), ["6901234567892"]),
        (Label("x", code="96385074", kind="ean8"), ["96385074"]),
        (Label("x", code="A-17"), ["A-17"]),
        (Label("x", code="12345", kind="ean13"), []),  # not what it says it is
        (Label("x", code='A"\r\nCLS'), []),
        (Label("x", code="x" * 40), []),  # does not fit the label
        (Label("x", code="会员"), []),
        (Label("x"), []),
    ],
)
def test_bar_codes(pen: Pen, label: Label, bars: list[str]):
    found = labels(label, pen=pen)
    assert ([line.text for line in found.of(Kind.BARCODE)], found.unknown) == (bars, ())


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=60), price=st.text(max_size=20), code=st.text(max_size=20), drawn=st.booleans())
def test_no_text_is_ever_a_command(name, price, code, drawn):
    pen = open_pen("") if drawn else None
    found = labels(Label(name, price, "", name, code, count=3), pen=pen)
    assert found.unknown == ()
    assert len(found.of(Kind.CUT)) == 3


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "none"])
def test_a_hostile_name_without_a_font(encoding: str):
    found = labels(Label('"\r\nSELFTEST\r\n饼', count=1), encoding=encoding)
    assert found.unknown == ()


def test_a_receipt_printer_prints_labels_between_cuts():
    paper = decode(render(Document((COLA,)), columns=32), columns=32)
    kinds = [line.kind for line in paper.lines]
    assert kinds == [Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.BARCODE, Kind.CUT] * 2
    assert [line.text for line in paper.of(Kind.BARCODE)] == ["6901234567892"] * 2
    assert paper.unknown == ()


def test_an_ean_that_is_none_is_a_qr_code_on_a_receipt():
    paper = decode(render(Document((Label("x", code="12", kind="ean8"),)), columns=32), columns=32)
    assert [line.text for line in paper.of(Kind.QR)] == ["12"]


def test_other_blocks_have_no_place_on_labels():
    assert labels().lines == decode_labels(render_labels(Document((Text("x"),)), PAPER)).lines == ()


# --- the printer -----------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[FakeLabelServer]:
    made = FakeLabelServer()
    yield made
    made.stop()


def printer_at(server: FakeLabelServer, *, timing: Timing = QUICK) -> TsplPrinter:
    return TsplPrinter("labels", f"tcp://127.0.0.1:{server.port}", timing=timing)


JOB = render_labels(Document((COLA,)), PAPER)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (0x00, PrinterState.READY),
        (0x20, PrinterState.READY),  # printing
        (0x01, PrinterState.COVER_OPEN),
        (0x05, PrinterState.COVER_OPEN),
        (0x04, PrinterState.PAPER_OUT),
        (0x02, PrinterState.OFFLINE),
        (0x08, PrinterState.OFFLINE),  # no ribbon
        (0x10, PrinterState.OFFLINE),  # paused
        (0x80, PrinterState.OFFLINE),
    ],
)
def test_each_status(server: FakeLabelServer, status: int, state: PrinterState):
    server.status = status
    assert state_of_status(status) is state
    printer = printer_at(server)
    assert printer.state() is state
    if state is not PrinterState.READY:
        assert printer.print(JOB) is Outcome.REFUSED
        assert server.received == b""


def test_labels_are_printed_when_the_printer_is_ready_again(server: FakeLabelServer):
    server.busy_answers = 5
    assert printer_at(server).print(JOB) is Outcome.PRINTED
    assert (server.busy_answers, bytes(server.received)) == (0, JOB)


def test_a_silent_label_printer_is_sent_to(server: FakeLabelServer):
    server.is_silent = True
    printer = printer_at(server)
    assert printer.state() is PrinterState.UNKNOWN
    assert printer.print(JOB) is Outcome.SENT


def test_labels_running_out_are_doubtful(server: FakeLabelServer):
    server.busy_answers = 10_000
    threading.Timer(0.3, lambda: (setattr(server, "busy_answers", 0), setattr(server, "status", 0x04))).start()
    printer = printer_at(server)
    assert printer.print(JOB) is Outcome.DOUBTFUL
    assert "paper out" in printer.last_error


@pytest.mark.parametrize("ahead_s", [0.0, 0.005, 0.06])
@pytest.mark.parametrize("at", range(4))
def test_a_stray_nul_is_not_ready(server: FakeLabelServer, at: int, ahead_s: float):
    """The NUL comes with, shortly before or well before the answer to one of the first questions."""
    server.status, server.stray_ahead_s = 0x04, ahead_s
    server.strays = iter([b""] * at + [b"\0"])
    assert printer_at(server, timing=PATIENT).print(JOB) is Outcome.REFUSED
    assert server.received == b""


def test_a_stray_nul_of_a_silent_printer_is_no_answer(server: FakeLabelServer):
    server.is_silent, server.strays = True, iter([b"\0", b"", b"", b"\0"])
    printer = printer_at(server)
    assert printer.state() is PrinterState.UNKNOWN
    assert printer.print(JOB) is Outcome.SENT


def test_what_stood_in_the_line_is_no_answer(server: FakeLabelServer):
    server.is_silent, server.greeting = True, b"\0" * 2_000
    printer = printer_at(server)
    assert (printer.state(), printer.print(JOB)) == (PrinterState.UNKNOWN, Outcome.SENT)


@pytest.mark.parametrize("at", range(2, 8))
def test_labels_are_not_printed_because_of_a_stray_nul(server: FakeLabelServer, at: int):
    server.busy_answers = 10_000
    server.strays = iter([b""] * at + [b"\0"])
    printer = printer_at(server)
    assert printer.print(JOB) is Outcome.DOUBTFUL
    assert server.busy_answers < 10_000 - at  # it was asked beyond the stray byte


def test_fault_39_a_million_random_bytes_from_a_label_printer(server: FakeLabelServer):
    noise, sent = random.Random(41), []
    server.is_silent = True

    def burst() -> Iterator[bytes]:
        while sum(sent) < 1_000_000:
            sent.append(noise.randrange(2, 40_000))
            yield noise.randbytes(sent[-1])

    server.strays = burst()
    printer = printer_at(server)
    while sum(sent) < 1_000_000:
        assert printer.state() is PrinterState.UNKNOWN
    server.is_silent = False
    assert (printer.state(), printer.print(JOB)) == (PrinterState.READY, Outcome.PRINTED)


def test_a_link_lost_at_every_byte(server: FakeLabelServer):
    printer = printer_at(server)
    for position in range(1, len(JOB), 7):
        server.drop_after = 3 + position
        assert printer.print(JOB) in (Outcome.DOUBTFUL, Outcome.REFUSED)
    server.drop_after = None
    assert printer.print(JOB) is Outcome.PRINTED


def test_no_drawer_hangs_on_a_label_printer(server: FakeLabelServer):
    assert printer_at(server).open_drawer(2) is Outcome.REFUSED


def test_a_label_printer_that_is_gone():
    began = time.monotonic()
    printer = TsplPrinter("labels", "tcp://127.0.0.1:1", timing=QUICK)
    assert (printer.state(), printer.print(JOB)) == (PrinterState.OFFLINE, Outcome.REFUSED)
    assert printer.last_error and time.monotonic() - began < 5
