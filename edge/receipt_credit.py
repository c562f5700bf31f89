"""The slip of a payment for what was bought on account."""

from __future__ import annotations

from drivers.document import Align, Block, Columns, Cut, Document, Feed, QrCode, Rule, Size, Text
from edge.clock import Clock
from edge.receipt import ReceiptWords, head
from edge.store.entries import Entry


def settled_slip(entry: Entry, words: ReceiptWords, *, clock: Clock) -> Document:
    """Return what the customer gets for money that settled what they owed."""
    t, change = words.texts, int(entry.detail.get("change", 0))
    blocks: list[Block] = [
        *head(words, clock, number=entry.number, at_ms=entry.at_ms),
        Text(t.t("ACCOUNT SETTLED"), Align.CENTER, Size.DOUBLE, bold=True),
        Columns(t.t("Member"), words.member_name),
        Rule(),
        Columns(t.t("Paid"), t.money(int(entry.detail.get("paid", 0))), bold=True, size=Size.DOUBLE),
        Columns(t.tender(str(entry.detail.get("tender", ""))), t.amount(int(entry.detail.get("given", 0)))),
        *([Columns(t.t("Change"), t.amount(change), bold=True)] if change else []),
        Rule(),
        Columns(t.t("Still owed"), t.money(int(entry.detail.get("owed_after", 0))), bold=True),
        Rule(),
        QrCode(entry.number),
        Text(entry.number, Align.CENTER),
        *([Text(words.store.thanks, Align.CENTER)] if words.store.thanks else []),
        Feed(1),
        Cut(),
    ]
    return Document(tuple(blocks))
