"""A day that is decided beforehand, and what must come of it: plain sums by hand, none of the product's own code."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace

SEED = 20_261_123
SALES = 40
FLOAT, TOP_UP, TOP_UP_GIFT = 30_000, 20_000, 5_000
CASH_IN, CASH_OUT, SAFE_DROP, SETTLED = 5_000, 2_000, 20_000, 2_000
CREDIT_LIMIT = 60_000
PRICES = {"pen": 250, "cola": 350, "milk": 1_200, "rice": 3_000, "bread": 900}
MEMBER_MILK = {"li": 1_080, "wang": 990}
APPLES_A_KG = 1_280
POINTS_BP = {"li": 10_000, "wang": 15_000}
SPEND_STEPS = ((10_000, 1_200), (5_000, 500))
"""From so much of what is no stationery, so much off; the best one."""
COUPON_OFF = 500
POINTS_USED, POINTS_WORTH = 100, 100
CASH_STEP = 10
"""Cash is rounded down to jiao."""
WAYS = {
    "exact": 7, "note": 7, "card": 4, "bank": 2, "code": 4, "password": 2, "stored": 3, "stored_cash": 2,
    "account": 2, "card_cash": 3, "all_of_it": 2,
}  # fmt: skip
"""How many of the drawn sales are paid in which way."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One sale: its goods, who buys, how it is rung up and how it is paid."""

    way: str
    goods: tuple[tuple[str, int], ...]
    member: str = ""
    apples_g: int = 0
    by: str = "scan"
    """scan, keys (quick keys by touch) or search."""
    off_percent: int = 0
    """Off the only line, by hand."""
    coupon: bool = False
    points: bool = False
    label: str = ""
    """What other steps of the day call it."""

    @property
    def apples(self) -> int:
        return (APPLES_A_KG * self.apples_g * 2 + 1_000) // 2_000

    @property
    def total(self) -> int:
        stationery = sum(PRICES[sku] * count for sku, count in self.goods if sku == "pen")
        rest = self.apples
        for sku, count in self.goods:
            if sku != "pen":
                rest += (MEMBER_MILK[self.member] if sku == "milk" and self.member else PRICES[sku]) * count
        rest -= rest * self.off_percent // 100
        rest -= next((off for least, off in SPEND_STEPS if rest >= least), 0)
        return stationery + rest - COUPON_OFF * self.coupon - POINTS_WORTH * self.points

    @property
    def tenders(self) -> tuple[tuple[str, int], ...]:
        """What each way of paying takes, rounding of cash among it."""
        total = self.total
        if self.way in ("card", "bank", "code", "password", "stored", "account"):
            kind = {"bank": "scan", "code": "wechat", "password": "wechat", "stored": "stored_value"}
            return ((kind.get(self.way, self.way), total),)
        first = {
            "stored_cash": (("stored_value", 200),),
            "card_cash": (("card", 100),),
            "all_of_it": (("wechat", 50), ("card", 50), ("stored_value", 50)),
        }.get(self.way, ())
        rest = total - sum(amount for _, amount in first)
        off = rest % CASH_STEP
        return (*first, *((("rounding", off),) if off else ()), ("cash", rest - off))

    @property
    def cash(self) -> int:
        return dict(self.tenders).get("cash", 0)

    @property
    def given(self) -> int:
        """The next round sum of notes that is more than what is due in cash."""
        return (self.cash // 5_000 + 1) * 5_000 if self.way == "note" else self.cash

    @property
    def accrued(self) -> int:
        return self.total // 100 * POINTS_BP[self.member] // 10_000 if self.member else 0


@dataclass(slots=True)
class Model:
    """What must be true at the end of the day."""

    drawer: int = 0
    sales: int = 0
    takings: int = 0
    refunded: int = 0
    returns: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    paid_back: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    stored: int = 0
    owed: int = 0
    by_code: int = 0
    """What the gateway keeps."""

    def sell(self, sale: Planned) -> None:
        self.sales += 1
        self.takings += sale.total
        for kind, amount in sale.tenders:
            self.taken[kind] += amount
        self.drawer += sale.cash
        paid = dict(sale.tenders)
        self.stored -= paid.get("stored_value", 0)
        self.owed += paid.get("account", 0)
        self.by_code += paid.get("wechat", 0)
        if sale.member:
            self.points[sale.member] += sale.accrued - POINTS_USED * sale.points

    def give_back(self, kind: str, amount: int) -> None:
        self.returns += 1
        self.refunded += amount
        self.paid_back[kind] += amount
        if kind == "cash":
            self.drawer -= amount
        if kind == "wechat":
            self.by_code -= amount


def make() -> list[Planned]:
    """Return the sales of the day in their order."""
    draw = random.Random(SEED)
    ways = [way for way, count in WAYS.items() for _ in range(count)]
    draw.shuffle(ways)
    sales = [_drawn(draw, way) for way in ways]
    # Those that later steps come back to, and what a day has once: each at its place.
    for at, special in (
        (3, Planned("exact", (("bread", 3),), label="returned")),
        (8, Planned("exact", (("rice", 1), ("cola", 1)), label="exchanged")),
    ):
        sales.insert(at, special)
    sales[30:30] = [Planned("exact", (("rice", 1),), off_percent=20, label="approved")]
    sales[33:33] = [Planned("code", (("cola", 2),), label="code_returned")]
    return [
        *sales[:SALES - 2],
        Planned("card", (("rice", 1), ("cola", 1)), coupon=True, label="coupon"),
        Planned("exact", (("milk", 2),), member="li", points=True, label="points"),
    ]  # fmt: skip


def _drawn(draw: random.Random, way: str) -> Planned:
    skus = draw.sample(sorted(PRICES), draw.randint(1, 3))
    goods = tuple((sku, draw.randint(1, 3) if sku != "rice" else 1) for sku in skus)
    needs_li = way in ("stored", "stored_cash", "account", "all_of_it")
    member = "li" if needs_li else draw.choice(("", "", "wang"))
    sale = Planned(way, goods, member, by=draw.choice(("scan", "scan", "keys", "search")))
    if way in ("exact", "card_cash", "all_of_it", "code") and draw.random() < 0.6:
        return replace(sale, apples_g=draw.randrange(205, 1_500, 7))
    return sale
