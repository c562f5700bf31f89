"""What is sent to a printer whose speed nobody knows: harmless however it is heard, and answered at the right one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.base import DriverError
from drivers.escpos_paper import DLE, ESC, FS, GS, Kind, Paper, decode
from drivers.fake_baud import heard_at
from drivers.fake_printer_line import FakePrinterLine
from drivers.fake_scale import FakeScale
from drivers.fake_wires import BAUDS
from drivers.printer_speed import INITIALISE, QUESTION, answers, speed_line
from drivers.tspl_printer import ASK
from tests.offices import wait_for

LABEL_END = b"\r\n"
COMMANDS = {FS: b"!&(-.2?CELSWcgpq"}
"""What may follow the sign that begins a command; after the others anything may."""


@pytest.fixture
def printer() -> Iterator[FakePrinterLine]:
    made = FakePrinterLine()
    yield made
    made.stop()


def at(printer: FakePrinterLine, baud: int) -> str:
    return f"serial://{printer.path}?baud={baud}"


@pytest.mark.parametrize("sent_baud", BAUDS)
@pytest.mark.parametrize("heard_baud", BAUDS)
def test_nothing_that_is_heard_at_another_speed_begins_a_command(sent_baud: int, heard_baud: int) -> None:
    if sent_baud == heard_baud:
        return
    for sent in (QUESTION, ASK, INITIALISE, LABEL_END, speed_line(sent_baud)):
        heard = heard_at(sent, sent_baud=sent_baud, heard_baud=heard_baud)
        for place in (place for place, byte in enumerate(heard) if byte in (ESC, FS, GS, DLE)):
            follows = heard[place + 1 : place + 2]
            assert follows and follows not in COMMANDS.get(heard[place], follows), (sent, heard.hex(" "))
        assert heard.count(b"\n") <= 1, (sent, heard.hex(" "))


def searched(heard_baud: int) -> Paper:
    """Return the paper of a printer at one speed after a whole search: the questions first, then the figures."""
    heard = bytearray()
    for baud in BAUDS:
        heard += heard_at(ASK + QUESTION * 2 + INITIALISE, sent_baud=baud, heard_baud=heard_baud)
    for baud in BAUDS:
        heard += heard_at(speed_line(baud), sent_baud=baud, heard_baud=heard_baud)
    return decode(bytes(heard))


@pytest.mark.parametrize("heard_baud", BAUDS)
def test_a_search_at_every_speed_leaves_one_figure_on_paper(heard_baud: int) -> None:
    paper = searched(heard_baud)
    assert (paper.kicks, paper.of(Kind.CUT), paper.of(Kind.IMAGE)) == ((), (), ())
    assert [line.text for line in paper.lines].count(str(heard_baud)) == 1
    # Its own six feeds, and few that rubbish makes.
    assert len(paper.lines) <= 6 + len(BAUDS)


@pytest.mark.parametrize(
    "heard_baud", [300, 600, 3_600, 7_200, 14_400, 28_800, 31_250, 56_000, 128_000, 230_400, 921_600]
)
def test_a_printer_at_an_odd_speed_does_nothing_either(heard_baud: int) -> None:
    paper = searched(heard_baud)
    assert (paper.kicks, paper.of(Kind.CUT), paper.of(Kind.IMAGE)) == ((), (), ())
    assert len(paper.lines) <= len(BAUDS)


@pytest.mark.parametrize(("baud", "other"), [(9_600, 19_200), (115_200, 57_600), (1_200, 9_600)])
def test_it_answers_at_its_own_speed_alone(printer: FakePrinterLine, baud: int, other: int) -> None:
    printer.baud = baud
    assert (answers(at(printer, baud)), answers(at(printer, other))) == (True, False)


@pytest.mark.parametrize("trouble", ["paper_out", "cover_open", "error", "no_gs_r"])
def test_it_answers_whatever_is_wrong_with_it(printer: FakePrinterLine, trouble: str) -> None:
    printer.trouble = trouble
    assert answers(at(printer, 9_600))


def test_who_talks_by_itself_is_no_printer() -> None:
    """A 2 has the fixed bits of an answer."""
    scale = FakeScale("dahua_acs")
    scale.put(22_222)
    scale.start()
    try:
        assert not answers(f"serial://{scale.path}?baud=9600")
    finally:
        scale.stop()
        scale.unplug()


def test_a_line_that_takes_nothing_is_said_to(printer: FakePrinterLine) -> None:
    printer.unplug()
    with pytest.raises(DriverError):
        answers(at(printer, 9_600))


def test_what_it_hears_goes_to_paper(printer: FakePrinterLine) -> None:
    printer.baud = 2_400
    assert not answers(at(printer, 4_800))
    wait_for(lambda: printer.heard)
    assert printer.heard != QUESTION
