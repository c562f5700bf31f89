"""A whole shop for tests: its own folder, real SQLite, real threads, devices made of nothing, a clock moved by hand."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import msgspec

from drivers.fake import FakeReader
from drivers.fake_gateway import FakeGateway
from drivers.fake_pole import WiredPole
from drivers.fake_printer import FakePrinter
from drivers.fake_scale import WiredScale
from edge import app
from edge.charger import Charging
from edge.clock import Clock
from edge.config_file import Loaded, load_or_last_good
from edge.screen import Refusal, TillView
from edge.store import auditing, cards, catalog, item_terms, members
from edge.store.database import Store, execute, open_store
from edge.store.item_terms import Terms
from edge.till import Till
from rules.basket import Item, Names
from rules.sale import Sale, SaleLine, SaleTender

ZONE = "Asia/Shanghai"
MORNING = "2026-11-23 10:00"
"""A Monday, at which a shop of the tests opens."""
PLENTY = 10 * 1024**3
PROMOTIONS = Path(__file__).parent / "stories/promotions.toml"
COUPONS = Path(__file__).parent / "stories/coupons.toml"
ISSUED_COUPONS = Path(__file__).parent / "stories/issued_coupons.toml"
MEMBERSHIP = Path(__file__).parent / "stories/membership.toml"

# A name that would be obeyed by a browser, a database or a printer, if anybody let it.
NASTY = "<b>饼</b>'); DROP TABLE sale;-- \x1b@\x1bp\x00\x19\x19"

CONFIG = """
[store]
id = "S001"
name_zh_hans = "街角便利店"
name_zh_hant = "街角便利店"
name_en = "Corner Shop"
address = "延安路 18 号"
phone = "0571-8888 0000"
thanks = "谢谢光临"

[[lane]]
number = 1
printer = "printer-1"
[[lane]]
number = 2
printer = "printer-2"

[[device]]
name = "scanner-1"
kind = "fake_scanner"
[[device]]
name = "cards-1"
kind = "fake_cards"
[[device]]
name = "printer-1"
kind = "fake_printer"
[[device]]
name = "scanner-2"
kind = "fake_scanner"
lane = 2
[[device]]
name = "cards-2"
kind = "fake_cards"
lane = 2
[[device]]
name = "printer-2"
kind = "fake_printer"
lane = 2
columns = 32

[rules]
promotions = "promotions.toml"

[cards]
key_file = "cards.key"

