"""Scan to identify: what reads is named, and nothing of it is sold."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import edge.identify as identifying
from drivers.base import Scan
from drivers.input_nodes import InputNode
from edge.identify import Identify
from tests.drivers.test_evdev_lines import records
from tests.drivers.test_input_nodes import Box
from tests.edge.test_devices import Lane, until


def node(event: str, **changed: object) -> InputNode:
    made = {
        "event": event, "name": "Scanner", "uniq": "", "phys": f"usb-1.{event[-1]}/input0", "vendor": "05e0",
        "product": "1200", "types_digits": True, "types": True, "group": event,
    }  # fmt: skip
    return InputNode(**{**made, **changed})  # type: ignore[arg-type]


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_a_new_scanner_is_named_by_what_the_configuration_needs(box: Box) -> None:
    for number in (1, 2):
        box.add(number, f"1-1.{number}")
    nodes = (
        node("event1"),
        node("event2"),
        node("event3", uniq="S1"),  # it is not there any more
        node("event4", types_digits=False),
    )
    identify = Identify(nodes=lambda: nodes, folder=str(box.dev))
    assert identify.state().left_s == 0
    identify.start()
    told = {each.identity: (each.is_twin, each.is_forbidden) for each in identify.state().candidates}
    assert told == {
        "phys:usb-1.1/input0": (True, False),
        "phys:usb-1.2/input0": (True, False),
        "uniq:S1": (False, True),
    }
    (box.dev / "event2").write_bytes(records("4711\n"))
    assert until(lambda: identify.state().named == "phys:usb-1.2/input0")
    assert 25 < identify.state().left_s <= 30
    identify.stop()
    assert identify.state().left_s == 0


def test_what_a_reader_of_the_till_reads_is_named_and_not_sold(tmp_path: Path) -> None:
    identify = Identify(nodes=tuple)
    with Lane(tmp_path, is_claimed=identify.take) as lane:
        lane.reader.type("1")
        assert until(lambda: len(lane.events) == 1)
        identify.start()
        lane.reader.type("2")
        assert until(lambda: identify.state().named == "reader")
        identify.stop()
        lane.reader.type("3")
        assert until(lambda: len(lane.events) == 2)
    assert lane.events == [(3, Scan("reader", "1")), (3, Scan("reader", "3"))]


def test_it_ends_by_itself(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifying, "LISTEN_S", 0.2)
    box.add(1, "1-1.1")
    identify = Identify(nodes=lambda: (node("event1"),), folder=str(box.dev))
    identify.start()
    identify.start()  # pressed twice: one listener
    time.sleep(0.4)
    assert not identify.take("scanner")
    assert identify.state().left_s == 0
    identify.stop()
