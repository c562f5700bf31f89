"""Weighed items at a lane with a scale: the item is chosen first, then its weight is taken with one press.

Between the two stands a banner: what waits for its weight is not in the basket yet, so nobody pays past it, scans wait
behind it, and a restart keeps it. A weight typed by hand is somebody's decision where a scale is there to be read.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge import banner, finding, till_lines
from edge.desk import Desk, HasDesk
from edge.finding import Found
from edge.permissions import Permission, refuses
from edge.screen import Refusal, named
from edge.store.database import StoreError
from edge.weights import TARE_MAX_G, WEIGH, LiveWeight, WeightState

TARE_OF_SCALE = -1
"""Asks for what lies on the scale now as the tare."""


def on_scale(desk: Desk, refusal: Refusal) -> Refusal:
    """Return what is to be said of an item that cannot be sold as it is: at a lane with a scale it is put on it."""
    if refusal.code != "needs_weight" or not desk.shop.weights.has_scale(desk.lane):
        return refusal
    item = desk.shop.item_as_sold(str(refusal.params["sku"]))
    assert item is not None
    desk.shop.weights.set_tare(desk.lane, 0)
    return Refusal(WEIGH, {"sku": item.sku, **named(item.names)})


def refuses_typed(desk: Desk, found: Found) -> Refusal | None:
    """Say why a weight may not be typed, or None: where the lane has a scale it takes a permission."""
    if found.weight_g is None or not desk.shop.weights.has_scale(desk.lane):
        return None
    return refuses(desk, Permission.WEIGHT_BY_HAND)


def typed_note(desk: Desk, found: Found) -> tuple[str, Mapping[str, object]]:
    """Return what the journal says of a weight that was typed beside a scale; empty where there is none."""
    if found.weight_g is None or not desk.shop.weights.has_scale(desk.lane):
        return "", {}
    return "weight_by_hand", {"sku": found.item.sku, "weight_g": found.weight_g}


def take_weight(till: HasDesk, sku: str, weight_g: int) -> Refusal | None:
    """Sell the item that waits for its weight, with what the scale shows: only at rest, fresh, and as the screen said.

    Args:
        weight_g: what the press was for, tare taken off.
    """
    desk = till.desk
    live = desk.shop.weights.live(desk.lane)
    refusal = _waits_not(desk, sku) or _unsellable(live, weight_g)
    if refusal:
        return desk.refuse(refusal)
    refusal = _add(desk, sku, weight_g)
    if refusal is None:
        desk.shop.weights.sell(desk.lane)
    return refusal


def type_weight(till: HasDesk, sku: str, weight_g: int) -> Refusal | None:
    """Sell the item that waits for its weight with one that a person read elsewhere."""
    desk = till.desk
    refusal = _waits_not(desk, sku) or refuses(desk, Permission.WEIGHT_BY_HAND)
    if refusal:
        return desk.refuse(refusal)
    return _add(desk, sku, weight_g, is_typed=True)


def set_tare(till: HasDesk, tare_g: int) -> Refusal | None:
    """Take a container off: so many grams, `TARE_OF_SCALE` for what lies on the scale now, 0 for none."""
    desk, weights = till.desk, till.desk.shop.weights
    if tare_g == TARE_OF_SCALE:
        live = weights.live(desk.lane)
        if live.shown_g is None or live.state not in (WeightState.READY, WeightState.SOLD, WeightState.EMPTY):
            return desk.refuse(Refusal(f"scale_{live.state}"))
        tare_g = live.shown_g
    if not 0 <= tare_g <= TARE_MAX_G:
        return desk.refuse(Refusal("weight_range"))
    weights.set_tare(desk.lane, tare_g)
    return None


def _waits_not(desk: Desk, sku: str) -> Refusal | None:
    waits = desk.memory.blocked
    return None if waits and waits.code == WEIGH and waits.params["sku"] == sku else Refusal("weigh_gone")


def _unsellable(live: LiveWeight, weight_g: int) -> Refusal | None:
    if live.state is not WeightState.READY:
        return Refusal(f"scale_{live.state}")
    return None if live.net_g == weight_g else Refusal("weight_changed")


def _add(desk: Desk, sku: str, weight_g: int, *, is_typed: bool = False) -> Refusal | None:
    """Put the item into the basket in the place of its banner; the scans that waited behind it follow."""
    memory = desk.memory
    found = finding.find_sku(desk.shop.store.db, sku, now_ms=desk.now_ms(), weight_g=weight_g)
    if isinstance(found, Refusal):
        return banner.block(desk, found)
    note, detail = typed_note(desk, found) if is_typed else ("", {})
    desk.set(blocked=None, dismissed=memory.blocked if memory.waiting else None)
    try:
        notice = till_lines.told_after(memory.blocked.params) if memory.blocked else None
        refusal = till_lines.add(desk, found, note=note, detail=detail, notice=notice)
    except StoreError:
        desk.set(blocked=memory.blocked, dismissed=memory.dismissed)
        raise
    # What cannot be added after all is said by a banner of its own: the goods lie on the counter.
    return banner.block(desk, refusal) if refusal else None
