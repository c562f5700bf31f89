"""The slip that goes with a gift that was taken for points."""

from __future__ import annotations

from drivers.document import Align, Columns, Cut, Document, Feed, QrCode, Rule, Size, Text
from edge.clock import Clock
from edge.receipt import ReceiptWords, head
from edge.store.entries import Entry
from rules.basket import Names
from rules.ledger import CASH, POINTS


def gift_slip(entry: Entry, words: ReceiptWords, *, clock: Clock, names: Names, points_left: int) -> Document:
    """Return the slip of gifts that were handed over.

    Args:
        names: of the gift; without any its id stands there.
        points_left: what the member has after it.
    """
    t = words.texts
    points = sum(move.amount for move in entry.transfers if move.unit == POINTS)
    money = sum(move.amount for move in entry.transfers if move.unit == CASH)
    what = t.name(names) or str(entry.detail.get("gift", ""))
    return Document(
        (
            *head(words, clock, number=entry.number, at_ms=entry.at_ms),
            Text(t.t("GIFT FOR POINTS"), Align.CENTER, Size.DOUBLE, bold=True),
            Rule(),
            Columns(what, f"× {entry.detail.get('count', 1)}", bold=True),
            Columns(t.t("Points used"), f"-{points}"),
            *([Columns(t.t("Paid on top"), t.amount(money))] if money else []),
            Rule(),
            Columns(t.t("Member"), words.member_name),
            Columns(t.t("Points balance"), str(points_left)),
            Rule(),
            QrCode(entry.number),
            Text(entry.number, Align.CENTER),
            Feed(1),
            Cut(),
        )
    )
