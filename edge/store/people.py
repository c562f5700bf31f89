"""The people behind the members: their data in one table, sealed, and the index that they are found by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from peewee import DatabaseError, IntegrityError, SqliteDatabase

from edge.store.database import Row, Store, execute, execute_many, row, rows, scalar
from edge.store.person_words import INDEX_VERSION, Search, birth_word, fits, searches_for, words_of
from edge.store.vault import Vault, vault_of

CANDIDATES_MAX = 120
"""People that an index gives for one search before the best are chosen."""
SLICE = 2_000
"""People that are indexed or sealed anew in one go."""
NOTES_MAX = 100
"""Notes kept in one file; the oldest go first."""
NAME_MAX, NOTE_MAX, LINE_MAX = 60, 500, 120
"""Characters of a name, of a note, and of the other lines of a file."""


class PhoneTakenError(Exception):
    """Somebody else has that phone number."""


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    at_ms: int
    staff_id: str
    text: str


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a person beside name, phone and birthday."""

    sex: str = ""
    """`f`, `m`, `x` for neither, empty where not told."""
    region: str = ""
    occupation: str = ""
    channel: str = ""
    """How they want to be reached: phone, sms, wechat, none; empty where not told."""
    custom: dict[str, str] = {}
    """Fields of the shop's own, by their id in the rules."""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A person in clear."""

    member_id: str
    name: str = ""
    phone: str = ""
    birth: tuple[int | None, int, int] | None = None
    """Year where known, month, day."""
    is_birth_lunar: bool = False
    profile: Profile = field(default_factory=Profile)

    @property
    def words(self) -> frozenset[str]:
        birth = (self.is_birth_lunar, *self.birth[1:]) if self.birth else None
        return words_of(name=self.name, phone=self.phone, birth=birth)


_COLUMNS = ("name", "phone", "birthday", "profile")
_SELECT = "SELECT member_id, name, phone, birthday, profile, person_no FROM person"


def sealed_row(vault: Vault, person: Person) -> tuple[str, str, str, str, str, str]:
    """Return what stands in the table: member id, the sealed columns, and the key that only one may have."""
    texts = (person.name, person.phone, _birthday_text(person), _profile_text(person.profile))
    sealed = [vault.seal(text, f"{person.member_id}/{of}") for text, of in zip(texts, _COLUMNS, strict=True)]
    return (person.member_id, *sealed, vault.exact(person.phone))  # type: ignore[return-value]


def _opened(vault: Vault, found: Row) -> Person:
    member_id = found[0]
    name, phone, birthday, profile = (
        vault.open(text, f"{member_id}/{of}") for text, of in zip(found[1:5], _COLUMNS, strict=True)
    )
    birth, is_lunar = read_birthday(birthday)
    return Person(
        member_id, name, phone, birth, is_lunar, msgspec.json.decode(profile, type=Profile) if profile else Profile()
    )


def _birthday_text(person: Person) -> str:
    if person.birth is None:
        return ""
    year, month, day = person.birth
    return f"{'L' if person.is_birth_lunar else 'S'}{year or 0:04d}-{month:02d}-{day:02d}"


def read_birthday(text: str) -> tuple[tuple[int | None, int, int] | None, bool]:
    """Return (year or None, month, day), or None, and whether it is lunar, of a birthday as it is kept."""
    if not text:
        return None, False
    return (int(text[1:5]) or None, int(text[6:8]), int(text[9:11])), text[0] == "L"


def _profile_text(profile: Profile) -> str:
    return "" if profile == Profile() else msgspec.json.encode(profile).decode()


def person(db: SqliteDatabase, member_id: str) -> Person | None:
    """Return a person in clear; None where nobody, or nobody any more, is behind the member."""
    found = row(db, f"{_SELECT} WHERE member_id = ?", member_id)
    return _opened(vault_of(db), found) if found else None


def put_person(db: SqliteDatabase, new: Person) -> None:
    """Write a person and what they are found by, within the caller's transaction.

    Raises PhoneTakenError, within the transaction, which is to be undone.
    """
    vault = vault_of(db)
    assert not vault.is_locked, "personal data is not written while its key is missing"
    found = row(db, f"{_SELECT} WHERE member_id = ?", new.member_id)
    before = _opened(vault, found).words if found else frozenset()
    try:
        person_no = execute(
            db,
            "INSERT INTO person (member_id, name, phone, birthday, profile, phone_key) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (member_id) DO UPDATE SET name = excluded.name, phone = excluded.phone,"
            " birthday = excluded.birthday, profile = excluded.profile, phone_key = excluded.phone_key"
            " RETURNING person_no",
            *sealed_row(vault, new),
        ).fetchone()[0]
    except IntegrityError as error:
        if "phone_key" not in str(error):
            raise
        raise PhoneTakenError from None
    _drop_words(db, person_no, before - new.words, vault)
    execute_many(
        db, "INSERT OR IGNORE INTO person_word VALUES (?, ?)",
        [(vault.token(word), person_no) for word in new.words - before],
    )  # fmt: skip


def drop_person(db: SqliteDatabase, member_id: str) -> None:
    """Forget a person for ever, within the caller's transaction: the row, and what they were found by."""
    vault = vault_of(db)
    found = row(db, f"{_SELECT} WHERE member_id = ?", member_id)
    if found is None:
        return
    _drop_words(db, found[5], _opened(vault, found).words, vault)
    execute(db, "DELETE FROM person WHERE member_id = ?", member_id)


