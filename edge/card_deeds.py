"""What people do with cards at a lane: bind, block, replace, prove. Asked of the lane's till, on the writer thread.

Each changes the store in one transaction, and answers None when it did what was asked, or the reason why not.
"""

from __future__ import annotations

from typing import Final

from edge import cards as proofs
from edge.card_keys import ecard_secret
from edge.cards import REPLACED, Claim
from edge.desk import Desk
from edge.member_desk import tell
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound, Stage
from edge.store import cards, members, staff
from edge.till import Till
from rules.card_policy import Proof
from rules.cards import mask_uid
from rules.totp import CODE_DIGITS

REASONS: Final = ("lost", "stolen", "damaged", "other")
"""Why a card is blocked; `replaced` comes by itself."""


# --- whose card it is ------------------------------------------------------------------------------------------------


def choose_card(till: Till, uid: str) -> Refusal | None:
    """Take one of several cards that lay on the reader at once."""
    desk = till.desk
    if uid not in proofs.held(desk):
        return desk.refuse(Refusal("card_none_held"))
    proofs.hold(desk, ())
    return till.tap(uid)


def forget_cards(till: Till) -> Refusal | None:
    """Choose none of several cards that lay on the reader at once; the sale goes on."""
    desk = till.desk
    proofs.hold(desk, ())
    desk.show()
    return None


def replace_card(till: Till, old_uid: str, uid: str = "") -> Refusal | None:
    """Give a member another card in the place of one; all that they have stays, and the old one is good no more.

    Args:
        uid: of the new card; empty for the one that was held to the reader last and that nobody has.
    """
    desk, uid = till.desk, uid or till.desk.memory.card_offered
    old = cards.card(desk.shop.store.db, old_uid)
    refusal = refuses(desk, Permission.BLOCK_CARD)
    if refusal is None and (old is None or old.reason == REPLACED):
        refusal = Refusal("card_gone")
    if refusal or old is None:
        return desk.refuse(refusal or Refusal("card_gone"))
    refusal = proofs.unfit(desk, uid) or proofs.may_have_card(desk, old.member_id)
    if refusal:
        return desk.refuse(refusal)
    db, at_ms = desk.shop.store.db, desk.now_ms()
    with desk.shop.store.transaction():
        cards.put_card(db, uid, old.member_id, since_ms=at_ms)
        cards.block(db, old.uid, reason=REPLACED, at_ms=at_ms, replaced_by=uid)
        tell(desk, "card_replaced", old.member_id, {"card": mask_uid(old.uid), "by": mask_uid(uid)})
    return _done(desk, card_offered="")


def block_card(till: Till, uid: str, reason: str) -> Refusal | None:
    """Let a card bring up nobody any more, from now on.

    Args:
        reason: one of `REASONS`.
    """
    desk = till.desk
    card = cards.card(desk.shop.store.db, uid)
    refusal = refuses(desk, Permission.BLOCK_CARD)
    if refusal is None and (card is None or card.is_blocked or reason not in REASONS):
        refusal = Refusal("card_gone")
    if refusal or card is None:
        return desk.refuse(refusal or Refusal("card_gone"))
    with desk.shop.store.transaction():
        cards.block(desk.shop.store.db, uid, reason=reason, at_ms=desk.now_ms())
        tell(desk, "card_blocked", card.member_id, {"card": mask_uid(uid), "reason": reason})
    return _done(desk)


def unblock_card(till: Till, uid: str) -> Refusal | None:
    """Let a blocked card that was found again bring up its member; a replaced one stays as it is."""
    desk = till.desk
    card = cards.card(desk.shop.store.db, uid)
    refusal = refuses(desk, Permission.BLOCK_CARD)
    if refusal is None and (card is None or not card.is_blocked or card.reason == REPLACED):
        refusal = Refusal("card_gone")
    if refusal or card is None:
        return desk.refuse(refusal or Refusal("card_gone"))
    with desk.shop.store.transaction():
        cards.unblock(desk.shop.store.db, uid, at_ms=desk.now_ms())
        tell(desk, "card_unblocked", card.member_id, {"card": mask_uid(uid)})
    return _done(desk)


def bind_badge(till: Till, staff_id: str, uid: str = "") -> Refusal | None:
    """Make a card that nobody has the badge of a member of staff; the badge before it opens nothing any more."""
    desk, uid = till.desk, uid or till.desk.memory.card_offered
    refusal = refuses(desk, Permission.BIND_BADGE) or proofs.unfit(desk, uid)
    if refusal is None and staff.by_id(desk.shop.store.db, staff_id) is None:
        refusal = Refusal("staff_unknown")
    if refusal:
        return desk.refuse(refusal)
    with desk.shop.store.transaction():
        cards.put_badge(desk.shop.store.db, staff_id, uid)
        desk.note("badge_bound", staff_id, {"card": mask_uid(uid)})
    return _done(desk, card_offered="")


def _done(desk: Desk, **changes: object) -> None:
    """Show what was done, and let what goes to head office go."""
    desk.set(**changes)
    desk.shop.committed()
    desk.show(sound=Sound.TAP)


# --- what the member proves ------------------------------------------------------------------------------------------


def accepted_ways(till: Till) -> tuple[Proof, ...]:
    """Return what the member at the lane could prove themselves with now."""
    basket = till.desk.memory.basket
    return proofs.accepted(till.desk, basket.member_id) if basket and basket.member_id else ()


