"""The one ledger in the store's file: transfers, the balances kept beside them, and the lots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peewee import IntegrityError, SqliteDatabase

from edge.store.database import execute, execute_many, rows, scalar
from rules.ledger import POINTS, STORED_VALUE_GIFT, Lot, Transfer, balances, draw, may_be_negative


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


def lives_in_lots(unit: str, account: str) -> bool:
    """Tell whether a unit in an account is kept in lots with an expiry: what a member was granted."""
    return account.startswith("member/") and (unit in (POINTS, STORED_VALUE_GIFT) or unit.startswith("times:"))


def post(
    db: SqliteDatabase, transfers: Sequence[Transfer], *, sale_id: str | None, at_ms: int, business_date: str
) -> None:
    """Write transfers, balances and lots within the caller's transaction. Raises InsufficientError."""
    plain = []
    for transfer in transfers:
        values = (
            transfer.unit, transfer.from_account, transfer.to_account, transfer.amount, transfer.reason,
            sale_id, at_ms, business_date,
        )  # fmt: skip
        if lives_in_lots(transfer.unit, transfer.from_account) or lives_in_lots(transfer.unit, transfer.to_account):
            _post_with_lots(db, transfer, values, at_ms=at_ms)
        else:
            plain.append(values)
    execute_many(
        db,
        "INSERT INTO transfer (unit, from_account, to_account, amount, reason, sale_id, at_ms, business_date)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        plain,
    )
    changes = [(account, unit, amount) for (account, unit), amount in balances(transfers).items() if amount]
    execute_many(
        db,
        "INSERT INTO balance VALUES (?, ?, 0, ?) ON CONFLICT DO NOTHING",
        [(account, unit, int(may_be_negative(account))) for account, unit, _ in changes],
    )
    # What cannot fall below its floor goes in one call; the others one by one, to name the account that is short.
    is_safe = [amount > 0 or may_be_negative(account) for account, _, amount in changes]
    update = "UPDATE balance SET amount = amount + ? WHERE account = ? AND unit = ?"
    execute_many(
        db,
        update,
        [(amount, account, unit) for safe, (account, unit, amount) in zip(is_safe, changes, strict=True) if safe],
    )
    for safe, (account, unit, amount) in zip(is_safe, changes, strict=True):
        if safe:
            continue
        try:
            execute(db, update, amount, account, unit)
        except IntegrityError:
            raise InsufficientError(account, unit) from None


def _post_with_lots(db: SqliteDatabase, transfer: Transfer, values: tuple[object, ...], *, at_ms: int) -> None:
    transfer_id = execute(
        db,
        "INSERT INTO transfer (unit, from_account, to_account, amount, reason, sale_id, at_ms, business_date)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *values,
    ).lastrowid
    if lives_in_lots(transfer.unit, transfer.from_account):
        uses = draw(open_lots(db, transfer.from_account, transfer.unit), transfer.amount, now_ms=at_ms)
        if uses is None:
            raise InsufficientError(transfer.from_account, transfer.unit)
        for use in uses:
            execute(db, "UPDATE lot SET remaining = remaining - ? WHERE lot_id = ?", use.amount, use.lot_id)
            execute(db, "INSERT INTO lot_use VALUES (?, ?, ?)", transfer_id, use.lot_id, use.amount)
    if lives_in_lots(transfer.unit, transfer.to_account):
        execute(
            db, "INSERT INTO lot VALUES (?, ?, ?, ?, ?, ?)",
            transfer_id, transfer.to_account, transfer.unit, transfer.amount, transfer.amount, transfer.expires_ms,
        )  # fmt: skip


def open_lots(db: SqliteDatabase, account: str, unit: str) -> list[Lot]:
    found = rows(
        db, "SELECT lot_id, remaining, expires_ms FROM lot WHERE account = ? AND unit = ? AND remaining > 0",
        account, unit,
    )  # fmt: skip
    return [Lot(*each) for each in found]


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
