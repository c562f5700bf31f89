"""A receipt of 40 Chinese lines to bytes, by the printer's font and as pictures; how soon its trouble is seen.

Floor of the bytes: the same texts through Python's own GBK codec, line by line, with no layout and no command. The
paper runs out, the cover opens, an error stops it or it falls silent at a printer on a real socket, at any moment of
the daemon's round, and that counts as seen when the words stand in the stream of the lane's screen.
"""

from __future__ import annotations

import http.client
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.start_and_memory import free_port
from drivers.document import Document, Line, layout
from drivers.escpos_render import render
from drivers.fake_printer import FakePrinterServer
from drivers.pen import open_pen
from edge.clock import Clock
from edge.config import StoreConfig
from edge.receipt import ReceiptWords, receipt
from edge.texts import Texts
from rules.basket import Names
from rules.sale import Sale, SaleLine, SaleTender

GOAL_BYTES_MS, GOAL_PICTURE_MS, GOAL_NOTICED_S = 10.0, 150.0, 2.0
LINES, ROUNDS, NOTICES = 40, 30, 6
SEEN = {"paper_out": "Out of paper", "cover_open": "Cover open", "error": "Unplugged", "silent": "Unplugged"}
"""What the strip says of each trouble of the printer."""
CONFIG = """
[store]
id = "S001"
name_zh_hans = "基准店"
[[lane]]
number = 1
printer = "printer"
[[device]]
name = "printer"
kind = "escpos_printer"
path = "tcp://127.0.0.1:{printer}"
[screen]
port = {port}
"""


def long_receipt() -> Document:
    """Return a receipt of 40 items, each with a Chinese name of its own."""
    words = "可口可乐鲜牛奶东北大米红富士苹果吐司面包矿泉水酸奶火腿肠洗衣液卫生纸方便面薯片巧克力"
    lines = tuple(
        SaleLine(
            sku=f"{number}", names=Names(f"{words[number % 30 : number % 30 + 8]}{number}克装"), unit="袋", quantity=2,
            weight_g=None, unit_price=350 + number, gross=700 + 2 * number, net=700 + 2 * number, unit_nets=(),
            discounts=(), tax_bp=1_300, tax=0, code="",
        )
        for number in range(LINES)
    )  # fmt: skip
    total = sum(line.net for line in lines)
    sale = Sale(
        sale_id="s", lane=1, staff_id="z", member_id=None, business_date="2026-11-23", sold_at_ms=1_795_320_000_000,
        gross=total, discount=0, total=total, tax=0, change=0, item_count=2 * LINES, lines=lines,
        tenders=(SaleTender("cash", total, total),), promotions=(), rules_version="1",
        receipt_number="S001-1-20261123-0001",
    )  # fmt: skip
    store = StoreConfig(id="S001", name_zh_hans="街角便利店", address="杭州市延安路 18 号", thanks="谢谢光临")
    return receipt(sale, ReceiptWords(store, Texts("zh-Hans"), staff_name="小张"), clock=Clock())


def median_ms(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1_000)
    return statistics.median(took)


def once_ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


def bytes_speed() -> bool:
    document = long_receipt()
    first = once_ms(lambda: render(document, columns=48))
    texts = [line.text for line in layout(document, columns=48) if isinstance(line, Line)]
    floor = median_ms(lambda: b"\n".join(text.encode("gbk") for text in texts))
    ours = median_ms(lambda: render(document, columns=48))
    print(
        f"{LINES} lines to bytes: first {first:.1f} ms, median {ours:.2f} ms (goal {GOAL_BYTES_MS:.0f});"
        f" bare codec {floor:.3f} ms"
    )
    return ours < GOAL_BYTES_MS


def picture_speed() -> bool:
    document = long_receipt()

    def with_a_new_pen() -> None:
        render(document, columns=48, encoding="none", pen=open_pen(""))

    cold = statistics.median([once_ms(with_a_new_pen) for _ in range(5)])
    pen = open_pen("")
    assert pen is not None, "no font for Chinese on this machine"
    size = len(render(document, columns=48, encoding="none", pen=pen))
    warm = median_ms(lambda: render(document, columns=48, encoding="none", pen=pen))
    print(
        f"the same as pictures ({size // 1024} KiB): font opened for it {cold:.1f} ms, then {warm:.1f} ms"
        f" (goal {GOAL_PICTURE_MS:.0f})"
    )
    return max(cold, warm) < GOAL_PICTURE_MS


class Strip:
    """What the lane's stream says, until it says something that is waited for."""

    def __init__(self, port: int) -> None:
        self._stream = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._stream.request("GET", "/lane/1/stream", headers={"Cookie": "lang=en"})
        self._answer = self._stream.getresponse()
        self._newest = ""
        self._changed = threading.Condition()
        threading.Thread(target=self._follow, daemon=True).start()

    def wait(self, words: str, *, is_there: bool = True, timeout_s: float = 20.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._newest and (words in self._newest) is is_there, timeout_s)

    def _follow(self) -> None:
        event = ""
        while line := self._answer.readline().decode():
            event += line
            if line == "\n":
                if event.startswith("event: strip"):
                    with self._changed:
                        self._newest = event
                        self._changed.notify_all()
                event = ""


def noticed() -> bool:
    server = FakePrinterServer()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        (folder / "taptill.toml").write_text(CONFIG.format(printer=server.serve(), port=port))
        command = [str(Path(sys.executable).parent / "taptill"), "run", "--config", str(folder / "taptill.toml")]
        with (folder / "log").open("wb") as log:
            daemon = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            strip = None
            until = time.monotonic() + 20
            while strip is None:
                try:
                    strip = Strip(port)
                except OSError:
                    assert time.monotonic() < until, (folder / "log").read_text()
                    time.sleep(0.05)
            dice = random.Random(42)
            took: dict[str, list[float]] = {trouble: [] for trouble in SEEN}
            for trouble in [*SEEN] * NOTICES:
                strip.wait(SEEN[trouble], is_there=False)
                time.sleep(1.0 + dice.random())
                server.trouble = trouble
                began = time.monotonic()
                strip.wait(SEEN[trouble])
                took[trouble].append(time.monotonic() - began)
                server.trouble = ""
        finally:
            daemon.terminate()
            daemon.wait(15)
            server.stop()
    for trouble, each in took.items():
        print(
            f"{trouble.replace('_', ' ')} to the screen's strip: median {statistics.median(each):.2f} s, worst of"
            f" {NOTICES} {max(each):.2f} s (goal {GOAL_NOTICED_S:.0f})"
        )
    return max(max(each) for each in took.values()) < GOAL_NOTICED_S


def main() -> int:
    results = [bytes_speed(), picture_speed(), noticed()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
