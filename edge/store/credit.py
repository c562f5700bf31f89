"""What is sold on account: how much a member may owe, what they owe, and every move of it."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store.database import execute, row, rows
from edge.store.known import ALWAYS_MS, known
from rules.ledger import ON_ACCOUNT, owed_account
from rules.money import Minor

MOVES_MAX = 200
"""Newest moves that are told."""


@dataclass(frozen=True, slots=True)
class Credit:
    """Where a member stands."""

    limit: Minor
    """The most that they may owe; 0: nothing is sold to them on account."""
    owed: Minor
    """What they owe; below zero where more came back than was owed: the shop owes it to them."""

    @property
    def left(self) -> Minor:
        """What they may still buy on account."""
        return max(self.limit - self.owed, 0)


@dataclass(frozen=True, slots=True)
class CreditMove:
    """What one sale, return or payment did."""

    at_ms: int
    reason: str
    """`sale`, `return`, `settled`, `merge`."""
    number: str
    """Of its receipt or slip."""
    amount: Minor
    """What was added to what is owed, below zero what went off it."""
    owed_after: Minor


def credit_of(db: SqliteDatabase, member_id: str) -> Credit:
    """Return where a member stands."""

    def read() -> tuple[Credit, int]:
        found = row(
            db,
            "SELECT coalesce((SELECT amount FROM credit_limit WHERE member_id = ?), 0),"
            " coalesce((SELECT amount FROM balance WHERE account = ? AND unit = ?), 0)",
            member_id, owed_account(member_id), ON_ACCOUNT,
        )  # fmt: skip
        assert found is not None, "two amounts are always one row"
        return Credit(int(found[0]), -int(found[1])), ALWAYS_MS

    return known(db, (), ("credit", member_id), 0, read)


def put_limit(db: SqliteDatabase, member_id: str, limit: Minor, *, staff_id: str, at_ms: int) -> None:
    """Set how much a member may owe, within the caller's transaction."""
    execute(db, "INSERT OR REPLACE INTO credit_limit VALUES (?, ?, ?, ?)", member_id, limit, staff_id, at_ms)


def moves_of(db: SqliteDatabase, member_id: str, *, limit: int = MOVES_MAX) -> list[CreditMove]:
    """Return the newest moves of what a member owes, newest first."""
    account = owed_account(member_id)
    found = rows(
        db,
        """
        SELECT m.at_ms, m.reason, coalesce(s.receipt_number, e.number, ''),
            CASE WHEN m.from_account = ?1 THEN m.amount ELSE -m.amount END
        FROM (SELECT * FROM transfer WHERE to_account = ?1 AND to_account >= 'owed/' AND to_account < 'owed0'
              UNION ALL
              SELECT * FROM transfer WHERE from_account = ?1 AND from_account >= 'owed/' AND from_account < 'owed0') m
        LEFT JOIN sale s ON s.sale_id = m.sale_id LEFT JOIN entry e ON e.entry_no = m.entry_no
        WHERE m.unit = ?2 ORDER BY m.transfer_id DESC LIMIT ?3
        """,
        account,
        ON_ACCOUNT,
        limit,
    )
    owed = credit_of(db, member_id).owed
    moves = []
    for at_ms, reason, number, amount in found:
        moves.append(CreditMove(at_ms, reason, number, amount, owed))
        owed -= amount
    return moves


def debtors(db: SqliteDatabase, *, limit: int = MOVES_MAX) -> list[tuple[str, Minor]]:
    """Return the members who owe most: id and amount."""
    found = rows(
        db,
        "SELECT substr(account, 6), -amount FROM balance WHERE account >= 'owed/' AND account < 'owed0'"
        " AND unit = ? AND amount < 0 ORDER BY amount, account LIMIT ?",
        ON_ACCOUNT,
        limit,
    )
    return [(str(member_id), int(amount)) for member_id, amount in found]


def bring(db: SqliteDatabase, keep: str, gone: str) -> None:
    """Give a merged member the higher of both limits: the files were one customer's all along."""
    execute(
        db,
        "INSERT INTO credit_limit SELECT ?, amount, staff_id, at_ms FROM credit_limit WHERE member_id = ?"
        " ON CONFLICT DO UPDATE SET amount = max(amount, excluded.amount)",
        keep,
        gone,
    )
    execute(db, "DELETE FROM credit_limit WHERE member_id = ?", gone)
