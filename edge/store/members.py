"""Members, what is known of the person behind each, their cards, and what they bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from peewee import SqliteDatabase

from edge.store.database import execute, row, rows, scalar
from edge.store.ledger import spendable
from edge.store.rows import MemberRow
from rules.basket import Names
from rules.ledger import POINTS, member_account
from rules.money import Minor

FAVOURITES = 3


@dataclass(frozen=True, slots=True)
class MemberFile:
    """What a sale needs to know of a member; name and phone in clear, to be masked before they are shown."""

    member_id: str
    code: str
    tier_id: str
    status: str
    joined_ms: int
    tags: frozenset[str]
    name: str
    phone: str
    birth_month: int | None
    birth_day: int | None
    birth_year: int | None
    is_birth_lunar: bool
    visits: int
    last_date: str
    """Business date of the newest sale; empty before the first one."""


def put_member(
    db: SqliteDatabase,
    *,
    member_id: str,
    code: str,
    joined_ms: int,
    tier_id: str = "",
    tags: frozenset[str] = frozenset(),
    name: str = "",
    phone: str = "",
    birth: tuple[int | None, int, int] | None = None,
    is_birth_lunar: bool = False,
) -> None:
    """Make or change a member; `birth` is (year or None, month, day)."""
    execute(
        db,
        "INSERT INTO member (member_id, code, tier_id, joined_ms, tags) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (member_id) DO UPDATE SET tier_id = excluded.tier_id, tags = excluded.tags",
        member_id, code, tier_id, joined_ms, " ".join(sorted(tags)),
    )  # fmt: skip
    year, month, day = birth or (None, None, None)
    execute(
        db, "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        member_id, name, phone, phone[-4:], month, day, year, int(is_birth_lunar),
    )  # fmt: skip


def set_tier(db: SqliteDatabase, member_id: str, tier_id: str) -> None:
    execute(db, "UPDATE member SET tier_id = ? WHERE member_id = ?", tier_id, member_id)


def member_by_code(db: SqliteDatabase, code: str) -> str | None:
    """Return the id of the member with a member code or a phone number."""
    found = row(db, "SELECT member_id FROM member WHERE code = ?", code) or row(
        db, "SELECT member_id FROM person WHERE phone = ? AND phone <> ''", code
    )
    return found[0] if found else None


def member(db: SqliteDatabase, member_id: str) -> MemberFile | None:
    found = row(
        db,
        "SELECT m.member_id, m.code, m.tier_id, m.status, m.joined_ms, m.tags, p.name, p.phone, p.birth_month,"
        " p.birth_day, p.birth_year, p.birth_is_lunar, coalesce(s.visits, 0), coalesce(s.last_date, '')"
        " FROM member m JOIN person p ON p.member_id = m.member_id"
        " LEFT JOIN member_stat s ON s.member_id = m.member_id WHERE m.member_id = ?",
        member_id,
    )
    if found is None:
        return None
    return MemberFile(
        member_id=found[0], code=found[1], tier_id=found[2], status=found[3], joined_ms=found[4],
        tags=frozenset(found[5].split()), name=found[6], phone=found[7], birth_month=found[8], birth_day=found[9],
        birth_year=found[10], is_birth_lunar=bool(found[11]), visits=found[12], last_date=found[13],
    )  # fmt: skip


def spend_since(db: SqliteDatabase, member_id: str, since: date) -> Minor:
    """Return what a member paid for sales on and after a business date, less what was paid back for them."""
    return int(
        scalar(
            db,
            "SELECT coalesce(sum(s.total - coalesce((SELECT sum(r.amount + r.withheld) FROM sale_return r"
            " WHERE r.sale_no = s.sale_no), 0)), 0) FROM sale s WHERE s.member_id = ? AND s.business_date >= ?",
            member_id,
            since.isoformat(),
        )
    )


def favourites(db: SqliteDatabase, member_id: str) -> tuple[Names, ...]:
    """Return the items that a member bought most often."""
    return tuple(
        Names(*found)
        for found in rows(
            db,
            "SELECT i.name_zh_hans, i.name_zh_hant, i.name_en FROM member_sku m JOIN item i ON i.sku = m.sku"
            " WHERE m.member_id = ? ORDER BY m.times DESC, m.sku LIMIT ?",
            member_id,
            FAVOURITES,
        )
    )


def find_members(db: SqliteDatabase, text: str, *, now_ms: int, limit: int) -> list[MemberRow]:
    """Find active members by phone or its start, its last four digits, member code, or any part of the name."""
    wanted = text.strip()[:40]
    if not wanted:
        return []
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = rows(
        db,
        "SELECT m.member_id, p.name, p.phone, m.tier_id FROM member m JOIN person p ON p.member_id = m.member_id"
        " WHERE m.status <> 'erased' AND (p.phone_last4 = ? OR p.phone LIKE ? ESCAPE '\\' OR m.code = ?"
        " OR p.name LIKE ? ESCAPE '\\') ORDER BY p.phone = ? DESC, p.name, m.member_id LIMIT ?",
        wanted, escaped + "%" if len(wanted) >= 4 else wanted, wanted.upper(), f"%{escaped}%", wanted, limit,
    )  # fmt: skip
    return [
        MemberRow(
            member_id=member_id,
            name=mask_name(name),
            phone=mask_phone(phone),
            tier_id=tier_id,
            tier_names=Names(),
            points=spendable(db, member_account(member_id), POINTS, now_ms=now_ms),
            card_uids=tuple(uid for (uid,) in rows(db, "SELECT uid FROM card WHERE member_id = ?", member_id)),
        )
        for member_id, name, phone, tier_id in found
    ]


def mask_phone(phone: str) -> str:
    """Return a phone number as it may be shown.

    >>> mask_phone("13812345678"), mask_phone("5551234"), mask_phone("12")
    ('138****5678', '***1234', '**')
    """
    if len(phone) >= 11:
        return phone[:3] + "*" * (len(phone) - 7) + phone[-4:]
    return "*" * max(len(phone) - 4, 0) + phone[-4:] if len(phone) > 4 else "*" * len(phone)


def mask_name(name: str) -> str:
    """Return a name as it may be shown: the family name of a Chinese one, the first word and an initial of others.

    >>> mask_name("张小芳"), mask_name("李四"), mask_name("Mary Ann Smith"), mask_name("")
    ('张**', '李*', 'Mary S.', '')
    """
    name = name.strip()
    if not name:
        return ""
    if ord(name[0]) < 0x2E80:
        first, *others = name.split()
        return f"{first} {others[-1][0]}." if others else first[0] + "***"
    return name[0] + "*" * min(len(name) - 1, 3)
