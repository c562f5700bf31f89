"""Papers of stored value: the slips of top-ups and refunds, and the statement of a member's money."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from drivers.document import Align, Block, Columns, Cut, Document, Feed, QrCode, Row, Rule, Size, Text
from edge.clock import Clock
from edge.receipt import ReceiptWords, head
from edge.receipt_credit import settled_slip
from edge.store.entries import Entry
from edge.store.stored_value import MoneyMove
from edge.text_marks import N_
from edge.texts import Texts

STATEMENT_MAX: Final = 60
"""Newest moves that a statement on paper tells."""

MOVES: Final[Mapping[str, str]] = {
    "top_up": N_("Paid in"),
    "top_up_gift": N_("Gift, instalment"),
    "top_up_refund": N_("Refund"),
    "redemption": N_("Purchase"),
    "return": N_("Goods returned"),
    "change_kept": N_("Change kept"),
    "opening": N_("Brought along"),
    "merge": N_("Files merged"),
    "adjust": N_("Adjusted"),
    "expiry": N_("Expired"),
    "import": N_("Imported"),
}
"""What a line of a statement is called, by the kind of its entry or the reason of its transfer."""


def move_words(reason: str, t: Texts) -> str:
    """Return what a move of a member's money is called."""
    return t.t(MOVES[reason]) if reason in MOVES else reason


def signed(amount: int, t: Texts) -> str:
    """Return an amount with its sign, also where it came.

    A zero is a dash: nothing moved.
    """
    return "–" if not amount else f"+{t.amount(amount)}" if amount > 0 else f"-{t.amount(-amount)}"


def top_up_slip(entry: Entry, words: ReceiptWords, *, clock: Clock) -> Document:
    """Return what the customer gets for money that was paid in."""
    t = words.texts
    paid, change = _figure(entry, "paid"), _figure(entry, "change")
    blocks: list[Block] = [
        *_top(entry, words, t.t("TOP-UP"), clock),
        Columns(t.t("Paid in"), t.money(paid), bold=True, size=Size.DOUBLE),
        Columns(t.tender(str(entry.detail["tender"])), t.amount(_figure(entry, "given"))),
        *([Columns(t.t("Change"), t.amount(change), bold=True)] if change else []),
    ]
    gift, now, points = _figure(entry, "gift"), _figure(entry, "gift_now"), _figure(entry, "points")
    if gift:
        blocks.append(Columns(t.t("Gift money"), t.money(gift), bold=True))
    if gift != now:
        parts = t.t("in {count} monthly parts, now", count=_figure(entry, "instalments"))
        blocks.append(Columns("  " + parts, t.amount(now)))
    if points:
        blocks.append(Columns(t.t("Points given"), f"+{points}"))
    if _figure(entry, "coupons"):
        blocks.append(Columns(t.t("Coupons given"), str(_figure(entry, "coupons"))))
    if any(move.unit.startswith("times:") for move in entry.transfers):
        blocks += [
            Columns(_package(move.unit, words), t.t("{count} times", count=move.amount))
            for move in entry.transfers
            if move.unit.startswith("times:")
        ]
    return Document((*blocks, *_after(entry, t), *_foot(entry, words)))


def refund_slip(entry: Entry, words: ReceiptWords, *, clock: Clock) -> Document:
    """Return what the customer signs for money that was paid back."""
    t = words.texts
    kept, void, cut = _figure(entry, "kept"), _figure(entry, "gift_void"), _figure(entry, "to_come_cut")
    blocks: list[Block] = [
        *_top(entry, words, t.t("STORED VALUE REFUND"), clock),
        Columns(t.t("Paid-in money"), t.amount(_figure(entry, "principal"))),
        *([Columns(t.t("Kept for gift money spent"), f"-{t.amount(kept)}")] if kept else []),
        Columns(t.t("Paid back"), t.money(_figure(entry, "paid_back")), bold=True, size=Size.DOUBLE),
        Columns(t.tender(str(entry.detail["tender"])), t.amount(_figure(entry, "paid_back"))),
        *([Columns(t.t("Gift money void"), t.amount(void))] if void else []),
        *([Columns(t.t("Gift money to come, void"), t.amount(cut))] if cut else []),
    ]
    signature: list[Block] = [Feed(1), Columns(t.t("Signature"), "________________")]
    return Document((*blocks, *_after(entry, t), *signature, *_foot(entry, words)))


def money_statement(moves: Sequence[MoneyMove], words: ReceiptWords, *, clock: Clock, at_ms: int) -> Document:
    """Return every move of a member's money on paper, newest first."""
    t = words.texts
    blocks: list[Block] = [
        *head(words, clock, number="", at_ms=at_ms)[:-2],
        Columns(f"{clock.local(at_ms):%Y-%m-%d %H:%M}", words.member_name),
        Text(t.t("Statement of stored value"), Align.CENTER, bold=True),
        Rule(),
        Row((t.t("Moved"), t.t("Paid in"), t.t("Gift"), t.t("Balance")), bold=True),
    ]
    for move in moves:
        blocks += [
            Columns(f"{clock.local(move.at_ms):%m-%d %H:%M} {move_words(move.reason, t)}", move.number),
            Row(
                ("", signed(move.principal, t), signed(move.gift, t), t.amount(move.principal_after + move.gift_after))
            ),
        ]
    if not moves:
        blocks.append(Text(t.t("Nothing was moved yet."), Align.CENTER))
    return Document((*blocks, Rule(), Feed(1), Cut()))


def _top(entry: Entry, words: ReceiptWords, title: str, clock: Clock) -> list[Block]:
    return [
        *head(words, clock, number=entry.number, at_ms=entry.at_ms),
        Text(title, Align.CENTER, Size.DOUBLE, bold=True),
        Columns(words.texts.t("Member"), words.member_name),
        Rule(),
    ]


def _after(entry: Entry, t: Texts) -> list[Block]:
    return [
        Rule(),
        Columns(t.t("Stored value"), t.money(_figure(entry, "principal_after"))),
        Columns(t.t("Stored value, gift"), t.money(_figure(entry, "gift_after"))),
    ]


def _foot(entry: Entry, words: ReceiptWords) -> list[Block]:
    thanks: list[Block] = [Text(words.store.thanks, Align.CENTER)] if words.store.thanks else []
    return [Rule(), QrCode(entry.number), Text(entry.number, Align.CENTER), *thanks, Feed(1), Cut()]


def _package(unit: str, words: ReceiptWords) -> str:
    names = (words.package_names or {}).get(unit)
    return words.texts.name(names) if names else unit.partition(":")[2]


def _figure(entry: Entry, key: str) -> int:
    value = entry.detail.get(key, 0)
    return value if isinstance(value, int) else 0


SLIPS: Final[Mapping[str, Callable[..., Document]]] = {
    "top_up": top_up_slip, "top_up_refund": refund_slip, "settled": settled_slip,
}  # fmt: skip
"""The paper of each kind of entry that has one; called with entry, words and clock."""
