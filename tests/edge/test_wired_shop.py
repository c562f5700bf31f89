"""A whole shop whose readers stand at real wires: from the bytes of a device to the basket, and what goes wrong between."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.screen import Stage
from edge.till import Till
from tests.edge.test_bench import Browser, until
from tests.shops import CARDS, CONFIG, COUNTER, TestShop

WIRED = (
    CONFIG.replace('"fake_scanner"', '"fake_serial_scanner"', 1)
    .replace('"fake_scanner"', '"fake_evdev_scanner"', 1)
    .replace('"fake_cards"', '"fake_pn532_cards"', 1)
    .replace('"fake_cards"', '"fake_pcsc_cards"', 1)
    + COUNTER
    + "\n[screen]\nbench = true\n"
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", config=WIRED) as made:
        until(lambda: all(each.state == "ok" for each in made.parts.health.strip().devices))
        yield made


@pytest.fixture
def bench(shop: TestShop) -> Browser:
    return Browser(shop.parts.url)


def test_a_sale_from_bytes(shop: TestShop, bench: Browser) -> None:
    for lane, scanner in ((1, "scanner-1"), (2, "scanner-2")):
        bench.post(f"{lane}/card", {"uid": CARDS["badge-zhang"]})
        until(lambda lane=lane: shop.view(lane).stage is Stage.SELLING)
        bench.post(f"{lane}/code", {"text": "6901234567892"})
        until(lambda lane=lane: len(shop.view(lane).lines) == 1)
        bench.post(f"{lane}/card", {"uid": CARDS["card-li"]})
        until(lambda lane=lane: shop.view(lane).member is not None)
        assert shop.parts.health.device(scanner).dropped == 0  # type: ignore[union-attr]


@pytest.mark.parametrize(("lane", "fault"), [(1, "cut"), (2, "lost")])
def test_fault_39_the_lane_asks_for_a_code_that_was_torn(shop: TestShop, bench: Browser, lane: int, fault: str) -> None:
    bench.post(f"{lane}/card", {"uid": CARDS["badge-zhang"]})
    until(lambda: shop.view(lane).stage is Stage.SELLING)
    answer = bench.post(f"{lane}/fault", {"device": f"scanner-{lane}", "fault": fault})
    assert "：" in answer["words"]
    bench.post(f"{lane}/code", {"text": "6901234567892"})
    until(lambda: (notice := shop.view(lane).notice) is not None and notice.code == "scan_again")
    assert shop.view(lane).lines == ()
    bench.post(f"{lane}/code", {"text": "4006381333931"})
    until(lambda: len(shop.view(lane).lines) == 1)
    assert shop.view(lane).notice is None


@pytest.mark.parametrize("fault", ["left", "mute", "two"])
def test_fault_41_a_card_that_a_pcsc_reader_could_not_read_is_asked_for_again(
    shop: TestShop, bench: Browser, fault: str
) -> None:
    bench.post("2/card", {"uid": CARDS["badge-zhang"]})
    until(lambda: shop.view(2).stage is Stage.SELLING)
    bench.post("2/fault", {"device": "cards-2", "fault": fault})
    bench.post("2/card", {"uid": CARDS["card-dna"], "way": "proof"} if fault == "left" else {"uid": CARDS["card-li"]})
    until(lambda: (notice := shop.view(2).notice) is not None and notice.code == "scan_again")
    assert shop.view(2).member is None
    bench.post("2/card", {"uid": CARDS["card-li"]})
    until(lambda: shop.view(2).member is not None)


def test_fault_38_one_reader_unplugged_half_way_leaves_the_others_alone(shop: TestShop, bench: Browser) -> None:
    for lane in (1, 2):
        bench.post(f"{lane}/card", {"uid": CARDS["badge-zhang"]})
        until(lambda lane=lane: shop.view(lane).stage is Stage.SELLING)
    bench.post("1/fault", {"device": "scanner-1", "fault": "unplug"})
    bench.post("1/code", {"text": "6901234567892"})
    until(lambda: shop.parts.health.device("scanner-1").state == "gone")  # type: ignore[union-attr]
    bench.post("2/code", {"text": "4006381333931"})
    until(lambda: len(shop.view(2).lines) == 1)
    bench.post("1/plug", {"device": "scanner-1", "is_in": True})
    began = time.monotonic()
    until(lambda: shop.parts.health.device("scanner-1").state == "ok")  # type: ignore[union-attr]
    assert time.monotonic() - began < 1.5
    bench.post("1/code", {"text": "4006381333931"})
    until(lambda: len(shop.view(1).lines) == 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"device": "scanner-1", "fault": "melt"}, 400),
        ({"device": "scanner-2", "fault": "noise"}, 404),  # of another lane
        ({"device": "printer-1", "fault": "noise"}, 400),  # a reader's
        ({"device": "cards-1", "fault": "lost"}, 400),  # of another kind
    ],
)
def test_a_fault_that_a_device_does_not_know_is_refused(bench: Browser, body: object, status: int) -> None:
    assert bench.status("1/fault", body) == status


def test_the_bench_offers_the_faults_of_each_wire(bench: Browser) -> None:
    page = bench.get("/bench")
    assert 'data-fault="glued" data-of="scanner-1"' in page
    assert 'data-fault="checksum" data-of="cards-1"' in page
    assert 'data-fault="repeat" data-of="scanner-2"' in bench.get("/bench?lane=2")
    assert 'data-fault="two" data-of="cards-2"' in bench.get("/bench?lane=2")


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_every_fault_of_every_device_is_offered_by_name(shop: TestShop, bench: Browser, language: str) -> None:
    """By a button of its own, or by the plug beside the device."""
    offered: dict[str, set[str]] = {}
    for lane in (1, 2):
        asked = urllib.request.Request(f"{bench.url}/bench?lane={lane}", headers={"Cookie": f"lang={language}"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            page = answer.read().decode()
        assert f'lang="{language}"' in page
        for kind, fault, of, words in re.findall(
            r'<button type="button" data-(fault|scale-trouble|pole-trouble)="(\w*)"(?: data-of="([^"]+)")?[^>]*>([^<]*)<',
            page,
        ):
            device = of or {"scale-trouble": "scale-1", "pole-trouble": "pole-1"}[kind]
            assert words and words.isascii() == (language == "en"), (device, fault, words)
            offered.setdefault(device, set()).add(fault)
        for device in re.findall(r'data-plug="([^"]+)"', page):
            offered.setdefault(device, set()).add("unplug")
        for device in re.findall(
            r'data-device="([^"]+)" data-state="\w+">(?:(?!<section).)*?data-verb="paper_out"', page, re.S
        ):
            offered.setdefault(device, set()).add("paper_out")
    devices = {**shop.parts.readers, **shop.parts.printers, **shop.parts.counter}
    assert {type(each).__name__ for each in devices.values()} >= {
        "WiredReader",
        "FakePrinter",
        "WiredScale",
        "WiredPole",
    }
    for name, device in devices.items():
        known = set(getattr(device, "one_time_faults", ()) or getattr(device, "faults", ()))
        assert known and known <= offered[name], (name, known - offered[name])


def test_scan_to_identify_by_touch(shop: TestShop, bench: Browser) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        bench.get("/lane/1/settings/identify")
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    assert bench.get("/lane/1/settings/identify") == ""  # nobody asked
    assert 'data-post="/lane/1/settings/identify"' in bench.get("/lane/1/devices")
    request = urllib.request.Request(
        f"{bench.url}/lane/1/settings/identify", data=b"", headers={"X-CSRFToken": bench._token}
    )
    with bench._opener.open(request, timeout=10) as answer:
        assert "30" in answer.read().decode()
    bench.post("1/code", {"text": "6901234567892"})
    until(lambda: "scanner-1" in bench.get("/lane/1/settings/identify"))
    assert shop.view().lines == ()
