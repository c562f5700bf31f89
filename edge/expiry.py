"""Points and gift money that have expired go back to the shop, as an entry of its own for each member.

Times of a times card stay where they are: they cannot be used any more, but the shop may extend them.
"""

from __future__ import annotations

from itertools import groupby

from edge.shop import Shop
from edge.store import entries, ledger
from edge.store.clock_trust import is_steady
from edge.store.entries import Entry
from edge.store.ledger import ExpiredLot
from rules.ledger import ISSUER, POINTS, STORED_VALUE_GIFT, Transfer

UNITS = (POINTS, STORED_VALUE_GIFT)
ACCOUNTS_A_STEP = 200
"""Members whose expired points and gift money one transaction takes back."""


def take_back_expired(shop: Shop, after: str) -> str | None:
    """Take back what has expired of the next members, within the writer's transaction; a job of `edge.jobs`.

    It could not be spent any more; from here on it does not stand in the balance either.
    """
    db, now_ms = shop.store.db, shop.clock.now_ms()
    if not after and not is_steady(db, "expire_points", now_ms=now_ms):
        return None
    found = ledger.expired(db, UNITS, now_ms=now_ms, after=after, limit=ACCOUNTS_A_STEP)
    for account, lots in found:
        # A return may fill a lot that has expired, so it can expire more than once; never twice at one moment.
        entry = Entry(
            f"expiry-{account.partition('/')[2]}-{max(lot.use.lot_id for lot in lots)}-{now_ms}", "expiry", now_ms,
            shop.clock.business_date(now_ms).isoformat(), _moves(account, lots),
            member_id=account.partition("/")[2], detail={"lots": len(lots)},
        )  # fmt: skip
        entries.record(db, entry)
    if found:
        shop.committed()
    return found[-1][0] if len(found) == ACCOUNTS_A_STEP else None


def _moves(account: str, lots: list[ExpiredLot]) -> tuple[Transfer, ...]:
    by_unit = {unit: tuple(lot.use for lot in some) for unit, some in groupby(lots, key=lambda lot: lot.unit)}
    return tuple(
        Transfer(unit, account, ISSUER, sum(use.amount for use in uses), "expiry", from_lots=uses)
        for unit, uses in by_unit.items()
    )
