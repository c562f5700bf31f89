"""From a card on the reader to the painted member panel in Chromium, at 1,000 and 1,000,000 members, beside a scan.

Both stores run as they do in a shop, over the whole program with simulated readers, so that nothing but the program
lies between the device's thread and the frame. All members have a card and points; those who tap have a year of sales
behind them too, in both stores alike. Taps and scans take turns, so that a noisy machine is noisy to all. The words by
which people are searched are left out: a tap asks for none, and they would be most of the time that filling takes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.browser import browsers, p99, painted_after, watched
from benchmarks.durable_sale import sale_of
from benchmarks.screen_client import ScreenClient
from benchmarks.start_and_memory import free_port
from drivers.fake import FakeReader
from edge import app
from edge.clock import Clock
from edge.config_file import load_or_last_good
from edge.store import catalog, staff
from edge.store.database import Store, execute, open_store
from edge.store.sales import SaleContext, write_sale
from edge.till import Till
from rules.basket import Item, Names

GOAL_SCAN, GOAL_GROWTH = 2.0, 1.2
SMALL, LARGE = 1_000, 1_000_000
ITEMS, LINES, SALES_A_YEAR = 1_000, 5, 12
TAPPERS = 10
ROUNDS, A_ROUND, AFTER_SWITCH = 8, 12, 3

CONFIG = """
[store]
id = "S001"
name_zh_hans = "基准店"
[[lane]]
number = 1
[[device]]
name = "scanner"
kind = "fake_scanner"
[[device]]
name = "cards"
kind = "fake_cards"
[screen]
port = {port}
"""

# A million members within seconds: whole tables at once, by the numbers of a counter.
FILL = (
    """INSERT INTO member (member_id, code, tier_id, joined_ms)
        SELECT printf('m%07d', n), printf('M%09d', n), '', 0 FROM number""",
    """INSERT INTO person (member_id, name, phone, birthday, phone_key)
        SELECT printf('m%07d', n), '李小' || n, printf('138%08d', n), 'S1990-05-17', printf('138%08d', n)
        FROM number""",
    """INSERT INTO card (uid, member_id, since_ms, bound_ms)
        SELECT printf('04%012x', n), printf('m%07d', n), 0, 0 FROM number""",
    """INSERT INTO transfer (transfer_id, unit, from_account, to_account, amount, reason, at_ms, business_date)
        SELECT n, 'points', 'issuer', printf('member/m%07d', n), 500, 'opening', 0, '2026-01-01' FROM number""",
    "INSERT INTO lot SELECT n, printf('member/m%07d', n), 'points', 500, 500, NULL FROM number",
    "INSERT INTO balance SELECT printf('member/m%07d', n), 'points', 500, 0 FROM number",
    "INSERT INTO balance SELECT 'issuer', 'points', -500 * count(*), 1 FROM number",
    """INSERT INTO member_stat (member_id, visits, spend, first_date, last_date)
        SELECT printf('m%07d', n), 3, 9900, '2026-01-01', '2026-06-01' FROM number""",
)


def card_of(members: int, place: int) -> tuple[str, str]:
    """Return id and card of one of those who tap; they lie all over the tables."""
    number = 1 + place * (members // TAPPERS)
    return f"m{number:07d}", f"04{number:012x}"


def make_store(folder: Path, members: int) -> None:
    store = open_store(folder / "data" / "taptill.db", synchronous="OFF")
    numbers = f"WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {members}) "
    with store.transaction():
        for statement in FILL:
            head, select = statement.split("SELECT", 1)
            execute(store.db, f"{head}{numbers}SELECT{select}")
        for number in range(ITEMS):
            sku = f"sku-{number}"
            catalog.put_item(store.db, Item(sku, Names(f"商品第{number}号"), 0, unit="件", tax_bp=1_300))
            catalog.put_code(store.db, f"{number:08d}", sku)
            catalog.put_price(store.db, sku, 100 + number % 900, effective_from_ms=0)
        staff.add(store.db, staff_id="zhang", name="张", role="manager", pin="1234")
        _history(store, members)
    execute(store.db, "ANALYZE")
    store.close()


def _history(store: Store, members: int) -> None:
    clock = Clock()
    context = SaleContext(store_id="S001", currency="CNY", points_expire_ms=clock.now_ms() + 10**10)
    for number in range(SALES_A_YEAR * TAPPERS):
        sale = replace(sale_of(clock, number), member_id=card_of(members, number % TAPPERS)[0])
        write_sale(store.db, sale, context)


class Shop:
    """A shop of so many members, its page, and what one can hold to its readers."""

    def __init__(self, members: int, browser: Browser, stack: ExitStack) -> None:
        self.members = members
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_store(folder, members)
        (folder / "taptill.toml").write_text(CONFIG.format(port=free_port()))
        loaded, problems = load_or_last_good(folder / "taptill.toml")
        assert loaded is not None, problems
        self.parts = app.start(loaded, stack=stack, on_crash=lambda error: sys.exit(repr(error)))
        app.settle()
        url = self.parts.url.rstrip("/")
        self.screen = ScreenClient(url, lane=1)
        self.screen.do("sign_in", staff_id="zhang", pin="1234")
        self.page: Page = watched(browser, f"{url}/lane/1")
        for number in range(LINES):
            self.scan(number)
            self.screen.wait(lambda seen, number=number: seen.item_count == number + 1, 10)

    def scan(self, number: int) -> None:
        self._type("scanner", f"{number % LINES:08d}")

    def tap(self, number: int) -> None:
        self._type("cards", card_of(self.members, number % TAPPERS)[1])

    def _type(self, reader: str, text: str) -> None:
        found = self.parts.readers[reader]
        assert isinstance(found, FakeReader)
        found.type(text)


def measure(shop: Shop, hold: Callable[[int], None], number: int) -> float:
    """Return milliseconds from what is held to a reader to the first frame that shows something new."""
    (took,) = painted_after(lambda: hold(number), shop.page)
    if hold == shop.tap:
        member = shop.parts.screens.newest(1).member
        assert member is not None and member.member_id == card_of(shop.members, number % TAPPERS)[0], member
    return took


def main() -> int:
    with ExitStack() as stack:
        (browser,) = stack.enter_context(browsers())
        small, large = Shop(SMALL, browser, stack), Shop(LARGE, browser, stack)
        took: dict[str, list[float]] = {}
        for round_number in range(-1, ROUNDS):
            for shop in (small, large):
                shop.page.bring_to_front()
                for name, hold in (("scan", shop.scan), ("tap", shop.tap)):
                    for number in range(AFTER_SWITCH):
                        measure(shop, hold, number)
                    values = [measure(shop, hold, AFTER_SWITCH + number) for number in range(A_ROUND)]
                    if round_number >= 0:  # the first round warms both up
                        took.setdefault(f"{name}, {shop.members:,} members", []).extend(values)
                shop.parts.loop.ask(1, Till.detach_member)
    for name, values in took.items():
        print(f"{name}: painted after p50 {statistics.median(values):.1f} ms, p99 {p99(values):.1f} ms")
    scan, tap_small, _, tap_large = (statistics.median(values) for values in took.values())
    growth, beside = tap_large / tap_small, max(tap_small, tap_large) / scan
    print(
        f"  tap beside scan: {beside:.2f} x (goal at most {GOAL_SCAN});"
        f" {LARGE:,} beside {SMALL:,} members: {growth:.2f} x (goal at most {GOAL_GROWTH})"
    )
    return 0 if beside <= GOAL_SCAN and growth <= GOAL_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
