"""The receipt of a return as a document."""

from __future__ import annotations

from drivers.document import Align, Block, Columns, Cut, Document, Feed, QrCode, Row, Rule, Size, Text
from edge.clock import Clock
from edge.receipt import ReceiptWords, head
from edge.store.returns import Return
from edge.texts import Texts
from rules.returns import RefundLine


def return_receipt(back: Return, words: ReceiptWords, *, clock: Clock) -> Document:
    """Return what the customer gets for what came back: lines, money by tender, points both ways."""
    t, entry = words.texts, back.entry
    blocks = head(words, clock, number=entry.number, at_ms=entry.at_ms)
    blocks += [
        Text(t.t("RETURN"), Align.CENTER, Size.DOUBLE, bold=True),
        Text(t.t("Of receipt {number}", number=back.sale.receipt_number), Align.CENTER),
        Rule(),
    ]
    for line in back.lines:
        blocks += _line(back, line, t)
    blocks += [Rule(), Columns(t.t("Refund"), t.money(back.amount), bold=True, size=Size.DOUBLE)]
    blocks += [Columns(t.tender(kind), t.amount(amount)) for kind, amount in back.tenders]
    if back.withheld:
        blocks.append(Columns(t.t("Kept for points spent"), t.amount(back.withheld)))
    if back.points_taken or back.points_given:
        blocks += [
            Rule(),
            *([Columns(t.t("Points taken back"), f"-{back.points_taken}")] if back.points_taken else []),
            *([Columns(t.t("Points given back"), f"+{back.points_given}")] if back.points_given else []),
        ]
    return Document((*blocks, Rule(), QrCode(entry.number), Text(entry.number, Align.CENTER), Feed(1), Cut()))


def _line(back: Return, line: RefundLine, t: Texts) -> list[Block]:
    sold = back.sale.lines[line.line]
    quantity = str(len(line.units)) if sold.weight_g is None else t.weight(sold.weight_g)
    row = Row((t.name(sold.names) or sold.sku, t.amount(sold.unit_price), quantity, f"-{t.amount(line.net)}"))
    if not line.clawed_back:
        return [row]
    return [row, Columns("  " + t.t("Discount no longer met"), t.amount(line.clawed_back))]
