"""What became of a job, found out over real sockets, terminals and files."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import socket
import termios
import threading
import time
import tty
from pathlib import Path

import pytest

from drivers.base import Outcome, Printer, PrinterState
from drivers.escpos_printer import EscposPrinter, Timing
from drivers.escpos_status import Answers, state_of, state_when_done
from drivers.escpos_transport import transport_for
from drivers.fake_printer import FakePrinterServer

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "escpos_expectations.json").read_text("utf-8"))
QUICK = Timing(status_s=0.15, write_s=0.5, finish_s=0.6, poll_s=0.2, settle_s=0.2)
JOB = b"\x1b@\x1c&" + "合计 12.50\n".encode("gbk")
LONG_JOB = JOB + b"x" * 5000 + b"\n"


@pytest.fixture
def server():
    server = FakePrinterServer()
    server.port = server.serve()
    yield server
    server.stop()


def printer_at(server, **options):
    return EscposPrinter("receipt", f"tcp://127.0.0.1:{server.port}", timing=QUICK, **options)


def finished(server):
    """Wait for the connection's end at the printer's side and return what it sent."""
    deadline = time.monotonic() + 5
    while not server.connections and time.monotonic() < deadline:
        time.sleep(0.01)
    return server.connections[-1]


def test_a_job_is_printed_when_the_printer_says_so(server):
    printer: Printer = printer_at(server)
    assert printer.print(JOB) is Outcome.PRINTED
    sent = finished(server)
    assert sent.index(JOB) < sent.index(b"\x1dr\x01")
    assert printer.state() is PrinterState.READY
    # Each job has a connection of its own, so the next one is served.
    assert printer.print(JOB) is Outcome.PRINTED
    server.stop()
    assert list(server.jobs) == [JOB, JOB]


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        ("paper_out", PrinterState.PAPER_OUT),
        ("cover_open", PrinterState.COVER_OPEN),
        ("error", PrinterState.OFFLINE),
    ],
)
def test_nothing_is_sent_to_a_printer_in_trouble(server, trouble, state):
    printer = printer_at(server)
    server.trouble = trouble
    assert printer.print(JOB) is Outcome.REFUSED
    assert JOB not in finished(server)
    assert printer.state() is state
    server.trouble = ""
    assert printer.print(JOB) is Outcome.PRINTED


@pytest.mark.parametrize(
    ("trouble", "pin", "sent"),
    [
        ("", 2, b"\x1bp\x00\x19\xfa"),
        ("", 5, b"\x1bp\x01\x19\xfa"),
        ("paper_low", 2, b"\x1bp\x00\x19\xfa"),
        ("silent", 2, b"\x1bp\x00\x19\xfa"),  # it says nothing, so it is well
        ("paper_out", 2, b"\x10\x14\x01\x00\x01"),  # past the buffer, which waits for paper
        ("cover_open", 5, b"\x10\x14\x01\x01\x01"),
    ],
)
def test_the_drawer_opens_at_once(server, trouble, pin, sent):
    server.trouble = trouble
    assert printer_at(server).open_drawer(pin) is (Outcome.SENT if trouble == "silent" else Outcome.PRINTED)
    finished(server)
    server.stop()
    assert list(server.jobs) == [sent]


def test_the_drawer_stays_shut_at_a_printer_that_is_out_of_order_or_gone(server):
    printer = printer_at(server)
    server.trouble = "error"
    assert printer.open_drawer(2) is Outcome.REFUSED
    server.trouble = ""
    assert printer.open_drawer(2) is Outcome.PRINTED
    server.trouble = "silent"
    assert printer.open_drawer(2) is Outcome.REFUSED
    server.stop()
    assert printer.open_drawer(2) is Outcome.REFUSED
    assert list(server.jobs) == [b"\x1bp\x00\x19\xfa"]


def test_a_connection_lost_after_the_pulse_leaves_a_doubt(server):
    server.drop_after = 10  # three questions, and the first byte of the pulse
    assert printer_at(server).open_drawer(2) is Outcome.DOUBTFUL


def test_little_paper_prints(server):
    printer = printer_at(server)
    server.trouble = "paper_low"
    assert printer.print(JOB) is Outcome.PRINTED
    assert (printer.last_state, printer.state()) == (PrinterState.PAPER_LOW, PrinterState.PAPER_LOW)


def test_paper_running_out_within_a_job_makes_it_doubtful(server):
    printer = printer_at(server)
    server.paper_out_after = 1000
    assert printer.print(LONG_JOB) is Outcome.DOUBTFUL
    assert printer.last_state is PrinterState.PAPER_OUT


def test_a_connection_lost_within_a_job_makes_it_doubtful(server):
    printer = printer_at(server)
    server.drop_after = 2000
    assert printer.print(LONG_JOB) is Outcome.DOUBTFUL
    assert (printer.last_state, printer.last_error != "") == (PrinterState.OFFLINE, True)


def test_a_printer_that_never_answers_prints_all_the_same(server):
    server.trouble = "silent"
    printer = printer_at(server)
    assert printer.state() is PrinterState.UNKNOWN
    assert printer.print(JOB) is Outcome.SENT
    assert printer.last_state is PrinterState.UNKNOWN
    server.stop()
    assert JOB in server.connections[-1]


def test_a_silent_printer_whose_connection_breaks_is_doubtful(server):
    server.trouble = "silent"
    server.drop_after = 2000
    assert printer_at(server).print(LONG_JOB) is Outcome.DOUBTFUL


def test_a_printer_that_fell_silent_is_refused_before_and_doubtful_after(server):
    printer = printer_at(server)
    assert printer.print(JOB) is Outcome.PRINTED
    server.trouble = "no_gs_r"  # falls silent between the question before and the one after
    assert printer.print(JOB) is Outcome.DOUBTFUL
    server.trouble = "silent"
    assert printer.print(JOB) is Outcome.REFUSED
    assert (printer.last_state, printer.last_error) == (PrinterState.OFFLINE, "no answer to a status request")


def test_a_printer_said_to_answer_is_refused_when_silent(server):
    server.trouble = "silent"
    assert printer_at(server, answers=True).print(JOB) is Outcome.REFUSED


def test_a_printer_said_not_to_answer_is_not_asked(server):
    printer = printer_at(server, answers=False)
    assert printer.print(JOB) is Outcome.SENT
    assert finished(server) == JOB


def test_a_printer_without_gs_r_is_asked_for_it_once(server):
    server.trouble = "no_gs_r"
    printer = printer_at(server)
    assert printer.print(JOB) is Outcome.PRINTED
    started = time.monotonic()
    assert printer.print(JOB) is Outcome.PRINTED
    assert time.monotonic() - started < QUICK.finish_s


@pytest.mark.parametrize("says_it", [True, False])
def test_paper_that_ends_after_the_last_byte_is_not_printed_without_gs_r(server, says_it):
    """The printer had taken all of it: it says by itself that the paper is out, or only when it is asked."""
    server.trouble = "no_gs_r"
    timing = Timing(status_s=1.0, finish_s=1.0, settle_s=3.0)
    printer = EscposPrinter("receipt", f"tcp://127.0.0.1:{server.port}", timing=timing)
    assert printer.print(JOB) is Outcome.PRINTED  # it is known now that it does not answer GS r
    server.paper_out_after, server.paper_out_later_s, server.tells = len(JOB), 0.3, says_it
    assert printer.print(JOB) is Outcome.DOUBTFUL
    assert printer.last_state is PrinterState.PAPER_OUT


def test_an_unreachable_printer_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    printer = EscposPrinter("receipt", f"tcp://127.0.0.1:{port}", timing=QUICK)
    assert printer.print(JOB) is Outcome.REFUSED
    assert printer.state() is PrinterState.OFFLINE
    assert str(port) in printer.last_error


def test_a_printer_that_stops_taking_bytes_is_doubtful():
    with socket.create_server(("127.0.0.1", 0), backlog=1) as deaf:
        # Never accepted: the kernel takes the first bytes, then nobody reads.
        printer = EscposPrinter(
            "receipt", f"tcp://127.0.0.1:{deaf.getsockname()[1]}", answers=False, timing=Timing(write_s=0.2)
        )
        assert printer.print(b"x" * 20_000_000) is Outcome.DOUBTFUL


class Terminal:
    """A printer at the other end of a pseudo terminal."""

    def __init__(self, *, answers: bool):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.received = bytearray()
        self.answers = answers
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        seen = 0
        try:
            while data := os.read(self.master, 4096):
                self.received += data
                for question in re.finditer(
                    rb"\x10\x04[\x01-\x04]|\x1dr\x01", self.received[seen:] if self.answers else b""
                ):
                    # With flow control in between, and an automatic status before the answer to GS r.
                    os.write(self.master, b"\x11\x12" if question[0][0] == 0x10 else b"\x13\x10\x00\x00\x00\x00")
                    seen = len(self.received)
        except OSError:
            pass

    def close(self):
        os.close(self.slave)
        self.thread.join(5)
        os.close(self.master)


@pytest.mark.parametrize("scheme", ["serial", "file"])
@pytest.mark.parametrize("answers", [True, False])
def test_a_printer_at_a_line_or_device_file(scheme, answers):
    terminal = Terminal(answers=answers)
    options = "?baud=115200" if scheme == "serial" else ""
    printer = EscposPrinter("receipt", f"{scheme}://{terminal.path}{options}", timing=QUICK)
    assert printer.print(JOB) is (Outcome.PRINTED if answers else Outcome.SENT)
    assert printer.state() is (PrinterState.READY if answers else PrinterState.UNKNOWN)
    assert JOB in terminal.received
    terminal.close()


def test_a_line_held_by_another_process_is_refused():
    terminal = Terminal(answers=True)
    fcntl.flock(terminal.slave, fcntl.LOCK_EX)
    printer = EscposPrinter("receipt", f"serial://{terminal.path}", timing=QUICK)
    assert printer.print(JOB) is Outcome.REFUSED
    assert "another process holds it" in printer.last_error
    terminal.close()


@pytest.mark.parametrize("scheme", ["serial", "file"])
def test_a_missing_device_is_refused_and_never_made(tmp_path, scheme):
    path = tmp_path / "lp0"
    printer = EscposPrinter("receipt", f"{scheme}://{path}", timing=QUICK)
    assert printer.print(JOB) is Outcome.REFUSED
    assert not path.exists()
    assert printer.state() is PrinterState.OFFLINE


def test_a_plain_file_takes_jobs_one_after_another(tmp_path):
    path = tmp_path / "out.bin"
    path.touch()
    printer = EscposPrinter("receipt", f"file://{path}", timing=QUICK)
    assert [printer.print(JOB), printer.print(JOB)] == [Outcome.SENT] * 2
    assert path.read_bytes() == JOB * 2
    assert printer.state() is PrinterState.UNKNOWN


def test_a_device_file_that_takes_nothing_is_doubtful():
    master, slave = pty.openpty()
    tty.setraw(slave)
    printer = EscposPrinter("receipt", f"file://{os.ttyname(slave)}", answers=False, timing=Timing(write_s=0.2))
    assert printer.print(b"x" * 1_000_000) is Outcome.DOUBTFUL
    assert "not taken" in printer.last_error
    termios.tcflush(slave, termios.TCIOFLUSH)
    os.close(slave)
    os.close(master)


def test_a_full_disk_is_doubtful():
    # /dev/full takes nothing and says ENOSPC, as usblp does when the paper is out.
    printer = EscposPrinter("receipt", "file:///dev/full", answers=False, timing=QUICK)
    assert printer.print(JOB) is Outcome.DOUBTFUL


@pytest.mark.parametrize(
    "url",
    [
        "",
        "192.168.1.5",
        "tcp://",
        "tcp://host:99999",
        "tcp://host?x=1",
        "serial://ttyUSB0",  # two slashes only
        "serial:///dev/ttyUSB0?speed=9600",
        "serial:///dev/ttyUSB0?baud=fast",
        "serial:///dev/ttyUSB0?flow=maybe",
        "file://lp0",
        "usb:///dev/usb/lp0",
        "usb:",
    ],
)
def test_a_wrong_address_is_refused(url):
    with pytest.raises(ValueError, match=r"."):
        transport_for(url)


CAUSES = {"cover_open": PrinterState.COVER_OPEN, "paper_end_stop": PrinterState.PAPER_OUT}


@pytest.mark.parametrize("row", VECTORS["status_bytes"], ids=lambda row: f"{row['command']}-{row['byte']}")
def test_reference_status_bytes(row):
    byte, means = int(row["byte"], 16), row["means"]
    answers = Answers()
    answers.feed(bytes((byte,)))
    if row["command"] == "GS r 1":
        assert answers.done == [byte]
        assert (
            state_when_done(byte) is {"near end": PrinterState.PAPER_LOW, "end": PrinterState.PAPER_OUT}[means["paper"]]
        )
        return
    assert answers.realtime == [byte]
    if row["command"] == "DLE EOT 1":
        state = state_of(online=byte, cause=0x12, paper=0x12)
        assert (state is PrinterState.READY) is means["online"]
    elif row["command"] == "DLE EOT 2":
        expected = next((CAUSES[key] for key in CAUSES if means.get(key)), PrinterState.READY)
        assert state_of(online=0x12, cause=byte, paper=0x12) is expected
    elif row["command"] == "DLE EOT 4":
        expected = {"near end": PrinterState.PAPER_LOW, "end": PrinterState.PAPER_OUT}[means["paper"]]
        assert state_of(online=0x12, cause=0x12, paper=byte) is expected


@pytest.mark.parametrize("row", VECTORS["asb"], ids=lambda row: row["bytes"])
def test_automatic_status_is_taken_for_no_answer(row):
    answers = Answers()
    for byte in bytes.fromhex(row["bytes"]):
        answers.feed(bytes((byte,)))
    assert (answers.realtime, answers.done) == ([], [])
    answers.feed(b"\x12\x00")
    assert (answers.realtime, answers.done) == ([0x12], [0])


def test_reference_reply_classes():
    classes = [row["rule"] for row in VECTORS["reply_classes"] if "rule" in row]
    assert classes[:3] == ["b & 0x93 == 0x12", "b & 0x93 == 0x10, three more bytes follow", "b & 0x90 == 0x00"]
    for byte in range(256):
        answers = Answers()
        answers.feed(bytes((byte,)))
        assert bool(answers.realtime) is (byte & 0x93 == 0x12)
        assert bool(answers.done) is (byte & 0x90 == 0x00)


def test_a_chattering_printer_is_bounded():
    answers = Answers()
    answers.feed(b"\x12\x00" * 500_000)
    assert (len(answers.realtime), len(answers.done)) == (64, 64)
