"""Issued coupons: batches, their coupons, and the sales that used them.

All writing is within the caller's transaction. Codes stand with capitals folded, moments are UTC milliseconds, and
ranges exclude their end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from peewee import SqliteDatabase

from edge.ids import new_coupon_code
from edge.store.coupon_batches import Batch, issued_count, put_batch
from edge.store.database import Row, execute, execute_many, row, rows
from edge.store.known import ALWAYS_MS, known
from rules.basket import Names
from rules.coupon_codes import read_code
from rules.quote import MissReason
from rules.sale import Sale
from rules.usage import IssuedCoupon

FOREVER_MS = 253_370_764_800_000
"""The year 9999: coupons without an end, and those issued by a clock that was never set."""
MEMBER_COUPONS_MAX = 50
"""Open coupons of a member that are looked at."""
CSV_STEP = 1_000
"""Coupons of a batch that are read at once."""


class CouponSpentError(Exception):
    """A coupon that a sale uses is not open any more; nothing of the sale may be written."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """One coupon, with what its batch says of it."""

    code: str
    batch_id: int
    member_id: str | None
    issued_ms: int
    valid_from_ms: int
    valid_until_ms: int
    state: str
    """open, used or void; an open one whose time is over has expired."""
    promotion_id: str
    is_bearer: bool
    names: Names
    """Of the batch."""

    def reason(self, member_id: str | None, now_ms: int, *, is_clock_set: bool = True) -> MissReason | None:
        """Return why it cannot be used now by a member, or by nobody in particular; None where it can."""
        if self.state == "used":
            return MissReason.CODE_SPENT
        if self.state == "void":
            return MissReason.COUPON_VOID
        if now_ms >= self.valid_until_ms:
            return MissReason.COUPON_EXPIRED
        # A clock that was never set shows a time before everything.
        if is_clock_set and now_ms < self.valid_from_ms:
            return MissReason.COUPON_NOT_YET
        if self.is_bearer or self.member_id is None or self.member_id == member_id:
            return None
        return MissReason.COUPON_MEMBER if member_id is None else MissReason.COUPON_OTHERS


@dataclass(frozen=True, slots=True)
class NewCoupons:
    """Coupons that a sale brings: issued in its own transaction."""

    batch: Batch
    """Made or found by its rule; its number is not known yet where it is 0."""
    member_id: str | None
    count: int
    valid_from_ms: int
    valid_until_ms: int


@dataclass(frozen=True, slots=True)
class UsedAt:
    """Where and when a coupon was used."""

    receipt_number: str
    lane: int
    sold_at_ms: int


@dataclass(frozen=True, slots=True)
class Returned:
    """What a return did to coupons."""

    revived: tuple[str, ...] = ()
    """Open again, each with the validity that it had."""
    kept: tuple[str, ...] = ()
    """Stay used, as their batch says."""
    voided: tuple[str, ...] = ()
    """Were brought by the sale and not used yet."""


def issue(
    db: SqliteDatabase,
    batch_id: int,
    owners: Sequence[str | None],
    *,
    at_ms: int,
    valid_from_ms: int,
    valid_until_ms: int,
    sale_no: int | None = None,
) -> tuple[str, ...]:
    """Issue a coupon to each owner, None for whoever has it, and return their codes."""
    codes = tuple(new_coupon_code() for _ in owners)
    execute_many(
        db,
        "INSERT INTO coupon (code, batch_id, member_id, issued_ms, valid_from_ms, valid_until_ms, issued_sale_no)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (code, batch_id, owner, at_ms, valid_from_ms, valid_until_ms, sale_no)
            for code, owner in zip(codes, owners, strict=True)
        ],
    )
    return codes


def grant(db: SqliteDatabase, rule_id: str, member_id: str, key: str, at_ms: int) -> bool:
    """Note that an event brought a member what a rule says; False where it did before."""
    return bool(
        execute(
            db, "INSERT INTO coupon_grant VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rule_id, member_id, key, at_ms
        ).rowcount
    )


def issue_with_sale(db: SqliteDatabase, sale: Sale, sale_no: int, brought: Sequence[NewCoupons]) -> None:
    """Issue what a sale brings, in its own transaction."""
    for each in brought:
        batch = put_batch(db, each.batch, lane=sale.lane)
        issue(
            db, batch.batch_id, [each.member_id] * each.count, at_ms=sale.sold_at_ms, valid_from_ms=each.valid_from_ms,
            valid_until_ms=each.valid_until_ms, sale_no=sale_no,
        )  # fmt: skip


def spend(db: SqliteDatabase, sale: Sale, sale_no: int) -> frozenset[str]:
    """Use up the issued coupons among a sale's codes, and return which those are.

    Raises CouponSpentError where one of them is not open.
    """
    amounts = {each.promotion_id: each.amount for each in sale.promotions}
    ours = set()
    for code in sorted({code for code in map(read_code, sale.spent_codes) if code}):
        used = rows(
            db,
            "UPDATE coupon SET state = 'used' WHERE code = ? AND state = 'open' RETURNING"
            " (SELECT b.promotion_id FROM coupon_batch b WHERE b.batch_id = coupon.batch_id)",
            code,
        )
        if used:
            ours.add(code)
            execute(db, "INSERT INTO coupon_use VALUES (?, ?, ?, NULL)", sale_no, code, amounts.get(used[0][0], 0))
        elif of_codes(db, (code,)):
            raise CouponSpentError(code)
    return frozenset(ours)


def revive(db: SqliteDatabase, sale_id: str, at_ms: int) -> Returned:
    """Give back the coupons that a sale used, where their batch says so, each with the validity that it had.

    For the transaction of a return; a second call changes nothing.
    """
    used = rows(
        db,
        "SELECT u.code, b.is_revived, u.sale_no FROM sale s JOIN coupon_use u ON u.sale_no = s.sale_no"
        " JOIN coupon c ON c.code = u.code JOIN coupon_batch b ON b.batch_id = c.batch_id"
        " WHERE s.sale_id = ? AND u.revived_ms IS NULL ORDER BY u.code",
        sale_id,
    )
    for code, is_revived, sale_no in used:
        if is_revived:
            execute(db, "UPDATE coupon_use SET revived_ms = ? WHERE sale_no = ? AND code = ?", at_ms, sale_no, code)
            execute(db, "UPDATE coupon SET state = 'open' WHERE code = ? AND state = 'used'", code)
    return Returned(
        revived=tuple(code for code, is_revived, _ in used if is_revived),
        kept=tuple(code for code, is_revived, _ in used if not is_revived),
    )


def take_back(db: SqliteDatabase, sale_id: str) -> Returned:
    """Void the coupons that a sale brought and that nobody used yet; what was used stays used."""
    brought = rows(
        db,
        "UPDATE coupon SET state = 'void' WHERE state = 'open'"
        " AND issued_sale_no = (SELECT sale_no FROM sale WHERE sale_id = ?) RETURNING code",
        sale_id,
    )
    return Returned(voided=tuple(sorted(code for (code,) in brought)))


def coupons_of_return(db: SqliteDatabase, sale_id: str, *, at_ms: int) -> Returned:
    """Do to coupons what the return of a whole sale does: revive what it used, take back what it brought."""
    back = revive(db, sale_id, at_ms)
    return Returned(back.revived, back.kept, take_back(db, sale_id).voided)


def void_coupon(db: SqliteDatabase, code: str) -> bool:
    """Void one open coupon; False where it is none."""
    return execute(db, "UPDATE coupon SET state = 'void' WHERE code = ? AND state = 'open'", code).rowcount == 1


def void_batch(db: SqliteDatabase, batch_id: int) -> int:
    """Void a batch: no more are issued, and its open coupons are void. Return how many those are."""
    execute(db, "UPDATE coupon_batch SET is_void = 1 WHERE batch_id = ?", batch_id)
    return execute(db, "UPDATE coupon SET state = 'void' WHERE batch_id = ? AND state = 'open'", batch_id).rowcount


def void_of_member(db: SqliteDatabase, member_id: str) -> None:
    """Void what a member who is erased has left."""
    execute(db, "UPDATE coupon SET state = 'void' WHERE member_id = ? AND state = 'open'", member_id)


def move_coupons(db: SqliteDatabase, keep: str, gone: str) -> None:
    """Give the coupons of a merged file to the one that stays; what events brought to either is not brought again."""
    execute(db, "UPDATE coupon SET member_id = ? WHERE member_id = ?", keep, gone)
    execute(
        db,
        "INSERT OR IGNORE INTO coupon_grant SELECT rule_id, ?, key, at_ms FROM coupon_grant WHERE member_id = ?",
        keep,
        gone,
    )


def of_codes(db: SqliteDatabase, codes: Sequence[str]) -> Mapping[str, Coupon]:
    """Return the issued coupons among some codes, by their code with capitals folded."""
    wanted = tuple(code for code in (read_code(each) for each in codes) if code)
    if not wanted:
        return {}

    def read() -> tuple[Mapping[str, Coupon], int]:
        found = rows(
            db,
            "SELECT c.* FROM json_each(?) g JOIN issued_coupon c ON c.code = g.value",
            msgspec.json.encode(wanted).decode(),
        )
        return {each[0]: _coupon(each) for each in found}, ALWAYS_MS

    return known(db, (), ("codes", wanted), 0, read)


def _coupon(found: Row) -> Coupon:
    code, batch_id, member_id, at_ms, since_ms, until_ms, state, promotion_id, is_bearer, hans, hant, english, _ = found
    return Coupon(
        code, batch_id, member_id, at_ms, since_ms, until_ms, state, promotion_id, bool(is_bearer),
        Names(hans, hant, english),
    )  # fmt: skip


def issued(
    db: SqliteDatabase,
    codes: Sequence[str],
    *,
    member_id: str | None,
    now_ms: int,
    is_clock_set: bool,
    held: Sequence[Coupon] = (),
) -> tuple[Mapping[str, IssuedCoupon], int]:
    """Return what pricing must know of the issued coupons among a basket's codes, and when that changes by itself.

    Args:
        held: coupons that are at hand, as they stand in the store now.
    """
    found: Mapping[str, Coupon] = {each.code: each for each in held if each.code in codes}
    if len(found) < len(codes):
        found = of_codes(db, codes)
    told = {
        code: IssuedCoupon(
            coupon.promotion_id, coupon.valid_until_ms, coupon.reason(member_id, now_ms, is_clock_set=is_clock_set)
        )
        for code, coupon in found.items()
    }
    return told, changes_ms(found.values(), now_ms)


def changes_ms(coupons: Iterable[Coupon], now_ms: int) -> int:
    """Return the first moment from now on at which one of some coupons begins to hold or is over."""
    moments = (at for each in coupons for at in (each.valid_from_ms, each.valid_until_ms) if at > now_ms)
    return min(moments, default=ALWAYS_MS)


def open_of_member(db: SqliteDatabase, member_id: str, *, now_ms: int, limit: int = MEMBER_COUPONS_MAX) -> list[Coupon]:
    """Return a member's open coupons that have not expired, those first that end first."""
    found = rows(
        db,
        "SELECT c.* FROM issued_coupon c"
        " WHERE c.member_id = ? AND c.state = 'open' AND c.valid_until_ms > ?"
        " ORDER BY c.valid_until_ms, c.code LIMIT ?",
        member_id, now_ms, limit,
    )  # fmt: skip
    return [_coupon(each) for each in found]


