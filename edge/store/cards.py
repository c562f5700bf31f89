"""Cards and what they proved: whose they are, their counters, e-cards, and members' PINs."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store.database import execute, row, rows, scalar
from edge.store.staff import PIN_HASHER, is_right

LISTED_MAX = 500
"""Cards that a list shows."""
LOOKED_BACK = 200
"""Rows of the audit that a clock which was set back is looked for in."""


@dataclass(frozen=True, slots=True)
class StoredCard:
    """A card of a member."""

    uid: str
    member_id: str
    is_blocked: bool
    since_ms: int
    """When it was bound, or blocked."""
    reason: str = ""
    """Why it is blocked: lost, stolen, damaged, replaced or other; empty where nobody said."""
    replaced_by: str = ""
    bound_ms: int = 0
    counter: int = -1
    """Newest counter that was believed of it; -1 for a card that never proved itself."""


@dataclass(frozen=True, slots=True)
class StoredEcard:
    serial: int
    """Rises with each new e-card of the member; the secret of the one before is worth nothing then."""
    last_step: int
    issued_ms: int


_COLUMNS = (
    "SELECT c.uid, c.member_id, c.status = 'blocked', c.since_ms, c.reason, c.replaced_by, c.bound_ms,"
    " coalesce(n.counter, -1) FROM card c LEFT JOIN card_counter n ON n.uid = c.uid"
)


def card(db: SqliteDatabase, uid: str) -> StoredCard | None:
    found = row(db, _COLUMNS + " WHERE c.uid = ?", uid)
    return _card(found) if found else None


def cards_of(db: SqliteDatabase, member_id: str) -> list[StoredCard]:
    """Return a member's cards, good ones first, newest first."""
    found = rows(db, _COLUMNS + " WHERE c.member_id = ? ORDER BY c.status, c.bound_ms DESC, c.uid", member_id)
    return [_card(each) for each in found]


def all_cards(db: SqliteDatabase, *, limit: int = LISTED_MAX) -> list[StoredCard]:
    return [_card(each) for each in rows(db, _COLUMNS + " ORDER BY c.member_id, c.bound_ms DESC, c.uid LIMIT ?", limit)]


def put_card(db: SqliteDatabase, uid: str, member_id: str, *, since_ms: int, is_blocked: bool = False) -> None:
    """Make a card a member's."""
    execute(
        db,
        "INSERT OR REPLACE INTO card (uid, member_id, status, since_ms, bound_ms) VALUES (?, ?, ?, ?, ?)",
        uid, member_id, "blocked" if is_blocked else "active", since_ms, since_ms,
    )  # fmt: skip


def block(db: SqliteDatabase, uid: str, *, reason: str, at_ms: int, replaced_by: str = "") -> None:
    execute(
        db, "UPDATE card SET status = 'blocked', reason = ?, replaced_by = ?, since_ms = ? WHERE uid = ?",
        reason, replaced_by, at_ms, uid,
    )  # fmt: skip


def unblock(db: SqliteDatabase, uid: str, *, at_ms: int) -> None:
    execute(
        db,
        "UPDATE card SET status = 'active', reason = '', replaced_by = '', since_ms = ? WHERE uid = ?", at_ms, uid,
    )  # fmt: skip


def counter(db: SqliteDatabase, uid: str) -> int:
    """Return the newest counter that was believed of a card; -1 before the first one."""
    found = scalar(db, "SELECT counter FROM card_counter WHERE uid = ?", uid)
    return -1 if found is None else int(found)


def raise_counter(db: SqliteDatabase, uid: str, value: int, *, at_ms: int) -> bool:
    """Keep the counter of a genuine message, and tell whether it is new; an equal or a lower one was shown before."""
    if value <= counter(db, uid):
        return False
    execute(
        db,
        "INSERT INTO card_counter VALUES (?, ?, ?)"
        " ON CONFLICT (uid) DO UPDATE SET counter = excluded.counter, at_ms = excluded.at_ms",
        uid, value, at_ms,
    )  # fmt: skip
    return True


