"""The X and the Z report of a shift as a document, for paper and for the screen."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.document import Align, Block, Columns, Cut, Document, Feed, Rule, Size, Text
from edge.clock import Clock
from edge.config import StoreConfig
from edge.text_marks import N_
from edge.texts import Texts
from rules.basket import Names
from rules.shift import ShiftReport

MOVES: Mapping[str, str] = {
    "sale": N_("Sales in cash"),
    "return": N_("Returns in cash"),
    "top_up": N_("Top-ups in cash"),
    "settled": N_("On account, settled in cash"),
    "refund": N_("Stored value refunded in cash"),
    "gift": N_("Paid for gifts in cash"),
    "gift_void": N_("Paid back for gifts in cash"),
    "shift_difference": N_("Difference"),
    "shift_close": N_("Taken to the safe"),
    "change_kept": N_("Change kept as stored value"),
    "shift_float": N_("Float"),
    "cash_in": N_("Cash put in"),
    "cash_out": N_("Cash taken out"),
    "safe_drop": N_("Taken to the safe"),
}
"""Why cash moved, by the reason of its transfer."""
BESIDE: Mapping[str, str] = {
    "top_up": N_("Top-ups"),
    "top_up_refund": N_("Stored value refunded"),
    "settled": N_("On account, settled"),
    "gift": N_("Paid for gifts"),
    "gift_void": N_("Paid back for gifts"),
}
"""What was taken or given back beside sales, by the kind of its entry."""
EVENTS: Mapping[str, str] = {
    "void_line": N_("Lines voided"),
    "void_basket": N_("Baskets voided"),
    "line_discount": N_("Line discounts by hand"),
    "basket_discount": N_("Basket discounts by hand"),
    "price_change": N_("Prices changed by hand"),
    "no_sale": N_("Drawer opened without a sale"),
    "undo_tender": N_("Payments taken back"),
    "hold": N_("Baskets put on hold"),
    "approved": N_("Allowed by a second person"),
}


def shift_paper(
    report: ShiftReport, store: StoreConfig, texts: Texts, *, clock: Clock, names: Mapping[str, str], copy: bool = False
) -> Document:
    """Return the report; a Z where the shift was closed, else an X.

    Args:
        names: of staff by id.
    """
    t = texts
    heading = t.t("Z report") if report.number else t.t("X report")
    blocks: list[Block] = [Text(t.t("COPY"), Align.CENTER, Size.DOUBLE, bold=True)] if copy else []
    blocks += [
        Text(t.name(Names(store.name_zh_hans, store.name_zh_hant, store.name_en)), Align.CENTER),
        Text(heading, Align.CENTER, Size.DOUBLE, bold=True),
        Rule(),
        Columns(t.t("Business date"), report.business_date),
        Columns(t.t("Lane {lane}", lane=report.lane), report.number),
        Columns(t.t("Opened"), _who(report.opened_by, report.opened_ms, names, clock)),
        Columns(t.t("Closed") if report.number else t.t("Read"), _who(report.closed_by, report.at_ms, names, clock)),
        Rule(),
        Columns(t.t("Sales: {count}", count=report.sales), t.amount(report.gross)),
        Columns(t.t("Discount"), _minus(report.discount, t)),
        Columns(t.t("Total"), t.money(report.total), bold=True),
        Columns(t.t("Tax included"), t.amount(report.tax)),
        Columns(t.t("Returns: {count}", count=report.returns), _minus(report.refunded, t)),
        Rule(),
    ]
    for tender in report.tenders:
        blocks.append(Columns(t.tender(tender.kind), t.amount(tender.taken)))
        if tender.returned:
            blocks.append(Columns("  " + t.t("paid back"), _minus(tender.returned, t)))
    if report.beside:
        blocks += [Rule(), Text(t.t("Beside sales"), bold=True)]
        blocks += [
            Columns(
                f"{t.t(BESIDE.get(each.reason, each.reason))} {t.tender(each.kind)}", t.amount(each.into - each.out)
            )
            for each in report.beside
        ]
    blocks += [Rule(), Text(t.t("Cash drawer"), bold=True)]
    for move in report.drawer:
        blocks.append(Columns(t.t(MOVES.get(move.reason, move.reason)), t.amount(move.into - move.out)))
    blocks.append(Columns(t.t("Should be in the drawer"), t.money(report.expected), bold=True))
    if report.number:
        blocks += _count(report, t)
    if report.events:
        blocks += [Rule(), *(Columns(t.t(EVENTS[name]), str(count)) for name, count in report.events)]
    if report.number:
        blocks += [Rule(), Columns(t.t("Signature"), "____________")]
    return Document((*blocks, Feed(1), Cut()))


def _count(report: ShiftReport, t: Texts) -> list[Block]:
    return [
        *(Columns(f"{t.amount(worth)} × {count}", t.amount(worth * count)) for worth, count in report.pieces),
        Columns(t.t("Counted"), t.money(report.counted), bold=True),
        Columns(t.t("Difference"), t.money(report.difference), bold=True),
        Columns(t.t("Left in the drawer"), t.amount(report.left)),
        Columns(t.t("To the safe"), t.amount(report.counted - report.left)),
    ]


def _who(staff_id: str, at_ms: int, names: Mapping[str, str], clock: Clock) -> str:
    return f"{names.get(staff_id, staff_id)} {clock.local(at_ms):%m-%d %H:%M}".strip()


def _minus(amount: int, t: Texts) -> str:
    return f"-{t.amount(amount)}" if amount else t.amount(0)
