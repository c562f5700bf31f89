"""The browser of every benchmark that looks at a screen, and the stopwatch in its page."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
PAINT_TIMEOUT_MS = 10_000
REST_S = 0.03
"""What a frame set off comes to rest within it."""

# A frame is on the screen once the task after its animation callbacks runs.
WATCH = """
(target) => {
  window.painted = [];
  new MutationObserver(() => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.painted.push(performance.timeOrigin + performance.now());
    channel.port2.postMessage(0);
  })).observe(document.querySelector(target), {subtree: true, childList: true, characterData: true, attributes: true});
}
"""


@contextmanager
def browsers(count: int = 1) -> Iterator[list[Browser]]:
    """Run so many browsers, each a process of its own, as the windows of a box are."""
    with sync_playwright() as playwright:
        running = [playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS) for _ in range(count)]
        yield running
        for browser in running:
            browser.close()


def watched(browser: Browser, url: str) -> Page:
    """Return a page that notes when it has painted something new in `#view`."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(url)
    page.evaluate(WATCH, "#view")
    return page


def painted_after(act: Callable[[], None], *pages: Page) -> list[float]:
    """Do something, and return for each page the milliseconds until its first frame that shows something new."""
    for page in pages:
        page.evaluate("() => { window.painted = []; }")
    began = time.time() * 1_000
    act()
    found = [
        float(page.wait_for_function("() => window.painted[0]", timeout=PAINT_TIMEOUT_MS).json_value()) - began
        for page in pages
    ]
    time.sleep(REST_S)
    return found


def p99(values: list[float]) -> float:
    """Return the smallest value that 99 % reach at most: the slowest of fewer than a hundred."""
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]
