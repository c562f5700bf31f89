"""Points that are granted: when they expire, what a sale grants to others, and how a debt is settled first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from edge.shop import Shop
from edge.store import entries, ledger, members
from edge.store.database import Database
from edge.store.entries import Entry
from rules.accrual import PointsExpiry, last_day
from rules.awards import FRIEND
from rules.ledger import ISSUER, POINTS, Lot, Transfer, member_account, owed_account
from rules.quote import Quote
from rules.return_rules import SpentPoints
from rules.reversal import points_from_member, take_back

REFERRAL = "referral"
"""Reason of the transfer that grants points to whoever brought the buyer."""


def points_expire_ms(shop: Shop, now_ms: int) -> int | None:
    """Return when points of this moment expire: at the end of a local day; None never."""
    expiry = shop.rules.accrual.expiry
    months = shop.config.rules.points_expire_months
    if expiry is None:
        expiry = PointsExpiry(months=months) if months else PointsExpiry(kind="never")
    # Counted from a clock that was never set, they would be gone as soon as it is.
    last = last_day(expiry, shop.clock.local(now_ms).date()) if shop.clock.is_sane() else None
    if last is None:
        return None
    end = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(shop.config.store.timezone))
    return int(end.timestamp()) * 1_000


def granted(db: Database, member_id: str, points: int, *, reason: str, expires_ms: int | None) -> tuple[Transfer, ...]:
    """Return the transfers that grant points: what the member owes is settled first."""
    owed = min(-ledger.balance(db, owed_account(member_id), POINTS), points)
    moves = [Transfer(POINTS, ISSUER, owed_account(member_id), owed, reason)] if owed else []
    if points > owed:
        moves.append(Transfer(POINTS, ISSUER, member_account(member_id), points - owed, reason, expires_ms))
    return tuple(moves)


def referrer_moves(shop: Shop, quote: Quote, member_id: str, now_ms: int) -> tuple[Transfer, ...]:
    """Return what the member who brought the buyer gets with the buyer's first purchase."""
    referral = shop.rules.accrual.referral
    if referral is None or not referral.referrer_points or all(each.kind != FRIEND for each in quote.awards):
        return ()
    db = shop.store.db
    referrer_id = members.standing_id(db, members.referrer_of(db, member_id) or None)
    file = members.member(db, referrer_id) if referrer_id else None
    if file is None or file.status == "erased" or file.member_id == member_id:
        return ()
    expires_ms = points_expire_ms(shop, now_ms)
    return granted(db, file.member_id, referral.referrer_points, reason=REFERRAL, expires_ms=expires_ms)


def take_referral_back(shop: Shop, sale_id: str, because: Entry) -> None:
    """Take back what a sale brought the member who had brought the buyer, within the transaction of the return.

    It is called once all of the sale came back. What that member spent meanwhile is owed, what expired is let go.

    Args:
        because: the entry of the return that it follows from.
    """
    db = shop.store.db
    for account, granted_then in ledger.granted_by_sale(db, sale_id, REFERRAL):
        member_id = members.standing_id(db, account.partition("/")[2])
        if member_id is None:
            continue
        lots = ledger.lots_of_sale(db, sale_id, member_account(member_id), POINTS)
        expired = ledger.expired_of_sale(db, sale_id, member_account(member_id), POINTS)
        held = ledger.spendable(db, member_account(member_id), POINTS, now_ms=because.at_ms)
        taken = take_back(granted_then - expired, held=held, policy=SpentPoints.OWE, refund=0)
        moves = points_from_member(member_id, taken, [lot for lot in lots if _is_alive(lot, because.at_ms)])
        if moves:
            entries.record(
                db,
                replace(
                    because, entry_id=f"{because.entry_id}.referral", kind="referral_back", transfers=moves,
                    member_id=member_id, of_id=because.entry_id, number="",
                ),
            )  # fmt: skip


def _is_alive(lot: Lot, now_ms: int) -> bool:
    return lot.expires_ms is None or lot.expires_ms > now_ms