[[scale_code]]
prefix = "21"
format = "FFWWWWWEEEEEC"
[[scale_code]]
prefix = "22"
format = "FFWWWWWNNNNNC"
"""

GATEWAY = """
[[gateway]]
kind = "simulator"
"""
"""What a shop that charges payment codes has beside it."""
COUNTER = """
[[device]]
name = "scale-1"
kind = "fake_scale"
protocol = "st_gs"
max_weight_g = 15000
tares_g = [5, 20]
[[device]]
name = "pole-1"
kind = "fake_pole_display"
protocol = "cd5220"
pole_encoding = "gbk"
"""
"""What stands on the counter of lane 1 in some shops: a scale and a pole display."""

ITEMS: tuple[tuple[Item, tuple[str, ...]], ...] = (
    (Item("pen", Names("水笔", "水筆", "Pen"), 250, category="office", unit="支", tax_bp=1_300), ("04006381333931",)),
    (Item("cola", Names("可乐", "可樂", "Cola"), 350, category="drinks", unit="瓶", tax_bp=1_300), ("06901234567892",)),
    (Item("milk", Names("鲜牛奶 950ml", "鮮牛奶 950ml", "Milk 950 ml"), 1_200, unit="盒"), ("06900000000014",)),
    (Item("rice", Names("东北大米 5kg", "東北大米 5kg", "Rice 5 kg"), 3_000, unit="袋"), ("06900000000021",)),
    (Item("bread", Names("吐司面包", "吐司麵包", "Bread"), 800, unit="个"), ("06900000000038",)),
    (Item("bag", Names("试用装", "試用裝", "Sample"), 0, unit="个"), ("06900000000045",)),
    (Item("watch", Names("手表", "手錶", "Watch"), 2_000_000_00, unit="只"), ("06900000000052",)),
    (Item("cake", Names(NASTY), 500, unit="个"), ("06900000000069",)),
    (Item("apple", Names("红富士苹果", "紅富士蘋果", "Fuji apples"), 1_280, is_weighed=True, unit="kg"), ("00123",)),
    (Item("repair", Names("修表", "修錶", "Repair"), 0, is_open_price=True), ()),
    (Item("cut", Names("剪发", "剪髮", "Haircut"), 3_800, unit="次"), ("06900000000083",)),
    (Item("colour", Names("染发", "染髮", "Colouring"), 12_000, unit="次"), ()),
    (Item("cutcard", Names("剪发十次卡", "剪髮十次卡", "Ten haircuts"), 30_000, unit="张"), ("06900000000090",)),
    (Item("beer", Names("青岛啤酒", "青島啤酒", "Tsingtao beer"), 600, unit="瓶"), ("06900000000106",)),
    (Item("spirit", Names("白酒 52度", "白酒 52度", "Spirit 52 %"), 9_900, unit="瓶"), ("06900000000113",)),
    (Item("flowers", Names("鲜花", "鮮花", "Flowers"), 0, is_open_price=True, unit="束"), ("06900000000120",)),
    (Item("old", Names("旧货", "舊貨", "Old stock"), -1), ("06900000000076",)),
)
"""Items with the codes that they are found by; a price of -1 is none."""
TERMS = {"beer": Terms(age=18), "spirit": Terms(age=21), "flowers": Terms(price_least=1_000, price_most=50_000)}
CARTON = ("16901234567899", "cola", 24)

# Hashing takes a tenth of a second by intention; these were made once, by edge.store.staff.
PIN_1234 = "$argon2id$v=19$m=19456,t=2,p=1$eyAMi9CIAgExXGi8lQRr7Q$fMoj9MHAEZcMP8dPMAEwYs3Hxb6yPH//KZ7dQVHpeOc"
PIN_5678 = "$argon2id$v=19$m=19456,t=2,p=1$BCG7sAtL+LjA3elhjir7Cg$sG8eLDc2GFsLzBsJuDYaX3LHs1wpxkWg3l6UCMZV7HY"

CARD_KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
"""Master key of the cards that prove themselves."""
CARDS = {
    "card-li": "04a1b2c3",
    "card-wang": "04d4e5f6a7b8c9",
    "card-dna": "04a1b2c3d4e5f6",
    "card-spare": "04f6e5d4c3b2a1",
    "card-lost": "0411aa44",
    "card-banned": "04aabb01",
    "card-stranger": "04ffffff",
    "card-phone": "08a1b2c3",
    "badge-zhang": "04badc01",
    "badge-chen": "04badc02",
}
"""What stories call a card, and what its reader types."""


def rules_with_coupons() -> str:
    """Return the rules of the stories: those of every shop of the tests, and coupons, gifts and points as cash."""
    files = (PROMOTIONS, COUPONS, ISSUED_COUPONS, MEMBERSHIP)
    return "".join(path.read_text(encoding="utf-8") for path in files)


@dataclass(slots=True)
class Hand:
    """Where the hand of the shop's clock stands."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class HandClock(Clock):
    """A clock that stands still until it is moved."""

    hand: Hand = field(default_factory=lambda: Hand(0))

    def now_ms(self) -> int:
        return self.hand.at_ms


def moment_ms(local: str) -> int:
    """Return the UTC milliseconds of a moment in the shop: `2026-11-23 10:00`."""
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(ZONE)).timestamp()) * 1_000


def fill(store: Store, *, opened: str = "2026-01-01") -> None:
    """Put items, members and staff into a store."""
    since_ms = moment_ms(opened)
    with store.transaction():
        for item, codes in ITEMS:
            catalog.put_item(store.db, item)
            if item.price >= 0:
                catalog.put_price(store.db, item.sku, item.price, effective_from_ms=since_ms)
            for code in codes:
                catalog.put_code(store.db, code, item.sku)
        for sku, terms in TERMS.items():
            item_terms.put_terms(store.db, sku, terms)
        catalog.put_code(store.db, CARTON[0], CARTON[1], quantity=CARTON[2])
        catalog.put_price(store.db, "milk", 1_080, effective_from_ms=since_ms, tier_id="")
        catalog.put_price(store.db, "milk", 990, effective_from_ms=since_ms, tier_id="gold")
        catalog.put_price(store.db, "bread", 900, effective_from_ms=moment_ms("2026-11-24 08:00"))
        _people(store, since_ms)


def _people(store: Store, since_ms: int) -> None:
    db = store.db
    for row in (
        ("zhang", "小张", "manager", PIN_1234, CARDS["badge-zhang"], 1),
        ("chen", "小陈", "cashier", PIN_5678, CARDS["badge-chen"], 1),
    ):
        execute(db, "INSERT INTO staff VALUES (?, ?, ?, ?, ?, ?)", *row)
    for member_id, code, name, phone, tier_id in (
        ("li", "M1001", "李小明", "13812345678", ""),
        ("wang", "M1002", "王芳", "13900001111", "gold"),
        ("banned", "M1003", "赵四", "13700002222", ""),
    ):
        members.put_member(
            db, member_id=member_id, code=code, joined_ms=since_ms, tier_id=tier_id, name=name, phone=phone
        )
    execute(db, "UPDATE member SET status = 'blocked' WHERE member_id = 'banned'")
    cards.put_card(db, CARDS["card-li"], "li", since_ms=since_ms)
    cards.put_card(db, CARDS["card-wang"], "wang", since_ms=since_ms)
    cards.put_card(db, CARDS["card-dna"], "wang", since_ms=since_ms)
    cards.put_card(db, CARDS["card-lost"], "li", since_ms=since_ms, is_blocked=True)
    cards.put_card(db, CARDS["card-banned"], "banned", since_ms=since_ms)


