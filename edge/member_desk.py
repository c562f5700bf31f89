"""What is done with members at a till: registering, changing a file, notes, consent, binding a card.

Each deed is asked of the till, changes the store in one transaction, and says why not where it was not done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from edge import cards as proofs
from edge.cards import Claim
from edge.coupon_issue import issue_for
from edge.desk import Desk
from edge.ids import new_member_id
from edge.points_desk import welcome
from edge.screen import Refusal, Sound, Stage
from edge.store import cards, consents, forgetting, members, people
from edge.store.consents import Consent
from edge.store.people import LINE_MAX, NAME_MAX, NOTE_MAX, NOTES_MAX, Note, Person, PhoneTakenError
from edge.store.vault import vault_of
from edge.till import Till
from rules.card_policy import Proof
from rules.cards import mask_uid
from rules.membership import field_value
from rules.phones import normal_phone

SEXES = ("", "f", "m", "x")
CHANNELS = ("", "phone", "sms", "wechat", "none")
TAGS_MAX = 20
TAG_MAX = 30


@dataclass(frozen=True, slots=True)
class Registered:
    """A new member."""

    member_id: str


@dataclass(frozen=True, slots=True)
class Slips:
    """What is wrong with a form: the code of the reason by the name of its field. Nothing was changed."""

    codes: Mapping[str, str]


def clean(text: str, most: int) -> str | None:
    """Return a text as it is kept: one line, single blanks; None where it is too long or cannot be printed."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most and plain.isprintable() else None


def may_write(desk: Desk) -> Refusal | None:
    """Say why nobody's data may be written at this lane now."""
    if desk.memory.stage is Stage.LOCKED or desk.memory.staff is None:
        return Refusal("locked")
    return Refusal("privacy_locked") if vault_of(desk.shop.store.db).is_locked else None


def tell(
    desk: Desk, action: str, member_id: str, detail: Mapping[str, str | int] | None = None, *, by_staff: bool = True
) -> None:
    """Put a deed into the audit chain and tell head office, without personal data, within the caller's transaction."""
    staff_id = desk.memory.staff.staff_id if desk.memory.staff and by_staff else ""
    forgetting.tell(
        desk.shop.store.db, action, member_id, detail or {}, at_ms=desk.now_ms(), staff_id=staff_id, lane=desk.lane
    )


# ------------------------------------------------------------------------------------------------------- registering


def register(
    till: Till, *, phone: str, name: str, purposes: tuple[str, ...] = (), referrer: str = "", with_card: bool = False
) -> Registered | Refusal:
    """Make a new member and bring them into the basket, where it may be changed.

    Args:
        purposes: what the member agreed to.
        referrer: member code or phone of whoever brought them.
        with_card: bind the card that was offered last.

    A phone number that somebody has already is refused with `phone_taken`, whose `member_id` says whose file it is.
    """
    desk = till.desk
    refusal = may_write(desk)
    if refusal:
        return refusal
    made = enrol(desk, phone=phone, name=name, purposes=purposes, referrer=referrer, place="till")
    if isinstance(made, Refusal):
        return made
    if with_card:
        bind_card(till, member_id=made.member_id)
    bring(till, made.member_id)
    desk.shop.committed()
    return made


def enrol(
    desk: Desk, *, phone: str, name: str, purposes: tuple[str, ...], place: str, referrer: str = ""
) -> Registered | Refusal:
    """Make a new member in a transaction of its own; nothing of the lane changes."""
    db = desk.shop.store.db
    number, called = normal_phone(phone), clean(name, NAME_MAX)
    if number is None:
        return Refusal("phone_wrong")
    if called is None:
        return Refusal("name_wrong", {"max": NAME_MAX})
    taken = people.by_phone(db, number)
    if taken is not None:
        return Refusal("phone_taken", {"name": members.name_of(db, taken), "member_id": taken})
    brought_by = members.member_by_code(db, referrer.strip().upper()) if referrer.strip() else None
    if referrer.strip() and brought_by is None:
        return Refusal("referrer_unknown")
    known = {purpose.id for purpose in desk.shop.rules.membership.purposes}
    member_id = new_member_id()
    with desk.shop.store.transaction():
        members.put_member(
            db, member_id=member_id, code=members.free_code(db), joined_ms=desk.now_ms(), name=called, phone=number,
            referrer_id=brought_by or "",
        )  # fmt: skip
        for purpose in sorted(known):
            _say(desk, member_id, purpose, is_given=purpose in purposes, place=place)
        tell(desk, "member_joined", member_id, {"place": place}, by_staff=place == "till")
        welcome(desk, member_id)
        issue_for(desk.shop, "registration", member_id)
        if brought_by:
            issue_for(desk.shop, "referral", member_id, referrer_id=brought_by)
    return Registered(member_id)


