"""When a lane that nobody touches is locked: whoever passes by must not sell under the name of whoever left.

What lies in the basket and what is paid already stay for whoever signs in next, as after a press of the lock.
"""

from __future__ import annotations

from edge.desk import Desk
from edge.screen import Stage
from rules.charges import ChargeState


def is_left_alone(desk: Desk) -> bool:
    """Tell whether a lane was not touched for as long as the shop lets it stay open."""
    minutes, memory = desk.shop.config.staff.idle_lock_minutes, desk.memory
    if not minutes or memory.stage is Stage.LOCKED or _is_awaited(desk):
        return False
    # A clock that was set back far makes the time since then negative.
    return abs(desk.now_ms() - memory.seen_ms) >= minutes * 60_000


def _is_awaited(desk: Desk) -> bool:
    """Tell whether a gateway is still to answer: the cashier looks at it and has nothing to press.

    An answer that nobody can give may be out for days. One that comes to a locked lane is kept for whoever is back.
    """
    charge = desk.memory.charge
    return charge is not None and charge.state is not ChargeState.UNKNOWN
