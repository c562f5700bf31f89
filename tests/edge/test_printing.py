"""Followers of the sale: every committed paper comes out once, or it is said that nobody knows."""

from __future__ import annotations

import shutil
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from drivers.base import Outcome, Printer, PrinterState
from drivers.document import Document, Text, document_json
from drivers.escpos_printer import EscposPrinter, Timing
from drivers.fake_printer import FakePrinter, FakePrinterServer
from drivers.pen import LatePen
from edge import printing
from edge.config import DeviceConfig
from edge.loop import Loop, TillBusyError
from edge.printing import PrinterThread, PrintRoom
from edge.store import printjobs
from edge.store.database import MIGRATIONS, execute, open_store, rows
from edge.store.printjobs import PrintJob
from tests.shops import TestShop

SPARE = DeviceConfig(name="spare", kind="fake_printer")


def until(holds: Callable[[], bool], wait_s: float = 6.0) -> bool:
    end = time.monotonic() + wait_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


class StubbornLoop:
    """The till's loop, which does not take the writes that it is told not to take."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.refused: set[int] = set()
        self.count = 0

    def write(self, change: Callable[[], Any]) -> Any:
        self.count += 1
        if self.count in self.refused:
            raise TillBusyError("busy")
        return self._loop.write(change)


class Room:
    """A spare printer in a running shop."""

    def __init__(self, shop: TestShop, printer: Printer | None = None) -> None:
        self.shop = shop
        self.printer = printer or FakePrinter("spare")
        self.loop = StubbornLoop(shop.parts.loop)
        room = PrintRoom(
            store=shop.parts.store, loop=self.loop, health=shop.parts.health, clock=shop.clock,  # type: ignore[arg-type]
            document_of=self._document_of, logos={},
        )  # fmt: skip
        self.thread = PrinterThread(SPARE, self.printer, room)

    def _document_of(self, job: PrintJob, device: DeviceConfig) -> Document | None:
        if job.sale_id == "broken":
            raise ValueError("cannot be laid out")
        return None if job.sale_id == "gone" else Document((Text(f"sale {job.sale_id}"),))

    def put(self, *sale_ids: str) -> None:
        db = self.shop.parts.store.db

        def all_of_them() -> None:
            for sale_id in sale_ids:
                printjobs.put(db, printer="spare", kind="receipt", sale_id=sale_id, at_ms=0)

        self.shop.parts.loop.write(all_of_them)
        self.thread.wake()

    def open_drawer(self) -> None:
        db, now_ms = self.shop.parts.store.db, self.shop.clock.now_ms()
        self.shop.parts.loop.write(lambda: printjobs.put(db, printer="spare", kind="drawer", at_ms=now_ms))
        self.thread.wake()

    def states(self) -> list[str]:
        found = rows(self.shop.parts.store.reads, "SELECT state FROM print_job WHERE printer = 'spare' ORDER BY job_id")
        return [state for (state,) in found]

    def papers(self) -> list[str]:
        return [self.printer.paper(job).lines[0].text for job in self.printer.jobs()]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with TestShop(tmp_path) as shop:
        made = Room(shop)
        yield made
        made.thread.stop()


def test_papers_come_out_in_the_order_of_their_sales(room: Room) -> None:
    room.put("a", "b", "c")
    room.thread.start()
    assert until(lambda: room.states() == ["printed"] * 3)
    assert room.papers() == ["sale a", "sale b", "sale c"]


def test_what_cannot_be_made_does_not_hold_up_the_others(room: Room) -> None:
    room.put("gone", "broken", "a")
    room.thread.start()
    assert until(lambda: room.states() == ["dropped", "dropped", "printed"])
    assert room.papers() == ["sale a"]


def test_documents_are_printed_as_they_were_kept(room: Room) -> None:
    kept = document_json(Document((Text("a report"),)))
    db = room.shop.parts.store.db
    room.shop.parts.loop.write(lambda: printjobs.put(db, printer="spare", kind="test", at_ms=0, document=kept))
    room.thread.start()
    assert until(lambda: room.papers() == ["a report"])


@pytest.mark.parametrize(
    ("refused", "papers"),
    [
        ({1}, ["sale a", "sale b"]),  # "sending" was not written: nothing went out, it is tried again
        ({2}, ["sale a", "sale b"]),  # "printed" was not written: it is on paper and is not printed again
        ({2, 3}, ["sale a", "sale b"]),
    ],
)
def test_paper_comes_out_once_however_often_the_till_is_busy(room: Room, refused: set[int], papers: list[str]) -> None:
    room.loop.refused = refused
    room.put("a", "b")
    room.thread.start()
    assert until(lambda: room.states() == ["printed", "printed"])
    assert room.papers() == papers


def test_doubt_is_kept_and_the_next_paper_comes(room: Room) -> None:
    room.printer.be_silent()
    room.put("a")
    room.thread.start()
    assert until(lambda: room.states() == ["doubtful"])
    room.printer.repair()
    room.put("b")
    assert until(lambda: room.states() == ["doubtful", "printed"])
    assert room.papers() == ["sale a", "sale b"]


def test_paper_that_was_being_sent_at_a_power_cut_is_doubtful(tmp_path: Path) -> None:
    shop = TestShop(tmp_path)
    shop.start()
    db = shop.parts.store.db

    def as_a_power_cut_leaves_them() -> None:
        # Of a printer that nobody drives any more, and of one that will be driven.
        for printer in ("printer-1", "spare"):
            printjobs.put(db, printer=printer, kind="test", at_ms=0)
        execute(db, "UPDATE print_job SET state = 'sending'")

    # No printer may take them meanwhile.
    shop.printer("printer-1").paper_out()
    shop.parts.loop.write(as_a_power_cut_leaves_them)
    shop.stop()
    shop.start()
    try:
        states = rows(shop.parts.store.reads, "SELECT state FROM print_job")
        assert states == [("doubtful",), ("doubtful",)]
        assert shop.printer("printer-1").printed == 0
    finally:
        shop.stop()


class DoubtfulDrawer(FakePrinter):
    """A printer whose line breaks with each pulse to the drawer."""

    def open_drawer(self, pin: int) -> Outcome:
        super().open_drawer(pin)
        return Outcome.DOUBTFUL


def test_fault_45_a_drawer_that_perhaps_opened_is_not_opened_again(tmp_path: Path) -> None:
    with TestShop(tmp_path) as shop:
        room = Room(shop, DoubtfulDrawer("spare"))
        room.open_drawer()
        room.put("a")
        room.thread.start()
        assert until(lambda: room.states() == ["doubtful", "printed"])
        assert (room.printer.kicks, room.papers()) == (1, ["sale a"])
        device = shop.parts.health.device("spare")
        assert device is not None and device.state == "drawer_doubtful"
        room.thread.stop()


@pytest.mark.parametrize(
    ("late_ms", "state", "kicks"),
    [
        (0, "printed", 1),
        (20_000, "printed", 1),
        (20_001, "dropped", 0),
        (-20_001, "dropped", 0),  # the clock was set back meanwhile: nobody knows how late it is
    ],
)
def test_drawer_opens_soon_or_never(room: Room, late_ms: int, state: str, kicks: int) -> None:
    room.open_drawer()
    room.shop.clock.hand.at_ms += late_ms
    room.thread.start()
    assert until(lambda: room.states() == [state])
    assert room.printer.kicks == kicks


def test_drawer_does_not_wait_for_the_papers(room: Room) -> None:
    room.printer.paper_out()
    room.put("a", "b")
    room.thread.start()
    room.open_drawer()
    assert until(lambda: room.states() == ["queued", "queued", "printed"])
    assert room.printer.kicks == 1


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (FakePrinter.unplug, "gone"),
        (FakePrinter.paper_out, "paper_out"),
        (FakePrinter.cover_open, "cover_open"),
        (FakePrinter.be_silent, "unknown"),
        (FakePrinter.repair, "ok"),
    ],
)
def test_health_knows_how_the_printer_is(room: Room, trouble: Callable[[FakePrinter], None], state: str) -> None:
    trouble(room.printer)
    room.thread.start()

    def found() -> str:
        device = room.shop.parts.health.device("spare")
        return device.state if device else ""

    assert until(lambda: found() == state)


@pytest.mark.parametrize(
    ("font", "sent"),
    [
        ("big5", "會員 ¥12.50".encode("big5")),
        ("gb18030", "會員 ￥12.50".encode("gbk")),
        ("none", b"\x1dv0\x00"),  # no Chinese at all: a picture
    ],
)
def test_the_printer_is_asked_for_its_font(tmp_path: Path, font: str, sent: bytes) -> None:
    with TestShop(tmp_path) as shop:
        room = Room(shop, FakePrinter("spare", encoding=font))
        room.thread.start()
        kept = document_json(Document((Text("會員 ￥12.50"),)))
        room.shop.parts.loop.write(
            lambda: printjobs.put(shop.parts.store.db, printer="spare", kind="test", at_ms=0, document=kept)
        )
        room.thread.wake()
        assert until(lambda: room.printer.printed == 1)
        assert sent in room.printer.jobs()[0].data
        room.thread.stop()
        assert shop.parts.health.strip().problems == ()


class SentPrinter(FakePrinter):
    """One that takes everything and never says a word."""

    def print(self, data: bytes) -> Outcome:
        super().print(data)
        return Outcome.SENT


def test_paper_of_a_silent_printer_is_sent_and_no_more(tmp_path: Path) -> None:
    with TestShop(tmp_path) as shop:
        room = Room(shop, SentPrinter("spare"))
        room.put("a", "b")
        room.thread.start()
        # Nobody waits between the two: nothing is known to be wrong.
        assert until(lambda: room.states() == ["sent", "sent"])
        assert printjobs.doubtful_receipt(shop.parts.store.reads, "spare") == ""
        room.thread.stop()


@pytest.mark.parametrize(
    ("says_when_done", "late_s", "state"),
    [
        (False, 300.0, "doubtful"),  # what lay in its buffer may have been printed on nothing
        (False, -1.0, "printed"),  # long ago: somebody changes the roll
        (True, 300.0, "printed"),  # it had said that all was on paper
    ],
)
def test_paper_that_ends_soon_after_a_paper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says_when_done: bool, late_s: float, state: str
) -> None:
    monkeypatch.setattr(printing, "LATE_S", late_s)
    server = FakePrinterServer()
    server.trouble = "" if says_when_done else "no_gs_r"
    with TestShop(tmp_path) as shop, ExitStack() as ends:
        ends.callback(server.stop)
        timing = Timing(status_s=2.0, finish_s=1.0, settle_s=0.1)
        room = Room(shop, EscposPrinter("spare", f"tcp://127.0.0.1:{server.serve()}", timing=timing))
        room.put("a")
        room.thread.start()
        assert until(lambda: room.states() == ["printed"])
        server.trouble = "paper_out"
        # Nothing was sent to it for that: it is asked how it is, as ever, and the next paper waits.
        room.put("b")
        device = shop.parts.health.device
        assert until(lambda: (said := device("spare")) is not None and said.state == "paper_out")
        assert room.states() == [state, "queued"]
        assert printjobs.doubtful_receipt(shop.parts.store.reads, "spare") == ("a" if state == "doubtful" else "")
        server.trouble = ""
        assert until(lambda: room.states() == [state, "printed"])
        room.thread.stop()


@pytest.mark.parametrize(
    ("fault", "states", "printed"),
    [
        ("drop", ["doubtful", "printed"], 2),  # half a paper, and never the original again
        ("lie", ["printed", "printed"], 1),  # nobody can know
        ("offline", ["queued", "queued"], 0),
    ],
)
def test_each_fault_of_a_printer(tmp_path: Path, fault: str, states: list[str], printed: int) -> None:
    with TestShop(tmp_path) as shop:
        room = Room(shop, FakePrinter("spare", faults=[f"1:{fault}"] if fault != "offline" else []))
        if fault == "offline":
            room.printer.fail_next("offline")
        room.put("a", "b")
        room.thread.start()
        assert until(lambda: room.states() == states, wait_s=9)
        assert room.printer.printed == printed
        room.thread.stop()


def test_a_font_that_is_missing_is_said_once(tmp_path: Path) -> None:
    with TestShop(tmp_path) as shop:
        room = Room(shop, FakePrinter("spare", encoding="none"))
        room.thread._pen = LatePen(str(tmp_path / "gone.ttf"))
        kept = document_json(Document((Text("合计"),)))
        for _ in range(2):
            room.shop.parts.loop.write(
                lambda: printjobs.put(shop.parts.store.db, printer="spare", kind="test", at_ms=0, document=kept)
            )
        room.thread.start()
        assert until(lambda: room.printer.printed == 2)
        room.thread.stop()
        assert room.papers() == ["??", "??"]
        (problem,) = shop.parts.health.strip().problems
        assert problem.startswith("spare: ") and "gone.ttf" in problem


def test_papers_from_before_are_kept_by_the_new_table(tmp_path: Path) -> None:
    before = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, before, ignore=shutil.ignore_patterns("0015*", "__pycache__"))
    store = open_store(tmp_path / "t.db", migrations=before)
    for state in ("printed", "doubtful", "queued"):
        execute(
            store.db,
            "INSERT INTO print_job (printer, kind, sale_id, state, document, created_ms) VALUES ('p', 'receipt', ?, ?, x'', 7)",
            state, state,
        )  # fmt: skip
    store.close()
    store = open_store(tmp_path / "t.db")
    assert rows(store.reads, "SELECT job_id, sale_id, state, created_ms FROM print_job ORDER BY job_id") == [
        (1, "printed", "printed", 7), (2, "doubtful", "doubtful", 7), (3, "queued", "queued", 7),
    ]  # fmt: skip
    printjobs.set_state(store.db, 3, "sent", at_ms=9)
    assert printjobs.next_job(store.reads, "p") is None
    store.close()


class BrokenPrinter(FakePrinter):
    """A driver with a mistake: what it is asked here fails in a way that no driver should."""

    fails_at = ""

    def state(self) -> PrinterState:
        if self.fails_at == "state":
            raise RuntimeError("a mistake of ours")
        return super().state()

    def print(self, data: bytes) -> Outcome:
        if self.fails_at == "print":
            raise termios.error(5, "Input/output error")
        return super().print(data)


@pytest.mark.parametrize(("step", "after"), [("state", "queued"), ("print", "doubtful")])
def test_a_mistake_in_a_printers_driver_stops_nobody(tmp_path: Path, step: str, after: str) -> None:
    with TestShop(tmp_path) as shop:
        room = Room(shop, printer := BrokenPrinter("spare"))
        printer.fails_at = step
        room.put("a")
        room.thread.start()
        try:
            assert until(lambda: shop.parts.health.device("spare") is not None)
            assert until(lambda: room.states() == [after])
            time.sleep(1.2)  # asked again, and still wrong
            printer.fails_at = ""
            room.put("b")
            done = ["printed", "printed"] if step == "state" else ["doubtful", "printed"]
            assert until(lambda: room.states() == done, 10.0)
        finally:
            room.thread.stop()
        assert not shop.crashes
