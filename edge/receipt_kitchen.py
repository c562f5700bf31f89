"""The slip for who makes what was sold: how many of what, large, and no prices."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.document import Align, Block, Columns, Cut, Document, Feed, Rule, Size, Text, marked_copy
from edge.clock import Clock
from edge.texts import Texts
from rules.sale import Sale, SaleLine


def kitchen_slip(sale: Sale, lines: Sequence[SaleLine], texts: Texts, *, clock: Clock, copy: bool = False) -> Document:
    """Return the slip of some lines of a sale, marked as a copy where it is one."""
    blocks: list[Block] = [
        Text(sale.receipt_number[-4:], Align.CENTER, Size.DOUBLE, bold=True),
        Columns(texts.t("Lane {number}", number=sale.lane), f"{clock.local(sale.sold_at_ms):%H:%M:%S}"),
        Rule(),
    ]
    for line in lines:
        amount = str(line.quantity) if line.weight_g is None else texts.weight(line.weight_g)
        blocks.append(Columns(texts.name(line.names) or line.sku, f"×{amount}", size=Size.DOUBLE, bold=True))
    document = Document((*blocks, Rule(), Text(sale.receipt_number, Align.CENTER), Feed(1), Cut()))
    return marked_copy(document, texts.t("COPY")) if copy else document
