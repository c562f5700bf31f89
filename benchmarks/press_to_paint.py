"""From a press to the painted frame, for what a cashier does, in Chromium slowed down four times.

A whole daemon with 20,000 items and a basket of 40 lines, in a process of its own as in a shop. Time begins at the
event in the page and ends with the first frame that shows what the press brings: what lies between is the page, the
request, the till, the stream and the paint. A number on the command line says how many rounds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
from playwright.sync_api import Error, Page, sync_playwright

from benchmarks.browser import CHROMIUM, CHROMIUM_ARGS, p99
from benchmarks.daemon import running
from edge.store import catalog, staff
from edge.store.database import open_store
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

PAINTED = "painted "

# Begins at the event itself; ends in the task after the frame in which the page first shows what was asked for. The end
# is told, not asked for: who asks with each frame has frames made that nobody needs, and what is evaluated in the page
# after the press runs in the main thread between the press and its frame.
WATCH = f"""
() => {{
  window.bench = {{ shows: null }};
  bench.arm = (shows, began) => Object.assign(bench, {{ began, painted: 0, shows }});
  const begin = (event) => {{ if (!bench.began && event.isTrusted) bench.began = event.timeStamp; }};
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, begin, true);
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {{
    if (!bench.shows || bench.painted) return;
    bench.painted = performance.now();
    bench.shows = null;
    console.debug("{PAINTED}" + JSON.stringify([bench.painted, bench.began, performance.timeOrigin]));
  }};
  const look = () => {{
    if (!bench.shows || !bench.began || bench.painted || !bench.shows()) return;
    requestAnimationFrame(() => channel.port2.postMessage(0));
  }};
  const all = {{subtree: true, childList: true, attributes: true, characterData: true}};
  new MutationObserver(look).observe(document.documentElement, all);
}}
"""
SINCE = """(() => {
  const number = () => document.querySelector('#stage').dataset.number, was = number();
  return () => number() !== was;
})()"""
HOME = f"""() => document.querySelector("#stage.selling") && document.querySelectorAll(".line").length === {LINES}
  && document.querySelector("#tools").hidden && !document.querySelector("dialog[open], #found .result, .checking")
  && !/[0-9]/.test(document.querySelector("#entry").textContent)"""
"""The screen on which nearly every deed begins."""

Step = Callable[[Page], object]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a cashier does, with one press that is timed."""

    name: str
    press: str
    """A key, `tap` and what is touched, or `scan` for a code that a scanner brings."""
    shown: str
    """Tells in the page whether it shows what the press brings."""
    before: Step | None = None
    """What leads to the press."""
    back: Step | None = None
    """What leads to the home screen again. Without it, the next deed goes on from there."""
    rest_s: float = REST_S


def shows(selector: str) -> str:
    return f"() => Boolean(document.querySelector({selector!r}))"


def keys(*names: str) -> Step:
    def press(page: Page) -> None:
        for name in names:
            page.keyboard.press(name)

    return press


def undo(page: Page) -> None:
    was = page.locator("#stage").get_attribute("data-number")
    page.keyboard.press("F4")
    page.wait_for_function("(was) => document.querySelector('#stage').dataset.number !== was", arg=was)
    page.keyboard.press("Escape")


def ask_much(page: Page) -> None:
    """Lead to a discount that no manager may give alone."""
    keys("6", "0", "/")(page)
    page.wait_for_function("() => document.querySelector('#by-hand-value')?.value === '60'")


