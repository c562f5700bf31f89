"""The scale and the pole display of the bench: grams by a slider, and a picture of what the customer reads."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from edge.bench import Bench
from edge.text_marks import N_

SCALE_MAX_G = 30_000
SCALE_FAULTS: Mapping[str, str] = {
    "": N_("In order"),
    "unstable": N_("Never still"),
    "negative": N_("Below zero"),
    "overload": N_("Overload"),
    "silent": N_("Says nothing"),
    "garbage": N_("Noise on the line"),
    "checksum": N_("Wrong checksum"),
    "bytewise": N_("Byte by byte"),
    "stuck": N_("Stuck"),
}
"""Troubles of a scale, which the plug beside them adds one to, as it does for a display."""
POLE_FAULTS: Mapping[str, str] = {
    "": N_("In order"),
    "stuck": N_("Stuck"),
    "slow": N_("Slow"),
    "speed": N_("Wrong speed"),
}


def counter_state(bench: Bench, scale: str, pole: str) -> dict[str, object]:
    """Return what lies on the scale, what is wrong with the two, and what stands on the display."""
    state: dict[str, object] = {}
    if scale:
        found = bench.scale(scale)
        state["scale"] = {"weight_g": found.weight_g, "trouble": found.trouble}
    if pole:
        display = bench.pole(pole)
        picture = display.picture()
        state["pole"] = {
            "upper": picture.upper,
            "lower": picture.lower,
            "lamp": picture.lamp,
            "is_led": display.protocol == "led8",
            "trouble": display.trouble,
        }
    return state


def add_counter(pages: Blueprint, bench: Bench, lanes: Mapping[int, tuple[str, str]]) -> None:
    """Add what a press at the scale or the display does.

    Args:
        lanes: names of the scale and the pole display of each lane; empty where it has none.
    """

    def given(name: str) -> object:
        body = request.get_json()
        return body.get(name) if isinstance(body, dict) else abort(400)

    @pages.post("/bench/<int:lane>/scale")
    def scale(lane: int) -> ResponseReturnValue:
        name, pole = lanes.get(lane) or abort(404)
        weight_g, trouble = given("weight_g"), given("trouble")
        found = bench.scale(name or abort(404))
        if type(weight_g) is int and 0 <= weight_g <= SCALE_MAX_G:
            found.put(weight_g)
        elif isinstance(trouble, str) and trouble in ("", *found.faults):
            found.be(trouble)
        else:
            abort(400)
        return jsonify(counter_state(bench, name, pole))

    @pages.post("/bench/<int:lane>/pole")
    def pole(lane: int) -> ResponseReturnValue:
        scale, name = lanes.get(lane) or abort(404)
        trouble = given("trouble")
        display = bench.pole(name or abort(404))
        if not isinstance(trouble, str) or trouble not in ("", *display.faults):
            abort(400)
        display.be(trouble)
        return jsonify(counter_state(bench, scale, name))
