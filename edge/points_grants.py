"""Points that are granted: when they expire, what a sale grants to others, and how a debt is settled first."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from edge.shop import Shop
from edge.store import ledger, members
from edge.store.database import Database
from rules.accrual import PointsExpiry, last_day
from rules.awards import FRIEND
from rules.ledger import ISSUER, POINTS, Transfer, member_account, owed_account
from rules.quote import Quote


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
    return granted(db, file.member_id, referral.referrer_points, reason="referral", expires_ms=expires_ms)
