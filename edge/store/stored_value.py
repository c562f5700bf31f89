"""Stored value in the store's file: top-ups, what is left of them, instalments to come, and every move of the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store import coupons, ledger
from edge.store.database import execute, execute_many, row, rows, scalar
from edge.store.known import ALWAYS_MS, known
from rules.ledger import STORED_VALUE, STORED_VALUE_GIFT, LotUse, member_account
from rules.money import Minor
from rules.stored_value import HeldGift, TopUpRefund, TopUpState

GRANT = "top_up_gift"
"""Kind of the entry that gives an instalment, and reason of the transfers that give what a top-up brings."""
DUE_MAX = 200
"""Instalments that are given in one transaction."""
MOVES_MAX = 2_000
"""Newest moves of a statement."""


@dataclass(frozen=True, slots=True)
class Money:
    """What a member can spend."""

    principal: Minor
    gift: Minor

    @property
    def whole(self) -> Minor:
        return self.principal + self.gift


@dataclass(frozen=True, slots=True)
class StoredTopUp:
    """A top-up of a member with what is left of it."""

    top_up_id: str
    at_ms: int
    number: str
    state: TopUpState


@dataclass(frozen=True, slots=True)
class Due:
    """An instalment that is to be given."""

    top_up_id: str
    number: int
    member_id: str
    amount: Minor


@dataclass(frozen=True, slots=True)
class MoneyMove:
    """One line of a statement: everything that one sale, return, top-up … moved."""

    at_ms: int
    reason: str
    number: str
    """Of its receipt or slip; empty without one."""
    principal: Minor
    """What came, below zero what went."""
    gift: Minor
    principal_after: Minor
    gift_after: Minor


def money_of(db: SqliteDatabase, member_id: str, *, now_ms: int) -> Money:
    """Return what a member can spend now."""
    account = member_account(member_id)
    return Money(
        ledger.spendable(db, account, STORED_VALUE, now_ms=now_ms),
        ledger.spendable(db, account, STORED_VALUE_GIFT, now_ms=now_ms),
    )


def spent_on(db: SqliteDatabase, member_id: str, business_date: str) -> Minor:
    """Return what a member paid with stored value on a business date, less what came back of it."""
    key = ("spent on", member_id, business_date)
    return known(db, (), key, 0, lambda: (_read_spent_on(db, member_id, business_date), ALWAYS_MS))


def _read_spent_on(db: SqliteDatabase, member_id: str, business_date: str) -> Minor:
    account = member_account(member_id)
    return int(
        scalar(
            db,
            # The conditions of the partial indexes stand here again: else every transfer of the store is read.
            "SELECT coalesce((SELECT sum(amount) FROM transfer WHERE from_account = ?1"
            " AND from_account >= 'member/' AND from_account < 'member0'"
            " AND business_date = ?2 AND reason = 'redemption' AND unit IN ('svc', 'svc_gift')), 0)"
            " - coalesce((SELECT sum(amount) FROM transfer WHERE to_account = ?1"
            " AND to_account >= 'member/' AND to_account < 'member0'"
            " AND business_date = ?2 AND reason = 'return' AND unit IN ('svc', 'svc_gift')), 0)",
            account,
            business_date,
        )
    )


# ------------------------------------------------------------------------------------------------------ top-ups


def put_top_up(
    db: SqliteDatabase,
    *,
    top_up_id: str,
    member_id: str,
    paid: Minor,
    gift: Minor,
    at_ms: int,
    to_come: Sequence[tuple[str, Minor]],
    codes: Sequence[str] = (),
) -> None:
    """Write a top-up beside its entry, within the caller's transaction.

    Args:
        to_come: day and amount of each instalment after the first.
        codes: of the coupons that it gave.
    """
    execute(db, "INSERT INTO top_up VALUES (?, ?, ?, ?, ?)", top_up_id, member_id, paid, gift, at_ms)
    execute_many(
        db,
        "INSERT INTO gift_to_come VALUES (?, ?, ?, ?, NULL)",
        [(top_up_id, number, day, amount) for number, (day, amount) in enumerate(to_come, start=2) if amount],
    )
    execute_many(db, "INSERT INTO top_up_coupon VALUES (?, ?)", [(code, top_up_id) for code in codes])


def void_coupons(db: SqliteDatabase, top_up_id: str) -> None:
    """Void the coupons of a top-up that were not used yet."""
    for (code,) in rows(db, "SELECT code FROM top_up_coupon WHERE top_up_id = ?", top_up_id):
        coupons.void_coupon(db, code)


def top_ups_of(db: SqliteDatabase, member_id: str) -> list[StoredTopUp]:
    """Return the top-ups of which some principal is left, oldest first."""
    found = rows(
        db,
        "SELECT t.top_up_id, t.at_ms, e.number FROM top_up t JOIN entry e ON e.entry_id = t.top_up_id"
        " WHERE t.member_id = ? ORDER BY e.entry_no",
        member_id,
    )
    states = [
        StoredTopUp(top_up_id, at_ms, number, state_of(db, top_up_id, member_id)) for top_up_id, at_ms, number in found
    ]
    return [each for each in states if each.state.left]


def state_of(db: SqliteDatabase, top_up_id: str, member_id: str) -> TopUpState:
    """Return a top-up of a member as it stands."""
    paid, gift = row(db, "SELECT paid, gift FROM top_up WHERE top_up_id = ?", top_up_id) or (0, 0)
    refunded, voided = row(
        db,
        "SELECT coalesce(sum(principal), 0), coalesce(sum(voided), 0) FROM top_up_refund WHERE top_up_id = ?",
        top_up_id,
    ) or (0, 0)
    to_come = scalar(
        db, "SELECT coalesce(sum(amount), 0) FROM gift_to_come WHERE top_up_id = ? AND given_by IS NULL", top_up_id
    )
    held = _lots_of(db, top_up_id, member_account(member_id))
    others = tuple(
        HeldGift(unit, granted, lots)
        for unit, (granted, lots) in held.items()
        if unit not in (STORED_VALUE, STORED_VALUE_GIFT)
    )
    return TopUpState(
        paid=paid,
        principal=held.get(STORED_VALUE, (0, ()))[1],
        refunded=refunded,
        gift_whole=gift,
        gift=held.get(STORED_VALUE_GIFT, (0, ()))[1],
        to_come=int(to_come),
        voided=voided,
        expired=_expired_of(db, top_up_id),
        others=others,
    )


def _expired_of(db: SqliteDatabase, top_up_id: str) -> Minor:
    """Return what of a top-up's gift money was taken back because it had expired, also after a merge."""
    found = scalar(
        db,
        _LOTS_OF_TOP_UP  # noqa: S608 our own words
        + " SELECT coalesce(sum(u.amount), 0) FROM mine JOIN lot l ON l.lot_id = mine.lot_id"
        " JOIN lot_use u ON u.lot_id = l.lot_id JOIN transfer t ON t.transfer_id = u.transfer_id"
        " WHERE l.unit = ?3 AND t.reason = 'expiry'",
        top_up_id,
        GRANT,
        STORED_VALUE_GIFT,
    )
    return int(found)


