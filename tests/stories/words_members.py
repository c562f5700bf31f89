"""Words of stories about members' files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edge import member_desk, member_files
from edge.member_desk import Registered, Slips
from edge.member_files import Unmasked
from edge.screen import Refusal
from edge.store import consents, ledger, members, people
from edge.store.database import rows
from edge.store.timeline import timeline
from rules.ledger import ISSUER, POINTS, STORED_VALUE, STORED_VALUE_GIFT, Transfer, member_account, owed_account

if TYPE_CHECKING:
    from tests.stories.player import Player

UNITS = {"points": POINTS, "money": STORED_VALUE, "gift money": STORED_VALUE_GIFT}


def who(player: Player, name: str) -> str:
    """Return the id of a member by id, phone, code, or a part of the name."""
    db = player.shop.parts.store.reads
    if members.member(db, name):
        return name
    found = members.find_members(db, name, now_ms=player.shop.clock.now_ms(), limit=2)
    merged = members.surviving(db, name)
    assert len(found) == 1 or merged != name, f"{name}: found {len(found)} members"
    return found[0].member_id if found else merged


def register(player: Player, phone: str, name: str, agrees: str, card: str) -> Refusal | None:
    purposes = tuple(agrees.split(" and ")) if agrees else ()
    answer = player.ask(member_desk.register, phone=phone, name=name, purposes=purposes, with_card=bool(card))
    assert isinstance(answer, Registered | Refusal)
    return answer if isinstance(answer, Refusal) else None


def bind(player: Player, name: str) -> Any:
    return player.ask(member_desk.bind_card, member_id=who(player, name))


def ignore(player: Player) -> Any:
    return player.ask(member_desk.ignore_card)


def change(player: Player, name: str, field: str, value: str) -> Refusal | None:
    values = {field: value, "calendar": "lunar"} if field == "lunar birthday" else {field: value}
    if "lunar birthday" in values:
        values["birthday"] = values.pop("lunar birthday")
    answer = player.ask(member_desk.change_file, member_id=who(player, name), values=values)
    return Refusal(next(iter(answer.codes.values()))) if isinstance(answer, Slips) else answer


def note(player: Player, name: str, text: str) -> Any:
    return player.ask(member_desk.add_note, member_id=who(player, name), text=text)


def agree(player: Player, name: str, verb: str, purpose: str) -> Any:
    given = verb == "agrees to"
    return player.ask(member_desk.set_consent, member_id=who(player, name), purpose=purpose, is_given=given)


def merge(player: Player, gone: str, keep: str) -> Any:
    return player.ask(member_files.merge, keep=who(player, keep), gone=who(player, gone))


def erase(player: Player, name: str, gives_up: str) -> Any:
    return player.ask(member_files.erase, member_id=who(player, name), forfeit=bool(gives_up))


def unmask(player: Player, name: str) -> Refusal | None:
    answer = player.ask(member_files.unmask, member_id=who(player, name))
    if isinstance(answer, Unmasked):
        player.shown = f"{answer.name} {answer.phone}"
        return None
    assert isinstance(answer, Refusal)
    return answer


def grant(player: Player, name: str, amount: str, unit: str, days: str) -> None:
    """Give a member something to begin with, as if it had come long ago."""
    shop = player.shop
    now_ms = shop.clock.now_ms()
    expires_ms = now_ms + int(days) * 86_400_000 if days else None
    move = Transfer(UNITS[unit], ISSUER, member_account(who(player, name)), int(amount), "opening", expires_ms)
    day = shop.clock.business_date(now_ms).isoformat()
    db = shop.parts.store.db
    shop.parts.loop.write(lambda: ledger.post(db, [move], sale_id=None, at_ms=now_ms, business_date=day))


def expect_offer(player: Player, card: str) -> None:
    player.equal(player.view.card_offered or "none", card)


def expect_found(player: Player, text: str, names: str) -> None:
    found = player.shop.parts.reads.find_members(text)
    player.equal(" ".join(each.name for each in found) or "nobody", names)


def expect_shown(player: Player, text: str) -> None:
    player.equal(player.shown, text)


def expect_holds(player: Player, name: str, amount: str, unit: str) -> None:
    db, now_ms = player.shop.parts.store.reads, player.shop.clock.now_ms()
    member_id = who(player, name)
    held = ledger.spendable(db, member_account(member_id), UNITS[unit], now_ms=now_ms)
    player.equal(held + ledger.balance(db, owed_account(member_id), UNITS[unit]), int(amount))


def expect_file(player: Player, name: str, field: str, value: str) -> None:
    person = people.person(player.shop.parts.store.reads, who(player, name))
    assert person is not None
    month_day = f"{person.birth[1]:02d}-{person.birth[2]:02d}" if person.birth else ""
    known = {"birthday": month_day, "phone": person.phone, "name": person.name, "region": person.profile.region,
             "notes": str(len(person.profile.notes)), "sex": person.profile.sex}  # fmt: skip
    player.equal(known[field] or "none", value)


def expect_agrees(player: Player, name: str, purposes: str) -> None:
    standing = consents.standing(player.shop.parts.store.reads, who(player, name))
    player.equal(" ".join(sorted(key for key, each in standing.items() if each.is_given)) or "nothing", purposes)


def expect_journal(player: Player, action: str, holds: str, text: str) -> None:
    found = rows(
        player.shop.parts.store.reads, "SELECT subject || detail FROM audit WHERE action = ? ORDER BY audit_no", action
    )
    assert found, f"nothing about {action}"
    assert all((text in each) == (holds == "with") for (each,) in found[-1:]), found


def expect_nowhere(player: Player, text: str) -> None:
    """Look for a text in everything that is told to head office and written into the journal."""
    db = player.shop.parts.store.reads
    told = [bytes(body).decode() for (body,) in rows(db, "SELECT body FROM outbox")]
    written = [f"{subject} {detail}" for subject, detail in rows(db, "SELECT subject, detail FROM audit")]
    player.equal([each for each in (*told, *written) if text in each], [])


def expect_happened(player: Player, name: str, kinds: str) -> None:
    found = timeline(player.shop.parts.store.reads, who(player, name))
    player.equal(" ".join(each.kind for each in found), kinds)


WORDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"register (\S+) named (.+?)(?: who agrees to (.+?))?( with the card)?", register),
    (r"bind the card to (\S+)", bind),
    (r"ignore the card", ignore),
    (r"change (\S+) (name|phone|lunar birthday|birthday|region|sex|tags|referrer) to (.+)", change),
    (r"note for (\S+): (.+)", note),
    (r"(\S+) (agrees to|withdraws) (\w+)", agree),
    (r"merge (\S+) into (\S+)", merge),
    (r"erase (\S+)( who gives it up)?", erase),
    (r"unmask (\S+)", unmask),
    (r"(\S+) had (\d+) (points|money|gift money)(?: for (\d+) days)?", grant),
    (r"expect offer (\S+)", expect_offer),
    (r"expect search (.+) finds (.+)", expect_found),
    (r"expect shown (.+)", expect_shown),
    (r"expect (\S+) holds (-?\d+) (points|money|gift money)", expect_holds),
    (r"expect file of (\S+): (birthday|phone|name|region|notes|sex) (.+)", expect_file),
    (r"expect (\S+) agreed to (.+)", expect_agrees),
    (r"expect journal (\w+) (with|without) (.+)", expect_journal),
    (r"expect nobody is told (.+)", expect_nowhere),
    (r"expect history of (\S+): (.+)", expect_happened),
)
