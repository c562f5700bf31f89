"""Receipts as they lie on the counter: golden files, decoded from the very bytes that a printer is sent.

`TAPTILL_GOLDEN=write pytest tests/edge/test_receipts.py` writes them anew; look at each before it is committed.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from drivers.document import Document
from drivers.escpos_paper import Kind, Paper, decode
from drivers.escpos_render import render
from edge.clock import Clock
from edge.config import StoreConfig
from edge.receipt import ReceiptWords, printer_test, receipt
from edge.receipt_coupons import PaperCoupon
from edge.texts import Texts
from rules.basket import Names
from rules.ledger import STORED_VALUE, STORED_VALUE_GIFT
from rules.sale import Sale, SaleLine, SalePromotion, SaleTender
from tests.drivers.pens import PatternPen
from tests.shops import NASTY, moment_ms

GOLDEN = Path(__file__).parents[1] / "golden"
CLOCK = Clock("Asia/Shanghai")
STORE = StoreConfig(
    id="S001", name_zh_hans="街角便利店", name_zh_hant="街角便利店", name_en="Corner Shop",
    address="杭州市延安路 18 号", phone="0571-8888 0000", thanks="谢谢光临，欢迎再来！",
)  # fmt: skip
TIERS = {"gold": Names("金卡", "金卡", "Gold")}
MEMBER_PRICE = SalePromotion("member-price", Names("会员价", "會員價", "Member price"), 220)
SPEND = SalePromotion(
    "spend-steps", Names("满50减5，满100减12", "滿50減5，滿100減12", "5 off from 50, 12 off from 100"), 500
)


def line(sku: str, names: Names, price: int, quantity: int = 1, *, net: int | None = None, **more: object) -> SaleLine:
    gross = int(more.pop("gross", price * quantity))  # type: ignore[call-overload]
    made = SaleLine(
        sku=sku, names=names, unit="", quantity=quantity, weight_g=None, unit_price=price, gross=gross,
        net=gross if net is None else net, unit_nets=(), discounts=(), tax_bp=1_300, tax=0, code="",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


COLA = line("cola", Names("可口可乐 500ml", "可口可樂 500ml", "Coca-Cola 500 ml"), 350, 2)
PLAIN = Sale(
    sale_id="01m80zmk6a2x7skw72bjkesctk", lane=1, staff_id="zhang", member_id=None, business_date="2026-11-23",
    sold_at_ms=moment_ms("2026-11-23 18:04"), gross=700, discount=0, total=700, tax=81, change=300, item_count=2,
    lines=(COLA,), tenders=(SaleTender("cash", 700, 1_000),), promotions=(), rules_version="v1",
    receipt_number="S001-1-20261123-0001",
)  # fmt: skip

MEMBER = replace(
    PLAIN,
    member_id="li", gross=6_821, discount=720, total=6_101, tax=702, change=0, item_count=5,
    lines=(
        COLA,
        line("milk", Names("晨牧鲜牛奶 950ml", "晨牧鮮牛奶 950ml", "Chenmu fresh milk 950 ml"), 1_200, 2, net=1_985,
             discounts=(("member-price", 220), ("spend-steps", 195))),
        line("apple", Names("红富士苹果", "紅富士蘋果", "Fuji apples"), 1_280, weight_g=532, gross=681),
        line("rice", Names(
            "五常稻花香东北大米真空包装家庭装特惠 5kg", "五常稻花香東北大米真空包裝家庭裝特惠 5kg",
            "Wuchang Daohuaxiang rice, vacuum packed, family size 5 kg"), 3_040, net=2_735,
            discounts=(("spend-steps", 305),)),
    ),
    tenders=(SaleTender("scan", 5_000, 5_000), SaleTender("card", 1_101, 1_101)),
    promotions=(MEMBER_PRICE, SPEND), points=61, points_after=1_261, next_tier="gold", next_tier_short=38_900,
    receipt_number="S001-1-20261123-0002",
)  # fmt: skip

# Names that a printer would obey, a tender in foreign words, an unset clock, the largest figures.
RUDE = replace(
    PLAIN,
    gross=1_000_000_350, total=1_000_000_350, change=0, item_count=10_000, is_clock_unsure=True,
    lines=(
        line("cake", Names(NASTY), 350),
        line("gold", Names("𠮷野家🍜金条 ½ ounce"), 100_010, 9_999, gross=1_000_000_000),
        line("empty", Names(), 0),
    ),
    tenders=(SaleTender("cash", 1_000_000_350, 1_000_000_350),), receipt_number="S001-1-20261123-0003",
)  # fmt: skip

# Everything that a customer brings beside goods: a coupon, points, and a gift on top.
BREAD = Names("吐司面包", "吐司麵包", "Toast")
EXTRAS = replace(
    MEMBER,
    gross=3_040, discount=1_500, total=1_540, tax=177, item_count=1, points=15, points_after=715, points_paid=500,
    spent_codes=("mail-0001",), next_tier="", next_tier_short=0,
    lines=(
        line("rice", Names("东北大米 5kg", "東北大米 5kg", "Rice 5 kg"), 3_040, net=1_540,
             discounts=(("mail", 1_000), ("points", 500))),
        line("bread", BREAD, 0, 2, gift_of="gift"),
    ),
    tenders=(SaleTender("cash", 1_540, 1_540),),
    promotions=(
        SalePromotion("mail", Names("10元券", "10元券", "Coupon: 10.00 off"), 1_000),
        SalePromotion("points", Names("积分抵现", "積分抵現", "Points as cash"), 500),
        SalePromotion("gift", Names("来就送", "來就送", "A gift for you"), 0),
    ),
)  # fmt: skip

# All that one paper holds at once: stored value beside cash, change, tax, points both ways, a coupon that was used and
# one that was brought, what the member has left, a weighed item.
RICH = replace(
    MEMBER,
    discount=1_720, total=5_101, tax=587, change=2_000, points=51, points_after=1_261, points_paid=500,
    spent_codes=("mail-0001",), next_tier_short=12_900,
    lines=(
        COLA,
        replace(MEMBER.lines[1], net=2_180, discounts=(("member-price", 220),)),
        MEMBER.lines[2],
        replace(MEMBER.lines[3], net=1_540, discounts=(("mail", 1_000), ("points", 500))),
    ),
    tenders=(SaleTender("stored_value", 2_101, 2_101), SaleTender("cash", 3_000, 5_000)),
    promotions=(MEMBER_PRICE, *EXTRAS.promotions[:2]), principal_paid=1_601, gift_paid=500,
    balances_after={STORED_VALUE: 7_899, STORED_VALUE_GIFT: 1_000, "times:coffee": 7},
    receipt_number="S001-1-20261123-0004",
)  # fmt: skip
COUPON = PaperCoupon(
    Names("下次满30减5", "下次滿30減5", "5 off from 30, next time"), "cpapn59hknhy2pj1",
    first_day=date(2026, 11, 24), last_day=date(2026, 12, 31), is_bearer=False,
)  # fmt: skip
COFFEE = {"times:coffee": Names("咖啡十次卡", "咖啡十次卡", "Ten coffees")}

CASES = {"plain": PLAIN, "member": MEMBER, "rude": RUDE, "extras": EXTRAS}
WIDTHS = {"58mm": 32, "80mm": 48}


def words(language: str, *, member: str = "李**") -> ReceiptWords:
    return ReceiptWords(STORE, Texts(language, "CNY"), staff_name="小张", member_name=member, tier_names=TIERS)


def printed(sale: Sale, *, language: str, columns: int, copy: bool = False, encoding: str = "gb18030") -> Paper:
    document = receipt(sale, words(language), clock=CLOCK, copy=copy)
    return decode(render(document, columns=columns, encoding=encoding), columns=columns, encoding=encoding)  # type: ignore[arg-type]


def held_to_golden(name: str, paper: Paper) -> None:
    path = GOLDEN / f"{name}.txt"
    text = paper.text() + "\n"
    if os.environ.get("TAPTILL_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("case", CASES)
def test_receipt_lies_as_it_always_did(case: str, width: str, language: str) -> None:
    paper = printed(CASES[case], language=language, columns=WIDTHS[width])
    held_to_golden(f"{case}-{width}-{language}", paper)
    # Whatever stands in a name: nothing is a command, nothing runs over the edge.
    assert (paper.unknown, paper.kicks) == ((), ())
    assert not any(each.wrapped for each in paper.lines)
    assert [each.text for each in paper.of(Kind.QR)] == [CASES[case].receipt_number]
    assert len(paper.of(Kind.CUT)) == 1


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_copy_is_marked(language: str) -> None:
    copy, first = (printed(PLAIN, language=language, columns=48, copy=copy) for copy in (True, False))
    held_to_golden(f"copy-80mm-{language}", copy)
    assert (copy.kicks, first.kicks) == ((), ())
    # But for the mark, the copy is the receipt.
    assert copy.text().split("\n", 1)[1] == first.text()


@pytest.mark.parametrize(
    ("encoding", "language"),
    [
        ("big5", "zh-Hant"),  # a printer from Taiwan
        ("gb2312", "zh-Hans"),  # the oldest ones
        ("none", "en"),  # no Chinese font at all
    ],
)
def test_printer_prints_what_its_font_has(encoding: str, language: str) -> None:
    paper = printed(MEMBER, language=language, columns=48, encoding=encoding)
    held_to_golden(f"member-80mm-{language}-{encoding}", paper)
    assert paper.unknown == ()
    assert not any(each.wrapped for each in paper.lines)


ENCODINGS = {"gbk": "gbk", "big5": "big5", "none": "none"}
BYTES = GOLDEN / "bytes"


def member_copy(language: str) -> Document:
    return receipt(MEMBER, words(language), clock=CLOCK, copy=True)


def rich_original(language: str) -> Document:
    t = Texts(language, "CNY")
    said = replace(
        words(language),
        expiring=t.t("{points} points expire after {day}", points=300, day=t.date(date(2026, 12, 31))),
        coupons=(COUPON,),
        package_names=COFFEE,
        balance_url="https://till.example.cn/me/7f3a9c2e41b8",
    )
    return receipt(RICH, said, clock=CLOCK)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("case", "made"), [("member", member_copy), ("rich", rich_original)])
def test_the_same_bytes_go_to_the_printer(
    case: str, made: Callable[[str], Document], width: str, encoding: str, language: str
) -> None:
    """Two papers, three fonts, three languages: the very bytes, as they were when somebody looked at the paper.

    What a font lacks is drawn with a pattern here, so that the bytes are the same on machines with other fonts.
    """
    data = render(
        made(language),
        columns=WIDTHS[width],
        encoding=encoding,
        pen=PatternPen(),  # type: ignore[arg-type]
    )
    paper = decode(data, columns=WIDTHS[width], encoding=encoding)
    assert (paper.unknown, paper.kicks) == ((), ())
    assert not any(line.wrapped or line.width > WIDTHS[width] * 12 for line in paper.lines)
    assert not any("?" in line.text for line in paper.of(Kind.TEXT))
    path = BYTES / f"{case}-{width}-{encoding}-{language}.escpos.gz"
    if os.environ.get("TAPTILL_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(data, mtime=0))
    assert gzip.decompress(path.read_bytes()) == data


def test_the_rich_sale_adds_up() -> None:
    assert sum(each.gross for each in RICH.lines) == RICH.gross
    assert sum(each.net for each in RICH.lines) == RICH.total == sum(each.amount for each in RICH.tenders)
    assert RICH.gross - RICH.discount == RICH.total
    assert sum(each.amount for each in RICH.promotions) == RICH.discount


def test_parts_of_stored_value_stand_below_it_and_a_weight_in_its_column() -> None:
    shown = decode(render(rich_original("en"), columns=32), columns=32).text().split("\n")
    at = next(place for place, each in enumerate(shown) if each.startswith("Paid with stored value"))
    assert [each.split("  ")[0] or each.strip().split("  ")[0] for each in shown[at : at + 5]] == [
        "Paid with stored value", "of it paid in", "of it gift", "Cash", "Change",
    ]  # fmt: skip
    prices = [each for each in shown if each.strip().startswith(("3.50 ", "12.00 ", "12.80 ", "30.40 "))]
    assert {each.index(".") for each in prices} == {11} and len(prices) == 4


def test_promotion_that_the_sale_does_not_name_is_printed_by_its_id() -> None:
    sale = replace(PLAIN, gross=800, discount=100, lines=(replace(COLA, discounts=(("gone-promotion", 100),)),))
    assert "gone-promotion" in printed(sale, language="en", columns=48).text()


@pytest.mark.parametrize("columns", [32, 42, 48])
def test_test_page_fits_every_paper(columns: int) -> None:
    document = printer_test(words("zh-Hans"), printer="printer-1", encoding="gb18030", columns=columns)
    paper = decode(render(document, columns=columns), columns=columns)
    assert not any(each.wrapped for each in paper.lines)
    # The ruler fills the paper to its edge.
    assert max(each.cells for each in paper.lines if each.text.startswith("123456789")) == columns
    assert paper.kicks == ()
