"""What managers do with whole files of members: merging two, erasing one, showing it in clear, giving it out.

Each deed is asked of the till, changes the store in one transaction, and leaves a link in the audit chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from edge.desk import Desk
from edge.ids import new_id
from edge.member_desk import may_write, tell
from edge.permissions import Permission, refuses
from edge.screen import Refusal
from edge.store import consents, entries, ledger, members, people
from edge.store.credit import credit_of
from edge.store.database import rows
from edge.store.entries import Entry
from edge.store.forgetting import forget
from edge.store.member_merging import merge_rows, merge_transfers
from edge.store.people import Person
from edge.till import Till
from rules.ledger import STORED_VALUE, member_account

EXPORT_ROWS_MAX = 20_000
"""Sales and entries of one member that are given out."""


@dataclass(frozen=True, slots=True)
class Unmasked:
    """Name and phone of a member in clear, for whoever may see them."""

    name: str
    phone: str


def merge(till: Till, *, keep: str, gone: str) -> Refusal | None:
    """Make one file of two: everything of `gone` comes to `keep`, and its id means `keep` for ever."""
    desk = till.desk
    db = desk.shop.store.db
    refusal = refuses(desk, Permission.MERGE_MEMBERS) or may_write(desk)
    if refusal:
        return refusal
    keep, gone = members.surviving(db, keep), members.surviving(db, gone)
    if keep == gone:
        return Refusal("merge_same")
    files = [members.member(db, each) for each in (keep, gone)]
    if any(file is None for file in files):
        return Refusal("member_unknown")
    now_ms, staff_id = desk.now_ms(), _who(desk)
    entry = Entry(
        entry_id=new_id(desk.shop.clock), kind="merge", at_ms=now_ms,
        business_date=desk.shop.clock.business_date(now_ms).isoformat(),
        transfers=merge_transfers(db, keep=keep, gone=gone), member_id=keep, lane=desk.lane, staff_id=staff_id,
        detail={"gone": gone},
    )  # fmt: skip
    with desk.shop.store.transaction():
        entries.record(db, entry)
        tier_id = _higher_tier(desk, *(file.tier_id for file in files if file is not None))
        merge_rows(db, keep=keep, gone=gone, at_ms=now_ms, staff_id=staff_id)
        members.set_tier(db, keep, tier_id)
        tell(desk, "member_merged", keep, {"gone": gone})
    desk.shop.committed()
    desk.show()
    return None


def erase(till: Till, *, member_id: str, forfeit: bool = False) -> Refusal | None:
    """Forget who a member is: the person goes, what was sold and moved stays under an id that says nothing.

    Args:
        forfeit: the member gives up the money that they have paid in; without it such a file is not erased.
    """
    desk = till.desk
    refusal = refuses(desk, Permission.ERASE_MEMBER) or may_write(desk)
    if refusal:
        return refusal
    db = desk.shop.store.db
    member_id = members.surviving(db, member_id)
    if members.member(db, member_id) is None:
        return Refusal(members.why_unknown(db, member_id))
    money = ledger.balance(db, member_account(member_id), STORED_VALUE)
    if money and not forfeit:
        return Refusal("member_has_money", {"amount_minor": money})
    owed = credit_of(db, member_id).owed
    if owed > 0:
        return Refusal("member_owes", {"amount_minor": owed})
    with desk.shop.store.transaction():
        forget(db, member_id, at_ms=desk.now_ms(), place="erase")
        tell(desk, "member_erased", member_id, {"forfeited": money})
    desk.shop.committed()
    desk.show()
    return None


def unmask(till: Till, *, member_id: str) -> Unmasked | Refusal:
    """Return name and phone in clear; who looked stands in the audit chain."""
    desk = till.desk
    refusal = refuses(desk, Permission.UNMASK)
    if refusal:
        return refusal
    file = members.member(desk.shop.store.db, members.surviving(desk.shop.store.db, member_id))
    if file is None:
        return Refusal("member_unknown")
    with desk.shop.store.transaction():
        desk.note("member_unmasked", file.member_id)
    return Unmasked(file.name, file.phone)


def export_member(till: Till, *, member_id: str) -> bytes | Refusal:
    """Return all that the store holds of a member, as JSON, to be given to them."""
    desk = till.desk
    refusal = refuses(desk, Permission.EXPORT_MEMBERS)
    if refusal:
        return refusal
    db = desk.shop.store.db
    member_id = members.surviving(db, member_id)
    file, person = members.member(db, member_id), people.person(db, member_id)
    if file is None or person is None:
        return Refusal("member_unknown")
    with desk.shop.store.transaction():
        desk.note("member_exported", member_id)
    return msgspec.json.format(msgspec.json.encode(_told(db, file.code, file.joined_ms, file.tags, person)), indent=2)


def _told(db: Any, code: str, joined_ms: int, tags: frozenset[str], person: Person) -> dict[str, Any]:
    ids = msgspec.json.encode(members.ids_of(db, person.member_id)).decode()
    account = member_account(person.member_id)
    sales = rows(
        db,
        "SELECT receipt_number, sold_at_ms, total, points, sale_no FROM sale"
        " WHERE member_id IN (SELECT value FROM json_each(?)) ORDER BY sale_no DESC LIMIT ?",
        ids,
        EXPORT_ROWS_MAX,
    )
    return {
        "member_id": person.member_id, "code": code, "joined_ms": joined_ms, "tags": sorted(tags),
        "name": person.name, "phone": person.phone, "birthday": person.birth,
        "birthday_is_lunar": person.is_birth_lunar,
        "profile": person.profile, "consent": consents.history(db, person.member_id),
        "cards": rows(db, "SELECT uid, status, since_ms FROM card WHERE member_id = ?", person.member_id),
        "balances": rows(db, "SELECT unit, amount FROM balance WHERE account = ?", account),
        "lots": rows(
            db, "SELECT unit, granted, remaining, expires_ms FROM lot WHERE account = ? AND remaining > 0", account
        ),
        "sales": [
            {
                "receipt": receipt, "sold_at_ms": at_ms, "total": total, "points": points,
                "lines": rows(
                    db, "SELECT sku, name_zh_hans, quantity, weight_g, net FROM sale_line WHERE sale_no = ?", sale_no
                ),
            }
            for receipt, at_ms, total, points, sale_no in sales
        ],
        "entries": rows(
            db,
            "SELECT e.kind, e.at_ms, t.unit, t.amount, t.from_account = ? FROM entry e"
            " JOIN transfer t ON t.entry_no = e.entry_no WHERE e.member_id IN (SELECT value FROM json_each(?))"
            " ORDER BY e.entry_no DESC LIMIT ?",
            account, ids, EXPORT_ROWS_MAX,
        ),
    }  # fmt: skip


def _who(desk: Desk) -> str:
    return desk.memory.staff.staff_id if desk.memory.staff else ""


def _higher_tier(desk: Desk, first: str, second: str) -> str:
    # Tiers that are reached otherwise than by spend keep the order in which the rules name them.
    order = {tier.id: (tier.spend_from or 0, at) for at, tier in enumerate(desk.shop.rules.tiers)}
    return max(first, second, key=lambda tier_id: order.get(tier_id, (-1, -1)))
