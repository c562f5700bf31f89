"""The statements of every batch, written once by peewee for the database at hand and run with new values each time.

Writing SQL anew takes peewee longer than SQLite takes to run it, and a batch runs ten of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from peewee import EXCLUDED, SQL, Database

from hq.store.tables import Message, Sale, Store, StoreDay, Stream

SALES_AT_ONCE: Final = 32
"""Sale ids that one statement looks up; fewer are filled up with the last of them."""


@dataclass(frozen=True, slots=True)
class Statements:
    """SQL texts; the comment of each gives its values in order."""

    lock_stream: str
    """store, epoch. An UPDATE that changes nothing locks the row in every database."""
    read_stream: str
    """store, epoch -> upto, held, set_aside."""
    write_stream: str
    """upto, held, set_aside, store, epoch."""
    known: str
    """store, epoch, first, last -> seq, hash, prev_hash, set_aside."""
    known_sales: str
    """store, SALES_AT_ONCE sale ids -> sale_id, receipt_number, total."""
    add_day: str
    """store, business_date, currency, sales, takings."""
    add_refunds: str
    """store, business_date, currency, 0, 0, returns, refunded."""
    last_sale: str
    """last_number, last_total, last_currency, last_sold_ms, store."""


def statements(db: Database) -> Statements:
    """Return the statements in the dialect of a database."""
    value = SQL(db.param)

    def text(query: Any) -> str:
        written, values = query.bind(db).sql()
        assert not values, f"a value was written into {written}"
        return str(written).split(" RETURNING ")[0]

    stream = (Stream.store == value) & (Stream.epoch == value)
    message = (Message.store == value) & (Message.epoch == value)
    day = dict.fromkeys(("store", "business_date", "currency", "sales", "takings"), value)
    refunded = day | dict.fromkeys(("returns", "refunded"), value)
    day |= {"returns": SQL("0"), "refunded": SQL("0")}
    last = dict.fromkeys(("last_number", "last_total", "last_currency", "last_sold_ms"), value)
    return Statements(
        lock_stream=text(Stream.update(held=Stream.held).where(stream)),
        read_stream=text(Stream.select(Stream.upto, Stream.held, Stream.set_aside).where(stream)),
        write_stream=text(Stream.update(upto=value, held=value, set_aside=value).where(stream)),
        known=text(
            Message.select(Message.seq, Message.hash, Message.prev_hash, Message.set_aside).where(
                message & (Message.seq >= value) & (Message.seq <= value)
            )
        ),
        known_sales=text(
            Sale.select(Sale.sale_id, Sale.receipt_number, Sale.total).where(
                (Sale.store == value) & Sale.sale_id.in_([value] * SALES_AT_ONCE)
            )
        ),
        add_day=text(
            StoreDay.insert(day).on_conflict(
                conflict_target=[StoreDay.store, StoreDay.business_date, StoreDay.currency],
                update={
                    StoreDay.sales: StoreDay.sales + EXCLUDED.sales,
                    StoreDay.takings: StoreDay.takings + EXCLUDED.takings,
                },
            )
        ),
        add_refunds=text(
            StoreDay.insert(refunded).on_conflict(
                conflict_target=[StoreDay.store, StoreDay.business_date, StoreDay.currency],
                update={
                    StoreDay.returns: StoreDay.returns + EXCLUDED.returns,
                    StoreDay.refunded: StoreDay.refunded + EXCLUDED.refunded,
                },
            )
        ),
        last_sale=text(Store.update(last).where(Store.store == value)),
    )
