"""A house made by hand whose till shows whatever view it is given: every state of the screen without a shop behind it.

`python -m tests.edge.web.preview FOLDER` photographs every screen into a folder.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from drivers.document import Align, Columns, Document, QrCode, Row, Rule, Size, Text
from edge.clock import Clock
from edge.config import Config, DeviceConfig, LaneConfig, ScreenConfig, StoreConfig
from edge.health import Health, LinkState
from edge.screen import (
    AccountView,
    ChargeView,
    CouponView,
    DoneView,
    GiftView,
    LineDiscountView,
    LineView,
    MemberView,
    PointsView,
    Refusal,
    Sound,
    StaffView,
    Stage,
    StoredValueView,
    TenderView,
    TillView,
    named,
)
from edge.screens import Screens
from edge.store.held import HeldSum
from edge.store.rows import HeldRow, ItemRow, MemberRow, QuickKey, QuickPage, ReceiptRow, SlipRow, StaffRow
from edge.store.shifts import ClosedShift
from edge.web.house import House
from edge.web.server import WebServer, create_app
from rules.basket import Names
from rules.quote import AppliedPromotion, MissedPromotion, MissReason, NextStep, Quote
from tests.chromium import browser

NOON_MS = 1_795_320_000_000
GOODS = [
    ("可口可乐 500ml", "可口可樂 500ml", "Coca-Cola 500 ml", 350, "瓶"),
    ("农夫山泉 饮用天然水 550ml", "農夫山泉 飲用天然水 550ml", "Nongfu Spring water 550 ml", 200, "瓶"),
    (
        "金龙鱼 黄金比例食用植物调和油 5L 家庭装",
        "金龍魚 黃金比例食用植物調和油 5L",
        "Arawana blended oil 5 L",
        8_990,
        "桶",
    ),
    ("散装红富士苹果", "散裝紅富士蘋果", "Fuji apples, loose", 1_280, "kg"),
    ("蒙牛纯牛奶 250ml×16", "蒙牛純牛奶 250ml×16", "Mengniu milk 250 ml × 16", 5_990, "箱"),
    ("康师傅红烧牛肉面 五连包", "康師傅紅燒牛肉麵 五連包", "Master Kong beef noodles, 5", 1_450, "袋"),
]
STAFF = [StaffRow("s1", "王芳", "cashier"), StaffRow("s2", "李伟", "cashier"), StaffRow("s3", "陈静", "manager")]
MANAGER = StaffView("s3", "陈静", "manager")
OFFER = Names("满100减10", "滿100減10", "10 off 100")
GOLD = Names("金卡", "金卡", "Gold")
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def names(index: int) -> Names:
    return Names(*GOODS[index % len(GOODS)][:3])


def line(index: int, quantity: int = 1, **changes: Any) -> LineView:
    price, unit = GOODS[index % len(GOODS)][3:]
    weight_g = 532 if unit == "kg" else None
    gross = round(price * 0.532) if weight_g else price * quantity
    values: dict[str, Any] = {
        "line_id": str(index + 1), "sku": f"sku{index}", "names": names(index), "unit": unit, "quantity": quantity,
        "weight_g": weight_g, "unit_price": price, "gross": gross, "net": gross,
    }  # fmt: skip
    return LineView(**{**values, **changes})


def selling(count: int = 0, **changes: Any) -> TillView:
    lines = tuple(line(i, 1 + i % 3, is_newest=i == count - 1) for i in range(count))
    total = sum(each.net for each in lines)
    values: dict[str, Any] = {
        "lane": 1, "stage": Stage.SELLING, "staff": MANAGER, "sale_id": "01sale", "lines": lines,
        "item_count": sum(each.quantity for each in lines), "gross": total, "total": total, "can_undo": count > 0,
        "sound": Sound.SCAN,
    }  # fmt: skip
    return TillView(**{**values, **changes})


MEMBER = MemberView(
    member_id="m1", name="张*丽", phone="138****5566", tier_id="silver", tier_names=Names("银卡", "銀卡", "Silver"),
    tier_colour="#8a97a0", points=1_286, points_worth=1_286, stored_value=20_050, visits=41,
    last_visit="2026-11-18", birthday="11-25", is_birthday_soon=True, next_tier_names=GOLD, next_tier_short=8_650,
    next_tier_progress_bp=9_567, favourites=(names(0), names(4), names(5)),
)  # fmt: skip


def discounted() -> TillView:
    oil = line(
        2,
        is_newest=True,
        net=7_990,
        discounts=(LineDiscountView("p1", Names("会员价", "會員價", "Member price"), 1_000),),
    )
    return selling(
        3, lines=(line(0, 3), line(3), oil), gross=10_721, discount=2_000, total=8_721, member=MEMBER, item_count=5,
        applied=(AppliedPromotion("p1", Names("会员价", "會員價", "Member price"), 1_000), AppliedPromotion("p2", OFFER, 1_000)),
        hints=(MissedPromotion("p3", OFFER, MissReason.AMOUNT_SHORT, 1_200, 1_000),),
    )  # fmt: skip


TEN = Names("10元券", "10元券", "Coupon: 10.00 off")
COUPONS = (
    CouponView("MAIL-0001", TEN, "mail", is_used=True, amount=1_000),
    CouponView(
        "RIHUA5", Names("日化券每满50减5", "日化券每滿50減5", "Household coupon: 5 off every 50"), "household",
        missed=MissedPromotion("household", Names("日化券每满50减5", "日化券每滿50減5", "Household coupon: 5 off every 50"), MissReason.AMOUNT_SHORT, 2_450, 500),
    ),
)  # fmt: skip
GIFTS = (
    GiftView(
        "cake", Names("满200送月饼", "滿200送月餅", "A mooncake from 200.00"), "mooncake-egg",
        Names("蛋黄莲蓉月饼", "蛋黃蓮蓉月餅", "Mooncake, egg yolk"), "个", 1,
        (("mooncake-egg", Names("蛋黄莲蓉月饼", "蛋黃蓮蓉月餅", "Mooncake, egg yolk")), ("mooncake-bean", Names("豆沙月饼", "豆沙月餅", "Mooncake, red bean"))),
    ),
)  # fmt: skip


def extras(*, certified: bool = True) -> TillView:
    """Everything that a customer can bring beside goods, at once."""
    plain = discounted()
    missed = (
        MissedPromotion("p3", OFFER, MissReason.AMOUNT_SHORT, 1_200, 1_000),
        MissedPromotion("p4", Names("早餐套餐6元", "早餐套餐6元", "Breakfast for 6.00"), MissReason.WRONG_HOUR),
        MissedPromotion("p5", Names("晚间饮料九折", "晚間飲料九折", "Evening drinks 10 % off"), MissReason.BETTER_USED),
        MissedPromotion("p6", Names("新会员立减5元", "新會員立減5元", "5.00 off for new members"), MissReason.NOT_NEW_MEMBER),
        MissedPromotion("p7", Names("矿泉水买2送1", "礦泉水買2送1", "Water: buy 2, get 1 free"), MissReason.NO_ITEM),
    )  # fmt: skip
    quote = Quote(
        lines=(), gross=10_721, discount=3_000, total=7_721, tax=0, applied=plain.applied, missed=missed, points=77,
        certified=certified, gap=0 if certified else 120,
        next_steps=(NextStep("p2", OFFER, 2_279, 1_500),),
    )  # fmt: skip
    return replace(
        plain, discount=3_000, total=7_721, coupons=COUPONS, gifts=GIFTS,
        points=PointsView(1_200, 1_200, 500, 500, 500), quote=quote,
    )  # fmt: skip


def paying(**changes: Any) -> TillView:
    return selling(
        3,
        **{
            "stage": Stage.PAYING,
            "due": 8_650,
            "cash_due": 8_650,
            "total": 8_650,
            "next_notes": (9_000, 10_000, 20_000),
            **changes,
        },
    )


def done() -> TillView:
    tenders = (TenderView("scan", 5_000, 5_000), TenderView("cash", 3_650, 10_000))
    return TillView(
        lane=1, stage=Stage.DONE, staff=MANAGER, sound=Sound.PAID,
        done=DoneView("01sale", "SH01-01-20261122-0042", 8_650, 6_350, 86, 1_372, tenders, new_tier_names=GOLD),
    )  # fmt: skip


WAYS = (("wechat", True), ("alipay", True), ("unionpay", True))
VIEWS: dict[str, Callable[[], TillView]] = {
    "locked": lambda: TillView(lane=1, notice=Refusal("wrong_pin", {"left": 3})),
    "empty": selling,
    "one": lambda: selling(1),
    "twelve": lambda: selling(12, member=MEMBER, quantity_next=3),
    "forty": lambda: selling(40),
    "blocked": lambda: selling(4, blocked=Refusal("unknown_code", {"text": "6901234567892"}), waiting_scans=2, sound=Sound.ERROR),
    "notice": lambda: selling(2, notice=Refusal("needs_price", {"name": "鲜花"}), sound=Sound.ERROR),
    "member": discounted,
    "extras": extras,
    "unsure": lambda: replace(extras(certified=False), points=PointsView(1_200, 1_200), gifts=(), coupons=COUPONS[:1]),
    "paying-points": lambda: paying(member=MEMBER, gifts=GIFTS, points=PointsView(1_200, 1_200)),
    "paying-less": lambda: paying(member=MEMBER, gifts=GIFTS, points=PointsView(1_200, 1_200, 1_200, 1_200, 1_200)),
    "offer-gone": lambda: paying(notice=Refusal("offer_gone", {**named(TEN), "total_minor": 8_650}), sound=Sound.ERROR),
    "paying": lambda: paying(member=MEMBER),
    "notes": lambda: paying(next_notes=(8_650, 8_700, 9_000, 10_000, 20_000)),
    "split": lambda: paying(due=3_650, cash_due=3_650, tenders=(TenderView("scan", 5_000, 5_000),), next_notes=(4_000, 5_000, 10_000)),
    "codes": lambda: paying(member=MEMBER, code_ways=WAYS),
    "codes-part": lambda: paying(code_ways=WAYS, charge_next=2_000, due=3_650, tenders=(TenderView("cash", 5_000, 5_000), TenderView("alipay", 2_000, 2_000))),
    "codes-cut": lambda: paying(code_ways=tuple((kind, False) for kind, _ in WAYS), notice=Refusal("charge_no_line"), sound=Sound.ERROR),
    "codes-full": lambda: paying(
        member=MEMBER, gifts=GIFTS, code_ways=WAYS, points=PointsView(1_200, 1_200),
        stored_value=StoredValueView(20_050, 8_650, 10_000), account=AccountView(50_000, 1_000),
    ),
    "charging": lambda: paying(charge=ChargeView("01c", "wechat", 8_650, "134567******6789", "paying"), code_ways=WAYS),
    "charging-asks": lambda: paying(charge=ChargeView("01c", "wechat", 8_650, "134567******6789", "paying", "no_answer"), code_ways=WAYS),
    "charging-password": lambda: paying(charge=ChargeView("01c", "alipay", 8_650, "281234******6789", "user_paying"), code_ways=WAYS),
    "charging-unknown": lambda: paying(due=3_650, tenders=(TenderView("cash", 5_000, 5_000),), charge=ChargeView("01c", "alipay", 3_650, "281234******6789", "unknown", "no_line"), code_ways=WAYS),
    "done": done,
    "exact": lambda: replace(done(), done=DoneView("01sale", "SH01-01-20261122-0043", 8_650, 0, 86, 1_372, (TenderView("card", 8_650, 8_650),))),
    "wait": lambda: TillView(lane=1, notice=Refusal("pin_wait", {"seconds": 30, "until_ms": NOON_MS + 30_000})),
    "markup": lambda: selling(1, lines=(line(0, names=Names(MARKUP + "长" * 10_000), is_newest=True),)),
}  # fmt: skip


class Reads:
    """Canned answers."""

    is_doubtful = False
    has_held = False

    def staff(self) -> list[StaffRow]:
        return STAFF

    def quick_pages(self, lane: int = 0) -> list[QuickPage]:
        colours = ("amber", "green", "red", "blue", "violet", "teal", "brown", "grey")
        pages = [Names("常用", "常用", "Favourites"), Names("蔬果", "蔬果", "Produce"), Names("饮料", "飲料", "Drinks")]
        keys = tuple(QuickKey(i, colours[i % 8], self._item(i)) for i in range(18))
        return [QuickPage(i, page, keys[i:]) for i, page in enumerate(pages)]

    def _item(self, index: int) -> ItemRow:
        price, unit = GOODS[index % 6][3:]
        return ItemRow(f"sku{index}", names(index), price, None, unit, unit == "kg", index == 17, "c", "品牌")

    def search_items(self, text: str, *, limit: int = 24) -> list[ItemRow]:
        return [] if "zzz" in text else [self._item(i) for i in range(6)][:limit]

    def find_members(self, text: str, *, limit: int = 12) -> list[MemberRow]:
        return (
            [] if "0" in text else [MemberRow("m1", "张*丽", "138****5566", "silver", MEMBER.tier_names, 1_286)][:limit]
        )

    def receipts(self, *, text: str = "", business_date: date | None = None, limit: int = 40) -> list[ReceiptRow]:
        rows = [
            ReceiptRow(
                f"sale{i}", f"SH01-01-20261122-{42 - i:04d}", 1, NOON_MS - i * 600_000, "2026-11-22", 8_650 + i * 315, 3,
                "王芳", "张*丽" if i % 3 == 0 else "", ("printed", "queued", "doubtful")[i % 3], i > 2,
            )
            for i in range(14)
        ]  # fmt: skip
        return [row for row in rows if text in row.receipt_number][:limit]

    def doubtful_slips(self, printers: list[str], lane: int) -> list[tuple[str, str, str]]:
        return []

    def held(self) -> list[HeldRow]:
        return [
            HeldRow("hold1", "穿红衣服的阿姨", 1, "王芳", NOON_MS - 400_000, 6, 8_650, 5, "张*丽"),
            HeldRow("hold2", "", 2, "李强", NOON_MS - 4_000_000, 66, 315, 1, ""),
        ]

    def held_sum(self) -> HeldSum:
        return HeldSum(2, 8_965, NOON_MS - 4_000_000) if self.has_held else HeldSum(0, 0, 0)

    def slips(self, *, limit: int = 60) -> list[SlipRow]:
        return [SlipRow("slip1", "SH01-1-20261122-R0007", "Return", NOON_MS, "王芳", "", 1_050)][:limit]

    def slip_document(self, entry_id: str, *, language: str) -> Document | None:
        return self.receipt_document("sale1", language=language, copy=True) if entry_id == "slip1" else None

    def closed_shifts(self, *, limit: int = 60) -> list[ClosedShift]:
        return [ClosedShift("s1", "SH01-Z00007", 1, "2026-11-22", "wang", NOON_MS, 86_500, 1_050, -100)][:limit]

    def doubtful_receipt(self, printer: str) -> tuple[str, str] | None:
        return ("sale2", "SH01-01-20261122-0040") if self.is_doubtful else None

    def doubtful_z(self, printer: str) -> tuple[str, str] | None:
        return None

    def open_payments(self) -> tuple[int, int]:
        return (0, 0)

    def receipt_document(self, sale_id: str, *, language: str, copy: bool) -> Document | None:
        if not sale_id.startswith("sale"):
            return None
        return Document((
            Text("副本 COPY", Align.CENTER, Size.DOUBLE, bold=True), Text("便民超市", Align.CENTER, Size.DOUBLE),
            Rule(), Row(("可口可乐 500ml", "3", "3.50", "10.50")), Row(("散装红富士苹果", "0.532", "12.80", "6.81")),
            Rule("="), Columns("合计", "￥86.50", bold=True, size=Size.DOUBLE), Columns("现金", "￥100.00"),
            QrCode("SH01-01-20261122-0042"),
        ))  # fmt: skip


@dataclass
class Preview:
    """A served house: `show` paints a view, `asked` holds what the screen asked of its till."""

    house: House
    server: WebServer
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answer: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def show(self, view: TillView) -> TillView:
        return self.house.screens.show(view)

    def calls(self, name: str) -> list[dict[str, Any]]:
        with self.lock:
            return [arguments for asked, arguments in self.asked if asked == name]


@contextmanager
def serve(
    folder: Path, *, port: int = 0, more: Mapping[str, Any] | None = None, slides: Path | None = None, **screen: Any
) -> Iterator[Preview]:
    """Serve a house with one lane; port 0 is any free one.

    Args:
        more: further sections of its configuration.
        slides: folder of the customer display's pictures.
    """
    clock = Clock(fixed_ms=NOON_MS)
    config = Config(
        store=StoreConfig(id="SH01", name_zh_hans="便民超市·人民路店", name_zh_hant="便民超市·人民路店", name_en="Bianmin Market, Renmin Road"),
        lane=(LaneConfig(number=1, printer="printer1"),),
        device=tuple(DeviceConfig(name=n, kind=k) for n, k in (("scanner1", "fake_scanner"), ("cards1", "fake_cards"), ("printer1", "fake_printer"))),
        screen=ScreenConfig(**screen),
        **(more or {}),
    )  # fmt: skip
    screens, health = Screens(), Health(clock=clock, data_dir=folder)
    health.report("scanner1", "evdev_scanner", "ok")
    health.report("cards1", "evdev_cards", "ok")
    health.report("printer1", "escpos_printer", "problem", "paper out")
    health.report_link(LinkState(is_configured=True, waiting=12, detail="connection refused"))
    screens.show(TillView(lane=1))
    previews: list[Preview] = []

    def ask(lane: int, method: Callable[..., Any], **arguments: Any) -> Any:
        preview = previews[0]
        with preview.lock:
            preview.asked.append((method.__name__, arguments))
        return preview.answer

    house = House(
        config, clock, screens, health, Reads(), ask, b"secret of the preview", version="0.1.0", slide_folder=slides
    )
    server = WebServer(create_app(house), "127.0.0.1", port, config.screen.threads)
    previews.append(Preview(house, server))
    server.start()
    try:
        yield previews[0]
    finally:
        previews[0].server.stop()


SIZES = {"1280": (1_280, 800), "1024": (1_024, 600), "800": (800, 480)}


def open_page(
    chromium: Browser, preview: Preview, size: str = "1280", language: str = "zh-Hans", theme: str = "light"
) -> Page:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=True, reduced_motion="reduce")
    context.add_cookies(
        [{"name": key, "value": value, "url": preview.url} for key, value in (("lang", language), ("theme", theme))]
    )
    page = context.new_page()
    page.goto(f"{preview.url}/lane/1")
    return page


def photograph(folder: Path, wanted: list[str]) -> None:
    """Write a picture of every view in every size (in a language and theme each) into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    looks = (
        ("1280", "zh-Hans", "light"),
        ("1280", "en", "dark"),
        ("1024", "zh-Hant", "light"),
        ("1024", "en", "light"),
        ("800", "en", "light"),
    )
    with browser() as chromium, serve(folder) as preview:
        for size, language, theme in looks:
            page = open_page(chromium, preview, size, language, theme)
            for name in wanted or [
                *VIEWS,
                "panel-member",
                "panel-receipts",
                "panel-settings",
                "panel-void",
                "panel-why",
                "panel-gifts",
                "help",
            ]:
                is_extra = name in ("panel-why", "panel-gifts")
                preview.show(VIEWS.get(name, VIEWS["extras" if is_extra else "twelve"])())
                page.wait_for_timeout(350)
                if name.startswith("panel-"):
                    page.evaluate("name => document.querySelector(`[data-panel=${name}]`).click()", name[6:])
                    page.wait_for_timeout(300)
                    if name == "panel-receipts":
                        page.locator(".result").first.click()
                    if name == "panel-member":
                        page.locator("#member-seek").fill("5566")
                    page.wait_for_timeout(300)
                if name == "help":
                    page.keyboard.press("F1")
                page.screenshot(path=str(folder / f"{name}-{size}-{language}-{theme}.png"))
                page.keyboard.press("Escape")
            page.context.close()


if __name__ == "__main__":
    photograph(Path(sys.argv[1]), sys.argv[2:])
