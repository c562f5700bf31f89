"""What came back in a basket, on the receipt of what was bought with it; and returns without a receipt."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.document import Align, Block, Columns, Cut, Document, Feed, QrCode, Row, Rule, Size, Text
from edge.clock import Clock
from edge.receipt import ReceiptWords, head
from edge.store.loose_returns import LooseReturn
from edge.store.returns import Return
from edge.texts import Texts
from rules.exchange import EXCHANGE
from rules.tender import ROUNDING


def back_blocks(backs: Sequence[Return | LooseReturn], t: Texts) -> list[Block]:
    """Return what stands above the goods that were bought: what came back, of which receipt."""
    blocks: list[Block] = []
    for back in backs:
        of = t.t("Of receipt {number}", number=back.sale.receipt_number) if isinstance(back, Return) else ""
        blocks += [Columns(t.t("RETURN"), back.entry.number, bold=True)]
        blocks += [Text(of or t.t("Without a receipt")), *_lines(back, t)]
        blocks.append(Columns(t.t("Refund"), f"-{t.amount(back.amount)}", bold=True))
    return [Rule(), *blocks] if blocks else []


def paid_back_blocks(backs: Sequence[Return | LooseReturn], t: Texts) -> list[Block]:
    """Return what stands below the tenders: what was given to the customer, and points both ways."""
    sums: dict[str, int] = {}
    for back in backs:
        for kind, amount in back.tenders:
            if kind not in (EXCHANGE, ROUNDING):
                sums[kind] = sums.get(kind, 0) + amount
    taken = sum(back.points_taken for back in backs if isinstance(back, Return))
    given = sum(back.points_given for back in backs if isinstance(back, Return))
    return [
        *(
            Columns(t.t("Given back: {tender}", tender=t.tender(kind)), t.amount(amount), bold=True)
            for kind, amount in sums.items()
        ),
        *([Columns(t.t("Points taken back"), f"-{taken}")] if taken else []),
        *([Columns(t.t("Points given back"), f"+{given}")] if given else []),
    ]


def loose_receipt(back: LooseReturn, words: ReceiptWords, *, clock: Clock) -> Document:
    """Return what the customer gets for what came back without a receipt."""
    t, entry = words.texts, back.entry
    return Document(
        (
            *head(words, clock, number=entry.number, at_ms=entry.at_ms),
            Text(t.t("RETURN"), Align.CENTER, Size.DOUBLE, bold=True),
            Text(t.t("Without a receipt"), Align.CENTER),
            Rule(),
            *_lines(back, t),
            Rule(),
            Columns(t.t("Refund"), t.money(back.amount), bold=True, size=Size.DOUBLE),
            *(Columns(t.tender(kind), t.amount(amount)) for kind, amount in back.tenders),
            Rule(),
            Columns(t.t("Signature"), "________________"),
            QrCode(entry.number),
            Text(entry.number, Align.CENTER),
            Feed(1),
            Cut(),
        )
    )


def _lines(back: Return | LooseReturn, t: Texts) -> list[Block]:
    if isinstance(back, LooseReturn):
        return [
            Row(
                (t.name(line.names) or line.sku, t.amount(line.unit_price),
                 str(line.quantity) if line.weight_g is None else t.weight(line.weight_g), f"-{t.amount(line.net)}")
            )
            for line in back.lines
        ]  # fmt: skip
    rows: list[Block] = []
    for line in back.lines:
        sold = back.sale.lines[line.line]
        quantity = str(len(line.units)) if sold.weight_g is None else t.weight(sold.weight_g)
        rows.append(
            Row((t.name(sold.names) or sold.sku, t.amount(sold.unit_price), quantity, f"-{t.amount(line.net)}"))
        )
    return rows