_LOTS_OF_TOP_UP = """
    WITH RECURSIVE mine (lot_id) AS (
        SELECT l.lot_id FROM entry e JOIN transfer t ON t.entry_no = e.entry_no
        JOIN lot l ON l.lot_id = t.transfer_id
        WHERE e.entry_id = ?1 OR (e.of_id = ?1 AND e.kind = ?2)
        UNION
        SELECT m.transfer_id FROM mine JOIN lot_use u ON u.lot_id = mine.lot_id
        JOIN transfer m ON m.transfer_id = u.transfer_id AND m.reason = 'merge'
    )
"""
"""The lots that a top-up granted, and those that they became when files were merged."""


def _lots_of(db: SqliteDatabase, top_up_id: str, account: str) -> dict[str, tuple[int, tuple[LotUse, ...]]]:
    """Return what a top-up granted and what is left of its lots by unit, also where they came over by a merge."""
    found = rows(
        db,
        _LOTS_OF_TOP_UP  # noqa: S608 our own words
        + " SELECT l.unit, l.lot_id, l.granted, l.remaining, l.account = ?3, t.reason"
        " FROM mine JOIN lot l ON l.lot_id = mine.lot_id JOIN transfer t ON t.transfer_id = l.lot_id ORDER BY l.lot_id",
        top_up_id,
        GRANT,
        account,
    )
    held: dict[str, tuple[int, tuple[LotUse, ...]]] = {}
    for unit, lot_id, granted, remaining, is_here, reason in found:
        sum_of, lots = held.get(unit, (0, ()))
        own = (LotUse(lot_id, remaining),) if remaining and is_here else ()
        held[unit] = (sum_of + (0 if reason == "merge" else granted), (*lots, *own))
    return held


