"""What a card or a phone proves at a lane, and what may be spent on it.

A counter of a card is on the disk before anything is shown of the member, and the step of a phone's code is written
with the basket that it opens; so neither counts twice, whatever happens in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from edge.card_keys import ecard_secret
from edge.desk import Desk
from edge.screen import Refusal, Sound, Stage
from edge.store import cards, members, staff
from edge.store.baskets import StoredProof
from edge.stored_value_grants import give_due_to
from edge.tier_services import give_free_to
from rules.card_policy import Proof, Spending, limit_for, needs_proof, stronger
from rules.cards import is_cut_uid, is_random_uid, mask_uid
from rules.sun import check_sun, keys_of, named_card, read_sun
from rules.totp import Verdict, check_ecard, read_ecard, step_at

REPLACED = "replaced"
CARDS_MAX = 20
"""Cards that a member may have, blocked ones among them."""
HELD_MS = 180_000
"""How long one of several cards can be chosen without holding it to the reader once more."""
HELD_MAX = 4
"""Cards at once that a choice is offered of."""
CLOCK_BACK_MS = 120_000
"""So much the clock may be behind what the store remembers, before it is not believed any more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who is at the lane, how that is known, and what is written when it counts."""

    member_id: str
    level: Proof = Proof.NONE
    card_uid: str = ""
    step: int | None = None
    """Of the e-card's code: used up with it."""
    note: str = ""
    """What the audit chain says of it."""
    notice: Refusal | None = None
    """What the cashier should know, although it was done."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A card that was held to the reader, and what it proved."""

    uid: str
    level: Proof


def read_tap(desk: Desk, uid: str, sun: str) -> Shown | Refusal:
    """Return what a tap says, or why it is not believed. What is believed of its counter is on the disk then.

    Args:
        uid: as the reader gave it; a card that hides its UID tells it in its message only.
        sun: the address that the card shows; empty where the reader cannot read it.
    """
    key = desk.shop.card_key
    message = read_sun(sun) if sun and key is not None else None
    if message is None or key is None:
        return Shown(uid, Proof.IDENTIFIED)
    keys = keys_of(key, message)
    proof = check_sun(message, keys)
    # The message of one card, told by another one, is a copy of it.
    if proof is None or (uid and uid != proof.uid and not is_random_uid(uid)):
        named = named_card(message, keys.meta)
        says = uid or (named.uid if named else "")
        with desk.shop.store.transaction():
            desk.note("card_forged", mask_uid(says) if says else "")
        return Refusal("card_forged")
    with desk.shop.store.transaction():
        is_new = cards.raise_counter(desk.shop.store.db, proof.uid, proof.counter, at_ms=desk.now_ms())
        if not is_new:
            desk.note("card_replayed", mask_uid(proof.uid), {"counter": proof.counter})
    return Shown(proof.uid, Proof.PROVED) if is_new else Refusal("card_replayed")


def whose(desk: Desk, shown: Shown) -> Claim | Refusal:
    """Return whose card it is, or why it brings up nobody; one that nobody has is offered to be bound."""
    uid = shown.uid
    if is_random_uid(uid) or is_cut_uid(uid):
        return Refusal("card_random" if is_random_uid(uid) else "card_cut")
    card = cards.card(desk.shop.store.db, uid)
    if card is None:
        # What can be done with it is offered, and the sale goes on whatever becomes of it.
        desk.set(card_offered=uid)
        return Refusal("card_unknown", {"uid": uid[-4:]})
    if card.is_blocked:
        since = desk.shop.clock.local(card.since_ms).date().isoformat()
        return Refusal("card_replaced" if card.reason == REPLACED else "card_blocked", {"since": since})
    return Claim(card.member_id, shown.level, card_uid=uid)


def hold(desk: Desk, uids: tuple[str, ...]) -> None:
    """Remember the cards that one is to be chosen of."""
    desk.set(held_uids=uids[:HELD_MAX], held_ms=desk.now_ms())


def held(desk: Desk) -> tuple[str, ...]:
    """Return the cards that lay on the reader together a moment ago."""
    is_fresh = 0 <= desk.now_ms() - desk.memory.held_ms < HELD_MS
    return desk.memory.held_uids if is_fresh else ()


def one_of(desk: Desk, uids: tuple[str, ...]) -> str | Refusal:
    """Return which of several cards at once is meant where only one can be: a badge, at a locked lane. Else ask."""
    if desk.memory.stage is Stage.LOCKED:
        badges = [uid for uid in uids if staff.by_badge(desk.shop.store.db, uid)]
        return badges[0] if len(badges) == 1 else Refusal("badge_unknown")
    hold(desk, uids)
    return Refusal("cards_several", {"count": len(uids)})


