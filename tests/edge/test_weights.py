"""The newest weight of each lane: which of what a scale says can be sold, and who is told of a change."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from drivers.scale_frames import Fault, Reading
from edge.texts import REFUSALS
from edge.weights import CHANGED_G, FRESH_S, LiveWeight, Weights, WeightState

STILL = Reading(532, is_stable=True)


@dataclass
class Scales:
    """Lane 1 has a scale up to 15 kg."""

    at_s: float = 100.0
    told: int = 0
    weights: Weights = field(init=False)

    def __post_init__(self) -> None:
        self.weights = Weights({1: (15_000, (5, 20))}, changed=self._changed, now_s=lambda: self.at_s)

    def _changed(self) -> None:
        self.told += 1

    def says(self, reading: Reading) -> WeightState:
        self.weights.put(1, reading)
        return self.weights.live(1).state


@pytest.mark.parametrize(
    ("reading", "state"),
    [
        (STILL, WeightState.READY),
        (Reading(1, is_stable=True), WeightState.READY),
        (Reading(15_000, is_stable=True), WeightState.READY),
        (Reading(15_001, is_stable=True), WeightState.OVER),
        (Reading(15_001, is_stable=False), WeightState.OVER),
        (Reading(0, is_stable=True), WeightState.EMPTY),
        (Reading(532, is_stable=False), WeightState.MOVING),
        (Reading(532, is_stable=None), WeightState.MOVING),
        (Reading(None, is_stable=False), WeightState.MOVING),
        (Reading(None, is_stable=True), WeightState.MOVING),
        (Reading(None, is_stable=True, fault=Fault.UNDER), WeightState.UNDER),
        (Reading(None, is_stable=False, fault=Fault.OVER), WeightState.OVER),
        (Reading(None, is_stable=True, fault=Fault.ERROR), WeightState.ERROR),
        (Reading(532, is_stable=True, fault=Fault.ERROR), WeightState.ERROR),
    ],
)
def test_fault_44_only_what_is_still_and_above_nothing_can_be_sold(reading: Reading, state: WeightState) -> None:
    assert Scales().says(reading) is state


def test_fault_44_a_weight_is_good_for_a_second() -> None:
    scales = Scales()
    assert scales.weights.live(1) == LiveWeight(WeightState.GONE)  # nothing was ever heard
    scales.says(STILL)
    scales.at_s += FRESH_S
    assert scales.weights.live(1).state is WeightState.READY
    scales.at_s += 0.001
    assert scales.weights.live(1) == LiveWeight(WeightState.SILENT)  # and no figure to be read off
    scales.says(STILL)
    scales.weights.lose(1)
    assert scales.weights.live(1) == LiveWeight(WeightState.GONE)


@pytest.mark.parametrize(
    ("shown_g", "tare_g", "state", "net_g"),
    [
        (552, 20, WeightState.READY, 532),
        (20, 20, WeightState.EMPTY, 0),
        (19, 20, WeightState.UNDER, -1),
        (0, 20, WeightState.EMPTY, -20),
    ],
)
def test_tare_is_taken_off(shown_g: int, tare_g: int, state: WeightState, net_g: int) -> None:
    scales = Scales()
    scales.weights.set_tare(1, tare_g)
    assert scales.says(Reading(shown_g, is_stable=True)) is state
    assert scales.weights.live(1).net_g == net_g


def test_what_was_sold_is_not_sold_again_until_the_scale_has_changed() -> None:
    scales = Scales()
    scales.weights.set_tare(1, 20)
    scales.says(STILL)
    scales.weights.sell(1)
    assert scales.weights.live(1) == LiveWeight(WeightState.SOLD, 532)  # its tare went with it
    assert scales.says(STILL) is WeightState.SOLD
    assert scales.says(Reading(532 + CHANGED_G - 1, is_stable=True)) is WeightState.SOLD  # it crept
    assert scales.says(Reading(None, is_stable=False)) is WeightState.MOVING
    assert scales.says(STILL) is WeightState.SOLD
    assert scales.says(Reading(0, is_stable=False)) is WeightState.MOVING
    assert scales.says(STILL) is WeightState.READY  # the same weight twice is two of them


def test_ten_readings_a_second_wake_nobody_while_nothing_changes() -> None:
    scales = Scales()
    for _ in range(1_000):
        scales.says(STILL)
        scales.at_s += 0.1
    assert scales.told == 1
    scales.says(Reading(533, is_stable=False))
    assert scales.told == 2
    scales.at_s += FRESH_S + 0.5  # it was silent, so the same is news
    scales.says(Reading(533, is_stable=False))
    assert scales.told == 3


def test_a_lane_without_a_scale_has_no_weight() -> None:
    weights = Weights()
    assert not weights.has_scale(1) and weights.tares_g(1) == ()
    assert weights.live(1) == LiveWeight(WeightState.GONE)
    weights.set_tare(1, 20)
    assert weights.live(1).tare_g == 0


def test_every_state_has_its_words() -> None:
    assert [state for state in WeightState if f"scale_{state}" not in REFUSALS] == []