def ecard(db: SqliteDatabase, member_id: str) -> StoredEcard | None:
    found = row(db, "SELECT serial, last_step, issued_ms FROM ecard WHERE member_id = ?", member_id)
    return StoredEcard(*found) if found else None


def new_ecard(db: SqliteDatabase, member_id: str, *, at_ms: int) -> StoredEcard:
    """Give a member an e-card in the place of the one before."""
    before = ecard(db, member_id)
    made = StoredEcard(before.serial + 1 if before else 1, -1, at_ms)
    execute(
        db,
        "INSERT INTO ecard VALUES (?, ?, ?, ?) ON CONFLICT (member_id)"
        " DO UPDATE SET serial = excluded.serial, last_step = -1, issued_ms = excluded.issued_ms",
        member_id, made.serial, made.last_step, at_ms,
    )  # fmt: skip
    return made


def use_step(db: SqliteDatabase, member_id: str, step: int) -> None:
    """Let the code of a step, and all before it, be used up. The schema refuses one that is used up already."""
    execute(db, "UPDATE ecard SET last_step = ? WHERE member_id = ?", step, member_id)


def has_pin(db: SqliteDatabase, member_id: str) -> bool:
    return row(db, "SELECT 1 FROM member_pin WHERE member_id = ?", member_id) is not None


def put_pin(db: SqliteDatabase, member_id: str, pin: str, *, at_ms: int) -> None:
    """Set a member's PIN, and forget the wrong ones. The caller checked its form."""
    pin_hash = PIN_HASHER.hash(pin)
    execute(db, "INSERT OR REPLACE INTO member_pin VALUES (?, ?, ?)", member_id, pin_hash, at_ms)
    execute(db, "DELETE FROM pin_try WHERE key = ?", tries_key(member_id))


def is_pin_of(db: SqliteDatabase, member_id: str, pin: str) -> bool:
    """Tell whether a PIN is a member's. The caller counts the wrong ones: `staff.count_try`."""
    pin_hash = scalar(db, "SELECT pin_hash FROM member_pin WHERE member_id = ?", member_id)
    return pin_hash is not None and is_right(pin_hash, pin)


def tries_key(member_id: str) -> str:
    """Return the name under which wrong PINs, codes and digits of a member are counted together."""
    return f"member/{member_id}"


def forget_secrets(db: SqliteDatabase, member_id: str) -> None:
    """Take the PIN and the e-card away from a member who is no more."""
    execute(db, "DELETE FROM member_pin WHERE member_id = ?", member_id)
    execute(db, "DELETE FROM ecard WHERE member_id = ?", member_id)
    execute(db, "DELETE FROM pin_try WHERE key = ?", tries_key(member_id))


def put_badge(db: SqliteDatabase, staff_id: str, uid: str) -> None:
    """Make a card a person's badge, in the place of the one before."""
    execute(db, "UPDATE staff SET badge_uid = ? WHERE staff_id = ?", uid, staff_id)


def latest_ms(db: SqliteDatabase) -> int:
    """Return the latest moment in the audit's newest rows, 0 without any: the clock was there once."""
    newest = "SELECT at_ms FROM audit ORDER BY audit_no DESC LIMIT ?"
    return int(scalar(db, f"SELECT max(at_ms) FROM ({newest})", LOOKED_BACK) or 0)  # noqa: S608 - our own words


def _card(found: tuple[object, ...]) -> StoredCard:
    uid, member_id, is_blocked, since_ms, reason, replaced_by, bound_ms, counted = found
    return StoredCard(
        uid=str(uid), member_id=str(member_id), is_blocked=bool(is_blocked), since_ms=int(str(since_ms)),
        reason=str(reason), replaced_by=str(replaced_by), bound_ms=int(str(bound_ms)), counter=int(str(counted)),
    )  # fmt: skip
