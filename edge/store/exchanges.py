"""Exchanges in the store's file: which return paid for which sale, and what their tenders stand for."""

from __future__ import annotations

from collections.abc import Sequence

from peewee import SqliteDatabase

from edge.store.database import execute_many, rows
from rules.exchange import Leg
from rules.ledger import STORED_VALUE, STORED_VALUE_GIFT

_GONE = """
SELECT root, kind, sum(amount) FROM (
    SELECT o.sale_id AS root, l.kind, l.amount FROM sale s JOIN sale_return r ON r.sale_no = s.sale_no
    JOIN return_leg l ON l.return_no = r.return_no JOIN sale o ON o.sale_no = l.root_no WHERE s.sale_id = ?
    UNION ALL
    SELECT s.sale_id, t.kind, t.amount FROM sale s JOIN sale_return r ON r.sale_no = s.sale_no
    JOIN return_tender t ON t.return_no = r.return_no WHERE s.sale_id = ?
    AND NOT EXISTS (SELECT 1 FROM return_leg l WHERE l.return_no = r.return_no)
) GROUP BY root, kind ORDER BY root, kind
"""


def carried_into(db: SqliteDatabase, sale_id: str) -> tuple[Leg, ...]:
    """Return what the exchange tenders of a sale stand for."""
    found = rows(
        db,
        "SELECT o.sale_id, c.kind, c.amount FROM sale s JOIN carried c ON c.sale_no = s.sale_no"
        " JOIN sale o ON o.sale_no = c.root_no WHERE s.sale_id = ? ORDER BY c.root_no, c.kind",
        sale_id,
    )
    return tuple(Leg(*each) for each in found)


def gone_of(db: SqliteDatabase, sale_id: str) -> tuple[Leg, ...]:
    """Return what of a sale's legs was paid back, or carried over into another sale, up to now."""
    return tuple(Leg(*each) for each in rows(db, _GONE, sale_id, sale_id))


def put_legs(db: SqliteDatabase, return_no: int, back: Sequence[Leg], carried: Sequence[Leg]) -> None:
    """Write to which legs a return went, within the caller's transaction."""
    execute_many(
        db,
        "INSERT INTO return_leg VALUES (?, (SELECT sale_no FROM sale WHERE sale_id = ?), ?, ?, ?)",
        [
            (return_no, leg.root, leg.kind, is_carried, leg.amount)
            for is_carried, some in ((0, back), (1, carried))
            for leg in some
        ],
    )


def legs_of_return(db: SqliteDatabase, return_no: int, *, is_carried: bool) -> tuple[Leg, ...]:
    """Return to which legs a return went; nothing for one that knew its own sale's tenders alone."""
    found = rows(
        db,
        "SELECT o.sale_id, l.kind, l.amount FROM return_leg l JOIN sale o ON o.sale_no = l.root_no"
        " WHERE l.return_no = ? AND l.is_carried = ? ORDER BY l.root_no, l.kind",
        return_no,
        int(is_carried),
    )
    return tuple(Leg(*each) for each in found)


def link(db: SqliteDatabase, sale_id: str, paid_by: Sequence[tuple[str, int]], carried: Sequence[Leg]) -> None:
    """Write by which returns a sale was paid, within the caller's transaction and after both were recorded.

    Args:
        paid_by: id of each return and what of it paid, nothing among it.
        carried: what that stands for.
    """
    number = "(SELECT sale_no FROM sale WHERE sale_id = ?)"
    execute_many(
        db,
        f"INSERT INTO exchange VALUES (?, {number}, ?)",  # noqa: S608
        [(return_id, sale_id, amount) for return_id, amount in paid_by],
    )
    execute_many(
        db,
        f"INSERT INTO carried VALUES ({number}, {number}, ?, ?)",  # noqa: S608
        [(sale_id, leg.root, leg.kind, leg.amount) for leg in carried],
    )


def paid_for(db: SqliteDatabase, return_id: str) -> str:
    """Return the id of the sale that a return paid for; empty where it was no exchange."""
    found = rows(
        db, "SELECT s.sale_id FROM exchange e JOIN sale s ON s.sale_no = e.sale_no WHERE e.return_id = ?", return_id
    )
    return str(found[0][0]) if found else ""


def returns_in(db: SqliteDatabase, sale_id: str) -> list[str]:
    """Return the ids of the returns that were exchanged for a sale, in their order."""
    found = rows(
        db,
        "SELECT e.return_id FROM sale s JOIN exchange e ON e.sale_no = s.sale_no JOIN entry n"
        " ON n.entry_id = e.return_id WHERE s.sale_id = ? ORDER BY n.entry_no",
        sale_id,
    )
    return [str(each[0]) for each in found]