def prove_pin(till: Till, pin: str) -> Refusal | None:
    """Let the member at the lane prove themselves by their PIN."""
    desk = till.desk
    member_id = _asked(desk, Proof.PIN)
    if isinstance(member_id, Refusal):
        return desk.refuse(member_id)
    db = desk.shop.store.db
    refusal = proofs.counted(desk, member_id, lambda: cards.is_pin_of(db, member_id, pin))
    return desk.refuse(refusal) if refusal else proofs.bring(desk, Claim(member_id, Proof.PIN, note="proved_pin"))


def prove_last_four(till: Till, digits: str) -> Refusal | None:
    """Let the member whose card was held to the reader prove themselves by the last four digits of their phone."""
    desk = till.desk
    member_id = _asked(desk, Proof.LAST_FOUR)
    if isinstance(member_id, Refusal):
        return desk.refuse(member_id)
    file = members.member(desk.shop.store.db, member_id)
    assert file is not None, "digits are accepted of members with a phone"
    refusal = proofs.counted(desk, member_id, lambda: len(digits) == 4 and file.phone[-4:] == digits)
    if refusal:
        return desk.refuse(refusal)
    return proofs.bring(desk, Claim(member_id, Proof.LAST_FOUR, note="proved_last_four"))


def prove_code(till: Till, digits: str) -> Refusal | None:
    """Let the member prove themselves by the code on their phone, typed instead of scanned."""
    desk = till.desk
    member_id = _asked(desk, Proof.PROVED)
    if isinstance(member_id, Refusal):
        return desk.refuse(member_id)
    if len(digits) not in CODE_DIGITS or not digits.isascii() or not digits.isdecimal():
        return desk.refuse(Refusal("proof_digits"))
    claim = proofs.check_code(desk, member_id, digits)
    return desk.refuse(claim) if isinstance(claim, Refusal) else proofs.bring(desk, claim)


def approve_proof(till: Till) -> Refusal | None:
    """Say, as somebody who may, that the member at the lane is who they say."""
    desk = till.desk
    member_id = _asked(desk, Proof.APPROVED)
    refusal = member_id if isinstance(member_id, Refusal) else refuses(desk, Permission.SKIP_PROOF)
    if refusal or isinstance(member_id, Refusal):
        return desk.refuse(refusal or Refusal("member_unknown"))
    return proofs.bring(desk, Claim(member_id, Proof.APPROVED, note="proof_approved"))


def _asked(desk: Desk, way: Proof) -> str | Refusal:
    """Return whose proof is to be taken, or why it cannot be taken this way."""
    refusal, basket = desk.may_sell(), desk.memory.basket
    if refusal:
        return refusal
    if basket is None or basket.member_id is None:
        return Refusal("points_no_member")
    if way not in proofs.accepted(desk, basket.member_id):
        return Refusal("proof_not_taken")
    return basket.member_id


# --- what members prove themselves with ------------------------------------------------------------------------------


def set_member_pin(till: Till, member_id: str, pin: str) -> Refusal | None:
    """Give a member a PIN, typed by the member; in the place of an old one only for whoever proved to be the member."""
    desk = till.desk
    refusal = Refusal("locked") if desk.memory.stage is Stage.LOCKED else proofs.may_have_card(desk, member_id)
    if refusal is None and not staff.is_pin(pin):
        refusal = Refusal("pin_form", {"min": staff.PIN_DIGITS_MIN, "max": staff.PIN_DIGITS_MAX})
    if refusal is None and cards.has_pin(desk.shop.store.db, member_id):
        refusal = _knows_well(desk, member_id)
    if refusal:
        return desk.refuse(refusal)
    with desk.shop.store.transaction():
        cards.put_pin(desk.shop.store.db, member_id, pin, at_ms=desk.now_ms())
        desk.note("member_pin_set", member_id)
    desk.show(sound=Sound.TAP)
    return None


def issue_ecard(till: Till, member_id: str) -> bytes | Refusal:
    """Give a member an e-card and return its secret, for their phone; the one before is good no more."""
    desk = till.desk
    refusal = Refusal("locked") if desk.memory.stage is Stage.LOCKED else proofs.may_have_card(desk, member_id)
    if refusal is None and desk.shop.card_key is None:
        refusal = Refusal("card_no_key")
    if refusal is None and cards.ecard(desk.shop.store.db, member_id) is not None:
        refusal = _knows_well(desk, member_id)
        if refusal and refusal.code == "approval_needed":
            # Done by a second person's yes, nobody would see the secret, and the old card would have ended.
            refusal = Refusal("not_allowed")
    if refusal or desk.shop.card_key is None:
        return desk.refuse(refusal or Refusal("card_no_key"))
    with desk.shop.store.transaction():
        made = cards.new_ecard(desk.shop.store.db, member_id, at_ms=desk.now_ms())
        desk.note("ecard_issued", member_id, {"serial": made.serial})
    return ecard_secret(desk.shop.card_key, member_id, made.serial)


def _knows_well(desk: Desk, member_id: str) -> Refusal | None:
    """Say that somebody has to vouch for the member; None where the member proved it in the open basket."""
    proof = proofs.proof_of(desk, member_id)
    if proof is not None and proof.level in (Proof.PIN, Proof.PROVED):
        return None
    return refuses(desk, Permission.SKIP_PROOF)
