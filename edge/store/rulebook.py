"""Versions of the rules, only ever added to, and the one draft. The newest version is in force.

Texts are the rules file as JSON; whether a text is good is asked before it comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from peewee import SqliteDatabase

from edge.store.database import execute, row, rows, scalar

Source = Literal["file", "editor", "command", "rollback"]
NOTE_MAX = 200
"""Characters of the longest note of a version."""
ENTRIES_MAX = 200
"""Most versions that are listed."""
_COLUMNS = (
    "e.entry_no, e.version, e.source, e.at_ms, e.staff_id, coalesce(f.name, e.staff_id), e.note, e.based_on,"
    " e.file_hash FROM rules_entry e LEFT JOIN staff f ON f.staff_id = e.staff_id"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One version: which, since when and by whom it is or was in force."""

    number: int
    version: str
    """Stands on quotes and receipts."""
    source: Source
    at_ms: int
    staff_id: str
    """Empty where the file or the command line brought it."""
    staff_name: str
    note: str
    based_on: int | None
    """The version in force before it, or the one that was rolled back to."""
    file_hash: str = ""
    """SHA-256 of the promotions file, where the version came from it."""


@dataclass(frozen=True, slots=True)
class EntryText:
    """What a version says."""

    body: str
    shelved: str
    """Promotions that were switched off and kept, as a JSON list."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The next version while it is being written."""

    body: str
    shelved: str
    based_on: int | None
    revision: int
    """Rises with every change, so that a screen that is out of date is noticed."""
    at_ms: int
    staff_id: str


def newest_number(db: SqliteDatabase) -> int:
    """Return the number of the version in force; 0 before the first one."""
    return int(scalar(db, "SELECT coalesce(max(entry_no), 0) FROM rules_entry"))


def entries(db: SqliteDatabase, *, limit: int = ENTRIES_MAX) -> list[Entry]:
    """Return the versions, newest first."""
    found = rows(db, f"SELECT {_COLUMNS} ORDER BY e.entry_no DESC LIMIT ?", min(limit, ENTRIES_MAX))
    return [Entry(*each) for each in found]


def entry(db: SqliteDatabase, number: int) -> Entry | None:
    found = row(db, f"SELECT {_COLUMNS} WHERE e.entry_no = ?", number)
    return Entry(*found) if found else None


def text(db: SqliteDatabase, number: int) -> EntryText | None:
    """Return what a version says."""
    found = row(db, "SELECT body, shelved FROM rules_entry WHERE entry_no = ?", number)
    return EntryText(*found) if found else None


def parts(db: SqliteDatabase, key: str) -> list[str]:
    """Return what all versions ever said under a key of the file, each once, as JSON."""
    path = f"$.{key}"
    found = rows(
        db, "SELECT DISTINCT json_extract(body, ?) FROM rules_entry WHERE json_type(body, ?) NOT NULL", path, path
    )
    return [str(text) for (text,) in found]


def text_of_version(db: SqliteDatabase, version: str) -> EntryText | None:
    """Return what the newest entry of a version's name says."""
    found = row(db, "SELECT body, shelved FROM rules_entry WHERE version = ? ORDER BY entry_no DESC LIMIT 1", version)
    return EntryText(*found) if found else None


def last_file_hash(db: SqliteDatabase) -> str:
    """Return the hash of the promotions file when it was last taken; empty when it never was."""
    found = scalar(db, "SELECT file_hash FROM rules_entry WHERE source = 'file' ORDER BY entry_no DESC LIMIT 1")
    return str(found or "")


def is_another_text(db: SqliteDatabase, version: str, body: str) -> bool:
    """Tell whether this version's name stands for another text already."""
    return scalar(db, "SELECT 1 FROM rules_entry WHERE version = ? AND body <> ? LIMIT 1", version, body) is not None


def add(
    db: SqliteDatabase,
    *,
    version: str,
    text: EntryText,
    source: Source,
    at_ms: int,
    staff_id: str = "",
    note: str = "",
    based_on: int | None = None,
    file_hash: str = "",
) -> int:
    """Put a version in force within the caller's transaction and return its number."""
    number = execute(
        db,
        "INSERT INTO rules_entry (version, body, shelved, source, file_hash, at_ms, staff_id, note, based_on)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        version, text.body, text.shelved, source, file_hash, at_ms, staff_id, note[:NOTE_MAX], based_on,
    ).lastrowid  # fmt: skip
    assert number is not None
    return int(number)


def draft(db: SqliteDatabase) -> Draft | None:
    found = row(db, "SELECT body, shelved, based_on, revision, at_ms, staff_id FROM rules_draft")
    return Draft(*found) if found else None


def put_draft(
    db: SqliteDatabase, text: EntryText, *, based_on: int | None, revision: int, at_ms: int, staff_id: str
) -> None:
    """Make this text the draft, within the caller's transaction."""
    execute(
        db, "INSERT OR REPLACE INTO rules_draft VALUES (1, ?, ?, ?, ?, ?, ?)",
        text.body, text.shelved, based_on, revision, at_ms, staff_id,
    )  # fmt: skip


def drop_draft(db: SqliteDatabase) -> None:
    execute(db, "DELETE FROM rules_draft")


def known_skus(db: SqliteDatabase) -> frozenset[str]:
    """Return every SKU of the catalogue, no longer sold ones too."""
    return frozenset(sku for (sku,) in rows(db, "SELECT sku FROM item"))
