"""The receipt of a sale as a document: what the printer puts on paper and the screen shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drivers.document import (
    Align,
    Block,
    Columns,
    Cut,
    Document,
    Feed,
    Logo,
    QrCode,
    Row,
    Rule,
    Size,
    Text,
    marked_copy,
)
from edge.clock import Clock
from edge.config import StoreConfig
from edge.receipt_coupons import PaperCoupon, coupon_blocks
from edge.texts import Texts
from rules.basket import Names
from rules.ledger import STORED_VALUE, STORED_VALUE_GIFT
from rules.money import Minor
from rules.sale import Sale, SaleLine
from rules.tender import STORED_VALUE as STORED_VALUE_TENDER


@dataclass(frozen=True, slots=True)
class ReceiptWords:
    """What a receipt says beside the sale itself."""

    store: StoreConfig
    texts: Texts
    staff_name: str
    member_name: str = ""
    """Masked."""
    expiring: str = ""
    """What is said of points that expire soon; empty for nothing."""
    tier_names: Mapping[str, Names] | None = None
    coupons: tuple[PaperCoupon, ...] = ()
    """That the sale brought."""
    balance_url: str = ""
    """Where the member's own phone shows their balances for a while; empty: nowhere."""
    package_names: Mapping[str, Names] | None = None
    """Names of packages by the unit of their times."""
    returned: Mapping[int, int] = field(default_factory=dict)
    """Pieces that came back since, by the place of their line; paper tells nothing of it."""
    refunded: Minor = 0
    """What was paid back for them."""
    line_notes: Mapping[int, str] | None = None
    """What was noted of lines, by their number."""


@dataclass(frozen=True, slots=True)
class EReceipt:
    """A receipt for a customer's phone."""

    document: Document
    balance_url: str
    """Where the member's balances are shown for a while; empty: nowhere."""


def receipt(
    sale: Sale,
    words: ReceiptWords,
    *,
    clock: Clock,
    copy: bool = False,
    above: Sequence[Block] = (),
    below: Sequence[Block] = (),
) -> Document:
    """Return the receipt of a closed sale, marked as a copy where it is one. It never opens the drawer.

    Args:
        above: what stands before its goods, such as what came back in the same basket.
        below: what stands after its tenders.
    """
    t = words.texts
    blocks = head(words, clock, number=sale.receipt_number, at_ms=sale.sold_at_ms)
    if sale.is_clock_unsure:
        blocks.append(Text(t.t("The clock of the till was not set.")))
    blocks += [*above, Rule(), Row((t.t("Item"), t.t("Unit price"), t.t("Qty"), t.t("Amount")), bold=True)]
    for place, line in enumerate(sale.lines):
        blocks += _line(sale, line, t)
        if place + 1 in (words.line_notes or {}):
            blocks.append(Text("  " + (words.line_notes or {})[place + 1]))
        if words.returned.get(place):
            blocks.append(Text("  " + t.t("Returned: {count}", count=words.returned[place]), bold=True))
    blocks += [Rule(), *_sums(sale, t), *_tenders(sale, t), *below]
    if words.returned:
        blocks.append(Columns(t.t("Paid back for returns"), t.amount(words.refunded), bold=True))
    if sale.member_id is not None:
        blocks += [Rule(), *_member(sale, words)]
        if words.balance_url:
            blocks += [Feed(1), QrCode(words.balance_url), Text(t.t("Scan for your points and balances"), Align.CENTER)]
    blocks += [Rule(), *_foot(sale, words), *coupon_blocks(words.coupons, words.texts), Cut()]
    document = Document(tuple(blocks))
    return marked_copy(document, t.t("COPY")) if copy else document


def head(words: ReceiptWords, clock: Clock, *, number: str, at_ms: int) -> list[Block]:
    """Return what every paper of the store begins with: its name, the number, the moment, who was at the till."""
    t, store = words.texts, words.store
    name = t.name(Names(store.name_zh_hans, store.name_zh_hant, store.name_en))
    blocks: list[Block] = [Logo(), Text(name, Align.CENTER, Size.DOUBLE, bold=True)]
    blocks += [Text(line, Align.CENTER) for line in (store.address, store.phone) if line]
    return [
        *blocks,
        Rule(),
        Columns(t.t("No. {number}", number=number), ""),
        Columns(f"{clock.local(at_ms):%Y-%m-%d %H:%M:%S}", t.t("Cashier {name}", name=words.staff_name)),
    ]


def _line(sale: Sale, line: SaleLine, t: Texts) -> list[Block]:
    quantity = str(line.quantity) if line.weight_g is None else t.weight(line.weight_g)
    cells = (t.name(line.names) or line.sku, t.amount(line.unit_price), quantity, t.amount(line.gross))
    names = {promotion.promotion_id: promotion.names for promotion in sale.promotions}
    if line.times_of:
        return [Row(cells), Text("  " + t.t("Paid with a times card"))]
    if line.gift_of:
        return [Row(cells), Text("  " + t.t("Gift: {name}", name=t.name(names.get(line.gift_of, Names()))))]
    return [
        Row(cells),
        *([] if line.list_price is None else [Columns("  " + t.t("List price"), t.amount(line.list_price))]),
        *(
            Columns(f"  {t.name(names[promotion_id]) if promotion_id in names else promotion_id}", _minus(amount, t))
            for promotion_id, amount in line.discounts
        ),
    ]


