"""A shop as its owner sets it up: made by commands, described by a file, run by the installed `taptill`."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

from drivers.escpos_paper import Paper, decode
from drivers.fake_printer import FakePrinterServer
from edge.config_file import DATABASE
from edge.store import cards, catalog, members
from edge.store.database import open_store
from rules.basket import Item, Names
from tests.brokers import free_port
from tests.main_job.wires import CardReader, Scanner
from tests.offices import TENANT, wait_for

TAPTILL = Path(sys.executable).with_name("taptill")
PIN, CASHIER_PIN = "2468", "1357"
CASHIER = "02"
ANNA, ANNA_PHONE = "m-anna", "13800001234"
ANNA_CARD_DECIMAL, ANNA_CARD = "2662624614", "9eb46d66"
"""What the reader types of the card, and its UID: four bytes, the card's first byte the highest."""
HOSTILE_CARD = "04c43bc21c2680"
HOSTILE = "<b id=oops>蜜桃</b>\x1b@\x1d!\x11'); DROP TABLE sale;--"
"""A name with markup, ESC/POS commands and SQL."""
TEA, TEA_CODE = "1001", "6901234567892"
OIL, OIL_CODE = "1002", "6909876543212"
APPLES, APPLES_LABEL = "2001", "2100101012341"
"""A label of the shop's scale: apples for 12.34."""
PEACH, PEACH_CODE = "3001", "6900000000014"
UNKNOWN_CODE = "4006381333931"
LONG_AGO_MS = 1_700_000_000_000
READY_WAIT_S = 15.0
END_WAIT_S = 5.0

PROMOTIONS = """
[points]
per_yuan_bp = 10_000

[[tiers]]
id = "blue"
names = { zh_hans = "普卡" }
spend_from = 0
points_per_yuan_bp = 10_000

[[tiers]]
id = "gold"
names = { zh_hans = "金卡" }
spend_from = 100_000
points_per_yuan_bp = 15_000

[[promotions]]
id = "member-price"
kind = "member_price"
names = { zh_hans = "会员价", en = "Member price" }
scope = { all = true }
who = { members_only = true }

[[promotions]]
id = "spend-50"
kind = "spend_off"
names = { zh_hans = "满50减5", en = "5 off from 50" }
scope = { all = true }
steps = [{ spend = 5_000, off = 500 }]
"""


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command to its end."""
    return subprocess.run([TAPTILL, *words], capture_output=True, text=True, timeout=60, check=False)


def found(folder: Path) -> None:
    """Make the store with its manager and its cashier, as `taptill` does it for a new owner."""
    for name, pin in (("pin", PIN), ("cashier-pin", CASHIER_PIN)):
        (folder / name).write_text(f"{pin}\n")
    made = command(
        "init", folder, "--store-id", "S001", "--name", "好邻居便利店", "--manager", "王店长",
        "--pin-file", folder / "pin",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    added = command(
        "user", "add", "--config", folder / "taptill.toml", "--name", "小李", "--role", "cashier",
        "--pin-file", folder / "cashier-pin",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr


class Shop:
    """Store S001 with one lane, a copy of the one that was founded: its folder, the far ends of its wires, and its daemon."""

    def __init__(self, folder: Path, broker_port: int, *, founded: Path) -> None:
        shutil.copytree(founded, folder)
        self.folder = folder
        self.config = folder / "taptill.toml"
        self.port = free_port()
        self.scanner = Scanner(folder / "scanner")
        self.cards = CardReader(folder / "cards")
        self.printer = FakePrinterServer()
        self._printer_port = self.printer.serve()
        self._process: subprocess.Popen[bytes] | None = None
        self.config.write_text(self._described(broker_port))
        (folder / "promotions.toml").write_text(PROMOTIONS)
        self._fill()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def _described(self, broker_port: int) -> str:
        return f"""
[store]
id = "S001"
tenant = "{TENANT}"
name_zh_hans = "好邻居便利店"
address = "梧桐路 88 号"
thanks = "谢谢惠顾"
data_dir = "data"

[rules]
promotions = "promotions.toml"

[staff]
idle_lock_minutes = 0
pin_tries = 2
pin_wait_s = 30

[[lane]]
number = 1
printer = "printer-1"

