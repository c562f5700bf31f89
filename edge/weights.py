"""What lies on each lane's scale right now: one value a lane, always the newest, told to whoever looks.

A scale that talks ten times a second fills no inbox: its readings take the place of one another here, and the screen
hears of those that differ. The till asks at the moment at which somebody takes the weight.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from drivers.scale_frames import Fault, Reading
from edge.clock import monotonic_s
from rules.basket import GRAMS_PER_KG, WEIGHT_MAX_G, Names
from rules.money import Minor, round_half_up

WEIGH = "weigh_item"
"""Code of the banner that stands while an item waits for its weight."""
FRESH_S = 1.0
"""A reading older than this is no weight any more."""
CHANGED_G = 10
"""The scale must have shown so much more or less before the next weight is taken: what lies there was sold."""
TARE_MAX_G = 20_000


class WeightState(StrEnum):
    """Whether what the scale says can be sold, and why not."""

    READY = "ready"
    MOVING = "moving"
    EMPTY = "empty"
    UNDER = "under"
    OVER = "over"
    ERROR = "error"
    SILENT = "silent"
    """It has said nothing that can be read for a second."""
    GONE = "gone"
    SOLD = "sold"
    """This very weight was sold just now, and nothing has changed on the scale since."""


@dataclass(frozen=True, slots=True)
class LiveWeight:
    """What the scale of a lane says now."""

    state: WeightState
    shown_g: int | None = None
    """What stands on the scale's own display; None where it gives no weight."""
    tare_g: int = 0
    """What the till takes off for a container."""
    is_net: bool = False
    """The scale itself has taken a tare off."""

    @property
    def net_g(self) -> int | None:
        return None if self.shown_g is None else self.shown_g - self.tare_g


@dataclass(frozen=True, slots=True)
class WeighView:
    """An item that waits for its weight."""

    sku: str
    names: Names
    price: Minor
    """A kilogram."""


def worth(price: Minor, net_g: int) -> Minor:
    """Return what so many grams cost at a price a kilogram."""
    return round_half_up(price * net_g, GRAMS_PER_KG)


@dataclass(slots=True)
class _Pan:
    """The scale of one lane."""

    max_g: int
    tares_g: tuple[int, ...] = ()
    reading: Reading | None = None
    at_s: float = 0.0
    is_gone: bool = True
    tare_g: int = 0
    sold_g: int | None = None


class Weights:
    """The newest reading of each lane's scale. Written by the scales' threads and the till's, read by any."""

    def __init__(
        self,
        scales: Mapping[int, tuple[int, tuple[int, ...]]] | None = None,
        *,
        changed: Callable[[], None] = lambda: None,
        now_s: Callable[[], float] = monotonic_s,
    ) -> None:
        """Take the lanes that have a scale.

        Args:
            scales: by lane, the most that it weighs and the containers that the shop uses, in grams.
            changed: called from the writing thread when a screen may have something new to show.
        """
        self._pans = {lane: _Pan(max_g, tares_g) for lane, (max_g, tares_g) in (scales or {}).items()}
        self._changed = changed
        self._now_s = now_s
        self._lock = threading.Lock()

    def has_scale(self, lane: int) -> bool:
        return lane in self._pans

    def tares_g(self, lane: int) -> tuple[int, ...]:
        """Return the containers of the shop."""
        return self._pans[lane].tares_g if lane in self._pans else ()

    def put(self, lane: int, reading: Reading) -> None:
        """Take what a scale has just said."""
        with self._lock:
            pan = self._pans[lane]
            is_new = pan.is_gone or pan.reading != reading or self._now_s() - pan.at_s > FRESH_S
            pan.reading, pan.at_s, pan.is_gone = reading, self._now_s(), False
            weight_g = reading.weight_g
            if pan.sold_g is not None and weight_g is not None and abs(weight_g - pan.sold_g) >= CHANGED_G:
                pan.sold_g = None
        if is_new:
            self._changed()

    def lose(self, lane: int) -> None:
        """Take that the scale is not there."""
        with self._lock:
            self._pans[lane].is_gone, self._pans[lane].reading = True, None
        self._changed()

    def live(self, lane: int) -> LiveWeight:
        """Return what the scale of a lane says now, and whether it can be sold."""
        with self._lock:
            pan = self._pans.get(lane)
            if pan is None or pan.is_gone:
                return LiveWeight(WeightState.GONE, tare_g=pan.tare_g if pan else 0)
            reading = pan.reading
            if reading is None or self._now_s() - pan.at_s > FRESH_S:
                return LiveWeight(WeightState.SILENT, tare_g=pan.tare_g)
            return LiveWeight(_state(pan, reading), reading.weight_g, pan.tare_g, reading.is_net)

    def set_tare(self, lane: int, tare_g: int) -> None:
        """Take so much off from now on; 0 for nothing."""
        with self._lock:
            if lane in self._pans:
                self._pans[lane].tare_g = tare_g
        self._changed()

    def sell(self, lane: int) -> None:
        """Note that what lies on the scale was sold; its tare went with it."""
        with self._lock:
            pan = self._pans[lane]
            pan.sold_g, pan.tare_g = (pan.reading.weight_g if pan.reading else None), 0
        self._changed()


def _state(pan: _Pan, reading: Reading) -> WeightState:
    if reading.fault is not Fault.NONE:
        return {Fault.OVER: WeightState.OVER, Fault.UNDER: WeightState.UNDER}.get(reading.fault, WeightState.ERROR)
    weight_g = reading.weight_g
    if weight_g is not None and weight_g > min(pan.max_g, WEIGHT_MAX_G):
        return WeightState.OVER
    if weight_g is None or not reading.is_stable:
        return WeightState.MOVING
    if weight_g == 0:
        return WeightState.EMPTY
    if weight_g < pan.tare_g:
        return WeightState.UNDER
    if weight_g == pan.tare_g:
        return WeightState.EMPTY
    return WeightState.READY if pan.sold_g is None else WeightState.SOLD
