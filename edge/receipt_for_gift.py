"""The gift receipt of a sale (礼品小票): what was bought and where, for whoever gets it, and no price at all."""

from __future__ import annotations

from drivers.document import Align, Block, Columns, Cut, Document, Feed, QrCode, Rule, Size, Text
from edge.clock import Clock
from edge.receipt import ReceiptWords, head
from rules.sale import Sale


def gift_receipt(sale: Sale, words: ReceiptWords, *, clock: Clock) -> Document:
    """Return the receipt of a sale without prices, member or tenders. Its code finds the sale, as that of any receipt.

    Lines that a times card paid for were done at once and are nobody's gift.
    """
    t = words.texts
    blocks: list[Block] = [
        *head(words, clock, number=sale.receipt_number, at_ms=sale.sold_at_ms),
        Text(t.t("GIFT RECEIPT"), Align.CENTER, Size.DOUBLE, bold=True),
        Rule(),
    ]
    for line in sale.lines:
        if line.times_of:
            continue
        amount = f"× {line.quantity}" if line.weight_g is None else t.weight(line.weight_g)
        blocks.append(Columns(t.name(line.names) or line.sku, amount))
    blocks += [
        Rule(),
        Text(t.t("Bring this paper to exchange it."), Align.CENTER),
        Feed(1),
        QrCode(sale.receipt_number),
        Text(sale.receipt_number, Align.CENTER),
    ]
    if words.store.thanks:
        blocks.append(Text(words.store.thanks, Align.CENTER))
    return Document((*blocks, Feed(1), Cut()))
