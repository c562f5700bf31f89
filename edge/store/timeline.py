"""What happened with a member, newest first: sales, what moved in the ledger, consent, notes, merged files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from peewee import SqliteDatabase

from edge.store import consents, members, people, tiers
from edge.store.database import rows
from rules.ledger import member_account

EVENTS_MAX = 200
"""Most events that one question gives."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a timeline, free of language."""

    at_ms: int
    kind: str
    """`sale`, `consent_given`, `note`, or the kind of a ledger entry …"""
    figures: Mapping[str, str | int] = field(default_factory=dict)
    """What it was about; amounts of units under `moves`."""
    moves: tuple[tuple[str, int], ...] = ()
    """(unit, amount) that came to the member, or went where it is below zero."""
    sale_id: str = ""
    """Of the receipt that can be looked at."""


Source = Callable[[SqliteDatabase, Sequence[str], int], list[Happening]]


def timeline(db: SqliteDatabase, member_id: str, *, limit: int = EVENTS_MAX) -> list[Happening]:
    """Return what happened with a member and the files that were merged into theirs, newest first."""
    ids = members.ids_of(db, member_id)
    found = [each for source in SOURCES for each in source(db, ids, limit)]
    return sorted(found, key=lambda each: each.at_ms, reverse=True)[:limit]


def _listed(ids: Sequence[str]) -> str:
    return msgspec.json.encode(list(ids)).decode()


def _sales(db: SqliteDatabase, ids: Sequence[str], limit: int) -> list[Happening]:
    found = rows(
        db,
        "SELECT sold_at_ms, receipt_number, total, points, sale_id FROM sale"
        " WHERE member_id IN (SELECT value FROM json_each(?)) ORDER BY sale_no DESC LIMIT ?",
        _listed(ids),
        limit,
    )
    return [
        Happening(
            at_ms, "sale", {"number": number, "amount_minor": total}, (("points", points),) if points else (), sale_id
        )
        for at_ms, number, total, points, sale_id in found
    ]


def _entries(db: SqliteDatabase, ids: Sequence[str], limit: int) -> list[Happening]:
    found = rows(
        db,
        "SELECT entry_no, at_ms, kind, number, reason FROM entry WHERE member_id IN (SELECT value FROM json_each(?))"
        " ORDER BY entry_no DESC LIMIT ?",
        _listed(ids),
        limit,
    )
    accounts = _listed([member_account(each) for each in ids])
    happened = []
    for entry_no, at_ms, kind, number, reason in found:
        moves = rows(
            db,
            "SELECT unit, sum(CASE WHEN to_account IN (SELECT value FROM json_each(?1)) THEN amount ELSE 0 END)"
            " - sum(CASE WHEN from_account IN (SELECT value FROM json_each(?1)) THEN amount ELSE 0 END) AS net"
            " FROM transfer WHERE entry_no = ?2 GROUP BY unit HAVING net <> 0 ORDER BY unit",
            accounts,
            entry_no,
        )
        happened.append(Happening(at_ms, kind, {"number": number, "reason": reason}, tuple(moves)))
    return happened


def _consents(db: SqliteDatabase, ids: Sequence[str], limit: int) -> list[Happening]:
    return [
        Happening(each.at_ms, "consent_given" if each.is_given else "consent_withdrawn", {"purpose": each.purpose,
                  "place": each.place})
        for member_id in ids
        for each in consents.history(db, member_id)[:limit]
    ]  # fmt: skip


def _notes(db: SqliteDatabase, ids: Sequence[str], limit: int) -> list[Happening]:
    person = people.person(db, ids[0])
    notes = person.profile.notes[-limit:] if person else ()
    return [Happening(note.at_ms, "note", {"text": note.text, "staff_id": note.staff_id}) for note in notes]


def _merges(db: SqliteDatabase, ids: Sequence[str], limit: int) -> list[Happening]:
    found = rows(db, "SELECT at_ms FROM member_merge WHERE into_id = ? ORDER BY at_ms DESC LIMIT ?", ids[0], limit)
    return [Happening(at_ms, "merged") for (at_ms,) in found]


def _tiers(db: SqliteDatabase, ids: Sequence[str], limit: int) -> list[Happening]:
    return [
        Happening(each.at_ms, "tier", {"tier": each.to_tier, "why": each.why, "reason": each.reason})
        for member_id in ids
        for each in tiers.changes(db, member_id, limit=limit)
    ]


def _joined(db: SqliteDatabase, ids: Sequence[str], limit: int) -> list[Happening]:
    del limit
    found = rows(
        db, "SELECT min(joined_ms) FROM member WHERE member_id IN (SELECT value FROM json_each(?))", _listed(ids)
    )
    return [Happening(at_ms, "joined") for (at_ms,) in found]


SOURCES: tuple[Source, ...] = (_sales, _entries, _tiers, _consents, _notes, _merges, _joined)
"""Each gives the newest events of a subject; a subject adds one line."""