def wrong_exchange(db: SqliteDatabase) -> str:
    """Return what is wrong with the first exchange that does not add up, or an empty text.

    What the returns say that they paid, what the sale says that it was paid with, and what that stands for are one sum.
    """
    found = rows(
        db,
        """
        WITH tender AS (
            SELECT sale_no, sum(amount) AS amount FROM sale_tender WHERE kind = 'exchange' GROUP BY sale_no
        ), paid AS (SELECT sale_no, sum(amount) AS amount FROM exchange GROUP BY sale_no),
        stands AS (SELECT sale_no, sum(amount) AS amount FROM carried GROUP BY sale_no)
        SELECT s.receipt_number, coalesce(t.amount, 0), coalesce(p.amount, 0), coalesce(c.amount, 0)
        FROM sale s LEFT JOIN tender t ON t.sale_no = s.sale_no LEFT JOIN paid p ON p.sale_no = s.sale_no
        LEFT JOIN stands c ON c.sale_no = s.sale_no
        WHERE coalesce(t.amount, 0) <> coalesce(p.amount, 0) OR coalesce(t.amount, 0) <> coalesce(c.amount, 0) LIMIT 1
        """,
    )
    for number, tender, paid, stands in found:
        return f"exchange of sale {number}: tender {tender}, returns paid {paid}, carried over {stands}"
    found = rows(
        db,
        """
        SELECT e.return_id, e.amount, coalesce(
            (SELECT sum(t.amount) FROM sale_return r JOIN return_tender t ON t.return_no = r.return_no
             WHERE r.return_id = e.return_id AND t.kind = 'exchange'),
            (SELECT sum(t.amount) FROM loose_return r JOIN loose_tender t ON t.return_no = r.return_no
             WHERE r.return_id = e.return_id AND t.kind = 'exchange'), 0) AS told
        FROM exchange e WHERE told <> e.amount
        UNION ALL SELECT r.return_id, 0, t.amount FROM sale_return r JOIN return_tender t ON t.return_no = r.return_no
        WHERE t.kind = 'exchange' AND NOT EXISTS (SELECT 1 FROM exchange e WHERE e.return_id = r.return_id)
        LIMIT 1
        """,
    )
    for return_id, amount, told in found:
        return f"return {return_id}: paid {amount} of an exchange, its tenders say {told}"
    found = rows(
        db,
        """
        WITH whole AS (
            SELECT sale_no, sale_no AS root, kind, amount FROM sale_tender
            WHERE kind NOT IN ('exchange', 'stored_value')
            UNION ALL SELECT sale_no, sale_no, 'gift', gift_paid FROM sale WHERE gift_paid > 0
            UNION ALL SELECT sale_no, sale_no, 'principal', principal_paid FROM sale WHERE principal_paid > 0
            UNION ALL SELECT sale_no, root_no, kind, amount FROM carried
        ), gone AS (
            SELECT r.sale_no, l.root_no AS root, l.kind, l.amount FROM sale_return r
            JOIN return_leg l ON l.return_no = r.return_no
            UNION ALL SELECT r.sale_no, r.sale_no, t.kind, t.amount FROM sale_return r
            JOIN return_tender t ON t.return_no = r.return_no
            WHERE NOT EXISTS (SELECT 1 FROM return_leg l WHERE l.return_no = r.return_no)
        ), taken AS (SELECT sale_no, root, kind, sum(amount) AS amount FROM gone GROUP BY sale_no, root, kind)
        SELECT s.receipt_number, t.kind, t.amount, coalesce((SELECT sum(w.amount) FROM whole w
            WHERE w.sale_no = t.sale_no AND w.root = t.root AND w.kind = t.kind), 0) AS paid
        FROM taken t JOIN sale s ON s.sale_no = t.sale_no WHERE t.amount > paid LIMIT 1
        """,
    )
    return "".join(
        f"sale {number}: {amount} was given back in {kind}, {paid} was paid so" for number, kind, amount, paid in found
    )


_KINDS = {STORED_VALUE: "principal", STORED_VALUE_GIFT: "gift"}


def given_elsewhere(db: SqliteDatabase, sale_id: str, unit: str) -> int:
    """Return what came back to the lots that a sale used by returns of other sales, less what its own gave to others.

    Added to what its own returns moved, it is what those lots have got back.
    """
    kind = _KINDS.get(unit)
    if kind is None:
        return 0
    found = rows(
        db,
        """
        SELECT coalesce((SELECT sum(l.amount) FROM return_leg l JOIN sale_return r ON r.return_no = l.return_no
            WHERE l.root_no = s.sale_no AND r.sale_no <> s.sale_no AND l.kind = ? AND NOT l.is_carried), 0)
        - coalesce((SELECT sum(l.amount) FROM sale_return r JOIN return_leg l ON l.return_no = r.return_no
            WHERE r.sale_no = s.sale_no AND NOT l.is_carried
            AND ((l.root_no <> s.sale_no AND l.kind = ?) OR (l.kind = 'credit' AND ?))), 0)
        FROM sale s WHERE s.sale_id = ?
        """,
        kind,
        kind,
        int(unit == STORED_VALUE),
        sale_id,
    )
    return int(found[0][0])
