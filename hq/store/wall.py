"""What the wall shows: every store with its state, its last sale and its day, and what was set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from peewee import fn

from hq.store.database import HqDatabase
from hq.store.tables import Alarm, SetAside, Store, StoreDay, StoreState

STORES_MAX: Final = 500
"""Most stores on one wall."""
NOTES_MAX: Final = 20
"""Most unreadable messages and most alarms that are listed: the newest."""


@dataclass(frozen=True, slots=True)
class Takings:
    """What was taken on a day in one currency: what was sold less what came back on it."""

    currency: str
    sales: int
    amount: int
    """Minor units; less than zero where more came back than was sold."""
    refunded: int = 0
    """What came back; it is off `amount` already."""

    @property
    def average(self) -> int:
        """What a sale came to, whatever came back later."""
        return (self.amount + self.refunded) // self.sales if self.sales else 0


@dataclass(frozen=True, slots=True)
class StoreCard:
    """One store on the wall."""

    store: str
    is_online: bool = False
    is_known: bool = False
    """It has told its state at least once."""
    version: str = ""
    waiting: int = 0
    devices: Mapping[str, str] = field(default_factory=dict)
    heard_ms: int = 0
    """When its state came; 0: never."""
    last_number: str = ""
    last_total: int = 0
    last_currency: str = ""
    last_sold_ms: int = 0
    today: tuple[Takings, ...] = ()
    set_aside: int = 0
    alarms: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should look at."""

    store: str
    kind: str
    """A Reason for a message that was set aside; double, fork, epoch or sale for an alarm."""
    detail: str
    seq: int | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything on the wall."""

    stores: tuple[StoreCard, ...]
    today: tuple[Takings, ...]
    set_aside: int
    notes: tuple[Note, ...]
    alarms: tuple[Note, ...]


def wall(database: HqDatabase, *, business_date: str) -> Wall:
    """Return the wall of a business date (YYYY-MM-DD), its stores sorted by id."""
    with database.transaction_for_reading():
        facts: dict[str, dict[str, Any]] = defaultdict(dict)
        _states(database, facts)
        _last_sales(database, facts)
        _days(database, facts, business_date)
        for model, key in ((SetAside, "set_aside"), (Alarm, "alarms")):
            for store, count in database.rows(model.select(model.store, fn.COUNT(model.id)).group_by(model.store)):
                facts[store][key] = count
        cards = tuple(StoreCard(store=store, **facts[store]) for store in sorted(facts)[:STORES_MAX])
        return Wall(
            stores=cards,
            today=_sum(cards),
            set_aside=sum(found.get("set_aside", 0) for found in facts.values()),
            notes=_notes(database, SetAside, SetAside.reason, SetAside.received_ms),
            alarms=_notes(database, Alarm, Alarm.kind, Alarm.at_ms),
        )


def _states(database: HqDatabase, facts: dict[str, dict[str, Any]]) -> None:
    s = StoreState
    query = s.select(s.store, s.is_online, s.version, s.waiting, s.devices, s.received_ms).limit(STORES_MAX)
    for store, is_online, version, waiting, devices, received_ms in database.rows(query):
        facts[store].update(
            is_known=True,
            is_online=bool(is_online),
            version=version,
            waiting=waiting,
            devices=msgspec.json.decode(devices, type=dict[str, str]),
            heard_ms=received_ms,
        )


def _last_sales(database: HqDatabase, facts: dict[str, dict[str, Any]]) -> None:
    query = Store.select(Store.store, Store.last_number, Store.last_total, Store.last_currency, Store.last_sold_ms)
    for store, number, total, currency, sold_ms in database.rows(query.limit(STORES_MAX)):
        facts[store].update(last_number=number, last_total=total, last_currency=currency, last_sold_ms=sold_ms)


def _days(database: HqDatabase, facts: dict[str, dict[str, Any]], business_date: str) -> None:
    query = StoreDay.select(StoreDay.store, StoreDay.currency, StoreDay.sales, StoreDay.takings, StoreDay.refunded)
    found: dict[str, list[Takings]] = defaultdict(list)
    for store, currency, sales, takings, refunded in database.rows(
        query.where(StoreDay.business_date == business_date)
    ):
        found[store].append(Takings(currency, sales, takings - refunded, refunded))
    for store, days in found.items():
        facts[store]["today"] = tuple(sorted(days, key=lambda day: day.currency))


def _sum(cards: tuple[StoreCard, ...]) -> tuple[Takings, ...]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for card in cards:
        for day in card.today:
            sums[day.currency][0] += day.sales
            sums[day.currency][1] += day.amount
            sums[day.currency][2] += day.refunded
    return tuple(Takings(currency, *figures) for currency, figures in sorted(sums.items()))


def _notes(database: HqDatabase, model: Any, kind: Any, at_ms: Any) -> tuple[Note, ...]:
    query = model.select(model.store, kind, model.detail, model.seq, at_ms).order_by(model.id.desc()).limit(NOTES_MAX)
    return tuple(Note(*row) for row in database.rows(query))
