"""What a cashier reads of the scale, and a customer of the pole display."""

from __future__ import annotations

from collections.abc import Mapping

from edge.text_marks import N_

COUNTER_REFUSALS: Mapping[str, str] = {
    "weigh_item": N_("“{name}” is sold by weight: put it on the scale."),
    "weigh_gone": N_("This item does not wait for a weight any more."),
    "weight_changed": N_("The weight has changed. Look at it, then press again."),
    "scale_ready": N_("Stable"),
    "scale_moving": N_("Moving. Wait until it is still."),
    "scale_empty": N_("Nothing is on the scale."),
    "scale_under": N_("Below zero. Take everything off and set the scale to zero."),
    "scale_over": N_("Too heavy for this scale."),
    "scale_error": N_("The scale reports an error. Look at its own display."),
    "scale_silent": N_("The scale says nothing. Is it switched on?"),
    "scale_gone": N_("The scale is not connected."),
    "scale_sold": N_("This was sold already. Take it off first."),
}

COUNTER_KINDS: Mapping[str, str] = {
    "serial_scale": N_("Scale"),
    "fake_scale": N_("Scale (simulated)"),
    "pole_display": N_("Pole display"),
    "fake_pole_display": N_("Pole display (simulated)"),
}
