"""From exec to READY, and the memory of the daemon with every driver after 1,000 sales.

The daemon is the installed command with real wires and no fakes: a serial scanner on a pty, a card reader that is fed
evdev records, a network printer on a socket, and a broker's address where nobody answers. READY is what it tells the
service manager. The peer is a bare interpreter, and one that has imported Flask, peewee, paho and Pillow.
"""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.screen_client import ScreenClient
from drivers.fake_printer import FakePrinterServer
from edge.store import catalog, members, staff
from edge.store.database import open_store
from rules.basket import Item, Names

READY_GOAL_S, MEMORY_GOAL_MB = 2.0, 90.0
SALES, ITEMS = 1_000, 1_000
SALE_TIMEOUT_S = 10.0
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
kind = "evdev_cards"
path = "{cards}"
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def imported_mb(*modules: str) -> float:
    code = (
        f"import {','.join(('re', *modules))};"
        r"print(re.search(r'VmRSS:\s+(\d+)', open('/proc/self/status').read())[1])"
    )
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) / 1024


def make_store(folder: Path) -> None:
    store = open_store(folder / "data" / "taptill.db")
    with store.transaction():
        for number in range(ITEMS):
            sku = f"{number:06d}"
            catalog.put_item(store.db, Item(sku, Names(f"商品{number}"), 0, unit="件", tax_bp=1_300))
            catalog.put_code(store.db, sku, sku)
            catalog.put_price(store.db, sku, 100 + number, effective_from_ms=0)
        staff.add(store.db, staff_id="zhang", name="张", role="manager", pin="1234", badge_uid="04000001")
        members.put_member(store.db, member_id="m1", code="M1", joined_ms=0, name="李")
    store.close()


def start_daemon(folder: Path, ready: socket.socket) -> tuple[subprocess.Popen[bytes], float]:
    """Start the daemon and return it with the seconds from exec to READY."""
    command = str(Path(sys.executable).parent / "taptill")
    with (folder / "log").open("ab") as log:
        began = time.monotonic()
        daemon = subprocess.Popen(
            [command, "run", "--config", str(folder / "taptill.toml")],
            env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify")}, stderr=log, stdout=log,
        )  # fmt: skip
    while b"READY=1" not in ready.recv(4_096):
        continue
    return daemon, time.monotonic() - began


def sell(url: str, scanner: int) -> None:
    """Make the sales over the wires: codes by the scanner, everything else as the screen posts it."""
    screen = ScreenClient(url, lane=1)
    screen.do("sign_in", staff_id="zhang", pin="1234")
    for number in range(SALES):
        count = 5
        for line in range(count):
            os.write(scanner, f"{(number * 7 + line) % ITEMS:06d}\r".encode())
        view = screen.wait(lambda view, wanted=count: view.item_count >= wanted, SALE_TIMEOUT_S)
        screen.do("to_pay")
        screen.do("pay", sale_id=view.sale_id, kind="cash", given=view.due)
        screen.wait(lambda view: view.stage == "done", SALE_TIMEOUT_S)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_store(folder)
        master, slave = pty.openpty()
        os.mkfifo(folder / "cards")
        printer = FakePrinterServer()
        port = free_port()
        (folder / "taptill.toml").write_text(
            CONFIG.format(
                scanner=os.ttyname(slave),
                cards=folder / "cards",
                printer=printer.serve(),
                broker=free_port(),
                port=port,
            )
        )
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(str(folder / "notify"))
        ready.settimeout(30)
        daemon, first_s = start_daemon(folder, ready)
        try:
            sell(f"http://127.0.0.1:{port}", master)
            memory = memory_mb(daemon.pid)
            daemon.send_signal(signal.SIGTERM)
            began = time.monotonic()
            daemon.wait(15)
            stopped_s = time.monotonic() - began
            daemon, ready_s = start_daemon(folder, ready)
        finally:
            daemon.terminate()
            daemon.wait(15)
            printer.stop()
    bare, libraries = imported_mb(), imported_mb("flask", "peewee", "paho.mqtt.client", "PIL.Image")
    print(
        f"ready: {first_s:.2f} s at the first start, {ready_s:.2f} s later (goal at most {READY_GOAL_S});"
        f" clean stop {stopped_s:.2f} s"
    )
    print(
        f"memory after {SALES:,} sales with all drivers: {memory:.1f} MB (goal at most {MEMORY_GOAL_MB:.0f});"
        f" bare interpreter {bare:.1f}, the libraries alone {libraries:.1f}; ratio to those {memory / libraries:.2f}"
    )
    return 0 if max(first_s, ready_s) <= READY_GOAL_S and memory <= MEMORY_GOAL_MB else 1


if __name__ == "__main__":
    sys.exit(main())
