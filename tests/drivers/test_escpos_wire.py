"""The printers' driver against everything that a wire does: answers torn and mixed, links lost at every byte, printers that stop.

Faults 42, 43 and 45 of the field guide have a test by their number.
"""

from __future__ import annotations

import contextlib
import os
import pty
import socket
import struct
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import DeviceMissing, Outcome, PrinterState
from drivers.document import Columns, Cut, Document, Text
from drivers.escpos_printer import EscposPrinter, Timing
from drivers.escpos_render import render
from drivers.escpos_status import Answers, encoding_of, state_of_line
from drivers.escpos_transport import CONNECT_TIMEOUT_S, UsbTransport, usb_printers
from drivers.fake_printer import FakePrinterServer
from drivers.glyphs import Encoding
from edge.printing import POLL_S

QUICK = Timing(status_s=0.15, write_s=0.5, finish_s=0.6, poll_s=0.2, settle_s=0.2)
PATIENT = Timing(status_s=1.5, write_s=1.5, finish_s=2.0, poll_s=0.2)
"""For a printer that does answer, on a machine that may be busy."""
JOB = render(Document((Text("合计 12.50"), Cut())), columns=32)
LONG_JOB = render(Document((*(Columns(f"可口可乐 {n}", "￥3.50") for n in range(400)), Cut())), columns=32)


@pytest.fixture
def server() -> Iterator[FakePrinterServer]:
    server = FakePrinterServer()
    yield server
    server.stalled.clear()
    server.bytes_per_s, server.drop_after = 0, 1
    server.stop()


def printer_at(server: FakePrinterServer, **options) -> EscposPrinter:
    return EscposPrinter("p", f"tcp://127.0.0.1:{server.serve()}", **{"timing": QUICK, **options})


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stray", [b"\0", b"A", b"\x0f"], ids=bytes.hex)
@pytest.mark.parametrize("trouble", ["", "no_gs_r"])
def test_a_stray_byte_within_a_job_of_a_printer_that_is_well(server, trouble, stray):
    server.trouble, server.stray = trouble, stray
    printer = printer_at(server, timing=PATIENT)
    assert (printer.print(JOB), printer.last_state) == (Outcome.PRINTED, PrinterState.READY)
    assert server.stray == b""


def test_a_stray_nul_does_not_make_a_job_printed(server):
    """It comes after GS r has gone out, where 00 would say that all is printed."""
    printer = printer_at(server)
    assert printer.print(JOB) is Outcome.PRINTED
    server.trouble, server.stray = "no_gs_r", b"\0"
    assert printer.print(JOB) is Outcome.DOUBTFUL
    assert server.stray == b""


@pytest.mark.parametrize("stray", [b"\0", b"\0\0", b"\0" * 40], ids=len)
def test_a_printer_switched_off_within_a_job_has_not_printed(server, stray):
    """What the line gives when its power goes is NULs, as many as it likes."""
    server.trouble, server.stray = "dies", stray
    printer = printer_at(server)
    assert printer.print(JOB) is Outcome.DOUBTFUL
    assert (server.stray, printer.last_state) == (b"", PrinterState.OFFLINE)


def test_a_stray_nul_is_no_font(server):
    server.type_id, server.noise = 0x03, b"\0"
    assert printer_at(server).encoding() is None


@pytest.mark.parametrize("noise", [b"", b"\x11", b"\x13\x11", b"\xff\xa5\x80", b"\x10\x00\x00\x00"], ids=bytes.hex)
@pytest.mark.parametrize("trouble", ["", "paper_low", "paper_out", "cover_open", "error"])
def test_answers_byte_by_byte_with_noise_between(server, trouble, noise):
    server.split, server.noise, server.trouble = True, noise, trouble
    printer = printer_at(server)
    expected = {
        "": PrinterState.READY,
        "paper_low": PrinterState.PAPER_LOW,
        "paper_out": PrinterState.PAPER_OUT,
        "cover_open": PrinterState.COVER_OPEN,
        "error": PrinterState.OFFLINE,
    }[trouble]
    assert printer.state() is expected
    assert printer.print(JOB) is (Outcome.PRINTED if trouble in ("", "paper_low") else Outcome.REFUSED)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_answers_of_some_kind_or_none(data):
    answers = Answers(awaits_text=True)
    answers.feed(data)
    assert len(answers.realtime) <= 64 and len(answers.done) <= 64 and len(answers.texts) <= 64


