"""Bringing in members, their cards and what they hold from a table: planned row by row, written all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from functools import partial

import msgspec

from edge.ids import new_member_id
from edge.import_plans import (
    Column,
    Plan,
    Row,
    Slip,
    as_birth,
    as_day,
    as_flag,
    as_phone,
    as_text,
    find_columns,
    shown,
)
from edge.import_sheets import Value
from edge.member_desk import TAG_MAX, TAGS_MAX
from edge.shop import Shop
from edge.store import cards, members, people
from edge.store.database import Database, scalar
from edge.store.database import rows as rows_of
from edge.store.people import LINE_MAX, NAME_MAX, NOTE_MAX, Note, Person, sealed_row
from edge.store.vault import Vault, vault_of
from rules.ledger import ISSUER, POINTS, STORED_VALUE, STORED_VALUE_GIFT, Transfer, member_account
from rules.membership import VALUE_MAX, CustomField, field_value

CODE_MAX = 32
CODE_TRIES = 100
PROGRESS_EVERY = 500
OPENING = "opening"
COLUMNS = (
    Column("phone", ("手机", "手机号", "手机号码", "手機", "手機號碼", "电话", "電話", "mobile")),
    Column("name", ("姓名", "会员姓名", "會員姓名", "名字", "full name")),
    Column("code", ("会员码", "会员号", "会员编号", "會員碼", "會員編號", "member code")),
    Column("card", ("卡号", "卡號", "会员卡", "會員卡", "uid", "card number")),
    Column("tier", ("等级", "等級", "会员等级", "會員等級", "level")),
    Column("birthday", ("生日", "出生日期")),
    Column("lunar", ("农历", "農曆", "阴历", "陰曆")),
    Column("sex", ("性别", "性別", "gender")),
    Column("region", ("地区", "地區", "区域", "區域")),
    Column("occupation", ("职业", "職業")),
    Column("tags", ("标签", "標籤")),
    Column("note", ("备注", "備註", "notes")),
    Column("joined", ("入会日期", "入會日期", "注册日期", "註冊日期", "joined on")),
    Column("points", ("积分", "積分")),
    Column("money", ("储值", "儲值", "储值余额", "儲值餘額", "余额", "餘額", "本金", "stored value", "balance")),
    Column("gift", ("赠送金", "贈送金", "赠金", "贈金", "gift money")),
    Column("points_until", ("积分到期", "積分到期", "points expire")),
)
SEXES = {"女": "f", "f": "f", "female": "f", "男": "m", "m": "m", "male": "m", "其他": "x", "x": "x", "other": "x"}


@dataclass(slots=True)
class MemberWork:
    """What is to be written, made ready: sealed rows, tokens and transfers."""

    members: list[tuple[object, ...]] = field(default_factory=list)
    """member_id, code, tier_id, joined_ms, tags."""
    people: list[tuple[tuple[str, ...], tuple[int, ...]]] = field(default_factory=list)
    changed: list[tuple[Person, str | None, frozenset[str] | None]] = field(default_factory=list)
    """Person, tier and tags of members that are here already; None leaves them."""
    cards: list[tuple[str, str]] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)


class _Reading:
    """A table while it is read."""

    def __init__(self, shop: Shop, plan: Plan, *, may_make: bool) -> None:
        self.db: Database = shop.store.db
        self.shop = shop
        self.vault: Vault = vault_of(self.db)
        self.plan = plan
        self.may_make = may_make
        self.work = MemberWork()
        self.phones: dict[str, int] = {}
        self.codes: dict[str, int] = {}
        self.cards: dict[str, int] = {}
        self.tiers = {key: tier.id for tier in shop.rules.tiers for key in _tier_names(tier)}
        self.custom = shop.rules.membership.fields
        self.badges = {uid for (uid,) in rows_of(self.db, "SELECT badge_uid FROM staff WHERE badge_uid IS NOT NULL")}
        self.now_ms = shop.clock.now_ms()


def plan_members(
    shop: Shop, rows: Iterable[tuple[int, list[Value]]], *, kind: str, progress: Callable[[int], None]
) -> Plan:
    """Return what bringing in a table would do; nothing is written.

    Args:
        rows: the header, then the rows, with their numbers.
        kind: `members`; or `cards` and `balances`, which make nobody new.
        progress: called with how many rows were read.
    """
    source = iter(rows)
    plan = Plan(kind)
    header = next(source, (0, []))[1]
    plan.header = tuple(shown(cell) for cell in header)
    reading = _Reading(shop, plan, may_make=kind == "members")
    columns = (*COLUMNS, *(Column(f"custom.{each.id}", (each.names.zh_hans, each.names.zh_hant, each.names.en))
                           for each in reading.custom))  # fmt: skip
    places, plan.unknown = find_columns(header, columns)
    needed = {"members": ("phone",), "cards": ("card",), "balances": ()}[kind]
    missing = [key for key in needed if key not in places] or (
        ["phone"] if not {"phone", "code"} & set(places) else []
    )  # fmt: skip
    if missing:
        plan.bad.append((1, header, [Slip("", "column_missing", missing[0])]))
        return plan
    for number, cells in source:
        plan.total += 1
        line = Row(cells, places, plan.header)
        _take(reading, line, number)
        if line.slips:
            plan.bad.append((number, cells, line.slips))
        if plan.total % PROGRESS_EVERY == 0:
            progress(plan.total)
    progress(plan.total)
    plan.work = reading.work
    return plan


def _tier_names(tier: object) -> tuple[str, ...]:
    names = tier.names  # type: ignore[attr-defined]
    return tuple(each.casefold() for each in (tier.id, names.zh_hans, names.zh_hant, names.en) if each)  # type: ignore[attr-defined]


def _take(reading: _Reading, line: Row, number: int) -> None:
    """Read one row, and add what it brings to the work."""
    phone = line.take("phone", as_phone, "phone_wrong", "")
    code = line.text("code", CODE_MAX).upper()
    for key, value, seen in (("phone", phone, reading.phones), ("code", code, reading.codes)):
        if value and seen.setdefault(value, number) != number and reading.plan.kind == "members":
            line.wrong(key, "twice_in_file")
    by_phone = people.by_phone(reading.db, phone) if phone else None
    by_code = members.member_by_code(reading.db, code) if code else None
    if by_phone and by_code and by_phone != by_code:
        line.wrong("code", "code_of_another")
    member_id = by_phone or by_code
    if member_id is None and reading.may_make:
        if not phone and not any(slip.code in ("phone_wrong", "formula") for slip in line.slips):
            line.wrong("phone", "missing")
        _new(reading, line, phone, code)
        return
    if member_id is None:
        line.wrong("phone" if line.has("phone") else "code", "member_unknown")
        return
    _known(reading, line, member_id)


def _new(reading: _Reading, line: Row, phone: str, code: str) -> None:
    member_id = new_member_id()
    person = _person(reading, line, Person(member_id, phone=phone))
    tier_id, tags = _tier(reading, line) or "", _tags(line) or frozenset()
    joined_ms = _joined(reading, line)
    moves = _balances(reading, line, member_id, is_new=True)
    card = _card(reading, line, member_id)
    if line.slips:
        return
    code = code or _free_code(reading)
    reading.work.members.append((member_id, code, tier_id, joined_ms, " ".join(sorted(tags))))
    tokens = tuple(reading.vault.token(word) for word in person.words)
    reading.work.people.append((sealed_row(reading.vault, person), tokens))
    reading.work.transfers += moves
    reading.work.cards += card
    reading.plan.new += 1


def _free_code(reading: _Reading) -> str:
    """Return a member code that nobody has, neither here nor in the table."""
    for _ in range(CODE_TRIES):
        code = members.free_code(reading.db)
        if reading.codes.setdefault(code, 0) == 0:
            reading.codes[code] = -1
            return code
    raise AssertionError("a thousand million codes cannot all be taken")


def _known(reading: _Reading, line: Row, member_id: str) -> None:
    before = people.person(reading.db, member_id)
    file = members.member(reading.db, member_id)
    if before is None or file is None:
        line.wrong("phone", "member_unknown")
        return
    person = _person(reading, line, before)
    tier_id, tags = _tier(reading, line), _tags(line)
    moves = _balances(reading, line, member_id)
    card = _card(reading, line, member_id)
    if line.slips:
        return
    is_other = person != before or (tier_id not in (None, file.tier_id)) or (tags is not None and tags != file.tags)
    if is_other:
        reading.work.changed.append((person, tier_id, None if tags is None else frozenset(tags | file.tags)))
    reading.work.transfers += moves
    reading.work.cards += card
    if is_other or moves or card:
        reading.plan.changed += 1
    else:
        reading.plan.same += 1


def _person(reading: _Reading, line: Row, person: Person) -> Person:
    """Return the person with what the row says; an empty cell says nothing."""
    profile = person.profile
    is_lunar = bool(line.take("lunar", as_flag, "flag_wrong", default=person.is_birth_lunar))
    birth = line.take("birthday", lambda value: as_birth(value, is_lunar=is_lunar), "birthday_wrong", person.birth)
    sex = line.take("sex", lambda value: SEXES.get(str(value).strip().casefold()), "sex_wrong", profile.sex)
    custom = dict(profile.custom)
    for each in reading.custom:
        key = f"custom.{each.id}"
        if line.has(key):
            custom[each.id] = line.take(key, partial(_custom, each), "value_wrong", "")
    note = line.text("note", NOTE_MAX)
    notes = profile.notes
    if note and note not in {each.text for each in notes}:
        notes = (*notes, Note(reading.now_ms, "", note))
    return replace(
        person,
        name=line.text("name", NAME_MAX, default=person.name), birth=birth, is_birth_lunar=is_lunar and bool(birth),
        profile=msgspec.structs.replace(
            profile, sex=sex, region=line.text("region", LINE_MAX, default=profile.region),
            occupation=line.text("occupation", LINE_MAX, default=profile.occupation), custom=custom, notes=notes,
        ),
    )  # fmt: skip


def _custom(of: CustomField, value: Value) -> str | None:
    text = value.date().isoformat() if isinstance(value, datetime) else as_text(value, VALUE_MAX)
    return field_value(of, text) if text is not None else None


def _tier(reading: _Reading, line: Row) -> str | None:
    found = line.take("tier", lambda value: reading.tiers.get(str(value).strip().casefold()), "tier_unknown", None)
    return None if found is None else str(found)


def _tags(line: Row) -> frozenset[str] | None:
    if not line.has("tags"):
        return None
    tags = frozenset(line.text("tags", TAGS_MAX * (TAG_MAX + 1)).replace(",", " ").replace("，", " ").split())
    if len(tags) > TAGS_MAX or any(len(tag) > TAG_MAX for tag in tags):
        line.wrong("tags", "text_wrong")
    return tags


def _joined(reading: _Reading, line: Row) -> int:
    day = line.take("joined", as_day, "day_wrong", None)
    at_ms = reading.shop.clock.at_ms(datetime.combine(day, time())) if day else reading.now_ms
    if at_ms > reading.now_ms:
        line.wrong("joined", "day_wrong")
    return int(at_ms)


def _balances(reading: _Reading, line: Row, member_id: str, *, is_new: bool = False) -> list[Transfer]:
    """Return what the member held before, each kind once: a table that is brought in again brings no money again."""
    until = line.take("points_until", as_day, "day_wrong", None)
    expires_ms = reading.shop.clock.at_ms(datetime.combine(until, time(23, 59, 59))) + 1_000 if until else None
    account = member_account(member_id)
    moves = []
    for key, unit, amount, until_ms in (
        ("points", POINTS, line.count("points"), expires_ms),
        ("money", STORED_VALUE, line.amount("money"), None),
        ("gift", STORED_VALUE_GIFT, line.amount("gift"), None),
    ):
        if not amount:
            continue
        before = None if is_new else scalar(
            reading.db, "SELECT sum(amount) FROM transfer WHERE to_account = ? AND to_account >= 'member/'"
            " AND to_account < 'member0' AND unit = ? AND reason = ?",
            account, unit, OPENING,
        )  # fmt: skip
        if before is not None:
            if before != amount:
                line.wrong(key, "has_opening")
            continue
        moves.append(Transfer(unit, ISSUER, account, amount, OPENING, until_ms))
    return moves


def _card(reading: _Reading, line: Row, member_id: str) -> list[tuple[str, str]]:
    uid = line.text("card", CODE_MAX).replace(":", "").replace("-", "").replace(" ", "").lower()
    if not uid:
        return []
    if len(uid) < 8 or len(uid) % 2 or any(c not in "0123456789abcdef" for c in uid):
        line.wrong("card", "card_wrong")
        return []
    if uid in reading.cards:
        line.wrong("card", "twice_in_file")
        return []
    reading.cards[uid] = 1
    known = cards.card(reading.db, uid)
    if known is not None and known.member_id != member_id:
        line.wrong("card", "card_of_another")
    if uid in reading.badges:
        line.wrong("card", "card_of_staff")
    return [] if known is not None else [(uid, member_id)]