def loose_principal(db: SqliteDatabase, member_id: str, top_ups: Sequence[StoredTopUp]) -> tuple[LotUse, ...]:
    """Return the lots of principal that no top-up made: change that was kept, money brought along from before."""
    of_top_ups = {use.lot_id for each in top_ups for use in each.state.principal}
    lots = ledger.open_lots(db, member_account(member_id), STORED_VALUE)
    return tuple(LotUse(lot.lot_id, lot.remaining) for lot in lots if lot.lot_id not in of_top_ups)


def put_refund(db: SqliteDatabase, *, refund_id: str, top_up_id: str, refund: TopUpRefund) -> None:
    """Write what a refund took of a top-up, and cut its instalments to come, the last one first."""
    execute(
        db, "INSERT INTO top_up_refund VALUES (?, ?, ?, ?)", refund_id, top_up_id, refund.principal_taken, refund.voided
    )
    cut = refund.to_come_cut
    for number, amount in rows(
        db,
        "SELECT number, amount FROM gift_to_come WHERE top_up_id = ? AND given_by IS NULL ORDER BY number DESC",
        top_up_id,
    ):
        part = min(cut, amount)
        cut -= part
        if part:
            execute(
                db, "UPDATE gift_to_come SET amount = amount - ? WHERE top_up_id = ? AND number = ?",
                part, top_up_id, number,
            )  # fmt: skip
    assert cut == 0, "more was cut than was to come"


# -------------------------------------------------------------------------------------------------- instalments


def due(db: SqliteDatabase, business_date: str, *, member_id: str = "") -> list[Due]:
    """Return instalments that are due and not given yet, of one member or of anybody; DUE_MAX at most."""
    found = rows(
        db,
        "SELECT g.top_up_id, g.number, t.member_id, g.amount FROM gift_to_come g"
        " JOIN top_up t ON t.top_up_id = g.top_up_id JOIN member m ON m.member_id = t.member_id"
        " WHERE g.given_by IS NULL AND g.amount > 0 AND g.due_date <= ? AND (? = '' OR t.member_id = ?)"
        " AND m.status <> 'erased' ORDER BY g.due_date, g.top_up_id, g.number LIMIT ?",
        business_date, member_id, member_id, DUE_MAX,
    )  # fmt: skip
    return [Due(*each) for each in found]


def to_come(db: SqliteDatabase, member_id: str) -> list[tuple[str, Minor]]:
    """Return day and amount of the instalments that a member has still to come, the next one in front."""
    found = rows(
        db,
        "SELECT g.due_date, g.amount FROM gift_to_come g JOIN top_up t ON t.top_up_id = g.top_up_id"
        " WHERE t.member_id = ? AND g.given_by IS NULL AND g.amount > 0 ORDER BY g.due_date, g.top_up_id",
        member_id,
    )
    return [(str(day), int(amount)) for day, amount in found]


def mark_given(db: SqliteDatabase, each: Due, entry_id: str) -> None:
    """Note that an instalment was given."""
    execute(
        db, "UPDATE gift_to_come SET given_by = ? WHERE top_up_id = ? AND number = ?",
        entry_id, each.top_up_id, each.number,
    )  # fmt: skip


def bring_top_ups(db: SqliteDatabase, keep: str, gone: str) -> None:
    """Bring the top-ups of a member to another."""
    execute(db, "UPDATE top_up SET member_id = ? WHERE member_id = ?", keep, gone)


# ---------------------------------------------------------------------------------------------------- statement