def unfit(desk: Desk, uid: str) -> Refusal | None:
    """Say why a card cannot be bound to anybody."""
    if not uid:
        return Refusal("no_card_offered")
    if is_random_uid(uid) or is_cut_uid(uid):
        return Refusal("card_random" if is_random_uid(uid) else "card_cut")
    db = desk.shop.store.db
    is_taken = cards.card(db, uid) is not None or staff.by_badge(db, uid) is not None
    return Refusal("card_taken") if is_taken else None


def may_have_card(desk: Desk, member_id: str) -> Refusal | None:
    """Say why a member may not have one more card."""
    file = members.member(desk.shop.store.db, member_id)
    if file is None:
        return Refusal(members.why_unknown(desk.shop.store.db, member_id))
    if file.status == "blocked":
        return Refusal("member_blocked")
    if len(cards.cards_of(desk.shop.store.db, member_id)) >= CARDS_MAX:
        return Refusal("cards_full", {"max": CARDS_MAX})
    return None


def bring(desk: Desk, claim: Claim) -> Refusal | None:
    """Make the open basket a member's, with what is proved of them; what was proved before in it still counts."""
    refusal = desk.may_sell()
    if refusal:
        return desk.refuse(refusal)
    db = desk.shop.store.db
    file = members.standing(db, claim.member_id)
    if file is None:
        return desk.refuse(Refusal(members.why_unknown(db, members.surviving(db, claim.member_id))))
    claim = replace(claim, member_id=file.member_id)
    if file.status == "blocked":
        return desk.refuse(Refusal("member_blocked"))
    give_due_to(desk.shop, claim.member_id)
    give_free_to(desk.shop, claim.member_id)
    basket = desk.open_basket()
    is_here = basket.member_id == claim.member_id
    proof = _together(basket.proof if is_here else None, claim)
    if is_here and basket.proof == proof:
        _use_alone(desk, claim)
        desk.show(sound=Sound.TAP, notice=claim.notice)
        return None
    changed = msgspec.structs.replace(
        basket,
        member_id=claim.member_id,
        points=basket.points if is_here else 0,
        times=basket.times if is_here else (),
        proof=proof,
    )
    stage = Stage.PAYING if is_here and desk.memory.stage is Stage.PAYING else Stage.SELLING
    along = partial(_use, desk, claim)
    return desk.push(changed, sound=Sound.TAP, notice=claim.notice, stage=stage, along=along)


def _together(before: StoredProof | None, claim: Claim) -> StoredProof | None:
    level, card_uid = claim.level, claim.card_uid
    if before is not None and before.member_id == claim.member_id:
        level, card_uid = stronger(before.level, level), card_uid or before.card_uid
    if level is Proof.NONE:
        return None
    return StoredProof(member_id=claim.member_id, level=level, card_uid=card_uid)


def _use(desk: Desk, claim: Claim) -> None:
    if claim.step is not None:
        cards.use_step(desk.shop.store.db, claim.member_id, claim.step)
    if claim.note:
        desk.note(claim.note, claim.member_id)


def _use_alone(desk: Desk, claim: Claim) -> None:
    if claim.step is not None or claim.note:
        with desk.shop.store.transaction():
            _use(desk, claim)


# --- codes on phones -------------------------------------------------------------------------------------------------


def scan_sun(desk: Desk, text: str) -> Claim | Refusal:
    """Return whose card made the message that a phone shows, and what it proves: the card was held to the phone."""
    shown = read_tap(desk, "", text)
    if isinstance(shown, Refusal):
        return shown
    return whose(desk, shown) if shown.uid else Refusal("card_no_key")


def scan_ecard(desk: Desk, text: str) -> Claim | Refusal:
    """Return whose phone shows a code and what it proves, or why it is not taken."""
    ecard = read_ecard(text)
    assert ecard is not None, "the code was classified"
    member_id = members.member_by_code(desk.shop.store.db, ecard.member_code)
    if member_id is None:
        return Refusal("code_of_member_unknown", {"text": ecard.member_code})
    return check_code(desk, member_id, ecard.digits, shown_step=ecard.step)


