"""Staff, their PINs and badges, and the count of wrong PINs, which a restart does not forget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from peewee import SqliteDatabase

from edge.store.database import execute, row, rows
from edge.store.rows import StaffRow

# Source: OWASP's password storage sheet (19 MiB, two passes). The library's own default takes 64 MiB: too much here.
PIN_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
PIN_DIGITS_MIN, PIN_DIGITS_MAX = 4, 8
WAIT_DOUBLINGS_MAX = 8
"""Longest wait: pin_wait_s doubled so often."""
NOBODY = ""
"""The key of everybody who is not on the list: whoever invents names waits, and leaves one row."""


@dataclass(frozen=True, slots=True)
class PinWrong:
    tries_left: int


@dataclass(frozen=True, slots=True)
class PinWait:
    seconds: int
    is_counted: bool
    """This very try was a wrong PIN; False while the wait after an earlier one runs, when none is looked at."""


def is_pin(pin: str) -> bool:
    """Tell whether a text has the form of a PIN: 4 to 8 ASCII digits."""
    return pin.isascii() and pin.isdigit() and PIN_DIGITS_MIN <= len(pin) <= PIN_DIGITS_MAX


def add(db: SqliteDatabase, *, staff_id: str, name: str, role: str, pin: str, badge_uid: str | None = None) -> None:
    """Add a member of staff within the caller's transaction. Raises ValueError for a PIN of another form."""
    if not is_pin(pin):
        raise ValueError("a PIN has 4 to 8 digits")
    execute(db, "INSERT INTO staff VALUES (?, ?, ?, ?, ?, 1)", staff_id, name, role, PIN_HASHER.hash(pin), badge_uid)


def all_staff(db: SqliteDatabase) -> list[StaffRow]:
    found = rows(db, "SELECT staff_id, name, role FROM staff WHERE is_active = 1 ORDER BY role DESC, staff_id")
    return [StaffRow(*each) for each in found]


def by_id(db: SqliteDatabase, staff_id: str) -> StaffRow | None:
    found = row(db, "SELECT staff_id, name, role FROM staff WHERE staff_id = ? AND is_active = 1", staff_id)
    return StaffRow(*found) if found else None


def by_badge(db: SqliteDatabase, uid: str) -> StaffRow | None:
    found = row(db, "SELECT staff_id, name, role FROM staff WHERE badge_uid = ? AND is_active = 1", uid)
    return StaffRow(*found) if found else None


def check_pin(
    db: SqliteDatabase, staff_id: str, pin: str, *, now_ms: int, tries: int, wait_s: int
) -> StaffRow | PinWrong | PinWait:
    """Return who signs in with a PIN, or why not; within the caller's transaction, which counts the failure.

    Args:
        tries: wrong PINs before a wait begins.
        wait_s: the first wait; it doubles with each further wrong PIN.
    """
    found = row(db, "SELECT pin_hash FROM staff WHERE staff_id = ? AND is_active = 1", staff_id)
    wrong = count_try(
        db, staff_id if found else NOBODY, lambda: found is not None and is_right(found[0], pin),
        now_ms=now_ms, tries=tries, wait_s=wait_s,
    )  # fmt: skip
    if wrong is not None:
        return wrong
    person = by_id(db, staff_id)
    assert person is not None
    return person


def count_try(
    db: SqliteDatabase, key: str, believes: Callable[[], bool], *, now_ms: int, tries: int, wait_s: int
) -> PinWrong | PinWait | None:
    """Return why what somebody said is not believed, or None where it is; within the caller's transaction.

    Args:
        key: whose tries are counted; nobody else's may be the same.
        believes: tells whether it is right; not asked during a wait.
        tries: wrong ones before a wait begins.
        wait_s: the first wait; it doubles with each further wrong one.
    """
    failed, blocked_until_ms = row(db, "SELECT failed, blocked_until_ms FROM pin_try WHERE key = ?", key) or (0, 0)
    # A clock that was set back must not lengthen the wait for ever.
    longest_ms = wait_s * 1_000 * 2**WAIT_DOUBLINGS_MAX
    if now_ms < blocked_until_ms <= now_ms + longest_ms:
        return PinWait(-(-(blocked_until_ms - now_ms) // 1_000), is_counted=False)
    if believes():
        execute(db, "DELETE FROM pin_try WHERE key = ?", key)
        return None
    failed += 1
    wait_ms = 0 if failed < tries else wait_s * 1_000 * 2 ** min(failed - tries, WAIT_DOUBLINGS_MAX)
    execute(db, "INSERT OR REPLACE INTO pin_try VALUES (?, ?, ?)", key, failed, now_ms + wait_ms if wait_ms else 0)
    return PinWait(wait_ms // 1_000, is_counted=True) if wait_ms else PinWrong(tries - failed)


def is_right(pin_hash: str, pin: str) -> bool:
    """Tell whether a PIN is the one of a hash."""
    if not is_pin(pin):
        return False
    try:
        return PIN_HASHER.verify(pin_hash, pin)
    except VerifyMismatchError:
        return False
