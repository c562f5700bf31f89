"""The refunds in the messages: each once, and off its day's takings in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import msgspec

from edge.messages import ReturnBody
from hq.store.database import HqDatabase, Row
from hq.store.tables import Alarm, Refund

_BODY: Final = msgspec.json.Decoder(ReturnBody)


def project_refunds(
    database: HqDatabase, store: str, epoch: str, found: Sequence[tuple[int, ReturnBody | str]], at_ms: int
) -> None:
    """Write refunds in the order given; one whose id is there already changes nothing. Called within a transaction.

    Args:
        found: (sequence, the refund or its JSON as it was kept).
    """
    told = [(seq, _BODY.decode(body) if isinstance(body, str) else body) for seq, body in found]
    query = Refund.select(Refund.return_id, Refund.receipt_number, Refund.amount).where(
        (Refund.store == store) & Refund.return_id.in_([body.return_id for _, body in told])
    )
    there = {return_id: (number, amount) for return_id, number, amount in database.rows(query)}
    new: list[Row] = []
    alarms: list[Row] = []
    days: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for seq, body in told:
        if body.return_id in there:
            if there[body.return_id] != (body.receipt_number, body.amount):
                detail = f"refund {body.return_id[:40]} differs from the one here"
                alarms.append((store, epoch, seq, "sale", detail, at_ms))
            continue
        there[body.return_id] = (body.receipt_number, body.amount)
        exchanged = body.exchange_sale_id or ""
        new.append(
            (store, body.return_id, epoch, seq, body.receipt_number, body.sale_id, body.lane, body.staff_id,
             body.approver_id, body.business_date, body.at_ms, body.currency, body.amount, exchanged)
        )  # fmt: skip
        day = days[body.business_date, body.currency]
        day[0] += 1
        day[1] += body.amount
    database.insert_new(Alarm, alarms)
    database.insert_new(Refund, new)
    for (business_date, currency), (count, amount) in days.items():
        database.execute(database.statements.add_refunds, store, business_date, currency, 0, 0, count, amount)
