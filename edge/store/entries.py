"""Entries: what moves in the ledger without being a sale, written once, chained, and told to head office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from peewee import SqliteDatabase

from edge.messages import EntryBody, TransferBody, body_hash, encode_body
from edge.store import audit, ledger, outbox
from edge.store.database import execute, row, rows
from rules.ledger import Transfer


@dataclass(frozen=True, slots=True)
class Entry:
    """A top-up, an adjustment, an expiry …: some transfers that happen together or not at all."""

    entry_id: str
    """Made before anybody presses, so that a second press changes nothing."""
    kind: str
    """`top_up`, `adjust`, `expiry` …: names, no free text."""
    at_ms: int
    business_date: str
    transfers: tuple[Transfer, ...]
    member_id: str | None = None
    lane: int = 0
    """0 for what no lane did."""
    staff_id: str = ""
    """Empty for what happens by the clock."""
    approver_id: str = ""
    reason: str = ""
    """As somebody typed or chose it; it stays in the store."""
    of_id: str = ""
    """The sale or entry that it follows or undoes."""
    number: str = ""
    """Of its slip; empty without one."""
    detail: Mapping[str, str | int] = field(default_factory=dict)
    """What the kind needs to know again; no personal data, as head office is told it."""


@dataclass(frozen=True, slots=True)
class EntryLink:
    """What the audit chain holds of an entry."""

    number: str
    sha256: str
    rows: str = ""
    """`audit.texts_hash` of the entry and its transfers; empty in older links."""


# In these columns, and in this order, the chain holds the hash of an entry's rows: as for sales, they stay as they are.
ENTRY_COLUMNS: Final = (
    "entry_id, kind, member_id, lane, staff_id, approver_id, reason, of_id, number, detail, at_ms, business_date"
)
MOVED_COLUMNS: Final = "transfer_id, unit, from_account, to_account, amount, reason, at_ms, business_date, expires_ms"
MOVED: Final = "(SELECT t.*, l.expires_ms FROM transfer t LEFT JOIN lot l ON l.lot_id = t.transfer_id)"
STEP: Final = 500
"""Entries that are checked at once."""


def record(db: SqliteDatabase, entry: Entry) -> int | None:
    """Write an entry with its transfers, its link in the chain and its message, within the caller's transaction.

    Returns its number, or None where an entry of that id was recorded before: nothing is changed then.

    Raises `ledger.InsufficientError` when an account holds too little: the caller's transaction is to be undone.
    """
    entry_no = put(db, entry)
    if entry_no is None:
        return None
    body = encode_body(entry_body(entry))
    outbox.put(db, kind="member", subject=entry.entry_id, body=body, at_ms=entry.at_ms)
    chain(db, entry, body, hash_of(db, entry_no))
    return entry_no


def put(db: SqliteDatabase, entry: Entry) -> int | None:
    """Write an entry and its transfers alone; for what has a message of its own."""
    if row(db, "SELECT 1 FROM entry WHERE entry_id = ?", entry.entry_id) is not None:
        return None
    entry_no = execute(
        db,
        "INSERT INTO entry (entry_id, kind, member_id, lane, staff_id, approver_id, reason, of_id, number, detail,"
        " at_ms, business_date) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        entry.entry_id, entry.kind, entry.member_id, entry.lane, entry.staff_id, entry.approver_id, entry.reason,
        entry.of_id, entry.number, msgspec.json.encode(entry.detail).decode(), entry.at_ms, entry.business_date,
    ).lastrowid  # fmt: skip
    assert entry_no is not None
    ledger.post(
        db, entry.transfers, sale_id=None, at_ms=entry.at_ms, business_date=entry.business_date, entry_no=entry_no
    )
    return int(entry_no)


def chain(db: SqliteDatabase, entry: Entry, body: bytes, sha256_of_rows: str) -> None:
    """Put an entry into the audit chain by the hashes of its message and of its rows."""
    audit.note(
        db, at_ms=entry.at_ms, staff_id=entry.staff_id, lane=entry.lane, action=entry.kind, subject=entry.entry_id,
        detail=EntryLink(entry.number, body_hash(body), sha256_of_rows),
    )  # fmt: skip


def next_number(db: SqliteDatabase, *, store_id: str, lane: int, business_date: str, letter: str = "E") -> str:
    """Return the next slip number of a lane on a date: `S001-1-20261122-E0007`; the letter tells of what."""
    count = execute(
        db,
        "INSERT INTO entry_counter VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
        lane,
        business_date,
    ).fetchone()[0]
    return f"{store_id}-{lane}-{business_date.replace('-', '')}-{letter}{int(count):04d}"


def transfer_bodies(transfers: Sequence[Transfer]) -> tuple[TransferBody, ...]:
    """Return transfers as head office is told them: in an order of their own, as they happen together."""
    return tuple(
        TransferBody(
            unit=move.unit, from_account=move.from_account, to_account=move.to_account, amount=move.amount,
            reason=move.reason, expires_ms=move.expires_ms,
        )
        for move in sorted(
            transfers,
            key=lambda each: (each.unit, each.from_account, each.to_account, each.amount, each.expires_ms or 0),
        )
    )  # fmt: skip


def entry_body(entry: Entry) -> EntryBody:
    """Return what head office is told of an entry."""
    return EntryBody(
        entry_id=entry.entry_id, kind=entry.kind, member_id=entry.member_id, lane=entry.lane, staff_id=entry.staff_id,
        approver_id=entry.approver_id, of_id=entry.of_id, number=entry.number, at_ms=entry.at_ms,
        business_date=entry.business_date, transfers=transfer_bodies(entry.transfers), detail=dict(entry.detail),
    )  # fmt: skip


def stored(db: SqliteDatabase, entry_id: str) -> Entry | None:
    """Return a recorded entry; its transfers without the lots that they named."""
    found = rows(
        db,
        "SELECT entry_no, entry_id, kind, member_id, lane, staff_id, approver_id, reason, of_id, number, detail, at_ms,"
        " business_date FROM entry WHERE entry_id = ?",
        entry_id,
    )
    return _entry(db, found[0]) if found else None


def _entry(db: SqliteDatabase, found: tuple[object, ...]) -> Entry:
    (entry_no, entry_id, kind, member_id, lane, staff_id, approver_id, reason, of_id, number, detail, at_ms,
     business_date) = found  # fmt: skip
    moved = rows(
        db,
        "SELECT t.unit, t.from_account, t.to_account, t.amount, t.reason, l.expires_ms FROM transfer t"
        " LEFT JOIN lot l ON l.lot_id = t.transfer_id WHERE t.entry_no = ? ORDER BY t.transfer_id",
        entry_no,
    )
    return Entry(
        entry_id=str(entry_id), kind=str(kind), member_id=None if member_id is None else str(member_id),
        lane=int(str(lane)), staff_id=str(staff_id), approver_id=str(approver_id), reason=str(reason), of_id=str(of_id),
        number=str(number), detail=msgspec.json.decode(str(detail), type=dict[str, str | int]), at_ms=int(str(at_ms)),
        business_date=str(business_date), transfers=tuple(Transfer(*each) for each in moved),
    )  # fmt: skip


def _hashes(db: SqliteDatabase, numbers: Sequence[int]) -> dict[int, str]:
    heads = audit.row_texts(db, "entry", ENTRY_COLUMNS, key="entry_no", order="entry_no", wanted=numbers)
    moved = audit.row_texts(db, MOVED, MOVED_COLUMNS, key="entry_no", order="entry_no, transfer_id", wanted=numbers)
    return {number: audit.texts_hash(heads[number], moved[number]) for number in numbers}


def hash_of(db: SqliteDatabase, entry_no: int) -> str:
    """Return the hash of an entry's rows, for its link in the chain."""
    return _hashes(db, [entry_no])[entry_no]


