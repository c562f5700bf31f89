"""What the main job needs around it: a browser, a broker, head office, and a shop on real wires."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.brokers import Mosquitto
from tests.main_job.screen import Screen
from tests.main_job.shop import Shop, found
from tests.offices import OfficeProcess


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path).start()
    yield broker
    broker.stop()


@pytest.fixture
def office(tmp_path: Path, broker: Mosquitto) -> Iterator[OfficeProcess]:
    office = OfficeProcess(tmp_path / "hq", broker.port).start()
    yield office
    office.close()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("founded")
    found(folder)
    return folder


@pytest.fixture
def shop(tmp_path: Path, broker: Mosquitto, founded: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "shop", broker.port, founded=founded)
    yield shop
    shop.close()


@pytest.fixture
def open_screen(chromium: Browser, tmp_path: Path) -> Iterator[Callable[[str], Screen]]:
    """Return a function that opens a page and gives its screen; pictures go where MAIN_JOB_SHOTS says."""
    screens: list[Screen] = []

    def open_at(url: str) -> Screen:
        screens.append(Screen(chromium, url, Path(os.environ.get("MAIN_JOB_SHOTS", tmp_path))))
        return screens[-1]

    yield open_at
    for screen in screens:
        screen.page.context.close()
