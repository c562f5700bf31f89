"""Hold and resume (挂单, 取单): a basket is put aside for the whole store, and taken up again by exactly one lane."""

from __future__ import annotations

import msgspec

from edge.desk import HasDesk
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Sound, Stage
from edge.store import baskets, held
from edge.store.baskets import StoredBasket
from edge.till_voids import listed
from rules.money import AMOUNT_MAX

NOTE_MAX = 60
"""Characters of what is written beside a basket on hold."""
HELD_MAX = 200
"""Most baskets on hold in a store."""
REASON_MAX = 120


def hold(till: HasDesk, note: str = "") -> Refusal | None:
    """Put the open basket aside; an empty one resumes the basket that was held last instead.

    Args:
        note: whose it is, such as "红衣服的阿姨".
    """
    desk = till.desk
    if not has_goods(desk.memory.basket):
        return resume(till)
    basket = desk.memory.basket
    assert basket is not None and desk.memory.staff is not None
    refusal = desk.may_sell()
    if refusal is None and held.sum_of(desk.shop.store.db).count >= HELD_MAX:
        refusal = Refusal("held_full", {"max": HELD_MAX})
    if refusal:
        return desk.refuse(refusal)
    db, total = desk.shop.store.db, desk.memory.told.due
    pieces = desk.shop.screens.newest(desk.lane).item_count
    with desk.shop.store.transaction():
        held.put(
            db, _put_aside(basket), lane=desk.lane, staff_id=desk.memory.staff.staff_id, at_ms=desk.now_ms(),
            note=_written(note), total=total, pieces=pieces,
        )  # fmt: skip
        baskets.clear(db, desk.lane)
        desk.put_state()
        desk.note("hold", basket.sale_id, {"total": total, "pieces": pieces})
    desk.set(stage=Stage.SELLING, basket=None, steps=0, quantity_next=1, seen_ms=desk.now_ms())
    desk.shop.health.nudge()
    desk.show(sound=Sound.TAP, notice=Refusal("held", {"total_minor": total}))
    return None


def resume(till: HasDesk, sale_id: str = "") -> Refusal | None:
    """Take a basket up again at this lane, priced afresh.

    Args:
        sale_id: of the basket; empty for the one that was held last.
    """
    desk = till.desk
    refusal = desk.may_sell()
    if refusal is None and has_goods(desk.memory.basket):
        refusal = Refusal("held_basket_open")
    db = desk.shop.store.db
    wanted = sale_id or held.newest(db)
    basket = held.look(db, wanted) if wanted else None
    if refusal is None and basket is None:
        refusal = Refusal("held_gone" if sale_id else "nothing_held")
    if refusal or basket is None:
        return desk.refuse(refusal or Refusal("held_gone"))
    priced = desk.shop.priced_basket(basket, lane=desk.lane)
    if priced.gross > AMOUNT_MAX:
        return desk.refuse(Refusal("amount_range"))
    with desk.shop.store.transaction():
        taken = held.take(db, wanted)
        assert taken is not None, "the writer thread alone takes what is on hold"
        baskets.clear(db, desk.lane)
        baskets.lay(db, desk.lane, basket)
        desk.put_state()
        desk.note("resume", basket.sale_id, {"held_at_lane": taken[0].lane, "held_by": taken[0].staff_id})
    desk.set(
        stage=Stage.SELLING, basket=basket, steps=0, quantity_next=1, done_sale_id="", new_tier_id=None,
        seen_ms=desk.now_ms(),
    )  # fmt: skip
    desk.shop.health.nudge()
    desk.show(sound=Sound.SCAN, priced=priced, tells=True)
    if desk.memory.told.due != taken[0].total:
        # The customer was told another sum before: whoever takes it up should say so.
        was = {"before_minor": taken[0].total, "total_minor": desk.memory.told.due}
        desk.show(sound=Sound.SCAN, notice=Refusal("held_price_changed", was), tells=True)
    return None


def discard_held(till: HasDesk, sale_id: str, reason: str) -> Refusal | None:
    """Throw a basket on hold away, as a basket is voided: by who may, with a reason."""
    desk = till.desk
    if desk.memory.staff is None or desk.memory.stage is Stage.LOCKED:
        return desk.refuse(Refusal("locked"))
    basket = held.look(desk.shop.store.db, sale_id)
    if basket is None:
        return desk.refuse(Refusal("held_gone"))
    refusal = None if reason.strip() else Refusal("reason_missing")
    refusal = refusal or refuses(desk, Permission.VOID_BASKET, amount=listed(desk, basket))
    if refusal:
        return desk.refuse(refusal)
    with desk.shop.store.transaction():
        taken = held.take(desk.shop.store.db, sale_id)
        assert taken is not None, "the writer thread alone takes what is on hold"
        detail = {"reason": reason.strip()[:REASON_MAX], "lines": len(basket.lines), "total": taken[0].total, "held": 1}
        desk.note("void_basket", sale_id, detail)
    desk.shop.health.nudge()
    desk.show(sound=Sound.TAP)
    return None


def has_goods(basket: StoredBasket | None) -> bool:
    """Tell whether anything lies in a basket; one that only knows its member gives way to another."""
    return basket is not None and bool(basket.lines or basket.times or basket.back)


def _written(note: str) -> str:
    """Return a note in one line that can be written; half of a character cannot."""
    return " ".join(note.encode("utf-8", "replace").decode().split())[:NOTE_MAX]


def _put_aside(basket: StoredBasket) -> StoredBasket:
    """Return a basket as it waits: what was proved, and who allowed money to be given back, holds for its moment only.

    What times cards pay for stays in the bag, and with it the proof that it took: it could not be asked for again
    without taking goods out of the basket.
    """
    back = tuple(msgspec.structs.replace(each, approved_by="") for each in basket.back)
    proof = basket.proof if basket.times else None
    return msgspec.structs.replace(basket, proof=proof, back=back)