def _say(desk: Desk, member_id: str, purpose: str, *, is_given: bool, place: str) -> None:
    staff_id = desk.memory.staff.staff_id if desk.memory.staff and place == "till" else ""
    said = Consent(purpose, is_given, place, desk.now_ms(), desk.lane, staff_id)
    consents.put(desk.shop.store.db, member_id, said)


def bring(till: Till, member_id: str) -> None:
    """Bring a member into the basket where it may be changed now; while it is being paid it stays as it is."""
    if till.desk.may_sell() is None:
        till.attach_member(member_id)
    else:
        till.desk.show(sound=Sound.TAP)


# ------------------------------------------------------------------------------------------------ a card nobody knows


def ignore_card(till: Till) -> Refusal | None:
    """Take the offer away."""
    till.desk.set(card_offered="")
    till.desk.show()
    return None


def bind_card(till: Till, *, member_id: str, uid: str = "") -> Refusal | None:
    """Give a card to a member, and bring them into the basket.

    Args:
        uid: empty for the card that was offered.
    """
    desk = till.desk
    refusal = may_write(desk)
    if refusal:
        return refusal
    uid, db = uid or desk.memory.card_offered, desk.shop.store.db
    refusal = proofs.unfit(desk, uid)
    if refusal:
        desk.set(card_offered="")
        return desk.refuse(refusal)
    member_id = members.surviving(db, member_id)
    refusal = proofs.may_have_card(desk, member_id)
    if refusal:
        return desk.refuse(refusal)
    with desk.shop.store.transaction():
        cards.put_card(db, uid, member_id, since_ms=desk.now_ms())
        tell(desk, "card_bound", member_id, {"card": mask_uid(uid)})
    desk.set(card_offered="")
    desk.shop.committed()
    if desk.may_sell() is None:
        proofs.bring(desk, Claim(member_id, Proof.IDENTIFIED, card_uid=uid))
    else:
        desk.show(sound=Sound.TAP)
    return None


# ---------------------------------------------------------------------------------------------------------- the file


def change_file(till: Till, *, member_id: str, values: Mapping[str, str]) -> Refusal | Slips | None:
    """Change what is known of a member.

    Args:
        values: by the name of the field: name, phone, sex, birthday (`1990-08-15` or `08-15`), calendar (`lunar`),
            region, occupation, channel, tags, referrer, and `custom.ID`. What is left out stays as it is; an empty name
            or phone stays too, since neither is shown in clear.
    """
    desk = till.desk
    refusal = may_write(desk)
    db = desk.shop.store.db
    file, person = members.member(db, member_id), people.person(db, member_id)
    if refusal or file is None or person is None:
        return refusal or Refusal("member_unknown")
    changed, codes = _read_person(desk, person, values)
    tags, tag_code = _read_tags(values["tags"]) if "tags" in values else (file.tags, "")
    referrer_id = members.referrer_of(db, member_id)
    if values.get("referrer", "").strip():
        found = members.member_by_code(db, values["referrer"].strip().upper())
        referrer_id = found or ""
        if found is None or found == member_id:
            codes["referrer"] = "referrer_unknown"
    if tag_code:
        codes["tags"] = tag_code
    if codes:
        return Slips(codes)
    try:
        with desk.shop.store.transaction():
            people.put_person(db, changed)
            members.set_tags(db, member_id, tags)
            members.set_referrer(db, member_id, referrer_id)
            desk.note("member_changed", member_id, {"fields": _differing(person, changed)})
    except PhoneTakenError:
        return Slips({"phone": "phone_taken_other"})
    desk.show()
    return None


