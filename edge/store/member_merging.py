"""Two files of one member become one: what stands in each table under the one id comes to the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from peewee import SqliteDatabase

from edge.store import credit, ledger, people, tiers
from edge.store.cards import forget_secrets
from edge.store.coupons import move_coupons
from edge.store.database import execute, row, rows
from edge.store.people import NOTES_MAX, Person, Profile
from edge.store.stored_value import bring_top_ups
from rules.ledger import LotUse, Transfer, lives_in_lots, member_account, owed_account

REASON = "merge"


def merge_transfers(db: SqliteDatabase, *, keep: str, gone: str) -> tuple[Transfer, ...]:
    """Return the transfers that bring everything that one member holds or owes to another, each lot with its expiry."""
    from_account, to_account = member_account(gone), member_account(keep)
    moved = []
    for unit, amount in rows(
        db, "SELECT unit, amount FROM balance WHERE account = ? AND amount > 0 ORDER BY unit", from_account
    ):
        if not lives_in_lots(unit, from_account):
            moved.append(Transfer(unit, from_account, to_account, amount, REASON))
            continue
        for lot in ledger.open_lots(db, from_account, unit):
            use = (LotUse(lot.lot_id, lot.remaining),)
            moved.append(Transfer(unit, from_account, to_account, lot.remaining, REASON, lot.expires_ms, from_lots=use))
    for unit, amount in rows(
        db, "SELECT unit, amount FROM balance WHERE account = ? AND amount <> 0 ORDER BY unit", owed_account(gone)
    ):
        ends = (owed_account(keep), owed_account(gone)) if amount < 0 else (owed_account(gone), owed_account(keep))
        moved.append(Transfer(unit, *ends, abs(amount), REASON))
    return tuple(moved)


def merge_rows(db: SqliteDatabase, *, keep: str, gone: str, at_ms: int, staff_id: str) -> None:
    """Bring what stands in the tables to the member that stays, within the caller's transaction."""
    for bring in SUBJECTS:
        bring(db, keep, gone)
    execute(db, "UPDATE member_merge SET into_id = ? WHERE into_id = ?", keep, gone)
    execute(db, "INSERT INTO member_merge VALUES (?, ?, ?, ?)", gone, keep, at_ms, staff_id)
    execute(db, "UPDATE member SET status = 'erased', tags = '', referrer_id = '' WHERE member_id = ?", gone)


def _cards(db: SqliteDatabase, keep: str, gone: str) -> None:
    execute(db, "UPDATE card SET member_id = ? WHERE member_id = ?", keep, gone)
    # The PIN and the phone of the file that goes: the one that stays has its own, or gets new ones.
    forget_secrets(db, gone)


def _people(db: SqliteDatabase, keep: str, gone: str) -> None:
    stays, goes = people.person(db, keep), people.person(db, gone)
    if goes is None:
        return
    people.drop_person(db, gone)
    if stays is not None:
        people.put_person(db, merged_person(stays, goes))


def merged_person(stays: Person, goes: Person) -> Person:
    """Return the person who stays, with what only the other file knew; notes of both in their order."""
    mine, other = stays.profile, goes.profile
    notes = tuple(sorted((*mine.notes, *other.notes), key=lambda note: note.at_ms))[-NOTES_MAX:]
    profile = Profile(
        sex=mine.sex or other.sex, region=mine.region or other.region, occupation=mine.occupation or other.occupation,
        channel=mine.channel or other.channel, custom={**other.custom, **mine.custom}, notes=notes,
    )  # fmt: skip
    is_lunar = stays.is_birth_lunar if stays.birth else goes.is_birth_lunar
    return replace(
        stays, name=stays.name or goes.name, phone=stays.phone or goes.phone, birth=stays.birth or goes.birth,
        is_birth_lunar=is_lunar, profile=profile,
    )  # fmt: skip


def _member(db: SqliteDatabase, keep: str, gone: str) -> None:
    tags = {
        tag
        for (text,) in rows(db, "SELECT tags FROM member WHERE member_id IN (?, ?)", keep, gone)
        for tag in text.split()
    }
    execute(
        db,
        "UPDATE member SET tags = ?, joined_ms = min(joined_ms, (SELECT joined_ms FROM member WHERE member_id = ?)),"
        " referrer_id = CASE WHEN referrer_id IN ('', ?) THEN"
        " (SELECT CASE referrer_id WHEN ? THEN '' ELSE referrer_id END FROM member WHERE member_id = ?)"
        " ELSE referrer_id END WHERE member_id = ?",
        " ".join(sorted(tags)), gone, gone, keep, gone, keep,
    )  # fmt: skip
    execute(db, "UPDATE member SET referrer_id = ? WHERE referrer_id = ? AND member_id <> ?", keep, gone, keep)


def _visits(db: SqliteDatabase, keep: str, gone: str) -> None:
    dates = sorted(
        day
        for found in rows(
            db, "SELECT last_date, before_last_date FROM member_stat WHERE member_id IN (?, ?)", keep, gone
        )
        for day in found
        if day
    )
    both = row(
        db,
        "SELECT sum(visits), sum(spend), sum(refunded), min(first_date) FROM member_stat WHERE member_id IN (?, ?)",
        keep,
        gone,
    )
    if both is None or both[0] is None:
        return
    execute(db, "DELETE FROM member_stat WHERE member_id IN (?, ?)", keep, gone)
    execute(
        db,
        "INSERT INTO member_stat (member_id, visits, spend, refunded, first_date, last_date, before_last_date)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        keep, *both, dates[-1], dates[-2] if len(dates) > 1 else "",
    )  # fmt: skip


def _favourites(db: SqliteDatabase, keep: str, gone: str) -> None:
    execute(
        db,
        "INSERT INTO member_sku SELECT ?, sku, times FROM member_sku WHERE member_id = ?"
        " ON CONFLICT (member_id, sku) DO UPDATE SET times = times + excluded.times",
        keep,
        gone,
    )
    execute(db, "DELETE FROM member_sku WHERE member_id = ?", gone)


def _uses(db: SqliteDatabase, keep: str, gone: str) -> None:
    # Together they used an offer as often as each of them did: merging gives nobody another go.
    execute(
        db,
        "INSERT INTO promotion_use SELECT promotion_id, span, ?, baskets FROM promotion_use"
        " WHERE span = 'member' AND key = ?"
        " ON CONFLICT DO UPDATE SET baskets = baskets + excluded.baskets",
        keep,
        gone,
    )
    execute(db, "DELETE FROM promotion_use WHERE span = 'member' AND key = ?", gone)


SUBJECTS: tuple[Callable[[SqliteDatabase, str, str], None], ...] = (
    _member,
    _people,
    _cards,
    _visits,
    _favourites,
    _uses,
    bring_top_ups,
    move_coupons,
    tiers.merge,
    credit.bring,
)
"""What each subject brings over, called with the ids of who stays and who goes; a subject adds one line."""
