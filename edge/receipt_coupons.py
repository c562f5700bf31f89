"""The coupons that a sale brought, at the end of its receipt: to be torn off, and scanned the next time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from drivers.document import Align, Block, Feed, QrCode, Rule, Text
from edge.texts import Texts
from rules.basket import Names
from rules.coupon_codes import shown_code


@dataclass(frozen=True, slots=True)
class PaperCoupon:
    """One coupon as paper says it."""

    names: Names
    """Of the offer."""
    code: str
    first_day: date | None
    """None where it holds at once."""
    last_day: date | None
    """None without an end."""
    is_bearer: bool


def coupon_blocks(coupons: Sequence[PaperCoupon], t: Texts) -> list[Block]:
    """Return what is printed of the coupons, nothing where there are none."""
    blocks: list[Block] = []
    for each in coupons:
        blocks += [
            Rule("="),
            Text(t.t("A coupon for you"), Align.CENTER),
            Text(t.name(each.names), Align.CENTER, bold=True),
            Feed(1),
            QrCode(each.code.upper()),
            Text(shown_code(each.code), Align.CENTER),
        ]
        if each.first_day is not None:
            blocks.append(Text(t.t("Holds from {day} on", day=t.date(each.first_day)), Align.CENTER))
        if each.last_day is not None:
            blocks.append(Text(t.t("Last day: {day}", day=t.date(each.last_day)), Align.CENTER))
        if not each.is_bearer:
            blocks.append(Text(t.t("For this member only"), Align.CENTER))
    return [*blocks, Feed(1)] if blocks else []