def _sums(sale: Sale, t: Texts) -> list[Block]:
    blocks: list[Block] = []
    if sale.discount:
        blocks += [
            Columns(t.t("Subtotal"), t.amount(sale.gross)),
            Columns(t.t("Discount"), _minus(sale.discount, t)),
        ]
    tax = t.t("Tax included {amount}", amount=t.amount(sale.tax)) if sale.tax else ""
    return [
        *blocks,
        Columns(t.t("Total"), t.money(sale.total), bold=True, size=Size.DOUBLE),
        Columns(t.t("Items: {count}", count=sale.item_count), tax),
    ]


def _tenders(sale: Sale, t: Texts) -> list[Block]:
    blocks: list[Block] = []
    for tender in sale.tenders:
        if tender.kind != STORED_VALUE_TENDER:
            blocks.append(Columns(t.tender(tender.kind), t.amount(tender.given)))
            continue
        # Not by the tender's own name: what is left of the money stands below, by that one.
        blocks.append(Columns(t.t("Paid with stored value"), t.amount(tender.given)))
        if sale.principal_paid and sale.gift_paid:
            blocks += [
                Columns("  " + t.t("of it paid in"), t.amount(sale.principal_paid)),
                Columns("  " + t.t("of it gift"), t.amount(sale.gift_paid)),
            ]
    if sale.change:
        blocks.append(Columns(t.t("Change"), t.amount(sale.change), bold=True))
    if sale.change_kept:
        blocks.append(Columns(t.t("Kept as stored value"), t.amount(sale.change_kept), bold=True))
    if sale.discount:
        blocks.append(Text(t.t("You saved {amount}", amount=t.money(sale.discount)), Align.CENTER, bold=True))
    return blocks


def _member(sale: Sale, words: ReceiptWords) -> list[Block]:
    t = words.texts
    blocks: list[Block] = [Columns(t.t("Member"), words.member_name)]
    if sale.points_after is not None:
        blocks += [
            Columns(t.t("Points before"), str(sale.points_after - sale.points + sale.points_paid)),
            *([Columns(t.t("Points used"), f"-{sale.points_paid}")] if sale.points_paid else []),
            Columns(t.t("Points earned"), f"+{sale.points}"),
            Columns(t.t("Points balance"), str(sale.points_after)),
        ]
    blocks += _balances(sale, words)
    tier = (words.tier_names or {}).get(sale.next_tier)
    if tier is not None and sale.next_tier_short > 0:
        distance = t.distance(sale.next_tier_by, sale.next_tier_short, tier)
        blocks.append(Text(distance, Align.CENTER))
    if words.expiring:
        blocks.append(Text(words.expiring, Align.CENTER))
    return blocks


def _balances(sale: Sale, words: ReceiptWords) -> list[Block]:
    """Return what the member has left of stored value and of the times that this sale used or brought."""
    t = words.texts
    blocks: list[Block] = []
    names = {STORED_VALUE: t.t("Stored value"), STORED_VALUE_GIFT: t.t("Stored value, gift")}
    for unit, left in sale.balances_after.items():
        if unit in names:
            blocks.append(Columns(names[unit], t.money(left)))
        else:
            package = (words.package_names or {}).get(unit)
            label = t.name(package) if package else unit.partition(":")[2]
            blocks.append(Columns(label, t.t("{count} left", count=left)))
    return blocks


def _foot(sale: Sale, words: ReceiptWords) -> list[Block]:
    blocks: list[Block] = [QrCode(sale.receipt_number), Text(sale.receipt_number, Align.CENTER)]
    if words.store.thanks:
        blocks.append(Text(words.store.thanks, Align.CENTER))
    return [*blocks, Feed(1)]


def _minus(amount: Minor, t: Texts) -> str:
    return f"-{t.amount(amount)}"


def printer_test(words: ReceiptWords, *, printer: str, encoding: str, columns: int) -> Document:
    """Return a test page: a ruler, both scripts and the figures of the printer."""
    t = words.texts
    ruler = "".join(str(index % 10) for index in range(1, columns + 1))
    return Document(
        (
            Text(t.t("Printer test"), Align.CENTER, Size.DOUBLE, bold=True),
            Columns(printer, f"{encoding} {columns}"),
            Text(ruler),
            Text("简体中文：欢迎光临，合计 ￥12.50 × 2"),
            Text("繁體中文：歡迎光臨，合計 ￥12.50 × 2"),
            Text("English: Thank you! 12.50 x 2"),
            Columns(t.t("Total"), t.money(1250), bold=True, size=Size.DOUBLE),
            QrCode("TapTill"),
            Feed(1),
            Cut(),
        )
    )