def _drop_words(db: SqliteDatabase, person_no: int, words: Iterable[str], vault: Vault) -> None:
    execute_many(
        db,
        "DELETE FROM person_word WHERE token = ? AND person_no = ?",
        [(vault.token(word), person_no) for word in words],
    )


def by_phone(db: SqliteDatabase, phone: str) -> str | None:
    """Return the id of the member with a phone number in its normal form."""
    key = vault_of(db).exact(phone)
    found = row(db, "SELECT member_id FROM person WHERE phone_key = ? AND phone_key <> ''", key) if key else None
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who may be meant by a search, in clear."""

    member_id: str
    name: str
    phone: str


def find(db: SqliteDatabase, text: str) -> list[Found]:
    """Return people who may be meant by a phone number or its end, a name, or how it is spelled; newest first."""
    found: dict[str, Found] = {}
    for search in searches_for(text):
        for each in _candidates(db, search):
            if each.member_id not in found and fits(search, name=each.name, phone=each.phone):
                found[each.member_id] = each
    return list(found.values())


def _candidates(db: SqliteDatabase, search: Search) -> list[Found]:
    vault = vault_of(db)
    tokens = [vault.token(word) for word in search.words]
    # The words stand in the index; only what all of them name is read and opened.
    more = "".join(
        " AND EXISTS (SELECT 1 FROM person_word x WHERE x.token = ? AND x.person_no = w.person_no)" for _ in tokens[1:]
    )
    found = rows(
        db,
        f"SELECT p.member_id, p.name, p.phone FROM person_word w"  # noqa: S608
        f" JOIN person p ON p.person_no = w.person_no WHERE w.token = ?{more} ORDER BY w.person_no DESC LIMIT ?",
        *tokens,
        CANDIDATES_MAX,
    )
    return [
        Found(each[0], vault.open(each[1], f"{each[0]}/name"), vault.open(each[2], f"{each[0]}/phone"))
        for each in found
    ]


def birth_tokens(db: SqliteDatabase, keys: Iterable[tuple[bool, int, int]]) -> list[int]:
    """Return what stands in the index for birthdays: (lunar or not, month, day)."""
    vault = vault_of(db)
    return [vault.token(birth_word(*key)) for key in keys]


def reserve(db: SqliteDatabase, count: int) -> int:
    """Set numbers aside for so many people, within the caller's transaction, and return the first."""
    last = scalar(db, "SELECT seq FROM sqlite_sequence WHERE name = 'person'")
    if last is None:
        execute(db, "INSERT INTO sqlite_sequence (name, seq) VALUES ('person', ?)", count)
        return 1
    execute(db, "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'person'", count)
    return int(last) + 1