class TestShop:
    """A shop in a folder; `start` and `stop` it as often as wanted."""

    __test__ = False

    def __init__(self, folder: Path, *, config: str = CONFIG, promotions: str | None = None) -> None:
        self.reopen(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "taptill.toml").write_text(config, encoding="utf-8")
        (folder / "cards.key").write_text(CARD_KEY.hex() + "\n", encoding="utf-8")
        text = PROMOTIONS.read_text(encoding="utf-8") if promotions is None else promotions
        (folder / "promotions.toml").write_text(text, encoding="utf-8")
        self.clock = replace(self.clock, day_starts_hour=self.loaded.config.store.day_starts_hour)
        store = open_store(self.loaded.database, synchronous="OFF")
        fill(store)
        store.close()

    def reopen(self, folder: Path) -> None:
        """Take a shop's folder as it is."""
        self.folder = folder
        self.clock = HandClock(ZONE, hand=Hand(moment_ms(MORNING)))
        self.disk_free = PLENTY
        self.gateway = FakeGateway()
        """It charges payment codes where the configuration names a gateway, and outlives the till."""
        self.crashes: list[BaseException] = []
        self.charges_itself = True
        """False: payment codes go to the gateways that the configuration names."""
        self._stack: ExitStack | None = None

    @property
    def loaded(self) -> Loaded:
        found, problems = load_or_last_good(self.folder / "taptill.toml")
        assert found is not None and not problems, problems
        # Port 0 takes any free one, so that many shops stand side by side.
        screen = msgspec.structs.replace(found.config.screen, port=0, threads=8)
        return replace(found, config=msgspec.structs.replace(found.config, screen=screen))

    def start(self) -> app.Parts:
        assert self._stack is None
        self._stack = ExitStack()
        try:
            self.parts = app.start(
                self.loaded,
                stack=self._stack,
                on_crash=self.crashes.append,
                clock=self.clock,
                disk_free=lambda _: self.disk_free,
                charging=self._charging(),
            )
        except BaseException:
            self.stop()
            raise
        return self.parts

    def _charging(self) -> Charging | None:
        if not self.loaded.config.gateway or not self.charges_itself:
            return None
        return Charging(dict.fromkeys(self.gateway.channels, self.gateway), self.clock.now_ms)

    def stop(self) -> None:
        if self._stack is not None:
            self._stack.close()
            self._stack = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def ask(self, lane: int, method: Any, **arguments: Any) -> Any:
        """Ask a till what a screen would ask, on the till's own thread."""
        return self.parts.loop.ask(lane, method, **arguments)

    def dismiss(self, lane: int = 1) -> Refusal | None:
        """Take the banner away, and wait until what waited behind it was worked off."""
        refusal: Refusal | None = self.ask(lane, Till.dismiss)
        self.ask(lane, lambda _till: None)
        return refusal

    def view(self, lane: int = 1) -> TillView:
        return self.parts.screens.newest(lane)

    def reader(self, name: str) -> FakeReader:
        found = self.parts.readers[name]
        assert isinstance(found, FakeReader)
        return found

    def printer(self, name: str) -> FakePrinter:
        found = self.parts.printers[name]
        assert isinstance(found, FakePrinter)
        return found

    def scale(self, name: str = "scale-1") -> WiredScale:
        found = self.parts.counter[name]
        assert isinstance(found, WiredScale)
        return found

    def pole(self, name: str = "pole-1") -> WiredPole:
        found = self.parts.counter[name]
        assert isinstance(found, WiredPole)
        return found

    def audit(self) -> tuple[str, ...]:
        """Return what is wrong in the books."""
        return auditing.check(self.parts.store.reads).problems


def sale(sale_id: str, *, lane: int = 1, member_id: str | None = None, day: str = "2026-11-23", pens: int = 2) -> Sale:
    """Return a closed sale of some pens, paid with a ten, as a till would hand it to the store."""
    total = pens * 250
    pen = ITEMS[0][0]
    line = SaleLine(
        sku="pen", names=pen.names, unit="支", quantity=pens, weight_g=None, unit_price=250, gross=total, net=total,
        unit_nets=(250,) * pens, discounts=(), tax_bp=0, tax=0, code="04006381333931",
    )  # fmt: skip
    return Sale(
        sale_id=sale_id, lane=lane, staff_id="zhang", member_id=member_id, business_date=day,
        sold_at_ms=moment_ms(f"{day} 10:00"), gross=total, discount=0, total=total, tax=0, change=1_000 - total,
        item_count=pens, lines=(line,), tenders=(SaleTender("cash", total, 1_000),), promotions=(),
        rules_version="stories-1", points=total // 100 if member_id else 0,
    )  # fmt: skip
