"""Members, what is known of the person behind each, their cards, and what they bought."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from peewee import SqliteDatabase

from edge.store import people
from edge.store.database import execute, row, rows, scalar
from edge.store.known import ALWAYS_MS, known
from edge.store.ledger import points_of
from edge.store.people import Profile
from edge.store.rows import MemberRow
from edge.store.vault import vault_of
from rules.basket import Names
from rules.money import Minor
from rules.phones import normal_phone

FAVOURITES = 3
CODE_TRIES = 100
WHOLE_PHONE = 11
"""Characters of a phone number from which on it is surely a whole one."""


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
    referrer_id: str
    """Who brought the member; empty for nobody."""
    credit_limit: Minor = 0
    """The most that they may owe; 0: nothing is sold to them on account."""
    head_id: str | None = None
    """The member whose shared packages they may use."""


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
    profile: Profile | None = None,
    referrer_id: str = "",
) -> None:
    """Make or change a member; `birth` is (year or None, month, day). Raises PhoneTakenError."""
    execute(
        db,
        "INSERT INTO member (member_id, code, tier_id, joined_ms, tags, referrer_id) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (member_id) DO UPDATE SET tier_id = excluded.tier_id, tags = excluded.tags",
        member_id, code, tier_id, joined_ms, " ".join(sorted(tags)), referrer_id,
    )  # fmt: skip
    people.put_person(
        db, people.Person(member_id, name, phone, birth, is_birth_lunar, profile if profile else Profile())
    )


def set_tags(db: SqliteDatabase, member_id: str, tags: frozenset[str]) -> None:
    execute(db, "UPDATE member SET tags = ? WHERE member_id = ?", " ".join(sorted(tags)), member_id)


def set_referrer(db: SqliteDatabase, member_id: str, referrer_id: str) -> None:
    execute(db, "UPDATE member SET referrer_id = ? WHERE member_id = ?", referrer_id, member_id)


def referrer_of(db: SqliteDatabase, member_id: str) -> str:
    """Return the id of whoever brought a member; empty for nobody."""
    return str(scalar(db, "SELECT referrer_id FROM member WHERE member_id = ?", member_id) or "")


def free_code(db: SqliteDatabase) -> str:
    """Return a member code that nobody has: a letter and nine digits, which scanners and people read alike."""
    for _ in range(CODE_TRIES):
        code = f"M{secrets.randbelow(10**9):09d}"
        if row(db, "SELECT 1 FROM member WHERE code = ?", code) is None:
            return code
    raise AssertionError("a thousand million codes cannot all be taken")


def tier_of(db: SqliteDatabase, member_id: str) -> str:
    """Return the id of a member's tier; empty for none, and for a member who is unknown."""
    return str(scalar(db, "SELECT tier_id FROM member WHERE member_id = ?", member_id) or "")


def set_tier(db: SqliteDatabase, member_id: str, tier_id: str) -> None:
    execute(db, "UPDATE member SET tier_id = ? WHERE member_id = ?", tier_id, member_id)


def member_by_code(db: SqliteDatabase, code: str) -> str | None:
    """Return the id of the member with a member code or a phone number; a merged one's is that of the file it is in."""
    found = row(db, "SELECT member_id FROM member WHERE code = ?", code)
    if found:
        return surviving(db, found[0])
    phone = normal_phone(code)
    return people.by_phone(db, phone) if phone else None


def surviving(db: SqliteDatabase, member_id: str) -> str:
    """Return the member that a merged one has become, for ever; any other is itself."""

    def read() -> tuple[str, int]:
        into = scalar(db, "SELECT into_id FROM member_merge WHERE gone_id = ?", member_id)
        return into or member_id, ALWAYS_MS

    return known(db, (), ("surviving", member_id), 0, read)


def why_unknown(db: SqliteDatabase, member_id: str) -> str:
    """Return the code of the reason why there is no file of a member."""
    status = scalar(db, "SELECT status FROM member WHERE member_id = ?", member_id)
    return "member_erased" if status == "erased" else "member_unknown"


def standing(db: SqliteDatabase, member_id: str) -> MemberFile | None:
    """Return a member's file, that of the other one where it was merged into it."""
    # What was merged has no file of its own any more, so nearly always there is one and nobody asks further.
    return member(db, member_id) or member(db, surviving(db, member_id))


