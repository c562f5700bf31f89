"""Beginning and ending practice at a lane. What practises is another till, over another file (edge/training.py)."""

from __future__ import annotations

from edge.desk import Desk, HasDesk
from edge.permissions import Permission, refuses
from edge.screen import Refusal, Stage


def begin_training(till: HasDesk) -> Refusal | None:
    """Let the lane practise: nothing that is done there counts until somebody ends it, locks the lane or restarts."""
    desk = till.desk
    practice = desk.shop.practice
    if desk.shop.is_training:
        return desk.refuse(Refusal("training_on"))
    refusal = may_begin(desk) or refuses(desk, Permission.TRAIN)
    if refusal:
        return desk.refuse(refusal)
    if practice is None:
        return desk.refuse(Refusal("training_busy"))
    lane = next(each for each in desk.shop.config.lane if each.number == desk.lane)
    with desk.shop.store.transaction():
        desk.note("training_begin")
    return practice.begin(desk, lane)


def end_training(till: HasDesk) -> Refusal | None:
    """Give the lane back to real sales, locked. What was practised is thrown away."""
    desk = till.desk
    if not desk.shop.is_training or desk.shop.practice is None:
        return desk.refuse(Refusal("nothing_asked"))
    desk.shop.practice.end(desk)
    return None


def may_begin(desk: Desk) -> Refusal | None:
    """Say why a lane may not begin to practise now."""
    memory = desk.memory
    if memory.stage not in (Stage.SELLING, Stage.DONE):
        return Refusal("locked" if memory.stage is Stage.LOCKED else "tenders_first")
    if memory.blocked is not None:
        return Refusal("blocked_banner")
    is_empty = memory.basket is None or (not memory.basket.lines and not memory.basket.times)
    return None if is_empty and not memory.waiting else Refusal("basket_not_empty")
