"""The devices page: what is wrong with which device and what to do, by touch; raw bytes and recordings for a technician."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from drivers.recording import load
from edge.text_device_help import DEVICE_ADVICE
from edge.text_devices import DEVICE_STATES
from edge.till import Till
from tests.edge.test_bench import until
from tests.shops import CARDS, CONFIG, COUNTER, TestShop

WIRED = (
    CONFIG.replace('"fake_scanner"', '"fake_serial_scanner"', 1).replace('"fake_cards"', '"fake_pn532_cards"', 1)
    + COUNTER
    + "\n[screen]\nbench = true\n"
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", config=WIRED) as made:
        until(lambda: all(each.state == "ok" for each in made.parts.health.strip().devices))
        made.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        made.ask(2, Till.sign_in, staff_id="chen", pin="5678")
        yield made


Opened = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser, shop: TestShop) -> Iterator[Opened]:
    pages = []

    def open_page(*, lane: int = 1, language: str = "en", size: tuple[int, int] = (800, 480)) -> Page:
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        pages.append(page)
        page.context.add_cookies([{"name": "lang", "value": language, "url": shop.parts.url}])
        page.goto(f"{shop.parts.url}lane/{lane}")
        page.locator("[data-panel=settings]").first.click()
        page.locator("#panel [data-panel=devices]").click()
        expect(page.locator(".device-page")).to_be_visible()
        return page

    yield open_page
    for page in pages:
        page.close()


def choose(page: Page, name: str) -> None:
    page.locator(".device-row", has_text=name).click()
    expect(page.locator(".device-name")).to_contain_text(name)


def test_every_state_that_needs_something_says_what() -> None:
    assert DEVICE_ADVICE.keys() | {"ok", "opening", "off"} == DEVICE_STATES.keys()


def test_what_is_wrong_comes_first_with_its_remedy(shop: TestShop, opened: Opened) -> None:
    shop.printer("printer-2").paper_out()
    shop.scale().be("garbage")
    until(lambda: shop.parts.health.device("scale-1").state == "garbled")  # type: ignore[union-attr]
    page = opened()
    rows = page.locator(".device-row.bad")
    expect(rows).to_have_count(2)
    assert page.locator(".device-row").first.get_attribute("class") == rows.first.get_attribute("class")
    choose(page, "printer-2")
    expect(page.locator("#device-now")).to_contain_text("Put in a roll of paper.")
    shop.printer("printer-2").repair()
    expect(page.locator("#device-now .device-state")).to_contain_text("Ready", timeout=4_000)
    choose(page, "scale-1")
    expect(page.locator("#device-now")).to_contain_text("It sends something else than st_gs at 9600 baud.")


def test_the_rows_say_by_themselves_what_changed_and_stay_where_they_are(shop: TestShop, opened: Opened) -> None:
    page = opened()
    rows = page.locator(".device-row")
    before = rows.locator(".clip:not(.soft)").all_inner_texts()
    row = page.locator(".device-row", has_text="printer-2")
    expect(row).to_contain_class("good")
    row.focus()
    shop.printer("printer-2").paper_out()
    expect(row).to_contain_class("bad", timeout=15_000)
    expect(row).to_contain_text("Out of paper")
    expect(row).to_be_focused()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/devices/")[2]))
    shop.printer("printer-2").repair()
    expect(row).to_contain_class("good", timeout=15_000)
    assert rows.locator(".clip:not(.soft)").all_inner_texts() == before
    # However often they were painted, one press is one question.
    choose(page, "printer-2")
    assert asked.count("printer-2") == 1


def test_a_test_page_by_touch(shop: TestShop, opened: Opened) -> None:
    page = opened()
    choose(page, "printer-1")
    page.get_by_role("button", name="Print test").click()
    until(lambda: shop.printer("printer-1").printed == 1)
    paper = shop.printer("printer-1").paper(shop.printer("printer-1").jobs()[-1])
    text = "\n".join(line.text for line in paper.lines)
    assert "123456789012345678901234567890123456789012345678" in text and "简体中文" in text


def test_raw_bytes_and_a_recording_that_plays_again(shop: TestShop, opened: Opened, tmp_path: Path) -> None:
    page = opened()
    choose(page, "scanner-1")
    page.get_by_role("button", name="Listen for 60 s").click()
    expect(page.locator("#device-now")).to_contain_text("Nothing is sold meanwhile.")
    shop.parts.readers["scanner-1"].type("6901234567892")  # type: ignore[attr-defined]
    expect(page.locator(".device-hex")).to_contain_text("02 36 39 30 31")
    expect(page.locator(".device-hex")).to_contain_text(".6901234")
    page.get_by_role("button", name="Stop listening").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Save the recording").click()
    file = tmp_path / "scanner-1.rec"
    waiting.value.save_as(file)
    assert waiting.value.suggested_filename == "scanner-1.rec"
    recording = load(file)
    assert (recording.kind, recording.data) == ("fake_serial_scanner", b"\x026901234567892\r\n")
    # Nothing was sold meanwhile, and now it is again.
    assert shop.view().lines == ()
    shop.parts.readers["scanner-1"].type("6901234567892")  # type: ignore[attr-defined]
    until(lambda: len(shop.view().lines) == 1)


def test_a_scale_is_listened_to_while_it_weighs_on(shop: TestShop, opened: Opened) -> None:
    page = opened()
    choose(page, "scale-1")
    page.get_by_role("button", name="Listen for 60 s").click()
    shop.scale().put(532)
    expect(page.locator(".device-hex")).to_contain_text("32kg", timeout=4_000)


def test_bytes_are_for_managers_and_kept_only_while_somebody_listens(shop: TestShop, opened: Opened) -> None:
    page = opened(lane=2)
    choose(page, "scanner-1")
    expect(page.locator("#device")).not_to_contain_text("Listen")
    for way, path in (("POST", "listen"), ("GET", "recording")):
        address = f"{shop.parts.url}lane/2/devices/scanner-1/{path}"
        token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
        assert page.request.fetch(address, method=way, headers={"X-CSRFToken": token}).status == 403
    shop.parts.readers["cards-1"].type(CARDS["card-li"])  # type: ignore[attr-defined]
    until(lambda: shop.view().member is not None)
    manager = opened()
    assert manager.request.get(f"{shop.parts.url}lane/1/devices/cards-1/recording").status == 404
    assert manager.request.get(f"{shop.parts.url}lane/1/devices/nothing").status == 404
    shop.ask(1, Till.sign_out)
    assert manager.request.get(f"{shop.parts.url}lane/1/devices").status == 403


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
@pytest.mark.parametrize("size", [(800, 480), (1_280, 800)])
def test_nothing_is_cut_on_any_screen(shop: TestShop, opened: Opened, language: str, size: tuple[int, int]) -> None:
    shop.pole().unplug()
    until(lambda: shop.parts.health.device("pole-1").state == "gone")  # type: ignore[union-attr]
    page = opened(language=language, size=size)
    choose(page, "pole-1")
    expect(page.locator(".device-fix")).to_be_visible()
    for part in (".device-page", "#device", "#panel"):
        wide = page.locator(part).evaluate("(each) => each.scrollWidth - each.clientWidth")
        assert wide <= 1, (part, wide)
    assert page.locator(".device-row").first.evaluate("(each) => each.getBoundingClientRect().height") >= 44


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
@pytest.mark.parametrize("size", [(800, 480), (1_280, 800)])
def test_nothing_of_the_bench_lies_over_anything_else(
    shop: TestShop, chromium: Browser, language: str, size: tuple[int, int]
) -> None:
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
    page.context.add_cookies([{"name": "lang", "value": language, "url": shop.parts.url}])
    page.goto(f"{shop.parts.url}bench?lane=1")
    # One of a group is open at a time, as they are for whoever presses them.
    for at in range(page.locator(".b-odd").count()):
        page.evaluate("(at) => { document.querySelectorAll('.b-odd')[at].open = true; }", at)
    assert page.locator(".b-odd[open]").count() >= 4
    ends = page.locator(".b-device").evaluate_all(
        "(all) => all.filter((each) => each.scrollHeight > each.clientHeight + 1).map((each) => each.id)"
    )
    assert ends == []
    page.close()