def check_code(desk: Desk, member_id: str, digits: str, *, shown_step: int | None = None) -> Claim | Refusal:
    """Return what the code of a member's e-card proves; `bring` uses it up in the transaction that lets it count."""
    db, key = desk.shop.store.db, desk.shop.card_key
    stored = cards.ecard(db, member_id)
    if key is None or stored is None:
        return Refusal("ecard_none")
    if is_clock_unsure(desk):
        # The member is who the code names, as with any member code; that it is of now, nobody can tell.
        return Claim(member_id, Proof.NONE, notice=Refusal("ecard_clock"))
    verdict, step = check_ecard(
        ecard_secret(key, member_id, stored.serial), digits,
        now_step=step_at(desk.now_ms()), last_step=stored.last_step, shown_step=shown_step,
    )  # fmt: skip
    if verdict is Verdict.FRESH:
        # During a wait after wrong codes a right one does not count either, or guessing would have no end.
        return counted(desk, member_id, lambda: True) or Claim(member_id, Proof.PROVED, step=step)
    with desk.shop.store.transaction():
        desk.note(f"ecard_{verdict.value}", member_id)
    refusal = Refusal(f"ecard_{verdict.value}", {"time": f"{desk.shop.clock.now_local():%H:%M:%S}"})
    if verdict is not Verdict.WRONG:
        return refusal
    answer = counted(desk, member_id, lambda: False)
    return answer if answer is not None and answer.code == "proof_wait" else refusal


def counted(desk: Desk, member_id: str, believes: Callable[[], bool]) -> Refusal | None:
    """Count what somebody said to prove that they are a member, and return why it is not believed."""
    now_ms = desk.now_ms()
    with desk.shop.store.transaction():
        wrong = staff.count_try(
            desk.shop.store.db, cards.tries_key(member_id), believes,
            now_ms=now_ms, tries=desk.shop.rules.proof.tries, wait_s=desk.shop.config.staff.pin_wait_s,
        )  # fmt: skip
        if isinstance(wrong, staff.PinWrong) or (isinstance(wrong, staff.PinWait) and wrong.is_counted):
            desk.note("proof_wrong", member_id)
    if isinstance(wrong, staff.PinWait):
        return Refusal("proof_wait", {"seconds": wrong.seconds, "until_ms": now_ms + wrong.seconds * 1_000})
    return Refusal("proof_wrong", {"left": wrong.tries_left}) if wrong else None


def is_clock_unsure(desk: Desk) -> bool:
    """Tell whether the till's clock cannot be right: never set, or behind what the store remembers."""
    clock = desk.shop.clock
    return not clock.is_sane() or clock.now_ms() < cards.latest_ms(desk.shop.store.db) - CLOCK_BACK_MS


# --- what may be spent -----------------------------------------------------------------------------------------------


def proof_of(desk: Desk, member_id: str) -> StoredProof | None:
    """Return what was proved of a member in the open basket."""
    proof = desk.memory.basket.proof if desk.memory.basket else None
    if proof is None or member_id == proof.member_id:
        return proof
    return proof if members.surviving(desk.shop.store.db, proof.member_id) == member_id else None


def accepted(desk: Desk, member_id: str) -> tuple[Proof, ...]:
    """Return what the member at the lane could prove themselves with now, as the shop's policy says."""
    proof, db = proof_of(desk, member_id), desk.shop.store.db
    file = members.member(db, member_id)
    may = {
        Proof.PROVED: True,
        Proof.PIN: cards.has_pin(db, member_id),
        # Whoever was found by their phone number has said these digits already.
        Proof.LAST_FOUR: proof is not None and bool(proof.card_uid) and file is not None and len(file.phone) >= 4,
        Proof.APPROVED: True,
    }
    return tuple(each for each in desk.shop.rules.proof.accepts if may[each])


def proof_refusal(desk: Desk, member_id: str, kind: str, amount: int) -> Refusal | None:
    """Say that a member must prove who they are before so much is spent, or None where it may be.

    The refusal is `proof_needed`; its `accepts` names what may be proved, by `rules.card_policy.Proof`.

    Args:
        kind: one of `rules.card_policy.Spending`.
        amount: points, minor units or times, of one basket or one deed.
    """
    policy, spending = desk.shop.rules.proof, Spending(kind)
    proof = proof_of(desk, member_id)
    if not needs_proof(policy, spending, amount, proof.level if proof else Proof.NONE):
        return None
    accepts = " ".join(accepted(desk, member_id))
    return Refusal(
        "proof_needed", {"kind": spending.value, "accepts": accepts, "limit": limit_for(policy, spending) or 0}
    )