def deeds(refill: Step) -> list[Deed]:
    """Return what is pressed, in an order in which each finds the screen that it needs."""
    typed = "() => document.querySelector('#entry').textContent.endsWith('7')"
    figure = "() => document.querySelector('#by-hand-value')?.value === '10'"
    panel, empty, gone = "#panel[open] .panel-head", shows("#empty"), "() => !document.querySelector('dialog[open]')"
    close = keys("Escape")
    return [
        Deed("a digit of the keypad", "7", typed, back=close),
        Deed("choose a line", "ArrowUp", "() => !document.querySelector('#tools').hidden", back=close),
        Deed("scanned code", "scan", SINCE, back=undo),
        Deed("quick key", "tap .quick-key", SINCE),
        Deed("undo", "F4", SINCE, back=close),
        Deed("one more of the newest line", "+", SINCE, keys("ArrowUp"), undo),
        Deed("void a line", "Delete", SINCE, keys("ArrowUp"), undo),
        Deed("discount: why?", "/", figure, keys("1", "0")),
        Deed("discount", "tap [data-by-hand]", shows(".line-less"), back=undo),
        Deed("a second person's yes", "tap [data-by-hand]", shows("#approve[open] #approve-pin"), ask_much, close),
        Deed("first letter of a search", "s", shows("#found .result"), back=close),
        Deed("more", "Insert", shows(panel + " + .panel-main #more"), back=close),
        Deed("member", "F9", shows(panel), back=close),
        Deed("receipts", "F7", shows(panel), back=close),
        Deed("settings", "F8", shows(panel)),
        Deed("close a panel", "Escape", gone, back=close),
        Deed("keys", "F1", shows("#help[open]"), back=close),
        Deed("price check", "Alt+p", shows(".checking"), back=close),
        Deed("hold: for whom?", "F6", shows(panel + " + .panel-main .hold-form")),
        Deed("hold", "tap [data-do=hold]", empty),
        Deed("baskets on hold", "Alt+h", shows(panel + " + .panel-main .held-row")),
        Deed("fetch a basket", "tap [data-do=resume].result", shows(".line"), back=keys()),
        Deed("to pay", "F12", shows("#payment")),
        Deed("cash", "tap .note.exact", shows("#done"), rest_s=GUARD_S),
        Deed("next customer", "Enter", empty, back=refill, rest_s=GUARD_S),
    ]


def measure(page: Page, deed: Deed, scan: Callable[..., object]) -> float:
    """Return milliseconds from the press to the frame, and leave the screen as the next deed needs it."""
    if deed.before is not None:
        deed.before(page)
    time.sleep(deed.rest_s)
    press = scan if deed.press == "scan" else partial(page.keyboard.press, deed.press)
    if deed.press.startswith("tap "):
        box = page.locator(deed.press.removeprefix("tap ")).first.bounding_box()
        assert box is not None, f"{deed.name}: not on the screen"
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        press = partial(page.mouse.click, x, y)
    page.evaluate(f"() => bench.arm({deed.shown}, {int(press is scan)})")
    scanned_ms = time.time() * 1_000
    try:
        with page.expect_console_message(lambda said: said.text.startswith(PAINTED), timeout=TIMEOUT_MS) as told:
            press()
        painted_ms, began_ms, origin_ms = msgspec.json.decode(told.value.text.removeprefix(PAINTED))
        if deed.back is not None:
            time.sleep(deed.rest_s)
            deed.back(page)
            page.wait_for_function(HOME, timeout=TIMEOUT_MS)
    except Error as error:
        raise AssertionError(f"{deed.name}: {error}") from error
    time.sleep(REST_S)
    return float(painted_ms - (scanned_ms - origin_ms if press is scan else began_ms))


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
        staff.add(store.db, staff_id="wang", name="王", role="owner", pin="4321")
    store.close()


def main() -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_store(folder)
        (folder / "taptill.toml").write_text(CONFIG)
        daemon = stack.enter_context(running(folder / "taptill.toml", staff_id="zhang", pin="1234"))

        def scan(number: int = 2_000) -> None:
            daemon.scan(f"{number:08d}")

        def refill(_: object = None) -> None:
            for number in range(LINES):
                scan(1_000 + number)

        refill()
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        stack.callback(browser.close)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{daemon.url}lane/1")
        page.wait_for_function(HOME)
        page.evaluate(WATCH)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        table = deeds(refill)
        for deed in table:
            measure(page, deed, scan)  # the first of each brings what the page keeps
        took: dict[str, list[float]] = {deed.name: [] for deed in table}
        for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS):
            for deed in table:
                took[deed.name].append(measure(page, deed, scan))
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
