"""Members who are forgotten: by their own wish, or because they have not come for as long as the shop decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec
from peewee import SqliteDatabase

from edge.messages import AuditBody, encode_body
from edge.store import audit, cards, consents, coupons, outbox, people
from edge.store.consents import Consent
from edge.store.database import execute, rows, scalar

SLICE = 2_000
"""Members that one step looks at."""
FORGOTTEN_MAX = 200
"""Members that one step forgets: each is a message and a link in the chain."""


def tell(
    db: SqliteDatabase,
    action: str,
    member_id: str,
    detail: Mapping[str, str | int],
    *,
    at_ms: int,
    staff_id: str,
    lane: int,
) -> None:
    """Put what was done with a member into the chain and tell head office, without personal data, in a transaction."""
    audit.note(db, at_ms=at_ms, staff_id=staff_id, lane=lane, action=action, subject=member_id, detail=dict(detail))
    body = AuditBody(action=action, at_ms=at_ms, staff_id=staff_id, lane=lane, subject=member_id, detail=dict(detail))
    outbox.put(db, kind="audit", subject=f"member/{member_id}", body=encode_body(body), at_ms=at_ms)


def forget(db: SqliteDatabase, member_id: str, *, at_ms: int, place: str) -> None:
    """Take the person away from a member, withdraw what they agreed to and block their cards, within a transaction."""
    for said in consents.standing(db, member_id).values():
        if said.is_given:
            consents.put(db, member_id, Consent(said.purpose, False, place, at_ms))
    # What is deleted is written over, so that it cannot be read from the file's free space either.
    execute(db, "PRAGMA secure_delete = ON").fetchall()
    people.drop_person(db, member_id)
    cards.forget_secrets(db, member_id)
    execute(db, "PRAGMA secure_delete = OFF").fetchall()
    coupons.void_of_member(db, member_id)
    execute(
        db, "UPDATE card SET status = 'blocked', since_ms = ? WHERE member_id = ? AND status = 'active'",
        at_ms, member_id,
    )  # fmt: skip
    cards.forget_secrets(db, member_id)
    execute(db, "UPDATE member SET status = 'erased', tags = '' WHERE member_id = ?", member_id)


def forget_inactive(db: SqliteDatabase, after: str, *, before_date: str, before_ms: int, at_ms: int) -> str | None:
    """Forget members who neither came nor joined since, within the caller's transaction; return where to go on.

    Whoever holds stored value, gift money or times is kept, as it is theirs, and whoever owes for what was bought.

    Args:
        after: the id up to which members were looked at; empty at the beginning.
        before_date: business date before which the last visit was.
        before_ms: moment before which they joined.
    """
    last = scalar(
        db, "SELECT max(member_id) FROM (SELECT member_id FROM member WHERE member_id > ? ORDER BY member_id LIMIT ?)",
        after, SLICE,
    )  # fmt: skip
    if last is None:
        return None
    found = rows(
        db,
        "SELECT m.member_id FROM member m LEFT JOIN member_stat s ON s.member_id = m.member_id"
        " WHERE m.member_id > ? AND m.member_id <= ? AND m.status = 'active' AND m.joined_ms < ?"
        " AND coalesce(s.last_date, '') < ? AND NOT EXISTS (SELECT 1 FROM balance b"
        " WHERE b.account = 'member/' || m.member_id AND b.amount > 0 AND b.unit <> 'points')"
        " AND NOT EXISTS (SELECT 1 FROM balance o WHERE o.account = 'owed/' || m.member_id AND o.unit = 'on_account'"
        " AND o.amount <> 0)"
        " ORDER BY m.member_id LIMIT ?",
        after, last, before_ms, before_date, FORGOTTEN_MAX,
    )  # fmt: skip
    for (member_id,) in found:
        forget(db, member_id, at_ms=at_ms, place="retention")
        tell(db, "member_forgotten", member_id, {}, at_ms=at_ms, staff_id="", lane=0)
    return str(found[-1][0]) if len(found) == FORGOTTEN_MAX else str(last)


def drop_old_notes(db: SqliteDatabase, after: str, *, before_ms: int) -> str | None:
    """Drop notes that were written before a moment, within the caller's transaction; return where to go on."""
    found = rows(
        db,
        "SELECT member_id, profile <> '' FROM person WHERE member_id > ? ORDER BY member_id LIMIT ?",
        after,
        SLICE // 4,
    )
    for member_id, has_profile in found:
        person = people.person(db, member_id) if has_profile else None
        if person is None:
            continue
        kept = tuple(note for note in person.profile.notes if note.at_ms >= before_ms)
        if kept != person.profile.notes:
            people.put_person(db, replace(person, profile=msgspec.structs.replace(person.profile, notes=kept)))
    return str(found[-1][0]) if found else None


def last_activity_ms(db: SqliteDatabase) -> int:
    """Return when anything was last sold; 0 for a store that never sold anything."""
    return int(scalar(db, "SELECT sold_at_ms FROM sale ORDER BY sale_no DESC LIMIT 1") or 0)
