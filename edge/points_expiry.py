"""Points that have expired go back to the shop, as an entry of their own for each member."""

from __future__ import annotations

from edge.shop import Shop
from edge.store import benefits, entries
from edge.store.clock_trust import is_steady
from edge.store.entries import Entry
from rules.ledger import ISSUER, POINTS, LotUse, Transfer


def expire_points(shop: Shop, after: str) -> str | None:
    """Take back what has expired of the next members, within the writer's transaction; a job of `edge.jobs`.

    They could not be spent any more; from here on they do not stand in the balance either.
    """
    db, now_ms = shop.store.db, shop.clock.now_ms()
    if not after and not is_steady(db, "expire_points", now_ms=now_ms):
        return None
    found = benefits.expired_points(db, now_ms=now_ms, after=after)
    for account, lots in found:
        uses = tuple(LotUse(lot.lot_id, lot.remaining) for lot in lots)
        amount = sum(use.amount for use in uses)
        # A return may fill a lot that has expired, so it can expire more than once; never twice at one moment.
        entry = Entry(
            f"expiry-{account.partition('/')[2]}-{max(use.lot_id for use in uses)}-{now_ms}", "expiry", now_ms,
            shop.clock.business_date(now_ms).isoformat(),
            (Transfer(POINTS, account, ISSUER, amount, "expiry", from_lots=uses),),
            member_id=account.partition("/")[2], detail={"lots": len(uses)},
        )  # fmt: skip
        entries.record(db, entry)
    if found:
        shop.committed()
    return found[-1][0] if len(found) == benefits.EXPIRY_BATCH else None