def test_a_million_random_bytes_leave_nothing_behind_but_the_newest():
    answers = Answers(awaits_text=True)
    answers.feed(os.urandom(1_000_000))
    assert max(len(answers.realtime), len(answers.done), len(answers.texts)) <= 64
    answers.feed(b"\xff\x12\x10\x00\x00\x00\x0a\x12")
    assert answers.realtime[-1] == 0x12


# --- a link lost at every byte ---------------------------------------------------------------------------------------


def test_unplugged_at_every_byte_of_a_job(server):
    printer = printer_at(server)
    assert printer.print(JOB) is Outcome.PRINTED
    for _ in range(100):
        if server.connections:
            break
        time.sleep(0.01)
    whole = len(server.connections[-1])
    questions = 9  # three of three bytes before the job
    outcomes = []
    for position in range(1, whole + 1):
        server.drop_after = position
        outcome = printer.print(JOB)
        outcomes.append(outcome)
        assert printer.last_error or outcome is Outcome.PRINTED
        if position <= questions:
            assert outcome is Outcome.REFUSED, f"nothing of the job went out, dropped at byte {position}"
        elif position <= questions + len(JOB):
            assert outcome is Outcome.DOUBTFUL, f"dropped at byte {position}"
    # The last bytes come after the printer said that it is done.
    assert set(outcomes) <= set(Outcome) - {Outcome.SENT}
    server.drop_after = None
    assert printer.print(JOB) is Outcome.PRINTED
    assert printer.state() is PrinterState.READY


class Line:
    """A printer at a pseudo terminal that goes away after so many bytes."""

    def __init__(self, gone_after: int) -> None:
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave
        self._gone_after = gone_after
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        received = 0
        while received < self._gone_after:
            data = os.read(self.master, 1)
            received += len(data)
        os.close(self.master)

    def close(self) -> None:
        self._thread.join(5)
        os.close(self._slave)


@pytest.mark.parametrize("scheme", ["serial", "file"])
def test_a_line_unplugged_within_a_job_is_doubtful_at_every_byte(scheme):
    job = JOB[:40]
    for position in range(1, len(job) + 1):
        line = Line(position)
        printer = EscposPrinter("p", f"{scheme}://{line.path}", answers=False, timing=QUICK)
        outcome = printer.print(job)
        # The kernel may have taken the rest of so short a job before the plug was seen to be out.
        assert outcome in (Outcome.DOUBTFUL, Outcome.SENT)
        line.close()
    assert EscposPrinter("p", f"{scheme}:///dev/gone", timing=QUICK).print(job) is Outcome.REFUSED


# --- a printer that stops --------------------------------------------------------------------------------------------


def test_fault_42_paper_out_within_a_job_is_known_while_bytes_are_still_waiting(server):
    """It stops taking bytes and says so by itself: nobody waits for a time-out."""
    slow = Timing(status_s=0.15, write_s=30.0, finish_s=30.0, poll_s=0.2)
    printer = EscposPrinter("p", f"tcp://127.0.0.1:{server.serve()}", timing=slow)
    assert printer.state() is PrinterState.READY

    def run_out() -> None:
        time.sleep(0.3)
        server.trouble = "paper_out"

    server.bytes_per_s = 2_000
    threading.Thread(target=run_out, daemon=True).start()
    began = time.monotonic()
    assert printer.print(LONG_JOB * 400) is Outcome.DOUBTFUL
    assert time.monotonic() - began < 2.0
    assert (printer.last_state, "paper out" in printer.last_error) == (PrinterState.PAPER_OUT, True)


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        ("paper_out", PrinterState.PAPER_OUT),
        ("cover_open", PrinterState.COVER_OPEN),
        ("error", PrinterState.OFFLINE),
    ],
)
def test_fault_42_each_trouble_within_a_job(server, trouble, state):
    printer = printer_at(server)
    assert printer.state() is PrinterState.READY
    server.bytes_per_s = 20_000
    threading.Timer(0.1, lambda: setattr(server, "trouble", trouble)).start()
    assert printer.print(LONG_JOB * 4) is Outcome.DOUBTFUL
    assert printer.last_state is state
    # Nothing more is sent before it is well, and then it prints.
    assert printer.print(JOB) is Outcome.REFUSED
    server.trouble, server.bytes_per_s = "", 0
    assert printer.print(JOB) is Outcome.PRINTED


