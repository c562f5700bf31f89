"""What the pages about cards read. No writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.member_room import MemberRoom
from edge.store import cards, members, staff
from rules.cards import mask_uid


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card as a member's file shows it."""

    uid: str
    shown: str
    """The UID, masked."""
    is_blocked: bool
    since_ms: int
    reason: str
    proves_itself: bool
    replaced_by: str
    """Masked; empty where nothing took its place."""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One of several cards that lay on the reader at once."""

    uid: str
    shown: str
    name: str
    """Whose it is: a member's name masked, a colleague's in clear, empty for nobody's."""
    is_badge: bool


def card_rows(room: MemberRoom, member_id: str) -> Sequence[CardRow]:
    """Return a member's cards, good ones first."""
    return [
        CardRow(
            uid=card.uid, shown=mask_uid(card.uid), is_blocked=card.is_blocked, since_ms=card.since_ms,
            reason=card.reason, proves_itself=card.counter >= 0,
            replaced_by=mask_uid(card.replaced_by) if card.replaced_by else "",
        )
        for card in cards.cards_of(room.db, member_id)
    ]  # fmt: skip


def held_rows(room: MemberRoom, uids: Sequence[str]) -> Sequence[HeldRow]:
    """Return whose the cards are that lay on the reader."""
    found = []
    for uid in uids:
        person, card = staff.by_badge(room.db, uid), cards.card(room.db, uid)
        name = person.name if person else members.name_of(room.db, card.member_id) if card else ""
        found.append(HeldRow(uid, mask_uid(uid), name, is_badge=person is not None))
    return found


def ways(room: MemberRoom, member_id: str) -> dict[str, bool]:
    """Return what a member can prove themselves with beside cards."""
    return {
        "pin": cards.has_pin(room.db, member_id),
        "ecard": cards.ecard(room.db, member_id) is not None,
        "key": room.shop.card_key is not None,
    }
