"""From the last byte of a scan to the painted screen in Chromium, at 1,000 and 100,000 items, beside a bare SSE page.

The daemon is the installed command with a serial scanner on a pty. The bare page is the least that can show a scan: the
same web server, one event, one text. All three take turns in one browser, so that a noisy machine is noisy to all.
"""

from __future__ import annotations

import os
import pty
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cheroot.wsgi import Server
from flask import Flask, Response
from playwright.sync_api import Browser, Page

from benchmarks.browser import browsers, p99, painted_after, watched
from benchmarks.screen_client import ScreenClient
from benchmarks.start_and_memory import free_port
from edge.store import catalog, staff
from edge.store.database import open_store
from rules.basket import Item, Names

GOAL_BARE, GOAL_GROWTH = 3.0, 1.2
ROUNDS, SCANS_A_ROUND, WARM_UP = 8, 15, 10
SKUS_SCANNED = 10
SCANS_AFTER_SWITCH = 3
END = "end"

CONFIG = """
[store]
id = "S001"
name_zh_hans = "基准店"
[[lane]]
number = 1
[[device]]
name = "scanner"
kind = "serial_scanner"
path = "{scanner}"
[screen]
port = {port}
"""


@dataclass(frozen=True, slots=True)
class Course:
    """Something that is scanned at, and the page that shows it."""

    name: str
    page: Page
    scan: Callable[[int], None]
    url: str = ""
    """Of the daemon behind it."""


def make_store(folder: Path, items: int) -> None:
    store = open_store(folder / "data" / "taptill.db", synchronous="OFF")
    with store.transaction():
        for number in range(items):
            sku = f"{number:08d}"
            catalog.put_item(
                store.db, Item(sku, Names(f"商品第{number}号"), 0, unit="件", tax_bp=1_300), initials="spdh"
            )
            catalog.put_code(store.db, sku, sku)
            catalog.put_price(store.db, sku, 100 + number % 900, effective_from_ms=0)
        staff.add(store.db, staff_id="zhang", name="张", role="manager", pin="1234")
    store.close()


def daemon_course(items: int, browser: Browser, stack: ExitStack) -> Course:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    make_store(folder, items)
    master, slave = pty.openpty()
    port = free_port()
    (folder / "taptill.toml").write_text(CONFIG.format(scanner=os.ttyname(slave), port=port))
    log = stack.enter_context((folder / "log").open("wb"))
    command = [str(Path(sys.executable).parent / "taptill"), "run", "--config", str(folder / "taptill.toml")]
    daemon = subprocess.Popen(command, stdout=log, stderr=log)
    stack.callback(lambda: (daemon.terminate(), daemon.wait(15)))
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 20
    while True:
        try:
            screen = ScreenClient(url, lane=1)
            break
        except OSError:
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)
    screen.do("sign_in", staff_id="zhang", pin="1234")
    page = watched(browser, f"{url}/lane/1")
    codes = [f"{number * (items // SKUS_SCANNED):08d}\r".encode() for number in range(SKUS_SCANNED)]
    return Course(f"{items:,} items", page, lambda number: os.write(master, codes[number % SKUS_SCANNED]), url)


def bare_course(browser: Browser, stack: ExitStack) -> Course:
    events: queue.SimpleQueue[str] = queue.SimpleQueue()
    app = Flask("bare")

    @app.get("/")
    def page() -> str:
        return "<p id=view></p><script>new EventSource('/s').onmessage=e=>view.textContent=e.data</script>"

    @app.get("/s")
    def stream() -> Response:
        def lines() -> Iterator[str]:
            yield from (f"data: {text}\n\n" for text in iter(events.get, END))

        return Response(lines(), mimetype="text/event-stream")

    server = Server(("127.0.0.1", free_port()), app, numthreads=4, max=4)
    server.shutdown_timeout = 0.5
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    stack.callback(server.stop)
    stack.callback(lambda: events.put(END))
    shown = watched(browser, f"http://127.0.0.1:{server.bind_addr[1]}/")
    return Course("bare SSE page", shown, lambda number: events.put(f"item {number}"))


def measure(course: Course, number: int) -> float:
    """Return milliseconds from the scan to the first frame that shows something new."""
    return painted_after(lambda: course.scan(number), course.page)[0]


def main() -> int:
    with ExitStack() as stack:
        (browser,) = stack.enter_context(browsers())
        courses = [
            bare_course(browser, stack),
            daemon_course(1_000, browser, stack),
            daemon_course(100_000, browser, stack),
        ]
        took: dict[str, list[float]] = {course.name: [] for course in courses}
        for course in courses:
            course.page.bring_to_front()
            for number in range(WARM_UP):
                measure(course, number)
        for round_number in range(ROUNDS):
            for course in courses:
                course.page.bring_to_front()
                # A page that comes to the front is drawn as a whole first; a till's page is always there.
                for number in range(SCANS_AFTER_SWITCH):
                    measure(course, number)
                took[course.name] += [measure(course, round_number + number) for number in range(SCANS_A_ROUND)]
    bare, small, large = (took[course.name] for course in courses)
    for name, values in took.items():
        print(
            f"scan to painted, {name}: p50 {statistics.median(values):.1f} ms, p99 {p99(values):.1f} ms"
            f" ({len(values)} scans)"
        )
    worst = max(statistics.median(small), statistics.median(large)) / statistics.median(bare)
    growth = statistics.median(large) / statistics.median(small)
    print(
        f"  beside the bare page: {worst:.2f} x (goal at most {GOAL_BARE});"
        f" 100,000 beside 1,000 items: {growth:.2f} x (goal at most {GOAL_GROWTH})"
    )
    return 0 if worst <= GOAL_BARE and growth <= GOAL_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
