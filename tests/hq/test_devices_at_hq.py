"""A whole store, a real broker and head office as its own process: which store has which device in trouble."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.text_devices import DEVICE_STATES as TOLD
from hq.web.words import DEVICE_STATES
from tests.brokers import Mosquitto
from tests.offices import OfficeProcess, wait_for
from tests.shops import CONFIG, COUNTER, GATEWAY, TestShop

BROKER = '\n[broker]\nhost = "127.0.0.1"\nport = {}\n'
MORE = """
[[device]]
name = "kitchen"
kind = "fake_printer"
prints = ["kitchen"]
[[device]]
name = "labels"
kind = "fake_label_printer"
prints = ["labels"]
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[OfficeProcess, int]]:
    broker = Mosquitto(tmp_path).start()
    running = OfficeProcess(tmp_path / "hq", broker.port).start()
    yield running, broker.port
    running.close()
    broker.stop()


def test_head_office_knows_a_word_for_every_state_that_a_store_tells() -> None:
    assert TOLD.keys() <= DEVICE_STATES.keys()


def test_the_wall_says_which_store_has_which_device_in_trouble(
    tmp_path: Path, office: tuple[OfficeProcess, int]
) -> None:
    running, port = office

    def wall() -> str:
        request = urllib.request.Request(f"http://127.0.0.1:{running.wall_port}/wall", headers={"Cookie": "lang=en"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return " ".join(re.sub(r"<[^>]+>", " ", answer.read().decode()).split())

    config = CONFIG + COUNTER + MORE + GATEWAY + BROKER.format(port)
    with TestShop(tmp_path / "shop", config=config) as shop:
        with urllib.request.urlopen(f"{shop.parts.url}display/1/stream", timeout=5) as display:
            display.read(1)
            names = {each.name for each in shop.parts.health.strip().devices}
            assert {"scale-1", "pole-1", "kitchen", "labels", "printer-1", "scanner-1", "cards-1"} <= names
            assert {"display-1", "gateway-simulator"} <= names
            for name in names:
                wait_for(lambda name=name: f"{name} " in wall())
            wait_for(lambda: "Devices in trouble 0" in wall())
            shop.printer("kitchen").paper_out()
            shop.scale().be("silent")
            shop.pole().unplug()
            for words in ("kitchen out of paper", "scale-1 says nothing", "pole-1 unplugged"):
                wait_for(lambda words=words: f"S001 {words}" in wall())
            wait_for(lambda: "Devices in trouble 3" in wall())
        # The customer's window is gone, and everything else is mended.
        shop.printer("kitchen").repair()
        shop.scale().be("")
        shop.pole().plug()
        wait_for(lambda: "Devices in trouble 1" in wall() and "S001 display-1 unplugged" in wall(), within_s=20)