def changed_entry(db: SqliteDatabase) -> str:
    """Return what is wrong with the first entry that is no longer what the chain says of it, or an empty text."""
    links = rows(
        db,
        "SELECT e.entry_no, e.entry_id, a.detail FROM entry e"
        " LEFT JOIN audit a ON a.subject = e.entry_id AND a.action = e.kind"
        " WHERE e.kind <> 'return' ORDER BY e.entry_no",
    )
    for start in range(0, len(links), STEP):
        some = links[start : start + STEP]
        hashes = _hashes(db, [each[0] for each in some])
        for entry_no, entry_id, detail in some:
            if detail is None:
                return f"entry {entry_id} has no link in the chain"
            try:
                told = msgspec.json.decode(detail, type=EntryLink)
            except msgspec.DecodeError as error:
                return f"the link of entry {entry_id} cannot be read: {error}"
            if not told.rows or told.rows != hashes[entry_no]:
                wrong = _changed(db, entry_id, told)
                if wrong:
                    return wrong
    return ""


def _changed(db: SqliteDatabase, entry_id: str, told: EntryLink) -> str:
    """Compare an entry as head office was told of it: what links without a hash of the rows need."""
    entry = stored(db, entry_id)
    assert entry is not None, f"entry {entry_id} was there a moment ago"
    # The rows hold more than head office is told, such as the reason that somebody typed.
    if told.rows or body_hash(encode_body(entry_body(entry))) != told.sha256:
        return f"entry {entry_id} ({entry.kind}) is not what it was when it was made"
    return ""
