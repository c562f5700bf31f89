"""What members agreed to, when and where: every yes and every no is kept, the newest one holds."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store.database import execute, rows

PLACES = ("till", "page", "office", "import", "erase", "retention")
"""Where it was said: at the till, on the customer's own phone, …; with erasing a file everything is withdrawn."""
HISTORY_MAX = 200


@dataclass(frozen=True, slots=True)
class Consent:
    purpose: str
    is_given: bool
    place: str
    at_ms: int
    lane: int = 0
    staff_id: str = ""


def put(db: SqliteDatabase, member_id: str, consent: Consent) -> None:
    """Add to what a member said, within the caller's transaction."""
    assert consent.place in PLACES
    execute(
        db,
        "INSERT INTO consent (member_id, purpose, is_given, place, lane, staff_id, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        member_id, consent.purpose, int(consent.is_given), consent.place, consent.lane, consent.staff_id, consent.at_ms,
    )  # fmt: skip


def history(db: SqliteDatabase, member_id: str) -> list[Consent]:
    """Return what a member said, newest first."""
    found = rows(
        db,
        "SELECT purpose, is_given, place, at_ms, lane, staff_id FROM consent WHERE member_id = ?"
        " ORDER BY consent_no DESC LIMIT ?",
        member_id,
        HISTORY_MAX,
    )
    return [Consent(each[0], bool(each[1]), *each[2:]) for each in found]


def standing(db: SqliteDatabase, member_id: str) -> dict[str, Consent]:
    """Return what holds now of each purpose that a member was ever asked about."""
    found = rows(
        db,
        "SELECT purpose, is_given, place, at_ms, lane, staff_id FROM consent WHERE consent_no IN"
        " (SELECT max(consent_no) FROM consent WHERE member_id = ? GROUP BY purpose)",
        member_id,
    )
    return {each[0]: Consent(each[0], bool(each[1]), *each[2:]) for each in found}