def test_fault_43_a_printer_that_blocks_for_ever_is_given_up(server):
    printer = printer_at(server)
    assert printer.state() is PrinterState.READY
    server.stalled.set()
    began = time.monotonic()
    # Asked first, and silent: nothing goes out.
    assert printer.print(JOB) is Outcome.REFUSED
    assert time.monotonic() - began < 2.0
    server.stalled.clear()
    assert printer.print(JOB) is Outcome.PRINTED


def test_fault_43_a_printer_that_blocks_within_a_job_is_given_up(server):
    printer = printer_at(server)
    assert printer.state() is PrinterState.READY
    server.bytes_per_s = 4_000
    threading.Timer(0.2, server.stalled.set).start()
    began = time.monotonic()
    assert printer.print(LONG_JOB * 400) is Outcome.DOUBTFUL
    assert time.monotonic() - began < 5.0
    assert "not taken" in printer.last_error


def test_fault_43_a_line_at_9600_baud_is_waited_for(server):
    # 960 bytes a second: a paper of a second, far beyond one write.
    server.bytes_per_s = 960
    printer = EscposPrinter("p", f"tcp://127.0.0.1:{server.serve()}", timing=Timing(finish_s=15.0))
    assert printer.print(LONG_JOB[:960]) is Outcome.PRINTED


def test_fault_45_a_lost_kick_is_not_sent_again(server):
    printer = printer_at(server)
    server.drop_after = 12  # the questions and half of the pulse
    assert printer.open_drawer(2) is Outcome.DOUBTFUL
    server.drop_after = None
    assert printer.print(JOB) is Outcome.PRINTED
    server.stop()
    assert sum(job.count(b"\x1bp") for job in server.jobs) == 1


def test_a_printer_that_does_not_tell_changes_is_asked(server):
    server.trouble = "no_asb"
    printer = printer_at(server)
    assert printer.print(JOB) is Outcome.PRINTED
    assert printer.print(JOB) is Outcome.PRINTED


def test_a_printer_that_closes_the_connection_is_served_again(server):
    printer = printer_at(server)
    for _ in range(3):
        assert printer.print(JOB) is Outcome.PRINTED
    server.stop()
    assert list(server.jobs) == [JOB] * 3


def test_a_printer_that_resets_at_once_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def reset() -> None:
            for _ in range(3):
                client, _ = listening.accept()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()

        threading.Thread(target=reset, daemon=True).start()
        printer = EscposPrinter("p", f"tcp://127.0.0.1:{listening.getsockname()[1]}", timing=QUICK)
        assert [printer.print(JOB) for _ in range(3)] == [Outcome.REFUSED] * 3


# --- what a printer is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("font", "type_id", "encoding"),
    [
        (b"CHINA GB18030", 0x03, "gb18030"),
        (b"TAIWAN BIG-5", 0x03, "big5"),
        (b"CHINA GB2312", 0x03, "gb2312"),
        (b"GBK", 0x03, "gbk"),
        (b"JAPANESE KANJI", 0x03, "none"),
        (b"KOREA C-5601", 0x03, "none"),
        (b"", 0x02, "none"),  # it has a cutter and no characters of two bytes
        (b"", 0x03, None),  # two bytes, and nobody knows which
    ],
)
@pytest.mark.parametrize("split", [False, True])
def test_the_printer_says_what_its_font_is(server, font, type_id, encoding, split):
    server.font, server.type_id, server.split = font, type_id, split
    printer = printer_at(server, timing=PATIENT)
    assert printer.encoding() == encoding
    # It is asked once: nothing of it costs a second time.
    server.font = b"CHINA GB18030"
    assert printer.encoding() == encoding