[[device]]
name = "scanner-1"
kind = "serial_scanner"
path = "{self.scanner.path}"

[[device]]
name = "cards-1"
kind = "evdev_cards"
path = "{self.cards.path}"

[[device]]
name = "printer-1"
kind = "escpos_printer"
path = "tcp://127.0.0.1:{self._printer_port}"

[[scale_code]]
prefix = "21"
format = "FFWWWWWEEEEEC"

[broker]
host = "127.0.0.1"
port = {broker_port}

[screen]
port = {self.port}
"""

    def _fill(self) -> None:
        store = open_store(self.database)
        with store.transaction():
            for sku, names, unit, code, amount, is_weighed in (
                (TEA, Names("乌龙茶 500ml", "烏龍茶 500ml", "Oolong tea 500 ml"), "瓶", TEA_CODE, 500, False),
                (OIL, Names("花生油 1.8L", "花生油 1.8L", "Peanut oil 1.8 l"), "桶", OIL_CODE, 3_990, False),
                (APPLES, Names("红富士苹果", "紅富士蘋果", "Fuji apples"), "kg", APPLES_LABEL[:7], 1_280, True),
                (PEACH, Names(HOSTILE, HOSTILE, HOSTILE), "个", PEACH_CODE, 300, False),
            ):
                catalog.put_item(store.db, Item(sku=sku, names=names, price=amount, unit=unit, is_weighed=is_weighed))
                catalog.put_code(store.db, code.zfill(14) if len(code) == 13 else code, sku)
                catalog.put_price(store.db, sku, amount, effective_from_ms=LONG_AGO_MS)
            catalog.put_price(store.db, TEA, 450, effective_from_ms=LONG_AGO_MS, tier_id="")
            catalog.put_quick_page(store.db, 1, Names("热销", en="Popular"), [(TEA, "teal"), (OIL, "amber")])
            members.put_member(
                store.db, member_id=ANNA, code="M0001", joined_ms=LONG_AGO_MS, tier_id="gold", name="陈安娜",
                phone=ANNA_PHONE,
            )  # fmt: skip
            cards.put_card(store.db, ANNA_CARD, ANNA, since_ms=LONG_AGO_MS)
            members.put_member(
                store.db, member_id="m-oops", code="M0002", joined_ms=LONG_AGO_MS, tier_id="blue", name=HOSTILE,
                phone="13800009999",
            )  # fmt: skip
            cards.put_card(store.db, HOSTILE_CARD, "m-oops", since_ms=LONG_AGO_MS)
        store.close()

    @property
    def database(self) -> Path:
        return self.folder / "data" / DATABASE

    def rows(self, sql: str, *params: object) -> list[Any]:
        """Return rows of the store's database, looked at from outside."""
        return rows(self.database, sql, *params)

    def start(self) -> Shop:
        """Start the daemon and wait until its page answers and its devices are open."""
        with (self.folder / "daemon.log").open("ab") as log:
            self._process = subprocess.Popen(
                [TAPTILL, "run", "--config", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, env={**os.environ, "LANG": "C.UTF-8"},
            )  # fmt: skip
        wait_for(self._is_up, within_s=READY_WAIT_S)
        return self

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "daemon.log").read_text()
        try:
            with urllib.request.urlopen(self.url, timeout=5) as answer:
                return answer.status == 200 and self.scanner.is_opened
        except (urllib.error.URLError, OSError):
            return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the daemon and return its exit code."""
        assert self._process is not None
        self._process.send_signal(how)
        code = self._process.wait(END_WAIT_S)
        self._process = None
        return code

    def papers(self) -> list[Paper]:
        """Return what came out of the printer, oldest first."""
        return [paper for job in tuple(self.printer.jobs) if (paper := decode(job)).lines]

    def kicks(self) -> list[int]:
        """Return the pin of each pulse that the drawer got, oldest first."""
        return [pin for job in tuple(self.printer.jobs) for pin in decode(job).kicks]

    def close(self) -> None:
        if self._process is not None:
            self.end(signal.SIGKILL)
        self.printer.stop()
        self.scanner.unplug()
        self.cards.close()


def rows(path: Path, sql: str, *params: object) -> list[Any]:
    """Return rows of a SQLite file without being able to change it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
        return db.execute(sql, params).fetchall()