def all_of_member(db: SqliteDatabase, member_id: str, *, limit: int = MEMBER_COUPONS_MAX) -> list[Coupon]:
    """Return a member's coupons in every state, newest first."""
    found = rows(
        db,
        "SELECT c.* FROM issued_coupon c"
        " WHERE c.member_id = ? ORDER BY c.issued_ms DESC, c.code LIMIT ?",
        member_id, limit,
    )  # fmt: skip
    return [_coupon(each) for each in found]


def brought_by_sale(db: SqliteDatabase, sale_id: str) -> list[Coupon]:
    """Return the coupons that a sale brought, for its receipt."""
    found = rows(
        db,
        "SELECT c.* FROM sale s JOIN issued_coupon c ON c.issued_sale_no = s.sale_no WHERE s.sale_id = ?"
        " ORDER BY c.batch_id, c.code",
        sale_id,
    )
    return [_coupon(each) for each in found]


def used_at(db: SqliteDatabase, code: str) -> UsedAt | None:
    """Return where and when a coupon was used last; None for one that is not used."""
    found = row(
        db,
        "SELECT s.receipt_number, s.lane, s.sold_at_ms FROM coupon_use u JOIN sale s ON s.sale_no = u.sale_no"
        " WHERE u.code = ? AND u.revived_ms IS NULL",
        code,
    )
    return UsedAt(*found) if found else None


def codes_used_by(db: SqliteDatabase, sale_no: int) -> list[str]:
    """Return the issued coupons that a sale used, whatever became of them afterwards."""
    return [code for (code,) in rows(db, "SELECT code FROM coupon_use WHERE sale_no = ?", sale_no)]


def batch_coupons(db: SqliteDatabase, batch_id: int) -> Iterator[Coupon]:
    """Yield the coupons of a batch in the order of their codes, some at a time."""
    last = ""
    for _ in range(issued_count(db, batch_id) // CSV_STEP + 1):
        found = rows(
            db,
            "SELECT c.* FROM issued_coupon c"
            " WHERE c.batch_id = ? AND c.code > ? ORDER BY c.code LIMIT ?",
            batch_id, last, CSV_STEP,
        )  # fmt: skip
        yield from (_coupon(each) for each in found)
        last = found[-1][0] if found else last