def test_a_silent_printer_says_nothing_of_its_font(server):
    server.trouble = "silent"
    assert printer_at(server).encoding() is None


def test_a_printer_in_trouble_is_asked_for_its_font_when_it_is_well(server):
    server.font, server.trouble = b"TAIWAN BIG-5", "cover_open"
    printer = printer_at(server)
    assert printer.encoding() is None
    server.trouble = ""
    assert printer.encoding() == "big5"


@pytest.mark.parametrize(
    ("type_id", "font", "encoding"),
    [
        (None, None, None),
        (3, None, None),
        (2, None, "none"),
        (None, b"TAIWAN BIG-5", "big5"),
        (2, b"gb 18030", "gb18030"),
    ],
)
def test_what_the_answers_mean(type_id: int | None, font: bytes | None, encoding: Encoding | None):
    assert encoding_of(type_id=type_id, font=font) == encoding


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (0x18, PrinterState.UNKNOWN),  # well, or one that makes it up
        (0x38, PrinterState.PAPER_OUT),
        (0x10, PrinterState.OFFLINE),
        (0x00, PrinterState.UNKNOWN),
        (0xFF, PrinterState.UNKNOWN),
        (None, PrinterState.UNKNOWN),
    ],
)
def test_the_ports_own_status(status, state):
    assert state_of_line(status) is state


def usb_folder(tmp_path: Path, **printers: str) -> Path:
    for name, identity in printers.items():
        (tmp_path / name / "device").mkdir(parents=True)
        (tmp_path / name / "device" / "ieee1284_id").write_text(identity)
    return tmp_path


def test_a_usb_printer_is_found_by_what_it_is(tmp_path: Path):
    sys = usb_folder(tmp_path, lp0="MFG:EPSON;MDL:TM-T82III;SN:A1;\n", lp3="MFG:XP;MDL:XP-58;SN:B2;\n")
    assert usb_printers(sys) == [("lp0", "MFG:EPSON;MDL:TM-T82III;SN:A1;"), ("lp3", "MFG:XP;MDL:XP-58;SN:B2;")]
    dev = tmp_path / "dev"
    (dev / "usb").mkdir(parents=True)
    (dev / "usb" / "lp3").touch()
    transport = UsbTransport("XP-58", sys=sys, dev=dev)
    transport.open()
    assert transport.write_some(JOB, 1.0) == len(JOB)
    transport.close()
    assert (dev / "usb" / "lp3").read_bytes() == JOB


@pytest.mark.parametrize(("wanted", "found"), [("TM-U220", "no USB printer"), ("MFG", "2 USB printers")])
def test_a_usb_printer_that_is_not_there_or_not_alone(tmp_path: Path, wanted, found):
    sys = usb_folder(tmp_path, lp0="MFG:EPSON;", lp1="MFG:EPSON;")
    with pytest.raises(DeviceMissing, match=found):
        UsbTransport(wanted, sys=sys, dev=tmp_path).open()


def test_a_network_printer_that_is_off_is_said_to_be_within_two_seconds() -> None:
    """A host that is off answers nothing at all, as a listener does whose queue is full: the connection times out."""
    assert POLL_S + CONNECT_TIMEOUT_S < 2.0
    with socket.socket() as silent, contextlib.ExitStack() as waiting:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        for _ in range(3):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(silent.getsockname())
        printer = EscposPrinter("p", f"tcp://127.0.0.1:{silent.getsockname()[1]}", timing=QUICK)
        assert printer.state() is PrinterState.OFFLINE
        assert "timed out" in printer.last_error
        assert printer.print(JOB) is Outcome.REFUSED
