"""From a press to the painted frame, for what a cashier does, in Chromium slowed down four times.

A whole daemon with 20,000 items and a basket of 40 lines. Time begins at the event in the page and ends with the first
frame that shows what the press brings: what lies between is the page, the request, the till, the stream and the paint.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import msgspec
from playwright.sync_api import Error, Page, sync_playwright

from benchmarks.browser import CHROMIUM, CHROMIUM_ARGS, p99
from edge import app
from edge.config_file import load_or_last_good
from edge.store import catalog, staff
from edge.store.database import open_store
from edge.till import Till
from rules.basket import Item, Names

GOAL_P50_MS, GOAL_P99_MS = 50.0, 100.0
ITEMS, LINES, THROTTLE, ROUNDS = 20_000, 40, 4, 25
REST_S = 0.12
"""Between two presses: what one set off comes to rest, and a double press is none."""
GUARD_S = 0.55
"""The page takes no press so shortly after a change of stage."""
TIMEOUT_MS = 10_000

CONFIG = """
[store]
id = "S001"
name_zh_hans = "基准店"
[[lane]]
number = 1
"""

# Begins at the event itself; ends in the task after the frame in which the page first shows what was asked for.
WATCH = """
() => {
  window.bench = { began: 0, painted: 0, shows: null };
  const begin = (event) => { if (!bench.began && event.isTrusted) bench.began = event.timeStamp; };
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, begin, true);
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { if (bench.shows && !bench.painted) bench.painted = performance.now(); };
  const look = () => {
    if (!bench.began || bench.painted || !bench.shows || !bench.shows()) return;
    requestAnimationFrame(() => channel.port2.postMessage(0));
  };
  const all = {subtree: true, childList: true, attributes: true, characterData: true};
  new MutationObserver(look).observe(document.documentElement, all);
}
"""
SINCE = """(() => {
  const number = () => document.querySelector('#stage').dataset.number, was = number();
  return () => number() !== was;
})()"""


def shows(selector: str) -> str:
    return f"() => Boolean(document.querySelector({selector!r}))"


Press = Callable[[Page], object]
Deed = tuple[str, Press, str, Press | None, float]
"""Name, the press, what the page then shows, what puts it back, and how long the page rests before."""


def deeds() -> list[Deed]:
    """Return what is pressed, in an order in which each finds the screen that it needs."""

    def key(name: str) -> Press:
        return lambda page: page.keyboard.press(name)

    def tap(selector: str) -> Press:
        return lambda page: page.locator(selector).first.click()

    def close(page: Page) -> None:
        page.keyboard.press("Escape")
        page.wait_for_function("() => !document.querySelector('dialog[open]')")

    def empty_search(page: Page) -> None:
        page.keyboard.press("Escape")
        page.wait_for_function("() => !document.querySelector('.result')")

    def one_more(page: Page) -> None:
        page.keyboard.press("ArrowUp")
        page.keyboard.press("+")

    typed = "() => document.querySelector('#entry').textContent.endsWith('7')"
    in_panel = "#panel[open] .panel-head"
    return [
        ("a digit of the keypad", key("7"), typed, key("Escape"), REST_S),
        ("quick key", tap(".quick-key"), SINCE, None, REST_S),
        ("undo", key("F4"), SINCE, None, REST_S),
        ("choose a line", key("ArrowUp"), "() => !document.querySelector('#tools').hidden", key("Escape"), REST_S),
        ("one more of the newest line", one_more, SINCE, key("F4"), REST_S),
        ("first letter of a search", key("s"), shows(".result"), empty_search, REST_S),
        ("more", key("Insert"), shows(in_panel + " + .panel-main #more"), close, REST_S),
        ("member", key("F9"), shows(in_panel), close, REST_S),
        ("receipts", key("F7"), shows(in_panel), close, REST_S),
        ("settings", key("F8"), shows(in_panel), close, REST_S),
        ("keys", key("F1"), shows("#help[open]"), close, REST_S),
        ("price check", key("Alt+p"), shows(".checking"), key("Escape"), REST_S),
        ("to pay", key("F12"), shows("#payment"), key("Escape"), GUARD_S),
    ]  # fmt: skip


def measure(page: Page, deed: Deed) -> float:
    """Return milliseconds from the press to the frame, and leave the screen as it was."""
    _, press, shown, back, rest_s = deed
    time.sleep(rest_s)
    page.evaluate(f"() => {{ bench.began = bench.painted = 0; bench.shows = {shown}; }}")
    press(page)
    try:
        page.wait_for_function("() => bench.painted", timeout=TIMEOUT_MS)
    except Error as error:
        raise AssertionError(f"{deed[0]}: nothing was painted") from error
    took = float(page.evaluate("() => bench.painted - bench.began"))
    page.evaluate("() => { bench.shows = null; }")
    if back is not None:
        time.sleep(rest_s)
        back(page)
    time.sleep(REST_S)
    return took


def make_store(folder: Path) -> None:
    store = open_store(folder / "data" / "taptill.db", synchronous="OFF")
    with store.transaction():
        for number in range(ITEMS):
            sku = f"{number:08d}"
            catalog.put_item(
                store.db, Item(sku, Names(f"商品第{number}号"), 0, unit="件"), initials="spdh", search="shangpin"
            )
            catalog.put_code(store.db, sku, sku)
            catalog.put_price(store.db, sku, 100 + number % 900, effective_from_ms=0)
        for page in range(3):
            keys = [(f"{page * 20 + number:08d}", "blue") for number in range(20)]
            catalog.put_quick_page(store.db, page + 1, Names(f"第{page + 1}页"), keys, sort=page)
        staff.add(store.db, staff_id="zhang", name="张", role="manager", pin="1234")
    store.close()


def main() -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_store(folder)
        (folder / "taptill.toml").write_text(CONFIG)
        found, _ = load_or_last_good(folder / "taptill.toml")
        assert found is not None
        screen = msgspec.structs.replace(found.config.screen, port=0)
        loaded = replace(found, config=msgspec.structs.replace(found.config, screen=screen))
        parts = app.start(loaded, stack=stack, on_crash=lambda error: sys.exit(repr(error)))
        parts.loop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        for number in range(LINES):
            parts.loop.ask(1, Till.scan, text=f"{1_000 + number:08d}")
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        stack.callback(browser.close)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{parts.url}lane/1")
        page.wait_for_function(f"() => document.querySelectorAll('.line').length === {LINES}")
        page.evaluate(WATCH)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        table = deeds()
        for deed in table:
            measure(page, deed)  # the first of each brings what the page keeps
        took: dict[str, list[float]] = {deed[0]: [] for deed in table}
        for _ in range(ROUNDS):
            for deed in table:
                took[deed[0]].append(measure(page, deed))
    missed = []
    for name, values in took.items():
        p50, tail = statistics.median(values), p99(values)
        print(f"{name}: p50 {p50:.0f} ms, p99 {tail:.0f} ms")
        if p50 >= GOAL_P50_MS or tail >= GOAL_P99_MS:
            missed.append(name)
    print(
        f"goal: p50 below {GOAL_P50_MS:.0f} ms and p99 below {GOAL_P99_MS:.0f} ms for each: "
        + (f"missed by {', '.join(missed)}" if missed else "met")
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