def put_many(db: SqliteDatabase, new: Sequence[tuple[str, ...]], *, first: int) -> None:
    """Write people who are not there yet, within the caller's transaction. Raises PhoneTakenError.

    Args:
        new: what `sealed_row` gave of each; what they are found by is in the index already.
        first: the number that `reserve` gave.
    """
    try:
        execute_many(
            db,
            "INSERT INTO person (person_no, member_id, name, phone, birthday, profile, phone_key)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(first + place, *values) for place, values in enumerate(new)],
        )
    except DatabaseError as error:
        if "phone_key" in str(error):
            raise PhoneTakenError from None
        raise


# ---------------------------------------------------------------------------------------------- the index and the key


def index_all(db: SqliteDatabase, *, progress: Callable[[int], None] | None = None) -> None:
    """Make the index anew where it was made by other words than ours, within the caller's transaction."""
    mark = f"{INDEX_VERSION}/{vault_of(db).key_id}"
    if scalar(db, "SELECT value FROM meta WHERE key = 'people_index'") == mark:
        return
    vault = vault_of(db)
    execute(db, "DELETE FROM person_word")
    for found in _slices(db, progress):
        words = [(vault.token(word), each[5]) for each in found for word in _opened(vault, each).words]
        execute_many(db, "INSERT OR IGNORE INTO person_word VALUES (?, ?)", sorted(words))
    execute(db, "INSERT OR REPLACE INTO meta VALUES ('people_index', ?)", mark)


def seal_all(db: SqliteDatabase, old: Vault, new: Vault, *, progress: Callable[[int], None] | None = None) -> int:
    """Seal everybody's data with another key, within the caller's transaction; return how many people it were."""
    count = 0
    # The key that only one may have is another one for everybody; meanwhile two could be alike.
    execute(db, "UPDATE person SET phone_key = ''")
    for found in _slices(db, progress):
        changed = [sealed_row(new, _opened(old, each)) for each in found]
        execute_many(
            db,
            "UPDATE person SET name = ?, phone = ?, birthday = ?, profile = ?, phone_key = ? WHERE member_id = ?",
            [(*values[1:], values[0]) for values in changed],
        )
        count += len(found)
    execute(db, "INSERT OR REPLACE INTO meta VALUES ('people_key', ?)", new.key_id)
    return count


def _slices(db: SqliteDatabase, progress: Callable[[int], None] | None) -> Iterable[list[Row]]:
    last, done = 0, 0
    for _ in range(int(scalar(db, "SELECT count(*) FROM person")) // SLICE + 1):
        found = rows(db, f"{_SELECT} WHERE person_no > ? ORDER BY person_no LIMIT ?", last, SLICE)
        if not found:
            break
        yield found
        last, done = found[-1][5], done + len(found)
        if progress:
            progress(done)


def unlock(store: Store, key: bytes | None, *, progress: Callable[[int], None] | None = None) -> str:
    """Let a store read and write its people with a key, and return what is wrong with it; empty when nothing is."""
    with store.transaction():
        vault, problem = fitting_vault(store.db, key)
        store.db.vault = store.reads.vault = vault
        if not vault.is_locked:
            index_all(store.db, progress=progress)
    return problem


def fitting_vault(db: SqliteDatabase, key: bytes | None) -> tuple[Vault, str]:
    """Return how the people of a store are to be read, and what is wrong with its key; empty when nothing is.

    A store without people takes whatever key there is. One whose people are not sealed yet stays so until somebody asks
    for it, and one that was sealed with another key is locked: it sells, and nobody's data is read or written.
    """
    if scalar(db, "SELECT 1 FROM person LIMIT 1") is None:
        execute(db, "INSERT OR REPLACE INTO meta VALUES ('people_key', ?)", Vault(key).key_id)
    problem = key_problem(db, key)
    if not problem:
        return Vault(key), ""
    return (Vault(is_locked=True) if _key_id(db) else Vault()), problem


def key_problem(db: SqliteDatabase, key: bytes | None) -> str:
    """Return what is wrong between a store's people and a key; empty when nothing is."""
    stands, offered = _key_id(db), Vault(key).key_id
    if stands == offered or scalar(db, "SELECT 1 FROM person LIMIT 1") is None:
        return ""
    if not stands:
        return "members' data is not sealed yet: taptill keys apply"
    return f"members' data is sealed with the key {stands}, which privacy.key_file does not hold"


def _key_id(db: SqliteDatabase) -> str:
    return str(scalar(db, "SELECT value FROM meta WHERE key = 'people_key'") or "")
