"""The chain of what was done: every row holds the hash of the one before it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import msgspec
from peewee import SqliteDatabase

from edge.store.database import Row, execute
from edge.store.known import aside

_FIELD_END: Final = "\x1f"
_ROW_END: Final = "\x1e"
_TABLE_END: Final = "\x1d"


def chain_hash(prev_hash: str, *parts: object) -> str:
    """Return SHA-256 (hex) over the hash before and the canonical JSON of a row."""
    return hashlib.sha256(prev_hash.encode() + msgspec.json.encode(parts)).hexdigest()


def row_texts(
    db: SqliteDatabase, table: str, columns: str, *, key: str, order: str, wanted: Sequence[int]
) -> defaultdict[int, list[str]]:
    """Return the rows of each of the wanted keys as texts, in an order.

    SQLite makes the texts, so that no field becomes an object of ours: that is what makes reading a whole store quick.

    Args:
        columns: their names, with commas between them; they hold texts, integers or nothing.
    """
    form = _FIELD_END.join(["%s"] * len(columns.split(",")))
    found: defaultdict[int, list[str]] = defaultdict(list)
    for number, text in execute(
        db,
        f"WITH wanted AS MATERIALIZED (SELECT value FROM json_each(?))"  # noqa: S608
        f" SELECT {key}, printf('{form}', {columns}) FROM {table} WHERE {key} IN wanted ORDER BY {order}",
        msgspec.json.encode(wanted).decode(),
    ):
        found[number].append(text)
    return found


def texts_hash(*tables: Sequence[str]) -> str:
    """Return SHA-256 (hex) over the texts of rows, table by table."""
    return hashlib.sha256(_TABLE_END.join(_ROW_END.join(table) for table in tables).encode()).hexdigest()


def rows_hash(*tables: Sequence[Row]) -> str:
    """Return what `texts_hash` gives of `row_texts` once rows are stored.

    Empty where a field holds one of the characters that end a field, a row, a table or a text in C: another row could
    then have the same text.

    >>> rows_hash([(1, "a", None)], []) == texts_hash(["1\\x1fa\\x1f"], [])
    True
    >>> rows_hash([(1, "a\\x1f")])
    ''
    """
    text = _TABLE_END.join(
        _ROW_END.join(_FIELD_END.join("" if each is None else str(each) for each in row) for row in table)
        for table in tables
    )
    ends = {
        _TABLE_END: len(tables) - 1,
        _ROW_END: sum(max(len(table) - 1, 0) for table in tables),
        _FIELD_END: sum(len(row) - 1 for table in tables for row in table),
        "\0": 0,
    }
    is_plain = all(text.count(end) == count for end, count in ends.items())
    return hashlib.sha256(text.encode()).hexdigest() if is_plain else ""


def note(
    db: SqliteDatabase, *, at_ms: int, staff_id: str, lane: int, action: str, subject: str = "", detail: object = None
) -> None:
    """Add a row to the chain within the caller's transaction. `detail` holds no personal data in clear."""
    text = msgspec.json.encode(detail).decode() if detail is not None else ""
    last = execute(db, "SELECT hash FROM audit ORDER BY audit_no DESC LIMIT 1").fetchone()
    digest = chain_hash(last[0] if last else "", at_ms, staff_id, lane, action, subject, text)
    with aside(db):
        execute(
            db,
            "INSERT INTO audit (at_ms, staff_id, lane, action, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
            at_ms, staff_id, lane, action, subject, text, digest,
        )  # fmt: skip