def standing_id(db: SqliteDatabase, member_id: str | None) -> str | None:
    """Return the member that a basket is really of by now: merged files count as one, an erased member is nobody."""
    file = standing(db, member_id) if member_id else None
    return file.member_id if file else None


def ids_of(db: SqliteDatabase, member_id: str) -> tuple[str, ...]:
    """Return the ids under which a member's history stands: their own, and those that were merged into them."""
    gone = rows(db, "SELECT gone_id FROM member_merge WHERE into_id = ? ORDER BY gone_id", member_id)
    return (member_id, *(each for (each,) in gone))


def member(db: SqliteDatabase, member_id: str) -> MemberFile | None:
    """Return a member's file; None for one that is unknown, erased or merged into another."""
    return known(db, (vault_of(db),), ("file", member_id), 0, lambda: (_read_file(db, member_id), ALWAYS_MS))


def _read_file(db: SqliteDatabase, member_id: str) -> MemberFile | None:
    found = row(
        db,
        "SELECT m.member_id, m.code, m.tier_id, m.status, m.joined_ms, m.tags, p.name, p.phone, p.birthday,"
        " coalesce(s.visits, 0), coalesce(s.last_date, ''), m.referrer_id, coalesce(c.amount, 0), f.head_id"
        " FROM member m JOIN person p ON p.member_id = m.member_id"
        " LEFT JOIN member_stat s ON s.member_id = m.member_id"
        " LEFT JOIN credit_limit c ON c.member_id = m.member_id"
        " LEFT JOIN family f ON f.member_id = m.member_id WHERE m.member_id = ?",
        member_id,
    )
    if found is None:
        return None
    vault = vault_of(db)
    name, phone, birthday = (
        vault.open(text, f"{member_id}/{of}")
        for text, of in zip(found[6:9], ("name", "phone", "birthday"), strict=True)
    )
    birth, is_lunar = people.read_birthday(birthday)
    year, month, day = birth or (None, None, None)
    return MemberFile(
        member_id=found[0], code=found[1], tier_id=found[2], status=found[3], joined_ms=found[4],
        tags=frozenset(found[5].split()), name=name, phone=phone, birth_month=month, birth_day=day,
        birth_year=year, is_birth_lunar=is_lunar, visits=found[9], last_date=found[10], referrer_id=found[11],
        credit_limit=found[12], head_id=found[13],
    )  # fmt: skip


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
    """Find members by phone or its end, member code, card, any part of the name, its pinyin or initials.

    Whoever is meant exactly comes first, then whoever was here last.
    """
    wanted = text.strip()[:40]
    if not wanted:
        return []
    exact = [each for each in (member_by_code(db, wanted.upper()), _by_card(db, wanted)) if each]
    # A whole phone number means one person and nobody else.
    is_whole = bool(exact) and len(normal_phone(wanted) or "") >= WHOLE_PHONE
    others = [] if is_whole else people.find(db, wanted)
    found = list(dict.fromkeys([*exact, *(each.member_id for each in others)]))
    files = [file for file in (member(db, each) for each in found) if file is not None and file.status != "erased"]
    files.sort(key=lambda file: (file.last_date, file.joined_ms), reverse=True)
    files.sort(key=lambda file: file.member_id not in exact)
    return [
        MemberRow(
            member_id=file.member_id,
            name=mask_name(file.name),
            phone=mask_phone(file.phone),
            tier_id=file.tier_id,
            tier_names=Names(),
            points=points_of(db, file.member_id, now_ms=now_ms),
            card_uids=tuple(uid for (uid,) in rows(db, "SELECT uid FROM card WHERE member_id = ?", file.member_id)),
        )
        for file in files[:limit]
    ]


def _by_card(db: SqliteDatabase, text: str) -> str | None:
    member_id = scalar(db, "SELECT member_id FROM card WHERE uid = ?", text.lower())
    return surviving(db, member_id) if member_id else None


def name_of(db: SqliteDatabase, member_id: str) -> str:
    """Return a member's name, masked; empty for one without."""
    member_id = surviving(db, member_id)
    sealed = scalar(db, "SELECT name FROM person WHERE member_id = ?", member_id)
    return mask_name(vault_of(db).open(sealed, f"{member_id}/name")) if sealed else ""


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