def statement(db: SqliteDatabase, member_id: str, *, limit: int = MOVES_MAX) -> list[MoneyMove]:
    """Return the newest moves of a member's money with what was there after each, newest first.

    What has expired counts until it was taken back: it is the books that are told here.
    """
    account = member_account(member_id)
    found = rows(
        db,
        """
        SELECT m.at_ms, coalesce(nullif(min(e.kind), ''), min(m.reason)), coalesce(s.receipt_number, e.number, ''),
            sum(CASE WHEN m.unit <> 'svc' THEN 0 WHEN m.to_account = ?1 THEN m.amount ELSE -m.amount END),
            sum(CASE WHEN m.unit <> 'svc_gift' THEN 0 WHEN m.to_account = ?1 THEN m.amount ELSE -m.amount END)
        FROM (SELECT * FROM transfer WHERE to_account = ?1 AND to_account >= 'member/' AND to_account < 'member0'
              UNION ALL
              SELECT * FROM transfer
              WHERE from_account = ?1 AND from_account >= 'member/' AND from_account < 'member0') m
        LEFT JOIN sale s ON s.sale_id = m.sale_id LEFT JOIN entry e ON e.entry_no = m.entry_no
        WHERE m.unit IN ('svc', 'svc_gift')
        GROUP BY coalesce('s' || m.sale_id, 'e' || m.entry_no, 't' || m.transfer_id) ORDER BY min(m.transfer_id) DESC
        LIMIT ?2
        """,
        account,
        limit,
    )
    principal = ledger.balance(db, account, STORED_VALUE)
    gift = ledger.balance(db, account, STORED_VALUE_GIFT)
    moves = []
    for at_ms, reason, number, by_principal, by_gift in found:
        moves.append(MoneyMove(at_ms, reason, number, by_principal, by_gift, principal, gift))
        principal, gift = principal - by_principal, gift - by_gift
    return moves


def holders(db: SqliteDatabase, *, limit: int = 200) -> list[tuple[str, Minor, Minor]]:
    """Return the members who hold most: id, principal and gift money."""
    found = rows(
        db,
        "SELECT substr(account, 8), sum(CASE unit WHEN 'svc' THEN amount ELSE 0 END),"
        " sum(CASE unit WHEN 'svc_gift' THEN amount ELSE 0 END) FROM balance"
        " WHERE account >= 'member/' AND account < 'member0' AND unit IN ('svc', 'svc_gift')"
        " GROUP BY account HAVING sum(amount) > 0 ORDER BY sum(amount) DESC, account LIMIT ?",
        limit,
    )
    return [(str(member_id), int(principal), int(gift)) for member_id, principal, gift in found]


# -------------------------------------------------------------------------------------------------------- audit


def wrong_top_up(db: SqliteDatabase) -> str:
    """Return what is wrong with the first top-up that does not agree with the ledger, or an empty text."""
    found = rows(
        db,
        """
        SELECT t.top_up_id, t.paid,
            (SELECT coalesce(sum(m.amount), 0) FROM transfer m
             WHERE m.entry_no = e.entry_no AND m.unit = ?1 AND m.from_account = 'issuer') AS moved,
            (SELECT coalesce(sum(r.principal), 0) FROM top_up_refund r WHERE r.top_up_id = t.top_up_id) AS refunded,
            t.gift - (SELECT coalesce(sum(g.amount), 0) FROM gift_to_come g
                      WHERE g.top_up_id = t.top_up_id AND g.given_by IS NULL)
            - (SELECT coalesce(sum(m.amount), 0) FROM entry x JOIN transfer m ON m.entry_no = x.entry_no
               WHERE (x.entry_id = t.top_up_id OR (x.of_id = t.top_up_id AND x.kind = ?3))
               AND m.unit = ?2 AND m.from_account = 'issuer')
            - (SELECT coalesce(sum(r.voided), 0) FROM top_up_refund r WHERE r.top_up_id = t.top_up_id) AS missing
        FROM top_up t LEFT JOIN entry e ON e.entry_id = t.top_up_id
        WHERE e.entry_no IS NULL OR moved <> t.paid OR refunded > t.paid OR missing > 0 LIMIT 1
        """,
        STORED_VALUE,
        STORED_VALUE_GIFT,
        GRANT,
    )
    return "".join(
        f"top-up {top_up}: {paid} paid in, {moved} moved, {refunded} refunded, {missing} of its gift is nowhere"
        for top_up, paid, moved, refunded, missing in found
    )


def totals(db: SqliteDatabase) -> tuple[Minor, Minor, Minor]:
    """Return what all members together hold of principal and of gift money, and what of it is still to come."""
    held: dict[str, int] = dict(
        rows(
            db,
            "SELECT unit, sum(amount) FROM balance WHERE account >= 'member/' AND account < 'member0'"
            " AND unit IN ('svc', 'svc_gift') GROUP BY unit",
        )
    )
    coming = scalar(db, "SELECT coalesce(sum(amount), 0) FROM gift_to_come WHERE given_by IS NULL")
    return int(held.get(STORED_VALUE, 0)), int(held.get(STORED_VALUE_GIFT, 0)), int(coming)
