"""The one ledger in the store's file: transfers, the balances kept beside them, and the lots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from peewee import IntegrityError, SqliteDatabase

from edge.store.database import execute, execute_many, rows, scalar
from edge.store.known import ALWAYS_MS
from rules.ledger import (
    POINTS,
    Lot,
    LotUse,
    Transfer,
    balances,
    draw,
    lives_in_lots,
    may_be_negative,
    member_account,
    owed_account,
)


@dataclass(frozen=True, slots=True)
class Insufficient:
    """An account holds too little; nothing was moved."""

    account: str
    unit: str


class InsufficientError(Exception):
    """Raised inside the writer's transaction so that all of it is undone; becomes a refusal at its edge."""

    def __init__(self, account: str, unit: str) -> None:
        super().__init__(f"too little {unit} in {account}")
        self.insufficient = Insufficient(account, unit)


_INSERT = (
    "INSERT INTO transfer (unit, from_account, to_account, amount, reason, sale_id, at_ms, business_date, entry_no)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_OPEN_LOTS = "SELECT lot_id, remaining, expires_ms FROM lot WHERE account = ? AND unit = ? AND remaining > 0"

_MOVE = "UPDATE balance SET amount = amount + ? WHERE account = ? AND unit = ?"


def post(
    db: SqliteDatabase,
    transfers: Sequence[Transfer],
    *,
    sale_id: str | None,
    at_ms: int,
    business_date: str,
    entry_no: int | None = None,
) -> None:
    """Write transfers, balances and lots within the caller's transaction. Raises InsufficientError.

    Args:
        sale_id: the sale that they follow from, or None.
        entry_no: the entry that they follow from where it is no sale, as `edge.store.entries` numbers it.
    """
    plain = []
    for transfer in transfers:
        values = (
            transfer.unit, transfer.from_account, transfer.to_account, transfer.amount, transfer.reason,
            sale_id, at_ms, business_date, entry_no,
        )  # fmt: skip
        if lives_in_lots(transfer.unit, transfer.from_account) or lives_in_lots(transfer.unit, transfer.to_account):
            _post_with_lots(db, transfer, values, at_ms=at_ms)
        else:
            plain.append(values)
    execute_many(db, _INSERT, plain)
    changes = [(account, unit, amount) for (account, unit), amount in balances(transfers).items() if amount]
    # What cannot fall below its floor goes in one call; the others one by one, to name the account that is short.
    safe = [each for each in changes if each[2] > 0 or may_be_negative(each[0])]
    moved = execute_many(db, _MOVE, [(amount, account, unit) for account, unit, amount in safe])
    if moved < len(safe):
        # An account that nothing ever moved has no row yet: what moves now is all that it holds. The others are done.
        execute_many(
            db,
            "INSERT INTO balance VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(account, unit, amount, int(may_be_negative(account))) for account, unit, amount in safe],
        )
    for account, unit, amount in changes:
        if amount > 0 or may_be_negative(account):
            continue
        try:
            is_there = execute(db, _MOVE, amount, account, unit).rowcount == 1
        except IntegrityError:
            is_there = False
        if not is_there:
            raise InsufficientError(account, unit)


def _post_with_lots(db: SqliteDatabase, transfer: Transfer, values: tuple[object, ...], *, at_ms: int) -> None:
    transfer_id = execute(db, _INSERT, *values).lastrowid
    if lives_in_lots(transfer.unit, transfer.from_account):
        account, unit = transfer.from_account, transfer.unit
        # Lots that are named may be any of them.
        lots = (
            open_lots(db, account, unit) if transfer.from_lots else next_lots(db, account, unit, transfer.amount, at_ms)
        )
        uses = draw(lots, transfer.amount, now_ms=at_ms, first=transfer.from_lots)
        if uses is None:
            raise InsufficientError(transfer.from_account, transfer.unit)
        execute_many(
            db, "UPDATE lot SET remaining = remaining - ? WHERE lot_id = ?", [(use.amount, use.lot_id) for use in uses]
        )
        execute_many(
            db, "INSERT INTO lot_use VALUES (?, ?, ?)", [(transfer_id, use.lot_id, use.amount) for use in uses]
        )
    for use in transfer.into_lots:
        given_back = execute(
            db, "UPDATE lot SET remaining = remaining + ? WHERE lot_id = ? AND account = ? AND unit = ?",
            use.amount, use.lot_id, transfer.to_account, transfer.unit,
        )  # fmt: skip
        assert given_back.rowcount == 1, f"lot {use.lot_id} is not one of {transfer.to_account}"
        execute(db, "INSERT INTO lot_return VALUES (?, ?, ?)", transfer_id, use.lot_id, use.amount)
    if not transfer.into_lots and lives_in_lots(transfer.unit, transfer.to_account):
        execute(
            db, "INSERT INTO lot VALUES (?, ?, ?, ?, ?, ?)",
            transfer_id, transfer.to_account, transfer.unit, transfer.amount, transfer.amount, transfer.expires_ms,
        )  # fmt: skip


def open_lots(db: SqliteDatabase, account: str, unit: str) -> list[Lot]:
    return [Lot(*each) for each in rows(db, _OPEN_LOTS, account, unit)]


def next_lots(db: SqliteDatabase, account: str, unit: str, amount: int, now_ms: int) -> list[Lot]:
    """Return the open lots that `rules.ledger.draw` takes an amount from, and no others; all of them, if too little.

    A member may hold hundreds, of which the first one or two are enough.
    """
    lots: list[Lot] = []
    # In the order in which they are drawn, as the index of open lots goes: what expires, then what never does.
    for which, moment in (("expires_ms > ?", (now_ms,)), ("expires_ms IS NULL", ())):
        for found in execute(db, f"{_OPEN_LOTS} AND {which} ORDER BY expires_ms, lot_id", account, unit, *moment):
            lots.append(Lot(*found))
            amount -= lots[-1].remaining
            if amount <= 0:
                return lots
    return lots


def balance(db: SqliteDatabase, account: str, unit: str) -> int:
    """Return what an account holds; 0 for one that nothing ever moved."""
    return int(scalar(db, "SELECT amount FROM balance WHERE account = ? AND unit = ?", account, unit) or 0)


def spendable(db: SqliteDatabase, account: str, unit: str, *, now_ms: int) -> int:
    """Return what of a balance has not expired."""
    if not lives_in_lots(unit, account):
        return balance(db, account, unit)
    # A member may hold hundreds of lots, of which few or none have expired and wait to be taken back.
    expired = scalar(
        db,
        "SELECT coalesce(sum(remaining), 0) FROM lot"
        " WHERE account = ? AND unit = ? AND remaining > 0 AND expires_ms <= ?",
        account,
        unit,
        now_ms,
    )
    return balance(db, account, unit) - int(expired)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a member has at a moment, by unit; what they never had is not named."""

    held: Mapping[str, int]
    """What `spendable` gives."""
    owed: Mapping[str, int]
    """What the account of their debts holds: below zero where they owe."""
    ends: Mapping[str, int]
    """When the first of it expires, by unit; what never does is not named."""

    @property
    def until_ms(self) -> int:
        """When the next of it expires."""
        return min(self.ends.values(), default=ALWAYS_MS)


def holdings(db: SqliteDatabase, member_id: str, *, now_ms: int) -> Holdings:
    """Return what a member has, and what they owe."""
    account = member_account(member_id)
    # By unit, as the index of open lots goes: of the hundreds that a member may hold only those are read that count.
    found = rows(
        db,
        "SELECT b.account, b.unit, b.amount - coalesce((SELECT sum(l.remaining) FROM lot l WHERE l.account = b.account"
        " AND l.unit = b.unit AND l.remaining > 0 AND l.expires_ms <= ?), 0), (SELECT min(l.expires_ms) FROM lot l"
        " WHERE l.account = b.account AND l.unit = b.unit AND l.remaining > 0 AND l.expires_ms > ?)"
        " FROM balance b WHERE b.account IN (?, ?)",
        now_ms, now_ms, account, owed_account(member_id),
    )  # fmt: skip
    return Holdings(
        held={unit: amount for holder, unit, amount, _ in found if holder == account},
        owed={unit: amount for holder, unit, amount, _ in found if holder != account},
        ends={unit: ends_ms for _, unit, _, ends_ms in found if ends_ms is not None},
    )


@dataclass(frozen=True, slots=True)
class ExpiredLot:
    """What is left of a lot that has expired and was not taken back yet."""

    unit: str
    use: LotUse


def expired(
    db: SqliteDatabase, units: Sequence[str], *, now_ms: int, after: str, limit: int
) -> list[tuple[str, list[ExpiredLot]]]:
    """Return accounts, by name, with their lots that have expired, those of one unit side by side.

    Args:
        after: the last account of the step before.
        limit: most accounts.
    """
    listed = msgspec.json.encode(list(units)).decode()
    accounts = rows(
        db,
        "SELECT DISTINCT account FROM lot WHERE remaining > 0 AND expires_ms IS NOT NULL AND expires_ms <= ?"
        " AND unit IN (SELECT value FROM json_each(?)) AND account > ? ORDER BY account LIMIT ?",
        now_ms, listed, after, limit,
    )  # fmt: skip
    return [
        (
            account,
            [
                ExpiredLot(unit, LotUse(lot_id, remaining))
                for unit, lot_id, remaining in rows(
                    db,
                    "SELECT unit, lot_id, remaining FROM lot WHERE account = ? AND remaining > 0 AND expires_ms <= ?"
                    " AND unit IN (SELECT value FROM json_each(?)) ORDER BY unit, lot_id",
                    account, now_ms, listed,
                )
            ],
        )
        for (account,) in accounts
    ]  # fmt: skip


def points_of(db: SqliteDatabase, member_id: str, *, now_ms: int) -> int:
    """Return a member's points as they are told: what can be spent less what is owed, which may be below zero."""
    return spendable(db, member_account(member_id), POINTS, now_ms=now_ms) + balance(
        db, owed_account(member_id), POINTS
    )


def uses_of_sale(db: SqliteDatabase, sale_id: str, account: str, unit: str) -> tuple[LotUse, ...]:
    """Return what a sale used of an account's lots and was not given back by its returns, the last used first."""
    found = rows(
        db,
        """
        SELECT u.lot_id, sum(u.amount) - coalesce((
            SELECT sum(r.amount) FROM entry e JOIN transfer g ON g.entry_no = e.entry_no
            JOIN lot_return r ON r.transfer_id = g.transfer_id
            WHERE e.of_id = t.sale_id AND g.unit = t.unit AND r.lot_id = u.lot_id), 0) AS left_over
        FROM transfer t JOIN lot_use u ON u.transfer_id = t.transfer_id
        WHERE t.sale_id = ? AND t.from_account = ? AND t.unit = ?
        GROUP BY u.lot_id HAVING left_over > 0 ORDER BY max(u.transfer_id) DESC, u.lot_id DESC
        """,
        sale_id,
        account,
        unit,
    )
    return tuple(LotUse(lot_id, amount) for lot_id, amount in found)


def granted_by_sale(db: SqliteDatabase, sale_id: str, reason: str) -> list[tuple[str, int]]:
    """Return the accounts that a sale granted points for a reason, `member/…` also where a debt was settled first."""
    found = rows(
        db,
        "SELECT 'member' || substr(to_account, instr(to_account, '/')), sum(amount) FROM transfer"
        " WHERE sale_id = ? AND unit = ? AND reason = ? GROUP BY 1 ORDER BY 1",
        sale_id,
        POINTS,
        reason,
    )
    return [(str(account), int(points)) for account, points in found]


def lots_of_sale(db: SqliteDatabase, sale_id: str, account: str, unit: str) -> tuple[Lot, ...]:
    """Return the lots that a sale made, with what is left of each."""
    found = rows(
        db,
        "SELECT l.lot_id, l.remaining, l.expires_ms FROM transfer t JOIN lot l ON l.lot_id = t.transfer_id"
        " WHERE t.sale_id = ? AND t.to_account = ? AND t.unit = ? ORDER BY l.lot_id",
        sale_id,
        account,
        unit,
    )
    return tuple(Lot(*each) for each in found)


def expired_of_sale(db: SqliteDatabase, sale_id: str, account: str, unit: str) -> int:
    """Return how much of the lots that a sale made was taken back because it had expired."""
    return int(
        scalar(
            db,
            "SELECT coalesce(sum(u.amount), 0) FROM transfer t JOIN lot_use u ON u.lot_id = t.transfer_id"
            " JOIN transfer e ON e.transfer_id = u.transfer_id"
            " WHERE t.sale_id = ? AND t.to_account = ? AND t.unit = ? AND e.reason = 'expiry'",
            sale_id,
            account,
            unit,
        )
    )
