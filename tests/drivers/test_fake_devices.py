"""Fakes behave like the devices that they stand for, and fail when told."""

from __future__ import annotations

import socket
import threading

import pytest

from drivers.base import TEXT_MAX, DeviceMissing, LineReader, Outcome, Printer, PrinterState
from drivers.fake import WAITING_MAX, FakeReader
from drivers.fake_printer import JOBS_KEPT, FakePrinter, FakePrinterServer

KICK = b"\x1bp\x00\x19\xfa"


def test_reader_gives_what_was_typed_in_order():
    reader: LineReader = FakeReader("scanner")
    reader.open()
    assert reader.read(0) == ()
    reader.type("6901234567892")
    reader.type("0012")
    assert reader.read(1) == ("6901234567892", "0012")


def test_reader_wakes_a_waiting_thread():
    reader = FakeReader("scanner")
    reader.open()
    threading.Timer(0.05, reader.type, ("42",)).start()
    assert reader.read(5) == ("42",)


def test_unplugged_reader_is_missing_until_plugged():
    reader = FakeReader("scanner")
    reader.open()
    reader.unplug()
    with pytest.raises(DeviceMissing):
        reader.read(1)
    with pytest.raises(DeviceMissing):
        reader.open()
    reader.type("lost")
    reader.plug()
    reader.open()
    assert (reader.read(0), reader.dropped) == ((), 1)


def test_reader_is_bounded():
    reader = FakeReader("scanner")
    reader.open()
    reader.type("x" * (TEXT_MAX + 1))
    for _ in range(WAITING_MAX + 2):
        reader.type("1")
    assert (len(reader.read(0)), reader.dropped) == (WAITING_MAX, 3)


def test_scripted_reader_fault():
    reader = FakeReader("scanner", faults=("2:unplug",))
    reader.open()
    reader.type("1")
    assert reader.read(0) == ("1",)
    reader.type("2")
    with pytest.raises(DeviceMissing):
        reader.read(0)


@pytest.mark.parametrize("fault", ["unplug", "0:unplug", "x:unplug", "1:melt", "²:unplug"])
def test_wrong_fault_is_refused(fault):
    with pytest.raises(ValueError, match="expected N:what"):
        FakeReader("scanner", faults=(fault,))


def test_printer_keeps_paper_and_counts_kicks():
    printer = FakePrinter("receipt", 32, "gb18030")
    as_printer: Printer = printer
    assert as_printer.print("你好\n".encode("gbk") + KICK) is Outcome.PRINTED
    (job,) = printer.jobs()
    assert (printer.paper(job).lines[0].text, printer.kicks, printer.state()) == ("你好", 1, PrinterState.READY)


@pytest.mark.parametrize(
    ("trouble", "outcome", "kicks"),
    [
        (FakePrinter.repair, Outcome.PRINTED, 1),
        (FakePrinter.paper_out, Outcome.PRINTED, 1),  # the drawer needs no paper
        (FakePrinter.cover_open, Outcome.PRINTED, 1),
        (FakePrinter.be_silent, Outcome.PRINTED, 1),
        (FakePrinter.unplug, Outcome.REFUSED, 0),
    ],
)
def test_drawer_opens_unless_the_printer_is_gone(trouble, outcome, kicks):
    printer = FakePrinter("receipt")
    trouble(printer)
    assert (printer.open_drawer(2), printer.kicks, printer.printed) == (outcome, kicks, 0)


@pytest.mark.parametrize(
    ("fault", "outcome", "state", "on_paper"),
    [
        ("unplug", Outcome.REFUSED, PrinterState.OFFLINE, 1),
        ("paper_out", Outcome.REFUSED, PrinterState.PAPER_OUT, 1),
        ("cover_open", Outcome.REFUSED, PrinterState.COVER_OPEN, 1),
        ("silent", Outcome.DOUBTFUL, PrinterState.UNKNOWN, 2),  # it is on paper, and nobody knows
    ],
)
def test_scripted_printer_fault_stays_until_repaired(fault, outcome, state, on_paper):
    printer = FakePrinter("receipt", faults=(f"2:{fault}",))
    assert printer.print(b"1\n") is Outcome.PRINTED
    assert printer.print(b"2\n") is outcome
    assert (printer.state(), printer.printed) == (state, on_paper)
    printer.repair()
    assert printer.print(b"3\n") is Outcome.PRINTED


def test_printer_keeps_the_last_jobs_only():
    printer = FakePrinter("receipt")
    for _ in range(JOBS_KEPT + 5):
        printer.print(b"x\n")
    assert (len(printer.jobs()), printer.jobs()[-1].number) == (JOBS_KEPT, JOBS_KEPT + 5)


def test_printer_server_answers_over_a_socket():
    server = FakePrinterServer()
    port = server.serve()
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(b"\x10\x04\x01")
        assert client.recv(1) == b"\x12"
        server.trouble = "cover_open"
        client.sendall(b"\x10\x04\x02")
        assert client.recv(1) == b"\x16"
        server.trouble = ""
        client.sendall(b"\x1dr\x01")
        assert client.recv(1) == b"\x00"
    server.stop()
    assert list(server.connections) == [b"\x10\x04\x01\x10\x04\x02\x1dr\x01"]
