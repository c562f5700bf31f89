"""What the whole daemon costs while nobody sells: four devices, one screen in Chromium, and the broker connected.

The daemon is the installed command, a process of its own, with its real drivers: a serial scanner, a PN532 that looks
for cards, a scale that talks ten times a second and a network printer that is asked how it is. The far ends are the
simulators in this process, and mosquitto is a process of its own, so that none of them is counted.
What is counted is /proc's user and system time of the daemon.
"""

from __future__ import annotations

import os
import pty
import socket
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.browser import browsers
from benchmarks.screen_client import ScreenClient
from benchmarks.start_and_memory import free_port, make_store, start_daemon
from drivers.fake_pn532 import FakePn532
from drivers.fake_printer import FakePrinterServer
from drivers.fake_scale import FakeScale
from tests.brokers import Mosquitto

GOAL_PERCENT = 1.5
SETTLE_S, SPAN_S, SPANS = 5.0, 10.0, 3
ONLINE_S = 20.0
CONFIG = """
[store]
id = "S001"
name_zh_hans = "基准店"
[[lane]]
number = 1
printer = "printer"
[[device]]
name = "scanner"
kind = "serial_scanner"
path = "{scanner}"
[[device]]
name = "cards"
kind = "pn532_cards"
path = "{cards}"
[[device]]
name = "scale"
kind = "serial_scale"
protocol = "st_gs"
path = "{scale}"
max_weight_g = 15000
[[device]]
name = "printer"
kind = "escpos_printer"
path = "tcp://127.0.0.1:{printer}"
[broker]
host = "127.0.0.1"
port = {broker}
[screen]
port = {port}
"""


def used_s(pid: int) -> float:
    """Return the seconds of user and system time that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percent(pid: int) -> list[float]:
    """Return the percent of one core that a process takes, over some spans one after the other."""
    found = []
    for _ in range(SPANS):
        before, began = used_s(pid), time.monotonic()
        time.sleep(SPAN_S)
        found.append((used_s(pid) - before) / (time.monotonic() - began) * 100)
    return found


def daemon_at_rest(stack: ExitStack) -> int:
    """Start the daemon with everything around it, sign in at a real screen, and return its process."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    make_store(folder)
    broker = Mosquitto(folder).start()
    stack.callback(broker.stop)
    master, slave = pty.openpty()
    stack.callback(os.close, master)
    chip, scale, printer = FakePn532(), FakeScale("st_gs"), FakePrinterServer()
    scale.start()
    stack.callback(scale.stop)
    stack.callback(chip.unplug)
    port = free_port()
    text = CONFIG.format(
        scanner=os.ttyname(slave), cards=chip.path, scale=scale.path, printer=printer.serve(), broker=broker.port,
        port=port,
    )  # fmt: skip
    stack.callback(printer.stop)
    (folder / "taptill.toml").write_text(text)
    ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ready.bind(str(folder / "notify"))
    ready.settimeout(30)
    daemon, _ = start_daemon(folder, ready)
    stack.callback(daemon.wait, 15)
    stack.callback(daemon.terminate)
    url = f"http://127.0.0.1:{port}"
    ScreenClient(url, lane=1).do("sign_in", staff_id="zhang", pin="1234")
    (browser,) = stack.enter_context(browsers(1))
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{url}/lane/1")
    # Each of the four is in order, and the broker is there: a device that is waited for would cost something else.
    page.wait_for_function("() => document.querySelectorAll('.chips .chip.good').length >= 4", timeout=ONLINE_S * 1_000)
    assert page.locator(".chips .chip.bad").count() == 0, page.locator(".chips").inner_text()
    return daemon.pid


def main() -> int:
    with ExitStack() as stack:
        pid = daemon_at_rest(stack)
        time.sleep(SETTLE_S)
        spans = percent(pid)
    idle = statistics.median(spans)
    print(
        f"idle daemon, four devices, one screen, broker: {idle:.2f} % of one core (goal at most {GOAL_PERCENT});"
        f" spans of {SPAN_S:.0f} s: {', '.join(f'{each:.2f}' for each in spans)}"
    )
    return 0 if idle <= GOAL_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
