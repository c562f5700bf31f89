"""Everything that the store holds, as tables that any spreadsheet opens: CSV files in one zip."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.import_plans import safe_cell
from edge.store import people
from edge.store.database import Database, rows
from edge.store.people import read_birthday
from edge.store.vault import vault_of
from rules.ledger import POINTS, STORED_VALUE, STORED_VALUE_GIFT

PAGE = 1_000
"""Rows that are read at once."""
PLAIN: tuple[tuple[str, str, str], ...] = (
    ("consents", "consent", "consent_no"),
    ("cards", "card", "uid"),
    ("merged_members", "member_merge", "gone_id"),
    ("balances", "balance", "account, unit"),
    ("lots", "lot", "lot_id"),
    ("entries", "entry", "entry_no"),
    ("transfers", "transfer", "transfer_id"),
    ("sales", "sale", "sale_no"),
    ("sale_lines", "sale_line", "sale_no, line_no"),
    ("sale_tenders", "sale_tender", "sale_no, tender_no"),
    ("returns", "sale_return", "return_no"),
    ("return_lines", "return_line", "return_no, line_no"),
    ("items", "item", "sku"),
    ("item_codes", "item_code", "code"),
    ("prices", "price", "sku, tier_id, effective_from_ms"),
    ("categories", "category", "category_id"),
    ("journal", "audit", "audit_no"),
)
"""File, table and the order of its rows."""
MEMBERS = (
    "phone", "name", "code", "card", "tier", "birthday", "lunar", "sex", "region", "occupation", "tags", "joined",
    "points", "money", "gift", "channel", "note", "member_id", "status",
)  # fmt: skip
"""Columns of the members, most of them those that an import takes."""


def export_all(db: Database, path: Path, clock: Clock, *, progress: Callable[[str], None]) -> int:
    """Write everything to a new zip, for its owner alone, and return how many rows it has.

    Raises OSError, such as FileExistsError.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    count = 0
    with os.fdopen(fd, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        progress("members")
        count += _put(packed, "members", MEMBERS, _members(db, clock))
        for name, table, order in PLAIN:
            progress(name)
            columns = [each for (each,) in rows(db, "SELECT name FROM pragma_table_info(?)", table)]
            count += _put(packed, name, columns, _paged(db, table, order))
        file.flush()
    return count


def _put(packed: zipfile.ZipFile, name: str, header: Sequence[str], found: Iterable[Sequence[Any]]) -> int:
    count = 0
    with packed.open(f"{name}.csv", "w") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(header)
        for each in found:
            writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in each])
            count += 1
    return count


def _paged(db: Database, table: str, order: str) -> Iterator[Sequence[Any]]:
    total = int(rows(db, f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - our own names
    for start in range(0, total, PAGE):
        yield from rows(db, f"SELECT * FROM {table} ORDER BY {order} LIMIT ? OFFSET ?", PAGE, start)  # noqa: S608


def _members(db: Database, clock: Clock) -> Iterator[Sequence[Any]]:
    vault, last = vault_of(db), ""
    total = int(rows(db, "SELECT count(*) FROM member")[0][0])
    for _ in range(total // PAGE + 1):
        found = rows(
            db,
            "SELECT m.member_id, m.code, m.tier_id, m.status, m.joined_ms, m.tags, coalesce(p.birthday, '')"
            " FROM member m LEFT JOIN person p ON p.member_id = m.member_id"
            " WHERE m.member_id > ? ORDER BY m.member_id LIMIT ?",
            last,
            PAGE,
        )
        for member_id, code, tier_id, status, joined_ms, tags, sealed in found:
            last = member_id
            person = people.person(db, member_id) or people.Person(member_id)
            birth, is_lunar = read_birthday(vault.open(sealed, f"{member_id}/birthday"))
            held: dict[str, int] = dict(
                rows(db, "SELECT unit, amount FROM balance WHERE account = ?", f"member/{member_id}")
            )
            cards = [uid for (uid,) in rows(db, "SELECT uid FROM card WHERE member_id = ? ORDER BY uid", member_id)]
            profile = person.profile
            yield (
                person.phone, person.name, code, cards[0] if cards else "", tier_id, _birthday(birth),
                "1" if is_lunar else "", profile.sex, profile.region, profile.occupation, tags,
                clock.local(joined_ms).date().isoformat(), held.get(POINTS, 0), _money(held.get(STORED_VALUE, 0)),
                _money(held.get(STORED_VALUE_GIFT, 0)), profile.channel,
                " / ".join(note.text for note in profile.notes), member_id, status,
            )  # fmt: skip


def _birthday(birth: tuple[int | None, int, int] | None) -> str:
    if birth is None:
        return ""
    year, month, day = birth
    return f"{year}-{month:02d}-{day:02d}" if year else f"{month:02d}-{day:02d}"


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