def _read_person(desk: Desk, person: Person, values: Mapping[str, str]) -> tuple[Person, dict[str, str]]:
    """Return the person with the values, and what is wrong with them by field."""
    codes: dict[str, str] = {}

    def read(key: str, before: str, take: Callable[[str], str | None], code: str) -> str:
        if key not in values:
            return before
        taken = take(values[key])
        if taken is None:
            codes[key] = code
        return taken or ""

    name = read("name", person.name, lambda text: clean(text, NAME_MAX), "name_wrong") or person.name
    phone = read("phone", person.phone, lambda text: normal_phone(text) if text.strip() else "", "phone_wrong")
    birth, is_lunar = person.birth, person.is_birth_lunar
    if "birthday" in values:
        is_lunar = values.get("calendar") == "lunar"
        taken = read_birth(values["birthday"], is_lunar=is_lunar)
        if taken is None:
            codes["birthday"] = "birthday_wrong"
        birth = taken or None
    profile = person.profile
    custom = dict(profile.custom)
    for field in desk.shop.rules.membership.fields:
        before = custom.get(field.id, "")
        custom[field.id] = read(f"custom.{field.id}", before, partial(field_value, field), "value_wrong")
    profile = msgspec.structs.replace(
        profile,
        sex=read("sex", profile.sex, lambda text: text if text in SEXES else None, "value_wrong"),
        channel=read("channel", profile.channel, lambda text: text if text in CHANNELS else None, "value_wrong"),
        region=read("region", profile.region, lambda text: clean(text, LINE_MAX), "value_wrong"),
        occupation=read("occupation", profile.occupation, lambda text: clean(text, LINE_MAX), "value_wrong"),
        custom={key: value for key, value in custom.items() if value},
    )
    changed = replace(
        person, name=name, phone=phone or person.phone, birth=birth, is_birth_lunar=is_lunar, profile=profile
    )
    return changed, codes


def read_birth(text: str, *, is_lunar: bool) -> tuple[int | None, int, int] | tuple[()] | None:
    """Return (year or None, month, day) of a birthday as it is written; () for an empty text, None for a wrong one.

    >>> read_birth("1990-8-15", is_lunar=False), read_birth("2/29", is_lunar=False), read_birth("2-30", is_lunar=True)
    ((1990, 8, 15), (None, 2, 29), (None, 2, 30))
    >>> read_birth("1990-02-30", is_lunar=False), read_birth("", is_lunar=False), read_birth("soon", is_lunar=False)
    (None, (), None)
    """
    plain = text.strip().replace("/", "-").replace(".", "-").replace("年", "-").replace("月", "-").removesuffix("日")
    if not plain:
        return ()
    parts = plain.split("-")
    if len(parts) not in (2, 3) or not all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in parts):
        return None
    *years, month, day = (int(part) for part in parts)
    year = years[0] if years else None
    longest = 30 if is_lunar else (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1] if 1 <= month <= 12 else 0
    if not (1 <= month <= 12 and 1 <= day <= longest and (year is None or 1900 <= year <= 2099)):
        return None
    is_leap = year is None or (year % 4 == 0 and year != 1900)
    return None if not is_lunar and (month, day) == (2, 29) and not is_leap else (year, month, day)


def _read_tags(text: str) -> tuple[frozenset[str], str]:
    tags = frozenset(text.replace(",", " ").replace("，", " ").replace("、", " ").split())
    is_fine = len(tags) <= TAGS_MAX and all(len(tag) <= TAG_MAX and tag.isprintable() for tag in tags)
    return tags, "" if is_fine else "tags_wrong"


def _differing(before: Person, after: Person) -> str:
    """Return the names of the fields that changed, never what is in them."""
    names = [
        name for name in ("name", "phone", "birth", "is_birth_lunar") if getattr(before, name) != getattr(after, name)
    ]
    old, new = msgspec.structs.asdict(before.profile), msgspec.structs.asdict(after.profile)
    return " ".join([*names, *(key for key in new if old[key] != new[key])])


def add_note(till: Till, *, member_id: str, text: str) -> Refusal | None:
    """Add a note to a member's file, with who wrote it and when."""
    desk = till.desk
    refusal = may_write(desk)
    db = desk.shop.store.db
    person, plain = people.person(db, member_id), clean(text, NOTE_MAX)
    if refusal or person is None:
        return refusal or Refusal("member_unknown")
    if not plain:
        return Refusal("note_wrong", {"max": NOTE_MAX})
    assert desk.memory.staff is not None
    notes = (*person.profile.notes, Note(desk.now_ms(), desk.memory.staff.staff_id, plain))[-NOTES_MAX:]
    with desk.shop.store.transaction():
        people.put_person(db, replace(person, profile=msgspec.structs.replace(person.profile, notes=notes)))
        desk.note("member_noted", member_id)
    desk.show()
    return None


def set_consent(till: Till, *, member_id: str, purpose: str, is_given: bool) -> Refusal | None:
    """Keep that a member agreed to something, or no longer does."""
    desk = till.desk
    refusal = may_write(desk)
    if refusal:
        return refusal
    if members.member(desk.shop.store.db, member_id) is None:
        return Refusal("member_unknown")
    if purpose not in {each.id for each in desk.shop.rules.membership.purposes}:
        return Refusal("purpose_unknown")
    with desk.shop.store.transaction():
        _say(desk, member_id, purpose, is_given=is_given, place="till")
        tell(desk, "member_consent", member_id, {"purpose": purpose, "given": int(is_given)})
    desk.shop.committed()
    desk.show()
    return None
