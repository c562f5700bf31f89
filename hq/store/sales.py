"""The sales in the messages: each once, with its lines and tenders, and its day's takings in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import msgspec

from edge.messages import SaleBody
from hq.store.database import HqDatabase, Row
from hq.store.statements import SALES_AT_ONCE
from hq.store.tables import Alarm, Sale, SaleLine, Tender

_BODY: Final = msgspec.json.Decoder(SaleBody)
_ENCODER: Final = msgspec.json.Encoder()


def project(
    database: HqDatabase, store: str, epoch: str, found: Sequence[tuple[int, SaleBody | str]], at_ms: int
) -> None:
    """Write sales in the order given; one whose id is there already changes nothing. Called within a transaction.

    Args:
        found: (sequence, the sale or its JSON as it was kept).
    """
    sales = [(seq, _BODY.decode(sale) if isinstance(sale, str) else sale) for seq, sale in found]
    there = _there(database, store, [sale.sale_id for _, sale in sales])
    new: list[tuple[int, SaleBody]] = []
    alarms: list[Row] = []
    for seq, sale in sales:
        if sale.sale_id not in there:
            new.append((seq, sale))
            there[sale.sale_id] = (sale.receipt_number, sale.total)
        elif there[sale.sale_id] != (sale.receipt_number, sale.total):
            # A store that lost its database tells old sales again under a new epoch: the same sale is no news,
            # another one of the same id is.
            alarms.append((store, epoch, seq, "sale", f"sale {sale.sale_id[:40]} differs from the one here", at_ms))
    database.insert_new(Alarm, alarms)
    if new:
        _insert(database, store, epoch, new)
        _add_up(database, store, [sale for _, sale in new])


def _there(database: HqDatabase, store: str, sale_ids: list[str]) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for start in range(0, len(sale_ids), SALES_AT_ONCE):
        some = sale_ids[start : start + SALES_AT_ONCE]
        some += some[-1:] * (SALES_AT_ONCE - len(some))
        cursor = database.execute(database.statements.known_sales, store, *some)
        found |= {sale_id: (number, total) for sale_id, number, total in cursor.fetchall()}
    return found


def _insert(database: HqDatabase, store: str, epoch: str, sales: Sequence[tuple[int, SaleBody]]) -> None:
    heads: list[Row] = []
    lines: list[Row] = []
    tenders: list[Row] = []
    for seq, s in sales:
        key = (store, s.sale_id)
        heads.append(
            (*key, epoch, seq, s.receipt_number, s.lane, s.staff_id, s.member_id, s.business_date, s.sold_at_ms,
             s.clock_unsure, s.currency, s.gross, s.discount, s.total, s.tax, s.points, s.change, s.rules_version)
        )  # fmt: skip
        lines += [
            (*key, n, x.sku, x.name, x.quantity, x.weight_g, x.unit_price, x.gross, x.net, x.tax_bp, x.tax,
             _ENCODER.encode(x.discounts).decode())
            for n, x in enumerate(s.lines, 1)
        ]  # fmt: skip
        tenders += [(*key, n, x.kind, x.amount, x.given) for n, x in enumerate(s.tenders, 1)]
    database.insert_new(Sale, heads)
    database.insert_new(SaleLine, lines)
    database.insert_new(Tender, tenders)


def _add_up(database: HqDatabase, store: str, sales: Sequence[SaleBody]) -> None:
    days: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for sale in sales:
        day = days[sale.business_date, sale.currency]
        day[0] += 1
        day[1] += sale.total
    for (business_date, currency), (count, takings) in days.items():
        database.execute(database.statements.add_day, store, business_date, currency, count, takings)
    last = sales[-1]
    database.execute(
        database.statements.last_sale, last.receipt_number, last.total, last.currency, last.sold_at_ms, store
    )
