"""Segments: which members are meant, told by what is known of them, and found by the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import msgspec
from peewee import SqliteDatabase

from edge.store.database import rows, scalar
from edge.store.people import birth_tokens
from rules.birthdays import BirthdayKey, birthdays_kept
from rules.money import Minor

SEGMENT_TAGS_MAX = 20
MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True)
class Segment:
    """Active members for whom everything holds that is given; what is left out asks nothing."""

    tags: tuple[str, ...] = ()
    """With at least one of these."""
    tiers: tuple[str, ...] = ()
    """Of one of these; the empty id is no tier."""
    visits_from: int | None = None
    visits_to: int | None = None
    """Sales so far, both ends included."""
    last_visit_from: date | None = None
    last_visit_before: date | None = None
    """Business date of the newest sale; who never came has none, and was not there before a day either."""
    spend_from: Minor | None = None
    spend_below: Minor | None = None
    """All that was ever paid, less what was paid back; the band excludes its end."""
    birthday_month: int | None = None
    """1..12: birthdays that are kept in this solar month, lunar ones too."""

    def __post_init__(self) -> None:
        assert self.birthday_month is None or self.birthday_month in MONTHS


def segment_count(db: SqliteDatabase, segment: Segment, *, today: date, without_batch: int = 0) -> int:
    """Return how many members are meant; those apart who have a coupon of a batch already."""
    where, params = _where(db, segment, today, without_batch)
    return int(scalar(db, f"SELECT count(*) {where}", *params))


def segment_members(
    db: SqliteDatabase, segment: Segment, *, today: date, limit: int, without_batch: int = 0
) -> list[str]:
    """Return the ids of the members that are meant, at most so many, in a fixed order."""
    where, params = _where(db, segment, today, without_batch)
    return [member_id for (member_id,) in rows(db, f"SELECT m.member_id {where} ORDER BY 1 LIMIT ?", *params, limit)]


def _where(db: SqliteDatabase, segment: Segment, today: date, without_batch: int) -> tuple[str, list[object]]:
    # Only fixed words are put together; what was asked for goes in as parameters.
    asked: list[tuple[str, object]] = []
    if without_batch:
        asked.append(
            ("NOT EXISTS (SELECT 1 FROM coupon c WHERE c.member_id = m.member_id AND c.batch_id = ?)", without_batch)
        )
    if segment.tags:
        asked.append(
            ("EXISTS (SELECT 1 FROM json_each(?) t WHERE instr(' ' || m.tags || ' ', ' ' || t.value || ' ') > 0)",
             msgspec.json.encode(segment.tags).decode())
        )  # fmt: skip
    if segment.tiers:
        asked.append(("m.tier_id IN (SELECT value FROM json_each(?))", msgspec.json.encode(segment.tiers).decode()))
    for words, value in (
        ("coalesce(s.visits, 0) >= ?", segment.visits_from),
        ("coalesce(s.visits, 0) <= ?", segment.visits_to),
        ("s.last_date >= ?", segment.last_visit_from and segment.last_visit_from.isoformat()),
        ("s.last_date < ?", segment.last_visit_before and segment.last_visit_before.isoformat()),
        ("coalesce(s.spend - s.refunded, 0) >= ?", segment.spend_from),
        ("coalesce(s.spend - s.refunded, 0) < ?", segment.spend_below),
    ):
        if value is not None:
            asked.append((words, value))
    if segment.birthday_month is not None:
        asked.append(
            (
                "p.person_no IN (SELECT w.person_no FROM json_each(?) b JOIN person_word w ON w.token = b.value)",
                msgspec.json.encode(birth_tokens(db, _kept_in(segment, today))).decode(),
            )
        )
    conditions = "".join(f" AND {words}" for words, _ in asked)
    return (
        "FROM member m JOIN person p ON p.member_id = m.member_id"
        " LEFT JOIN member_stat s ON s.member_id = m.member_id WHERE m.status = 'active'" + conditions,
        [value for _, value in asked],
    )


def _kept_in(segment: Segment, today: date) -> Iterable[BirthdayKey]:
    month = segment.birthday_month
    assert month is not None
    # The next one that is not over yet: in December, January is next year's.
    year = today.year if month >= today.month else today.year + 1
    first = date(year, month, 1)
    last = date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)
    return birthdays_kept(first, last)
