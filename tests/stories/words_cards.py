"""Words of stories about cards, e-cards and what members prove."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from drivers.fake_card import FakeSunCard
from edge import card_deeds
from edge.screen import Refusal
from edge.store import cards
from edge.store.members import member
from rules.sun import FILE_KEY, META_KEY, CardKeys, card_key
from rules.totp import code_of, ecard_text, step_at
from tests.shops import CARD_KEY, CARDS
from tests.stories.words_members import who

if TYPE_CHECKING:
    from tests.stories.player import Player


def sun_card(player: Player, card: str) -> FakeSunCard:
    """Return the card as it lies in the member's purse: its counter goes on through a story."""
    if card not in player.purse:
        keys = CardKeys(card_key(CARD_KEY, CARDS[card], META_KEY), card_key(CARD_KEY, CARDS[card], FILE_KEY))
        player.purse[card] = FakeSunCard(CARDS[card], keys)
    return player.purse[card]


def tap_with_proof(player: Player, card: str) -> Refusal | None:
    return player.type_card(sun_card(player, card).tap())


def tap_copy(player: Player, card: str) -> Refusal | None:
    return player.type_card(sun_card(player, card).copied())


def tap_forged(player: Player, card: str) -> Refusal | None:
    return player.type_card(sun_card(player, card).forged())


def tap_both(player: Player, one: str, other: str) -> Refusal | None:
    return player.type_card(f"{CARDS[one]}&{CARDS[other]}")


def scan_tap(player: Player, card: str) -> Refusal | None:
    """The member held the card to their own phone, which shows its address as a QR code."""
    return player.scan(sun_card(player, card).tap().partition("\t")[2])


def choose(player: Player, card: str) -> Any:
    return player.ask(card_deeds.choose_card, uid=CARDS[card])


def choose_none(player: Player) -> Any:
    return player.ask(card_deeds.forget_cards)


def block(player: Player, card: str, reason: str) -> Any:
    return player.ask(card_deeds.block_card, uid=CARDS[card], reason=reason)


def unblock(player: Player, card: str) -> Any:
    return player.ask(card_deeds.unblock_card, uid=CARDS[card])


def replace(player: Player, old: str) -> Any:
    return player.ask(card_deeds.replace_card, old_uid=CARDS[old])


def make_badge(player: Player, staff_id: str) -> Any:
    return player.ask(card_deeds.bind_badge, staff_id=staff_id)


def get_ecard(player: Player, name: str) -> Refusal | None:
    answer = player.ask(card_deeds.issue_ecard, member_id=who(player, name))
    if isinstance(answer, Refusal):
        return answer
    player.phones[name] = answer
    return None


def shown_code(player: Player, name: str) -> str:
    """Return what a phone shows; its own clock is right, whatever the till's says."""
    db, member_id = player.shop.parts.store.reads, who(player, name)
    step = step_at(player.phone_ms or player.shop.clock.now_ms())
    file = member(db, member_id)
    assert file is not None
    return ecard_text(file.code, step, code_of(player.phones[name], step))


def scan_code(player: Player, name: str, how: str) -> Refusal | None:
    if how != " again":
        player.shown = shown_code(player, name)
    return player.scan(player.shown)


def scan_wrong(player: Player, name: str) -> Refusal | None:
    code, step, digits = shown_code(player, name).split(":")
    return player.scan(f"{code}:{step}:{(int(digits) + 1) % 1_000_000:06d}")


def type_code(player: Player, name: str) -> Any:
    return player.ask(card_deeds.prove_code, digits=shown_code(player, name).rpartition(":")[2])


def get_pin(player: Player, name: str, pin: str) -> Any:
    return player.ask(card_deeds.set_member_pin, member_id=who(player, name), pin=pin)


def type_pin(player: Player, pin: str) -> Any:
    return player.ask(card_deeds.prove_pin, pin=pin)


def say_digits(player: Player, digits: str) -> Any:
    return player.ask(card_deeds.prove_last_four, digits=digits)


def vouch(player: Player) -> Any:
    return player.ask(card_deeds.approve_proof)


def phones_keep_their_time(player: Player) -> None:
    player.phone_ms = player.shop.clock.now_ms()


def expect_proof(player: Player, level: str) -> None:
    player.equal(player.view.proof or "none", level)


def expect_accepts(player: Player, ways: str) -> None:
    found, player.refusal = player.refusal, None
    player.equal(found.params.get("accepts") if found else "nothing refused", ways)


def expect_card(player: Player, card: str, state: str) -> None:
    found = cards.card(player.shop.parts.store.reads, CARDS[card])
    if found is None:
        player.equal("unknown", state)
        return
    player.equal(found.reason or ("blocked" if found.is_blocked else f"of {found.member_id}"), state)


WORDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"tap (\S+) with proof", tap_with_proof),
    (r"tap a copy of (\S+)", tap_copy),
    (r"tap a forged (\S+)", tap_forged),
    (r"tap (\S+) and (\S+)", tap_both),
    (r"the phone reads (\S+)", scan_tap),
    (r"choose (card-\S+|badge-\S+)", choose),
    (r"choose no card", choose_none),
    (r"block (card-\S+) as (\w+)", block),
    (r"unblock (card-\S+)", unblock),
    (r"the card replaces (card-\S+)", replace),
    (r"the card becomes the badge of (\w+)", make_badge),
    (r"give (\w+) an e-card", get_ecard),
    (r"show the code of (\w+)( again)?", scan_code),
    (r"show a wrong code of (\w+)", scan_wrong),
    (r"type the code of (\w+)", type_code),
    (r"give (\w+) the PIN (\d+)", get_pin),
    (r"the member types (\d+)", type_pin),
    (r"the member says (\d+)", say_digits),
    (r"vouch for the member", vouch),
    (r"phones keep their time", phones_keep_their_time),
    (r"expect proof (\w+)", expect_proof),
    (r"expect refused proof_needed but takes (.+)", expect_accepts),
    (r"expect card (\S+) (lost|stolen|damaged|other|replaced|blocked|unknown|of \w+)", expect_card),
)
